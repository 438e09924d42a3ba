"""Marks a stored interview anew: every answer as it was heard, and the scores that follow from the new marks."""

from __future__ import annotations

from collections.abc import Iterable

from mockinterview.errors import GradingError
from mockinterview.interview.loop import ungraded
from mockinterview.interview.state import Talk
from mockinterview.models import ARITHMETIC, AnswerGraded, Assessment, Bank, Event, Question, QuestionClosed
from mockinterview.ports import Grader


async def regraded(events: Iterable[Event], bank: Bank, grader: Grader) -> list[Event]:
    """Return the events of a session as they would be with the marks of `grader`. The stored session is not touched.

    An answer to a follow-up is marked beside that follow-up, as it was in the interview; what was computed stays (exercises,
    "I don't know"). Raises UsageError where the bank no longer has a question, BackendError where the grader cannot be reached.
    """
    talk = Talk(bank)
    for event in events:
        talk.take(await _anew(event, talk, grader))
    return talk.events


async def _anew(event: Event, talk: Talk, grader: Grader) -> Event:
    match event:
        case AnswerGraded() if talk.pending and event.assessment.graded_by != ARITHMETIC:
            question = talk.as_heard(talk.bank.get(event.question_id))
            return event.model_copy(update={"assessment": await _mark(grader, question, talk.pending.said)})
        case QuestionClosed():
            thread = talk.thread(event.question_id)
            return event.model_copy(update={"at_once": thread.score_at_once, "after_follow_up": thread.score_after})
    return event


async def _mark(grader: Grader, question: Question, text: str) -> Assessment:
    try:
        return await grader.grade(question, text)
    except GradingError as error:
        return ungraded(question, grader, error)
