"""How much a model differs from itself: an A/A comparison of epochs, and how many epochs a gate needs to see a loss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.results import Result
from mockinterview.evals.statistics import change

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
    by_epoch: dict[int, dict[tuple[str, str], Result]] = {}
    for result in results:
        if not result.ungraded:
            by_epoch.setdefault(result.epoch, {})[result.suite, result.case] = result
    pairs = list(combinations(sorted(by_epoch), 2))[:MOST_PAIRS]
    flips, outcomes = 0, 0
    for one, other in pairs:
        for key in by_epoch[one].keys() & by_epoch[other].keys():
            flips, outcomes = _added(flips, outcomes, by_epoch[one][key], by_epoch[other][key])
    needs = [_need(key, tolerated, [(by_epoch[a], by_epoch[b]) for a, b in pairs]) for key, tolerated in paired.items()]
    return Noise(flips / outcomes if outcomes else 0.0, outcomes, len(by_epoch), tuple(need for need in needs if need))


def _added(flips: int, outcomes: int, one: Result, other: Result) -> tuple[int, int]:
    """Count the outcomes of a case in two epochs, and those that differ; of points, any other verdict differs."""
    first, second = ({m.point: m.given for m in r.points} or r.outcomes() for r in (one, other))
    return flips + sum(first[what] != second.get(what) for what in first), outcomes + len(first)


def _need(key: str, tolerated: float, pairs: Sequence[tuple[dict[tuple[str, str], Result], ...]]) -> Need | None:
    changes = [change(BY_KEY[key], list(a.values()), list(b.values()), swaps=10) for a, b in pairs]
    known = [c.detectable for c in changes if c.number]
    if not known:
        return None
    detectable = sum(known) / len(known)
    # The scatter of a mean over k epochs is that of one divided by the root of k.
    return Need(key, tolerated, detectable, max(1, math.ceil((detectable / tolerated) ** 2)))
