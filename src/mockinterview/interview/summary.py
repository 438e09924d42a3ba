"""Turns the state of an interview into its report: averages over graded questions only, three next actions first."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from mockinterview.grading.score import CREDIT
from mockinterview.interview.state import Talk, Thread
from mockinterview.models import QuestionReport, Report

STRENGTH = 7.0  # a question counts as a strength from this score on, at once; nothing is praised below it
NEXT_ACTIONS = 3
HELD, TAKEN_BACK = 1.0, 0.5  # points by which a belief goes before what is missing; one that was taken back is less urgent
OPEN = "open"  # the reason of a question that is not closed


def build_report(talk: Talk) -> Report:
    """Return the report of an interview as far as it went."""
    graded = [t for t in talk.threads if t.graded]
    judged = (m.assessment for t in talk.threads for m in t.marks if m.assessment.judged)
    marks = dict.fromkeys(assessment.graded_by for assessment in judged)
    return Report(
        session_id=talk.session_id,
        next_actions=tuple(_next_actions(talk.threads)),
        at_once=_mean([t.score_at_once for t in graded]),
        after_follow_up=_mean([t.score_after for t in graded]),
        asked=len(talk.threads),
        graded=len(graded),
        ungraded=len(talk.threads) - len(graded),
        by_topic=_by_topic(graded),
        strengths=tuple(t.question.id for t in graded if (t.score_at_once or 0.0) >= STRENGTH),
        questions=tuple(question_report(t) for t in talk.threads),
        graded_by=tuple(marks),
        complete=_all_asked(talk) and not any(t.closed and t.closed.reason == "ended" for t in talk.threads),
    )


def standing(talk: Talk) -> Report:
    """Return the report of an interview that can still go on: the scores, and what was expected of questions that are over.

    One that was skipped without an answer may be taken up again, and an exam tells nothing before its end.
    """
    report = build_report(talk)
    over = [t for t in talk.threads if _is_over(t) and talk.plan.mode == "practice"]
    learn = _next_actions(over) if any(t.graded for t in over) else []
    actions = [f"Go on where you were: `mockinterview resume {talk.session_id}`.", *learn]
    told = {t.question.id for t in over}
    entries = [q if q.question_id in told else _withheld(q, t) for q, t in zip(report.questions, talk.threads, strict=True)]
    return report.model_copy(update={"next_actions": tuple(actions[:NEXT_ACTIONS]), "questions": tuple(entries), "complete": False})


def _is_over(thread: Thread) -> bool:
    return thread.closed is not None and (bool(thread.parent) or not thread.untouched)


def _withheld(entry: QuestionReport, thread: Thread) -> QuestionReport:
    hidden = dict.fromkeys(("partial", "missed", "contradicted", "misconceptions", "corrected"), ())
    return entry.model_copy(update={**hidden, "credits": {}, "reason": thread.closed.reason if thread.closed else OPEN})


def _all_asked(talk: Talk) -> bool:
    """Tell whether no planned question is left; one that a documented follow-up has put counts as asked."""
    return talk.number >= talk.plan.count or talk.asked_ids.issuperset(talk.plan.questions)


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return round(fmean(known), 1) if known else None


def _by_topic(threads: Sequence[Thread]) -> dict[str, float]:
    topics = dict.fromkeys(t.question.topic for t in threads)
    return {topic: _mean([t.score_after for t in threads if t.question.topic == topic]) or 0.0 for topic in topics}


def question_report(thread: Thread) -> QuestionReport:
    """Return how one question stands."""

    def ids(*wanted: str) -> tuple[str, ...]:
        return tuple(p.id for p in thread.question.points if thread.verdicts.get(p.id, "miss") in wanted)

    hits = ids("hit")
    return QuestionReport(
        question_id=thread.question.id,
        topic=thread.question.topic,
        ask=thread.asked,
        reason=thread.closed.reason if thread.closed else "ended",
        at_once=thread.score_at_once,
        after_follow_up=thread.score_after,
        follow_up_of=thread.parent,
        graded_by=tuple(thread.graded_by),
        hit=tuple(p for p in hits if p not in thread.late),
        hit_late=tuple(p for p in hits if p in thread.late),
        after_hint=tuple(p for p in hits if p in thread.hinted),
        partial=ids("partial"),
        missed=ids("miss"),
        contradicted=ids("contradicted"),
        misconceptions=tuple(m.id for m in thread.question.misconceptions if m.id in thread.stated),
        corrected=tuple(m.id for m in thread.question.misconceptions if m.id in thread.stated - thread.held),
        disputed=tuple(sorted(thread.disputed)),
        credits=dict(thread.credits),
    )


def _next_actions(threads: Sequence[Thread]) -> list[str]:
    """Return at most three things to do, those that cost most first: beliefs to correct, then the heaviest missed core points."""
    # Not graded is not missed; who skips a question does not know it.
    shown = [t for t in threads if t.graded or (t.closed and t.closed.reason == "skipped")]
    losses = [loss for thread in shown for loss in _losses(thread)]
    actions = [text for _, text in sorted(losses, key=lambda loss: -loss[0])]
    if actions:
        return actions[:NEXT_ACTIONS]
    if any(t.graded for t in threads):
        return ["Nothing essential was missing. Try a higher level, or the exam mode."]
    return ["Nothing was graded. Start again with a topic that you know."]


def _losses(thread: Thread) -> list[tuple[float, str]]:
    question = thread.question
    total = sum(p.weight for p in question.core)
    beliefs = [
        (10 * m.weight / total + (HELD if m.id in thread.held else TAKEN_BACK), f"{thread.asked} You had this wrong: {m.right}")
        for m in question.misconceptions
        if m.id in thread.stated
    ]
    missed = [
        (10 * p.weight * (1 - CREDIT[thread.verdicts.get(p.id, "miss")]) / total, f"{thread.asked} A full answer says: {p.claim}")
        for p in question.core
        if thread.verdicts.get(p.id, "miss") != "hit"
    ]
    return beliefs + sorted(missed, key=lambda loss: -loss[0])[:1]
