"""What the app needs from the rest of the house, handed in by the composition root. Imports nothing that costs time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mockinterview.errors import StorageError

if TYPE_CHECKING:
    from datetime import datetime

    from mockinterview.interview.loop import Interview
    from mockinterview.models import Bank, Event, Plan
    from mockinterview.ports import Usage
    from mockinterview.review.attempts import Attempt
    from mockinterview.review.history import Comparison
    from mockinterview.storage.log import Found, SessionSummary

Progress = Callable[[int, int], None]
EMBEDDED = "embedded"


class Sessions(Protocol):
    """The part of the session log that the app reads."""

    def events(self, session_id: str) -> list[Event]:
        """Return the events of a session in order."""

    def claim(self, session_id: str) -> AbstractContextManager[None]:
        """Hold a session while it is driven; raise UsageError where another process holds it."""

    def latest_unfinished(self) -> str | None:
        """Return the newest session without an end that nobody drives, or None."""

    def sessions(self) -> list[SessionSummary]:
        """Return a summary of every session, newest first."""

    def search(self, text: str, limit: int = 50) -> list[Found]:
        """Return where all words of a text were said, latest first."""


class Wait(Protocol):
    """A repeated request that is ahead: seconds left (0 when it begins), which attempt of how many it is, and why."""

    @property
    def seconds(self) -> float:
        """Seconds that are left."""

    @property
    def attempt(self) -> int:
        """The attempt that failed, from 1."""

    @property
    def attempts(self) -> int:
        """How many there are at most."""

    @property
    def reason(self) -> str:
        """Why it failed."""


class Backend(Protocol):
    """What the app shows of a language model that takes part in an interview."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def usage(self) -> Usage:
        """The sum of all requests."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know and cannot see."""

    @property
    def set_aside(self) -> bool:
        """Whether it failed too often in a row and is not asked any more."""

    def try_again(self) -> None:
        """Ask it again from now on."""

    def listen(self, on_wait: Callable[[Wait], None]) -> None:
        """Set who is told, once a second, that a request is going to be repeated."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked for, on the command line or on the start screen.

    None means "as the settings say"; the level "" is rising levels, and 0 minutes are no limit, whatever the settings say.
    """

    topics: tuple[str, ...] = ()
    about: str = ""
    job: str = ""  # the text of a job description, which chooses the questions
    level: str | None = None
    count: int | None = None
    minutes: float | None = None
    mode: str | None = None
    format: str | None = None
    questions: tuple[str, ...] = ()
    seed: int | None = None
    backend: str | None = None
    model: str | None = None
    judge: str | None = None

    def embedded(self) -> Wishes:
        """Return the same wishes without any model."""
        return replace(self, backend=EMBEDDED, model=None, judge=EMBEDDED)


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Launch:
    """How the app begins: on its start screen, directly with an interview, or with a stored one ("" for the latest)."""

    wishes: Wishes = NO_WISHES
    direct: bool = False
    resume: str | None = None


PLAIN_LAUNCH = Launch()


@dataclass(frozen=True, slots=True)
class Opened:
    """An interview that is ready to be driven: with a plan where it is new, and with the models that take part."""

    interview: Interview
    plan: Plan | None = None
    backends: Sequence[Backend] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """An interviewer that can be chosen: a backend of the settings or presets and one of its models."""

    backend: str
    model: str = ""

    @property
    def label(self) -> str:
        """How it is shown."""
        return f"{self.model} ({self.backend})" if self.model else self.backend


@dataclass(frozen=True, slots=True)
class Core:
    """Everything behind the screens. The functions may take a while and are called from threads; they raise MockInterviewError.

    `build_index` calls its argument with (done, total) and returns when the retrieval index is up to date; `probe` calls its
    argument with each interviewer that answers; `try_out` lets one grade an answer and returns how that went in a sentence.
    `decided` are the fields of `defaults` that the person set; the others give way to what was chosen last time.
    `open_stored` takes a session id and whether to do without any model. `attempts` are all closed questions, oldest first.
    `mark_again` returns the marks of a session beside those that another grader gives now; nothing is stored. `keys` is the
    table `[keys]` of the settings. `reliability` takes the names of graders and returns a sentence for each: how often it is
    right, and where that is known from.
    """

    bank: Bank
    store: Sessions
    defaults: Wishes
    drafts: Path
    exports: Path
    new_interview: Callable[[Wishes], Opened]
    open_stored: Callable[[str, bool], Opened]
    build_index: Callable[[Progress], None]
    probe: Callable[[Callable[[Offer], None]], None]
    try_out: Callable[[Offer], str]
    attempts: Callable[[], Sequence[Attempt]]
    decided: Sequence[str] = ()
    faults: Sequence[str] = ()
    theme: str = "dark"
    keys: Mapping[str, str] = field(default_factory=dict)
    mark_again: Callable[[str, Offer], Sequence[Comparison]] = lambda _session, _offer: ()
    reliability: Callable[[Sequence[str]], Sequence[str]] = lambda _: ()
    version: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An interview that can be resumed, and at which question it stands."""

    session_id: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Past:
    """What the start screen offers from earlier interviews: one to resume, and the choices of the last one."""

    unfinished: Unfinished | None = None
    last: Wishes | None = None


NO_PAST = Past()


REMEMBERED = ("level", "count", "minutes", "mode", "format")  # topics and subject only for "same again": they narrow unseen


def remembered(core: Core, last: Wishes | None) -> Wishes:
    """Return the choices of the last interview that nothing in the settings decides."""
    names = [name for name in REMEMBERED if last and name not in core.decided]
    return Wishes(**{name: getattr(last, name) for name in names})


def find_past(store: Sessions) -> Past:
    """Return what earlier interviews leave to do; raises StorageError where the log itself cannot be read."""
    sessions = store.sessions()
    return Past(_unfinished(store), _choices(_readable_events(store, sessions[0].id)) if sessions else None)


def _readable_events(store: Sessions, session_id: str) -> Sequence[Event]:
    """Return the events of a session, none where it cannot be read: one bad session must not stand in the way of all others."""
    try:
        return store.events(session_id)
    except StorageError:
        return ()


def _unfinished(store: Sessions) -> Unfinished | None:
    session_id = store.latest_unfinished()
    asked = [e for e in _readable_events(store, session_id) if e.kind == "question_asked"] if session_id else []
    return Unfinished(session_id, asked[-1].number, asked[-1].total) if session_id and asked else None


def _choices(events: Sequence[Event]) -> Wishes | None:
    """Return the wishes that a session was begun with; its questions and seed are not among them: they would repeat it."""
    plan = next((e.plan for e in events if e.kind == "interview_started"), None)
    if plan is None:
        return None
    return Wishes(
        topics=plan.topics, about=plan.about, level=plan.level or "", count=plan.count, minutes=plan.minutes or 0.0,
        mode=plan.mode, format=plan.format, backend=plan.backend, model=plan.model, judge=plan.judge,
    )  # fmt: skip


def kept_theme(core: Core) -> str:
    """Return the theme that was chosen by its key last, unless the settings name one."""
    if "theme" in core.decided:
        return core.theme
    with suppress(OSError, UnicodeDecodeError):
        return (core.drafts / "theme").read_text(encoding="utf-8").strip() or core.theme
    return core.theme


def keep_theme(core: Core, name: str) -> None:
    """Keep a theme for the next start."""
    with suppress(OSError):  # then the next start has the one of the settings
        core.drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        (core.drafts / "theme").write_text(name, encoding="utf-8")


TOUR = (
    "New here? Choose topics on the left, or just press {start} to begin.",
    "You are asked, followed up on and marked with quotes of your own; {send} sends.",
    "{help} shows all keys. All is kept: quit when you like, {resume} here goes on.",
)

TOUR_OF_TALK = (
    "New here? Answer as you would in a room with somebody; {send} sends.",
    "{hint} asks for a hint (counts half), {clarify} for other words, {skip} skips.",
    "{help} shows all keys. All is kept: quit when you like.",
)


def tour(core: Core, lines: Sequence[str] = TOUR) -> str:
    """Return lines for somebody who has never been here, with the keys as they are, and "" ever after."""
    from mockinterview.tui.keys import label

    shown = core.drafts / "tour"
    if shown.exists():
        return ""
    with suppress(OSError):  # then it is shown again next time, which does no harm
        shown.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shown.touch()
    keys = ("start", "send", "help", "resume", "hint", "clarify", "skip")
    return "\n".join(lines).format(**{name: label(name) for name in keys})


def find_due(core: Core, now: datetime) -> tuple[tuple[str, ...], str]:
    """Return the ids of the questions that are due for review by `now` (with a time zone), the longest overdue first.

    Where none is due, a sentence tells when the next is; else it is empty.
    """
    from mockinterview.review.schedule import cards, due, outlook

    deck = cards(core.attempts(), core.bank)
    waiting = tuple(card.question_id for card in due(deck, now))
    return waiting, "" if waiting else outlook(deck, now)
