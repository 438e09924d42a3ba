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
