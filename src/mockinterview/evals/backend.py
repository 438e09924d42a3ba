"""The model under examination: opened once for all cases, with a memory in front of it, and with outages made visible.

In an interview the embedded grader steps in where a model fails, and the mark says so. In an evaluation that would be a verdict
that the model never gave, so here every failure is noted and the case stays ungraded.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mockinterview.budget import TokenCounter
from mockinterview.errors import BackendError, PromptTooLongError
from mockinterview.evals.replies import DryDoor, RememberingDoor, ReplyStore
from mockinterview.evals.spending import note_failure, spending
from mockinterview.llm import Model, find_key, open_model
from mockinterview.llm.door import Door
from mockinterview.llm.patience import Patience
from mockinterview.models import Assessment, BackendSettings, Question
from mockinterview.ports import Grader, Message, T, Usage
from mockinterview.prompts import fenced

ATTEMPTS: Final = 7  # of a request; with 5 % failures at random, one request in 10^9 fails for good


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is asked: with or without memory, from the memory alone, or not at all."""

    store: ReplyStore | None = None
    replay: bool = False
    dry: bool = False
    width: int = 20


def opened(settings: BackendSettings, manner: Manner, encodings: Path) -> Watched:
    """Return the model of a backend. Where the memory knows the model, its server is not asked before the first new request.

    Raises SettingsError where the settings cannot work, BackendError where the server is not there.
    """
    if manner.dry:
        door = RememberingDoor(settings, DryDoor(), manner.store, manner.width, learns=False)
        return Watched(Model(settings, door, counter=TokenCounter(settings.model, encodings), window=128_000))
    known = manner.store.get(_about(settings)) if manner.store else None
    if known is None and manner.replay:
        raise BackendError(f"The cache holds nothing of '{settings.name}'.", "Run once without --replay.")
    if known is None or settings.gguf:
        return Watched(_asked(settings, manner, encodings))
    found = settings.model_copy(update={"model": known["model"]})
    inner = None if manner.replay else _server(found)
    door = RememberingDoor(found, inner, manner.store, manner.width)
    return Watched(_model(found, door, encodings, known["window"]))


def _asked(settings: BackendSettings, manner: Manner, encodings: Path) -> Model:
    model = open_model(settings, encodings=encodings, patience=Patience(attempts=ATTEMPTS))
    model.door = RememberingDoor(model.settings, model.door, manner.store, manner.width)
    if manner.store and not settings.gguf:
        manner.store.put(_about(settings), {"model": model.settings.model, "window": model.context_window})
    return model


def _server(settings: BackendSettings) -> Door:
    from mockinterview.llm.server import ServerDoor

    return ServerDoor(settings, find_key(settings))


def _model(settings: BackendSettings, door: Door, encodings: Path, window: int) -> Model:
    counter = TokenCounter(settings.model, encodings)
    return Model(settings, door, counter=counter, patience=Patience(attempts=ATTEMPTS), window=window)


def _about(settings: BackendSettings) -> str:
    """Return the key under which the memory keeps what it knows of a server."""
    return f"about {settings.base_url} {settings.model}"


def steady_fence(text: str, tag: str = "answer") -> str:
    """Return data between two lines, the same ones for the same text: with a random marker no reply could be found again.

    The marker is a hash of the text, so a text cannot contain its own; cases are not written by an attacker who tries.
    """
    return fenced(text, tag, lambda: hashlib.sha256(text.encode()).hexdigest()[:16])


class Watched:
    """A model whose failures are noted with the case that they happened to. Implements `ports.ChatModel`."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        """The model's name."""
        return self.inner.name

    @property
    def context_window(self) -> int:
        """The number of tokens that prompt and reply may have together."""
        return self.inner.context_window

    @property
    def usage(self) -> Usage:
        """The sum of all requests."""
        return self.inner.usage

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know."""
        return self.inner.notices

    async def fits(self, messages: Sequence[Message], *, max_tokens: int) -> bool:
        """Tell whether prompt and reply stay within the window."""
        return await self.inner.fits(messages, max_tokens=max_tokens)

    async def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any],
        read: Callable[[dict[str, Any]], T],
        *,
        max_tokens: int,
        temperature: float | None = None,
    ) -> T:
        """Return what `read` makes of the reply; note the failure of the case where there is none."""
        # Cases fail independently; whether the backend is gone is decided by the run, not by three failures in a row.
        self.inner.try_again()
        try:
            return await self.inner.complete_json(messages, schema, read, max_tokens=max_tokens, temperature=temperature)
        except PromptTooLongError:
            raise
        except BackendError as error:
            note_failure(error)
            raise

    async def stream(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """Yield the reply; note the failure of the case where it breaks off."""
        self.inner.try_again()
        try:
            async with aclosing(self.inner.stream(messages, max_tokens=max_tokens)) as pieces:
                async for piece in pieces:
                    yield piece
        except BackendError as error:
            note_failure(error)
            raise


class RememberedGrader:
    """A grader whose whole assessments are kept: where nothing changed, not even the prompt is built again.

    `stamp` stands for all that an assessment depends on beside question and answer: model, prompts, grader, bank. Where it changed,
    the replies themselves may still be known (`RememberingDoor`). Implements `ports.Grader`.
    """

    def __init__(self, inner: Grader, store: ReplyStore, stamp: str) -> None:
        self.inner = inner
        self._store = store
        self._stamp = stamp

    @property
    def name(self) -> str:
        """The label of the marks."""
        return self.inner.name

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the assessment, from the store where it is kept; one that an outage had a part in is not kept."""
        spent = spending.get()
        parts = (self._stamp, str(spent.epoch if spent else 0), question.id, question.ask, *question.variants, answer)
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        kept = self._store.get(key)
        if kept is not None:
            return Assessment.model_validate(kept)
        mark = await self.inner.grade(question, answer)
        if spent is not None and not spent.failures:
            self._store.put(key, mark.model_dump(mode="json"))
        return mark
