"""The baseline: what a run gave when somebody said "this is right", and how a later run differs from it.

One line per case, sorted, so that `git diff` shows what a `bless` changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from mockinterview.errors import NotComparableError, StorageError, UsageError
from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.results import Result
from mockinterview.evals.run import FORMAT, Manifest
from mockinterview.evals.statistics import Change, change, mcnemar

_UNSTABLE: Final = {"seconds", "prompt_tokens", "completion_tokens", "requests", "cost", "note"}
_QUOTED: Final = 100  # characters of a quote in a baseline
_SHOWN: Final = 5  # names in a message


@dataclass(frozen=True, slots=True)
class Baseline:
    """A blessed run."""

    manifest: Manifest
    results: tuple[Result, ...]


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
    """Write a baseline; raise UsageError where results are missing or were lost."""
    if any(result.ungraded and not result.graded_by for result in results):
        raise UsageError("Some cases have no outcome because of an outage.", "Finish the run with --resume, then bless it.")
    head = json.dumps(manifest.model_dump(mode="json", exclude={"started", "python"}), ensure_ascii=False)
    lines = sorted(json.dumps(_kept(result), ensure_ascii=False) for result in results)
    text = f'{{"manifest": {head},\n"results": [\n' + ",\n".join(lines) + "\n]}\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise StorageError(f"The baseline {file} cannot be written: {error.strerror}.", "Check its folder.") from error


def _kept(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = result.model_dump(mode="json", exclude=_UNSTABLE, exclude_defaults=True)
    for mark in data.get("points", ()):
        if "evidence" in mark:
            mark["evidence"] = mark["evidence"][:_QUOTED]
    return data


def read_baseline(file: Path) -> Baseline:
    """Return a baseline; raise UsageError where there is none, NotComparableError where it is of another format."""
    try:
        data = json.loads(file.read_bytes())
        if data["manifest"].get("format") != FORMAT:
            message = f"The baseline {file} has format {data['manifest'].get('format')}, this release writes {FORMAT}."
            raise NotComparableError(message, "Bless a new one: `mockinterview eval bless`.")
        return Baseline(Manifest.model_validate(data["manifest"]), tuple(Result.model_validate(row) for row in data["results"]))
    except OSError as error:
        raise UsageError(f"There is no baseline at {file}.", "`mockinterview eval bless` writes one from a run.") from error
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise UsageError(f"The baseline {file} cannot be read: {error}.", "Take it from git again.") from error


def compare(baseline: Baseline, manifest: Manifest, results: Sequence[Result], *, whole: bool = True) -> Comparison:
    """Return the differences between a run and its baseline, case by case.

    Raises NotComparableError where a case expects something else than it did, or where there is no case in common. `whole`
    tells that the run took all cases of its suites: then a case of the baseline that is missing is reported as gone.
    """
    before, after = _by_case(baseline.results), _by_case(results)
    common = [key for key in after if key in before]
    _refuse_other_labels(before, after, common)
    suites = {suite for suite, _ in after}
    gone = [f"{suite}/{case}" for suite, case in before if suite in suites and (suite, case) not in after] if whole else []
    old = [result for key in common for result in before[key]]
    new = [result for key in common for result in after[key]]
    flips = [flip for key in common for flip in _flips(before[key], after[key])]
    return Comparison(
        flips=tuple(flips),
        changes=_changes(old, new, suites),
        mcnemar={suite: mcnemar(*_balance(flips, suite)) for suite in suites},
        new=tuple(f"{suite}/{case}" for suite, case in after if (suite, case) not in before),
        gone=tuple(gone),
        cases=len(common),
        changed=_changed(baseline.manifest, manifest),
    )


def _by_case(results: Sequence[Result]) -> dict[tuple[str, str], list[Result]]:
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.suite, result.case), []).append(result)
    return found


def _refuse_other_labels(
    before: dict[tuple[str, str], list[Result]], after: dict[tuple[str, str], list[Result]], common: Sequence[tuple[str, str]]
) -> None:
    if not common:
        raise NotComparableError("The baseline has no case of this run.", "Bless a baseline from the same suites.")
    other = ["/".join(key) for key in common if before[key][0].label != after[key][0].label]
    if other:
        named = ", ".join(other[:_SHOWN]) + (", ..." if len(other) > _SHOWN else "")
        message = f"{len(other)} case(s) expect something else than when the baseline was made: {named}."
        raise NotComparableError(message, "Labels changed, so bless a new baseline: `mockinterview eval bless`.")


def _changes(old: Sequence[Result], new: Sequence[Result], suites: set[str]) -> dict[str, Change]:
    def of(results: Sequence[Result], suite: str) -> list[Result]:
        return [result for result in results if result.suite == suite]

    found = {key: change(m, of(old, m.suite), of(new, m.suite)) for key, m in BY_KEY.items() if m.suite in suites}
    return {key: c for key, c in found.items() if c.number and c.before is not None}


def _balance(flips: Sequence[Flip], suite: str) -> tuple[int, int]:
    mine = [flip for flip in flips if flip.suite == suite]
    return sum(flip.worse for flip in mine), sum(not flip.worse for flip in mine)


def _flips(before: Sequence[Result], after: Sequence[Result]) -> list[Flip]:
    """Return what most epochs of a case call otherwise than before."""
    old, new = _majority(before), _majority(after)
    first, last = before[0], after[0]
    if last.ungraded or first.ungraded:
        if bool(last.ungraded) == bool(first.ungraded):
            return []
        return [_flip(last, "graded", first.ungraded or "graded", last.ungraded or "graded", worse=bool(last.ungraded))]
    return [
        _flip(last, what, described(before, what), described(after, what), worse=old.get(what, True))
        for what in {**old, **new}
        if old.get(what, True) != new.get(what, True)
    ]


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
    """Return what a run made of something: verdict, quote and probability, or what a check saw."""
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
    names = ("package", "backend", "model", "bank", "prompts", "grader")
    return {name: (old, new) for name in names if (old := getattr(before, name)) != (new := getattr(after, name))}
