"""The composition of the app: what `load` builds from real settings and a real bank in an empty home."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from mockinterview.cli import app as composition
from mockinterview.cli.app import load, open_app
from mockinterview.errors import BackendError, UsageError
from mockinterview.llm import Found
from mockinterview.llm.model import GIVE_UP_AFTER, Model
from mockinterview.tui.app import InterviewApp
from mockinterview.tui.core import Offer, Wishes

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


async def test_job_description_chooses_and_explains(arguments: argparse.Namespace) -> None:
    """The plan for a pasted job description has the phrase that called for each question."""
    core = load(arguments)
    plan = core.new_interview(Wishes(job="Experience with easy things, and with hard ones.", level="")).plan
    assert set(plan.because) == set(plan.questions) == {"easy", "hard"}
    assert "easy" in plan.because["easy"]


async def test_marking_again_stores_nothing(arguments: argparse.Namespace) -> None:
    """The embedded grader marks a stored session again; the log stays as it was."""
    core = load(arguments)
    opened = core.new_interview(Wishes())
    await opened.interview.start(opened.plan, core.version)
    await opened.interview.reply("It is hard indeed, whatever that is meant to tell.")
    await opened.interview.command("end")
    session_id = opened.interview.session_id
    before = core.store.events(session_id)
    (found,) = await asyncio.to_thread(core.mark_again, session_id, Offer("embedded"))
    assert found.question_id == "hard"
    assert found.before.first == found.after.first
    assert core.store.events(session_id) == before


def test_any_live_model_of_a_table_can_be_chosen(
    arguments: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table of the settings offers its own model first, then what else its server has; the chosen one is opened."""
    folder = tmp_path / "home" / "config"
    folder.mkdir(parents=True)
    tables = '[backends.{0}]\nbase_url = "http://127.0.0.1:9/{0}"\nmodel = "{1}"\nread_timeout = 7.0\n'
    (folder / "config.toml").write_text(tables.format("near", "small") + tables.format("far", ""))

    async def probe_all(backends):
        for table, _ in backends:
            if table.name in ("near", "far"):
                yield Found(table.name, table.base_url, "live", models=("large", "small"))

    opened = []
    monkeypatch.setattr("mockinterview.cli.models.probe_all", probe_all)
    model = SimpleNamespace(name="m", try_again=lambda: None)
    monkeypatch.setattr("mockinterview.llm.open_model", lambda settings, **_: opened.append(settings) or model)
    core = load(arguments)
    offers: list[Offer] = []
    core.probe(offers.append)
    assert [o for o in offers if o.backend == "near"] == [Offer("near", "small"), Offer("near", "large")]
    assert [o.model for o in offers if o.backend == "far"] == ["large", "small"]
    core.new_interview(Wishes(backend="near", model="large"))
    assert (opened[-1].name, opened[-1].model, opened[-1].base_url, opened[-1].read_timeout) == (
        "near", "large", "http://127.0.0.1:9/near", 7.0,
    )  # fmt: skip
    core.new_interview(Wishes(backend="near", model="small"))
    assert opened[-1].model == "small"


def put_settings(folder: Path, text: str) -> None:
    """Write the settings file of the home in a folder."""
    (folder / "home" / "config").mkdir(parents=True)
    (folder / "home" / "config" / "config.toml").write_text(text)


def test_embedded_chosen_for_both_asks_no_judge(
    arguments: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge of the settings takes part until somebody chooses otherwise; the screens are told of it."""
    put_settings(tmp_path, 'judge = "openai"\nmodel = "some-model"\n')
    opened: list[str] = []
    model = SimpleNamespace(name="m", try_again=lambda: None)
    monkeypatch.setattr("mockinterview.llm.open_model", lambda settings, **_: opened.append(settings.name) or model)
    core = load(arguments)
    assert (core.defaults.backend, core.defaults.judge) == ("embedded", "openai")
    alone = core.new_interview(Wishes(backend="embedded", model="", judge="embedded"))
    assert (alone.backends, alone.plan.judge, opened) == ((), "embedded", [])
    assert len(core.new_interview(Wishes()).backends) == 1
    assert opened == ["openai"]


async def test_a_model_that_was_set_aside_is_asked_again_in_the_next_interview(
    arguments: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New or stored: failures of an earlier interview are no reason to do without it."""
    put_settings(tmp_path, 'backend = "near"\n[backends.near]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "small"\n')
    monkeypatch.setattr("mockinterview.llm.open_model", lambda settings, **_: Model(settings, door=None))
    core = load(arguments)
    for open_interview in (lambda: core.new_interview(Wishes()), lambda: core.open_stored("", False)):
        opened = core.new_interview(Wishes())
        (model,) = opened.backends
        await opened.interview.start(opened.plan, core.version)
        for _ in range(GIVE_UP_AFTER):
            model._failed(BackendError("no"))
        assert model.set_aside
        assert open_interview().backends == (model,)
        assert not model.set_aside


def test_a_table_with_a_fault_hides_no_offer(
    arguments: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers is offered; the table whose key must not be sent there is not asked."""
    faulty = '[backends.faulty]\nbase_url = "https://llm.example.com/v1"\nkey_env = "OPENAI_API_KEY"\n'
    put_settings(tmp_path, f'{faulty}[backends.near]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "small"\n')
    asked = []

    async def probe_all(backends):
        for table, _ in backends:
            asked.append(table.name)
            if table.name == "near":
                yield Found(table.name, table.base_url, "live", models=("small",))

    monkeypatch.setattr("mockinterview.cli.models.probe_all", probe_all)
    offers: list[Offer] = []
    load(arguments).probe(offers.append)
    assert offers == [Offer("near", "small")]
    assert "faulty" not in asked
