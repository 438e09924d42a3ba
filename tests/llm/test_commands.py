"""`models`, `grade` and the exit codes of backends that cannot work, through the command line's own entry."""

import json
import socket
from functools import partial

import pytest
from loopback import say
from test_whole_interview import judge

from mockinterview.cli import main
from mockinterview.llm import probe_all


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a fresh home without any setting in the environment."""
    for name in ("BACKEND", "BASE_URL", "MODEL", "API_KEY", "JUDGE"):
        monkeypatch.delenv(f"MOCKINTERVIEW_{name}", raising=False)
    monkeypatch.setenv("MOCKINTERVIEW_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def corpus(tmp_path, question):
    """Return a folder with a bank of one question."""
    folder = tmp_path / "bank" / "questions" / "regularisation"
    folder.mkdir(parents=True)
    (folder / "dropout.yaml").write_text(json.dumps(question.model_dump(mode="json")))
    return str(tmp_path / "bank")


def settings(home, text):
    """Write the settings file."""
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text(text)


@pytest.fixture
def closed():
    """Return an address at which nothing listens, and nothing else can as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@pytest.fixture
def patient(monkeypatch):
    """Let addresses take their time: on a busy machine a live server may need more than the second that `models` grants."""
    monkeypatch.setattr("mockinterview.cli.models.probe_all", partial(probe_all, limit=30.0))


def test_an_answer_graded_by_a_server(home, corpus, server, capsys):
    """Address and model by flag are enough; the mark carries the model's name."""
    server.otherwise = judge()
    flags = ["--backend", "mine", "--base-url", server.url, "--model", "scripted", "--corpus", corpus]
    assert main(["grade", "dropout", "It switches off neurons at random in every training step.", "--json", *flags]) == 0
    assert json.loads(capsys.readouterr().out)["graded_by"] == "scripted"


def test_judge_and_interviewer_may_differ(home, corpus, server, capsys):
    """`judge` alone decides who grades."""
    settings(home, f'judge = "mine"\n[backends.mine]\nbase_url = "{server.url}"\nmodel = "scripted"\ncontext_window = 8192\n')
    server.otherwise = judge()
    assert main(["grade", "dropout", "It switches off neurons at random.", "--json", "--corpus", corpus]) == 0
    assert json.loads(capsys.readouterr().out)["graded_by"] == "scripted"


@pytest.mark.parametrize(
    ("flags", "code", "cause"),
    [
        (["--backend", "olama"], 2, "There is no backend 'olama'"),
        (["--backend", "gguf:/no/such.gguf"], 2, "no model file"),
        (["--backend", "mine", "--base-url", "{server}", "--model", "missing"], 3, "has no model 'missing'"),
        (["--backend", "mine", "--base-url", "{closed}", "--model", "any"], 3, "cannot be reached"),
        (["--backend", "mine", "--base-url", "nonsense", "--model", "any"], 2, "no usable address"),
        (["--backend", "openai"], 3, "api.openai.com"),
    ],
)
def test_a_backend_that_cannot_work(home, corpus, server, closed, capsys, monkeypatch, flags, code, cause):
    """Exit code 2 or 3, one sentence with the cause and one with the next step, nothing on stdout."""
    if "openai" in flags:
        # Nothing outside may be asked in tests: the address is answered by a proxy that is not there.
        monkeypatch.setenv("HTTPS_PROXY", closed.removesuffix("/v1"))
    filled = [flag.format(server=server.url, closed=closed) for flag in flags]
    assert main(["grade", "dropout", "It switches off neurons.", "--corpus", corpus, *filled]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert cause in err
    assert len(err.strip().splitlines()) == 2


def test_models_lists_what_is_there_and_why_not(home, server, closed, patient, capsys):
    """Live servers with their models first; the others with the reason."""
    settings(home, f'[backends.mine]\nbase_url = "{server.url}"\n[backends.gone]\nbase_url = "{closed}"\n')
    assert main(["models", "--json"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["mine"]["models"] == ["scripted"]
    assert "nothing listens there" in found["gone"]["why"]
    assert {"ollama", "lmstudio", "llamacpp", "vllm", "jan"} <= found.keys()
    assert main(["models"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("mine")
    assert second.strip() == "--backend mine --model scripted"


def test_a_table_with_a_fault_hides_no_other(home, server, patient, capsys, monkeypatch):
    """Its line says what is wrong with it; what answers is listed all the same, and exit code 0."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    faulty = '[backends.faulty]\nbase_url = "https://llm.example.com/v1"\nkey_env = "OPENAI_API_KEY"\n'
    settings(home, f'{faulty}[backends.mine]\nbase_url = "{server.url}"\n')
    assert main(["models", "--json"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["mine"]["models"] == ["scripted"]
    assert (found["faulty"]["state"], "belongs to api.openai.com" in found["faulty"]["why"]) == ("denied", True)
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "belongs to api.openai.com" in out
    assert "sk-secret" not in out


def test_the_named_model_of_a_table_is_asked(home, corpus, server, capsys):
    """`--model` goes before the model of the table, and the mark names it; another address is refused."""
    settings(home, f'[backends.mine]\nbase_url = "{server.url}"\nmodel = "scripted"\ncontext_window = 8192\n')
    server.lists("scripted", "named")
    server.otherwise = judge()
    grade = ["grade", "dropout", "It switches off neurons at random.", "--json", "--corpus", corpus, "--backend", "mine"]
    assert main([*grade, "--model", "named"]) == 0
    assert json.loads(capsys.readouterr().out)["graded_by"] == "named"
    assert {body["model"] for body in server.chats} == {"named"}
    assert main([*grade, "--base-url", "http://127.0.0.1:9/v1"]) == 2
    assert "its table in config.toml" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", 'backend = "ollama"\nmodel = "other"\n'])
def test_the_test_of_a_backend_at_an_address(home, corpus, server, capsys, text):
    """Address and model by flag are those of the backend under test, whatever the settings name."""
    settings(home, text)
    server.otherwise = judge()
    flags = ["--base-url", server.url, "--model", "scripted", "--corpus", corpus]
    assert main(["models", "--test", "mine", "--json", *flags]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "scripted"


def test_the_test_of_a_backend(home, corpus, server, capsys):
    """One real graded answer: time, tokens, structured output; exit code 3 where the model does not do it itself."""
    settings(home, f'[backends.mine]\nbase_url = "{server.url}"\nmodel = "scripted"\ncontext_window = 8192\n')
    server.otherwise = judge()
    assert main(["models", "--test", "mine", "--json", "--corpus", corpus]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["works"], told["structured"], told["prompt_tokens"], told["requests"]) == (True, "json_schema", 20, 1)
    server.otherwise = say("I would rather not.")
    assert main(["models", "--test", "mine", "--corpus", corpus]) == 3
    out, err = capsys.readouterr()
    assert "does not work" in out
    assert "did not grade the answer" in err


def test_an_unknown_encoding(home, capsys):
    """Only tables whose content is known are fetched."""
    assert main(["models", "--fetch-encoding", "o300k"]) == 2
    assert "o200k_base" in capsys.readouterr().err
