"""How scores went over the weeks, where each topic stands, and what becomes due: plots over everything that was ever closed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from mockinterview.errors import MockInterviewError
from mockinterview.report import score_text
from mockinterview.review.history import Progress, progress
from mockinterview.review.schedule import cards, upcoming
from mockinterview.sanitize import clean
from mockinterview.tui.core import Core
from mockinterview.tui.frame import Frame, KeyBar
from mockinterview.tui.plots import AFTER, AT_ONCE, count_bars, score_bars, score_lines

FORECAST = 14  # days of what becomes due
AROUND = 4  # columns for padding and scroll bar


@dataclass(frozen=True, slots=True)
class Made:
    """What there is to draw: scores by week and topic, and how many questions become due on each coming day."""

    scores: Progress
    due: Mapping[date, int]
    today: date


def read(core: Core, now: datetime) -> Made:
    """Return what there is to draw at `now` (with a time zone)."""
    history = core.attempts()
    scores = progress(history, core.bank, now.tzinfo)
    return Made(scores, upcoming(cards(history, core.bank), now, FORECAST), now.date())


class Plots(Static):
    """All plots, as wide as the app."""

    def __init__(self) -> None:
        super().__init__("Reading the sessions ...", id="progress", markup=False)
        self._made: Made | None = None
        self._width = 0

    async def show(self, made: Made) -> None:
        """Draw what was read; in a thread the first time, which imports the library."""
        self._made, self._width = made, self.app.size.width
        self.update(await asyncio.to_thread(progress_text, made, self._width - AROUND))

    def on_resize(self) -> None:
        """Draw anew where the width of the app has changed; a scroll bar that comes or goes changes nothing."""
        if self._made and self._width != self.app.size.width:
            self._width = self.app.size.width
            self.update(progress_text(self._made, self._width - AROUND))


class ProgressScreen(Frame):
    """The plots, as wide as the screen."""

    DEFAULT_CSS = """
    ProgressScreen #title { background: $primary; color: $text; padding: 0 1; text-style: bold; }
    ProgressScreen VerticalScroll { height: 1fr; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", "Back", key_display="esc")]

    def __init__(self, core: Core) -> None:
        super().__init__()
        self.core = core
        self._plots = Plots()

    def body(self) -> Iterable[Widget]:
        """Return the title, the room for the plots and the key bar."""
        yield Static("Progress", id="title", markup=False)
        yield VerticalScroll(self._plots)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the sessions beside the screen."""
        self.run_worker(self._read(), group="progress")

    async def _read(self) -> None:
        try:
            made = await asyncio.to_thread(read, self.core, datetime.now().astimezone())
        except MockInterviewError as error:
            self._plots.update(Content(clean(str(error))))
        else:
            await self._plots.show(made)


def progress_text(made: Made, width: int) -> Content:
    """Return all plots at a width; one sentence where nothing was closed yet."""
    if not made.scores.weeks:
        return Content("No question has been closed yet.")
    parts: list[str | tuple[str, str]] = []
    for title, plot in (_weeks(made.scores, width), _topics(made.scores, width), _due(made, width)):
        parts += [(f"{title}\n", "bold $text-accent"), clean(f"{plot}\n\n")]
    return Content.assemble(*parts)


def _weeks(scores: Progress, width: int) -> tuple[str, str]:
    weeks = scores.weeks
    title = f"Score by week ({AT_ONCE} at once, {AFTER} after follow-up)"
    last = weeks[-1]
    counts = f"last week: {score_text(last.after_follow_up)} after follow-up, {last.graded} of {last.attempts} graded"
    if not any(week.graded for week in weeks):
        return title, "Nothing was graded yet."
    labels = [f"{week.starts:%m-%d}" for week in weeks]
    plot = score_lines(labels, [w.at_once for w in weeks], [w.after_follow_up for w in weeks], width)
    return title, f"{plot}\n{counts}"


def _topics(scores: Progress, width: int) -> tuple[str, str]:
    known = {topic: [w.after_follow_up for w in weeks if w.after_follow_up is not None] for topic, weeks in scores.topics.items()}
    latest = {topic: found[-1] for topic, found in known.items() if found}
    return "Score by topic, in its last week", score_bars(latest, width) if latest else "Nothing was graded yet."


def _due(made: Made, width: int) -> tuple[str, str]:
    days = [made.today + timedelta(days=number) for number in range(FORECAST)]
    title = f"Questions that become due in the next {FORECAST} days"
    if not made.due:
        return title, "None."
    return title, count_bars({f"{day:%d}": made.due.get(day, 0) for day in days}, width)
