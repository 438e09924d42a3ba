"""The report screen and the panel that shows one question beside its model answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mockinterview.errors import MockInterviewError
from mockinterview.interview.state import Talk, words_on
from mockinterview.interview.summary import build_report
from mockinterview.models import QuestionReport, Report
from mockinterview.report import bar, counts_text, score_text
from mockinterview.sanitize import clean
from mockinterview.tui.cards import CLOSED, Card, Hanging, Row, disputes, point_rows
from mockinterview.tui.core import Core
from mockinterview.tui.disputes import DisputePanel, Store
from mockinterview.tui.exports import ExportPanel, export
from mockinterview.tui.formulas import readable
from mockinterview.tui.frame import Frame, KeyBar, Panel
from mockinterview.tui.keys import bound
from mockinterview.tui.turns import literal, spoken

INDENT = 5  # cells before the text of a numbered line
QUESTION_COLUMN = 38  # cells for the name of a question


class Questions(OptionList):
    """The questions of a report; Enter opens the first one where none was chosen."""

    def action_select(self) -> None:
        """Open a question."""
        if self.highlighted is None:
            self.action_first()
        super().action_select()


class ReportScreen(Frame):
    """Next actions first, then scores, topics and the questions, each of which opens."""

    DEFAULT_CSS = """
    ReportScreen #title { background: $primary; color: $text; padding: 0 1; text-style: bold; }
    ReportScreen VerticalScroll { height: 1fr; padding: 0 1; }
    ReportScreen OptionList, ReportScreen OptionList:focus { height: auto; border: none; background: transparent; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "choose_export", "Export"),
        bound("markdown", "export('md')", show=False),
        bound("json", "export('json')", show=False),
        bound("html", "export('html')", show=False),
        bound("anki", "export('apkg')", show=False),
        bound("new", "app.new_interview"),
        bound("past", "app.history", show=False),
        Binding("escape", "app.pop_screen", "Back", key_display="esc"),
    ]

    def __init__(self, core: Core, talk: Talk, store: Store | None = None) -> None:
        super().__init__()
        self.core, self.talk = core, talk
        self._store = store
        self.report: Report = talk.finished.report if talk.finished else build_report(talk)
        self._reliability = Card([], id="reliability", column=INDENT)
        # Made here and not looked up: a mark may be disputed before the list is mounted.
        self._questions = Questions(*(Option(self._line(entry), id=str(i)) for i, entry in enumerate(self.report.questions)))

    def body(self) -> Iterable[Widget]:
        """Return the report and the key bar."""
        yield Static(Content(clean(f"Report of {self.report.session_id}")), id="title", markup=False)
        with VerticalScroll(can_focus=False):
            yield Card(overview(self.report), id="overview", column=INDENT)
            yield self._questions
            yield self._reliability
        yield KeyBar()

    def on_mount(self) -> None:
        """Put the focus on the questions, but begin to read at the top: which of them is highlighted is told by moving."""
        self._questions.focus(scroll_visible=False)
        self._questions.highlighted = None
        self.call_after_refresh(self.query_one(VerticalScroll).scroll_home, animate=False)
        self.run_worker(self._tell_reliability(), group="reliability")

    async def _tell_reliability(self) -> None:
        told = await asyncio.to_thread(self.core.reliability, self.report.graded_by)
        if told:
            self._reliability.show([*_titled("How reliable these marks are"), *map(_entry, told)])

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        entry = self.report.questions[int(event.option_id or 0)]
        self.app.push_screen(QuestionPanel(self.talk, entry.question_id, self._store))

    def recount(self) -> None:
        """Count the points anew that are disputed."""
        for number, entry in enumerate(self.report.questions):
            self._questions.replace_option_prompt_at_index(number, self._line(entry))

    def _line(self, entry: QuestionReport) -> Hanging:
        return question_line(entry, len(disputes(self.talk, entry.question_id)))

    def action_choose_export(self) -> None:
        """Ask for the form of the file."""
        self.app.push_screen(ExportPanel(self.action_export))

    def action_export(self, form: str) -> None:
        """Write the session to a file of the current folder and say where it is."""
        try:
            file = export(self.core, self.talk, form)
        except MockInterviewError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(clean(f"Written: {file}"), markup=False)


def overview(report: Report) -> list[Row]:
    """Return the upper part of the report."""
    scores = (f"at once          {_scored(report.at_once)}", f"after follow-up  {_scored(report.after_follow_up)}", _counts(report))
    topics = [f"{topic:<26}{bar(score)} {score:>4g}" for topic, score in report.by_topic.items()]
    rows = [*_titled("Next"), *(_entry(action, f"{n}.") for n, action in enumerate(report.next_actions, start=1))]
    rows += [*_titled("Score"), *map(_entry, scores)]
    rows += [*_titled("Topics"), *map(_entry, topics)] if topics else []
    rows += [*_titled("Strong at once"), _entry(", ".join(report.strengths))] if report.strengths else []
    return [*rows[1:], *_titled("Questions (Enter opens one)")]


def _titled(title: str) -> list[Row]:
    return [("", "", Content("")), ("", "", Content.styled(title, "bold $text-accent"))]


def _entry(text: str, sign: str = "") -> Row:
    return f"  {sign}", "", Content(readable(clean(text)))


def _scored(score: float | None) -> str:
    return score_text(score) if score is None else f"{bar(score)} {score_text(score)}"


def _counts(report: Report) -> str:
    ended = "" if report.complete else " The interview ended before the last question."
    marks = ", ".join(report.graded_by) or "nobody"
    return f"{counts_text(report)} Marked by {marks}.{ended}"


def question_line(entry: QuestionReport, disputed: int) -> Hanging:
    """Return a question of the report in one line, with the number of points that the candidate marks differently."""
    indent = "    " if entry.follow_up_of else "  "
    late = f", {entry.after_follow_up:g} after follow-up" if entry.after_follow_up not in (None, entry.at_once) else ""
    why = f" ({CLOSED[entry.reason]})" if CLOSED.get(entry.reason) else ""
    own = f", {disputed} self-marked" if disputed else ""
    told = Content(f"{score_text(entry.at_once)}{late}{why}{own}")
    return Hanging((clean(f"{indent}{entry.question_id} "), "", told), QUESTION_COLUMN)


class QuestionPanel(Panel):
    """One finished question: its points and one's own words on the left, the model answer on the right."""

    DEFAULT_CSS = """
    QuestionPanel #sides { width: 96%; height: 92%; border: round $primary; }
    QuestionPanel VerticalScroll { width: 1fr; padding: 0 1; }
    QuestionPanel #model { border-left: solid $surface-lighten-2; }
    QuestionPanel .heading { text-style: bold; color: $text-accent; }
    QuestionPanel .said { margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(False)", "Close", show=False),
        bound("model_answer", "dismiss(False)", show=False),
        Binding("d", "dispute", "Dispute a mark"),
        bound("dispute", "dispute", show=False),
    ]

    def __init__(self, talk: Talk, question_id: str, store: Store | None = None) -> None:
        super().__init__()
        self.talk, self.thread = talk, talk.thread(question_id)
        self._store = store

    def compose(self) -> ComposeResult:
        """Yield both sides."""
        question = self.thread.question
        with Horizontal(id="sides"):
            with VerticalScroll(id="own"):
                yield literal(readable(self.thread.asked), "heading")
                yield Card(point_rows(self.thread, disputes(self.talk, question.id)), "said")
                yield literal("Your words", "heading")
                for said in words_on(question.id, self.talk.events):
                    yield literal(readable(said), "said")
            with VerticalScroll(id="model"):
                yield literal("Model answer (Esc closes, d disputes a mark)", "heading")
                yield spoken(question.model_answer or "This question has no model answer.", "model")
                if question.formulas:
                    yield literal(readable(question.formulas), "formulas")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a dispute only where it can be stored and something was marked."""
        if action == "dispute":
            return self._store is not None and self.thread.graded
        return super().check_action(action, parameters)

    def action_dispute(self) -> None:
        """Mark a point oneself."""
        if self._store:
            self.app.switch_screen(DisputePanel(self.thread, self._store))
