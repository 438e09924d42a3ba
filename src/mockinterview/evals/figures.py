"""The figures of a run: one table of all measures, and the same broken down by part, kind, topic and question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from mockinterview.evals.cases import SUITES
from mockinterview.evals.measures import MEASURES
from mockinterview.evals.results import Result
from mockinterview.evals.run import lost
from mockinterview.evals.statistics import Estimate, estimate
from mockinterview.models import Value

HEADLINE_PART: Final = "test"
BY: Final[dict[str, Callable[[Result], str]]] = {
    "part": lambda result: result.part,
    "kind": lambda result: result.kind,
    "topic": lambda result: result.topic,
    "question": lambda result: result.question,
}
_RESAMPLED: Final = {"part": 1000, "kind": 400, "topic": 400, "question": 0}
Table = dict[str, Estimate]


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


def headline(results: Sequence[Result]) -> Table:
    """Return every figure by key. Those of grading are over the test part alone where the run has answers of it."""
    return table([r for r in results if r.suite != "grading"] + headline_grading(results))


def headline_grading(results: Sequence[Result]) -> list[Result]:
    """Return the grading results that the headline is about: questions on which nothing was ever fitted."""
    grading = [r for r in results if r.suite == "grading"]
    return [r for r in grading if r.part == HEADLINE_PART] or grading


def table(results: Iterable[Result], resamples: int = 1000) -> Table:
    """Return every figure that these results have a part in, by key, in a fixed order."""
    by_suite: dict[str, list[Result]] = {}
    for result in results:
        by_suite.setdefault(result.suite, []).append(result)
    found = {m.key: estimate(m, by_suite.get(m.suite, ()), resamples=resamples) for m in MEASURES}
    return {key: value for key, value in found.items() if value.value is not None}


def broken_down(results: Sequence[Result], by: str) -> dict[str, Table]:
    """Return a table per part, kind, topic or question."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(BY[by](result), []).append(result)
    return {name: table(group, _RESAMPLED[by]) for name, group in sorted(groups.items())}


def confusion(results: Iterable[Result]) -> dict[str, dict[str, int]]:
    """Return how often each expected verdict was given as which."""
    counts: dict[str, dict[str, int]] = {}
    for mark in (mark for result in results for mark in result.points):
        row = counts.setdefault(mark.expected, {})
        row[mark.given] = row.get(mark.given, 0) + 1
    return counts


def spent(results: Sequence[Result]) -> Spent:
    """Return what the results took."""
    times = sorted(r.seconds for r in results) or [0.0]
    return Spent(
        results=len(results), ungraded=sum(bool(r.ungraded) for r in results), lost=sum(map(lost, results)),
        requests=sum(r.requests for r in results), prompt_tokens=sum(r.prompt_tokens for r in results),
        completion_tokens=sum(r.completion_tokens for r in results), cost=round(sum(r.cost for r in results), 6),
        seconds_median=times[len(times) // 2], seconds_p95=times[int(0.95 * (len(times) - 1))],
    )  # fmt: skip


def as_data(found: Table) -> dict[str, dict[str, Any]]:
    """Return a table as plain data for JSON."""
    return {key: _as_row(estimate) for key, estimate in found.items()}


def _as_row(e: Estimate) -> dict[str, Any]:
    return {"value": _short(e.value), "low": _short(e.low), "high": _short(e.high), "number": e.number}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def suites_of(results: Iterable[Result]) -> list[str]:
    """Return the suites that have results, in their fixed order."""
    seen = {result.suite for result in results}
    return [suite for suite in SUITES if suite in seen]
