"""What each screen looks like, as SVG. After a wanted change: `pytest tests/tui/test_snapshots.py --snapshot-update`, then look.

The clock stands still, the seed is fixed, cursors do not blink.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.widgets import Input, TextArea

from mockinterview.errors import BackendError
from mockinterview.tui import progress, talk
from mockinterview.tui.backends import BackendPanel
from mockinterview.tui.core import Offer, Wishes
from mockinterview.tui.disputes import DisputePanel
from mockinterview.tui.history import CompareScreen, HistoryScreen
from mockinterview.tui.progress import ProgressScreen
from mockinterview.tui.results import QuestionPanel, ReportScreen
from mockinterview.tui.start import StartScreen

SMALL, LARGE = (80, 24), (120, 40)
NOON = "2026-01-0{}T12:00:00.000+00:00"


@pytest.fixture(autouse=True)
def _still(monkeypatch) -> None:
    monkeypatch.setattr(talk, "time", SimpleNamespace(monotonic=lambda: 0.0))
    monkeypatch.setattr("mockinterview.interview.state.Talk.seconds", lambda self: 0.0)
    monkeypatch.setattr(progress, "datetime", SimpleNamespace(now=lambda: datetime(2026, 1, 10, 12, tzinfo=UTC)))
    monkeypatch.setenv("TZ", "UTC")


class Picture(SingleFileSnapshotExtension):
    """One SVG file for each snapshot."""

    file_extension = _file_extension = "svg"  # the first since syrupy 5
    _write_mode = WriteMode.TEXT


@pytest.fixture
def shows(snapshot, world) -> Callable:
    """Return a function that compares what is on screen after some steps with what was accepted."""

    async def compare(app, size: tuple[int, int], theme: str, steps: Callable[[object], Awaitable[None]]) -> bool:
        world.theme = theme
        async with app.run_test(size=size) as pilot:
            await steps(pilot)
            for field in [*app.screen.query(Input), *app.screen.query(TextArea)]:
                field.cursor_blink = False
            return snapshot(extension_class=Picture) == without_fonts(await at_rest(app, pilot))

    return compare


async def at_rest(app, pilot) -> str:
    """Return the picture once it no longer changes: a theme and a focus arrive some frames late on a busy machine."""
    before, now = "", app.export_screenshot()
    while before != now:
        await pilot.pause(0.1)
        before, now = now, app.export_screenshot()
    return now


def without_fonts(svg: str) -> str:
    """Return a picture that loads no font from anywhere."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


@pytest.fixture
async def past(world) -> None:
    """Put two finished interviews with fixed dates into the log."""
    for day, answer in ((1, "alpha"), (8, "alpha beta")):
        opened = world.new_interview(Wishes(questions=("one",), count=1, mode="exam"))
        interview = opened.interview
        await interview.start(opened.plan)
        await interview.reply(answer)
        await interview.command("end")
        at = {"at": NOON.format(day)}
        world.log.stored[interview.session_id] = [e.model_copy(update=at) for e in world.log.events(interview.session_id)]


def on(app, screen: type) -> Callable[[], bool]:
    """Return whether a screen is shown."""
    return lambda: isinstance(app.screen, screen)


LOOKS = [(SMALL, "dark"), (LARGE, "light")]


@pytest.mark.parametrize("look", LOOKS)
async def test_start(shows, world, wait_until, look) -> None:
    """The start screen with two live models and a broken bank file."""
    world.offers = [Offer("ollama", "qwen3:8b")]
    world.faults = ["questions/cnn/x.yaml:3: ask is missing"]
    app = world.app()

    async def steps(pilot) -> None:
        await wait_until(pilot, lambda: on(app, StartScreen)() and app.screen._ready and len(app.screen._offers) == 2)

    assert await shows(app, *look, steps)


@pytest.mark.parametrize("look", [*LOOKS, (SMALL, "contrast")])
async def test_interview(shows, world, idle, look) -> None:
    """A half answer with its card and the follow-up."""
    app = world.direct()

    async def steps(pilot) -> None:
        await idle(pilot)
        app.screen.editor.text = "alpha, because the filter slides"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        app.screen.editor.text = "And then"

    assert await shows(app, *look, steps)


@pytest.mark.parametrize("look", LOOKS)
async def test_closed_question(shows, world, idle, look) -> None:
    """The card of a closed question with a mistake, and the next question."""
    app = world.direct()

    async def steps(pilot) -> None:
        await idle(pilot)
        app.screen.editor.text = "alpha nonsense"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)

    assert await shows(app, *look, steps)


@pytest.mark.parametrize("look", LOOKS)
async def test_whiteboard(shows, world, idle, look) -> None:
    """Onsite, with a formula on the whiteboard."""
    app = world.direct(format="onsite")

    async def steps(pilot) -> None:
        await idle(pilot)
        app.screen.editor.text = "It is floor of that plus one."
        app.screen.editor.board.text = "(n + 2p - f) / s + 1\n= (7 + 0 - 5) / 1 + 1 = 3"

    assert await shows(app, *look, steps)


@pytest.mark.parametrize("look", LOOKS)
async def test_report(shows, world, idle, end, wait_until, look) -> None:
    """The report of an interview that was ended early."""
    app = world.direct()

    async def steps(pilot) -> None:
        await idle(pilot)
        app.screen.editor.text = "alpha nonsense"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        await end(pilot)
        await wait_until(pilot, on(app, ReportScreen))

    assert await shows(app, *look, steps)


@pytest.mark.parametrize(("panel", "key"), [(QuestionPanel, "f5"), (DisputePanel, "f6")])
async def test_panels(shows, world, idle, wait_until, panel, key) -> None:
    """The question beside its model answer, and the dispute of a mark."""
    app = world.direct()

    async def steps(pilot) -> None:
        await idle(pilot)
        app.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        await pilot.press(key)
        await wait_until(pilot, lambda: on(app, panel)() and app.focused)

    assert await shows(app, SMALL, "dark", steps)


@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("screen", "key"), [(HistoryScreen, "f6"), (ProgressScreen, "f7")])
async def test_past(shows, world, wait_until, *, screen, key, look) -> None:
    """The list of past interviews and the progress over the weeks."""
    app = world.app()

    async def steps(pilot) -> None:
        await wait_until(pilot, lambda: on(app, StartScreen)() and app.screen._ready)
        await pilot.press(key)
        await wait_until(pilot, lambda: on(app, screen)() and "Reading" not in str(app.screen.query("Static").nodes))
        await wait_until(pilot, lambda: not app.workers or all(w.is_finished for w in app.workers))

    assert await shows(app, *look, steps)


@pytest.mark.usefixtures("past")
async def test_compare(shows, world, wait_until) -> None:
    """Two attempts point by point."""
    app = world.app()

    async def steps(pilot) -> None:
        await wait_until(pilot, lambda: on(app, StartScreen)() and app.screen._ready)
        await pilot.press("f6")
        await wait_until(pilot, lambda: on(app, HistoryScreen)() and len(app.screen.shown) == 2)
        await pilot.press("f2")
        app.screen.query_one("#sessions").highlighted = 1
        await pilot.press("f2")
        await wait_until(pilot, on(app, CompareScreen))

    assert await shows(app, SMALL, "light", steps)


async def test_backend_out_of_reach(shows, world, wait_until) -> None:
    """What is offered when a model cannot be reached."""
    world.unreachable = BackendError("ollama (http://127.0.0.1:11434/v1) cannot be reached: nothing listens there.", "Start it.")
    app = world.direct()

    async def steps(pilot) -> None:
        await wait_until(pilot, on(app, BackendPanel))

    assert await shows(app, SMALL, "dark", steps)


async def test_full_disk(shows, world, idle) -> None:
    """An answer that could not be stored is back in the editor, with the remedy in the transcript."""
    app = world.direct()

    async def steps(pilot) -> None:
        await idle(pilot)
        world.log.full = True
        app.screen.editor.text = "alpha"
        await pilot.press("enter")
        await idle(pilot, lambda: app.screen.failed)

    assert await shows(app, SMALL, "light", steps)


async def test_too_small(shows, world, idle) -> None:
    """A terminal that is too small says so."""
    app = world.direct()
    assert await shows(app, (50, 12), "dark", idle)


async def test_no_color(shows, world, idle, monkeypatch) -> None:
    """With NO_COLOR a card is as readable: sign and word carry the verdict."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = world.direct()
    assert app.no_color

    async def steps(pilot) -> None:
        await idle(pilot)
        app.screen.editor.text = "alpha, of course"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())

    assert await shows(app, SMALL, "dark", steps)
