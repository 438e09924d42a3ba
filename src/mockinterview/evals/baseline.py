"""The baseline: what a run gave when somebody said "this is right", and how a later run differs from it.

One line per case, sorted, so that `git diff` shows what a `bless` changed.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic import ValidationError

from mockinterview.errors import NotComparableError, UsageError
from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.results import Result
from mockinterview.evals.run import FORMAT, Manifest
from mockinterview.evals.statistics import Change, Pairs, mcnemar
from mockinterview.evals.stored import Stored, parsed
from mockinterview.storage import write_whole

_UNSTABLE: Final = {"seconds", "prompt_tokens", "completion_tokens", "requests", "cost", "note"}
_QUOTED: Final = 100  # characters of a quote in a baseline
_SHOWN: Final = 5  # names in a message
# The lines around the results, each of which has a line of its own: so they need not all be read to look at one.
_BEGIN, _RESULTS, _END = '{"manifest": ', '"results": [', "]}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A blessed run."""

    manifest: Manifest
    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Flip:
    """Something that is right in one run and wrong in the other, with what was seen before and after."""

    suite: str
    case: str
    question: str
    what: str
    worse: bool
    before: str
    after: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a run differs from its baseline, over the cases that both have."""

    flips: tuple[Flip, ...]
    changes: dict[str, Change]
    mcnemar: dict[str, float]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    cases: int
    changed: dict[str, tuple[str, str]]

    @property
    def worse(self) -> list[Flip]:
        """The flips from right to wrong."""
        return [flip for flip in self.flips if flip.worse]

    @property
    def better(self) -> list[Flip]:
        """The flips from wrong to right."""
        return [flip for flip in self.flips if not flip.worse]


def write_baseline(file: Path, manifest: Manifest, results: Sequence[Result]) -> None:
    """Write a baseline; raise StorageError where that cannot be done."""
    head = json.dumps(manifest.model_dump(mode="json", exclude={"started", "python"}), ensure_ascii=False)
    lines = sorted(json.dumps(_kept(result), ensure_ascii=False) for result in results)
    text = f"{_BEGIN}{head},\n{_RESULTS}\n" + ",\n".join(lines) + f"\n{_END}\n"
    with suppress(OSError):  # writing says what is wrong with the folder
        file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text, "Check its folder.")


def _kept(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = result.model_dump(mode="json", exclude=_UNSTABLE, exclude_defaults=True)
    for mark in data.get("points", ()):
        if "evidence" in mark:
            mark["evidence"] = mark["evidence"][:_QUOTED]
    return data


def read_baseline(file: Path) -> Baseline:
    """Return a baseline; raise UsageError where there is none, NotComparableError where it is of another format."""
    try:
        with file.open("rb") as lines:
            head = json.loads(lines.readline().strip().removeprefix(_BEGIN.encode()).removesuffix(b","))
            if head.get("format") != FORMAT:
                message = f"The baseline {file} has format {head.get('format')}, this release writes {FORMAT}."
                raise NotComparableError(message, "Bless a new one: `mockinterview eval bless`.")
            return Baseline(Manifest.model_validate(head), Stored(file, _places(lines)))
    except OSError as error:
        raise UsageError(f"There is no baseline at {file}.", "`mockinterview eval bless` writes one from a run.") from error
    except (ValueError, AttributeError, ValidationError) as error:
        raise UsageError(f"The baseline {file} cannot be read: {error}.", "Take it from git again.") from error


def _places(lines: BinaryIO) -> Iterator[int]:
    """Yield where the line of each result begins, after reading it once; raise ValueError where there is something else."""
    if lines.readline().strip() != _RESULTS.encode():
        raise ValueError("line 2 is not the beginning of the results")
    while (line := lines.readline()).strip() != _END.encode():
        if line.strip():  # a baseline without a result has an empty line
            parsed(line)
            yield lines.tell() - len(line)
        elif not line:
            raise ValueError("its end is missing")


def compare(baseline: Baseline, manifest: Manifest, results: Sequence[Result], *, whole: bool = True) -> Comparison:
    """Return the differences between a run and its baseline, case by case.

    Raises NotComparableError where a case expects something else than it did, or where there is no case in common. `whole`
    tells that the run took all cases of its suites: then a case of the baseline that is missing is reported as gone.
    """
    before, after = _at(baseline.results), _at(results)
    suites = dict.fromkeys(suite for suite, _ in after)
    gone = [f"{suite}/{case}" for suite, case in before if suite in suites and (suite, case) not in after] if whole else []
    seen = _Seen(suites)
    for key, places in after.items():
        if key in before:
            seen.take([baseline.results[at] for at in before[key]], [results[at] for at in places])
    seen.refuse_other_labels()
    return Comparison(
        flips=tuple(seen.flips),
        changes={key: c for key, pairs in seen.pairs.items() if (c := pairs.change()).number and c.before is not None},
        mcnemar={suite: mcnemar(*_balance(seen.flips, suite)) for suite in suites},
        new=tuple(f"{suite}/{case}" for suite, case in after if (suite, case) not in before),
        gone=tuple(gone),
        cases=seen.cases,
        changed=_changed(baseline.manifest, manifest),
    )


def _at(results: Iterable[Result]) -> dict[tuple[str, str], list[int]]:
    """Return at which numbers the results of each case stand."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, result in enumerate(results):
        found.setdefault((result.suite, result.case), []).append(number)
    return found


class _Seen:
    """What a comparison keeps of the cases that it has looked at: flips and numbers, no results."""

    def __init__(self, suites: Container[str]) -> None:
        self.flips: list[Flip] = []
        self.pairs = {key: Pairs(measure) for key, measure in BY_KEY.items() if measure.suite in suites}
        self.cases = 0
        self._other: list[str] = []  # cases that expect something else than before

    def take(self, before: Sequence[Result], after: Sequence[Result]) -> None:
        """Look at a case: its results in all epochs of the baseline and of the run."""
        first = before[0]
        self.cases += 1
        if first.label != after[0].label:
            self._other.append(f"{first.suite}/{first.case}")
        self.flips += _flips(before, after)
        for pairs in self.pairs.values():
            if pairs.suite == first.suite:
                pairs.add(before, after)

    def refuse_other_labels(self) -> None:
        """Raise NotComparableError where there was no case in common, or one with another label."""
        if not self.cases:
            raise NotComparableError("The baseline has no case of this run.", "Bless a baseline from the same suites.")
        if self._other:
            named = ", ".join(self._other[:_SHOWN]) + (", ..." if len(self._other) > _SHOWN else "")
            message = f"{len(self._other)} case(s) expect something else than when the baseline was made: {named}."
            raise NotComparableError(message, "Labels changed, so bless a new baseline: `mockinterview eval bless`.")


def _balance(flips: Sequence[Flip], suite: str) -> tuple[int, int]:
    mine = [flip for flip in flips if flip.suite == suite]
    return sum(flip.worse for flip in mine), sum(not flip.worse for flip in mine)


def _flips(before: Sequence[Result], after: Sequence[Result]) -> list[Flip]:
    """Return what most graded epochs of a case call otherwise than before, or that one of the runs graded none of them."""
    first, last = _graded(before), _graded(after)
    if not (first and last):
        seen, now = ("graded" if graded else each[0].ungraded for graded, each in ((first, before), (last, after)))
        return [_flip(after[0], "graded", seen, now, worse=bool(first))] if first or last else []
    old, new = _majority(first), _majority(last)
    return [
        _flip(last[0], what, described(first, what), described(last, what), worse=old.get(what, True))
        for what in {**old, **new}
        if old.get(what, True) != new.get(what, True)
    ]


def _graded(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if not result.ungraded]


def _flip(result: Result, what: str, before: str, after: str, *, worse: bool) -> Flip:
    expected = _expected(result, what)
    return Flip(result.suite, result.case, result.question, what, worse, before, after, expected)


def _majority(results: Sequence[Result]) -> dict[str, bool]:
    counts: dict[str, list[bool]] = {}
    for result in results:
        for what, right in result.outcomes().items():
            counts.setdefault(what, []).append(right)
    return {what: 2 * sum(rights) > len(rights) for what, rights in counts.items()}


def described(results: Sequence[Result], what: str) -> str:
    """Return what the first of some graded results made of something: verdict, quote and probability, or what a check saw."""
    result = results[0]
    for mark in result.points:
        if mark.point == what:
            quote = f' "{mark.evidence}"' if mark.evidence else ""
            return f"{mark.given}{quote}" + ("" if mark.probability is None else f" (p = {mark.probability:.2f})")
    for check in result.checks:
        if check.name == what:
            return ("holds" if check.passed else "fails") + (f": {check.seen}" if check.seen else "")
    if what.startswith("misconception "):
        return "stated" if what.removeprefix("misconception ") in result.misconceptions else "not stated"
    return f"rank {result.rank}" if result.rank is not None else "not there"


def _expected(result: Result, what: str) -> str:
    for mark in result.points:
        if mark.point == what:
            return mark.expected
    if what.startswith("misconception "):
        return "stated" if what.removeprefix("misconception ") in result.expected_misconceptions else "not stated"
    return ""


def _changed(before: Manifest, after: Manifest) -> dict[str, tuple[str, str]]:
    names = (
        "package", "backend", "model", "interviewer", "interviewer_model", "votes", "bank", "prompts", "grader", "code",
    )  # fmt: skip
    both = {name: (str(getattr(before, name)), str(getattr(after, name))) for name in names}
    return {name: (old, new) for name, (old, new) in both.items() if old not in ("", new)}  # "": not recorded by its release
