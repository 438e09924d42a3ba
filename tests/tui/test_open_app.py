"""The composition of the app: what `load` builds from real settings and a real bank in an empty home."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from mockinterview.cli import app as composition
from mockinterview.cli.app import load, open_app
from mockinterview.errors import UsageError
from mockinterview.tui.app import InterviewApp
from mockinterview.tui.core import Wishes

QUESTION = """
id: {id}
topic: cnn
level: {level}
ask: "What is {id}?"
points:
  - {{id: core, claim: "It is {id} indeed."}}
"""


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    """Return the arguments of a plain start, over a home and a bank in a temporary folder."""
    monkeypatch.setenv("MOCKINTERVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bank" / "questions" / "cnn"
    folder.mkdir(parents=True)
    (folder / "easy.yaml").write_text(QUESTION.format(id="easy", level="foundation"))
    (folder / "hard.yaml").write_text(QUESTION.format(id="hard", level="advanced"))
    (folder / "broken.yaml").write_text("id: broken\n")
    return argparse.Namespace(corpus=tmp_path / "bank", topic=[], question=[], seed=1, level="advanced", count=7)


def test_core_of_real_settings(arguments: argparse.Namespace, tmp_path: Path) -> None:
    """Bank, faults, defaults and folders are those of the settings and flags."""
    core = load(arguments)
    assert {q.id for q in core.bank} == {"easy", "hard"}
    assert any("broken.yaml" in fault for fault in core.faults)
    assert (core.defaults.level, core.defaults.count, core.defaults.mode) == ("advanced", 7, "practice")
    assert core.drafts == tmp_path / "home" / "data" / "drafts"
    assert core.exports == tmp_path


def test_form_decides_against_settings(arguments: argparse.Namespace) -> None:
    """None leaves a field to the settings; rising levels ("") and no limit (0) are decisions."""
    core = load(arguments)
    plan = core.new_interview(Wishes()).plan
    assert (plan.level, plan.questions) == ("advanced", ("hard",))
    plan = core.new_interview(Wishes(level="", minutes=0.0)).plan
    assert (plan.level, plan.minutes) == (None, None)
    assert set(plan.questions) == {"easy", "hard"}


async def test_stored_interview_opens_again(arguments: argparse.Namespace) -> None:
    """What was begun with the core can be opened with it, by id or as the latest."""
    core = load(arguments)
    opened = core.new_interview(Wishes())
    interview, plan = opened.interview, opened.plan
    await interview.start(plan, core.version)
    assert core.open_stored("", False).interview.session_id == interview.session_id
    assert core.open_stored(interview.session_id, False).interview.talk.number == 1
    with pytest.raises(UsageError):
        core.open_stored("nothing-like-it", False)


def test_leaving_prints_how_to_resume(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the app was left in the middle of an interview, stderr says how to go on."""

    def run(self: InterviewApp) -> None:
        self.unfinished_session = "20260101-1200-abcd"

    monkeypatch.setattr(composition.InterviewApp, "run", run)
    assert open_app(arguments) == 0
    assert "mockinterview resume 20260101-1200-abcd" in capsys.readouterr().err


def test_failure_is_raised_for_the_command_line(arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kept the app from starting is raised, so that the command line prints it and its exit code is right."""

    def run(self: InterviewApp) -> None:
        self.failure = UsageError("There is no topic 'cn'.", "Did you mean 'cnn'?")

    monkeypatch.setattr(composition.InterviewApp, "run", run)
    with pytest.raises(UsageError, match="no topic"):
        open_app(arguments, resume="x")
