"""Proves what a program can prove about a bank; `docs/bank.md` says what the rules are for.

Rules of a shipped bank that a bank of one's own need not keep are only applied to a bank with a `sources.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import snowballstemmer

from mockinterview.bank.coverage import Sources, coverage, pieces
from mockinterview.errors import BankError
from mockinterview.grading.arithmetic import draws, evaluate, same_number, wording
from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.grading.self_check import self_check
from mockinterview.models import Bank, Exercise, Misconception, Point, Question

SHARED_WORDS = 7  # as many consecutive words as are never taken from a document by accident
MIN_SAYS, MIN_FALSE_SAYS, MIN_DENIALS = 6, 5, 6
POINTS, MISCONCEPTIONS, ANSWER_WORDS = (3, 8), (1, 4), (60, 180)

# Words that carry no subject matter, so that a probe may share them with a claim.
_COMMON = frozenset(
    """a an the and or but if then than that this these those of to in on at for from by with without into over under as is are was
    were be been being it its they them their there here he she you your we our i me my do does did done doing can could would
    should may might must will shall not no nor so such what which who whom how why when where have has had having get gets got
    getting make makes made making one two three all any each every both some more most less least very just only also too same
    other another about up down out off per via use used uses using while because since between through during before after
    again once own let say tell told give gives given take takes taken need needs happen happens thing things way kind much many
    few still even ever never first second last new old good better best bad worse work works working mean means see look go goes
    going come comes know think keep keeps put set whole part us lot bit really now like""".split()
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a bank; `question` is empty where it concerns the bank as a whole."""

    question: str
    problem: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.question or 'bank'}: {self.problem}"


def check_bank(bank: Bank, sources: Sources | None, grader: EmbeddedGrader, documents: Path | None = None) -> list[Finding]:
    """Return everything that is wrong with a bank. `documents` is a folder of source texts to compare the wording with."""
    taken = _shingles(documents) if documents else frozenset()
    findings = [
        Finding(q.id, problem) for q in bank for problem in _question_problems(q, grader, taken, shipped=sources is not None)
    ]
    return findings + [Finding("", problem) for problem in _bank_problems(bank, sources)]


def _question_problems(
    question: Question, grader: EmbeddedGrader, taken: frozenset[tuple[str, ...]], *, shipped: bool
) -> Iterator[str]:
    if shipped:
        yield from _completeness(question)
        yield from _leaks(question)
        yield from self_check(grader, question)
    yield from _said_and_denied(question)
    yield from _exercise_problems(question)
    yield from _copied(question, taken)


def _bank_problems(bank: Bank, sources: Sources | None) -> Iterator[str]:
    for question in bank:
        yield from (f"{question.id} leads to the unknown question {edge.to}" for edge in question.follow_ups if edge.to not in bank)
    if sources is None:
        return
    for doc, numbers in coverage(bank, sources).items():
        yield from (f"document {doc} number {number} is covered by no question" for number, found in numbers.items() if not found)
    for topic, ids in sources.concepts.items():
        yield from (f"the concept {i} has no question" for i in ids if i not in bank)
        yield from (f"{i} belongs to the topic {topic}" for i in ids if i in bank and bank.get(i).topic != topic)
    documented = {(q.id, edge.to) for q in bank for edge in q.follow_ups if edge.origin == "documented"}
    yield from (
        f"the documented follow-up {start} -> {end} is missing"
        for start, end in sources.follow_ups
        if (start, end) not in documented
    )
    yield from (f"not connected to the other questions: {', '.join(sorted(piece))}" for piece in pieces(bank)[1:])


def _completeness(question: Question) -> Iterator[str]:
    for what, number, (low, high) in (
        ("points", len(question.points), POINTS),
        ("misconceptions", len(question.misconceptions), MISCONCEPTIONS),
        ("words in the model answer", len(question.model_answer.split()), ANSWER_WORDS),
    ):
        if not low <= number <= high:
            yield f"has {number} {what}, not {low} to {high}"
    for needed in ("variants", "clarify", "follow_ups"):
        if not getattr(question, needed):
            yield f"has no {needed}"
    for point in question.points:
        yield from _point_problems(point)
    for wrong in question.misconceptions:
        yield from _misconception_problems(wrong)
    for edge in question.follow_ups:
        if not edge.bridge or (edge.origin == "documented" and edge.source is None):
            yield f"follow-up to {edge.to} lacks a bridge or its source"


def _point_problems(point: Point) -> Iterator[str]:
    if len(point.says) < MIN_SAYS:
        yield f"point {point.id} has {len(point.says)} says, fewer than {MIN_SAYS}"
    if len(point.denials) < MIN_DENIALS:
        yield f"point {point.id} has {len(point.denials)} denials, fewer than {MIN_DENIALS}"
    if not point.probe or (point.kind == "core" and not point.hint):
        yield f"point {point.id} lacks a probe or a hint"


def _misconception_problems(wrong: Misconception) -> Iterator[str]:
    if len(wrong.says) < MIN_FALSE_SAYS:
        yield f"misconception {wrong.id} has {len(wrong.says)} says, fewer than {MIN_FALSE_SAYS}"
    if not wrong.correction or not wrong.probe:
        yield f"misconception {wrong.id} lacks a correction or a probe"


def _said_and_denied(question: Question) -> Iterator[str]:
    """Yield what a point has both as a way to say it and as a way to deny it."""
    for point in question.points:
        said, denied = ({text.lower() for text in texts} for texts in ((point.claim, *point.says), point.denials))
        yield from (f"point {point.id} both says and denies {text!r}" for text in sorted(said & denied))


def _leaks(question: Question) -> Iterator[str]:
    """Yield probes and hints that name what they are after: a content word of the claim that the question does not have."""
    for point in question.points:
        secret = content_stems(point.claim) - content_stems(question.ask)
        for what, text in (("probe", point.probe), ("hint", point.hint)):
            leaked = secret & content_stems(text)
            if leaked:
                yield f"the {what} of {point.id} gives away: {', '.join(sorted(leaked))}"


def content_stems(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that carry subject matter."""
    return frozenset(_stem(w) for w in re.findall(r"[a-z][a-z]+", text.lower()) if w not in _COMMON)


@cache
def _stem(word: str) -> str:
    stem: str = snowballstemmer.stemmer("english").stemWord(word)
    return stem


def _exercise_problems(question: Question) -> Iterator[str]:
    exercise = question.exercise
    if exercise is None:
        return
    try:
        admissible = draws(exercise)
        if not admissible:
            yield "the exercise admits no draw"
        elif "{" in wording(exercise, admissible[0]):
            yield "the exercise's question names a number that is not drawn"
        clashes = sum(_mistake_is_right(exercise, numbers) for numbers in admissible)
        if clashes:
            yield f"in {clashes} of {len(admissible)} draws a mistake of the exercise gives the right answer"
    except BankError as error:
        yield error.message


def _mistake_is_right(exercise: Exercise, numbers: dict[str, float]) -> bool:
    right = evaluate(exercise.answer, numbers)
    return any(same_number(evaluate(m.value, numbers), right, exercise.tolerance) for m in exercise.mistakes)


def _copied(question: Question, taken: frozenset[tuple[str, ...]]) -> Iterator[str]:
    for text in question_texts(question):
        words = re.findall(r"[a-z0-9]+", text.lower())
        runs = (tuple(words[i : i + SHARED_WORDS]) for i in range(len(words) - SHARED_WORDS + 1))
        copied = next((run for run in runs if run in taken), None)
        if copied:
            yield f"shares {SHARED_WORDS} words with a source document: {' '.join(copied)}"


def question_texts(question: Question) -> list[str]:
    """Return every sentence that a question has."""
    points = [t for p in question.points for t in (p.claim, p.probe, p.hint, *p.says, *p.denials)]
    wrong = [t for m in question.misconceptions for t in (m.belief, m.correction, m.probe, *m.says)]
    return [question.ask, *question.variants, question.clarify, question.model_answer, *points, *wrong]


def _shingles(folder: Path) -> frozenset[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for file in sorted(folder.glob("*.txt")):
        words = re.findall(r"[a-z0-9]+", file.read_text(encoding="utf-8", errors="replace").lower())
        found.update(tuple(words[i : i + SHARED_WORDS]) for i in range(len(words) - SHARED_WORDS + 1))
    if not found:
        raise BankError(f"There are no *.txt documents in {folder}.", "Name the folder with the source documents.")
    return frozenset(found)
