"""Random sessions: keys, pastes, resizes, faults, quitting and resuming. Nothing crashes, no word is lost, the log replays.

`MOCKINTERVIEW_RANDOM_SESSIONS=300` runs as many; by default it is a handful, the same ones each time.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual import events

from mockinterview.errors import BackendError
from mockinterview.interview.state import fold
from mockinterview.interview.summary import build_report
from mockinterview.models import EVENT
from mockinterview.tui.drafts import Draft
from mockinterview.tui.talk import InterviewScreen

SESSIONS = int(os.environ.get("MOCKINTERVIEW_RANDOM_SESSIONS", "10"))
KEYS = (
    "enter", "enter", "ctrl+j", "escape", "tab", "up", "down", "pageup", "ctrl+up", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8",
    "f9", "ctrl+p", "ctrl+r", "ctrl+t", "question_mark",
)  # fmt: skip
SIZES = [(80, 24), (120, 40), (61, 17), (20, 5), (200, 60)]
WORDS = ("alpha", "beta", "nonsense", "why", "i do not know", "[/INST]", "\x1b[2J", "über \u202e 損失")
STEPS = st.one_of(
    st.tuples(st.just("key"), st.sampled_from(KEYS)),
    st.tuples(st.just("type"), st.sampled_from(WORDS)),
    st.tuples(st.just("paste"), st.sampled_from(WORDS)),
    st.tuples(st.just("size"), st.sampled_from(SIZES)),
    st.tuples(st.sampled_from(["fault", "full disk", "slow", "quit", "set aside", "wait"]), st.just("")),
)


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch) -> None:
    # After each key, Textual's pilot sleeps 20 ms and again until the process used less than 1 ms of them: two thirds of the time.
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.002)
    monkeypatch.setattr("textual._wait.SLEEP_IDLE", 0.001)


class Session:
    """One random session over a world; `said` are the words that must never be lost."""

    def __init__(self, world, wait_until) -> None:
        self.world, self.wait_until = world, wait_until
        self.said: list[str] = []
        self.numbers = itertools.count()

    async def run(self, steps: list[tuple[str, object]], onsite: bool) -> None:
        """Take the steps, each `quit` in a new app, then look whether all is there."""
        app = self.world.direct(questions=("one", "two", "three"), format="onsite" if onsite else "phone")
        while True:
            async with app.run_test(size=(80, 24)) as pilot:
                await self.wait_until(pilot, lambda: isinstance(screen(app), InterviewScreen) and screen(app).talk.events)
                steps = await self.take(app, pilot, steps)
                if not steps:
                    await self.settle(app, pilot)
                    self.check(app)
                    return
            if self.world.log.latest_unfinished() is None:
                return
            self.world.grader.hold.set()
            self.world.log.full = False
            app = self.world.app(resume="")

    async def take(self, app, pilot, steps: list[tuple[str, object]]) -> list[tuple[str, object]]:
        """Take steps up to the next `quit`; return those that are left."""
        for number, (what, value) in enumerate(steps):
            if what == "quit":
                return steps[number + 1 :]
            await self.step(app, pilot, what, value)
            await pilot.pause()
            if not app.is_running:
                return []
        return []

    async def step(self, app, pilot, what: str, value) -> None:
        """Do one thing."""
        match what:
            case "key":
                await pilot.press(value)
            case "type" | "paste":
                await self.write(app, pilot, value, paste=what == "paste")
            case "size":
                await pilot.resize_terminal(*value)
            case "fault":
                self.world.grader.error = BackendError("The model broke off.", "Try again.")
            case "full disk":
                self.world.log.full = not self.world.log.full
            case "slow":
                hold = self.world.grader.hold
                hold.clear() if hold.is_set() else hold.set()
            case "set aside":
                self.world.models[0].set_aside = True
            case "wait":
                await pilot.pause(0.02)

    async def write(self, app, pilot, word: str, *, paste: bool) -> None:
        """Write a word that is unlike all others into what has the focus, if that takes answers."""
        field = app.focused
        if not isinstance(app.screen, InterviewScreen) or getattr(field, "id", "") not in ("answer", "board"):
            return
        mark = f"w{next(self.numbers)}x"
        if paste:
            field.post_message(events.Paste(f"{word} {mark} "))
        else:
            await pilot.press(*f"{mark} ")
        self.said.append(mark)

    async def settle(self, app, pilot) -> None:
        """Let everything get well again and come to rest."""
        self.world.grader.hold.set()
        self.world.log.full = False
        view = screen(app)
        await self.wait_until(pilot, lambda: not view.busy)
        while view.failed:
            view.action_retry()
            await self.wait_until(pilot, lambda: not view.busy)
        stored = self.world.log.stored["s1"]
        await self.wait_until(pilot, lambda: len(view.talk.events) == len(stored))

    def check(self, app) -> None:
        """Compare the screen, the log and the drafts."""
        view, stored = screen(app), self.world.log.stored["s1"]
        replayed = fold([EVENT.validate_json(EVENT.dump_json(event)) for event in stored], self.world.bank)
        assert replayed.events == view.talk.events
        assert build_report(replayed) == build_report(view.talk)
        assert (replayed.number, replayed.follow_ups) == (view.talk.number, view.talk.follow_ups)
        given_ = [f"{e.text} {e.whiteboard}" for e in stored if e.kind == "answer_given"]
        kept = " ".join([*given_, view.editor.text, view.editor.board.text, self.drafts()])
        assert [word for word in self.said if word not in kept] == []

    def drafts(self) -> str:
        """Return what is stored and was not sent."""
        folder = self.world.folder / "drafts"
        return " ".join(Draft(folder, name).read() for name in ("s1", "s1.board"))


def screen(app):
    """Return the interview screen, also below others."""
    return next((s for s in reversed(app.screen_stack) if isinstance(s, InterviewScreen)), None)


@given(steps=st.lists(STEPS, min_size=8, max_size=30), onsite=st.booleans())
@settings(
    max_examples=SESSIONS, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_random_sessions(make_world, wait_until, steps, onsite) -> None:
    """Whatever is done in whatever order: no crash, no lost word, and the log tells the same story as the screen."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        try:
            asyncio.run(Session(world, wait_until).run(steps, onsite))
        finally:
            world.grader.hold.set()  # a thread that still waits for it would hold up the end of the process
