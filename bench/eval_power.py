"""How often the paired test finds a planted loss, and how often it calls mere scatter a loss: simulated noisy judges, fixed seeds.

    python bench/eval_power.py [--runs 400] [--null-runs 1000] [--answers 100] [--points 7] [--flips 0.27]

A simulated judge knows the right verdict on every point and turns 27 % of its verdicts over at random, anew in each epoch. The
judge "alone" turns each verdict over for itself; the judge "in clusters" has good and bad moments: the share that it turns over is
drawn anew for each answer and epoch (Beta with the same mean), so that its errors come together, which is what clustering is for.
A break inverts a fixed share of the verdicts, the same ones in every epoch, before the noise; as 27 % are turned over anyway, the
expected accuracy falls by 1 - 2 x 0.27 = 0.46 of that share. A run counts as worse where the one-sided p of
`mockinterview.evals.statistics.change` for `grading.verdict_accuracy` is below 0.05. Beside it: a gate on any flip, a gate on any
drop, McNemar's test over single verdicts, and what `mockinterview.evals.noise` predicts for the same judge.
Prints a Markdown table; returns 1 where false alarms exceed the level by more than their binomial error.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.noise import noise_of
from mockinterview.evals.results import Mark, Result
from mockinterview.evals.statistics import change, mcnemar
from mockinterview.models import Verdict

FIGURE = BY_KEY["grading.verdict_accuracy"]
LEVEL, EPOCHS, BREAKS, SWAPS = 0.05, (1, 3, 5), (0.025, 0.05, 0.10), 4000
CONCENTRATION = 1.5  # of the Beta distribution: most moments are either good or bad
NOISE_EPOCHS = 5


@dataclass(frozen=True, slots=True)
class Judge:
    """A simulated judge over some answers with some points each; half of the points are said."""

    answers: int
    points: int
    flips: float
    clustered: bool

    def run(self, rng: random.Random, epochs: int, broken: frozenset[tuple[int, int]] = frozenset()) -> list[Result]:
        """Return the results of a run whose verdicts on the `broken` points are inverted before the noise."""
        return [self._result(rng, epoch, answer, broken) for epoch in range(epochs) for answer in range(self.answers)]

    def _result(self, rng: random.Random, epoch: int, answer: int, broken: frozenset[tuple[int, int]]) -> Result:
        share = rng.betavariate(CONCENTRATION * self.flips, CONCENTRATION * (1 - self.flips)) if self.clustered else self.flips
        marks = []
        for point in range(self.points):
            said = (answer * self.points + point) % 2 == 1
            given = said ^ ((answer, point) in broken) ^ (rng.random() < share)
            marks.append(Mark.model_construct(point=f"p{point}", expected=_verdict(said), given=_verdict(given)))
        about = {"suite": "grading", "label": "", "question": f"q{answer}", "topic": "t", "kind": "k"}
        return Result.model_construct(case=str(answer), epoch=epoch, points=tuple(marks), **about)

    def broken(self, rng: random.Random, share: float) -> frozenset[tuple[int, int]]:
        """Return the points that a break of this size inverts."""
        every = [(answer, point) for answer in range(self.answers) for point in range(self.points)]
        return frozenset(rng.sample(every, round(share * len(every))))


def _verdict(said: bool) -> Verdict:  # noqa: FBT001 - it is what the function is about
    return "hit" if said else "miss"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the four gates make of a pair of runs: whether each of them calls it worse."""

    paired: bool
    any_flip: bool
    any_drop: bool
    single_verdicts: bool


def seen(before: list[Result], after: list[Result]) -> Seen:
    """Return the outcome of all gates."""
    found = change(FIGURE, before, after, swaps=SWAPS)
    worse, better = flips(before, after)
    return Seen(found.p < LEVEL, worse > 0, found.difference < 0, mcnemar(worse, better) < LEVEL)


def flips(before: list[Result], after: list[Result]) -> tuple[int, int]:
    """Return how many verdicts became wrong and how many right, epoch by epoch."""
    pairs = [
        (a.right, b.right) for one, other in zip(before, after, strict=True) for a, b in zip(one.points, other.points, strict=True)
    ]
    return sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)


def shares(judge: Judge, epochs: int, broken: float, runs: int) -> dict[str, float]:
    """Return the share of simulated comparisons that each gate calls worse."""
    counts = dict.fromkeys(Seen.__slots__, 0)
    for number in range(runs):
        rng = random.Random(f"{judge} {epochs} {broken} {number}")
        found = seen(judge.run(rng, epochs), judge.run(rng, epochs, judge.broken(rng, broken)))
        for gate in counts:
            counts[gate] += getattr(found, gate)
    return {gate: count / runs for gate, count in counts.items()}


def error(share: float, runs: int) -> float:
    """Return 1.96 standard errors of a share."""
    return 1.96 * math.sqrt(share * (1 - share) / runs)


def predicted(judge: Judge) -> str:
    """Return what `eval noise` tells about the judge: its flip rate, the loss that one epoch finds, the epochs for each break."""
    results = judge.run(random.Random(f"noise {judge}"), NOISE_EPOCHS)
    losses = {share: share * (1 - 2 * judge.flips) for share in BREAKS}
    needs = {share: noise_of(results, {FIGURE.key: loss}) for share, loss in losses.items()}
    first = needs[BREAKS[0]]
    told = ", ".join(f"{need.needs[0].epochs} for {100 * share:g} %" for share, need in needs.items())
    return (
        f"`eval noise` says of it: {100 * first.flip_rate:.0f} % of its outcomes differ between two epochs, one epoch finds a "
        f"loss of {first.needs[0].detectable:.3f} four times out of five; epochs needed: {told}."
    )


def rows(judge: Judge, runs: int, null_runs: int) -> Iterator[str]:
    """Yield the lines of a judge's table; a line that says FAILED where the level is not kept."""
    yield f"| broken verdicts | expected loss | {' | '.join(f'{epochs} epoch' + 's' * (epochs > 1) for epochs in EPOCHS)} |"
    yield f"|---|---|{'---|' * len(EPOCHS)}"
    nothing = [shares(judge, epochs, 0.0, null_runs) for epochs in EPOCHS]
    yield _row("none: false alarms", 0.0, [found["paired"] for found in nothing], null_runs)
    for share in BREAKS:
        found = [shares(judge, epochs, share, runs)["paired"] for epochs in EPOCHS]
        yield _row(f"{100 * share:g} %: found", share * (1 - 2 * judge.flips), found, runs)
    for gate, name in (("single_verdicts", "McNemar over verdicts"), ("any_drop", "any drop"), ("any_flip", "any flip")):
        yield _row(f"none: false alarms of {name}", 0.0, [found[gate] for found in nothing], null_runs)
    for epochs, found in zip(EPOCHS, nothing, strict=True):
        if found["paired"] > LEVEL + error(LEVEL, null_runs):
            yield f"FAILED: {100 * found['paired']:.1f} % false alarms with {epochs} epochs"


def _row(name: str, loss: float, found: list[float], runs: int) -> str:
    cells = " | ".join(f"{100 * share:.1f} ± {100 * error(share, runs):.1f} %" for share in found)
    return f"| {name} | {f'{loss:.4f}' if loss else ''} | {cells} |"


def main() -> int:
    """Print a table per judge; return 1 where the level is not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=400, help="simulated comparisons per break")
    parser.add_argument("--null-runs", type=int, default=1000, help="simulated comparisons without a break")
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--points", type=int, default=7)
    parser.add_argument("--flips", type=float, default=0.27, help="share of verdicts that are turned over")
    given = parser.parse_args()
    kept = True
    for clustered in (False, True):
        judge = Judge(given.answers, given.points, given.flips, clustered)
        print(f"\nThe judge errs {'in clusters' if clustered else 'alone'}. {predicted(judge)}\n", flush=True)
        for line in rows(judge, given.runs, given.null_runs):
            print(line, flush=True)
            kept = kept and not line.startswith("FAILED")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
