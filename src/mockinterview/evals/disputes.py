"""Makes gold cases of what a candidate disputed in a real interview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockinterview.evals.cases import GradingCase
from mockinterview.grading.score import CREDIT
from mockinterview.interview.state import words_on
from mockinterview.models import AnswerGraded, Bank, Event, PointDisputed, Verdict


def disputed_cases(session_id: str, events: Sequence[Event], bank: Bank) -> Iterator[GradingCase]:
    """Yield a gold case per question with a disputed point: all answers to it, the best verdict per point, disputes above them.

    A question that has left the bank is left out. The labels are the candidate's: somebody has to read them before they count.
    """
    disputes: dict[str, dict[str, PointDisputed]] = {}
    for event in events:
        if isinstance(event, PointDisputed) and event.question_id in bank:
            disputes.setdefault(event.question_id, {})[event.point_id] = event
    for question_id, by_point in disputes.items():
        verdicts = {**_best(question_id, events), **{p: d.verdict for p, d in by_point.items()}}
        yield GradingCase(
            id=f"{session_id}--{question_id}",
            question=question_id,
            kind="disputed",
            answer=_sound("\n".join(words_on(question_id, events))),
            points={point.id: verdicts.get(point.id, "miss") for point in bank.get(question_id).points},
            misconceptions=_stated(question_id, events),
            source=_sound(f"session {session_id}; " + "; ".join(f"{p}: {d.reason}" for p, d in by_point.items() if d.reason)),
        )


def _sound(text: str) -> str:
    """Return a text without half a surrogate pair, which a terminal can send and no file of cases can hold."""
    return text.encode("utf-8", "replace").decode()


def _marks(question_id: str, events: Sequence[Event]) -> list[AnswerGraded]:
    return [e for e in events if isinstance(e, AnswerGraded) and e.question_id == question_id]


def _best(question_id: str, events: Sequence[Event]) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for point in (p for mark in _marks(question_id, events) for p in mark.assessment.points):
        if point.id not in found or CREDIT[point.verdict] > CREDIT[found[point.id]]:
            found[point.id] = point.verdict
    return found


def _stated(question_id: str, events: Sequence[Event]) -> tuple[str, ...]:
    ids = (m.id for mark in _marks(question_id, events) for m in mark.assessment.misconceptions)
    return tuple(dict.fromkeys(ids))
