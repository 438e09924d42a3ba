"""How each question went, read from the events of a session and from nothing else.

The scores are those that were stored when the question was closed. A question that the bank no longer has is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mockinterview.grading.score import CREDIT, first_answer, replaces
from mockinterview.models import (
    AnswerGraded,
    Assessment,
    Event,
    FollowUpAsked,
    InterviewStarted,
    PointDisputed,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One question in one session, from asking to closing. Scores are 0-10, or None where nothing was graded.

    `first` are the verdicts on the first answer, `best` the best ones of all answers, by point; both are empty where nothing
    was graded. `followed` tells whether a follow-up drew out anything right. `at` is the moment of closing, in UTC.
    """

    session_id: str
    question_id: str
    at: datetime
    reason: str
    at_once: float | None
    after_follow_up: float | None
    first: Mapping[str, Verdict]
    best: Mapping[str, Verdict]
    misconceptions: tuple[str, ...]
    disputed: frozenset[str]
    graded_by: tuple[str, ...]
    followed: bool

    @property
    def graded(self) -> bool:
        """Whether at least one answer has a mark."""
        return self.after_follow_up is not None

    def late(self, point_id: str) -> bool:
        """Tell whether the best verdict on a point came after the first answer."""
        return CREDIT[self.best.get(point_id, "miss")] > CREDIT[self.first.get(point_id, "miss")]


@dataclass(slots=True)
class _Open:
    """A question while it is talked about."""

    question_id: str
    parent: str = ""
    marks: list[Assessment] = field(default_factory=list)
    followed: bool = False
    disputed: set[str] = field(default_factory=set)
    closed: QuestionClosed | None = None

    @property
    def graded(self) -> list[Assessment]:
        return [mark for mark in self.marks if mark.score is not None]

    def best(self) -> dict[str, Verdict]:
        found: dict[str, Verdict] = {}
        for verdict in (verdict for mark in self.graded for verdict in mark.points):
            if replaces(verdict.verdict, found.get(verdict.id)):
                found[verdict.id] = verdict.verdict
        return found

    def attempt(self, session_id: str, closed: QuestionClosed) -> Attempt:
        first = first_answer(self.marks)
        return Attempt(
            session_id=session_id,
            question_id=self.question_id,
            at=datetime.fromisoformat(closed.at),
            reason=closed.reason,
            at_once=closed.at_once,
            after_follow_up=closed.after_follow_up,
            first={verdict.id: verdict.verdict for verdict in first.points} if first and first.score is not None else {},
            best=self.best(),
            misconceptions=tuple(dict.fromkeys(stated.id for mark in self.graded for stated in mark.misconceptions)),
            disputed=frozenset(self.disputed),
            graded_by=tuple(dict.fromkeys(mark.graded_by for mark in self.marks)),
            followed=self.followed,
        )


def attempts(events: Iterable[Event]) -> list[Attempt]:
    """Return the closed questions of one session, in the order of asking; one that is still open is not over and not among them."""
    session_id, main = "", ""
    threads: list[_Open] = []
    latest: dict[str, _Open] = {}
    for event in events:
        match event:
            case InterviewStarted():
                session_id = event.session_id
            case QuestionAsked():
                main = event.question_id
                latest[main] = _Open(main)
                threads.append(latest[main])
            case FollowUpAsked() if event.to:
                latest[event.to] = _Open(event.to, parent=main)
                threads.append(latest[event.to])
            case QuestionReopened() if event.question_id in latest:
                main, latest[event.question_id].closed = event.question_id, None
            case AnswerGraded() | PointDisputed() | QuestionClosed() if event.question_id in latest:
                _take(latest, event)
    return [thread.attempt(session_id, thread.closed) for thread in threads if thread.closed]


def _take(latest: Mapping[str, _Open], event: AnswerGraded | PointDisputed | QuestionClosed) -> None:
    thread = latest[event.question_id]
    match event:
        case AnswerGraded():
            thread.marks.append(event.assessment)
            if any(point.verdict == "hit" for point in event.assessment.points):
                follow_up = latest.get(thread.parent) if len(thread.marks) == 1 else thread
                if follow_up:
                    follow_up.followed = True
        case PointDisputed():
            thread.disputed.add(event.point_id)
        case QuestionClosed():
            thread.closed = event
