"""Runs one interview in a thread with one event loop, so that neither grading nor the disk ever holds up the screen.

One loop for the whole interview, because the clients of models keep connections that belong to the loop they were made in.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager

from mockinterview.interview.loop import Interview
from mockinterview.models import Event, Plan, Verdict

PATIENCE = 2.0  # seconds that closing waits for a step that is under way; everything said is on disk by then


class Driver:
    """An interview, the claim on its session, and the thread that drives it. Raises UsageError where another process holds it."""

    def __init__(self, interview: Interview, claim: AbstractContextManager[None]) -> None:
        self.interview = interview
        self._claim = claim
        self._claim.__enter__()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="interview", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def listen(self, on_event: Callable[[Event], object], on_text: Callable[[str], object]) -> None:
        """Set who is told about events and pieces of text; both are called in the driver's thread."""
        self.interview.listen(lambda event: _ignore(on_event(event)), lambda text: _ignore(on_text(text)))

    async def start(self, plan: Plan, version: str) -> None:
        """Begin the interview and put the first question."""
        await self._do(self.interview.start(plan, version))

    async def reply(self, text: str, whiteboard: str = "") -> None:
        """Pass on an answer and all that follows from it."""
        await self._do(self.interview.reply(text, whiteboard))

    async def command(self, name: str) -> None:
        """Pass on a slash command."""
        await self._do(self.interview.command(name))

    async def advance(self) -> None:
        """Go on where the interview stands; also tries again what failed."""
        await self._do(self.interview.advance())

    async def dispute(self, question_id: str, point_id: str, verdict: Verdict, reason: str = "") -> None:
        """Store the candidate's own verdict on a point."""

        async def store() -> None:
            self.interview.dispute(question_id, point_id, verdict, reason)

        await self._do(store())

    async def _do(self, step: Coroutine[object, object, None]) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(step, self._loop))

    def close(self) -> None:
        """Stop driving and give the session free. Safe to call twice."""
        if self._loop.is_closed() or not self._thread.is_alive():
            return
        self.listen(lambda _: None, lambda _: None)
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        self._thread.join(PATIENCE)
        self._claim.__exit__(None, None, None)

    async def _stop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()


def _ignore(_: object) -> None:
    """Return nothing, whatever a listener returned."""
