"""A model behind any door, as the core sees it (`ports.ChatModel`): structured output that survives real servers, and a budget.

The ladder: JSON schema (strict), JSON object with the schema, plain prompt. A server that refuses a rung is never asked for it
again; one that ignores it is found out by its reply. A reply that cannot be read is sent back once with the reason.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final, Literal

from mockinterview.budget import TokenCounter
from mockinterview.errors import BackendError, PromptTooLongError
from mockinterview.llm.door import Delta, Door, Form, FormRefusedError, Reply, Request
from mockinterview.llm.patience import Patience, Wait
from mockinterview.llm.reading import Spoken, json_from
from mockinterview.models import BackendSettings
from mockinterview.ports import Message, T, Usage
from mockinterview.sanitize import clean, clean_piece

Rung = Literal["json_schema", "json_object", "plain"]
RUNGS: Final[tuple[Rung, ...]] = ("json_schema", "json_object", "plain")
GIVE_UP_AFTER: Final = 3  # failures in a row after which a backend is set aside
CHARACTERS_PER_TOKEN: Final = 12  # a stream that brings more than this for its limit ignores the limit
QUOTED: Final = 2000  # characters of an unusable reply that are sent back with the reason
DEFAULT_WINDOW: Final = 4096  # tokens; what Ollama gives on ordinary machines, the smallest default of the known servers
EXACT_FROM: Final = 0.5  # of the room; prompts below cannot exceed it even where the estimate is far off

_ORDER: Final = "\n\nReply with one JSON object and nothing else. It follows this JSON Schema:\n"
_AGAIN: Final = "That reply cannot be used: {reason}. Send the whole JSON object again, corrected, and nothing else."


class Model:
    """Implements `ports.ChatModel` over a door. After three failures in a row it is set aside until `try_again` is called."""

    def __init__(
        self,
        settings: BackendSettings,
        door: Door,
        *,
        counter: TokenCounter | None = None,
        patience: Patience | None = None,
        window: int | None = None,
    ) -> None:
        self.settings = settings
        self.door = door
        self.counter = counter or TokenCounter()
        self._patience = patience or Patience()
        self._window = settings.context_window or window or DEFAULT_WINDOW
        self._rung = 0
        self._proven = False
        self._usage = Usage()
        self._notices: dict[str, None] = {}
        self._failures = 0
        self._last_failure = ""

    # --- what is known about it -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The model's name, used as label."""
        return self.settings.model or self.settings.name

    @property
    def context_window(self) -> int:
        """The number of tokens that prompt and reply may have together."""
        return self._window

    @property
    def usage(self) -> Usage:
        """The sum of all requests, as the server reported them; cost in the currency of the configured prices."""
        return self._usage

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know about this model and cannot see."""
        return tuple(self._notices)

    @property
    def structured(self) -> Rung | None:
        """The rung of the ladder on which the last usable reply came, or None where none has come yet."""
        return RUNGS[self._rung] if self._proven else None

    @property
    def set_aside(self) -> bool:
        """Whether it failed too often in a row and is not asked any more."""
        return self._failures >= GIVE_UP_AFTER

    def try_again(self) -> None:
        """Ask it again from now on."""
        self._failures = 0

    def listen(self, on_wait: Callable[[Wait], None]) -> None:
        """Set who is told, once a second, that a request failed and is going to be repeated."""
        self._patience.on_wait = on_wait

    # --- structured replies ---------------------------------------------------------------------------------------

    async def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any],
        read: Callable[[dict[str, Any]], T],
        *,
        max_tokens: int,
        temperature: float | None = None,
    ) -> T:
        """Return what `read` makes of the model's JSON object; see `ports.ChatModel`."""
        self._refuse_when_set_aside()
        try:
            found = await self._read_twice(messages, schema, read, max_tokens, temperature)
        except PromptTooLongError:
            raise
        except BackendError as error:
            self._failed(error)
            raise
        self._failures, self._proven = 0, True
        return found

    async def _read_twice(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any],
        read: Callable[[dict[str, Any]], T],
        max_tokens: int,
        temperature: float | None,
    ) -> T:
        reply = await self._climb_down(messages, schema, max_tokens, temperature)
        try:
            return read(json_from(reply.text))
        except ValueError as error:
            reason = _sentence(error)
        if "{" not in reply.text and reply.text.strip():
            self._rung = len(RUNGS) - 1  # the server takes the form and ignores it
        # A reply that ran into its limit needs more room, not only a reason.
        room = min(2 * max_tokens, self._window // 2) if reply.finish == "length" else max_tokens
        again = await self._climb_down(_with_reason(messages, reply.text, reason), schema, room, temperature)
        try:
            return read(json_from(again.text))
        except ValueError as error:
            message = f"{self.name} gave no usable JSON in two attempts: {_sentence(error)}."
            raise BackendError(message, "Take a larger model, or a server that supports JSON schemas.") from error

    async def _climb_down(
        self, messages: Sequence[Message], schema: dict[str, Any], max_tokens: int, temperature: float | None
    ) -> Reply:
        """Return the reply on the highest rung that the server accepts, and remember that rung."""
        while True:
            at = self._rung
            rung = RUNGS[at]
            asked = [*messages] if rung == "json_schema" else _with_schema(messages, schema)
            warmth = self.settings.temperature if temperature is None else temperature
            try:
                return await self._reply(Request(asked, max_tokens, warmth, _form(rung, schema)))
            except FormRefusedError:
                # Others that were under way may have been refused as well; "plain" has no form that could be refused.
                self._rung = max(self._rung, at + 1)

    async def _reply(self, request: Request) -> Reply:
        await self._check_room(request)
        reply = await self._patience.call(lambda: self.door.reply(request))
        self._usage += Usage(requests=1)
        self._record(request, reply.prompt_tokens, reply.completion_tokens)
        return reply

    # --- streams --------------------------------------------------------------------------------------------------

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """Yield the reply piece by piece, without what the model only thinks and without control characters.

        Raises BackendError also after some pieces, where the stream breaks off before its end.
        """
        self._refuse_when_set_aside()
        request = Request(messages, max_tokens, self.settings.temperature)
        await self._check_room(request)
        try:
            async with aclosing(self._spoken(request)) as pieces:
                async for piece in pieces:
                    yield piece
        except BackendError as error:
            self._failed(error)
            raise
        except GeneratorExit:  # who closes it has heard enough
            self._failures = 0
            raise
        self._failures = 0

    async def _spoken(self, request: Request) -> AsyncGenerator[str, None]:
        # Counted at once: who hears enough closes the stream before the server can report its tokens.
        self._usage += Usage(requests=1)
        spoken, finish, came, thoughts = Spoken(), "", 0, 0
        limit = CHARACTERS_PER_TOKEN * request.max_tokens
        async with aclosing(self._deltas(request)) as deltas:
            async for delta in deltas:
                finish = delta.finish or finish
                came += len(delta.text)
                thoughts += delta.thinking
                self._record(request, delta.prompt_tokens, delta.completion_tokens)
                if text := clean_piece(spoken.take(delta.text)):
                    yield text
                if came > limit or thoughts > limit:
                    return  # it repeats itself without end; what came is kept
        if text := clean_piece(spoken.rest()):
            yield text
        if not finish:
            raise BackendError(f"{self.name} broke off in the middle of its reply.", "Try again; see the server's own log.")

    async def _deltas(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Yield the pieces; only what fails before the first piece is repeated, for nothing said can be taken back."""

        async def opened() -> tuple[Delta | None, AsyncGenerator[Delta, None]]:
            deltas = self.door.stream(request)
            return await anext(deltas, None), deltas

        first, rest = await self._patience.call(opened)
        async with aclosing(rest) as deltas:
            if first is not None:
                yield first
            async for delta in deltas:
                yield delta

    # --- the budget -----------------------------------------------------------------------------------------------

    async def fits(self, messages: Sequence[Message], *, max_tokens: int) -> bool:
        """Tell whether prompt and reply stay within the window; asks the server's own tokenizer where it comes near."""
        room = self._window - max_tokens
        counted = self.counter.count(messages)
        if counted <= EXACT_FROM * room:
            return True
        exact = await self.door.tokens("\n".join(message.content for message in messages))
        if exact is not None:
            self.counter.learn(messages, exact)
            counted = self.counter.count(messages)
        return counted <= room

    async def _check_room(self, request: Request) -> None:
        if not await self.fits(request.messages, max_tokens=request.max_tokens):
            message = f"The prompt does not fit into the {self._window} tokens of {self.name}."
            raise PromptTooLongError(message, "Set context_window to what the server really has, or take another model.")

    def _record(self, request: Request, prompt: int | None, completion: int | None) -> None:
        cost = ((prompt or 0) * self.settings.prompt_price + (completion or 0) * self.settings.completion_price) / 1e6
        self._usage += Usage(prompt or 0, completion or 0, cost=cost)
        if prompt and self.counter.learn(request.messages, prompt):
            self._note(
                f"{self.name} saw only {prompt} tokens of a prompt of about {self.counter.expected(request.messages):.0f}: "
                f"the server cut it. Raise its context length, or set context_window = {prompt}."
            )

    def _note(self, text: str) -> None:
        self._notices[text] = None

    # --- setting aside --------------------------------------------------------------------------------------------

    def _failed(self, error: BackendError) -> None:
        self._failures += 1
        self._last_failure = error.message

    def _refuse_when_set_aside(self) -> None:
        if self.set_aside:
            message = f"{self.name} is set aside after {GIVE_UP_AFTER} failures in a row (the last: {self._last_failure})"
            raise BackendError(message, "It is asked again when you try it again or start anew.")


def _form(rung: Rung, schema: dict[str, Any]) -> Form | None:
    if rung == "json_schema":
        return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
    return {"type": "json_object", "schema": schema} if rung == "json_object" else None


def _with_schema(messages: Sequence[Message], schema: dict[str, Any]) -> list[Message]:
    """Return the messages with the schema behind the last one, so that what comes before stays the same for prompt caches."""
    *others, last = messages
    order = _ORDER + json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return [*others, Message(last.role, last.content + order)]


def _with_reason(messages: Sequence[Message], text: str, reason: str) -> list[Message]:
    said = [Message("assistant", clean(text)[:QUOTED])] if text.strip() else []
    return [*messages, *said, Message("user", _AGAIN.format(reason=reason))]


def _sentence(error: ValueError) -> str:
    return clean(" ".join(str(error).split()))[:QUOTED].rstrip(".")
