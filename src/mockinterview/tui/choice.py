"""Choices that do without colour and fit in 24 rows: one of a few words on a line, and any number of a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mockinterview.sanitize import clean


class Choice(Widget, can_focus=True):
    """A line of options of which one is chosen. The chosen one stands in brackets, so that colour is not needed."""

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    Choice:focus { background: $surface-lighten-1; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Previous choice", show=False),
        Binding("right,space", "move(1)", "Next choice", show=False),
    ]
    chosen: reactive[int] = reactive(0)

    def __init__(self, options: Sequence[str], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.options = tuple(options)

    @property
    def value(self) -> str:
        """The chosen option."""
        return self.options[self.chosen]

    def choose(self, option: str) -> None:
        """Choose an option by its name."""
        self.chosen = self.options.index(option)

    def render(self) -> Content:
        """Return the line."""
        return Content.assemble(*((cell, "bold $text-accent" if i == self.chosen else "") for i, cell in enumerate(self._cells())))

    def action_move(self, step: int) -> None:
        """Choose the next or the previous option."""
        self.chosen = (self.chosen + step) % len(self.options)

    def on_click(self, event: events.Click) -> None:
        """Choose the option under the pointer."""
        end = 0
        for index, cell in enumerate(self._cells()):
            end += len(cell)
            if event.x < end:
                self.chosen = index
                return

    def _cells(self) -> list[str]:
        return [f"[{option}]" if i == self.chosen else f" {option} " for i, option in enumerate(self.options)]


class Picker(Choice):
    """A choice of which only the chosen option is shown, for options that are long or become more with time."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "list", "List them", show=False)]

    class Listed(Message):
        """All options are to be shown."""

    def action_list(self) -> None:
        """Show all options."""
        self.post_message(self.Listed())

    def put(self, options: Iterable[str]) -> None:
        """Show other options, the first of them chosen."""
        self.chosen, self.options = 0, tuple(options)
        self.refresh()

    def add(self, option: str) -> None:
        """Add an option; one that is there stays as it is."""
        if option not in self.options:
            self.options = (*self.options, option)
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the next option, on the first cell the one before."""
        self.action_move(1 if event.x else -1)

    def _cells(self) -> list[str]:
        shown = clean(f"< {self.value} >  {self.chosen + 1} of {len(self.options)}")
        return [shown if index == self.chosen else "" for index in range(len(self.options))]


class Topics(OptionList):
    """A list of which any number can be chosen, with Enter, Space or a click."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", "Choose", show=False)]

    def fill(self, counts: Mapping[str, int], chosen: Collection[str]) -> None:
        """Show topics with their number of questions; `chosen` are ticked."""
        self._counts, self._chosen = dict(counts), set(chosen)
        self.clear_options()
        self.add_options(Option(self._line(topic)) for topic in counts)
        self.highlighted = 0

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen topics, in the order of the list."""
        return tuple(topic for topic in self._counts if topic in self._chosen)

    def _line(self, topic: str) -> Content:
        return Content(clean(f"[{'x' if topic in self._chosen else ' '}] {topic} ({self._counts[topic]})"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose a topic, or no longer choose it."""
        topic = list(self._counts)[event.option_index]
        self._chosen ^= {topic}
        self.replace_option_prompt_at_index(event.option_index, self._line(topic))
