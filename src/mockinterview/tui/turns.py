"""Turns what happened into widgets of the transcript. All text but that of the interviewer is shown literally."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Markdown, Static

from mockinterview.interview.state import Talk
from mockinterview.models import (
    AnswerGiven,
    AnswerGraded,
    Event,
    FollowUpAsked,
    HintGiven,
    InterviewFinished,
    PointDisputed,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RemarkMade,
)
from mockinterview.sanitize import clean
from mockinterview.tui.cards import Card, Row, answer_rows, closing_rows, dispute_text
from mockinterview.tui.formulas import readable
from mockinterview.tui.jobs import because

# Product signs and indices stand between word characters; emphasis there is not what a question means by 5*5*3 or w_i*x_i.
_INSIDE_WORDS = re.compile(r"(?<=[\w)\]])([*_])(?=[\w(\[])")


KEPT = 40  # the last widgets of the transcript, which stay what they are
CHUNK = 40  # older ones are laid down by so many at a time


class Archive(Card):
    """Older turns as plain rows in one widget: with hundreds of widgets every key would wait for their layout."""


def laid_down(old: Sequence[Widget]) -> Archive:
    """Return widgets of a transcript as rows; words of the interviewer lose their Markdown."""
    return Archive([row for widget in old for row in (*_rows(widget), ("", "", Content("")))], "card")


def _rows(widget: Widget) -> Sequence[Row]:
    match widget:
        case Card():
            return widget.rows
        case Spoken():
            return [("asked", "$text-muted", Content(widget.words))]
        case Static(visual=Content() as content):
            return [("", "", content)]
    return []


class Transcript(VerticalScroll):
    """All that was said. Follows the end unless the reader scrolled up."""

    async def add(self, new: Sequence[Widget]) -> None:
        """Append widgets, and lay down older ones while the end is in view."""
        live = [child for child in self.children if not isinstance(child, Archive)]
        at_end = self.scroll_y >= self.max_scroll_y
        await self.mount(*new)
        if at_end and len(live) >= KEPT + CHUNK:
            with self.app.batch_update():
                await self.mount(laid_down(live[:CHUNK]), before=live[0])
                await self.remove_children(live[:CHUNK])

    async def fill(self, past: Sequence[Widget]) -> None:
        """Show the turns of a stored interview, of which only the last are widgets of their own."""
        cut = max(len(past) - KEPT, 0)
        chunks = [past[start : min(start + CHUNK, cut)] for start in range(0, cut, CHUNK)]
        await self.mount(*(laid_down(chunk) for chunk in chunks), *past[cut:])

    class Typed(Message):
        """A character was typed here although the editor is where it belongs."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    def on_key(self, event: events.Key) -> None:
        """Hand characters on to the editor."""
        if event.is_printable and event.character and event.character != "?":
            event.stop()
            self.post_message(self.Typed(event.character))


def prose(text: str) -> str:
    """Return words of the interviewer as Markdown that is safe to show: no escapes, formulas readable and with all signs."""
    return _INSIDE_WORDS.sub(r"\\\1", readable(clean(text)))


class Spoken(Markdown):
    """Words of the interviewer. Links are only messages; HTML stays text. `words` is what was said, without escapes."""

    def __init__(self, text: str, classes: str) -> None:
        super().__init__(prose(text), open_links=False, parser_factory=_parser, classes=classes)
        self.words = readable(clean(text))


def spoken(text: str, classes: str) -> Spoken:
    """Return words of the interviewer as a widget."""
    return Spoken(text, classes)


def _parser() -> MarkdownIt:
    return MarkdownIt("gfm-like", {"html": False})


def literal(content: str | Content, classes: str) -> Static:
    """Return text as a widget that never interprets it."""
    return Static(content if isinstance(content, Content) else Content(clean(content)), markup=False, classes=classes)


def widgets(event: Event, talk: Talk) -> list[Widget]:
    """Return what the transcript shows of an event; `talk` is the state just after it."""
    practice = talk.plan.mode == "practice"
    match event:
        case QuestionAsked():
            why = because(talk.plan, event.question_id)
            head = [literal(f"Question {event.number} of {event.total}", "heading"), *([literal(why, "label")] if why else [])]
            return [*head, spoken(event.text, "interviewer")]
        case QuestionReopened():
            return [literal("Taken up again", "heading"), spoken(event.text, "interviewer")]
        case FollowUpAsked() | RemarkMade():
            return [spoken(event.text, "interviewer")]
        case HintGiven():
            return [literal("Hint (what it draws out counts half)", "label"), spoken(event.text, "interviewer")]
        case AnswerGiven():
            return [literal(_said(event), "candidate")]
        case AnswerGraded() if practice:
            return [Card(answer_rows(talk.thread(event.question_id), event.assessment), "card")]
        case QuestionClosed() if practice:
            return [Card(closing_rows(talk.thread(event.question_id)), "card closing")]
        case PointDisputed() if practice or talk.finished:
            return [literal(dispute_text(talk.thread(event.question_id).question, event), "label")]
        case InterviewFinished():
            return [literal("The interview is over.", "heading")]
    return []


def _said(event: AnswerGiven) -> Content:
    board: list[str | tuple[str, str]] = [("\nwhiteboard\n", "dim"), readable(clean(event.whiteboard))] if event.whiteboard else []
    return Content.assemble(("You  ", "bold"), readable(clean(event.text)), *board)
