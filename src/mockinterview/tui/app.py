"""The app: paints a first screen at once, loads the core in a thread, and leads from screen to screen."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from mockinterview.errors import BackendError, MockInterviewError
from mockinterview.sanitize import clean
from mockinterview.tui.core import (
    NO_WISHES,
    PLAIN_LAUNCH,
    Core,
    Launch,
    Offer,
    Opened,
    Wishes,
    find_due,
    find_past,
    keep_theme,
    kept_theme,
)
from mockinterview.tui.frame import Frame, KeyBar
from mockinterview.tui.keys import bound, choose
from mockinterview.tui.start import StartScreen
from mockinterview.tui.themes import HIGH_CONTRAST, THEMES, following

if TYPE_CHECKING:
    from mockinterview.models import Bank, Plan, QuestionAsked
    from mockinterview.tui.driver import Driver
    from mockinterview.tui.history import HistoryScreen
    from mockinterview.tui.talk import InterviewScreen

INDEX_AFTER = 1.0  # seconds; what the index needs is slow to import and must not hold up the first question


Make = Callable[[bool], Opened]  # called with whether to do without any model


class Opening(Frame):
    """What is seen for a moment when an interview was asked for on the command line: a sentence, then the first question."""

    def body(self) -> Iterable[Widget]:
        """Return one sentence and the key bar."""
        yield Static("The interviewer is coming ...", id="coming", markup=False)
        yield KeyBar()

    async def put(self, asked: QuestionAsked) -> None:
        """Show a question, which can be read while the editor is still on its way; return when it is on the screen."""
        shown = asyncio.Event()
        told = f"\nQuestion {asked.number} of {asked.total}\n\n{asked.text}"
        self.query_one("#coming", Static).update(Content(clean(told)))
        self.call_after_refresh(shown.set)
        await shown.wait()


class InterviewApp(App[None]):
    """The app. `load` is called once, in a thread, after the first frame.

    `failure` holds what kept the app from starting; `unfinished_session` the id of an interview that was left before its end.
    """

    TITLE = "mockinterview"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Toast { max-width: 70; }
    TextArea .text-area--placeholder, Input > .input--placeholder { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("quit", "quit", priority=True),
        bound("theme", "switch_theme", show=False),
    ]

    def __init__(self, load: Callable[[], Core], launch: Launch = PLAIN_LAUNCH) -> None:
        super().__init__()
        self.register_theme(HIGH_CONTRAST)
        self.launch = launch
        self.core: Core | None = None
        self.failure: MockInterviewError | None = None
        self.unfinished_session = ""
        self._load_core = load

    def get_default_screen(self) -> Screen[None]:
        """Return the first screen, which stays below all others."""
        direct = self.launch.direct or self.launch.resume is not None
        return Opening() if direct else StartScreen(self.launch.wishes)

    def on_mount(self) -> None:
        """Load the core, beside the painting of the first frame where there is nothing to fill in on it."""
        if isinstance(self.screen, Opening):
            self.run_worker(self._begin())
        else:
            self.call_after_refresh(self.run_worker, self._begin())

    # --- loading ----------------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        try:
            self.core = await asyncio.to_thread(self._load)
            await self._first(self.core)
        except MockInterviewError as error:
            self.failure = error
            self.exit()
            return
        self.set_timer(INDEX_AFTER, self._prepare_index)

    def _load(self) -> Core:
        """Return the core; on the start screen, import the next one as well while this thread may still take its time."""
        core = self._load_core()
        if not isinstance(self.screen, Opening):
            _talk()
        gc.freeze()  # all this stays; looking through it for garbage again and again would hold up keys
        return core

    async def _first(self, core: Core) -> None:
        self._set_theme(kept_theme(core))
        self.set_keymap(choose(core.keys))
        if self.launch.resume is not None:
            await self._open(core, partial(core.open_stored, self.launch.resume))
        elif self.launch.direct:
            await self._open(core, partial(_new, core, self.launch.wishes))
        else:
            await self._fill_start(core)

    def _set_theme(self, name: str) -> None:
        theme = THEMES.get(name, name)
        if theme in self.available_themes:
            self.theme = theme
        else:
            known = ", ".join([*THEMES, *sorted(self.available_themes)])
            self.notify(clean(f"There is no theme '{name}'. Themes: {known}."), severity="warning", markup=False)

    async def _fill_start(self, core: Core) -> None:
        past = await asyncio.to_thread(find_past, core.store)
        start = self.screen
        if isinstance(start, StartScreen):
            await start.fill(core, past)
            self.run_worker(self._probe(core, start), group="probe", exclusive=True)
            self.run_worker(self._show_due(core, start), group="due", exclusive=True)

    async def _probe(self, core: Core, start: StartScreen) -> None:
        """Fill in the interviewers as they answer."""
        try:
            await asyncio.to_thread(core.probe, lambda offer: self.call_from_thread(start.add_offer, offer))
        except MockInterviewError as error:
            start.complain(error)

    async def _show_due(self, core: Core, start: StartScreen) -> None:
        try:
            now = datetime.now().astimezone()
            start.show_due(*await asyncio.to_thread(find_due, core, now))
        except MockInterviewError as error:
            start.complain(error)

    @on(StartScreen.Test)
    def _test(self, event: StartScreen.Test) -> None:
        if self.core and isinstance(self.screen, StartScreen):
            self.run_worker(self._try_out(self.core, self.screen, event.offer), group="test", exclusive=True)

    async def _try_out(self, core: Core, start: StartScreen, offer: Offer) -> None:
        try:
            start.tell(await asyncio.to_thread(core.try_out, offer))
        except MockInterviewError as error:
            start.complain(error)

    def _prepare_index(self) -> None:
        if self.core:
            self.run_worker(self._build_index(self.core), group="index")

    async def _build_index(self, core: Core) -> None:
        def progress(done: int, total: int) -> None:
            self.call_from_thread(self._show_index, f"Preparing search: {done} of {total}" if done < total else "")

        try:
            await asyncio.to_thread(core.build_index, progress)
        except MockInterviewError as error:
            self.notify(clean(str(error)), severity="warning", markup=False)
        self._show_index("")

    def _show_index(self, line: str) -> None:
        for screen in self.screen_stack:
            if hasattr(screen, "index_line"):
                screen.index_line = line

    # --- from screen to screen --------------------------------------------------------------------------------------

    async def _open(self, core: Core, make: Make) -> None:
        """Open an interview; raises MockInterviewError where it cannot be made or is open elsewhere."""
        from mockinterview.tui.driver import Driver

        opened = await self._made(make)
        if opened.plan and opened.plan.because and not await self._agreed(opened.plan, core.bank):
            return
        driver = Driver(opened.interview, core.store.claim(opened.interview.session_id))
        if opened.plan and isinstance(self.screen, Opening):
            opened = await self._put_first(self.screen, driver, opened, core.version)
        screen = await asyncio.to_thread(_talk)
        await self._only(screen(core, driver, opened))

    async def _agreed(self, plan: Plan, bank: Bank) -> bool:
        from mockinterview.tui.jobs import PicksPanel

        agreed = await self.push_screen_wait(PicksPanel(plan, bank))
        return bool(agreed)

    async def _put_first(self, opening: Opening, driver: Driver, opened: Opened, version: str) -> Opened:
        """Begin a new interview and show its first question before the screen is there that it will be answered on."""
        assert opened.plan is not None  # only a new interview is begun
        try:
            await driver.start(opened.plan, version)
        except MockInterviewError:
            driver.close()
            raise
        asked = driver.interview.talk.asked
        if asked and asked.kind == "question_asked":
            await opening.put(asked)
        return replace(opened, plan=None)

    async def _made(self, make: Make) -> Opened:
        """Return what `make` makes; where a backend cannot be used, the person chooses how to go on."""
        from mockinterview.tui.backends import BackendPanel

        embedded = False
        while True:
            try:
                return await asyncio.to_thread(make, embedded)
            except BackendError as error:
                way = await self.push_screen_wait(BackendPanel(error))
                if not way:
                    raise
                embedded = way == "embedded"

    async def _only(self, screen: Screen[None]) -> None:
        """Show a screen above the first one and no other; the first one cannot be taken away."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if self.screen is not screen:
            await self.push_screen(screen)

    async def _open_from_form(self, make: Make) -> None:
        start = self.screen
        try:
            if self.core:
                await self._open(self.core, make)
        except MockInterviewError as error:
            if isinstance(start, StartScreen):
                start.complain(error)
            else:
                self.notify(clean(str(error)), severity="error", markup=False)

    @on(StartScreen.Begin)
    def _begin_interview(self, event: StartScreen.Begin) -> None:
        if self.core:
            self.run_worker(self._open_from_form(partial(_new, self.core, event.wishes)), group="open", exclusive=True)

    @on(StartScreen.Resume)
    def _resume_interview(self, event: StartScreen.Resume) -> None:
        if self.core:
            self.run_worker(self._open_from_form(partial(self.core.open_stored, event.session_id)), group="open", exclusive=True)

    def on_history_screen_open(self, event: HistoryScreen.Open) -> None:
        """Open a past interview: what is over needs no model."""
        if self.core:
            self.run_worker(self._open_from_form(partial(_past, self.core, event.session_id)), group="open", exclusive=True)

    async def action_history(self) -> None:
        """Show past interviews."""
        from mockinterview.tui.history import HistoryScreen

        if self.core:
            await self._to_start()
            start = self.screen
            await self.push_screen(HistoryScreen(self.core, lambda: start.offers if isinstance(start, StartScreen) else ()))

    async def action_progress(self) -> None:
        """Show how scores went."""
        from mockinterview.tui.progress import ProgressScreen

        if self.core:
            await self.push_screen(ProgressScreen(self.core))

    async def _to_start(self) -> None:
        if not isinstance(self.screen, StartScreen):
            await self.action_new_interview()

    async def action_new_interview(self) -> None:
        """Go back to the start screen."""
        if not self.core:
            return
        first = self.screen_stack[0]
        start = first if isinstance(first, StartScreen) else StartScreen(NO_WISHES)
        await self._only(start)
        try:
            await self._fill_start(self.core)
        except MockInterviewError as error:
            start.complain(error)

    def on_interview_screen_began(self, event: InterviewScreen.Began) -> None:
        """Remember what can be resumed."""
        self.unfinished_session = event.session_id

    def on_interview_screen_ended(self) -> None:
        """Forget it again."""
        self.unfinished_session = ""

    # --- everywhere -------------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """Show the keys that are in force."""
        from mockinterview.tui.panels import HelpPanel

        self.push_screen(HelpPanel(self.screen.active_bindings))

    def action_switch_theme(self) -> None:
        """Go on to the next of dark, light and high contrast, and keep it for the next start."""
        self.theme = following(self.theme)
        if self.core:
            keep_theme(self.core, self.theme)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return the commands of the palette: everything that a key of this screen does, and the themes."""
        from mockinterview.tui.panels import bound_actions

        yield SystemCommand("Theme", "Choose a theme", self.action_change_theme)
        for entry in bound_actions(screen.active_bindings):
            if entry.own and isinstance(entry.node, App | Screen):
                run = partial(self.run_action, entry.binding.action, entry.node)
                yield SystemCommand(entry.binding.description, f"key: {', '.join(entry.keys)}", run)


def _talk() -> type[InterviewScreen]:
    """Return the screen of an interview, whose import takes a while."""
    from mockinterview.tui.talk import InterviewScreen

    return InterviewScreen


def _past(core: Core, session_id: str, embedded: bool) -> Opened:  # noqa: FBT001 - as `Make` calls it
    over = any(e.kind == "interview_finished" for e in core.store.events(session_id))
    return core.open_stored(session_id, embedded or over)


def _new(core: Core, wishes: Wishes, embedded: bool) -> Opened:  # noqa: FBT001 - as `Make` calls it
    return core.new_interview(wishes.embedded() if embedded else wishes)
