"""Disputing a verdict: one's own mark is stored and shown as such, and changes no figure."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from mockinterview.interview.summary import build_report
from mockinterview.tui.disputes import DisputePanel
from mockinterview.tui.results import QuestionPanel, ReportScreen


async def close_first(app, pilot, idle, world) -> None:
    """Answer half of the first question and skip the rest of it."""
    await idle(pilot)
    app.screen.editor.text = "alpha only"
    await pilot.press("enter")
    await idle(pilot, lambda: "follow_up_asked" in world.kinds())
    await pilot.press("f4")
    await idle(pilot, lambda: world.kinds().count("question_asked") == 2)


async def open_panel(app, pilot, wait_until) -> None:
    """Press the key that disputes the question closed last."""
    await pilot.press("f6")
    await wait_until(pilot, lambda: isinstance(app.screen, DisputePanel))


async def mark_first(app, pilot, idle, wait_until, world) -> None:
    """Close the first question and store one's own mark of its first point."""
    await close_first(app, pilot, idle, world)
    await open_panel(app, pilot, wait_until)
    await pilot.press("enter")
    await idle(pilot, lambda: "point_disputed" in world.kinds())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_dispute_is_stored_and_changes_no_score(world, idle, wait_until, transcript, size) -> None:
    """F6 marks a point of the closed question; the transcript says that it is self-marked, the figures stay."""
    app = world.direct()
    async with app.run_test(size=size) as pilot:
        await close_first(app, pilot, idle, world)
        before = build_report(app.screen.talk)
        await open_panel(app, pilot, wait_until)
        await pilot.press("down", "tab", "right", "tab", *"I did", "enter")
        await idle(pilot, lambda: "point_disputed" in world.kinds())
        event = world.last("point_disputed")
        assert (event.question_id, event.point_id, event.verdict, event.reason) == ("one", "beta", "partial", "I did")
        after = build_report(app.screen.talk)
        assert (before.at_once, before.after_follow_up) == (after.at_once, after.after_follow_up)
        shown = transcript(app)
        assert "your own mark, which changes no score: ~ partly (I did)" in shown
        assert shown.index("Second secret of one.") < shown.index("your own mark") < shown.index("What is two?")
        assert any("Your own mark is stored" in n.message for n in app._notifications)
        await pilot.press("f5")
        await wait_until(pilot, lambda: isinstance(app.screen, QuestionPanel))


async def test_own_mark_is_on_its_card_after_resuming(world, idle, wait_until, transcript) -> None:
    """A stored mark stands under its own question as well when the talk is opened again."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await mark_first(app, pilot, idle, wait_until, world)
    again = world.app(resume="")
    async with again.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        shown = transcript(again)
        assert shown.index("First secret of one.") < shown.index("your own mark") < shown.index("What is two?")


async def test_dispute_needs_a_finished_question(world, idle) -> None:
    """While a question is open its points would give it away: there is nothing to dispute yet, nor in an exam."""
    for mode in ("practice", "exam"):
        app = world.direct(mode=mode)
        async with app.run_test(size=(80, 24)) as pilot:
            await idle(pilot)
            assert app.screen.check_action("dispute", ()) is False
            await pilot.press("f6")
            assert not isinstance(app.screen, DisputePanel)


async def test_the_interview_goes_on_after_a_dispute(world, idle, wait_until) -> None:
    """The next answer is graded as if nothing had been disputed."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await mark_first(app, pilot, idle, wait_until, world)
        app.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await wait_until(pilot, lambda: "interview_finished" in world.kinds())


async def test_dispute_from_the_report(world, idle, end, wait_until, screen_text, transcript) -> None:
    """A question of the report can be disputed; the report counts it, and Esc stores nothing."""
    app = world.direct(mode="exam")
    async with app.run_test(size=(120, 40)) as pilot:
        await idle(pilot)
        app.screen.editor.text = "alpha only"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        for key, count in (("escape", 0), ("enter", 1)):
            await pilot.press("enter")
            await wait_until(pilot, lambda: isinstance(app.screen, QuestionPanel))
            await pilot.press("d")
            await wait_until(pilot, lambda: isinstance(app.screen, DisputePanel))
            await pilot.press(key)
            await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
            await wait_until(pilot, lambda n=count: world.kinds().count("point_disputed") == n)
        await wait_until(pilot, lambda: "1 self-marked" in screen_text(app))
        assert "one: your own mark, which changes no score: + hit: First secret of one." in transcript(app)


async def test_hostile_reason_is_harmless(hostile_world, hostile, idle, wait_until, transcript) -> None:
    """Claims and reasons are shown literally."""
    world, app = hostile_world, hostile_world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await close_first(app, pilot, idle, world)
        await pilot.press("f6")
        await wait_until(pilot, lambda: isinstance(app.screen, DisputePanel))
        app.screen.query_one(Input).value = hostile
        await pilot.press("enter")
        await idle(pilot, lambda: "point_disputed" in world.kinds())
        assert "[@click=app.quit]x[/]" in transcript(app)
        assert "\x1b" not in transcript(app)
