"""Mending a damaged session log. Hidden here: how rows are read past bad pages and how files are exchanged safely."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from mockinterview.errors import StorageError, UsageError
from mockinterview.storage.log import REPAIR_HINT, SessionStore, claims_folder, readable_fields, translated, try_lock

_GIVE_UP_AFTER = 10_000
_Row = tuple[str, int, str, str, str]


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did: how many events and sessions there are now, and where the damaged file lies (None: sound)."""

    events: int
    sessions: int
    moved_to: Path | None


def repair(path: Path) -> Repair:
    """Mend a damaged log: put every event that can be read into a new file and keep the old one as `<name>.damaged-N`.

    A log in which nothing is wrong is left alone. Raises UsageError while an interview is running, StorageError where
    there is no room for the copy; in both cases nothing has changed.
    """
    with translated(path):
        _refuse_while_in_use(path)
        if _is_sound(path):
            with SessionStore(path) as store:
                return Repair(*store.count(), moved_to=None)
        return _replace(path, list(_readable(path)))


def _refuse_while_in_use(path: Path) -> None:
    for file in claims_folder(path).glob("*.lock"):
        lock = try_lock(file)
        if lock is None:
            raise UsageError(f"Session '{file.stem}' is open in another window.", "Close it there, then repair.")
        lock.release()


def _is_sound(path: Path) -> bool:
    try:
        with SessionStore(path) as store:
            store.check()
    except StorageError as error:
        if error.hint == REPAIR_HINT:
            return False
        raise
    return True


def _readable(path: Path) -> Iterator[_Row]:
    """Yield every event that can still be read, one row at a time, so that a bad page costs only its own rows."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")  # without it SQLite reads nothing of a file that was cut short
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        last = min(_highest(db), path.stat().st_size)  # a damaged page may claim any number
        rowid = misses = 0
        while rowid < last or misses < _GIVE_UP_AFTER:
            rowid += 1
            row = _row(db, rowid)
            misses = 0 if row else misses + 1
            if row:
                yield row


def _highest(db: sqlite3.Connection) -> int:
    with suppress(sqlite3.DatabaseError):
        return int(db.execute("SELECT coalesce(max(rowid), 0) FROM events").fetchone()[0])
    return 0


def _row(db: sqlite3.Connection, rowid: int) -> _Row | None:
    with suppress(sqlite3.DatabaseError):
        row = db.execute("SELECT session_id, seq, at, kind, body FROM events WHERE rowid = ?", (rowid,)).fetchone()
        return row if row and _is_whole(row) else None
    return None


def _is_whole(row: tuple[object, ...]) -> bool:
    session_id, seq, at, kind, body = row
    texts = all(isinstance(cell, str) for cell in (session_id, at, kind))
    return texts and isinstance(seq, int) and isinstance(body, str) and readable_fields(body).get("kind") == kind


def _replace(path: Path, rows: Iterable[_Row]) -> Repair:
    """Write the new log beside the old one, copy the old one aside, then exchange: a kill in between loses nothing."""
    mended = path.with_name(f"{path.name}.mended")
    mended.unlink(missing_ok=True)
    aside = next(name for n in range(1, 10_000) if not (name := path.with_name(f"{path.name}.damaged-{n}")).exists())
    with SessionStore(mended) as store:
        store.copy_in(rows)
        events, sessions = store.count()
    for suffix in ("", "-wal"):
        if (part := path.with_name(path.name + suffix)).exists():
            shutil.copy2(part, aside.with_name(aside.name + suffix))
    for suffix in ("-wal", "-shm"):  # before the new file is in place: an old log must never be applied to it
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    mended.replace(path)
    return Repair(events, sessions, aside)
