"""The report screen and the panel that shows one question beside its model answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from mockinterview.errors import MockInterviewError, StorageError, UsageError
from mockinterview.interview.state import Talk
from mockinterview.interview.summary import build_report
from mockinterview.models import AnswerGiven, QuestionReport, Report
from mockinterview.report import as_html, as_json, as_markdown, bar, score_text
from mockinterview.sanitize import clean
from mockinterview.tui.cards import CLOSED, Card, disputes, point_rows
from mockinterview.tui.core import Core
from mockinterview.tui.disputes import DisputePanel, Store
from mockinterview.tui.frame import Frame, Panel
from mockinterview.tui.turns import literal, spoken


class ReportScreen(Frame):
    """Next actions first, then scores, topics and the questions, each of which opens."""

    DEFAULT_CSS = """
    ReportScreen #title { background: $primary; color: $text; padding: 0 1; text-style: bold; }
    ReportScreen VerticalScroll { height: 1fr; padding: 0 1; }
    ReportScreen #overview { height: auto; }
    ReportScreen OptionList, ReportScreen OptionList:focus { height: auto; border: none; background: transparent; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "export('md')", "Markdown"),
        Binding("j", "export('json')", "JSON"),
        Binding("h", "export('html')", "HTML"),
        Binding("a", "export('apkg')", "Anki"),
        Binding("n", "app.new_interview", "New interview"),
        Binding("p", "app.history", "Past interviews", show=False),
        Binding("escape", "app.pop_screen", "Transcript", key_display="esc"),
    ]

    def __init__(self, core: Core, talk: Talk, store: Store | None = None) -> None:
        super().__init__()
        self.core, self.talk = core, talk
        self._store = store
        self.report: Report = talk.finished.report if talk.finished else build_report(talk)

    def body(self) -> Iterable[Widget]:
        """Return the report and the key bar."""
        yield Static(Content(clean(f"Report of {self.report.session_id}")), id="title", markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(overview(self.report), id="overview", markup=False)
            yield OptionList(*(Option(self._line(entry), id=str(i)) for i, entry in enumerate(self.report.questions)))
        yield Footer()

    def on_mount(self) -> None:
        """Put the focus on the questions, but begin to read at the top."""
        questions = self.query_one(OptionList)
        questions.focus(scroll_visible=False)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        entry = self.report.questions[int(event.option_id or 0)]
        self.app.push_screen(QuestionPanel(self.talk, entry.question_id, self._store))

    def recount(self) -> None:
        """Count the points anew that are disputed."""
        for number, entry in enumerate(self.report.questions):
            self.query_one(OptionList).replace_option_prompt_at_index(number, self._line(entry))

    def _line(self, entry: QuestionReport) -> Content:
        return question_line(entry, len(disputes(self.talk, entry.question_id)))

    def action_export(self, form: str) -> None:
        """Write the session to a file of the current folder and say where it is."""
        try:
            file = export(self.core, self.talk, form)
        except MockInterviewError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(clean(f"Written: {file}"), markup=False)


def export(core: Core, talk: Talk, form: str) -> Path:
    """Write a session as "md", "json", "html" or "apkg" (Anki) and return the file; raise StorageError where that fails."""
    file = core.exports / f"mockinterview-{talk.session_id}.{form}"
    content = _exported(core, talk, form)
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror}.", f"`mockinterview sessions export {talk.session_id} -o FILE`"
        ) from error
    return file


def _exported(core: Core, talk: Talk, form: str) -> bytes:
    if form == "apkg":
        from mockinterview.review.attempts import attempts
        from mockinterview.review.deck import as_apkg, flashcards

        flash = flashcards(attempts(talk.events), core.bank)
        if not flash:
            raise UsageError("There is nothing to learn from this session: no point was missed.", "Answer some questions first.")
        return as_apkg(flash, datetime.fromisoformat(talk.events[-1].at))
    text = as_json(talk.events) if form == "json" else {"md": as_markdown, "html": as_html}[form](talk.events, core.bank)
    return clean(text).encode()


def overview(report: Report) -> Content:
    """Return the upper part of the report."""
    parts: list[str | tuple[str, str]] = [("Next\n", "bold $text-accent")]
    parts += [clean(f"  {n}. {action}\n") for n, action in enumerate(report.next_actions, start=1)]
    parts += [("\nScore\n", "bold $text-accent")]
    parts += [
        f"  at once          {_scored(report.at_once)}\n",
        f"  after follow-up  {_scored(report.after_follow_up)}\n",
    ]
    parts += [clean(f"  {_counts(report)}\n")]
    parts += [("\nTopics\n", "bold $text-accent")] if report.by_topic else []
    parts += [clean(f"  {topic:<26}{bar(score)} {score:>4g}\n") for topic, score in report.by_topic.items()]
    parts += [("\nStrong at once: ", "bold"), clean(", ".join(report.strengths)), "\n"] if report.strengths else []
    return Content.assemble(*parts, ("\nQuestions (Enter opens one)", "bold $text-accent"))


def _scored(score: float | None) -> str:
    return score_text(score) if score is None else f"{bar(score)} {score_text(score)}"


def _counts(report: Report) -> str:
    ended = "" if report.complete else " The interview ended before the last question."
    marks = ", ".join(report.graded_by) or "nobody"
    return f"{report.asked} asked, {report.graded} graded, {report.ungraded} not graded; marked by {marks}.{ended}"


def question_line(entry: QuestionReport, disputed: int) -> Content:
    """Return a question of the report in one line, with the number of points that the candidate marks differently."""
    indent = "    " if entry.follow_up_of else "  "
    late = f", {entry.after_follow_up:g} after follow-up" if entry.after_follow_up not in (None, entry.at_once) else ""
    why = f" ({CLOSED[entry.reason]})" if CLOSED.get(entry.reason) else ""
    own = f", {disputed} self-marked" if disputed else ""
    return Content.assemble(clean(f"{indent}{entry.question_id:<36}"), f"{score_text(entry.at_once)}{late}{why}{own}")


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
        Binding("f5,enter", "dismiss(False)", "Close", show=False),
        Binding("d,f6", "dispute", "Dispute a mark"),
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
                yield literal(question.ask, "heading")
                yield Card(point_rows(self.thread, disputes(self.talk, question.id)), "said")
                yield literal("Your words", "heading")
                for said in _words(self.talk, question.id):
                    yield literal(said, "said")
            with VerticalScroll(id="model"):
                yield literal("Model answer (Esc closes, d disputes a mark)", "heading")
                yield spoken(question.model_answer or "This question has no model answer.", "model")
                if question.formulas:
                    yield literal(question.formulas, "formulas")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a dispute only where it can be stored and something was marked."""
        if action == "dispute":
            return self._store is not None and self.thread.graded
        return super().check_action(action, parameters)

    def action_dispute(self) -> None:
        """Mark a point oneself."""
        if self._store:
            self.app.switch_screen(DisputePanel(self.thread, self._store))


def _words(talk: Talk, question_id: str) -> list[str]:
    """Return what the candidate said and wrote on a question, without commands."""
    given = [e for e in talk.events if isinstance(e, AnswerGiven) and e.question_id == question_id]
    return ["\n".join(part for part in (e.text, e.whiteboard) if part) for e in given if not e.text.startswith("/")]
