"""What the requests of one case cost, and which of them failed: kept per case although many cases run at once."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from mockinterview.errors import MockInterviewError
from mockinterview.ports import Usage


@dataclass(slots=True)
class Spending:
    """The sum of a case's requests, and why requests failed for good; `epoch` tells repetitions of a case apart."""

    epoch: int = 0
    usage: Usage = field(default_factory=Usage)
    failures: list[str] = field(default_factory=list)


spending: ContextVar[Spending | None] = ContextVar("spending", default=None)
"""The spending of the case that runs in this context; tasks that a case starts share it."""


def note_failure(error: MockInterviewError) -> None:
    """Note with the case that runs why its grader or interviewer failed, whatever steps in for it."""
    spent = spending.get()
    if spent is not None:
        spent.failures.append(str(error))
