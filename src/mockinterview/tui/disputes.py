"""Disputing a verdict: the candidate's own mark on a point of a finished question. It is shown as such and enters no figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mockinterview.interview.state import Thread
from mockinterview.models import Verdict
from mockinterview.report import SIGNS
from mockinterview.sanitize import clean
from mockinterview.tui.cards import Hanging
from mockinterview.tui.choice import Choice
from mockinterview.tui.frame import Panel

MARKS: tuple[Verdict, ...] = ("hit", "partial", "miss")
TOLD = "Your own mark is stored as self-marked and changes no score. Enter stores, Tab moves on, Esc leaves."
AROUND = 11  # rows of the panel besides the points, and of the screen besides the panel
Store = Callable[[str, str, Verdict, str], object]  # question, point, verdict, reason


class DisputePanel(Panel):
    """Choose a point of a finished question, one's own verdict and a reason; `store` is called with them."""

    DEFAULT_CSS = """
    DisputePanel Vertical { width: 76; max-width: 95%; height: auto; max-height: 95%; border: round $primary; padding: 0 1; }
    DisputePanel #asked { max-height: 3; }
    DisputePanel OptionList, DisputePanel OptionList:focus { height: auto; border: none; padding: 0; }
    DisputePanel Input, DisputePanel Input:focus { border: none; height: 1; background: $surface-lighten-1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "store", "Store")]

    def __init__(self, thread: Thread, store: Store) -> None:
        super().__init__()
        self.thread = thread
        self._store = store

    def compose(self) -> ComposeResult:
        """Yield the points, the verdicts and the reason."""
        with Vertical():
            yield Static(Content(clean(self.thread.asked)), markup=False, id="asked")
            yield OptionList(*(Option(_line(self.thread, point.id)) for point in self.thread.question.points), id="points")
            yield Choice(MARKS, id="own")
            yield Input(placeholder="why (may stay empty)", id="reason")
            yield Static(Content(TOLD), markup=False)

    def on_mount(self) -> None:
        """Have the right size from the first frame on."""
        self._fit(self.app.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """Let the points scroll where the rest would no longer fit."""
        self._fit(event.size.height)

    def _fit(self, height: int) -> None:
        self.query_one(OptionList).styles.max_height = height - AROUND

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def action_store(self) -> None:
        """Store the mark and close."""
        chosen = self.query_one(OptionList).highlighted
        point = self.thread.question.points[chosen or 0]
        verdict = cast("Verdict", self.query_one(Choice).value)
        self._store(self.thread.question.id, point.id, verdict, clean(self.query_one(Input).value.strip()))
        self.dismiss(result=True)


def _line(thread: Thread, point_id: str) -> Hanging:
    verdict = thread.verdicts.get(point_id, "miss")
    return Hanging((SIGNS[verdict], "", Content(clean(thread.question.point(point_id).claim))))
