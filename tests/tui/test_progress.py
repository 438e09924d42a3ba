"""The plots: scores by week and topic, what becomes due; with gaps, with nothing, at any width."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mockinterview.review.history import Progress, Week
from mockinterview.tui.core import Wishes
from mockinterview.tui.plots import count_bars, score_bars, score_lines
from mockinterview.tui.progress import Made, ProgressScreen, progress_text
from mockinterview.tui.start import StartScreen

MONDAY = date(2026, 11, 2)


def week(number: int, score: float | None) -> Week:
    """Return a week with a score, or one in which nothing was graded."""
    graded = score is not None
    after = min(10.0, score + 1) if graded else None
    return Week(MONDAY + timedelta(weeks=number), 3, 2 * graded, score, after, ("rules",) if graded else ())


@pytest.mark.parametrize("width", [20, 76, 196])
@pytest.mark.parametrize("scores", [[5.0], [None], [2.0, None, 8.0], [1.0 * (n % 10) for n in range(60)]])
def test_plots_fit(width, scores) -> None:
    """No line is wider than the room, however many weeks there are and whatever was not graded."""
    weeks = tuple(week(n, score) for n, score in enumerate(scores))
    made = Made(Progress(weeks, {"cnn": weeks}), {MONDAY: 3}, MONDAY)
    shown = progress_text(made, width).plain
    assert max(map(len, shown.splitlines())) <= max(width, 60)
    assert "Questions that become due" in shown
    assert ("Nothing was graded yet." in shown) is (scores == [None])


def test_signs_tell_the_series_apart_without_colour() -> None:
    """At once and after follow-up are drawn with signs of their own, at their heights; a gap is no zero."""
    plot = score_lines(["11-02", "11-09", "11-16"], [0.0, None, 0.0], [10.0, None, 10.0], 60).splitlines()
    assert "+" in plot[1]
    assert "o" in plot[-3]
    assert not any("o" in line for line in plot[1:-4])
    assert "11-16" in plot[-1]


def test_bars_have_their_lengths() -> None:
    """A score of ten is twice as long as one of five; names and numbers stand beside the bars."""
    lines = score_bars({"cnn": 10.0, "rnn": 5.0}, 60).splitlines()
    long, short = (max(line.count("█") for line in lines if name in line) for name in ("cnn 10", "rnn 5"))
    assert long == pytest.approx(2 * short, abs=2)
    assert "█" in count_bars({"01": 2, "02": 0}, 60)


async def test_progress_screen(world, wait_until, screen_text) -> None:
    """F7 shows all plots over what was held, and draws them anew when the terminal changes its size."""
    opened = world.new_interview(Wishes(questions=("one",), count=1, mode="exam"))
    await opened.interview.start(opened.plan)
    await opened.interview.reply("alpha")
    await opened.interview.command("end")
    app = world.app()
    async with app.run_test(size=(80, 40)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen._ready)
        await pilot.press("f7")
        await wait_until(pilot, lambda: isinstance(app.screen, ProgressScreen) and "Score by topic" in screen_text(app))
        assert "1 of 1 graded" in screen_text(app)
        assert "cnn 6.7" in screen_text(app)
        assert "█" in screen_text(app)
        await pilot.resize_terminal(120, 40)
        await wait_until(pilot, lambda: max(len(line.rstrip()) for line in screen_text(app).splitlines()[1:-1]) > 100)


async def test_progress_of_nobody(world, wait_until, screen_text) -> None:
    """Before the first question is closed, one sentence says so."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen._ready)
        await pilot.press("f7")
        await wait_until(pilot, lambda: "No question has been closed yet." in screen_text(app))
