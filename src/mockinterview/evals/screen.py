"""What a person sees in the terminal: a progress line while the run goes on, tables at its end. All of it through rich."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from mockinterview.evals.figures import number, suites_of
from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.outcome import Outcome
from mockinterview.evals.statistics import Estimate
from mockinterview.sanitize import clean

if TYPE_CHECKING:
    from rich.table import Table

SHOWN: Final = 20  # flips and failing checks; the reports have all
_COLOURS: Final = {"held": "green", "failed": "bold red", "underpowered": "yellow"}


@contextmanager
def progress(total: int, *, done: int = 0) -> Iterator[Callable[[], None]]:
    """Show a bar with the time that is left on stderr, where that is a terminal; call what it gives once per result."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = TextColumn("cases"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=total, completed=done)
        yield lambda: bar.advance(task)


def show(outcome: Outcome, stream: TextIO) -> None:
    """Write the tables of a run: figures per suite, flips, gates."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else 120)
    for suite in suites_of(outcome.results):
        console.print(_figures(outcome, suite))
    if outcome.comparison is not None:
        _print_flips(outcome, console.print)
    if outcome.verdicts:
        console.print(_gates(outcome))
    for line in _closing(outcome):
        console.print(line)


def _figures(outcome: Outcome, suite: str) -> Table:
    from rich.table import Table

    title = f"{suite} (questions of the test part)" if suite == "grading" else suite
    columns = ["figure", "value", "95 % interval", "n", *(["all parts, baseline -> now", "p"] if outcome.comparison else [])]
    table = Table(*columns, title=title, title_justify="left")
    for key, estimate in outcome.figures.items():
        if BY_KEY[key].suite == suite:
            cells = number(estimate.value), interval(estimate), str(estimate.number), *_before(outcome, key)
            table.add_row(BY_KEY[key].name, *cells)
    return table


def _before(outcome: Outcome, key: str) -> list[str]:
    if outcome.comparison is None:
        return []
    change = outcome.comparison.changes.get(key)
    # The comparison is over all parts, so its figures belong together and are shown together.
    return ["", ""] if change is None else [f"{number(change.before)} -> {number(change.after)}", f"{change.p:.3f}"]


def interval(estimate: Estimate) -> str:
    """Return the interval of an estimate."""
    return "-" if estimate.low is None else f"{number(estimate.low)} to {number(estimate.high)}"


def _print_flips(outcome: Outcome, put: Callable[[str], None]) -> None:
    comparison = outcome.comparison
    assert comparison is not None  # asked for only with a baseline
    put(f"Against the baseline: {len(comparison.worse)} worse, {len(comparison.better)} better, {comparison.cases} cases compared.")
    for name, (old, new) in comparison.changed.items():
        put(f"  {name}: {old} -> {new}")
    for flip in comparison.worse[:SHOWN]:
        expected = f", expected {flip.expected}" if flip.expected else ""
        put(clean(f"  worse: {flip.suite}/{flip.case}: {flip.what}{expected}"))
        put(clean(f"      before: {flip.before}\n      after:  {flip.after}"))
    if len(comparison.worse) > SHOWN:
        put(f"  ... and {len(comparison.worse) - SHOWN} more (see --json or --html)")
    if comparison.new:
        put(f"  {len(comparison.new)} case(s) are not in the baseline.")


def _gates(outcome: Outcome) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("gate", "outcome", "why", title="gates", title_justify="left")
    order = {"failed": 0, "underpowered": 1, "held": 2}
    for verdict in sorted(outcome.verdicts, key=lambda v: order[v.status]):
        table.add_row(verdict.gate, Text(verdict.status, style=_COLOURS[verdict.status]), Text(clean(verdict.why)))
    return table


def _closing(outcome: Outcome) -> Iterator[str]:
    spent = outcome.spent
    took = f"median {1000 * spent.seconds_median:.0f} ms a case"
    yield f"{spent.results} results, {spent.ungraded} ungraded ({spent.lost} by an outage); {took}"
    if spent.requests:
        yield f"{spent.requests} requests, {spent.prompt_tokens} + {spent.completion_tokens} tokens, cost {spent.cost:.4f}"
    if outcome.left_out:
        yield clean(f"{len(outcome.left_out)} case(s) do not fit the bank and were left out, such as {outcome.left_out[0]}")
    if not outcome.complete or spent.lost:
        yield "The run is incomplete; what is there is kept. --resume goes on with it."
    yield f"Results: {outcome.folder}"
