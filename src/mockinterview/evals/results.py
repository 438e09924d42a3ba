"""What one case came to. The same value is a line of the results file, the input of all figures, and what a baseline keeps."""

from __future__ import annotations

from mockinterview.evals.parts import part
from mockinterview.models import Value, Verdict

FOUND = 5  # a query counts as answered where its question is among this many


class Mark(Value):
    """The verdict on one point: what was expected, what was given, the quote, and the probability of a hit where there is one."""

    point: str
    expected: Verdict
    given: Verdict
    evidence: str = ""
    probability: float | None = None

    @property
    def right(self) -> bool:
        """Whether the given verdict is the expected one."""
        return self.expected == self.given


class Check(Value):
    """Something that must hold, and what was seen."""

    name: str
    passed: bool
    seen: str = ""


class Result(Value):
    """The outcome of a case in one epoch. `ungraded` holds the reason where there was no outcome: never a zero, never a verdict."""

    suite: str
    case: str
    label: str
    epoch: int = 0
    question: str
    topic: str
    kind: str
    ungraded: str = ""
    graded_by: str = ""
    note: str = ""
    score: float | None = None
    expected_score: float | None = None
    points: tuple[Mark, ...] = ()
    misconceptions: tuple[str, ...] = ()
    expected_misconceptions: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    expected_flags: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    rank: int | None = None  # of the right question, from 1; 0 where it was not found
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    requests: int = 0
    cost: float = 0.0

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells results apart: suite, case, epoch."""
        return (self.suite, self.case, self.epoch)

    @property
    def part(self) -> str:
        """The part of the split that its question belongs to."""
        return part(self.question)

    def outcomes(self) -> dict[str, bool]:
        """Return everything in this result that is right or wrong, by name: points, misconceptions, checks, rank."""
        wrong = set(self.misconceptions) ^ set(self.expected_misconceptions)
        involved = set(self.misconceptions) | set(self.expected_misconceptions)
        return {
            **{mark.point: mark.right for mark in self.points},
            **{f"misconception {m}": m not in wrong for m in sorted(involved)},
            **{check.name: check.passed for check in self.checks},
            **({} if self.rank is None else {"found in the first 5": 1 <= self.rank <= FOUND}),
        }
