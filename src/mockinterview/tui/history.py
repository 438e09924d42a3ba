"""Past interviews: all sessions, a search in what was said, two of them side by side, and one marked by two graders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mockinterview.errors import MockInterviewError
from mockinterview.interview.state import fold
from mockinterview.models import Bank
from mockinterview.report import score_text
from mockinterview.review.attempts import attempts
from mockinterview.review.history import Change, Comparison, PointChange, compare
from mockinterview.sanitize import clean
from mockinterview.tui.cards import STYLES, Card, Row
from mockinterview.tui.core import EMBEDDED, Core, Offer
from mockinterview.tui.exports import export
from mockinterview.tui.frame import Frame, KeyBar
from mockinterview.tui.keys import bound, label
from mockinterview.tui.start import OfferPanel

if TYPE_CHECKING:
    from mockinterview.storage.log import Found, SessionSummary

SEARCH_AFTER = 0.2  # seconds without a key
CHANGES: dict[Change, tuple[str, str]] = {
    "better": ("+ better", STYLES["hit"]),
    "same": ("= same", ""),
    "worse": ("- worse", STYLES["contradicted"]),
    "unknown": ("? not graded", STYLES["miss"]),
}


class HistoryScreen(Frame):
    """All sessions, newest first, or where a text was said. Posts `Open`."""

    class Open(Message):
        """A session was chosen."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    DEFAULT_CSS = """
    HistoryScreen #title, CompareScreen #title {
        background: $primary; color: $text; padding: 0 1; text-style: bold;
    }
    HistoryScreen Input, HistoryScreen Input:focus { border: none; height: 1; padding: 0 1; background: $surface-lighten-1; }
    HistoryScreen OptionList, HistoryScreen OptionList:focus { height: 1fr; border: none; padding: 0 1; }
    HistoryScreen #notice { height: auto; min-height: 1; max-height: 4; padding: 0 1; color: $text-warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("compare", "compare"),
        bound("history_markdown", "export('md')", show=False),
        bound("history_json", "export('json')", show=False),
        bound("history_html", "export('html')", show=False),
        bound("history_anki", "export('apkg')", show=False),
        bound("history_progress", "app.progress"),
        bound("mark_again", "mark_again"),
        Binding("down", "app.focus_next", "To the list", show=False),
        Binding("escape", "app.pop_screen", "Back", key_display="esc"),
    ]

    def __init__(self, core: Core, offers: Callable[[], Sequence[Offer]] = lambda: ()) -> None:
        super().__init__()
        self.core = core
        self._offers = offers
        self.shown: list[str] = []  # the session of each line
        self._notice = Static(id="notice", markup=False)
        self.chosen = ""  # the session that another one is to be compared with

    def body(self) -> Iterable[Widget]:
        """Return search field, list and key bar."""
        yield Static("Past interviews (Enter opens one)", id="title", markup=False)
        yield Input(placeholder="search in questions and answers", id="search")
        yield OptionList(id="sessions")
        yield self._notice
        yield KeyBar()

    def on_mount(self) -> None:
        """List everything."""
        self._look("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._look(event.value.strip())

    def _look(self, text: str) -> None:
        self.run_worker(self._list(text), group="search", exclusive=True)

    async def _list(self, text: str) -> None:
        if text:
            await asyncio.sleep(SEARCH_AFTER)
        try:
            lines = await asyncio.to_thread(self._lines, text)
        except MockInterviewError as error:
            self._tell(str(error))
            return
        self.shown = [session_id for session_id, _ in lines]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(line) for _, line in lines)
        options.highlighted = 0 if lines else None
        self._tell("" if lines else "That was never said." if text else "There is no interview yet.")

    def _lines(self, text: str) -> list[tuple[str, Content]]:
        if text:
            return [(found.session_id, _found_line(found)) for found in self.core.store.search(text)]
        return [(summary.id, _session_line(summary)) for summary in self.core.store.sessions()]

    def _tell(self, text: str) -> None:
        self._notice.update(Content(clean(text)))

    @property
    def highlighted(self) -> str:
        """The session of the highlighted line, "" where there is none."""
        number = self.query_one(OptionList).highlighted
        return self.shown[number] if number is not None and number < len(self.shown) else ""

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _open(self) -> None:
        if self.highlighted:
            self.post_message(self.Open(self.highlighted))

    def action_compare(self) -> None:
        """Remember a session, or compare the one that was remembered with this one."""
        if not self.highlighted:
            return
        if not self.chosen:
            self.chosen = self.highlighted
            self._tell(f"{self.chosen} with which one? Choose it and press {label('compare')} again.")
            return
        pair, self.chosen = (self.chosen, self.highlighted), ""
        try:
            before, after = sorted(pair, key=self._age)
            found = compare(*(attempts(self.core.store.events(name)) for name in (before, after)))
        except MockInterviewError as error:
            self._tell(str(error))
        else:
            self._tell("")
            self.app.push_screen(CompareScreen(found, self.core.bank))

    def action_mark_again(self) -> None:
        """Let another grader mark the highlighted session; what is stored stays as it is."""
        if not self.highlighted:
            return
        offers = list(dict.fromkeys((Offer(EMBEDDED), *self._offers())))
        session_id = self.highlighted

        def take(chosen: int | None) -> None:
            if chosen is not None:
                self.run_worker(self._mark_again(session_id, offers[chosen]), group="mark", exclusive=True)

        self.app.push_screen(OfferPanel([offer.label for offer in offers], 0), take)

    async def _mark_again(self, session_id: str, offer: Offer) -> None:
        self._tell(f"{offer.label} is marking {session_id} ...")
        try:
            found = await asyncio.to_thread(self.core.mark_again, session_id, offer)
        except MockInterviewError as error:
            self._tell(str(error))
        else:
            self._tell("Nothing was stored: the marks of the interview stay as they were.")
            await self.app.push_screen(CompareScreen(found, self.core.bank, f"{session_id}: marked then, and now by {offer.label}"))

    def _age(self, session_id: str) -> str:
        return self.core.store.events(session_id)[0].at

    def action_export(self, form: str) -> None:
        """Write the highlighted session to a file of the current folder and say where it is."""
        if not self.highlighted:
            return
        try:
            file = export(self.core, fold(self.core.store.events(self.highlighted), self.core.bank), form)
        except MockInterviewError as error:
            self._tell(str(error))
        else:
            self._tell(f"Written: {file}")


def _session_line(summary: SessionSummary) -> Content:
    when = summary.started[:16].replace("T", " ")
    topics = ", ".join(summary.topics) or "all topics"
    state = f"{score_text(summary.at_once)}{' at once' * (summary.at_once is not None)}" if summary.finished else "not finished"
    return Content(clean(f"{when}  {state:<20} {summary.questions:>3} asked  {summary.mode:<8}  {topics}"))


def _found_line(found: Found) -> Content:
    return Content(clean(f"{found.session_id}  {found.question_id}: {' '.join(found.snippet.split())}"))


class CompareScreen(Frame):
    """Two attempts at the same questions, point by point."""

    DEFAULT_CSS = "CompareScreen VerticalScroll { height: 1fr; padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", "Back", key_display="esc")]

    def __init__(self, found: Sequence[Comparison], bank: Bank, title: str = "Two attempts, the earlier one first") -> None:
        super().__init__()
        self._title = title
        self.rows = [row for comparison in found for row in _compared(comparison, bank)]

    def body(self) -> Iterable[Widget]:
        """Return the points of all questions that both sessions have."""
        yield Static(Content(clean(self._title)), id="title", markup=False)
        yield VerticalScroll(Card(self.rows))
        yield KeyBar()


def _compared(comparison: Comparison, bank: Bank) -> list[Row]:
    rows: list[Row] = [("", "", Content.assemble((clean(comparison.question_id), "bold")))]
    for attempt in (comparison.before, comparison.after):
        scores = f"{score_text(attempt.at_once)} at once, {score_text(attempt.after_follow_up)} after follow-up"
        marks = f"marked by {', '.join(attempt.graded_by) or 'nobody'}"
        rows.append((f"{attempt.at:%Y-%m-%d}", "", Content(clean(f"{scores}, {marks}"))))
    claims = {p.id: p.claim for p in bank.get(comparison.question_id).points} if comparison.question_id in bank else {}
    for point in comparison.points:
        sign, style = CHANGES[point.change]
        rows.append((sign, style, Content(clean(f"{claims.get(point.id, point.id)} ({_verdicts(point)})"))))
    return [*rows, ("", "", Content(""))]


def _verdicts(point: PointChange) -> str:
    sides = ((point.before, point.before_late), (point.after, point.after_late))
    return " -> ".join(f"{verdict or 'not graded'}{' after follow-up' if late else ''}" for verdict, late in sides)
