"""Interviews for a job description: a place to paste it, and the questions that it calls for with the words that call for them."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from mockinterview.models import Bank, Plan
from mockinterview.sanitize import clean
from mockinterview.tui.cards import Hanging
from mockinterview.tui.frame import Panel
from mockinterview.tui.keys import bound, label

LONGEST = 200_000  # characters; the longest advertisements have a twentieth of that
NUMBER = 5  # cells before the text of a question


class JobText(TextArea):
    """Takes a pasted job description as it is, up to a length that still is one."""

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = clean(event.text[:LONGEST])


class JobPanel(ModalScreen[tuple[str, bool]]):
    """Paste a job description; `kept` is what stood here before. Ends with the text and whether to choose questions for it."""

    DEFAULT_CSS = """
    JobPanel { align: center middle; }
    JobPanel Vertical { width: 90%; height: 80%; border: round $primary; padding: 0 1; background: $surface; }
    JobPanel TextArea, JobPanel TextArea:focus { height: 1fr; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("start", "done", priority=True),
        Binding("escape", "leave", "Back", key_display="esc"),
    ]

    def __init__(self, kept: str = "") -> None:
        super().__init__()
        self._area = JobText(kept, placeholder="Paste the job description here.", id="job-text")

    def compose(self) -> ComposeResult:
        """Yield the text area and what to do."""
        with Vertical():
            yield self._area
            told = f"{label('start')} chooses questions for it and shows why; Esc goes back and keeps the text."
            yield Static(told, markup=False)

    def on_mount(self) -> None:
        """Write at once."""
        self._area.focus()

    @property
    def text(self) -> str:
        """What stands here."""
        return clean(self._area.text.strip())

    def action_done(self) -> None:
        """Choose questions for what was pasted."""
        self.dismiss((self.text, True))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss((self.text, False))


class PicksPanel(Panel):
    """The chosen questions, each with the words of the job description that call for it. Ends with whether to begin."""

    DEFAULT_CSS = """
    PicksPanel Vertical { width: 90%; height: auto; max-height: 90%; border: round $primary; padding: 0 1; }
    PicksPanel OptionList, PicksPanel OptionList:focus { height: auto; border: none; padding: 0; }
    """

    def __init__(self, plan: Plan, bank: Bank) -> None:
        super().__init__()
        lines = [self._line(number, plan, bank, name) for number, name in enumerate(plan.questions[: plan.count], start=1)]
        self._list = OptionList(*(Option(line) for line in lines))

    def compose(self) -> ComposeResult:
        """Yield the questions and what to do."""
        with Vertical():
            yield Static("These questions are called for:", markup=False)
            yield self._list
            yield Static("Enter begins, Esc goes back.", markup=False)

    @staticmethod
    def _line(number: int, plan: Plan, bank: Bank, name: str) -> Hanging:
        why = because(plan, name)
        return Hanging((f"{number}.", "", Content(clean(f"{bank.get(name).ask}{chr(10) + why if why else ''}"))), NUMBER)

    def on_resize(self, event: events.Resize) -> None:
        """Let the questions scroll where there are many."""
        self._list.styles.max_height = max(event.size.height - 8, 3)

    def on_option_list_option_selected(self) -> None:
        """Begin."""
        self.dismiss(result=True)


def because(plan: Plan, question_id: str) -> str:
    """Return why a question was picked, in the words of the job description; "" where nothing says so."""
    phrase = plan.because.get(question_id, "")
    return f"picked because the job description says “{clean(phrase)}”" if phrase else ""
