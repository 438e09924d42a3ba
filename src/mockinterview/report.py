"""Renders what happened, for people and for files: score cards, reports, transcripts. Pure text; no I/O."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from mockinterview.models import (
    AnswerGiven,
    AnswerGraded,
    Assessment,
    Bank,
    Event,
    FollowUpAsked,
    HintGiven,
    InterviewFinished,
    InterviewStarted,
    PointDisputed,
    PointVerdict,
    Question,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    QuestionReport,
    RemarkMade,
    Report,
    Verdict,
)

SIGNS: dict[Verdict, str] = {"hit": "+ hit", "partial": "~ partly", "miss": "- missed", "contradicted": "! contradicted"}
HIGHEST = 10.0  # of a score; bonus points may lead there while a core point is missing
MORE_TO_IT = "part of a point: there is more to it"
FLAG_TEXT = {
    "empty": "There was nothing to grade.",
    "gibberish": "This does not read as language.",
    "off_topic": "This does not answer the question that was asked.",
    "question_echo": "This repeats the question.",
    "injection": "Instructions to the grader are not part of an answer; they were left out.",
    "dont_know": "No answer to this one.",
    "keyword_list": "Terms alone show nothing: say what they do.",
    "other_language": "This language cannot be judged by the embedded grader, so it stays ungraded.",
}

NOTHING_STATED = "Nothing that was said states a point of this question."

FOLLOW_UPS = {
    "misconception": "challenge",
    "probe": "follow-up",
    "documented": "next question, named by the source documents",
    "implied": "next question",
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
        lines.append(f'  ! mistaken     "{_one_line(stated.evidence)}"')
        lines += [f"{'':17}{correction}" for correction in _corrections(question, [stated.id])]
    return lines


def open_card_lines(question: Question, assessment: Assessment, so_far: float | None, still_open: int) -> list[str]:
    """Return the score card of an answer while its question is still open: what was shown, and only the number of what was not.

    `so_far` is the score of the question with this answer, `still_open` the number of core points that nobody has named yet.
    """
    if assessment.says_nothing:  # it is asked again, so there is no standing to tell
        return [f"{' '.join(notes(assessment))}  (marked by {assessment.graded_by})"]
    bonus = ", bonus points included" if still_open and so_far == HIGHEST else ""
    lines = [f"{score_text(so_far)} so far{bonus}  (marked by {assessment.graded_by})", *notes(assessment)]
    for verdict in assessment.points:
        if verdict.verdict == "hit":
            lines += _verdict_lines(question, verdict)
        elif verdict.verdict == "partial":  # the claim itself may still be probed
            lines += _shown("partial", MORE_TO_IT, verdict.evidence)
    if still_open and assessment.score is not None:
        lines.append(f"  {'- open':<15}{open_text(still_open)}")
    return lines


def open_text(still_open: int) -> str:
    """Return how many core points are not yet shown in full, for the card of a question that is still open."""
    return f"{still_open} core point{'s' if still_open > 1 else ''} still to be shown in full"


def notes(assessment: Assessment) -> list[str]:
    """Return what is to be said of an assessment as a whole: a sentence per flag, the grader's note, or why it earned nothing."""
    said = [FLAG_TEXT[flag] for flag in assessment.flags] + ([assessment.note] if assessment.note else [])
    touched = assessment.misconceptions or any(point.verdict == "contradicted" for point in assessment.points)
    return said or ([NOTHING_STATED] if assessment.score == 0 and not touched else [])


def _verdict_lines(question: Question, verdict: PointVerdict) -> list[str]:
    claims = {p.id: p.claim for p in question.points} | {"exercise": "The result of the exercise."}
    bonus = any(p.id == verdict.id and p.kind == "bonus" for p in question.points)
    if bonus and verdict.verdict == "miss":
        return []
    return _shown(verdict.verdict, f"{claims.get(verdict.id, verdict.id)}{' (bonus)' if bonus else ''}", verdict.evidence)


def _shown(verdict: Verdict, told: str, evidence: str) -> list[str]:
    lines = [f"  {SIGNS[verdict]:<15}{told}"]
    return [*lines, f'{"":17}you said: "{_one_line(evidence)}"'] if evidence else lines


def closing_lines(question: Question, closed: QuestionClosed, thread: QuestionReport) -> list[str]:
    """Return what is shown when a question is closed: scores, what was missing, beliefs with their corrections."""
    lines = [_closing_score(question, closed)]
    left: dict[Verdict, Sequence[str]] = {"partial": thread.partial, "miss": thread.missed, "contradicted": thread.contradicted}
    for verdict, ids in left.items():
        lines += [f"  {SIGNS[verdict]:<15}{claim}" for claim in _core_claims(question, ids)]
    return lines + [f"  {'! mistaken':<15}{correction}" for correction in _corrections(question, thread.misconceptions)]


def _core_claims(question: Question, ids: Sequence[str]) -> list[str]:
    """Return the claims of those of the points that are core points, and still in the bank."""
    return [claim for point_id in ids for claim in (p.claim for p in question.core if p.id == point_id)]


def _corrections(question: Question, ids: Sequence[str]) -> list[str]:
    """Return what is right instead of these beliefs; the belief where the bank has no correction, its id where it has neither."""
    known = {m.id: m.correction or f"Not so: {m.belief}" for m in question.misconceptions}
    return [known.get(i, i) for i in ids]


def _closing_score(question: Question, closed: QuestionClosed) -> str:
    if closed.after_follow_up is None:
        return f"{question.id}: not graded."
    late = "" if closed.at_once == closed.after_follow_up else f", {closed.after_follow_up:g} after follow-up"
    return f"{question.id}: {score_text(closed.at_once)} at once{late}."


def _one_line(text: str) -> str:
    return " ".join(text.split())


def report_lines(report: Report, bank: Bank) -> list[str]:
    """Return the report as lines: next actions first, then scores, topics, questions, strengths only where there are any."""
    lines = ["Report", "", "Next:"]
    lines += [f"  {number}. {action}" for number, action in enumerate(report.next_actions, start=1)]
    lines += ["", f"Score: {score_text(report.at_once)} at once, {score_text(report.after_follow_up)} after follow-up."]
    lines.append(f"Questions: {report.asked} asked, {report.graded} graded, {report.ungraded} not graded.")
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
    return lines


def bar(score: float, width: int = 10) -> str:
    """Return a score of 0-10 as a bar of characters."""
    filled = round(score / 10 * width)
    return "█" * filled + "░" * (width - filled)


def _question_lines(entry: QuestionReport, bank: Bank) -> list[str]:
    indent = "    " if entry.follow_up_of else "  "
    scores = f"{score_text(entry.at_once)} at once, {score_text(entry.after_follow_up)} after follow-up"
    lines = [f"{indent}{entry.question_id}: {scores} ({REASONS[entry.reason]})"]
    if entry.question_id not in bank:
        return lines
    question = bank.get(entry.question_id)
    label = "expected" if entry.after_follow_up is None else "missing"
    lines += [f"{indent}  {label}: {claim}" for claim in _core_claims(question, (*entry.missed, *entry.contradicted))]
    return lines + [f"{indent}  mistaken: {correction}" for correction in _corrections(question, entry.misconceptions)]


def as_json(events: Sequence[Event]) -> str:
    """Return a session as one JSON document: its id and all its events."""
    session_id = next((e.session_id for e in events if isinstance(e, InterviewStarted)), "")
    body = {"id": session_id, "events": [event.model_dump(mode="json") for event in events]}
    return json.dumps(body, ensure_ascii=False, indent=2)


def as_markdown(events: Sequence[Event], bank: Bank) -> str:
    """Return a session as Markdown. What was said stands in quote blocks with its own markup made harmless."""
    parts = [part for event in events for part in _markdown(event, bank)]
    return "\n\n".join(parts) + "\n"


def _markdown(event: Event, bank: Bank) -> list[str]:
    match event:
        case InterviewStarted():
            plan = event.plan
            return [
                f"# Interview {event.session_id}",
                f"{event.at[:16].replace('T', ' ')} UTC, {plan.mode}, {plan.format}, {plan.backend}",
            ]
        case QuestionAsked():
            return [f"## Question {event.number} of {event.total}: {event.question_id}", f"**Interviewer:** {_escape(event.text)}"]
        case QuestionReopened():
            return [f"**Interviewer** (taken up again): {_escape(event.text)}"]
        case FollowUpAsked():
            return [f"**Interviewer** ({FOLLOW_UPS[event.origin]}): {_escape(event.text)}"]
        case RemarkMade():
            return [f"**Interviewer:** {_escape(event.text)}"]
        case HintGiven():
            return [f"**Hint:** {_escape(event.text)}"]
        case AnswerGiven():
            said = "\n".join(part for part in (event.text, event.whiteboard) if part)
            return ["**Candidate:**", "\n".join(f"> {_escape(line)}" for line in said.splitlines() or [""])]
        case AnswerGraded():
            return _markdown_card(event, bank)
        case PointDisputed():
            return [f"*Disputed (self-marked): {event.point_id} as {event.verdict}.* {_escape(event.reason)}"]
        case QuestionClosed():
            scores = f"{score_text(event.at_once)} at once, {score_text(event.after_follow_up)} after follow-up"
            return [f"*{event.question_id} ({REASONS[event.reason]}): {scores}.*"]
        case InterviewFinished():
            return ["## Report", "```text\n" + "\n".join(report_lines(event.report, bank)[2:]) + "\n```"]
    return []


def _markdown_card(event: AnswerGraded, bank: Bank) -> list[str]:
    if event.question_id not in bank:
        return [f"*{score_text(event.assessment.score)}, marked by {event.assessment.graded_by}*"]
    lines = _turn_lines(bank.get(event.question_id), event.assessment)
    return ["\n".join(f"    {line}" for line in lines)]


def _turn_lines(question: Question, assessment: Assessment) -> list[str]:
    """Return what one answer showed and stated; what was missing stands in the report."""
    lines = [f"marked by {assessment.graded_by}", *notes(assessment)]
    for verdict in assessment.points:
        if verdict.verdict != "miss":
            lines += _verdict_lines(question, verdict)
    return lines + [f'  {"! mistaken":<15}"{_one_line(stated.evidence)}"' for stated in assessment.misconceptions]


def _escape(text: str) -> str:
    """Return text with the characters escaped that Markdown or HTML would act on."""
    for character in "\\`*_[]<>#|~":
        text = text.replace(character, "\\" + character)
    return text


def as_html(events: Sequence[Event], bank: Bank) -> str:
    """Return a session as one self-contained HTML page; all text in it is escaped."""
    body = "\n".join(part for event in events for part in _html(event, bank))
    head = f'<meta charset="utf-8">\n<title>Mock interview</title>\n<style>{_CSS}</style>'
    return f'<!doctype html>\n<html lang="en">\n{head}\n<main>\n{body}\n</main>\n</html>\n'


_CSS = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;background:Canvas;color:CanvasText;color-scheme:light dark}"
    "main{max-width:46rem;margin:auto}"
    "blockquote{border-left:.25rem solid GrayText;margin-left:0;padding-left:1rem;white-space:pre-wrap}"
    "pre{white-space:pre-wrap;font-size:.85rem}"
)


def _html(event: Event, bank: Bank) -> list[str]:
    match event:
        case InterviewStarted():
            return [f"<h1>Interview {escape(event.session_id)}</h1>", f"<p>{escape(event.at[:16].replace('T', ' '))} UTC</p>"]
        case QuestionAsked():
            return [f"<h2>Question {event.number} of {event.total}</h2>", f"<p>{escape(event.text)}</p>"]
        case FollowUpAsked() | RemarkMade() | HintGiven() | QuestionReopened():
            return [f"<p>{escape(event.text)}</p>"]
        case AnswerGiven():
            said = "\n".join(part for part in (event.text, event.whiteboard) if part)
            return [f"<blockquote>{escape(said)}</blockquote>"]
        case AnswerGraded() if event.question_id in bank:
            return ["<pre>" + escape("\n".join(_turn_lines(bank.get(event.question_id), event.assessment))) + "</pre>"]
        case InterviewFinished():
            return ["<h2>Report</h2>", "<pre>" + escape("\n".join(report_lines(event.report, bank)[2:])) + "</pre>"]
    return []
