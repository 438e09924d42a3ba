"""Small panels over a screen: help made from the bindings that are in force, and the question before a link is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Static

from mockinterview.sanitize import clean
from mockinterview.tui.cards import Card, Row
from mockinterview.tui.editor import COMMANDS
from mockinterview.tui.frame import Panel
from mockinterview.tui.keys import bound

KEY_COLUMN = 34  # cells


@dataclass(frozen=True, slots=True)
class Bound:
    """An action that keys are bound to just now. `own` tells the app's own actions from those that Textual brings along."""

    node: DOMNode
    binding: Binding
    keys: tuple[str, ...]
    own: bool


def bound_actions(active: Mapping[str, ActiveBinding]) -> list[Bound]:
    """Return each action of the bindings that are in force once, with all its keys."""
    keys: dict[tuple[DOMNode, str], list[str]] = {}
    bindings: dict[tuple[DOMNode, str], Binding] = {}
    for key, (node, binding, enabled, _) in active.items():
        if enabled and binding.description:
            keys.setdefault((node, binding.action), []).append(key)
            bindings.setdefault((node, binding.action), binding)
    return [Bound(node, bindings[node, action], tuple(keys[node, action]), _is_own(node, action)) for node, action in keys]


def _is_own(node: DOMNode, action: str) -> bool:
    ours = [cls for cls in type(node).__mro__ if cls.__module__.startswith("mockinterview.")]
    declared = [binding for cls in ours for binding in cls.__dict__.get("BINDINGS", ())]
    return any(isinstance(binding, Binding) and binding.action == action for binding in declared)


class HelpPanel(Panel):
    """Keys and commands. The keys are the real ones of the screen that was asked from."""

    DEFAULT_CSS = """
    HelpPanel VerticalScroll { width: 76; max-width: 95%; height: auto; max-height: 90%; border: round $primary; padding: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [bound("help", "dismiss(False)", show=False)]

    def __init__(self, active: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._active = active

    def compose(self) -> ComposeResult:
        """Yield the list."""
        with VerticalScroll():
            yield Card(self._rows(), column=KEY_COLUMN)

    def _rows(self) -> list[Row]:
        bound = bound_actions(self._active)
        own = [_row(entry) for entry in bound if entry.own]
        editing = [_row(entry) for entry in bound if not entry.own]
        commands = [(f"  /{name}", "", Content(text)) for name, text in COMMANDS.items()]
        title = "Keys (Esc closes this; [keys] in config.toml is for keys of your own)"
        parts = ((title, own), ("In an answer", commands), ("Moving and editing", editing))
        return [row for title, rows in parts for row in (("", "", Content.styled(title, "bold")), *rows, ("", "", Content("")))]


def _row(entry: Bound) -> Row:
    keys = ", ".join(entry.keys).replace("question_mark", "?")
    name = f"   [keys] {entry.binding.id}" if entry.binding.id else ""
    return f"  {keys} ", "", Content.assemble(clean(entry.binding.description), (name, "dim"))


class LinkPanel(Panel):
    """Asks before a link is opened; anything but http and https is only shown."""

    DEFAULT_CSS = """
    LinkPanel Vertical { width: 70; max-width: 95%; height: auto; border: round $warning; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,y", "open", "Open")]

    def __init__(self, href: str) -> None:
        super().__init__()
        self.href = clean(href)

    @property
    def allowed(self) -> bool:
        """Whether the link may be opened at all."""
        return urlsplit(self.href).scheme in ("http", "https")

    def compose(self) -> ComposeResult:
        """Yield the address and what can be done."""
        told = (
            "Enter opens it in the browser, Esc does not."
            if self.allowed
            else "Links of this kind are not opened. Esc closes this."
        )
        with Vertical():
            yield Static(Content(f"{self.href}\n\n{told}"), markup=False)

    def action_open(self) -> None:
        """Open the link in the browser."""
        if self.allowed:
            self.app.open_url(self.href)
        self.dismiss(self.allowed)
