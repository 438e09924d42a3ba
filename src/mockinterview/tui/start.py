"""The start screen: what to be asked about, for how long, and in what manner. Painted before the core is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import nan
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, HorizontalGroup, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from mockinterview.errors import MockInterviewError, UsageError
from mockinterview.sanitize import clean
from mockinterview.tui.choice import Choice, Picker, Topics
from mockinterview.tui.core import EMBEDDED, NO_PAST, NO_WISHES, Core, Offer, Past, Unfinished, Wishes, remembered, tour
from mockinterview.tui.frame import Frame, KeyBar
from mockinterview.tui.keys import bound

RISING = "rising"
LEVELS = (RISING, "foundation", "intermediate", "advanced")
CHOICES, NUMBERS = ("level", "mode", "format"), ("count", "minutes")  # fields of the form, by their kind
OFFLINE = (EMBEDDED, "words")  # graders that no model is behind
FAULTS_SHOWN = 2
MOST_QUESTIONS = 200  # of models.Plan, which is not imported for the first frame


class OfferPanel(ModalScreen[int]):
    """A list to choose from that may grow while it is shown. Ends with the number of the chosen entry, None for none."""

    DEFAULT_CSS = """
    OfferPanel { align: center middle; }
    OfferPanel Vertical { width: 60; max-width: 95%; height: auto; border: round $primary; padding: 0 1; background: $surface; }
    OfferPanel OptionList, OfferPanel OptionList:focus { height: auto; max-height: 60vh; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back", key_display="esc")]

    def __init__(self, labels: Sequence[str], chosen: int) -> None:
        super().__init__()
        self._list = OptionList(*(Option(Content(clean(text))) for text in labels))
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """Yield the list and what to do."""
        with Vertical():
            yield Static("Who interviews and grades? (Enter chooses, Esc leaves it)", markup=False)
            yield self._list

    def on_mount(self) -> None:
        """Begin at the present choice."""
        self._list.highlighted = self._chosen

    def add(self, text: str) -> None:
        """Add an entry at the end."""
        self._list.add_option(Option(Content(clean(text))))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose."""
        self.dismiss(event.option_index)


class StartScreen(Frame):
    """A form. It posts `Begin` or `Resume` and knows nothing of what happens then."""

    DEFAULT_CSS = """
    StartScreen #title { background: $primary; color: $text; padding: 0 1; text-style: bold; }
    StartScreen #topics { width: 33; height: 1fr; border: round $surface-lighten-2; border-title-color: $text; padding: 0; }
    StartScreen #form { width: 1fr; padding: 1 0 0 1; }
    StartScreen HorizontalGroup { height: auto; margin-bottom: 1; }
    StartScreen .label { width: 12; }
    StartScreen Input, StartScreen Input:focus { border: none; height: 1; padding: 0 1; background: $surface; }
    StartScreen Input.-invalid, StartScreen Input.-invalid:focus { border: none; }
    StartScreen Input:focus { background: $surface-lighten-1; }
    StartScreen #count, StartScreen #minutes { width: 8; }
    StartScreen .unit { width: auto; margin: 0 2 0 1; }
    StartScreen Button { margin-right: 2; }
    StartScreen .buttons { margin-bottom: 0; }
    StartScreen #tour { height: auto; padding: 0 1; display: none; }
    StartScreen #notice { height: auto; max-height: 4; padding: 0 1; color: $text-warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("start", "begin", key_display="f2"),
        bound("resume", "resume"),
        bound("again", "again"),
        bound("review", "review"),
        bound("history", "app.history"),
        bound("progress", "app.progress", show=False),
        bound("test", "test", show=False),
        bound("job", "job", show=False),
    ]

    class Begin(Message):
        """The form was sent."""

        def __init__(self, wishes: Wishes) -> None:
            super().__init__()
            self.wishes = wishes

    class Resume(Message):
        """The stored interview was chosen."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    class Test(Message):
        """The chosen interviewer is to be tested."""

        def __init__(self, offer: Offer) -> None:
            super().__init__()
            self.offer = offer

    def __init__(self, wishes: Wishes) -> None:
        super().__init__()
        self._wishes = wishes
        self._past = NO_PAST
        self._due: tuple[str, ...] = ()
        self._outlook = "Looking for what is due ..."
        self._given: dict[str, str] = {}  # what was put into fields; what differs from it is the person's own choice
        self._offers = [Offer(EMBEDDED)]
        self._judge = ""
        self._core: Core | None = None
        self._ready = False
        self._job = ""
        self._list: OfferPanel | None = None
        self._formed = asyncio.Event()
        # Kept and not looked up: workers report to them while the screen may be on its way out.
        self._notice = Static("Loading the question bank ...", id="notice", markup=False)
        self._tour = Static(id="tour", markup=False)
        self._picker = Picker((EMBEDDED,), id="backend")
        self._review = Button("Nothing to review", id="review", disabled=True, compact=True)

    def body(self) -> Iterable[Widget]:
        """Return what is painted first; the form follows at once, its topics with the bank."""
        yield Static("mockinterview: practise deep-learning interviews", id="title", markup=False)
        yield Horizontal(id="choices")
        yield self._tour
        yield self._notice
        yield KeyBar()

    async def on_mount(self) -> None:
        """Mount the form after the first frame."""
        self.watch(self._picker, "chosen", self._show_bank, init=False)
        self.call_after_refresh(self._complete)

    async def _complete(self) -> None:
        form = VerticalScroll(*self._form(), id="form", can_focus=False)
        await self.query_one("#choices").mount(Topics(id="topics"), form)
        self.query_one("#topics").border_title = "Topics (none = all)"
        self._given = {name: self._value(name) for name in (*CHOICES, *NUMBERS)}
        self._fill(self._wishes)
        self.query_one("#about").focus()
        self._formed.set()

    def _form(self) -> list[Widget]:
        return [
            _row("Subject", Input(placeholder="all, or say it: gradients", id="about")),
            Static("Level (rising: from the fundamentals up)", markup=False),
            _row("", Choice(LEVELS, id="level")),
            _row(
                "Questions", Input("5", type="integer", valid_empty=True, id="count"),
                Static("or minutes", classes="unit", markup=False),
                Input(type="number", valid_empty=True, placeholder="-", id="minutes"),
            ),
            _row("Mode", Choice(("practice", "exam"), id="mode")),
            _row("Format", Choice(("phone", "onsite"), id="format")),
            _row("Interviewer", self._picker),
            HorizontalGroup(
                Button("Start", variant="primary", id="begin", disabled=True, compact=True),
                Button("Resume", id="resume", disabled=True, compact=True),
                classes="buttons",
            ),
            HorizontalGroup(
                Button("Same again", id="again", disabled=True, compact=True),
                self._review,
                classes="buttons",
            ),
            HorizontalGroup(Button("Job description", id="job", disabled=True, compact=True), classes="buttons"),
        ]  # fmt: skip

    async def fill(self, core: Core, past: Past) -> None:
        """Show what the core knows: topics, defaults, an interview to resume, broken files."""
        await self._formed.wait()
        counts = {topic: sum(q.topic == topic for q in core.bank) for topic in core.bank.topics}
        self.query_one(Topics).fill(counts, self._wishes.topics)
        self._fill(core.defaults, keep=self._wishes)
        self._fill(remembered(core, past.last), keep=self._wishes)
        self._begin_with(core.defaults)
        self._core = core
        self._show_bank()
        if told := tour(core):
            self._tour.update(told)
            self._tour.display = True
        self._past = past
        self._offer(past.unfinished)
        self.query_one("#begin", Button).disabled = self.query_one("#job", Button).disabled = False
        self._ready = True
        self.refresh_bindings()

    def _begin_with(self, defaults: Wishes) -> None:
        """Put the interviewer of the settings first."""
        backend, self._judge = defaults.backend or EMBEDDED, defaults.judge or ""
        first, alone = Offer(backend, defaults.model or "" if backend != EMBEDDED else ""), Offer(EMBEDDED)
        self._offers = [first] if first == alone and self._judge in ("", EMBEDDED) else [first, alone]
        self._picker.put(self._labels)

    def add_offer(self, offer: Offer) -> None:
        """Add an interviewer that can be chosen; called as each one is found."""
        if offer not in self._offers:
            self._offers.append(offer)
            self._picker.add(self._labels[-1])
            if self._list and self._list.is_attached:
                self._list.add(self._labels[-1])

    def _grades(self, number: int) -> str:
        """Return who grades with an entry of the list: the judge of the settings, except that embedded means both where chosen."""
        backend = self._offers[number].backend
        alone = number > 0 and backend == EMBEDDED
        return backend if alone else self._judge or backend

    @property
    def _labels(self) -> tuple[str, ...]:
        """How the interviewers are shown, with who grades where that is another one."""
        graders = [self._grades(number) for number in range(len(self._offers))]
        pairs = zip(self._offers, graders, strict=True)
        return tuple(offer.label if grader == offer.backend else f"{offer.label}, graded by {grader}" for offer, grader in pairs)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The interviewers that answered up to now, that of the settings first."""
        return tuple(dict.fromkeys(self._offers))

    @property
    def offer(self) -> Offer:
        """The chosen interviewer."""
        return self._offers[self._picker.chosen]

    def _show_bank(self) -> None:
        """Show how many questions there are, and whether what is said stays here with the chosen interviewer."""
        if self._core:
            local = self.offer.backend == EMBEDDED and self._grades(self._picker.chosen) in OFFLINE
            self._notice.update(_faults(self._core, local=local))

    def show_due(self, due: tuple[str, ...], outlook: str = "Nothing is due.") -> None:
        """Offer the questions that are due for review; where there are none, `outlook` is told when they are asked for."""
        self._due, self._outlook = due, outlook
        button = self._review
        button.disabled = not due
        button.label = f"Review {len(due)} due question{'s' if len(due) > 1 else ''}" if due else "Nothing to review"
        button.refresh(layout=True)
        self.refresh_bindings()

    def _offer(self, unfinished: Unfinished | None) -> None:
        self.query_one("#again", Button).disabled = self._past.last is None
        button = self.query_one("#resume", Button)
        button.disabled = unfinished is None
        button.label = f"Resume question {unfinished.number} of {unfinished.total}" if unfinished else "Resume"
        button.refresh(layout=True)  # a new label alone keeps the old width

    def _fill(self, wishes: Wishes, keep: Wishes = NO_WISHES) -> None:
        """Set fields from `wishes`, except those that `keep` or the person has decided, who may be quicker than the core."""
        for name in (*CHOICES, *NUMBERS):
            wanted = getattr(wishes, name)
            if getattr(keep, name) is None and wanted and self._value(name) == self._given[name]:
                self._put(name, wanted)
                self._given[name] = self._value(name)
        if wishes.about:
            self.query_one("#about", Input).value = wishes.about

    def _value(self, name: str) -> str:
        field = self.query_one(f"#{name}")
        return field.value if isinstance(field, Choice | Input) else ""

    def _put(self, name: str, wanted: str | float) -> None:
        if isinstance(wanted, str):
            self.query_one(f"#{name}", Choice).choose(wanted)
        else:
            self.query_one(f"#{name}", Input).value = f"{wanted:g}"

    def complain(self, error: MockInterviewError) -> None:
        """Show an expected error and its remedy."""
        self.tell(str(error))

    def tell(self, text: str) -> None:
        """Show a sentence at the bottom."""
        self._notice.update(clean(text))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is not possible yet."""
        if action in ("begin", "job"):
            return self._ready or None
        if action == "resume":
            return self._past.unfinished is not None or None
        if action == "again":
            return self._past.last is not None or None
        if action == "review":
            return self._ready or None
        return super().check_action(action, parameters)

    @on(Input.Submitted)
    @on(Button.Pressed, "#begin")
    def action_begin(self) -> None:
        """Send the form."""
        if not self._ready:
            return
        try:
            self.post_message(self.Begin(self._read()))
        except MockInterviewError as error:
            self.complain(error)

    @on(Button.Pressed, "#resume")
    def action_resume(self) -> None:
        """Go on with the stored interview."""
        if self._past.unfinished:
            self.post_message(self.Resume(self._past.unfinished.session_id))

    @on(Button.Pressed, "#again")
    def action_again(self) -> None:
        """Begin with the choices of the last interview; its questions come last."""
        if self._past.last:
            self.post_message(self.Begin(self._past.last))

    @on(Button.Pressed, "#review")
    def action_review(self) -> None:
        """Ask what is due, as many questions as the form says; where nothing is, say when something will be."""
        if not self._due:
            self.tell(self._outlook)
            return
        try:
            wishes = self._read()
        except MockInterviewError as error:
            self.complain(error)
            return
        asked = self._due[: wishes.count or len(self._due)]
        self.post_message(self.Begin(replace(wishes, topics=(), about="", level="", questions=asked, count=len(asked))))

    @on(Button.Pressed, "#job")
    def action_job(self) -> None:
        """Take a job description, which then chooses the questions; topics and level of the form still hold."""
        from mockinterview.tui.jobs import JobPanel

        if self._ready:
            self.app.push_screen(JobPanel(self._job), self._take_job)

    def _take_job(self, result: tuple[str, bool] | None) -> None:
        self._job, go_on = result or (self._job, False)
        if not go_on:
            return
        if not self._job:
            self.tell("There is no job description yet: paste one.")
            return
        try:
            self.post_message(self.Begin(replace(self._read(), about="", job=self._job)))
        except MockInterviewError as error:
            self.complain(error)

    @on(Picker.Listed)
    def _show_offers(self) -> None:
        """List all interviewers; those that answer later join the list."""

        def take(chosen: int | None) -> None:
            if chosen is not None:
                self._picker.chosen = chosen

        self._list = OfferPanel(self._labels, self._picker.chosen)
        self.app.push_screen(self._list, take)

    def action_test(self) -> None:
        """Let the chosen interviewer grade an answer."""
        if self.offer.backend == EMBEDDED:
            self.tell("The embedded interviewer needs no test.")
        else:
            self.tell(f"{self.offer.label} is grading an answer ...")
            self.post_message(self.Test(self.offer))

    def _read(self) -> Wishes:
        level = self.query_one("#level", Choice).value
        return Wishes(
            topics=self.query_one(Topics).chosen,
            about=self.query_one("#about", Input).value.strip(),
            level="" if level == RISING else level,
            count=self._count(),
            minutes=self._minutes(),
            mode=self.query_one("#mode", Choice).value,
            format=self.query_one("#format", Choice).value,
            seed=self._wishes.seed,
            # The first one is that of the settings, which say more about it than its name.
            backend=self.offer.backend if self._picker.chosen else None,
            model=self.offer.model if self._picker.chosen else None,
            judge=EMBEDDED if self._picker.chosen and self.offer.backend == EMBEDDED else None,
        )

    def _count(self) -> int | None:
        text = self.query_one("#count", Input).value.strip()
        if text and not 1 <= _number(text) <= MOST_QUESTIONS:
            raise UsageError(f"An interview has 1 to {MOST_QUESTIONS} questions.", "Correct the number of questions.")
        return int(text) if text else None

    def _minutes(self) -> float:
        text = self.query_one("#minutes", Input).value.strip()
        if text and not 0 < _number(text) <= 24 * 60:
            raise UsageError("An interview takes more than 0 and at most 1440 minutes.", "Correct the minutes.")
        return float(text) if text else 0.0


def _number(text: str) -> float:
    """Return a number, NaN for half of one, such as a sign alone."""
    try:
        return float(text)
    except ValueError:
        return nan


def _row(label: str, *fields: Widget) -> HorizontalGroup:
    return HorizontalGroup(*([Static(label, classes="label", markup=False)] if label else []), *fields)


def _faults(core: Core, *, local: bool) -> str:
    if not core.faults:
        return f"{len(core.bank)} questions.{' Nothing leaves this computer.' if local else ''}"
    shown = [f"left out of the bank: {fault}" for fault in core.faults[:FAULTS_SHOWN]]
    rest = len(core.faults) - len(shown)
    shown += [f"... and {rest} more; `mockinterview corpus check` names them all."] if rest else []
    return clean("\n".join(shown))
