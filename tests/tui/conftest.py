"""Stand-ins for what is behind the screens: a small bank, a grader that follows rules, a session log in memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mockinterview.cli.history import marked_again
from mockinterview.errors import BackendError, StorageError, UsageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.planning import choose_questions
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Assessment, Bank, Event, Plan, PointVerdict, Question, StatedMisconception
from mockinterview.ports import Usage
from mockinterview.review.attempts import attempts
from mockinterview.storage.log import Found, SessionSummary
from mockinterview.tui.app import InterviewApp
from mockinterview.tui.core import Core, Launch, Offer, Opened, Wishes

HOSTILE = "[@click=app.quit]x[/] [/INST] [red]r[/nope] \x1b]52;c;cHduZWQ=\x07\x1b[2Jansi \u202ebidi [link='a\"b]y"


def question(name: str, *, topic: str = "cnn", suffix: str = "") -> Question:
    """Return a question with two points (say `alpha` and `beta` to hit them) and one misconception (say `nonsense`)."""
    return Question.model_validate(
        {
            "id": name,
            "topic": topic,
            "level": "foundation",
            "ask": f"What is {name}?{suffix}",
            "clarify": f"It is about {name}.{suffix}",
            "points": [
                {
                    "id": "alpha",
                    "claim": f"First secret of {name}.{suffix}",
                    "probe": f"Say more?{suffix}",
                    "hint": f"Think.{suffix}",
                    "weight": 2,
                },
                {
                    "id": "beta",
                    "claim": f"Second secret of {name}.{suffix}",
                    "probe": f"And then?{suffix}",
                    "hint": f"Look.{suffix}",
                },
            ],
            "misconceptions": [
                {
                    "id": "nonsense",
                    "belief": f"Nonsense.{suffix}",
                    "correction": f"Corrected here.{suffix}",
                    "probe": f"Sure?{suffix}",
                }
            ],
            "model_answer": f"The model says so.{suffix}",
            "formulas": f"a = b{suffix}",
        }
    )


class RuleGrader:
    """Hits a point whose id stands in the answer. `hold` makes it wait until it is set; `error` is raised once."""

    name = "rules"

    def __init__(self) -> None:
        self.hold = threading.Event()
        self.hold.set()
        self.error: BaseException | None = None

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the verdicts."""
        await asyncio.to_thread(self.hold.wait)
        if error := self.error:
            self.error = None
            raise error
        hits = [p for p in question.points if p.id in answer]
        points = tuple(
            PointVerdict(id=p.id, verdict="hit", evidence=answer) if p in hits else PointVerdict(id=p.id, verdict="miss")
            for p in question.points
        )
        stated = tuple(StatedMisconception(id=m.id, evidence=answer) for m in question.misconceptions if m.id in answer)
        score = 10 * len(hits) / len(question.points)
        return Assessment(question=question.id, score=score, points=points, misconceptions=stated, graded_by=self.name)


def summary(session_id: str, events: list[Event]) -> SessionSummary:
    """Return a session in one line."""
    plan, end = events[0].plan, events[-1]
    report = end.report if end.kind == "interview_finished" else None
    return SessionSummary(
        session_id, events[0].at, plan.topics, sum(e.kind == "question_asked" for e in events), report is not None,
        report.at_once if report else None, report.after_follow_up if report else None, plan.mode, plan.backend,
    )  # fmt: skip


class Model:
    """A model as the screens see it; `waiting` counts down by hand."""

    def __init__(self, name: str = "rules") -> None:
        self.name = name
        self.usage = Usage()
        self.notices: tuple[str, ...] = ()
        self.set_aside = False
        self.on_wait = lambda wait: None

    def try_again(self) -> None:
        """Ask it again."""
        self.set_aside = False

    def listen(self, on_wait: Callable) -> None:
        """Remember who is told about waits."""
        self.on_wait = on_wait


class MemoryLog:
    """A session log in memory. `full` makes every append fail, `broken` every list; sessions in `taken` are driven elsewhere.

    The events of the sessions in `unreadable` come from another version.
    """

    def __init__(self) -> None:
        self.stored: dict[str, list[Event]] = {}
        self.taken: set[str] = set()
        self.full = self.broken = False
        self.unreadable: set[str] = set()

    def append(self, session_id: str, event: Event) -> None:
        """Store an event."""
        if self.full:
            raise StorageError("The disk is full.", "Free some space and try again.")
        self.stored.setdefault(session_id, []).append(event)

    def events(self, session_id: str) -> list[Event]:
        """Return the events of a session."""
        if session_id not in self.stored:
            raise UsageError(f"There is no session '{session_id}'.", "List them.")
        if session_id in self.unreadable:
            raise StorageError(f"Event 2 of session '{session_id}' comes from another version.", "Update mockinterview to read it.")
        return list(self.stored[session_id])

    def sessions(self) -> list[SessionSummary]:
        """Return a summary of every session, newest first."""
        if self.broken:
            raise StorageError("The session log is damaged.", "Repair it.")
        return [summary(session_id, events) for session_id, events in reversed(self.stored.items())]

    def search(self, text: str, limit: int = 50) -> list[Found]:
        """Return where a text was said."""
        said = [(s, e) for s, events in self.stored.items() for e in events if e.kind in ("answer_given", "question_asked")]
        return [Found(s, e.question_id, e.text) for s, e in said if text.casefold() in e.text.casefold()][:limit]

    def latest_unfinished(self) -> str | None:
        """Return the newest open session."""
        return next((s for s, events in reversed(self.stored.items()) if events[-1].kind != "interview_finished"), None)

    @contextmanager
    def claim(self, session_id: str) -> Iterator[None]:
        """Hold a session."""
        if session_id in self.taken:
            raise UsageError(f"Session '{session_id}' is open in another window.", "Close it there.")
        self.taken.add(session_id)
        try:
            yield
        finally:
            self.taken.discard(session_id)


class World:
    """Everything behind the screens, and apps over it."""

    def __init__(self, folder: Path, *, suffix: str = "") -> None:
        self.bank = Bank(
            [question(n, suffix=suffix) for n in ("one", "two", "three")] + [question("four", topic="rnn", suffix=suffix)]
        )
        self.suffix = suffix
        self.log = MemoryLog()
        self.grader = RuleGrader()
        self.folder = folder
        self.wished: list[Wishes] = []
        self.faults: list[str] = []
        self.theme = "dark"
        self.keys: dict[str, str] = {}
        self.newcomer = False
        self.reliability = lambda graders: [f"{name}: 85 of 100 credits are right (the shipped baseline)." for name in graders]
        self.decided: tuple[str, ...] = ()
        self.indexed = threading.Event()
        self.failure: BaseException | None = None
        self.unreachable: BaseException | None = None
        self.models: list[Model] = []
        self.offers: list[Offer] = []
        self.tried: list[Offer] = []

    def load(self) -> Core:
        """Return the core, or fail as told."""
        if self.failure:
            raise self.failure
        if not self.newcomer:
            (self.folder / "drafts").mkdir(exist_ok=True)
            (self.folder / "drafts" / "tour").touch()
        return Core(
            bank=self.bank, store=self.log, defaults=Wishes(count=2), drafts=self.folder / "drafts", exports=self.folder,
            new_interview=self.new_interview, open_stored=self.open_stored, build_index=self.build_index,
            probe=self.probe, try_out=self.try_out, attempts=self.attempts, decided=self.decided,
            faults=self.faults, theme=self.theme, keys=self.keys,
            reliability=self.reliability, mark_again=self.mark_again,
        )  # fmt: skip

    def probe(self, on_found: Callable[[Offer], None]) -> None:
        """Find the offers."""
        for offer in self.offers:
            on_found(offer)

    def try_out(self, offer: Offer) -> str:
        """Pretend to test an offer."""
        self.tried.append(offer)
        return f"{offer.label} works."

    def attempts(self) -> list:
        """Return all closed questions."""
        return [attempt for events in self.log.stored.values() for attempt in attempts(events)]

    def mark_again(self, session_id: str, offer: Offer) -> list:
        """Let a grader mark a session that finds what the stored one does not."""
        if offer.backend == "gone":
            raise BackendError("gone cannot be reached.", "Start it.")
        other = RuleGrader()
        other.name = offer.label
        flipped = Bank([q.model_copy(update={"points": tuple(p for p in q.points if p.id != "alpha")}) for q in self.bank])
        return marked_again(session_id, self.log.events(session_id), flipped, other)

    def build_index(self, progress: Callable[[int, int], None]) -> None:
        """Pretend to build the index."""
        progress(0, 2)
        progress(2, 2)
        self.indexed.set()

    def interview(self, session_id: str, events: list[Event]) -> Interview:
        """Return an interview over the stand-ins."""
        return Interview(session_id, self.bank, self.log, self.grader, EmbeddedInterviewer(), events=events)

    def opened(self, interview: Interview, plan: Plan | None, *, embedded: bool) -> Opened:
        """Return an opened interview; fail where the backend is out of reach."""
        if self.unreachable and not embedded:
            raise self.unreachable
        return Opened(interview, plan, () if embedded else self.models)

    def new_interview(self, wishes: Wishes) -> Opened:
        """Return an interview and its plan; the seed is fixed."""
        self.wished.append(wishes)
        plan = Plan(
            topics=wishes.topics, level=wishes.level or None, count=wishes.count or 2, minutes=wishes.minutes or None,
            mode=wishes.mode or "practice", format=wishes.format or "phone", questions=wishes.questions, seed=1,
        )  # fmt: skip
        if wishes.job:
            called = {q.id: q.id for q in self.bank if q.id in wishes.job}
            if not called:
                raise UsageError("The job description names nothing.", "Choose topics.")
            plan = plan.model_copy(update={"questions": tuple(called), "because": called})
        interview = self.interview(f"s{len(self.log.stored) + 1}", [])
        return self.opened(interview, choose_questions(self.bank, plan), embedded=wishes.backend == "embedded")

    def open_stored(self, session_id: str, embedded: bool) -> Opened:
        """Return a stored interview."""
        chosen = session_id or self.log.latest_unfinished() or ""
        return self.opened(self.interview(chosen, self.log.events(chosen)), None, embedded=embedded)

    def app(self, **launch) -> InterviewApp:
        """Return an app over this world."""
        return InterviewApp(self.load, Launch(**launch))

    def direct(self, *, mode: str = "practice", questions: tuple[str, ...] = ("one", "two"), **more) -> InterviewApp:
        """Return an app that begins with an interview."""
        return self.app(wishes=Wishes(questions=questions, mode=mode, **more), direct=True)

    def kinds(self, session: str = "s1") -> list[str]:
        """Return what was stored, by kind."""
        return [event.kind for event in self.log.stored.get(session, [])]

    def last(self, kind: str, session: str = "s1") -> Event:
        """Return the last event of a kind."""
        return next(event for event in reversed(self.log.stored[session]) if event.kind == kind)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with harmless texts."""
    return World(tmp_path)


@pytest.fixture
def make_world() -> Callable:
    """Return a function that makes a world in a folder, with a model in it."""

    def make(folder: Path) -> World:
        made = World(folder)
        made.models = [Model()]
        return made

    return make


@pytest.fixture
def world_with_model(world: World) -> tuple[World, Model]:
    """Return a world in whose interviews a model takes part, and that model."""
    world.models = [Model()]
    return world, world.models[0]


@pytest.fixture
def hostile_world(tmp_path: Path) -> World:
    """Return a world in which every text of the bank attacks the terminal and the markup."""
    return World(tmp_path, suffix=HOSTILE)


@pytest.fixture
def hostile() -> str:
    """Return the attack."""
    return HOSTILE


@pytest.fixture
def wait_until() -> Callable:
    """Return a function that lets the app run until a condition holds, and fails when it never does."""

    async def wait(pilot: Pilot, holds: Callable[[], object], seconds: float = 10.0) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while not _true(holds):
            assert asyncio.get_running_loop().time() < end, "the condition never held"
            await pilot.pause(0.005)
        await pilot.pause()

    return wait


def _true(holds: Callable[[], object]) -> bool:
    from textual.css.query import NoMatches

    try:
        return bool(holds())
    except NoMatches:
        return False


@pytest.fixture
def idle(wait_until) -> Callable:
    """Return a function that waits until the interviewer has nothing left to do."""

    async def wait(pilot: Pilot, after: Callable[[], object] = lambda: True) -> None:
        def settled() -> bool:
            screen = next((s for s in reversed(pilot.app.screen_stack) if hasattr(s, "talk") and hasattr(s, "driver")), None)
            stored = screen.driver.interview.talk.events if screen else []
            return bool(screen and after() and screen.talk.events and not screen.busy and len(screen.talk.events) == len(stored))

        await wait_until(pilot, settled)

    return wait


@pytest.fixture
def end(idle) -> Callable:
    """Return a function that ends the interview on screen: with a command, which is asked back about, and a yes."""

    async def finish(pilot: Pilot) -> None:
        view = pilot.app.screen
        await pilot.press(*"/end", "enter")
        await idle(pilot, lambda: view.talk.asked_to_end)
        await pilot.press(*"yes", "enter")

    return finish


@pytest.fixture
def screen_text() -> Callable:
    """Return a function that returns what is on the screen as plain lines."""

    def text(app: InterviewApp) -> str:
        screen = app.screen
        return "\n".join("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())

    return text


@pytest.fixture
def transcript() -> Callable:
    """Return a function that returns all texts of the transcript, also those that are scrolled away."""

    def text(app: InterviewApp) -> str:
        from textual.widgets import Markdown, Static

        from mockinterview.tui.cards import Card

        screen = next(s for s in reversed(app.screen_stack) if hasattr(s, "transcript"))
        parts = []
        for child in screen.transcript.children:
            if isinstance(child, Markdown):
                parts.append(child.source)
            elif isinstance(child, Card):
                parts.append(child.plain)
            elif isinstance(child, Static):
                parts.append(str(child.render()))
        return "\n".join(parts)

    return text
