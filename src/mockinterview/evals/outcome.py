"""Everything that a run came to, in one value: the input of all reports, and the JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

from mockinterview.evals.baseline import Comparison
from mockinterview.evals.figures import Spent, Table, as_data, broken_down, confusion, headline, headline_grading, spent
from mockinterview.evals.gates import Verdict, passed
from mockinterview.evals.results import Result
from mockinterview.evals.run import Manifest

REGRESSED, BACKEND_GONE = 1, 3
FAILING_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run with its figures, its comparison with a baseline (None without one) and the verdicts of the gates."""

    manifest: Manifest
    results: Sequence[Result]
    figures: Table
    verdicts: Sequence[Verdict]
    spent: Spent
    comparison: Comparison | None = None
    left_out: Sequence[str] = ()
    complete: bool = True
    folder: str = ""
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 where everything held, 1 where a gate failed, 3 where the run is incomplete."""
        if not self.complete or self.spent.lost:
            return BACKEND_GONE
        return 0 if passed(list(self.verdicts)) else REGRESSED

    def failing(self) -> Iterator[tuple[Result, str, str]]:
        """Yield every check that did not hold: the result, the check, what was seen."""
        return ((r, c.name, c.seen) for r in self.results for c in r.checks if not c.passed)


def figures_of(results: Sequence[Result]) -> tuple[Table, Spent]:
    """Return the headline figures and what the run took."""
    return headline(results), spent(results)


def as_document(outcome: Outcome) -> dict[str, Any]:
    """Return the run as one JSON document: manifest, figures, break-downs, gates, flips, failing checks."""
    ungraded = ({"suite": r.suite, "case": r.case, "why": r.ungraded} for r in outcome.results if r.ungraded)
    return {
        "manifest": outcome.manifest.model_dump(mode="json"),
        "exit_code": outcome.exit_code,
        "complete": outcome.complete,
        "results_file": outcome.folder,
        "spent": outcome.spent.model_dump(),
        "figures": as_data(outcome.figures),
        "by": {by: {name: as_data(table) for name, table in tables.items()} for by, tables in broken_down(outcome.results).items()},
        "confusion": confusion(headline_grading(outcome.results)),
        "gates": [{"gate": v.gate, "status": v.status, "why": v.why, "cases": [f.case for f in v.flips]} for v in outcome.verdicts],
        "comparison": _compared(outcome.comparison),
        "failing": [
            {"suite": r.suite, "case": r.case, "kind": r.kind, "check": name, "seen": seen}
            for r, name, seen in islice(outcome.failing(), FAILING_SHOWN)
        ],
        "ungraded": list(islice(ungraded, FAILING_SHOWN)),
        "left_out": list(outcome.left_out),
    }


def _compared(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    changes = {
        key: {**{k: None if v is None else round(v, 4) for k, v in asdict(c).items()}, "difference": round(c.difference, 4)}
        for key, c in comparison.changes.items()
    }
    return {
        "cases": comparison.cases, "worse": len(comparison.worse), "better": len(comparison.better),
        "flips": [asdict(flip) for flip in comparison.flips], "figures": changes, "mcnemar_p": comparison.mcnemar,
        "new": list(comparison.new), "gone": list(comparison.gone), "changed": comparison.changed,
    }  # fmt: skip
