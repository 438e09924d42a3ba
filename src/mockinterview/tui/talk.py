"""The interview screen: transcript, editor, status line. It paints events; what happens is decided behind the driver."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Iterable
from typing import ClassVar

from textual import on
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Markdown, Static, TextArea

from mockinterview.errors import MockInterviewError, UsageError
from mockinterview.interview.policy import skipped
from mockinterview.interview.state import Thread, fold
from mockinterview.models import (
    AnswerGiven,
    AnswerGraded,
    InterviewFinished,
    InterviewStarted,
    PointDisputed,
    QuestionAsked,
    QuestionClosed,
    Verdict,
)
from mockinterview.models import Event as Fact
from mockinterview.sanitize import clean
from mockinterview.tui import outside
from mockinterview.tui.backends import Backends
from mockinterview.tui.cards import Card, closing_rows, disputes
from mockinterview.tui.core import TOUR_OF_TALK, Core, Opened, tour
from mockinterview.tui.disputes import DisputePanel
from mockinterview.tui.drafts import Draft
from mockinterview.tui.driver import Driver
from mockinterview.tui.editor import Editor
from mockinterview.tui.frame import Frame, KeyBar
from mockinterview.tui.keys import bound, label
from mockinterview.tui.panels import LinkPanel
from mockinterview.tui.results import QuestionPanel, ReportScreen
from mockinterview.tui.status import cost_of_help, status_line
from mockinterview.tui.transcript import Transcript
from mockinterview.tui.turns import literal, widgets

SAVE_DRAFT_AFTER = 0.3  # seconds without a key
WORDS_FIRST = 0.08  # seconds that the card of an answer waits for the interviewer's next words, which need no layout and go first
BUSY = "Reading your answer ..."


class InterviewScreen(Frame):
    """One interview, new (with a plan) or stored (without)."""

    class Began(Message):
        """The interview is on disk and can be resumed from now on."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    class Ended(Message):
        """The interview has its report."""

    DEFAULT_CSS = """
    InterviewScreen #status { height: 1; background: $primary; color: $text; padding: 0 1; }
    InterviewScreen #status { text-wrap: nowrap; text-overflow: ellipsis; }
    InterviewScreen Transcript { height: 1fr; padding: 0 1; }
    InterviewScreen #below { height: 1; padding: 0 2; color: $text-muted; }
    InterviewScreen #below { text-wrap: nowrap; text-overflow: ellipsis; }
    InterviewScreen .heading { text-style: bold; color: $text-accent; margin-top: 1; }
    InterviewScreen .label { color: $text-muted; }
    InterviewScreen .interviewer { padding: 0 1; border-left: thick $primary; margin: 0 0 1 0; background: transparent; }
    InterviewScreen .interviewer > MarkdownBlock:last-child { margin-bottom: 0; }
    InterviewScreen .candidate { padding: 0 1; margin: 0 0 1 4; background: $surface; border-left: thick $secondary; }
    InterviewScreen .card { padding: 0 1; margin: 0 0 1 2; border-left: outer $surface-lighten-2; }
    InterviewScreen .problem { padding: 0 1; margin: 0 0 1 2; border-left: outer $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("hint", "say('hint')"),
        bound("clarify", "say('clarify')", show=False),
        bound("skip", "say('skip')"),
        bound("back", "say('back')", show=False),
        bound("model_answer", "model_answer", tooltip="The model answer of the last finished question"),
        bound("dispute", "dispute", show=False, priority=True),
        bound("board", "board", priority=True),
        bound("outside", "outside", show=False),
        bound("retry", "retry"),
        bound("report", "report"),
        bound("scroll_up", "scroll_talk(-1)", show=False),
        bound("scroll_down", "scroll_talk(1)", show=False),
        Binding("escape", "write", "Write on", show=False),
        Binding("enter", "report", "Report", show=False),
    ]
    busy: reactive[bool] = reactive(default=False, init=False, bindings=True)
    failed: reactive[bool] = reactive(default=False, init=False, bindings=True)
    index_line: reactive[str] = reactive("", init=False)
    wait_line: reactive[str] = reactive("", init=False)

    class Happened(Message):
        """An event was stored."""

        def __init__(self, fact: Fact) -> None:
            super().__init__()
            self.fact = fact

    class Phrased(Message):
        """A piece of what the interviewer is about to say."""

        def __init__(self, piece: str) -> None:
            super().__init__()
            self.piece = piece

    class Waited(Message):
        """A model is going to be asked again; "" when it is."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(self, core: Core, driver: Driver, opened: Opened) -> None:
        super().__init__()
        self.core, self.driver, self.plan = core, driver, opened.plan
        self.backends = Backends(opened.backends)
        self.talk = fold([], core.bank)
        self.draft = Draft(core.drafts, driver.interview.session_id)
        self.board_draft = Draft(core.drafts, f"{driver.interview.session_id}.board")
        self._unsent = self._sending = ("", "")  # answer and whiteboard
        # Kept and not looked up: workers end and events arrive while the screen is being taken down.
        self._status_line, self._facts = Static(id="status", markup=False), Static(id="below", markup=False)
        self.transcript, self.editor = Transcript(id="talk"), Editor(id="editor")
        self._reminded = False  # that the interview is over
        self._held: list[Widget] = []  # what is shown after the interviewer's next words, or a moment later
        self._cards: dict[str, Card] = {}  # the last card of each closed question
        self._save: Timer | None = None
        self._earlier = 0.0
        self._since = time.monotonic()

    def body(self) -> Iterable[Widget]:
        """Return status line, transcript, busy line, editor and key bar."""
        yield self._status_line
        yield self.transcript
        yield self._facts
        yield self.editor
        yield KeyBar()

    # --- beginning and end ------------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """Show what there is of a stored interview, then go on; or begin a new one."""
        self.transcript.anchor()
        past = list(self.driver.interview.talk.events)
        self.driver.listen(
            lambda fact: self.post_message(self.Happened(fact)), lambda piece: self.post_message(self.Phrased(piece))
        )
        self.backends.listen(lambda line: self.post_message(self.Waited(line)))
        if told := tour(self.core, TOUR_OF_TALK):
            await self.transcript.put(literal(told, "label"))
        await self.transcript.fill([widget for fact in past for widget in self._taken(fact)])
        self._earlier = self.talk.seconds()
        self._restore_draft()
        self.set_interval(1.0, self._tick)
        self._show_status()
        (self.transcript if self.talk.finished else self.editor.area).focus()
        if self.talk.finished:
            self.call_after_refresh(self.action_report)
        elif self.plan is not None:
            self._drive(self.driver.start(self.plan, self.core.version))
        else:  # its question is on the screen already
            self._drive(self.driver.advance())
            self.call_after_refresh(self.driver.interview.warm_up)

    def on_unmount(self) -> None:
        """Keep the draft and give the session free."""
        self._save_draft()
        self.driver.close()

    def _restore_draft(self) -> None:
        try:
            self.editor.text, self.editor.board.text = self.draft.read(), self.board_draft.read()
        except MockInterviewError as error:
            self._complain(error)

    # --- what happens -----------------------------------------------------------------------------------------------

    @on(Happened)
    async def _happened(self, event: Happened) -> None:
        if isinstance(event.fact, AnswerGiven):
            self._sending = ("", "")
            self._save_draft()
        await self._show(event.fact)
        if isinstance(event.fact, QuestionAsked):
            self.call_after_refresh(self.driver.interview.warm_up)
        if isinstance(event.fact, InterviewFinished):
            self.transcript.focus()
            if event.fact.reason == "ended":  # else the last card and the farewell would be gone before they were read
                self.action_report()

    async def _show(self, fact: Fact) -> None:
        new = self._taken(fact)
        if isinstance(fact, PointDisputed):
            self._recount()
            self.notify("Your own mark is stored. It changes no score.", markup=False)
        if isinstance(fact, AnswerGraded):
            self._held = new
            self.set_timer(WORDS_FIRST, self._show_held)
            return
        with self.app.batch_update():
            if isinstance(fact, AnswerGiven):
                self.transcript.live.wait()
            else:
                self.transcript.live.hush()
            held, self._held = self._held, []
            await self.transcript.put(*held, *new)
        self._tick()
        self.refresh_bindings()

    async def _show_held(self) -> None:
        held, self._held = self._held, []
        if held:
            await self.transcript.put(*held)
            self._tick()
            self.refresh_bindings()

    def _taken(self, fact: Fact) -> list[Widget]:
        """Move the state on by an event and return what the transcript shows of it."""
        self.talk.take(fact)
        if isinstance(fact, InterviewStarted):
            self.post_message(self.Began(fact.session_id))
            if fact.plan.format == "onsite":
                self.editor.show_board()
            if fact.plan.mode == "exam":
                self.editor.without_hints()
        if isinstance(fact, InterviewFinished):
            self.post_message(self.Ended())
        if isinstance(fact, PointDisputed) and self._marked_on_its_card(fact):
            return []
        new = widgets(fact, self.talk)
        if isinstance(fact, QuestionClosed):
            self._cards.update((fact.question_id, card) for card in new if isinstance(card, Card))
        return new

    def _marked_on_its_card(self, fact: PointDisputed) -> bool:
        """Show one's own mark on the card of its question; return False where that is laid down already, or there is none."""
        card = self._cards.get(fact.question_id)
        if card is None or (card.is_mounted and not card.is_attached):
            return False
        card.show(closing_rows(self.talk.thread(fact.question_id), disputes(self.talk, fact.question_id)))
        return True

    def _recount(self) -> None:
        for screen in self.app.screen_stack:
            if isinstance(screen, ReportScreen):
                screen.recount()

    @on(Waited)
    def _waited(self, event: Waited) -> None:
        self.wait_line = event.line

    def _tick(self) -> None:
        """Tell what the models have to say, and let the clock go on."""
        for line in self.backends.news():
            self.transcript.put(literal(line, "problem"))
            self.refresh_bindings()
        self._show_status()

    @on(Phrased)
    async def _phrased(self, event: Phrased) -> None:
        """Let words appear as they come; the stored event takes their place in the end."""
        await self.transcript.live.hear(event.piece)
        if self._held:
            self.call_after_refresh(self._show_held)

    # --- what the candidate does ------------------------------------------------------------------------------------

    @on(Editor.Said)
    def _said(self, event: Editor.Said) -> None:
        self._send(self.driver.reply(event.text, event.whiteboard), event.text, event.whiteboard)

    @on(Editor.Commanded)
    def _commanded(self, event: Editor.Commanded) -> None:
        if event.name == "help":
            self.editor.text = ""
            self.app.run_worker(self.app.run_action("app.help"))
        elif event.name == "end" and not self.talk.asked_to_end:
            self._send(self.driver.reply("end"), "/end", "")  # as a word it is asked back about; as a command it is obeyed
        else:
            self._send(self.driver.command(event.name), f"/{event.name}", "")

    def _send(self, step: Coroutine[object, object, None], text: str, board: str) -> None:
        if self.talk.finished:
            step.close()
            self._remind()
            return
        if self.busy:
            step.close()
            self.notify("The interviewer is still thinking. Your text stays here.", markup=False)
            return
        if self.failed and not self.driver.interview.waiting:
            step.close()
            self.notify("What you said before comes first. Your text stays here.", markup=False)
            self._drive(self.driver.advance())
            return
        self._sending = (text, board)
        self.editor.text = ""
        if board:
            self.editor.board.text = ""
        self.transcript.anchor()
        self._drive(step)

    def action_say(self, command: str) -> None:
        """Send a command without touching what stands in the editor."""
        if not self.busy and not self.talk.finished:
            self.transcript.anchor()
            self._drive(self.driver.command(command))

    def action_retry(self) -> None:
        """Try again what failed, also a model that is not asked any more."""
        self.backends.try_again()
        self._show_status()
        self.refresh_bindings()
        if self.failed:
            self._drive(self.driver.advance())

    def action_dispute(self) -> None:
        """Mark a point of the last finished question oneself."""
        self.app.push_screen(DisputePanel(self._finished_threads()[-1], self.store_dispute))

    def store_dispute(self, question_id: str, point_id: str, verdict: Verdict, reason: str) -> None:
        """Store the candidate's own mark."""
        if self.busy:
            self.notify("The interviewer is still thinking. Dispute it in a moment.", markup=False)
        else:
            self._drive(self.driver.dispute(question_id, point_id, verdict, reason))

    def action_board(self) -> None:
        """Move between the answer and the whiteboard."""
        editor = self.editor
        (editor.area if editor.board.has_focus else editor.board).focus()

    def action_outside(self) -> None:
        """Write the answer in the person's own editor."""
        try:
            line = outside.command()
            with self.app.suspend():
                text = outside.edited(self.editor.text, line, self.core.drafts)
        except SuspendNotSupported:
            self._complain(UsageError("Another editor cannot be opened from here.", "Start the app in a terminal."))
        except MockInterviewError as error:
            self._complain(error)
        else:
            self.editor.put(text)

    def _drive(self, step: Coroutine[object, object, None]) -> None:
        self.busy, self.failed = True, False
        self.run_worker(self._driven(step), group="drive")

    async def _driven(self, step: Coroutine[object, object, None]) -> None:
        try:
            await step
        except MockInterviewError as error:
            self.failed = True
            self._complain(error)
            self._give_back()
        finally:
            self.busy = False
            self.transcript.live.hush()
            self.call_after_refresh(self.transcript.tidy)

    def _give_back(self) -> None:
        """Put words that could not be stored back into the editor, before what was typed meanwhile."""
        (text, board), self._sending = self._sending, ("", "")
        if text:
            self.editor.text = f"{text}\n{self.editor.text}".rstrip("\n")
        if board:
            self.editor.board.text = f"{board}\n{self.editor.board.text}".rstrip("\n")

    def _complain(self, error: MockInterviewError) -> None:
        self.transcript.put(literal(f"{error.message}\n{error.hint}".strip(), "problem"))

    # --- draft ------------------------------------------------------------------------------------------------------

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._unsent = (self.editor.text, self.editor.board.text)
        if self._save:
            self._save.stop()
        self._save = self.set_timer(SAVE_DRAFT_AFTER, self._save_draft)

    def _save_draft(self) -> None:
        try:
            for draft, unsent, sending in zip((self.draft, self.board_draft), self._unsent, self._sending, strict=True):
                draft.write(unsent or sending)
        except MockInterviewError as error:
            self.notify(str(error), severity="warning", markup=False)

    # --- looking around ---------------------------------------------------------------------------------------------

    @on(Editor.Left)
    def _read_back(self) -> None:
        self.transcript.focus()

    async def action_write(self) -> None:
        """Put the focus back into the editor; where nothing is left to answer, go to the start screen."""
        if self.talk.finished is None:
            self.editor.area.focus()
        else:
            await self.app.run_action("new_interview")

    @on(Transcript.Typed)
    def _typed_elsewhere(self, event: Transcript.Typed) -> None:
        if self.talk.finished:
            self._remind()
        else:
            self.editor.area.focus()
            self.editor.area.insert(event.character)

    def _remind(self) -> None:
        """Tell once what the line at the bottom says as well: whoever types may not look there."""
        if not self._reminded:
            self._reminded = True
            self.notify(_over(), markup=False)

    def action_scroll_talk(self, step: int) -> None:
        """Scroll the transcript by half its height while the focus stays in the editor."""
        self.transcript.scroll_relative(y=step * self.transcript.size.height // 2, animate=False)

    def action_model_answer(self) -> None:
        """Show the last finished question beside its model answer."""
        self.app.push_screen(QuestionPanel(self.talk, self._finished_threads()[-1].question.id, self.store_dispute))

    def action_report(self) -> None:
        """Show the report."""
        if self.talk.finished:
            self.app.push_screen(ReportScreen(self.core, self.talk, self.store_dispute))

    def _finished_threads(self) -> list[Thread]:
        practice = self.talk.plan.mode == "practice" or self.talk.finished
        return [t for t in self.talk.threads if t.closed and t.answers] if practice else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense now."""
        match action:
            case "model_answer":
                return bool(self._finished_threads())
            case "dispute":
                # While a step is under way or has failed, the last event decides what comes next.
                return not (self.busy or self.failed) and any(thread.graded for thread in self._finished_threads()[-1:])
            case "board":
                return self.talk.plan.format == "onsite" and self.talk.finished is None
            case "outside":
                return self.talk.finished is None
            case "retry":
                return self.failed or bool(self.backends.given_up)
            case "report":
                return self.talk.finished is not None
            case "say" if parameters == ("back",):
                return self.talk.finished is None and bool(skipped(self.talk))
            case "say" if parameters == ("hint",) and self.talk.plan.mode == "exam":
                return False
            case "say":
                return self.talk.finished is None
        return super().check_action(action, parameters)

    @on(Markdown.LinkClicked)
    def _link(self, event: Markdown.LinkClicked) -> None:
        self.app.push_screen(LinkPanel(event.href))

    # --- status -----------------------------------------------------------------------------------------------------

    def watch_busy(self) -> None:
        """Say that the interviewer is at work."""
        self._show_status()

    def watch_index_line(self) -> None:
        """Show how far the search index is."""
        self._show_status()

    def watch_wait_line(self) -> None:
        """Show how long a model is waited for."""
        self._show_status()

    def _show_status(self) -> None:
        self._status_line.update(Content(clean(self.status())), layout=False)
        self._facts.update(Content(clean(self._below())), layout=False)
        self.editor.display = self.talk.finished is None

    def status(self) -> str:
        """Return the status line."""
        now = self._earlier + time.monotonic() - self._since
        return status_line(self.talk, self.talk.seconds() if self.talk.finished else now)

    def _below(self) -> str:
        marks = f"marked by {self.driver.interview.grader.name}"
        facts = " | ".join(part for part in (cost_of_help(self.talk), marks, self.backends.spent()) if part)
        return self.wait_line or (BUSY if self.busy else self.index_line or (_over() if self.talk.finished else facts))


def _over() -> str:
    return f"The interview is over. Enter or {label('report')} shows the report, Esc leads to the start screen."
