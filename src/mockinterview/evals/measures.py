"""Every figure of the suites, as a function of sums.

A measure turns one result into a row of numbers; the figure is a function of the sums of these rows. So a bootstrap over clusters,
a permutation test and a break-down by topic are all the same few lines of arithmetic, whatever the figure (`evals.statistics`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from mockinterview.evals.results import FOUND, Result
from mockinterview.grading.score import CREDIT
from mockinterview.models import Verdict

Row = Sequence[float]
Sums = Any  # one array per column of the rows, or plain numbers
VERDICTS: Final[tuple[Verdict, ...]] = ("hit", "partial", "miss", "contradicted")
GRADES: Final = 11  # a score rounded to 0-10
BINS: Final = 10
LOW, HIGH, FLATTERED, HARSH = 2.0, 8.0, 5.0, 4.0  # an answer worth <= 2 scored >= 5; one worth >= 8 scored <= 4


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: what of a result it counts (`row`, None where the result has no part in it) and what the sums amount to."""

    suite: str
    name: str
    better: Literal["higher", "lower"]
    row: Callable[[Result], Row | None]
    value: Callable[..., Any]

    @property
    def key(self) -> str:
        """The name that gates and reports use: "grading.point_f1"."""
        return f"{self.suite}.{self.name}"


def divided(over: Sums, under: Sums) -> Any:
    """Return the quotient, NaN where nothing is divided by."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(under) == 0, np.nan, np.divide(over, under))


def _mean(total: Sums, number: Sums) -> Any:
    return divided(total, number)


def _f1(right: Sums, extra: Sums, lacking: Sums) -> Any:
    return divided(2 * right, 2 * right + extra + lacking)


def _kappa(*cells: Sums) -> Any:
    """Return Cohen's kappa of a square table of counts, row by row (Cohen 1960)."""
    return _weighted_kappa(lambda i, j: float(i != j), *cells)


def _quadratic_kappa(*cells: Sums) -> Any:
    """Return the quadratically weighted kappa of a square table of counts (Cohen 1968)."""
    return _weighted_kappa(lambda i, j: float((i - j) ** 2), *cells)


def _weighted_kappa(weight: Callable[[int, int], float], *cells: Sums) -> Any:
    """Return 1 - (observed disagreement / disagreement expected from the margins)."""
    import numpy as np

    size = round(len(cells) ** 0.5)
    table = np.moveaxis(np.asarray(cells, dtype=float).reshape(size, size, *np.shape(cells[0])), (0, 1), (-2, -1))
    weights = np.array([[weight(i, j) for j in range(size)] for i in range(size)])
    total = table.sum((-2, -1))
    expected = table.sum(-1)[..., :, None] * table.sum(-2)[..., None, :]
    return 1 - divided((weights * table).sum((-2, -1)) * total, (weights * expected).sum((-2, -1)))


def _pearson(*moments: Sums) -> Any:
    import numpy as np

    n, x, y, xx, yy, xy = moments
    spread = np.maximum(n * xx - x * x, 0) * np.maximum(n * yy - y * y, 0)
    return divided(n * xy - x * y, np.sqrt(spread))


def _calibration_error(*cells: Sums) -> Any:
    """Return the expected calibration error over ten bins of probability (Guo et al. 2017)."""
    import numpy as np

    columns = np.asarray(cells, dtype=float)
    number, said, true = columns[:BINS], columns[BINS : 2 * BINS], columns[2 * BINS :]
    return divided(np.abs(said - true).sum(0), number.sum(0))


# --- what of a result counts ----------------------------------------------------------------------------------------


def _credited(result: Result) -> Row | None:
    """Count points: credited rightly, credited wrongly, denied wrongly, denied rightly. A hit or a partial is credit."""
    if not result.points:
        return None
    row = [0.0] * 4
    for mark in result.points:
        row[2 * (CREDIT[mark.given] == 0) + (CREDIT[mark.expected] == 0)] += 1
    return row


def _columns(row: Callable[[Result], Row | None], *chosen: int) -> Callable[[Result], Row | None]:
    def picked(result: Result) -> Row | None:
        whole = row(result)
        return None if whole is None else [whole[i] for i in chosen]

    return picked


def _table(size: int, pairs: Callable[[Result], Iterator[tuple[int, int]]]) -> Callable[[Result], Row | None]:
    def counted(result: Result) -> Row | None:
        cells = [0.0] * (size * size)
        for expected, given in pairs(result):
            cells[size * expected + given] += 1
        return cells if any(cells) else None

    return counted


def _verdict_pairs(result: Result) -> Iterator[tuple[int, int]]:
    return ((VERDICTS.index(mark.expected), VERDICTS.index(mark.given)) for mark in result.points)


def _credit_pairs(result: Result) -> Iterator[tuple[int, int]]:
    return ((int(CREDIT[mark.expected] > 0), int(CREDIT[mark.given] > 0)) for mark in result.points)


def _scores(result: Result) -> tuple[float, float] | None:
    if result.ungraded or result.score is None or result.expected_score is None:
        return None
    return result.expected_score, result.score


def _score_pairs(result: Result) -> Iterator[tuple[int, int]]:
    if both := _scores(result):
        yield _grade(both[0]), _grade(both[1])


def _grade(score: float) -> int:
    """Return the score rounded half up: `round` would send 4.5 to 4 and 5.5 to 6."""
    return min(int(score + 0.5), GRADES - 1)


def _moments(result: Result) -> Row | None:
    both = _scores(result)
    if both is None:
        return None
    x, y = both
    return [1.0, x, y, x * x, y * y, x * y]


def _distance(result: Result) -> Row | None:
    both = _scores(result)
    return None if both is None else [abs(both[1] - both[0]), 1.0]


def _flattered(result: Result) -> Row | None:
    both = _scores(result)
    return None if both is None or both[0] > LOW else [float(both[1] >= FLATTERED), 1.0]


def _harsh(result: Result) -> Row | None:
    both = _scores(result)
    return None if both is None or both[0] < HIGH else [float(both[1] <= HARSH), 1.0]


def _calibration(result: Result) -> Row | None:
    """Count per bin of the probability of a hit: points, the sum of the probabilities, and the hits among them."""
    known = [mark for mark in result.points if mark.probability is not None]
    if not known:
        return None
    row = [0.0] * (3 * BINS)
    for mark in known:
        at = min(int((mark.probability or 0.0) * BINS), BINS - 1)
        row[at] += 1
        row[BINS + at] += mark.probability or 0.0
        row[2 * BINS + at] += mark.expected == "hit"
    return row


def _found(given: Sequence[str], expected: Sequence[str]) -> Row:
    one, other = set(given), set(expected)
    return [float(len(one & other)), float(len(one - other)), float(len(other - one))]


def _misconceptions(result: Result) -> Row | None:
    return _found(result.misconceptions, result.expected_misconceptions) if not result.ungraded else None


def _flags(result: Result) -> Row | None:
    return _found(result.flags, result.expected_flags)


def _ungraded(result: Result) -> Row:
    return [float(bool(result.ungraded)), 1.0]


def _right_scores(result: Result) -> Row | None:
    bands = [check for check in result.checks if check.name == "score band"]
    return [float(sum(check.passed for check in bands)), float(len(bands))] if bands else None


def _checks(*names: str) -> Callable[[Result], Row | None]:
    """Count the checks of these names (of any name, where none is given) that held."""

    def counted(result: Result) -> Row | None:
        chosen = [check.passed for check in result.checks if not names or check.name in names]
        return [float(sum(chosen)), float(len(chosen))] if chosen else None

    return counted


def _broken(name: str) -> Callable[[Result], Row | None]:
    def counted(result: Result) -> Row | None:
        chosen = [check.passed for check in result.checks if check.name == name]
        return [float(len(chosen) - sum(chosen)), float(len(chosen))] if chosen else None

    return counted


def _score_of(result: Result) -> Row | None:
    return None if result.ungraded or result.score is None else [result.score, 1.0]


def _within(k: int) -> Callable[[Result], Row | None]:
    return lambda result: None if result.rank is None else [float(1 <= result.rank <= k), 1.0]


def _reciprocal(result: Result) -> Row | None:
    return None if result.rank is None else [1 / result.rank if result.rank else 0.0, 1.0]


def _grading() -> tuple[Measure, ...]:
    def m(name: str, better: Literal["higher", "lower"], row: Callable[[Result], Row | None], value: Callable[..., Any]) -> Measure:
        return Measure("grading", name, better, row, value)

    return (
        m("point_precision", "higher", _columns(_credited, 0, 1), lambda tp, fp: divided(tp, tp + fp)),
        m("point_recall", "higher", _columns(_credited, 0, 2), lambda tp, fn: divided(tp, tp + fn)),
        m("point_f1", "higher", _columns(_credited, 0, 1, 2), _f1),
        m("point_kappa", "higher", _table(2, _credit_pairs), _kappa),
        m("verdict_kappa", "higher", _table(4, _verdict_pairs), _kappa),
        m("verdict_accuracy", "higher", _accuracy, _mean),
        m("score_qwk", "higher", _table(GRADES, _score_pairs), _quadratic_kappa),
        m("score_pearson", "higher", _moments, _pearson),
        m("score_mae", "lower", _distance, _mean),
        m("calibration_error", "lower", _calibration, _calibration_error),
        m("flattery", "lower", _flattered, _mean),
        m("harshness", "lower", _harsh, _mean),
        m("misconception_precision", "higher", _columns(_misconceptions, 0, 1), lambda tp, fp: divided(tp, tp + fp)),
        m("misconception_recall", "higher", _columns(_misconceptions, 0, 2), lambda tp, fn: divided(tp, tp + fn)),
        m("flag_f1", "higher", _flags, _f1),
        m("score_band", "higher", _right_scores, _mean),
        m("ungraded", "lower", _ungraded, _mean),
    )


def _accuracy(result: Result) -> Row | None:
    return [float(sum(mark.right for mark in result.points)), float(len(result.points))] if result.points else None


def _shares(suite: str, *names: str) -> tuple[Measure, ...]:
    rates = [Measure(suite, re.sub(r"\W", "_", name), "higher", _checks(name), _mean) for name in names]
    return (*rates, Measure(suite, "held", "higher", _checks(), _mean), Measure(suite, "ungraded", "lower", _ungraded, _mean))


TALK_CHECKS: Final = (
    "one question at a time", "nothing asked twice", "documented follow-up asked", "limits kept", "ends with a right report",
    "score band",
)  # fmt: skip
LEAK_CHECK: Final = "no point leaked"
MEASURES: Final[tuple[Measure, ...]] = (
    *_grading(),
    Measure("floor", "mean_score", "lower", _score_of, _mean),
    *_shares("floor"),
    *_shares("metamorphic"),
    Measure("interview", "leaks", "lower", _broken(LEAK_CHECK), _mean),
    *_shares("interview", *TALK_CHECKS),
    Measure("retrieval", "recall_at_1", "higher", _within(1), _mean),
    Measure("retrieval", f"recall_at_{FOUND}", "higher", _within(FOUND), _mean),
    Measure("retrieval", "recall_at_10", "higher", _within(10), _mean),
    Measure("retrieval", "mrr", "higher", _reciprocal, _mean),
)
BY_KEY: Final = {measure.key: measure for measure in MEASURES}
