"""Skipping in the app, and taking up again: by key, by command, from the palette, and when it is offered."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.widgets import OptionList

from mockinterview.interview.state import fold
from mockinterview.tui.results import ReportScreen


async def test_back_by_key(world, idle, transcript, screen_text) -> None:
    """Ctrl+T takes up the skipped question; the status line has its number; the other one comes again after it."""
    app = world.direct(questions=("one", "two"))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert world.kinds()[-1] == "question_asked"
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        assert "Question 2 of 2" in screen_text(app).splitlines()[0]
        assert "secret of one" not in transcript(app)  # what is expected is told when it can no longer be answered
        assert "Ctrl+T comes back to it" in transcript(app)
        await pilot.press("ctrl+t")
        await idle(pilot, lambda: "question_reopened" in world.kinds())
        assert world.last("question_reopened").question_id == "one"
        assert "Question 1 of 2" in screen_text(app).splitlines()[0]
        assert "Taken up again" in transcript(app)
        app.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await idle(pilot, lambda: world.kinds().count("question_reopened") == 2)
        assert world.last("question_reopened").question_id == "two"
        assert fold(world.log.stored["s1"], world.bank).threads[0].score_at_once == 10.0


async def test_back_by_palette_and_command(world, idle, wait_until) -> None:
    """The palette offers it only where something was skipped, and /back is listed among the commands."""
    app = world.direct(questions=("one", "two", "three"), count=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "Back to a skipped one" not in [c.title for c in app.get_system_commands(app.screen)]
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        await pilot.press("ctrl+p")
        await wait_until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"Back to")
        await wait_until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter", "enter")
        await idle(pilot, lambda: "question_reopened" in world.kinds())
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_reopened") == 2)
        await pilot.press(*"/ba", "tab", "enter")
        await idle(pilot, lambda: world.kinds().count("question_reopened") == 3)


async def test_offered_after_the_last_question(world, idle, wait_until, transcript) -> None:
    """What was skipped is offered once; skipping it again ends with the report."""
    app = world.direct(questions=("one", "two"))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        app.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await idle(pilot, lambda: "question_reopened" in world.kinds())
        assert "skipped" in world.last("question_reopened").text
        await pilot.press("f4")
        await idle(pilot, lambda: "interview_finished" in world.kinds())
        assert world.last("interview_finished").text in transcript(app)  # the farewell stays until it was read
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert world.last("interview_finished").report.asked == 2
