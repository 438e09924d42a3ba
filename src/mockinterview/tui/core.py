"""What the app needs from the rest of the house, handed in by the composition root. Imports nothing that costs time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mockinterview.interview.loop import Interview
    from mockinterview.models import Bank, Event, Plan

Progress = Callable[[int, int], None]


class Sessions(Protocol):
    """The part of the session log that the app reads."""

    def events(self, session_id: str) -> list[Event]:
        """Return the events of a session in order."""

    def claim(self, session_id: str) -> AbstractContextManager[None]:
        """Hold a session while it is driven; raise UsageError where another process holds it."""

    def latest_unfinished(self) -> str | None:
        """Return the newest session without an end that nobody drives, or None."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for, on the command line or on the start screen.

    None means "as the settings say"; the level "" is rising levels, and 0 minutes are no limit, whatever the settings say.
    """

    topics: tuple[str, ...] = ()
    about: str = ""
    level: str | None = None
    count: int | None = None
    minutes: float | None = None
    mode: str | None = None
    format: str | None = None
    questions: tuple[str, ...] = ()
    seed: int | None = None


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Launch:
    """How the app begins: on its start screen, directly with an interview, or with a stored one ("" for the latest)."""

    wishes: Wishes = NO_WISHES
    direct: bool = False
    resume: str | None = None


PLAIN_LAUNCH = Launch()


@dataclass(frozen=True, slots=True)
class Core:
    """Everything behind the screens. The functions may take a while and are called from threads; they raise MockInterviewError.

    `build_index` calls its argument with (done, total) and returns when the retrieval index is up to date.
    """

    bank: Bank
    store: Sessions
    defaults: Wishes
    drafts: Path
    exports: Path
    new_interview: Callable[[Wishes], tuple[Interview, Plan]]
    open_stored: Callable[[str], Interview]
    build_index: Callable[[Progress], None]
    faults: Sequence[str] = ()
    theme: str = "dark"
    version: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An interview that can be resumed, and at which question it stands."""

    session_id: str
    number: int
    total: int


def find_unfinished(store: Sessions) -> Unfinished | None:
    """Return the latest unfinished interview that has put a question, or None."""
    session_id = store.latest_unfinished()
    asked = [e for e in store.events(session_id) if e.kind == "question_asked"] if session_id else []
    return Unfinished(session_id, asked[-1].number, asked[-1].total) if session_id and asked else None
