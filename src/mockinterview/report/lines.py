"""Score cards and reports as lines of text. Pure; no I/O."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from typing import Final

from mockinterview.grading.score import AFTER_HINT, AFTER_PROBE, EXERCISE
from mockinterview.models import (
    ARITHMETIC,
    Assessment,
    Bank,
    PointVerdict,
    Question,
    QuestionClosed,
    QuestionReport,
    Report,
    Verdict,
)

SIGNS: dict[Verdict, str] = {"hit": "+ hit", "partial": "~ partly", "miss": "- missed", "contradicted": "! contradicted"}
WIDTH = 92  # cells of a line that explains something
HIGHEST = 10.0  # of a score; bonus points may lead there while a core point is missing
MORE_TO_IT = "part of a point: there is more to it"
NO_ANSWER = "No answer."
FLAG_TEXT = {
    "empty": "There was nothing to grade.",
    "gibberish": "This does not read as language.",
    "off_topic": "This does not answer the question that was asked.",
    "question_echo": "This repeats the question.",
    "injection": "Instructions to the grader are not part of an answer; they were left out.",
    "dont_know": NO_ANSWER,
    "keyword_list": "Terms alone show nothing: say what they do.",
    "other_language": "This language cannot be judged by the embedded grader, so it stays ungraded.",
}

NOTHING_STATED = "No point of this question was recognised in this."
NOT_THE_RESULT = "That is not the result."

FOLLOW_UPS = {
    "misconception": "challenge",
    "probe": "follow-up",
    "documented": "a question that leads on",
    "implied": "a question that leads on",
    "exercise": "exercise",
    "deepen": "going deeper",
    "redirect": "back to the question",
    "example": "formula",
}
REASONS = {
    "done": "done",
    "skipped": "skipped",
    "not_shown": "not answered",
    "dont_know": "not known",
    "time": "out of time",
    "ended": "ended early",
    "open": "still open",
}


def score_text(score: float | None) -> str:
    """Return a score for people: "7.5 of 10", or "not graded"."""
    return "not graded" if score is None else f"{score:g} of 10"


def score_card_lines(question: Question, assessment: Assessment) -> list[str]:
    """Return the whole score card of one answer: a verdict with word and sign per point, quotes, corrections, who marked it."""
    lines = [f"{score_text(assessment.score)}  (marked by {assessment.graded_by})", *notes(assessment)]
    for verdict in assessment.points:
        lines += _verdict_lines(question, verdict)
    for stated in assessment.misconceptions:
        lines.append(f'  ! mistaken     "{one_line(stated.evidence)}"')
        lines += [f"{'':17}{correction}" for correction in corrections(question, [stated.id])]
    return lines


def open_card_lines(
    question: Question,
    assessment: Assessment,
    so_far: float | None,
    still_open: int,
    *,
    earned: Collection[str] = (),
    expected: float | None = None,
) -> list[str]:
    """Return the score card of an answer while its question is still open: what was shown, and only the number of what was not.

    `so_far` is the score of the question with this answer, `still_open` the number of core points that nobody has named yet,
    `earned` the points that were hit before, `expected` the result of the exercise that was answered.
    """
    if assessment.says_nothing:  # it is asked again, so there is no standing to tell
        return [f"{' '.join(notes(assessment))}  (marked by {assessment.graded_by})"]
    lines = [f"{so_far_text(so_far, still_open)}{_marked_by(assessment)}", *notes(assessment)]
    for verdict in new_to(assessment, earned):
        if verdict.verdict == "hit":
            lines += _verdict_lines(question, verdict)
        elif verdict.verdict == "partial":  # the claim itself may still be probed
            lines += _shown("partial", MORE_TO_IT, verdict.evidence)
    if expected is not None:
        lines.append(f"  {'= expected':<15}{result_text(question, expected)}")
    if still_open and assessment.score is not None:
        lines.append(f"  {'- open':<15}{open_text(still_open)}")
    return lines


def so_far_text(so_far: float | None, still_open: int) -> str:
    """Return the score of a question that is not closed, and that bonus points are in it where the full score would puzzle."""
    bonus = ", bonus points included" if still_open and so_far == HIGHEST else ""
    return f"{score_text(so_far)} so far{bonus}"


def _marked_by(assessment: Assessment) -> str:
    return f"  (marked by {assessment.graded_by})" if assessment.judged else ""


def new_to(assessment: Assessment, earned: Collection[str]) -> list[PointVerdict]:
    """Return the verdicts that are news: of a point that was hit before, not that part of it or nothing of it was said now.

    That it was said again, or the opposite of it, is told, though neither changes what the point earned.
    """
    return [p for p in assessment.points if p.verdict in ("hit", "contradicted") or p.id not in earned]


def result_text(question: Question, expected: float) -> str:
    """Return the result of an exercise with its unit: "1,228,800", "0.05 mm"."""
    number = f"{expected:,.0f}" if float(expected).is_integer() else f"{expected:.4g}"
    return f"{number} {question.exercise.unit if question.exercise else ''}".strip()


def open_text(still_open: int) -> str:
    """Return how many core points are not yet shown in full, for the card of a question that is still open."""
    return f"{still_open} core point{'s' if still_open > 1 else ''} still to be shown in full"


def notes(assessment: Assessment) -> list[str]:
    """Return what is to be said of an assessment as a whole: a sentence per flag, the grader's note, or why it earned nothing."""
    said = [FLAG_TEXT[flag] for flag in assessment.flags] + ([assessment.note] if assessment.note else [])
    touched = assessment.misconceptions or any(point.verdict == "contradicted" for point in assessment.points)
    wrong = NOT_THE_RESULT if assessment.graded_by == ARITHMETIC else NOTHING_STATED
    return said or ([wrong] if assessment.score == 0 and not touched else [])


def _verdict_lines(question: Question, verdict: PointVerdict) -> list[str]:
    claims = {p.id: p.claim for p in question.points} | {EXERCISE: "The result of the exercise."}
    bonus = any(p.id == verdict.id and p.kind == "bonus" for p in question.points)
    if bonus and verdict.verdict == "miss":
        return []
    return _shown(verdict.verdict, f"{claims.get(verdict.id, verdict.id)}{' (bonus)' if bonus else ''}", verdict.evidence)


def _shown(verdict: Verdict, told: str, evidence: str) -> list[str]:
    lines = [f"  {SIGNS[verdict]:<15}{told}"]
    return [*lines, f'{"":17}you said: "{one_line(evidence)}"'] if evidence else lines


def closing_lines(question: Question, closed: QuestionClosed, thread: QuestionReport) -> list[str]:
    """Return what is shown when a question is closed: scores, what was missing, beliefs with their corrections."""
    lines = [_closing_score(question, closed)]
    left: dict[Verdict, Sequence[str]] = {"partial": thread.partial, "miss": thread.missed, "contradicted": thread.contradicted}
    for verdict, ids in left.items():
        lines += [f"  {SIGNS[verdict]:<15}{claim}" for claim in _core_claims(question, ids)]
    return lines + [f"  {'! mistaken':<15}in fact: {correction}" for correction in corrections(question, thread.misconceptions)]


def _core_claims(question: Question, ids: Sequence[str]) -> list[str]:
    """Return the claims of those of the points that are core points, and still in the bank."""
    return [claim for point_id in ids for claim in (p.claim for p in question.core if p.id == point_id)]


def corrections(question: Question, ids: Sequence[str]) -> list[str]:
    """Return what is right instead of these beliefs; the id of one that the bank no longer has."""
    known = {m.id: m.right for m in question.misconceptions}
    return [known.get(i, i) for i in ids]


def _closing_score(question: Question, closed: QuestionClosed) -> str:
    if closed.after_follow_up is None:
        return f"{question.id}: not graded."
    late = "" if closed.at_once == closed.after_follow_up else f", {closed.after_follow_up:g} after follow-up"
    return f"{question.id}: {score_text(closed.at_once)} at once{late}."


def one_line(text: str) -> str:
    """Return a text without line breaks and runs of spaces."""
    return " ".join(text.split())


def report_lines(report: Report, bank: Bank) -> list[str]:
    """Return the report as lines: next actions first, then scores, topics, questions, strengths only where there are any."""
    lines = ["Report", "", "Next:"]
    lines += [f"  {number}. {action}" for number, action in enumerate(report.next_actions, start=1)]
    lines += ["", f"Score: {scores_text(report)}."]
    lines.append(counts_text(report))
    lines.append(f"Marked by: {', '.join(report.graded_by) or 'nobody'}.")
    if not report.complete:
        still_open = any(entry.reason == "open" for entry in report.questions)
        lines.append("The interview is not over yet." if still_open else "The interview was ended early.")
    lines += ["", "Topics:", *(f"  {topic:<24}{score:>4g}  {bar(score)}" for topic, score in report.by_topic.items())]
    if report.strengths:
        lines += ["", "Strong at once: " + ", ".join(report.strengths)]
    lines += ["", "Questions:"]
    for entry in report.questions:
        lines += _question_lines(entry, bank)
    return [*lines, "", *(line for factor in FACTORS for line in textwrap.wrap(factor, WIDTH))] if report.graded else lines


def scores_text(scored: QuestionClosed | QuestionReport | Report) -> str:
    """Return both scores of a question or an interview."""
    if scored.after_follow_up is None:
        return "not graded"
    return f"{score_text(scored.at_once)} at once, {score_text(scored.after_follow_up)} after follow-up"


def counts_text(report: Report) -> str:
    """Return how many questions were asked and graded; one that led on from another counts, and is named."""
    led = sum(1 for entry in report.questions if entry.follow_up_of)
    asked = f"{report.asked} asked" + (f" (of which {led} led on from another one)" if led else "")
    return f"Questions: {asked}, {report.graded} graded, {report.ungraded} not graded."


FACTORS: Final = (
    "At once is what your first answers are worth alone, after follow-up what all that you said is worth.",
    (
        f"A point counts its weight, and half of it where it was partly shown; what a follow-up drew out counts {AFTER_PROBE:g} of "
        f"that, what came after a hint {AFTER_HINT:g}. The score is ten times what was earned, divided by the weights of the core "
        "points. What is marked as bonus, exercises too, makes up for what is missing; nobody gets more than 10."
    ),
    "A misconception that was stated costs its weight; one that was taken back costs nothing after follow-up.",
)


def bar(score: float, width: int = 10) -> str:
    """Return a score of 0-10 as a bar of characters."""
    filled = round(score / 10 * width)
    return "█" * filled + "░" * (width - filled)


def _question_lines(entry: QuestionReport, bank: Bank) -> list[str]:
    indent = "    " if entry.follow_up_of else "  "
    lines = [f"{indent}{entry.ask}", f"{indent}  {entry.question_id}: {scores_text(entry)} ({REASONS[entry.reason]})"]
    if entry.question_id not in bank:
        return lines
    question = bank.get(entry.question_id)
    label = "expected" if entry.after_follow_up is None else "missing"
    lines += [f"{indent}  {label}: {claim}" for claim in _core_claims(question, (*entry.missed, *entry.contradicted))]
    lines += [f"{indent}  partly: {claim}" for claim in _core_claims(question, entry.partial)]
    held = [i for i in entry.misconceptions if i not in entry.corrected]
    lines += [f"{indent}  mistaken; in fact: {correction}" for correction in corrections(question, held)]
    taken_back = corrections(question, entry.corrected)
    return lines + [f"{indent}  mistaken, then taken back; in fact: {correction}" for correction in taken_back]
