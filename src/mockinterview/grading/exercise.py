"""Marks the answer to an exercise: the number that the candidate settles on, compared with the computed one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockinterview.grading.arithmetic import evaluate, same_number
from mockinterview.grading.score import EXERCISE
from mockinterview.models import ARITHMETIC, Assessment, PointVerdict, Question, StatedMisconception

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]*(?:\.\d+)?(?:[ \u00a0]?[eE][-+]?\d+)?[ \t\u00a0]*(?:(?:million|thousand|per\s?cent|[kKM])\b|%)?|(?ia:\b(?:" + "|".join(_WORDS) + r")\b)")  # fmt: skip
_FRACTION = re.compile(r"(?<![\w./])(\d{1,15})\s*/\s*(\d{1,15})(?![\w/])")
_SETTLES = re.compile(
    r"(=|≈|~|->|→|⇒|:|\b(?:is|are|it'?s|get|gets|gives|equals|makes|answer|so|about|roughly|approximately|be)\b)\s*$", re.IGNORECASE
)
_CORRECTS = re.compile(
    r"\b(?:no,? wait|wait,? no|wait,? wait|hold on|scratch that|correction|sorry,? (?:no|i mean)|no,? sorry|i mean)\b",
    re.IGNORECASE,
)
_CHECKS = re.compile(
    r"(?:^|(?<=[.,;:!?(]))\s*(?:(?:sanity |quick |to |let me |as a )?check(?:ing)?|proof|test)\b\s*[:,-].*",
    re.IGNORECASE | re.DOTALL,
)
_SHORT = re.compile(r"(?P<number>\d+(?:\.(?P<decimals>\d+))?)\s*(?P<unit>k|m|thousand|million)", re.IGNORECASE)
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "%": 0.01, "percent": 0.01}
MOST_RESULTS = 4
_BEFORE = 40  # characters before a number in which a word that states it stands
_FIRST_WORDS = 12  # characters before the first number within which it opens the reply ("it's 28, because ...")


def grade_exercise(question: Question, numbers: Mapping[str, float], answer: str) -> Assessment:
    """Return the mark of an exercise: one point with the id "exercise", and the misconception that a typical mistake betrays."""
    exercise = question.exercise
    assert exercise is not None  # only questions with an exercise get here
    expected = evaluate(exercise.answer, numbers)
    given = settled_numbers(answer)
    right = next((q for value, q in given if same_number(value, expected, exercise.tolerance) or _shortens(q, expected)), "")
    stated = [] if right else _mistakes(question, numbers, given)
    verdict = PointVerdict(id=EXERCISE, verdict="hit" if right else "miss", evidence=right)
    return Assessment(
        question=question.id, score=10.0 if right else 0.0, points=(verdict,), misconceptions=tuple(stated), graded_by=ARITHMETIC
    )


def _mistakes(question: Question, numbers: Mapping[str, float], given: list[tuple[float, str]]) -> list[StatedMisconception]:
    assert question.exercise is not None  # see grade_exercise
    tolerance = question.exercise.tolerance
    for mistake in question.exercise.mistakes:
        value = evaluate(mistake.value, numbers)
        quote = next((q for v, q in given if same_number(v, value, tolerance)), "")
        if quote:
            return [StatedMisconception(id=mistake.means, evidence=quote)]
    return []


def settled_numbers(answer: str) -> list[tuple[float, str]]:
    """Return the numbers that a reply offers as its result, each with the words that state it.

    A result is the last number, a number that opens the reply, or one behind "=", "is", "so" and the like; the numbers within a
    calculation are not. Of more than four such numbers only the last counts: the rest is working, or guessing. What stands before
    a correction ("no wait") is taken back, and what stands behind "check:" only proves the result.
    """
    answer = _final(answer)
    fractions = [(m.start(), float(m[1]) / float(m[2]), m[0]) for m in _FRACTION.finditer(answer) if float(m[2])]
    plain = [(m.start(), _value(m[0]), m[0].strip()) for m in _NUMBER.finditer(answer)]
    found = sorted([*plain, *fractions])
    settled = [
        (value, quote)
        for index, (start, value, quote) in enumerate(found)
        if index == len(found) - 1
        or (index == 0 and start <= _FIRST_WORDS)
        or _SETTLES.search(answer[max(start - _BEFORE, 0) : start])
    ]
    settled += [(value, quote) for _, value, quote in fractions[-1:]]
    return settled if len({value for value, _ in settled}) <= MOST_RESULTS else settled[-1:]


def _shortens(quote: str, expected: float) -> bool:
    """Tell whether a number such as "98.8k" is the expected one, rounded to the digits that it shows, of which there are two or more."""
    short = _SHORT.fullmatch(quote)
    if short is None:
        return False
    scale = _SCALE[short["unit"].lower()]
    digits = len(short["number"].replace(".", "").lstrip("0"))
    return digits > 1 and float(short["number"]) == round(expected / scale, len(short["decimals"] or ""))


def _final(answer: str) -> str:
    """Return the part of a reply that counts, if it has a number: behind the last correction, before the check."""
    corrected = _CORRECTS.split(answer)[-1]
    return next((part for part in (_CHECKS.sub("", corrected), corrected) if _NUMBER.search(part)), answer)


def _value(text: str) -> float:
    lowered = "".join(text.split()).lower().replace("−", "-")
    if lowered in _WORDS:
        return float(_WORDS.index(lowered))
    number = re.match(r"[-+]?[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", lowered)
    assert number is not None  # the pattern may match nothing, never fail
    return float(number[0].replace(",", "")) * _SCALE.get(lowered[number.end() :], 1.0)
