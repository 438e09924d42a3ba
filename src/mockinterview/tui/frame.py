"""What all screens share: a sentence instead of a broken layout in a small terminal, and help on a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from mockinterview.tui.keys import bound

SMALLEST = (60, 16)
TOO_SMALL = f"This terminal is too small: mockinterview needs at least {SMALLEST[0]} columns and {SMALLEST[1]} rows."


class KeyBar(Footer):
    """The keys of a screen. It is made anew only where it would show other ones: that takes as long as all else in a frame."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[tuple[Binding, bool, str]] | None = None

    async def recompose(self) -> None:
        """Show the keys of now, unless the screen went away before its turn came."""
        if not self.is_attached:
            return
        self._shown = _shown(self.screen)
        await super().recompose()

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Take note that there may be other keys to show."""
        if _shown(screen) != self._shown:
            super().bindings_changed(screen)


def _shown(screen: Screen[object]) -> list[tuple[Binding, bool, str]]:
    return [(key.binding, key.enabled, key.tooltip) for key in screen.active_bindings.values() if key.binding.show]


class Frame(Screen[None]):
    """A full screen. Subclasses yield their widgets from `body`.

    In a small terminal they are covered and not taken away: an editor that is not displayed loses the focus, and what is typed.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (SMALLEST[0], "-wide-enough")]  # noqa: RUF012 - declared so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (SMALLEST[1], "-tall-enough")]  # noqa: RUF012 - declared so by Textual
    DEFAULT_CSS = """
    Frame { layers: default cover; }
    Frame.-narrow, Frame.-short { overflow: hidden; }
    Frame #too-small { display: none; width: 100%; height: 100%; content-align: center middle; text-align: center; }
    Frame #too-small { layer: cover; background: $background; }
    Frame.-narrow > #too-small, Frame.-short > #too-small { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("help", "app.help", key_display="f1"),
    ]

    def compose(self) -> ComposeResult:
        """Yield the body and the sentence that takes its place in a small terminal."""
        yield from self.body()
        yield Static(TOO_SMALL, id="too-small", markup=False)

    def body(self) -> Iterable[Widget]:
        """Return the widgets of the screen."""
        raise NotImplementedError


class Panel(ModalScreen[bool]):
    """A panel over a screen that Esc closes. Subclasses yield their widgets from `compose`."""

    DEFAULT_CSS = """
    Panel { align: center middle; }
    Panel > * { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(False)", "Close", key_display="esc")]
