"""Intervals and tests over sums of rows: all of them resample clusters, never single verdicts.

Verdicts on one answer, and answers to one question, resemble each other; a bootstrap over verdicts would claim too much. Intervals
resample questions; the paired test swaps whole answers between the two runs.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockinterview.evals.measures import Measure, Row
from mockinterview.evals.results import Result

RESAMPLES: Final = 1000
SWAPS: Final = 4000
SEED: Final = 20_240_817
POWER_Z: Final = 0.8416  # the 80 % quantile of the normal distribution
LEVEL_Z: Final = 1.6449  # the 95 % quantile: tests are one-sided
WEIGHTS: Final = 1_000_000  # that are held at a time


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval (None where one cluster or none has a part in it) and the number of results behind it."""

    value: float | None
    low: float | None
    high: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after, over the same cases. `p` is one-sided: how often chance alone makes it at least this much worse.

    `detectable` is the smallest loss that would be found four times out of five.
    """

    before: float | None
    after: float | None
    low: float | None
    high: float | None
    p: float
    detectable: float
    number: int

    @property
    def difference(self) -> float:
        """After less before; 0 where one of them is unknown."""
        return 0.0 if self.before is None or self.after is None else self.after - self.before


class Sums:
    """The rows of a figure, added up by question as the results come: what is kept grows with the bank, not with the run."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._rows: dict[str, Row] = {}
        self._number = 0

    def add(self, question: str, row: Row) -> None:
        """Add the row of a result."""
        known = self._rows.get(question)
        self._rows[question] = row if known is None else _plus(known, row)
        self._number += 1

    def estimate(self, resamples: int = RESAMPLES) -> Estimate:
        """Return the figure with its percentile interval from a bootstrap over questions (fixed seed)."""
        import numpy as np

        number, value_of = len(self._rows), self._measure.value
        if not number:
            return Estimate(None, None, None, 0)
        matrix = np.array(list(self._rows.values()))
        value = _plain(value_of(*matrix.sum(0)))
        if number == 1 or value is None or not resamples:
            return Estimate(value, None, None, self._number)
        weights = np.random.default_rng(SEED).multinomial(number, np.full(number, 1 / number), resamples)
        low, high = _bounds(value_of(*(weights @ matrix).T))
        return Estimate(value, low, high, self._number)


def estimate(measure: Measure, results: Iterable[Result], *, resamples: int = RESAMPLES) -> Estimate:
    """Return a figure of some results with its interval."""
    sums = Sums(measure)
    for result in results:
        row = measure.row(result)
        if row is not None:
            sums.add(result.question, row)
    return sums.estimate(resamples)


class Pairs:
    """The rows of a figure in two runs, a pair for each case that has a part in the figure in both; kept as plain numbers."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._rows = array("d"), array("d")
        self._cases = self._number = 0

    @property
    def suite(self) -> str:
        """The suite of the figure."""
        return self._measure.suite

    def add(self, before: Sequence[Result], after: Sequence[Result]) -> None:
        """Add a case by its results in all epochs of the two runs."""
        (one, number), (other, _) = (self._mean(results) for results in (before, after))
        self._number += number
        if one is not None and other is not None:
            self._cases += 1
            for rows, row in zip(self._rows, (one, other), strict=True):
                rows.extend(row)

    def _mean(self, results: Sequence[Result]) -> tuple[Row | None, int]:
        """Return the mean row of the epochs of a case, and how many of them have a part in the figure."""
        total: Row | None = None
        number = 0
        for result in results:
            row = self._measure.row(result)
            if row is not None:
                total, number = row if total is None else _plus(total, row), number + 1
        return None if total is None else [value / number for value in total], number

    def change(self, swaps: int = SWAPS) -> Change:
        """Return how the figure changed, and whether chance explains it.

        The test swaps the two runs of an answer at random (all epochs and all verdicts of it together) and counts how often the
        figure gets at least as much worse. The interval comes from a bootstrap over the same answers.
        """
        import numpy as np

        if not self._cases:
            return Change(None, None, None, None, 1.0, math.inf, 0)
        one, other = (np.frombuffer(rows).reshape(self._cases, -1) for rows in self._rows)
        return _changed(self._measure, one, other, self._number, swaps)


def change(measure: Measure, before: Iterable[Result], after: Iterable[Result], *, swaps: int = SWAPS) -> Change:
    """Return how a figure changed between two runs of the same cases; see `Pairs.change`."""
    old, new = (_by_case(results) for results in (before, after))
    pairs = Pairs(measure)
    for key, results in old.items():
        pairs.add(results, new.get(key, ()))
    return pairs.change(swaps)


def _by_case(results: Iterable[Result]) -> dict[tuple[str, str], list[Result]]:
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.suite, result.case), []).append(result)
    return found


def _plus(one: Row, other: Row) -> Row:
    return [a + b for a, b in zip(one, other, strict=True)]


def _changed(measure: Measure, one: Any, other: Any, number: int, swaps: int) -> Change:
    import numpy as np

    sums = one.sum(0), other.sum(0)
    values = _plain(measure.value(*sums[0])), _plain(measure.value(*sums[1]))
    if None in values or not (one != other).any():
        return Change(*values, 0.0, 0.0, 1.0, 0.0, number)
    p = _swapped(measure, one, other, swaps)
    differences = _differences(measure, one, other)
    low, high = _bounds(differences)
    return Change(*values, low, high, p, (LEVEL_Z + POWER_Z) * float(np.nanstd(differences)), number)


def _swapped(measure: Measure, one: Any, other: Any, swaps: int) -> float:
    import numpy as np

    sign = 1.0 if measure.better == "higher" else -1.0
    delta = other - one
    moved = delta[(delta != 0).any(1)]
    # A draw of 1 leaves an answer as it is, 0 swaps its two runs.
    rng = np.random.default_rng(SEED)
    draws = _in_blocks(lambda some: rng.integers(0, 2, (some, len(moved))), moved, swaps)
    total = moved.sum(0)
    seen = sign * (measure.value(*other.sum(0)) - measure.value(*one.sum(0)))
    chance = sign * (measure.value(*(one.sum(0) + draws).T) - measure.value(*(one.sum(0) + total - draws).T))
    return float((1 + np.sum(chance <= seen + 1e-12)) / (swaps + 1))


def _differences(measure: Measure, one: Any, other: Any) -> Any:
    import numpy as np

    number, rng = len(one), np.random.default_rng(SEED)
    both = np.hstack((one, other))
    sums = _in_blocks(lambda some: rng.multinomial(number, np.full(number, 1 / number), some), both, RESAMPLES)
    return measure.value(*sums[:, one.shape[1] :].T) - measure.value(*sums[:, : one.shape[1]].T)


def _in_blocks(draw: Callable[[int], Any], rows: Any, number: int) -> Any:
    """Return `number` drawn weightings of the rows, some at a time: all weights at once would take 8 bytes a case and draw."""
    import numpy as np

    some = max(1, WEIGHTS // max(1, len(rows)))
    return np.vstack([draw(min(some, number - start)) @ rows for start in range(0, number, some)])


def _bounds(values: Any) -> tuple[float | None, float | None]:
    import numpy as np

    known = values[~np.isnan(values)]
    if not len(known):
        return None, None
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)


def _plain(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def mcnemar(worse: int, better: int) -> float:
    """Return the exact one-sided p of McNemar's test: how often a fair coin falls to "worse" at least this often."""
    flips = worse + better
    return sum(math.comb(flips, k) for k in range(worse, flips + 1)) / 2**flips if flips else 1.0


def holm(p_values: Mapping[str, float], level: float) -> set[str]:
    """Return the names whose p-values are significant together at `level` (Holm 1979)."""
    found: set[str] = set()
    for number, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        if p > level / (len(p_values) - number):
            break
        found.add(name)
    return found
