"""Turns what happened into widgets. All text but that of the interviewer is shown literally."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from textual.content import Content
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
from mockinterview.tui.cards import Card, answer_rows, closing_rows, dispute_line
from mockinterview.tui.formulas import readable
from mockinterview.tui.jobs import because

# Product signs and indices stand between word characters; emphasis there is not what a question means by 5*5*3 or w_i*x_i.
_INSIDE_WORDS = re.compile(r"(?<=[\w)\]])([*_])(?=[\w(\[])")


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
            return [Card(answer_rows(talk.thread(event.question_id), event.assessment, talk.expected(event.assessment)), "card")]
        case QuestionClosed() if practice:
            return [Card(closing_rows(talk.thread(event.question_id)), "card closing")]
        case PointDisputed() if practice or talk.finished:
            return [literal(dispute_line(talk.thread(event.question_id).question, event), "label")]
        case InterviewFinished():
            return [*([spoken(event.text, "interviewer")] if event.text else []), literal("The interview is over.", "heading")]
    return []


def _said(event: AnswerGiven) -> Content:
    board: list[str | tuple[str, str]] = [("\nwhiteboard\n", "dim"), readable(clean(event.whiteboard))] if event.whiteboard else []
    return Content.assemble(("You  ", "bold"), readable(clean(event.text)), *board)
