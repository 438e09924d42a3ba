"""How long to wait for a server: bounded retries with a visible countdown. The SDK's own are off; it would wait in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from mockinterview.llm.door import PassingError

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")
ATTEMPTS: Final = 3
FIRST_WAIT: Final = 0.5  # seconds; doubled from one attempt to the next
LONGEST_WAIT: Final = 30.0  # seconds; a server that asks for more is not waited for


@dataclass(frozen=True, slots=True)
class Wait:
    """A retry that is ahead: seconds left (0 when it begins), which attempt of how many comes next, and why."""

    seconds: float
    attempt: int
    attempts: int
    reason: str


class Patience:
    """Repeats a request whose failure may pass. `on_wait` is told once a second how long it will still take."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, attempts: int = ATTEMPTS) -> None:
        self.attempts = attempts
        self.on_wait: Callable[[Wait], None] = lambda _wait: None
        self._sleep = sleep

    async def call(self, request: Callable[[], Awaitable[T]]) -> T:
        """Return what the request returns; raise its last error when the attempts are used up. Cancelling stops at once."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        async def attempt() -> T:
            return await request()

        async def countdown(seconds: float) -> None:
            await self._count_down(seconds, retrying.statistics["attempt_number"], reasons[-1])

        reasons: list[str] = []
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.attempts), retry=retry_if_exception(_may_pass), wait=_seconds, sleep=countdown,
            before_sleep=lambda state: reasons.append(_reason(state)), reraise=True,
        )  # fmt: skip
        return await retrying(attempt)

    async def _count_down(self, seconds: float, attempt: int, reason: str) -> None:
        left = seconds
        while left > 0:
            self.on_wait(Wait(left, attempt, self.attempts, reason))
            await self._sleep(min(left, 1.0))
            left -= 1.0
        self.on_wait(Wait(0.0, attempt, self.attempts, reason))


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, PassingError) and (error.retry_after or 0.0) <= LONGEST_WAIT


def _seconds(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, PassingError) else None
    return asked if asked is not None else FIRST_WAIT * 2.0 ** (state.attempt_number - 1)


def _reason(state: RetryCallState) -> str:
    error = state.outcome.exception() if state.outcome else None
    return error.message if isinstance(error, PassingError) else ""
