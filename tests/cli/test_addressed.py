"""Whose an address and a model are that stand outside of the tables: what was meant for one backend is never sent to another."""

import pytest

from mockinterview.config import backend_settings, load_settings
from mockinterview.errors import SettingsError

REMOTE = "https://llm.example.com/v1"
TABLE = '[backends.cluster]\nbase_url = "https://models.example.org/v1"\nmodel = "big"\nkey_env = "CLUSTER_KEY"\n'


@pytest.fixture
def loaded(tmp_path):
    """Return a function that loads the settings of a file's text, of flags and of variables."""

    def load(text="", flags=None, **variables):
        file = tmp_path / "config.toml"
        file.write_text(text)
        return load_settings(file, flags, {f"MOCKINTERVIEW_{name.upper()}": value for name, value in variables.items()})

    return load


def asked(loaded, name):
    """Return the address and the model at which a backend is asked, and the variable of its key."""
    table = backend_settings(loaded.settings, name)
    return table.base_url, table.model, table.key_env


def test_an_address_is_that_of_the_named_backend_alone(loaded):
    """A judge on this computer is not sent where the interviewer is, nor asked for its model."""
    found = loaded(flags={"backend": "mine", "base_url": REMOTE, "model": "big", "judge": "ollama"})
    assert asked(found, "mine") == (REMOTE, "big", "MOCKINTERVIEW_API_KEY")
    assert asked(found, "ollama") == ("http://127.0.0.1:11434/v1", "", "")
    with pytest.raises(SettingsError, match="no backend 'other'"):
        backend_settings(found.settings, "other")


@pytest.mark.parametrize("backend", [None, "embedded", "gguf:/a/file.gguf"])
def test_an_address_beside_an_interviewer_that_takes_none_is_that_of_the_judge(loaded, backend):
    """The embedded interviewer and a file have no address."""
    found = loaded(flags={"backend": backend, "judge": "mine", "base_url": REMOTE, "model": "big"})
    assert asked(found, "mine") == (REMOTE, "big", "MOCKINTERVIEW_API_KEY")


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ('backend = "mine"', {"backend": "ollama"}),
        ('judge = "mine"', {"judge": "ollama"}),
        ('judge = "mine"', {"backend": "ollama"}),
    ],
)
def test_a_flag_that_names_another_backend_ends_address_and_model_of_the_file(loaded, text, flags):
    """`--backend ollama` stays on this computer whatever address the file has for another."""
    found = loaded(f'{text}\nbase_url = "{REMOTE}"\nmodel = "big"\n', flags)
    assert asked(found, "ollama") == ("http://127.0.0.1:11434/v1", "", "")
    assert (found.settings.base_url, found.origins["base_url"]) == ("", "default")


def test_address_and_model_of_the_file_complete_a_backend_that_a_flag_names(loaded):
    """Where the file names none, they wait for the one that is chosen."""
    found = loaded(f'base_url = "{REMOTE}"\nmodel = "big"\n', {"backend": "ollama"})
    assert asked(found, "ollama")[:2] == (REMOTE, "big")


@pytest.mark.parametrize("source", ["flag", "environment"])
def test_a_named_model_goes_before_that_of_a_table(loaded, source):
    """The rest of the table stays, its key too; the settings name the model that is asked."""
    given = {"backend": "cluster", "model": "small"}
    found = loaded(TABLE, given) if source == "flag" else loaded(TABLE, **given)
    assert asked(found, "cluster") == ("https://models.example.org/v1", "small", "CLUSTER_KEY")
    assert found.settings.model == "small"
    assert found.settings.backends["cluster"].model == "big"


def test_a_table_goes_before_the_rest_of_its_file(loaded):
    """What the file says outside of the table is for backends without one, and no plan names a model that is not asked."""
    text = f'backend = "cluster"\nbase_url = "{REMOTE}"\nmodel = "small"\n{TABLE}'
    found = loaded(text)
    assert asked(found, "cluster") == ("https://models.example.org/v1", "big", "CLUSTER_KEY")
    assert (found.settings.model, found.origins["model"]) == ("", "[backends.cluster]")
    assert asked(loaded(text.replace('model = "big"\n', "")), "cluster")[1] == "small"


@pytest.mark.parametrize(
    "table", [TABLE, '[backends.cluster]\nkey_env = "CLUSTER_KEY"\n', '[backends.cluster]\ngguf = "/a/file.gguf"\n']
)
def test_another_address_than_that_of_the_table_is_refused(loaded, table):
    """The key of a table is for its own address alone; the same one, said again, is no conflict."""
    found = loaded(table, {"backend": "cluster", "base_url": REMOTE})
    with pytest.raises(SettingsError, match=r"llm\.example\.com.*cluster") as caught:
        backend_settings(found.settings, "cluster")
    assert caught.value.hint
    again = loaded(TABLE, {"backend": "cluster", "base_url": "https://models.example.org/v1/"})
    assert asked(again, "cluster")[0] == "https://models.example.org/v1"


def test_a_model_beside_a_judge_is_not_given_to_the_backend_of_the_file(loaded):
    """`--judge ollama --model small` is refused where the file has an interviewer that the model would be that of."""
    with pytest.raises(SettingsError, match=r"judge 'ollama'.*backend 'cluster'") as caught:
        loaded(f'backend = "cluster"\n{TABLE}', {"judge": "ollama", "model": "small"})
    assert "[backends.ollama]" in caught.value.hint
    named = loaded(f'backend = "cluster"\n{TABLE}', {"backend": "embedded", "judge": "ollama", "model": "small"})
    assert asked(named, "ollama")[1] == "small"


@pytest.mark.parametrize(("judge", "left"), [("openai", ""), ("words", "words")])
def test_embedded_means_both(loaded, judge, left):
    """`--backend embedded` ends a judge of the file that is a model; a judge named with it stays."""
    assert loaded(f'judge = "{judge}"', {"backend": "embedded"}).settings.judge == left
    assert loaded(f'backend = "embedded"\njudge = "{judge}"').settings.judge == judge
    assert loaded(f'judge = "{judge}"', {"backend": "embedded", "judge": "ollama"}).settings.judge == "ollama"
