"""Every setting changes behaviour, whether it comes from the file or from the environment; the page on them is up to date."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockinterview.cli import main
from mockinterview.cli.compose import Workshop
from mockinterview.config import Settings
from mockinterview.models import EVENT

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "llm"))

from loopback import Loopback, say  # noqa: E402

if TYPE_CHECKING:
    from mockinterview.tui.app import InterviewApp

ANSWER = "It is the first truth of one, and that is alpha, I am sure."
PROVED: set[str] = set()


def proves(*names):
    """Mark a test as the one that shows what settings do."""
    PROVED.update(names)
    return lambda test: test


@pytest.fixture
def server():
    """Return a model server that hits the point `alpha` of the question `one`; what counts is whether and how it is asked."""
    running = Loopback()
    nothing = {"quote": "", "verdict": "miss"}
    points = {"alpha": {"quote": "the first truth of one", "verdict": "hit"}, "beta": nothing, "gamma": nothing}
    running.otherwise = say(json.dumps({"points": points, "misconceptions": {"nonsense": {"quote": ""}}}))
    yield running
    running.close()


@pytest.fixture(params=["file", "environment"])
def put(request, home, monkeypatch):
    """Return a function that sets settings in one of the two places; tables stand in the file in either case."""

    def setting(tables="", **values):
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()] if request.param == "file" else []
        (home / "config").mkdir(parents=True, exist_ok=True)
        (home / "config" / "config.toml").write_text("\n".join([*lines, tables]))
        for name, value in values.items() if request.param == "environment" else ():
            monkeypatch.setenv(f"MOCKINTERVIEW_{name.upper()}", str(value))

    return setting


@pytest.fixture
def interview(corpus, monkeypatch, capsys):
    """Return a function that holds an interview in JSON lines and returns its events."""

    def run(*said, flags=()):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in said)))
        main(["start", "--jsonl", "--seed", "1", "--corpus", corpus, *flags])
        return [EVENT.validate_json(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def graded(corpus, capsys):
    """Return a function that grades an answer and returns what was printed."""

    def run():
        assert main(["grade", "one", ANSWER, "--json", "--corpus", corpus]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_without_any_setting(home, interview, graded):
    """The defaults that the tests below change."""
    events = interview("alpha and nothing more to say", "no idea at all about that", "none", "none", "none")
    assert (events[0].plan.count, events[0].plan.mode, events[0].plan.format) == (3, "practice", "phone")
    assert graded()["graded_by"] == "embedded"


@proves("count")
def test_count(put, interview):
    """As many questions are asked."""
    put(count=2)
    assert interview()[0].plan.count == 2


@proves("minutes")
def test_minutes(put, interview):
    """When they are over, the interview ends at the next question."""
    put(minutes=1e-9, count=3)
    events = interview("alpha beta gamma", "/skip", "/skip", "/skip")
    assert (events[-1].kind, events[-1].reason) == ("interview_finished", "time")


@proves("level")
def test_level(put, interview):
    """Only questions of that level are chosen, and this bank has none of it."""
    put(level="advanced")
    assert interview() == []
    put(level="foundation")
    assert interview() != []


@proves("mode")
def test_mode(put, interview):
    """An exam gives no hint."""
    put(mode="exam")
    assert not [e for e in interview("/hint") if e.kind == "hint_given"]
    put(mode="practice")
    assert [e for e in interview("/hint") if e.kind == "hint_given"]


@proves("format")
def test_format(put, interview):
    """Onsite interviews open with other words than those by phone."""
    put(format="onsite")
    onsite = next(e.text for e in interview() if e.kind == "question_asked")
    put(format="phone")
    assert onsite != next(e.text for e in interview() if e.kind == "question_asked")


@proves("follow_ups")
def test_follow_ups(put, interview):
    """Without any, the first answer closes the question."""
    put(follow_ups=0)
    assert not [e for e in interview(ANSWER) if e.kind == "follow_up_asked"]
    put(follow_ups=1)
    assert [e for e in interview(ANSWER) if e.kind == "follow_up_asked"]


@proves("corpus")
def test_corpus(put, corpus):
    """The bank is read from that folder."""
    put(corpus=corpus)
    assert {question.id for question in Workshop().bank} == {"one", "two", "three"}


@proves("backend", "base_url", "model")
def test_backend_at_an_address(put, graded, server):
    """Backend, address and model decide who marks, where, and under which name."""
    server.lists("chosen", "other")
    put(backend="mine", base_url=server.url, model="chosen")
    assert graded()["graded_by"] == "chosen"
    assert {body["model"] for body in server.chats} == {"chosen"}


@proves("judge", "backends")
def test_judge(put, graded, interview, server):
    """The judge marks, from its table; the interviewer stays the embedded one."""
    put(judge="mine", tables=f'[backends.mine]\nbase_url = "{server.url}"\nmodel = "scripted"\n')
    assert graded()["graded_by"] == "scripted"
    assert not [body for body in server.chats if body.get("stream")]


@proves("judge_votes")
def test_judge_votes(put, graded, server):
    """A model is asked as often as it has votes."""
    put(judge="mine", judge_votes=3, tables=f'[backends.mine]\nbase_url = "{server.url}"\nmodel = "scripted"\n')
    graded()
    assert len(server.chats) == 3


@proves("prompts")
def test_prompts(put, graded, server, tmp_path):
    """A prompt in that folder takes the place of the shipped one."""
    own = tmp_path / "prompts"
    own.mkdir()
    shutil.copy(ROOT / "prompts" / "judge.md", own)
    text = (own / "judge.md").read_text()
    (own / "judge.md").write_text(text.replace("[system]\n", "[system]\nYou are a marker of our own house.\n", 1))
    put(judge="mine", prompts=str(own), tables=f'[backends.mine]\nbase_url = "{server.url}"\nmodel = "scripted"\n')
    graded()
    assert "our own house" in json.dumps(server.chats[0]["messages"])


@asynccontextmanager
async def opened_app() -> AsyncIterator[InterviewApp]:
    """Yield the app with the settings as they stand, once it has loaded them."""
    from mockinterview.cli.app import load
    from mockinterview.cli.arguments import build_parser
    from mockinterview.tui.app import InterviewApp

    app = InterviewApp(lambda: load(build_parser().parse_args([])))
    async with app.run_test() as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        yield app


@proves("theme")
async def test_theme(put, corpus):
    """The app wears it; a name that no theme has is told by the app (tests/tui)."""
    put(theme="nord", corpus=corpus)
    async with opened_app() as app:
        assert app.theme == "nord"


@proves("keys")
async def test_keys(put, corpus):
    """The app takes its keys from the table; wrong ones are told by the app (tests/tui)."""
    from mockinterview.tui.keys import choose, label

    put(tables='[keys]\nstart = "ctrl+l"\n', corpus=corpus)
    async with opened_app() as app:
        assert label("start") == "Ctrl+L"
        assert "ctrl+l" in app.screen.active_bindings
        assert "f2" not in app.screen.active_bindings
    choose({})


def test_every_setting_is_proved():
    """A setting that nothing above changes behaviour with is one that does nothing: add a test before adding a setting."""
    assert set(Settings.model_fields) == PROVED


def test_config_show_names_the_source_of_each_value(put, capsys):
    """Default, file or variable, for each setting."""
    put(count=7)
    assert main(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown) == set(Settings.model_fields)
    assert shown["count"]["value"] == 7
    assert shown["count"]["source"].endswith(("config.toml", "MOCKINTERVIEW_COUNT"))
    assert shown["mode"] == {"value": "practice", "source": "default"}


@pytest.mark.parametrize("text", ["cuont = 3", "count = 0", 'mode = "easy"', "judge_votes = 2", "count = "])
def test_a_wrong_setting_is_named(home, capsys, text):
    """Exit code 2 with the place and the remedy; nothing is ignored in silence."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(text)
    assert main(["config", "show"]) == 2
    assert "config.toml" in capsys.readouterr().err


def test_the_page_on_settings_is_up_to_date():
    """docs/settings.md is what `python tools/settings.py` writes."""
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "settings.py"), "--check"], check=False)
    assert done.returncode == 0
