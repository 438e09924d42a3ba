"""Replies of a model, kept by content: what was asked before is not asked again, and a run can be replayed without a key.

A reply is known by the hash of everything that was sent with it, and by the epoch. Only replies at temperature 0 are kept; others
are meant to differ. `RememberingDoor` stands in front of a real door (`mockinterview.llm.door`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from mockinterview.budget import TokenCounter
from mockinterview.errors import BackendError, StorageError
from mockinterview.evals.spending import spending
from mockinterview.llm.door import Delta, Door, FormRefusedError, PassingError, Reply, Request
from mockinterview.models import BackendSettings
from mockinterview.ports import Usage

_REFUSED: Final = "refused"  # the server does not know this form of output; kept so that a replay climbs down the same way
_SHRINK, _LEAST = 0.7, 1.0
_QUOTE_TOKENS: Final = 15  # of a verdict in a dry run
_CHARACTERS_PER_TOKEN: Final = 4  # of English
_MOST: Final = 256 << 20  # bytes that a store holds; where there are more, the older half goes
_PATIENCE: Final = 60.0  # seconds to wait for another process that opens the store
_PRUNE: Final = """
DELETE FROM replies WHERE rowid IN (
  SELECT rowid FROM (SELECT rowid, SUM(LENGTH(body)) OVER (ORDER BY rowid DESC) AS held FROM replies) WHERE held > ?
)"""


class ReplyStore:
    """Replies on disk, by key. One file; a crash loses at most the reply that was being written.

    Where it holds more than `most` bytes when it is opened, the replies that were written first are dropped. Raises StorageError.
    """

    def __init__(self, path: Path, most: int = _MOST) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # SQLite refuses at once, whatever its timeout, where two processes turn a new file to WAL.
            with FileLock(path.with_suffix(".lock"), timeout=_PATIENCE):
                self._db = self._opened(path)
                self._prune(most)
        except (OSError, NotImplementedError, sqlite3.Error) as error:
            raise StorageError(f"The cache {path} cannot be used: {error}.", "Delete it, or use --no-cache.") from error

    def _opened(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, body TEXT NOT NULL)")
        return db

    def _prune(self, most: int) -> None:
        """Drop the older half where there is too much; the file keeps its size, and what comes takes the room."""
        pages, free, size = (self._db.execute(f"PRAGMA {n}").fetchone()[0] for n in ("page_count", "freelist_count", "page_size"))
        if (pages - free) * size > most:
            self._db.execute(_PRUNE, (most // 2,))

    def get(self, key: str) -> Any:
        """Return what is kept under a key, or None."""
        try:
            row = self._db.execute("SELECT body FROM replies WHERE key = ?", (key,)).fetchone()
            return json.loads(row[0]) if row else None
        except (sqlite3.Error, ValueError) as error:
            raise StorageError(f"The cache cannot be read: {error}.", "Delete it, or use --no-cache.") from error

    def put(self, key: str, body: Any) -> None:
        """Keep something under a key."""
        try:
            self._db.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, json.dumps(body)))
        except sqlite3.Error as error:
            raise StorageError(f"The cache cannot be written: {error}.", "Make room, or use --no-cache.") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Throttle:
    """How many requests may be under way: fewer after each 429 or 503, slowly more while all goes well."""

    def __init__(self, most: int) -> None:
        self.limit = self._most = float(max(1, most))
        self._under_way = 0
        self._room = asyncio.Condition()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it."""
        async with self._room:
            await self._room.wait_for(lambda: self._under_way < max(1, int(self.limit)))
            self._under_way += 1
        try:
            yield
        except PassingError as error:
            if error.retry_after is not None or "429" in error.message or "503" in error.message:
                self.limit = max(_LEAST, self.limit * _SHRINK)
            raise
        else:
            self.limit = min(self._most, self.limit + 1 / self.limit)
        finally:
            async with self._room:
                self._under_way -= 1
                self._room.notify(1 + int(self.limit < self._most))


class RememberingDoor:
    """A door that looks into the store before it asks. Implements `llm.door.Door`; `inner` is None in a replay.

    `learns` is off where the replies are made up: they must not be found again.
    """

    def __init__(
        self, settings: BackendSettings, inner: Door | None, store: ReplyStore | None, most: int, *, learns: bool = True
    ) -> None:
        self._settings = settings
        self._inner = inner
        self._store = store
        self._throttle = Throttle(most)
        self._learns = learns
        self._counter = TokenCounter()  # a rough one, for replies whose server tells no count
        self._silent: bool | None = None  # whether the server has no tokenizer; None: not known yet

    async def reply(self, request: Request) -> Reply:
        """Return the reply, from the store where it is kept."""
        key = self._key(request)
        kept = self._store.get(key) if self._store and key else None
        if kept == _REFUSED:
            raise FormRefusedError(f"{self._settings.name} does not know this form of output.", "A simpler form is tried.")
        if kept is not None:
            return Reply(**kept)
        try:
            async with self._throttle.place():
                reply = await self._asked().reply(request)
        except FormRefusedError:
            self._keep(key, _REFUSED)
            raise
        self._spend(reply.prompt_tokens, reply.completion_tokens)
        self._keep(key, asdict(reply))
        return reply

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Yield the reply piece by piece, from the store as far as it is kept there.

        An interviewer closes the stream once it has heard enough. What came until then is kept: where more of it is wanted one
        day, the server is asked again, and what is known of its reply is left out.
        """
        key = self._key(request)
        kept = self._store.get(f"{key}/heard") if self._store and key else None
        heard = [Delta(**delta) for delta in kept["deltas"]] if kept else []
        for delta in heard:
            yield delta
        if kept and kept["whole"]:
            return
        known, deltas = sum(len(delta.text) for delta in heard), []
        try:
            async with self._throttle.place(), aclosing(self._asked().stream(request)) as pieces:
                async for delta in pieces:
                    deltas.append(delta)
                    new, known = delta.text[known:], max(0, known - len(delta.text))
                    if new or not delta.text:
                        yield replace(delta, text=new)
        except GeneratorExit:
            self._heard(request, key, deltas, whole=False)
            raise
        self._heard(request, key, deltas, whole=True)

    def _heard(self, request: Request, key: str, deltas: Sequence[Delta], *, whole: bool) -> None:
        """Count and keep a streamed reply; the tokens of one that was closed early are estimated, as its server tells no count."""
        prompt, completion = (sum(getattr(d, name) or 0 for d in deltas) for name in ("prompt_tokens", "completion_tokens"))
        if not whole and not prompt:
            prompt = int(self._counter.expected(request.messages))
            completion = sum(len(delta.text) for delta in deltas) // _CHARACTERS_PER_TOKEN
        self._spend(prompt, completion)
        self._keep(f"{key}/heard" if key else "", {"whole": whole, "deltas": [asdict(delta) for delta in deltas]})

    async def tokens(self, text: str) -> int | None:
        """Return the server's own count, or None; that a server does not count is remembered, too."""
        silent = f"no tokenizer {self._settings.base_url} {self._settings.model}"
        key = hashlib.sha256(f"tokens {self._settings.base_url} {self._settings.model} {text}".encode()).hexdigest()
        if self._silent is None:
            self._silent = bool(self._store and self._store.get(silent))
        if self._silent or self._inner is None:
            return None
        kept = self._store.get(key) if self._store else None
        if kept is not None:
            return int(kept)
        counted = await self._inner.tokens(text)
        self._silent = counted is None
        self._keep(silent if counted is None else key, counted if counted is not None else True)
        return counted

    def _asked(self) -> Door:
        if self._inner is None:
            message = "This reply is not in the cache, and a replay asks nobody."
            raise BackendError(message, "Run once without --replay.")
        return self._inner

    def _key(self, request: Request) -> str:
        """Return the key of a request, "" where its reply is not kept."""
        if request.temperature > 0:
            return ""
        spent = spending.get()
        sent = {
            "url": self._settings.base_url, "model": self._settings.model, "gguf": self._settings.gguf,
            "messages": [[m.role, m.content] for m in request.messages], "most": request.max_tokens, "form": request.form,
            "epoch": spent.epoch if spent else 0,
        }  # fmt: skip
        return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()

    def _keep(self, key: str, body: Any) -> None:
        if self._store and key and self._learns:
            self._store.put(key, body)

    def _spend(self, prompt: int | None, completion: int | None) -> None:
        spent = spending.get()
        if spent is not None:
            s = self._settings
            cost = ((prompt or 0) * s.prompt_price + (completion or 0) * s.completion_price) / 1e6
            spent.usage += Usage(prompt or 0, completion or 0, 1, cost)


class DryDoor:
    """A door for `--dry-run`: asks nobody, and replies "miss" to everything so that the next request can be counted."""

    def __init__(self) -> None:
        self._counter = TokenCounter()

    async def reply(self, request: Request) -> Reply:
        """Return a reply that fits the schema, with the tokens that a real one would take."""
        body = _minimal(_schema(request.form))
        text = json.dumps(body)
        quotes = text.count('"verdict"') * _QUOTE_TOKENS
        return Reply(text, "stop", int(self._counter.expected(request.messages)), len(text) // _CHARACTERS_PER_TOKEN + quotes)

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Yield a short sentence."""
        yield Delta("Could you say more about that?")
        yield Delta(finish="stop", prompt_tokens=int(self._counter.expected(request.messages)), completion_tokens=20)

    async def tokens(self, text: str) -> int | None:  # noqa: ARG002
        """Return None: nobody is asked."""
        return None


def _schema(form: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = ((form or {}).get("json_schema") or {}).get("schema") or {}
    return found


def _minimal(schema: dict[str, Any]) -> Any:
    """Return the plainest value that a JSON Schema of this project allows."""
    if "enum" in schema:
        values: Sequence[Any] = schema["enum"]
        return "miss" if "miss" in values else values[0]
    match schema.get("type"):
        case "object":
            return {name: _minimal(inner) for name, inner in schema.get("properties", {}).items()}
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "array":
            return []
    return ""
