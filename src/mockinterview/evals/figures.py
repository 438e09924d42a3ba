"""The figures of a run: one table of all measures, and the same broken down by part, kind, topic and question."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from mockinterview.evals.cases import SUITES
from mockinterview.evals.measures import MEASURES, Measure, Row
from mockinterview.evals.results import Result
from mockinterview.evals.run import lost
from mockinterview.evals.statistics import Estimate, Sums
from mockinterview.models import Value

HEADLINE_PART: Final = "test"
BY: Final[dict[str, Callable[[Result], str]]] = {
    "part": lambda result: result.part,
    "kind": lambda result: result.kind,
    "topic": lambda result: result.topic,
    "question": lambda result: result.question,
}
_RESAMPLED: Final = {"part": 1000, "kind": 400, "topic": 400, "question": 0}
_OF_SUITE: Final[dict[str, list[Measure]]] = {suite: [m for m in MEASURES if m.suite == suite] for suite in SUITES}
Table = dict[str, Estimate]
Rows = list[tuple[str, Row]]


class Spent(Value):
    """What a run took: results, how many without an outcome, requests, tokens, cost, and seconds per case."""

    results: int
    ungraded: int
    lost: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    seconds_median: float
    seconds_p95: float


class Tally:
    """Every figure of some results, added up as they come."""

    def __init__(self) -> None:
        self._sums = {measure.key: Sums(measure) for measure in MEASURES}

    def add(self, question: str, rows: Rows) -> None:
        """Add the rows of a result."""
        for key, row in rows:
            self._sums[key].add(question, row)

    def table(self, resamples: int = 1000) -> Table:
        """Return every figure that the results have a part in, by key, in a fixed order."""
        found = {key: sums.estimate(resamples) for key, sums in self._sums.items()}
        return {key: value for key, value in found.items() if value.value is not None}


def _rows(result: Result) -> Rows:
    """Return the rows of a result, by figure."""
    return [(m.key, row) for m in _OF_SUITE.get(result.suite, ()) if (row := m.row(result)) is not None]


def headline(results: Iterable[Result]) -> Table:
    """Return every figure by key. Those of grading are over the test part alone where the run has answers of it."""
    others, grading, of_test = Tally(), Tally(), Tally()
    tested = False
    for result in results:
        rows = _rows(result)
        (grading if result.suite == "grading" else others).add(result.question, rows)
        if result.suite == "grading" and result.part == HEADLINE_PART:
            of_test.add(result.question, rows)
            tested = True
    both = others.table() | (of_test if tested else grading).table()
    return {measure.key: both[measure.key] for measure in MEASURES if measure.key in both}


def headline_grading(results: Iterable[Result]) -> Iterator[Result]:
    """Yield the grading results that the headline is about: questions on which nothing was ever fitted."""
    tested = any(r.suite == "grading" and r.part == HEADLINE_PART for r in results)
    return (r for r in results if r.suite == "grading" and (r.part == HEADLINE_PART or not tested))


def broken_down(results: Iterable[Result]) -> dict[str, dict[str, Table]]:
    """Return a table per part, kind, topic and question, under "part", "kind", "topic", "question"."""
    groups: dict[str, defaultdict[str, Tally]] = {by: defaultdict(Tally) for by in BY}
    for result in results:
        rows = _rows(result)
        for by, name_of in BY.items():
            groups[by][name_of(result)].add(result.question, rows)
    return {by: {name: tally.table(_RESAMPLED[by]) for name, tally in sorted(named.items())} for by, named in groups.items()}


def confusion(results: Iterable[Result]) -> dict[str, dict[str, int]]:
    """Return how often each expected verdict was given as which."""
    counts: dict[str, dict[str, int]] = {}
    for mark in (mark for result in results for mark in result.points):
        row = counts.setdefault(mark.expected, {})
        row[mark.given] = row.get(mark.given, 0) + 1
    return counts


def spent(results: Iterable[Result]) -> Spent:
    """Return what the results took."""
    times = array("d")
    sums = Counter[str]()
    cost = 0.0
    for r in results:
        times.append(r.seconds)
        cost += r.cost
        sums.update(
            ungraded=bool(r.ungraded), lost=lost(r), requests=r.requests, prompt_tokens=r.prompt_tokens,
            completion_tokens=r.completion_tokens,
        )  # fmt: skip
    ordered = sorted(times) or [0.0]
    return Spent(
        results=len(times), ungraded=sums["ungraded"], lost=sums["lost"], requests=sums["requests"],
        prompt_tokens=sums["prompt_tokens"], completion_tokens=sums["completion_tokens"], cost=round(cost, 6),
        seconds_median=ordered[len(ordered) // 2], seconds_p95=ordered[int(0.95 * (len(ordered) - 1))],
    )  # fmt: skip


def as_data(found: Table) -> dict[str, dict[str, Any]]:
    """Return a table as plain data for JSON."""
    return {key: _as_row(estimate) for key, estimate in found.items()}


def _as_row(e: Estimate) -> dict[str, Any]:
    return {"value": _short(e.value), "low": _short(e.low), "high": _short(e.high), "number": e.number}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def number(value: float | None) -> str:
    """Return a figure with three decimals, a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def suites_of(results: Iterable[Result]) -> list[str]:
    """Return the suites that have results, in their fixed order."""
    seen = {result.suite for result in results}
    return [suite for suite in SUITES if suite in seen]
