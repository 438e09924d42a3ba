"""Sessions beside each other: two attempts point by point, scores by week and topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from statistics import fmean
from typing import Literal

from mockinterview.errors import NotComparableError
from mockinterview.models import Bank, Verdict
from mockinterview.review.attempts import Attempt

Change = Literal["better", "same", "worse", "unknown"]
_RANK: dict[Verdict, int] = {"contradicted": 0, "miss": 1, "partial": 3, "hit": 5}
_LATE = 1  # what a point that only a follow-up drew out ranks lower: still above the next worse verdict at once


@dataclass(frozen=True, slots=True)
class PointChange:
    """One point in two attempts: the best verdicts (None where the attempt was not graded), and whether they came late."""

    id: str
    before: Verdict | None
    after: Verdict | None
    before_late: bool
    after_late: bool
    change: Change


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question in two attempts."""

    question_id: str
    before: Attempt
    after: Attempt
    points: tuple[PointChange, ...]


def compare(before: Iterable[Attempt], after: Iterable[Attempt]) -> list[Comparison]:
    """Return each question that both have, with all points, in the order of `before`; NotComparableError where they share none."""
    earlier = {attempt.question_id: attempt for attempt in before}
    later = {attempt.question_id: attempt for attempt in after}
    both = [_comparison(earlier[name], later[name]) for name in earlier if name in later]
    if not both:
        raise NotComparableError(
            "These two sessions have no question in common.", "`mockinterview start --question ID` asks a question again."
        )
    return both


def _comparison(before: Attempt, after: Attempt) -> Comparison:
    points = tuple(_point_change(name, before, after) for name in dict.fromkeys((*before.best, *after.best)))
    return Comparison(before.question_id, before, after, points)


def _point_change(point_id: str, before: Attempt, after: Attempt) -> PointChange:
    old, new = _rank(before, point_id), _rank(after, point_id)
    change: Change = "unknown" if old is None or new is None else "better" if new > old else "worse" if new < old else "same"
    return PointChange(
        id=point_id,
        before=before.best.get(point_id),
        after=after.best.get(point_id),
        before_late=before.late(point_id),
        after_late=after.late(point_id),
        change=change,
    )


def _rank(attempt: Attempt, point_id: str) -> int | None:
    verdict = attempt.best.get(point_id)
    return None if verdict is None else _RANK[verdict] - (_LATE if attempt.late(point_id) else 0)


@dataclass(frozen=True, slots=True)
class Week:
    """The attempts of one week, Monday to Sunday. Scores are means over graded attempts (0-10), or None where there is none."""

    starts: date
    attempts: int
    graded: int
    at_once: float | None
    after_follow_up: float | None
    graded_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How scores went: the weeks that had attempts in order of time, over all and for each topic of the bank."""

    weeks: tuple[Week, ...]
    topics: dict[str, tuple[Week, ...]]


def progress(attempts: Iterable[Attempt], bank: Bank, zone: tzinfo | None = None) -> Progress:
    """Return the progress by week and topic, by the calendar of `zone` (default: this machine's).

    Questions that the bank no longer has count in the weeks, but in no topic.
    """
    every = list(attempts)
    topics: dict[str, list[Attempt]] = {topic: [] for topic in bank.topics}
    for attempt in every:
        if attempt.question_id in bank:
            topics[bank.get(attempt.question_id).topic].append(attempt)
    return Progress(_weeks(every, zone), {topic: _weeks(some, zone) for topic, some in topics.items() if some})


def _weeks(attempts: Iterable[Attempt], zone: tzinfo | None) -> tuple[Week, ...]:
    by_week: dict[date, list[Attempt]] = {}
    for attempt in attempts:
        day = attempt.at.astimezone(zone).date()
        by_week.setdefault(day - timedelta(days=day.weekday()), []).append(attempt)
    return tuple(_week(starts, by_week[starts]) for starts in sorted(by_week))


def _week(starts: date, attempts: Sequence[Attempt]) -> Week:
    graded = [a for a in attempts if a.graded]
    return Week(
        starts=starts,
        attempts=len(attempts),
        graded=len(graded),
        at_once=_mean([a.at_once for a in graded]),
        after_follow_up=_mean([a.after_follow_up for a in graded]),
        graded_by=tuple(dict.fromkeys(name for a in attempts for name in a.graded_by)),
    )


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return round(fmean(known), 1) if known else None
