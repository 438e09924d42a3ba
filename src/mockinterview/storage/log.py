"""The session log: every event of every interview, in one SQLite file that only grows.

This file hides the schema, what makes an event durable, and how several processes share the file. An `append` that has
returned survives `kill -9` and a power cut: write-ahead log, `synchronous=FULL`.
"""

from __future__ import annotations

import errno
import json
import random
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError

from mockinterview.errors import StorageError, UsageError, nearest_hint
from mockinterview.models import EVENT, Event
from mockinterview.storage.files import remove_for_good

if TYPE_CHECKING:
    from filelock import BaseFileLock

REPAIR_HINT = "`mockinterview doctor --repair` keeps the damaged file and saves what can be read."
_LISTING = "`mockinterview sessions list` shows them all."
_Ends = dict[tuple[str, str], dict[str, Any]]
_SHOWN = 5
_LETTERS = "bcdfghjkmnpqrstvwxyz"
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

# One entry per schema version; a file is brought up to date by the statements that it has not seen yet.
_VERSIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE events (
            session_id TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (session_id, seq))""",
        "CREATE INDEX events_by_kind ON events (kind, session_id)",
        """CREATE TRIGGER events_never_change BEFORE UPDATE ON events
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    ),
)


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session in one line. Scores (0-10) are those of its report: None where there is none, or nothing was graded."""

    id: str
    started: str
    topics: tuple[str, ...]
    questions: int
    finished: bool
    at_once: float | None
    after_follow_up: float | None
    mode: str
    backend: str


@dataclass(frozen=True, slots=True)
class Found:
    """A place where something was said: the session, the question in focus, and the words around the match."""

    session_id: str
    question_id: str
    snippet: str


def new_session_id(now: datetime, rng: random.Random | None = None) -> str:
    """Return an id that sorts by time, such as "20261122-0930-kfqp"; the letters come from `rng`, or from the system.

    There are no vowels among them, so that they never spell a word, and none that looks like a digit.
    """
    letters = (rng or random.SystemRandom()).choices(_LETTERS, k=4)
    return f"{now:%Y%m%d-%H%M}-{''.join(letters)}"


class SessionStore:
    """The session log in one file; implements `ports.SessionLog`. Usable from several threads and several processes.

    `busy_seconds` is how long to wait for another process that is writing. Every method may raise StorageError.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 5.0) -> None:
        self.path = path
        self._turn = threading.RLock()
        with translated(path):
            self._db = _open(path, busy_seconds)

    def __enter__(self) -> Self:
        """Return the store itself; leaving the `with` closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the file. Nothing is lost without it; it only tidies the write-ahead log away."""
        with self._turn:
            self._db.close()

    # --- writing ----------------------------------------------------------------------------------------------------

    def append(self, session_id: str, event: Event) -> None:
        """Store an event as the next of its session; when this returns, the event is safe on disk."""
        body = json.dumps(event.model_dump(mode="json"))
        with self._writing() as db:
            db.execute(
                """INSERT INTO events (session_id, seq, at, kind, body)
                    SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4 FROM events WHERE session_id = ?1""",
                (session_id, event.at, event.kind, body),
            )

    def delete(self, session_id: str, files: Iterable[Path] = ()) -> None:
        """Remove a session and the files that belong to it for good, overwriting all of it.

        The files go first, so that one that cannot be removed leaves a session that can be deleted again.
        Raises UsageError where the session is unknown or open in another window.
        """
        self._check_known(session_id)
        with self.claim(session_id):
            for file in files:
                remove_for_good(file)
            with self._writing() as db:
                db.execute("DELETE FROM events WHERE session_id = ?", (session_id,))
            self._rows("PRAGMA wal_checkpoint(TRUNCATE)")
            self._claim_file(session_id).unlink(missing_ok=True)

    @contextmanager
    def claim(self, session_id: str) -> Iterator[None]:
        """Hold a session, so that no other process drives it, until the end of the `with` or of the process.

        Raises UsageError where another one holds it.
        """
        lock = self._acquire(session_id)
        if lock is None:
            raise UsageError(f"Session '{session_id}' is open in another window.", "Close it there, then try again.")
        try:
            yield
        finally:
            lock.release()

    # --- reading ----------------------------------------------------------------------------------------------------

    def events(self, session_id: str) -> list[Event]:
        """Return the events of a session in order; raise UsageError where there is no such session."""
        rows = self._rows("SELECT seq, body FROM events WHERE session_id = ? ORDER BY seq", (session_id,))
        if not rows:
            self._check_known(session_id)
        return [self._event(session_id, seq, body) for seq, body in rows]

    def sessions(self) -> list[SessionSummary]:
        """Return a summary of every session, newest first."""
        rows = self._rows("""SELECT session_id, kind, body FROM events
                             WHERE kind IN ('interview_started', 'interview_finished')""")
        ends: _Ends = {(session_id, kind): readable_fields(body) for session_id, kind, body in rows}
        counts = self._rows("""SELECT session_id, min(at), sum(kind = 'question_asked') FROM events
                               GROUP BY session_id ORDER BY min(at) DESC, session_id DESC""")
        return [_summary(ends, *count) for count in counts]

    def latest_unfinished(self) -> str | None:
        """Return the id of the newest session that has no end and that no other process holds, or None."""
        rows = self._rows("""SELECT session_id FROM events GROUP BY session_id
                             HAVING sum(kind = 'interview_finished') = 0 ORDER BY min(at) DESC, session_id DESC""")
        return next((session_id for (session_id,) in rows if not self._is_claimed(session_id)), None)

    def resolve(self, text: str) -> str:
        """Return the one session id that is `text`, begins with it, or ends in it; UsageError where it is not one."""
        known = self._ids()
        if text in known:
            return text
        fitting = [name for name in known if text and (name.startswith(text) or name.endswith(f"-{text}"))]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            shown = ", ".join(fitting[:_SHOWN]) + (", ..." if len(fitting) > _SHOWN else "")
            raise UsageError(f"'{text}' fits {len(fitting)} sessions.", f"Give more of the name: {shown}.")
        raise UsageError(f"There is no session '{text}'.", nearest_hint(text, known, _LISTING))

    def search(self, text: str, limit: int = 50) -> list[Found]:
        """Return where all words of `text` were said, in questions and answers, latest first; case does not matter."""
        words = text.casefold().split()
        rows = self._rows("""SELECT session_id, body FROM events
                             WHERE kind IN ('question_asked', 'follow_up_asked', 'answer_given')
                             ORDER BY at DESC, seq DESC""")
        found = (_find(words, session_id, readable_fields(body)) for session_id, body in rows if words)
        return [place for place in found if place][:limit]

    def export(self, session_id: str) -> dict[str, Any]:
        """Return a session for JSON: the fields of its summary, and `events` in order as they are stored."""
        events = [event.model_dump(mode="json") for event in self.events(session_id)]
        summary = next(s for s in self.sessions() if s.id == session_id)
        return {**asdict(summary), "events": events}

    def check(self) -> None:
        """Read the whole file; raise StorageError where any of it is damaged."""
        (result,) = self._rows("PRAGMA integrity_check(1)")[0]
        if result != "ok":
            raise StorageError(f"The session log {self.path} is damaged ({result}).", REPAIR_HINT)
        for session_id, seq, body in self._rows("SELECT session_id, seq, body FROM events"):
            self._event(session_id, seq, body)

    def copy_in(self, rows: Iterable[tuple[str, int, str, str, str]]) -> None:
        """Store rows (session, seq, at, kind, body) of another log as they are, except where a place is taken."""
        with self._writing() as db:
            db.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", rows)

    def count(self) -> tuple[int, int]:
        """Return the number of events and of sessions."""
        events, sessions = self._rows("SELECT count(*), count(DISTINCT session_id) FROM events")[0]
        return events, sessions

    # --- inside -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the right to write, alone among threads and processes; commit at the end, or leave all as it was."""
        with self._turn, translated(self.path), _transaction(self._db):
            yield self._db

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._turn, translated(self.path):
            return self._db.execute(query, values).fetchall()

    def _check_known(self, session_id: str) -> None:
        if not self._rows("SELECT 1 FROM events WHERE session_id = ? LIMIT 1", (session_id,)):
            hint = nearest_hint(session_id, self._ids(), _LISTING)
            raise UsageError(f"There is no session '{session_id}'.", hint)

    def _ids(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT DISTINCT session_id FROM events ORDER BY session_id DESC")]

    def _event(self, session_id: str, seq: int, body: str) -> Event:
        try:
            return EVENT.validate_python(json.loads(body))
        except ValidationError as error:
            message = f"Event {seq} of session '{session_id}' comes from another version of mockinterview."
            raise StorageError(message, "Update mockinterview to read it.") from error
        except (ValueError, RecursionError) as error:  # not JSON, or more digits or brackets than Python reads
            raise StorageError(f"Event {seq} of session '{session_id}' is damaged.", REPAIR_HINT) from error

    def _claim_file(self, session_id: str) -> Path:
        if not _SAFE_ID.fullmatch(session_id):
            raise UsageError(f"'{session_id}' cannot be the name of a session.", _LISTING)
        return claims_folder(self.path) / f"{session_id}.lock"

    def _acquire(self, session_id: str) -> BaseFileLock | None:
        with translated(self.path):
            return try_lock(self._claim_file(session_id))

    def _is_claimed(self, session_id: str) -> bool:
        lock = self._acquire(session_id)
        if lock:
            lock.release()
        return lock is None


# --- the file ---------------------------------------------------------------------------------------------------------


def _open(path: Path, busy_seconds: float) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        if _version(db) != len(_VERSIONS):
            _bring_up_to_date(path, db, busy_seconds)
    except BaseException:
        db.close()
        raise
    return db


def _bring_up_to_date(path: Path, db: sqlite3.Connection, busy_seconds: float) -> None:
    """Create or migrate the tables. SQLite does not queue the switch to a write-ahead log, hence the file lock."""
    lock = try_lock(path.with_name(f"{path.name}.lock"), busy_seconds)
    if lock is None:
        raise StorageError(f"The session log {path} is being set up by another program.", "Try again in a moment.")
    with lock:
        version = _version(db)
        _refuse_strangers(path, db, version)
        db.execute("PRAGMA journal_mode = WAL")
        with _transaction(db):
            for statement in (line for block in _VERSIONS[version:] for line in block):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(_VERSIONS)}")


def _refuse_strangers(path: Path, db: sqlite3.Connection, version: int) -> None:
    if version > len(_VERSIONS):
        raise StorageError(f"The session log {path} was written by a newer mockinterview.", "Update mockinterview.")
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StorageError(f"{path} is a database of another program.", "Choose another data folder.")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def claims_folder(path: Path) -> Path:
    """Return the folder with one lock file per session of the log at `path`."""
    return path.with_name(f"{path.name}.claims")


def try_lock(file: Path, seconds: float = 0) -> BaseFileLock | None:
    """Return a held lock on `file`, or None where another process (or another part of this one) holds it."""
    import filelock

    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = filelock.FileLock(file, thread_local=False)
    try:
        lock.acquire(timeout=seconds, poll_interval=0.02)
    except filelock.Timeout:
        return None
    return lock


# --- what was found in it ---------------------------------------------------------------------------------------------


def readable_fields(body: str) -> dict[str, Any]:
    """Return the body of an event, or nothing where it is damaged: one bad event must not hide all other sessions."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _summary(ends: _Ends, session_id: str, started: str, questions: int) -> SessionSummary:
    plan = _table(ends, (session_id, "interview_started"), "plan")
    report = _table(ends, (session_id, "interview_finished"), "report")
    return SessionSummary(
        id=session_id,
        started=started,
        topics=tuple(plan.get("topics") or ()),
        questions=questions,
        finished=(session_id, "interview_finished") in ends,
        at_once=report.get("at_once"),
        after_follow_up=report.get("after_follow_up"),
        mode=plan.get("mode", ""),
        backend=plan.get("backend", ""),
    )


def _table(ends: _Ends, end: tuple[str, str], name: str) -> dict[str, Any]:
    """Return a field of the first or last event of a session that is a table, nothing where it is none (in another version)."""
    found = ends.get(end, {}).get(name)
    return found if isinstance(found, dict) else {}


def _find(words: Sequence[str], session_id: str, body: dict[str, Any], around: int = 60) -> Found | None:
    text = " ".join(f"{body.get('text', '')} {body.get('whiteboard', '')}".split())
    folded = text.casefold()
    if not all(word in folded for word in words):
        return None
    at = folded.find(words[0])
    start, end = max(0, at - around), at + len(words[0]) + around
    snippet = ("..." if start else "") + text[start:end].strip() + ("..." if end < len(text) else "")
    return Found(session_id, body.get("question_id", ""), snippet)


# --- trouble ----------------------------------------------------------------------------------------------------------

_WRITABLE = "Make the folder writable, or choose another one (`mockinterview config path` shows where it is set)."
_FULL = ("has no room: the disk is full", "Free some space and try again; everything said before is safe.")
_TROUBLE = {
    "SQLITE_BUSY": ("is locked by another program", "Close it and try again; everything said before is safe."),
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": (
        "cannot be written: the disk failed, or a limit on the size of files was reached",
        "Check both, then go on with `mockinterview resume`; everything said before is safe.",
    ),
    "SQLITE_READONLY": ("cannot be written", _WRITABLE),
    "SQLITE_PERM": ("cannot be written", _WRITABLE),
    "SQLITE_CANTOPEN": ("cannot be opened", _WRITABLE),
    "SQLITE_CORRUPT": ("is damaged", REPAIR_HINT),
    "SQLITE_ERROR": ("is damaged", REPAIR_HINT),
    "SQLITE_NOTADB": ("is damaged", REPAIR_HINT),
}
_OTHER = ("cannot be used", "Check the disk that it lies on.")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite, the file system and filelock raise into StorageError; wrong use of SQLite stays a bug."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")  # text that is not UTF-8 comes without a code
        what, hint = _TROUBLE.get("_".join(name.split("_")[:2]), _OTHER)
        raise StorageError(f"The session log {path} {what} ({error}).", hint) from error
    except NotImplementedError as error:
        message = f"The disk that {path} lies on has no file locks ({error})."
        raise StorageError(message, "Choose a data folder on a local disk.") from error
    except OSError as error:
        what, hint = _FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else ("cannot be opened", _WRITABLE)
        raise StorageError(f"The session log {path} {what} ({error.strerror or error}).", hint) from error
