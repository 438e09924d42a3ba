"""Decides whether a run passes: thresholds per figure, and whether it got worse than its baseline. Read from `gates.toml`.

A grader without scatter gives the same verdicts for the same input, so every flip is real, and a question that loses more verdicts
than it wins is a regression. A model scatters, so there only the paired test decides, and "underpowered" is an honest answer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from mockinterview.errors import UsageError
from mockinterview.evals.baseline import Comparison, Flip
from mockinterview.evals.figures import Table, number
from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.statistics import Change, holm
from mockinterview.models import Value

Status = Literal["held", "failed", "underpowered"]
STRICT_SUITES = ("grading", "floor", "metamorphic", "interview")


class Bound(Value):
    """The least or the most that a figure may be."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Bound:
        if self.min is None and self.max is None:
            raise ValueError("a bound has a 'min' or a 'max'")
        return self


class Gates(Value):
    """What `gates.toml` says."""

    level: float = 0.05
    # figure -> the loss that must not go unnoticed
    paired: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    lost_queries: int = 3
    bounds: dict[str, Bound] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one gate: its name, whether it held, why, and the cases behind it."""

    gate: str
    status: Status
    why: str
    flips: tuple[Flip, ...] = ()


def read_gates(file: Path) -> Gates:
    """Return the gates of a file; raise UsageError where it is wrong or names an unknown figure."""
    try:
        gates = Gates.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"There are no gates at {file}.", "--gates names another file.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The gates {file} are wrong: {_problem(error)}.", "docs/evals.md shows the fields.") from error
    unknown = sorted({*gates.paired, *gates.bounds} - {*BY_KEY})
    if unknown:
        raise UsageError(f"{file}: there is no figure '{unknown[0]}'.", f"Figures: {', '.join(BY_KEY)}.")
    return gates


def _problem(error: Exception) -> str:
    """Return what is wrong with a file in a few words: of fields, the first one."""
    if not isinstance(error, ValidationError):
        return str(error)
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def judge(gates: Gates, figures: Table, comparison: Comparison | None, *, deterministic: bool) -> list[Verdict]:
    """Return the outcome of every gate that this run has something to say about."""
    verdicts = list(_thresholds(gates, figures))
    if comparison is None:
        return verdicts
    if comparison.gone:
        why = f"{len(comparison.gone)} case(s) of the baseline could not be run: {', '.join(comparison.gone[:5])}"
        verdicts.append(Verdict("cases", "failed", why))
    verdicts += _strict(gates, comparison) if deterministic else ()
    return verdicts + list(_paired(gates, comparison, deterministic=deterministic))


def passed(verdicts: list[Verdict]) -> bool:
    """Tell whether no gate failed. Underpowered is not a failure; it is a reason to take more cases or epochs."""
    return all(verdict.status != "failed" for verdict in verdicts)


def _thresholds(gates: Gates, figures: Table) -> Iterator[Verdict]:
    for key, bound in gates.bounds.items():
        value = figures[key].value if key in figures else None
        if value is None:
            continue
        low, high = bound.min is not None and value < bound.min, bound.max is not None and value > bound.max
        limit = f"at least {bound.min:g}" if bound.min is not None else f"at most {bound.max:g}"
        yield Verdict(f"bound {key}", "failed" if low or high else "held", f"{value:.3f}, {limit} is asked for")


def _strict(gates: Gates, comparison: Comparison) -> Iterator[Verdict]:
    """Yield a failed gate for each question that lost more than it won, and for each check that held and fails now."""
    present = {key.partition(".")[0] for key in comparison.changes}
    for suite in (suite for suite in STRICT_SUITES if suite in present):
        worse = _net_losses([flip for flip in comparison.flips if flip.suite == suite])
        for question, flips in worse.items():
            cases = ", ".join(dict.fromkeys(flip.case for flip in flips))
            why = f"{question}: {len(flips)} outcome(s) that were right are wrong now ({cases})"
            yield Verdict(f"regression {suite}/{question}", "failed", why, tuple(flips))
        if not worse:
            yield Verdict(f"regression {suite}", "held", "no question got worse")
    if "retrieval" not in present:
        return
    flips = [flip for flip in comparison.flips if flip.suite == "retrieval"]
    net = sum(flip.worse for flip in flips) - sum(not flip.worse for flip in flips)
    why = f"{net} more queries lost than won, at most {gates.lost_queries} allowed"
    yield Verdict("regression retrieval", "failed" if net > gates.lost_queries else "held", why, tuple(f for f in flips if f.worse))


def _net_losses(flips: list[Flip]) -> dict[str, list[Flip]]:
    balance: dict[str, int] = {}
    for flip in flips:
        balance[flip.question] = balance.get(flip.question, 0) + (1 if flip.worse else -1)
    return {q: [f for f in flips if f.question == q and f.worse] for q, net in sorted(balance.items()) if net > 0}


def _paired(gates: Gates, comparison: Comparison, *, deterministic: bool) -> Iterator[Verdict]:
    known = {key: comparison.changes[key] for key in gates.paired if key in comparison.changes}
    worse = holm({key: change.p for key, change in known.items()}, gates.level)
    for key, change in known.items():
        status: Status = "held"
        if key in worse:
            status = "failed"
        elif not deterministic and change.detectable > gates.paired[key]:
            status = "underpowered"
        flips = tuple(f for f in comparison.worse if f.suite == key.partition(".")[0]) if status == "failed" else ()
        yield Verdict(f"paired {key}", status, _explained(change, gates.paired[key], status), flips)


def _explained(change: Change, tolerated: float, status: Status) -> str:
    said = f"{number(change.before)} to {number(change.after)}, p = {change.p:.3f}"
    if status == "underpowered":
        return f"{said}; a loss of {change.detectable:.3f} can be seen, {tolerated:g} is asked for: take more epochs or cases"
    return said
