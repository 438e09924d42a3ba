"""What fits at 80x24 and where it stands; and that nothing is asked of a screen that is not there yet or not any more."""

from __future__ import annotations

import pytest
from textual.containers import VerticalScroll

from mockinterview.interview.state import Talk
from mockinterview.models import Bank
from mockinterview.tui.disputes import TOLD, DisputePanel
from mockinterview.tui.results import QuestionPanel, ReportScreen

LONG = "This is a claim that is far too long for one line of a terminal with eighty columns, so it goes on below. " * 2


@pytest.fixture
def long_world(world):
    """Return a world whose claims take several lines, with more questions than a screen has rows."""
    names = [f"question-number-{n}" for n in range(24)]
    one = world.bank.get("one")
    points = tuple(p.model_copy(update={"claim": LONG}) for p in one.points)
    world.bank = Bank([*world.bank, *(one.model_copy(update={"id": n, "points": points}) for n in names)])
    return world, names


async def report(app, pilot, idle, end, wait_until, names) -> None:
    """Skip through some questions and end."""
    await idle(pilot)
    for number in range(1, len(names)):
        await pilot.press("f4")
        await idle(pilot, lambda: app.screen.talk.number == number + 1)
    await end(pilot)
    await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
    await pilot.pause(0.05)


async def test_report_is_read_from_its_top(long_world, idle, end, wait_until, screen_text) -> None:
    """However long a report is, it opens at its first line; what wraps stands below its text; Enter opens a question."""
    world, names = long_world
    app = world.direct(questions=tuple(names), count=len(names))
    async with app.run_test(size=(80, 24)) as pilot:
        await report(app, pilot, idle, end, wait_until, names)
        assert app.screen.query_one(VerticalScroll).max_scroll_y > 0
        assert app.screen.query_one(VerticalScroll).scroll_y == 0
        lines = screen_text(app).splitlines()
        assert lines[1].strip() == "Next"
        assert lines[2].startswith("   1. What is one? A full answer says:")
        assert lines[3].startswith("      ")
        assert lines[3].strip()
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, QuestionPanel))


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_dispute_panel_shows_all_its_words(long_world, idle, wait_until, screen_text, size) -> None:
    """The points scroll where there are too many; how to store a mark is never cut off."""
    world, names = long_world
    app = world.direct(questions=tuple(names[:2]))
    async with app.run_test(size=size) as pilot:
        await idle(pilot)
        app.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await idle(pilot, lambda: "question_closed" in world.kinds())
        await pilot.press("f6")
        await wait_until(pilot, lambda: isinstance(app.screen, DisputePanel))
        await pilot.pause(0.05)
        shown = " ".join(screen_text(app).replace("│", " ").split())
        assert all(word in shown for word in TOLD.split())
        assert "Esc leaves." in shown


async def test_cost_of_help_is_not_cut(world, idle, screen_text) -> None:
    """At 80 columns the whole cost of help is there before help is asked for."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "F2 hint: counts half, F3 clarify: free" in screen_text(app)


async def test_after_the_end(world, idle, end, wait_until, screen_text, monkeypatch) -> None:
    """The clock keeps what the interview took, and nothing is offered that sends."""
    monkeypatch.setattr(Talk, "seconds", lambda self: 754.0)
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "Send" in screen_text(app)
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await pilot.press("escape")
        await wait_until(pilot, lambda: "12:34" in screen_text(app))
        assert "Send" not in screen_text(app)
        assert "0:00" not in screen_text(app)
    again = world.app(resume="s1")
    async with again.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(again.screen, ReportScreen))
        await pilot.press("escape")
        await wait_until(pilot, lambda: "12:34" in screen_text(again))
        assert "Send" not in screen_text(again)


async def test_clock_shows_half_minutes_as_seconds(world, idle, screen_text, monkeypatch) -> None:
    """A limit of seven and a half minutes is 7:30."""
    monkeypatch.setattr(Talk, "seconds", lambda self: 61.0)
    app = world.direct(minutes=7.5)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "1:01 of 7:30" in screen_text(app)


async def test_page_keys_scroll_the_talk_while_typing(world, idle, wait_until) -> None:
    """PgUp in the editor scrolls the transcript; the focus and the text stay."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.text = "alpha nonsense " * 40
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        talk = app.screen.transcript
        await wait_until(pilot, lambda: talk.scroll_y == talk.max_scroll_y > 0)
        await pilot.press("x", "pageup")
        await wait_until(pilot, lambda: talk.scroll_y < talk.max_scroll_y)
        assert app.screen.editor.area.has_focus
        assert app.screen.editor.text == "x"
        await pilot.press("pagedown")
        await wait_until(pilot, lambda: talk.scroll_y == talk.max_scroll_y)


async def test_screens_may_be_told_things_at_any_time(world, idle, end, wait_until) -> None:
    """A report counts disputes before it is mounted, and an interview shows its status after it was taken down."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        view = app.screen
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        ReportScreen(app.core, view.talk).recount()
        start = world.app()
        fresh = start.get_default_screen()
        fresh.tell("Not mounted yet.")
        fresh.show_due(("one",))
        await app.action_new_interview()
        await wait_until(pilot, lambda: not view.is_attached and not view.children)
        view.busy = True
        view.index_line = "Preparing search: 1 of 2"
        view.busy = False
        assert "Preparing" in view._below()


async def test_too_small_shows_only_the_sentence(world, idle, wait_until, screen_text) -> None:
    """In a tiny terminal nothing covers the sentence; what is typed there is kept, and a larger one shows it and goes on."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.text = "half a thought"
        await pilot.resize_terminal(50, 12)
        await wait_until(pilot, lambda: "too small" in " ".join(screen_text(app).split()))
        assert "half a thought" not in screen_text(app)
        assert "╭" not in screen_text(app)
        await pilot.press(*" and")
        await pilot.resize_terminal(80, 24)
        await pilot.press(*" more")
        await wait_until(pilot, lambda: "half a thought and more" in screen_text(app))
