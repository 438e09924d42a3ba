"""Arithmetic over named numbers: the expressions of exercises, evaluated without running any code of the bank's."""

from __future__ import annotations

import itertools
import math
import random
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval

from mockinterview.errors import BankError
from mockinterview.models import Exercise

FUNCTIONS = {
    "floor": math.floor, "ceil": math.ceil, "sqrt": math.sqrt, "exp": math.exp, "log": math.log,
    "log2": math.log2, "tanh": math.tanh, "round": round, "abs": abs, "min": min, "max": max,
}  # fmt: skip
MAX_DRAWS = 5000


class _Evaluator(threading.local):
    """One evaluator per thread: a bank that is loaded has thousands of draws to compute; making one takes longer than that."""

    def __init__(self) -> None:
        self._kept = SimpleEval(operators=DEFAULT_OPERATORS, functions=FUNCTIONS)

    def of(self, numbers: Mapping[str, float]) -> SimpleEval:
        self._kept.names = dict(numbers)
        return self._kept


_evaluator = _Evaluator()


def evaluate(expression: str, numbers: Mapping[str, float]) -> float:
    """Return the value of an arithmetic expression over `numbers`; raise BankError where it is no such expression."""
    try:
        value = _evaluator.of(numbers).eval(expression, previously_parsed=_parsed(expression))
    except (InvalidExpression, ArithmeticError, ValueError, TypeError, SyntaxError, KeyError) as error:
        raise BankError(f"The expression '{expression}' cannot be computed: {error}.", "Correct the exercise.") from error
    if not isinstance(value, int | float):
        raise BankError(f"The expression '{expression}' gives no number.", "Correct the exercise.")
    return value


@lru_cache(maxsize=256)
def _parsed(expression: str) -> Any:
    """Return an expression ready to be computed: a bank's are computed for hundreds of draws each time that it is loaded."""
    return SimpleEval.parse(expression)


def draws(exercise: Exercise) -> list[dict[str, float]]:
    """Return all admissible draws of an exercise's numbers, in a fixed order (at most the first 5,000 combinations)."""
    combinations = itertools.islice(itertools.product(*exercise.draw.values()), MAX_DRAWS)
    candidates = (dict(zip(exercise.draw, values, strict=True)) for values in combinations)
    return [numbers for numbers in candidates if all(evaluate(rule, numbers) for rule in exercise.where)]


def draw(exercise: Exercise, rng: random.Random) -> dict[str, float]:
    """Return one admissible draw; raise BankError where `where` excludes them all."""
    admissible = draws(exercise)
    if not admissible:
        raise BankError("The conditions of an exercise exclude every draw.", "Relax its 'where'.")
    return rng.choice(admissible)


def wording(exercise: Exercise, numbers: Mapping[str, float]) -> str:
    """Return the exercise's question with the drawn numbers put in; no other text is replaced."""
    text = exercise.ask
    for name, value in numbers.items():
        text = text.replace("{" + name + "}", f"{value:g}" if isinstance(value, float) else str(value))
    return text


def same_number(given: float, expected: float, tolerance: float) -> bool:
    """Tell whether a given number is the expected one; `tolerance` is relative, with a floor of 1e-9."""
    return math.isclose(given, expected, rel_tol=max(tolerance, 1e-9), abs_tol=1e-9)
