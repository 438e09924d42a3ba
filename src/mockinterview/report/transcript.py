"""What a transcript holds: the events of a session and its report as a list of blocks, which `files` writes as Markdown or HTML.

All text in a block is raw: whoever writes it makes it harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mockinterview.grading.score import EXERCISE
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
)
from mockinterview.report.lines import (
    FACTORS,
    FOLLOW_UPS,
    MORE_TO_IT,
    REASONS,
    corrections,
    counts_text,
    new_to,
    notes,
    one_line,
    result_text,
    score_text,
    scores_text,
)

NOTHING_NEW = "It adds nothing to what was already shown."
ADDED_LATER = "not in the bank then"
VERDICTS = {"hit": "hit", "partial": "partly", "miss": "missed", "contradicted": "contradicted"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a level, with a small name beside it."""

    level: int
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something the interviewer said, and on what occasion."""

    text: str
    occasion: str = ""
    speaker: str = "Interviewer"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text that stands on its own, under a title: what the candidate said, a model answer."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about the talk."""

    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Items, each with a label and what stands below it; `numbered` where their order matters."""

    items: tuple[tuple[str, str, tuple[str, ...]], ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the cells of `right` are numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


Block = Heading | Spoken | Quoted | Remark | Listed | Table


def transcript(events: Sequence[Event], bank: Bank) -> list[Block]:
    """Return a session as blocks: all that was said, the marks, and the report once there is one.

    Of a question that is still open, only what was shown is told: the rest may still be asked.
    An exam tells no mark before its end.
    """
    story = _Story(events, bank)
    return [block for event in events for block in story.blocks(event)]


def disclosed(events: Sequence[Event]) -> frozenset[str]:
    """Return the ids of the questions of which it may be told what was expected: those that are closed for good.

    As long as a session is not over, a main question that was skipped without an answer may be taken up again, and an exam tells
    nothing.
    """
    if _in_exam(events):
        return frozenset()
    finished = any(isinstance(event, InterviewFinished) for event in events)
    closed: set[str] = set()
    begun: set[str] = set()
    for event in events:
        match event:
            case AnswerGraded():
                begun.add(event.question_id)
            case FollowUpAsked() if event.to:  # one that was led on to cannot be taken up again
                begun.add(event.to)
            case QuestionReopened():
                closed.discard(event.question_id)
            case QuestionClosed() if finished or event.reason != "skipped" or event.question_id in begun:
                closed.add(event.question_id)
    return frozenset(closed)


def _in_exam(events: Sequence[Event]) -> bool:
    """Tell whether this is an exam that is not over."""
    exam = any(isinstance(event, InterviewStarted) and event.plan.mode == "exam" for event in events)
    return exam and not any(isinstance(event, InterviewFinished) for event in events)


class _Story:
    """Goes through the events in their order and remembers what a mark needs to be told."""

    def __init__(self, events: Sequence[Event], bank: Bank) -> None:
        self._bank = bank
        self._disclosed = disclosed(events)
        self._in_exam = _in_exam(events)
        self._main = ""
        self._numbers: dict[str, str] = {}
        self._earned: dict[str, set[str]] = {}
        self._expected: dict[str, float] = {}
        self._marked_by = ""  # who marked the answer before; told when it changes

    def blocks(self, event: Event) -> list[Block]:
        """Return the blocks of one event."""
        match event:
            case InterviewStarted():
                plan = event.plan
                held = f"{event.at[:16].replace('T', ' ')} UTC, {plan.mode}, {plan.format}, {plan.backend}"
                return [Heading(1, f"Interview {event.session_id}"), Remark(held)]
            case QuestionAsked():
                self._main, self._numbers[event.question_id] = event.question_id, str(event.number)
                return [Heading(2, f"Question {event.number} of {event.total}"), Spoken(event.text)]
            case FollowUpAsked():
                return self._follow_up(event)
            case QuestionReopened():
                self._main = event.question_id
                return [Spoken(event.text, "taken up again")]
            case RemarkMade():
                return [Spoken(event.text)]
            case HintGiven():
                return [Spoken(event.text, "what it draws out counts half", "Hint")]
            case AnswerGiven():
                return [Quoted("Candidate", event.said)]
            case AnswerGraded() | PointDisputed() if self._in_exam:
                return []
            case AnswerGraded():
                return self._mark(event)
            case PointDisputed():
                return [Remark(f"Disputed (self-marked): {event.point_id} as {event.verdict}. {event.reason}".rstrip())]
            case QuestionClosed():
                scores = "" if self._in_exam else f": {scores_text(event)}"
                return [Remark(f"Question {self._number(event.question_id)}{scores} ({REASONS[event.reason]}).")]
            case InterviewFinished():
                spoken: list[Block] = [Spoken(event.text)] if event.text else []
                return [*spoken, *_report(event.report, self._bank, self._numbers)]
        return []

    def _number(self, question_id: str) -> str:
        return self._numbers.get(question_id, question_id)

    def _follow_up(self, event: FollowUpAsked) -> list[Block]:
        if event.expected is not None:
            self._expected[event.question_id] = event.expected
        if not event.to:
            return [Spoken(event.text, FOLLOW_UPS[event.origin])]
        number = self._numbers[event.to] = f"{self._numbers.get(self._main, '')}a"
        return [Heading(2, f"Question {number}"), Spoken(event.text, FOLLOW_UPS[event.origin])]

    def _mark(self, event: AnswerGraded) -> list[Block]:
        assessment, question_id = event.assessment, event.question_id
        if question_id not in self._bank:
            return [Remark(f"{score_text(assessment.score)}, marked by {assessment.graded_by}.")]
        question = self._bank.get(question_id)
        earned = self._earned.setdefault(question_id, set())
        items = list(self._items(question, event, earned))
        told = notes(assessment) or ([NOTHING_NEW] if not items and question_id in self._disclosed else [])
        earned.update(p.id for p in assessment.points if p.verdict == "hit")
        remarks = " ".join([*self._by(assessment), *told])
        return [*([Remark(remarks)] if remarks else []), *([Listed(tuple(items))] if items else [])]

    def _by(self, assessment: Assessment) -> list[str]:
        """Return who marked it, where that was somebody else the time before."""
        if not assessment.judged or assessment.graded_by == self._marked_by:
            return []
        self._marked_by = assessment.graded_by
        return [f"Marked by {assessment.graded_by}."]

    def _items(self, question: Question, event: AnswerGraded, earned: set[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        over = question.id in self._disclosed
        for verdict in new_to(event.assessment, earned):
            if verdict.verdict != "miss" and (over or verdict.verdict in ("hit", "partial")):
                claim = _claim(question, verdict) if over or verdict.verdict == "hit" else MORE_TO_IT
                yield VERDICTS[verdict.verdict], claim, _said(verdict.evidence)
        for stated in event.assessment.misconceptions if over else ():
            right = " ".join(corrections(question, [stated.id]))
            yield "mistaken", right, _said(stated.evidence)
        expected = self._expected.get(question.id)
        if expected is not None and any(p.id == EXERCISE for p in event.assessment.points):
            yield "expected", result_text(question, expected), ()


def _said(evidence: str) -> tuple[str, ...]:
    return (f"You said: “{one_line(evidence)}”",) if evidence else ()


def _claim(question: Question, verdict: PointVerdict) -> str:
    if verdict.id == EXERCISE:
        return "The result of the exercise."
    point = next((p for p in question.points if p.id == verdict.id), None)
    return f"{point.claim}{' (bonus)' if point.kind == 'bonus' else ''}" if point else verdict.id


# --- the report -----------------------------------------------------------------------------------------------------


def _report(report: Report, bank: Bank, numbers: Mapping[str, str]) -> list[Block]:
    ended = "" if report.complete else " The interview was ended early."
    by = f"Marked by {', '.join(report.graded_by) or 'nobody'}."
    blocks: list[Block] = [
        Heading(2, "Report"),
        Heading(3, "Next"),
        Listed(tuple(("", action, ()) for action in report.next_actions), numbered=True),
        Heading(3, "Score"),
        Remark(f"{scores_text(report).capitalize()}. {counts_text(report)} {by}{ended}"),
    ]
    if report.by_topic:
        rows = tuple((topic, f"{score:g}") for topic, score in report.by_topic.items())
        blocks.append(Table(("Topic", "After follow-up, of 10"), rows, right=(1,)))
    blocks += [block for entry in report.questions for block in _question(entry, bank, numbers)]
    return [*blocks, Heading(3, "How the scores come about"), *map(Remark, FACTORS)] if report.graded else blocks


def _question(entry: QuestionReport, bank: Bank, numbers: Mapping[str, str]) -> list[Block]:
    number = numbers.get(entry.question_id, "")
    blocks: list[Block] = [
        Heading(3, f"Question {number}: {entry.ask}" if number else entry.ask, entry.question_id),
        Remark(f"{scores_text(entry).capitalize()} ({REASONS[entry.reason]})."),
    ]
    if entry.question_id not in bank:
        return blocks
    question = bank.get(entry.question_id)
    blocks.append(_points(question, entry))
    held = [i for i in entry.misconceptions if i not in entry.corrected]
    wrong = [("Mistaken; in fact", text, ()) for text in corrections(question, held)]
    wrong += [("Mistaken, then taken back; in fact", text, ()) for text in corrections(question, entry.corrected)]
    blocks += [Listed(tuple(wrong))] if wrong else []
    blocks += [Quoted("A good answer", one_line(question.model_answer))] if question.model_answer else []
    if question.sources:
        named = ", ".join(f"{source.doc} no. {source.label}" for source in question.sources)
        blocks.append(Remark(f"Asked in the source documents: {named}."))
    return blocks


def _points(question: Question, entry: QuestionReport) -> Table:
    verdicts = {
        **dict.fromkeys(entry.hit, "hit"), **dict.fromkeys(entry.hit_late, "hit, after a follow-up"),
        **dict.fromkeys(entry.after_hint, "hit, after a hint"),
        **dict.fromkeys(entry.partial, "partly"), **dict.fromkeys(entry.contradicted, "contradicted"),
    }  # fmt: skip
    verdicts |= dict.fromkeys(entry.missed, "missed" if entry.after_follow_up is not None else "not graded")
    rows = []
    for point in question.points:
        bonus = " (bonus)" if point.kind == "bonus" else ""
        earned = _earned(point.weight, point.id, entry) if point.id in verdicts else (str(point.weight), "")
        rows.append((point.claim + bonus, verdicts.get(point.id, ADDED_LATER), *earned))
    if EXERCISE in entry.credits:
        solved = "hit" if entry.credits[EXERCISE] else "missed"
        rows.append(("The result of the exercise. (bonus)", solved, *_earned(1, EXERCISE, entry)))
    rows += _costs(question, entry)
    return Table(("Point", "Verdict", "Weight", "Earned"), tuple(rows), right=(2, 3))


def _costs(question: Question, entry: QuestionReport) -> list[tuple[str, str, str, str]]:
    """Return a row for each misconception that was stated, with what it costs after follow-up; the list below says what is true."""
    stated = [m for m in question.misconceptions if m.id in entry.misconceptions]
    return [
        ("A misconception, see below.", "taken back", str(m.weight), "0") if m.id in entry.corrected
        else ("A misconception, see below.", "mistaken", str(m.weight), f"−{m.weight}")
        for m in stated
    ]  # fmt: skip


def _earned(weight: int, point_id: str, entry: QuestionReport) -> tuple[str, str]:
    """Return the cells for a weight and what was earned of it; empty where the session was held before that was kept."""
    return str(weight), f"{weight * entry.credits.get(point_id, 0.0):.3g}" if entry.credits else ""
