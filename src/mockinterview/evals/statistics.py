"""Intervals and tests over sums of rows: all of them resample clusters, never single verdicts.

Verdicts on one answer, and answers to one question, resemble each other; a bootstrap over verdicts would claim too much. Intervals
resample questions; the paired test swaps whole answers between the two runs.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockinterview.evals.measures import Measure, Row
from mockinterview.evals.results import Result

RESAMPLES: Final = 1000
SWAPS: Final = 4000
SEED: Final = 20_240_817
POWER_Z: Final = 0.8416  # the 80 % quantile of the normal distribution
LEVEL_Z: Final = 1.6449  # the 95 % quantile: tests are one-sided


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


def estimate(measure: Measure, results: Iterable[Result], *, resamples: int = RESAMPLES) -> Estimate:
    """Return a figure with its percentile interval from a bootstrap over questions (fixed seed)."""
    import numpy as np

    rows, number = _clustered(measure, ((result.question, result) for result in results))
    if not rows:
        return Estimate(None, None, None, 0)
    matrix = np.array(list(rows.values()))
    value = _plain(measure.value(*matrix.sum(0)))
    if len(rows) == 1 or value is None or not resamples:
        return Estimate(value, None, None, number)
    weights = np.random.default_rng(SEED).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), resamples)
    low, high = _bounds(measure.value(*(weights @ matrix).T))
    return Estimate(value, low, high, number)


def change(measure: Measure, before: Sequence[Result], after: Sequence[Result], *, swaps: int = SWAPS) -> Change:
    """Return how a figure changed between two runs of the same cases, and whether chance explains it.

    The test swaps the two runs of an answer at random (all epochs and all verdicts of it together) and counts how often the
    figure gets at least as much worse. The interval comes from a bootstrap over the same answers.
    """
    import numpy as np

    old, number = _clustered(measure, (((r.suite, r.case), r) for r in before), mean=True)
    new, _ = _clustered(measure, (((r.suite, r.case), r) for r in after), mean=True)
    keys = [key for key in old if key in new]
    if not keys:
        return Change(None, None, None, None, 1.0, math.inf, 0)
    one, other = np.array([old[key] for key in keys]), np.array([new[key] for key in keys])
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
    draws = np.random.default_rng(SEED).integers(0, 2, (swaps, len(moved))) @ moved
    total = moved.sum(0)
    seen = sign * (measure.value(*other.sum(0)) - measure.value(*one.sum(0)))
    chance = sign * (measure.value(*(one.sum(0) + draws).T) - measure.value(*(one.sum(0) + total - draws).T))
    return float((1 + np.sum(chance <= seen + 1e-12)) / (swaps + 1))


def _differences(measure: Measure, one: Any, other: Any) -> Any:
    import numpy as np

    weights = np.random.default_rng(SEED).multinomial(len(one), np.full(len(one), 1 / len(one)), RESAMPLES)
    return measure.value(*(weights @ other).T) - measure.value(*(weights @ one).T)


def _bounds(values: Any) -> tuple[float | None, float | None]:
    import numpy as np

    known = values[~np.isnan(values)]
    if not len(known):
        return None, None
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)


def _clustered(
    measure: Measure, labelled: Iterable[tuple[Hashable, Result]], *, mean: bool = False
) -> tuple[Mapping[Hashable, Row], int]:
    """Return the sum (or the mean) of the rows of each cluster, and how many results have a part in the figure."""
    rows: dict[Hashable, list[float]] = {}
    counts: dict[Hashable, int] = {}
    for cluster, result in labelled:
        row = measure.row(result)
        if row is not None:
            known = rows.get(cluster)
            rows[cluster] = [*row] if known is None else [a + b for a, b in zip(known, row, strict=True)]
            counts[cluster] = counts.get(cluster, 0) + 1
    if mean:
        rows = {cluster: [value / counts[cluster] for value in row] for cluster, row in rows.items()}
    return rows, sum(counts.values())


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
