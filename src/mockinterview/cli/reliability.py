"""How reliable a grader is, in one sentence for the report: from the last eval run in the home, else from the shipped baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockinterview.bank.load import data_dir
from mockinterview.errors import MockInterviewError
from mockinterview.evals.baseline import read_baseline
from mockinterview.evals.figures import headline_grading
from mockinterview.evals.results import Result
from mockinterview.evals.run import Manifest, RunFolder, grader_hash
from mockinterview.grading.embedded import WORDS_ALONE
from mockinterview.grading.score import CREDIT
from mockinterview.models import ARITHMETIC

ENOUGH = 50  # answers; a smaller run says little, and the baseline is asked instead
RUNS = 5  # the latest ones that are looked at


@dataclass(frozen=True, slots=True)
class _Source:
    """Results and where they are from."""

    name: str
    manifest: Manifest
    results: Sequence[Result]


def reliability(graders: Sequence[str], runs: Path) -> list[str]:
    """Return a sentence for each grader of a report; one that nothing was measured for is told as such.

    `runs` is the folder of the eval runs. What arithmetic graded needs none.
    """
    names = [name for name in graders if name != ARITHMETIC]
    return [_sentence(name, runs) for name in names]


def _sentence(name: str, runs: Path) -> str:
    for source in _sources(runs):
        mine = [r for r in headline_grading(source.results) if r.graded_by == name and r.points]
        if len(mine) >= ENOUGH:
            return f"{name}: {_figures(mine)} ({len(mine)} answers, {_told(source, name)})."
    if name == WORDS_ALONE:
        both = "the shipped figures are those of both layers together, and words alone are less exact"
        return f"{name}: {both}; `mockinterview eval --judge words` measures them here."
    return f"{name}: not measured here; `mockinterview eval` measures the grader of the settings."


def _sources(runs: Path) -> Iterator[_Source]:
    folders = sorted((f for f in runs.glob("*") if (f / "manifest.json").is_file()), reverse=True)[:RUNS]
    for folder in map(RunFolder, folders):
        try:
            yield _Source(f"eval run {folder.path.name}", folder.manifest(), list(folder.results()))
        except MockInterviewError:  # a run of another release, or one that was deleted half
            continue
    for file in sorted((data_dir("evals") / "baselines").glob("*.json")):
        try:
            baseline = read_baseline(file)
        except MockInterviewError:
            continue
        yield _Source("the shipped baseline", baseline.manifest, baseline.results)


def _figures(results: Sequence[Result]) -> str:
    """Return precision and recall of credit (a hit or a partial) in words."""
    pairs = [(bool(CREDIT[mark.given]), bool(CREDIT[mark.expected])) for result in results for mark in result.points]
    both = sum(given and expected for given, expected in pairs)
    given, expected = sum(given for given, _ in pairs), sum(expected for _, expected in pairs)
    right = f"{100 * both / given:.0f} of 100 credits are right" if given else "it never gave credit"
    found = f"{100 * both / expected:.0f} of 100 points that were said are seen" if expected else "no point was said"
    return f"{right}, {found}"


def _told(source: _Source, name: str) -> str:
    changed = name == source.manifest.model == "embedded" and source.manifest.grader != grader_hash()
    return f"{source.name}{', before the last change of the grader' if changed else ''}"
