"""What the smaller commands do with odd wishes."""

import json
from pathlib import Path

import pytest

from mockinterview.config import load_settings
from mockinterview.interview.planning import choose_questions
from mockinterview.models import Bank, Plan, Question


def test_search_wants_at_least_one_result(run, corpus):
    """No number of results that is none."""
    assert run("corpus", "search", "padding", "-k", "0", "--corpus", corpus)[0] == 2


@pytest.mark.parametrize("place", [".", "folder"])
def test_export_into_a_folder_is_wrong_use(run, corpus, tmp_path, monkeypatch, place):
    """A folder is no file, and nothing is left in it."""
    _, out, _ = run("start", "--jsonl", "--question", "padding", "--corpus", corpus, said="/end\n")
    session_id = json.loads(out.splitlines()[0])["session_id"]
    (tmp_path / "here" / "folder").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    code, _, err = run("sessions", "export", session_id, "-o", place)
    assert (code, "is a folder" in err) == (2, True)
    assert [file.name for file in Path.cwd().rglob("*")] == ["folder"]


def test_doctor_repairs_a_damaged_log(run, home):
    """The remedy that errors of the session log name is there, and says what it did."""
    log = home / "data" / "sessions.db"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"this is no database" * 100)
    assert "doctor --repair" in run("sessions", "list")[2]
    _, out, err = run("doctor", "--repair")
    assert "the damaged file is" in err
    assert "ok    sessions" in out


def test_home_folder_in_the_settings_file(tmp_path, monkeypatch):
    """A bank named with ~ is looked for in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text('corpus = "~/bank"')
    assert load_settings(tmp_path / "config.toml", environment={}).settings.corpus == tmp_path / "bank"


def test_plan_of_many_questions_can_be_read_again():
    """An interview of as many questions as fit into very many minutes is stored and resumed like any other."""
    few = [{"id": "p", "claim": "c"}]
    bank = Bank(
        [
            Question.model_validate({"id": f"q{n}", "topic": "t", "level": "foundation", "ask": "?", "points": few})
            for n in range(250)
        ]
    )
    plan = choose_questions(bank, Plan(minutes=1000))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert plan.count == 250


HOSTILE = "zeros\x1b]0;title\x07 around \x9b2J the \u202eborder\x9d"


@pytest.fixture
def held(run, corpus):
    """Return the id of an interview whose answer attacks the terminal, and what it printed as JSON lines."""
    _, out, _ = run("start", "--jsonl", "--question", "padding", "--corpus", corpus, said=f"{HOSTILE}\n/end\n")
    return json.loads(out.splitlines()[0])["session_id"], out


def harmful(text):
    """Return the characters of a text that a terminal or a reader would act on."""
    return {c for c in text if (c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f" or c == "\u202e"}


def test_json_on_stdout_is_whole_and_harmless(run, held):
    """Events as lines, a search and an export escape what a terminal would act on, and lose none of it."""
    session_id, events = held
    assert HOSTILE in [json.loads(line).get("text") for line in events.splitlines()]
    _, found, _ = run("sessions", "search", "zeros", "--json")
    _, exported, _ = run("sessions", "export", session_id, "--format", "json")
    assert HOSTILE in [place["snippet"] for place in json.loads(found)]
    assert HOSTILE in [event.get("text") for event in json.loads(exported)["events"]]
    assert not harmful(events + found + exported)


def test_exported_files_are_harmless(run, held, corpus, tmp_path):
    """Whoever prints such a file sees its text, and no sequence swallows what follows the answer."""
    session_id, _ = held
    for form in ("md", "html", "json"):
        file = tmp_path / f"session.{form}"
        assert run("sessions", "export", session_id, "--format", form, "-o", file, "--corpus", corpus)[0] == 0
        written = file.read_bytes().decode()
        assert not harmful(written)
        assert "border" in written.split("zeros", 1)[1]
        assert "Zeros are added around the border" in written


def test_export_that_cannot_be_written_leaves_nothing(run, held, tmp_path):
    """The file is named with a remedy, and no part of it stays behind."""
    code, _, err = run("sessions", "export", held[0], "-o", tmp_path / "missing" / "session.md")
    assert code == 1
    assert "session.md cannot be written" in err
    assert "-o" in err
    assert not list(tmp_path.rglob("*.part"))


def test_deleting_a_session_removes_what_was_never_sent(run, held, home):
    """Drafts of answer and whiteboard go with it, also those that were being saved; those of other sessions stay."""
    drafts = home / "data" / "drafts"
    drafts.mkdir(parents=True)
    other = drafts / "20200101-1200-bcdf.txt"
    for file in (*(drafts / f"{held[0]}.{end}" for end in ("txt", "board.txt", "part", "board.part")), other):
        file.write_text("my employer is called Quixotix")
    assert run("sessions", "delete", held[0], "--yes")[0] == 0
    assert list(drafts.iterdir()) == [other]
