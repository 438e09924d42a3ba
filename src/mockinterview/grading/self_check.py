"""Proves that a question and the embedded grader understand each other: what the bank calls right is judged right."""

from __future__ import annotations

from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.models import Assessment, Question

ENOUGH = 9.0  # score that a model answer must reach


def self_check(grader: EmbeddedGrader, question: Question) -> list[str]:
    """Return what is wrong, one sentence each.

    Every `says` alone is a hit of its point and contradicts no other; every false `says` is recognised and credits nothing; the
    model answer scores at least 9 of 10 with every core point hit.
    """
    return [*_points(grader, question), *_misconceptions(grader, question), *_model_answer(grader, question)]


def _points(grader: EmbeddedGrader, question: Question) -> list[str]:
    found = []
    for point in question.points:
        for said in point.says:
            mark = grader.assess(question, said)
            if mark.verdict(point.id) != "hit":
                found.append(f"point {point.id}: the grader does not take {said!r} as a hit ({_summary(mark)})")
            others = [v.id for v in mark.points if v.verdict == "contradicted" and v.id != point.id]
            if others:
                found.append(f"point {point.id}: {said!r} contradicts {', '.join(others)}")
            if mark.misconceptions:
                found.append(f"point {point.id}: {said!r} is taken for the misconception {mark.misconceptions[0].id}")
    return found


def _misconceptions(grader: EmbeddedGrader, question: Question) -> list[str]:
    found = []
    for misconception in question.misconceptions:
        for said in misconception.says:
            mark = grader.assess(question, said)
            if misconception.id not in [m.id for m in mark.misconceptions]:
                found.append(f"misconception {misconception.id}: {said!r} is not recognised ({_summary(mark)})")
            credited = [v.id for v in mark.points if v.verdict in ("hit", "partial")]
            if credited:
                found.append(f"misconception {misconception.id}: {said!r} is credited as {', '.join(credited)}")
    return found


def _model_answer(grader: EmbeddedGrader, question: Question) -> list[str]:
    if not question.model_answer.strip():
        return []
    mark = grader.assess(question, question.model_answer)
    found = [f"model answer: core point {p.id} is {mark.verdict(p.id)}" for p in question.core if mark.verdict(p.id) != "hit"]
    if mark.score is None or mark.score < ENOUGH:
        found.append(f"model answer: scores {mark.score} of 10 ({_summary(mark)})")
    return found


def _summary(mark: Assessment) -> str:
    said = [f"{v.id} {v.verdict}" for v in mark.points if v.verdict != "miss"] + [f"believes {m.id}" for m in mark.misconceptions]
    return ", ".join([*said, *mark.flags]) or "nothing found"
