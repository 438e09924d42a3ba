"""What every door to a model has in common: one request in, one reply or a stream of pieces out, failures sorted by what helps."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mockinterview.errors import BackendError
from mockinterview.ports import Message

Form = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. Token numbers are None where the server reports none; `finish` is "stop", "length" or "" (broken off)."""

    text: str
    finish: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a stream; the last ones carry `finish` and the token numbers. `thinking` marks a piece of hidden reasoning."""

    text: str = ""
    finish: str = ""
    thinking: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a door. `form` is the `response_format` of the chat-completions interface, or None."""

    messages: Sequence[Message]
    max_tokens: int
    temperature: float
    form: Form | None = None


class Door(Protocol):
    """One way to a model. Every expected failure is a BackendError; the two below tell what may help."""

    async def reply(self, request: Request) -> Reply:
        """Return the whole reply."""

    def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Yield the reply piece by piece; closing the iterator cancels the request."""

    async def tokens(self, text: str) -> int | None:
        """Return the exact number of tokens of a text, or None where the door cannot tell."""


class PassingError(BackendError):
    """A failure that may be over soon. `retry_after` is the number of seconds that the server asks to wait, or None."""

    def __init__(self, message: str, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class FormRefusedError(BackendError):
    """The server does not know this `response_format`; the next simpler one may do."""
