"""How much a model differs from itself: an A/A comparison of epochs, and how many epochs a gate needs to see a loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.results import Result
from mockinterview.evals.statistics import Change, Pairs

MOST_PAIRS: Final = 10  # of epochs that are compared


@dataclass(frozen=True, slots=True)
class Need:
    """Of a figure: the loss that one epoch would find four times out of five, and the epochs that the tolerated loss needs."""

    figure: str
    tolerated: float
    detectable: float
    epochs: int


@dataclass(frozen=True, slots=True)
class Noise:
    """The scatter of a judge: the share of outcomes that differ between two epochs, over how many, and what follows for gates."""

    flip_rate: float
    outcomes: int
    epochs: int
    needs: tuple[Need, ...]


def noise_of(results: Sequence[Result], paired: Mapping[str, float]) -> Noise:
    """Return the scatter between the epochs of a run. `paired` are the figures of the gates with their tolerated losses."""
    by_epoch: dict[int, dict[tuple[str, str], int]] = {}  # at which number the result of each case stands
    for number, result in enumerate(results):
        if not result.ungraded:
            by_epoch.setdefault(result.epoch, {})[result.suite, result.case] = number
    epochs = list(combinations(sorted(by_epoch), 2))[:MOST_PAIRS]
    compared = [_Compared(results, by_epoch[one], by_epoch[other], paired) for one, other in epochs]
    flips, outcomes = sum(c.flips for c in compared), sum(c.outcomes for c in compared)
    needs = [_need(key, tolerated, [c.changes[key] for c in compared]) for key, tolerated in paired.items()]
    return Noise(flips / outcomes if outcomes else 0.0, outcomes, len(by_epoch), tuple(need for need in needs if need))


class _Compared:
    """Two epochs side by side: how many outcomes differ, and how each figure changed."""

    def __init__(
        self, results: Sequence[Result], one: Mapping[tuple[str, str], int], other: Mapping[tuple[str, str], int],
        figures: Iterable[str],
    ) -> None:  # fmt: skip
        self.flips = self.outcomes = 0
        pairs = {key: Pairs(BY_KEY[key]) for key in figures}
        for case in (case for case in one if case in other):
            first, second = results[one[case]], results[other[case]]
            self._count(first, second)
            for found in (f for f in pairs.values() if f.suite == first.suite):
                found.add([first], [second])
        self.changes = {key: found.change(swaps=10) for key, found in pairs.items()}

    def _count(self, one: Result, other: Result) -> None:
        """Count the outcomes of a case, and those that differ; of points, any other verdict differs."""
        first, second = ({m.point: m.given for m in r.points} or r.outcomes() for r in (one, other))
        self.flips += sum(first[what] != second.get(what) for what in first)
        self.outcomes += len(first)


def _need(key: str, tolerated: float, changes: Sequence[Change]) -> Need | None:
    known = [c.detectable for c in changes if c.number]
    if not known:
        return None
    detectable = sum(known) / len(known)
    # The scatter of a mean over k epochs is that of one divided by the root of k.
    return Need(key, tolerated, detectable, max(1, math.ceil((detectable / tolerated) ** 2)))
