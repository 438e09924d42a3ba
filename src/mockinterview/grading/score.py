"""The one place where a score is computed. It is arithmetic over verdicts; no model ever writes a number.

    score = 10 * clip((sum over core and bonus points of weight * credit - sum of the weights of stated misconceptions)
                      / sum of the weights of the core points, 0, 1)

Credit: hit 1, partial 0.5; times 0.7 where a probe drew the point out, 0.5 after a hint. An exercise that was solved counts as a
bonus point of weight 1. So bonus points make up for missed core points, and nobody gets more than 10.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from mockinterview.models import Assessment, Question, Verdict

CREDIT: Final[Mapping[Verdict, float]] = {"hit": 1.0, "partial": 0.5, "miss": 0.0, "contradicted": 0.0}
AFTER_PROBE: Final = 0.7
AFTER_HINT: Final = 0.5
EXERCISE: Final = "exercise"


def question_score(question: Question, credit: Mapping[str, float], stated: Collection[str]) -> float:
    """Return the score of a question (0-10, one decimal) from a credit (0-1) per point and the misconceptions stated."""
    earned = sum(point.weight * credit.get(point.id, 0.0) for point in question.points) + credit.get(EXERCISE, 0.0)
    lost = sum(m.weight for m in question.misconceptions if m.id in stated)
    possible = sum(point.weight for point in question.core)
    return round(10 * min(max((earned - lost) / possible, 0.0), 1.0), 1)


def first_answer(marks: Iterable[Assessment]) -> Assessment | None:
    """Return the mark that counts as "at once": that of the first reply that is an answer, else of the first one; None without any."""
    marks = list(marks)
    return next((mark for mark in marks if not mark.says_nothing), next(iter(marks), None))


def replaces(new: Verdict, old: Verdict | None) -> bool:
    """Tell whether a later verdict on a point takes the place of an earlier one: more credit does, and the opposite after silence."""
    return old is None or CREDIT[new] > CREDIT[old] or (old, new) == ("miss", "contradicted")
