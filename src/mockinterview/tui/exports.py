"""Writing a session to a file: the forms there are, the panel that asks for one, and the file itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mockinterview.interview.state import Talk
from mockinterview.report import TEXTS, disclosed
from mockinterview.storage import write_whole
from mockinterview.tui.cards import Hanging
from mockinterview.tui.core import Core
from mockinterview.tui.frame import Panel
from mockinterview.tui.keys import bound, label

FORMS = {  # ending of the file -> name of its key, what it is for
    "md": ("markdown", "Markdown: the talk, the cards and the report, to read"),
    "html": ("html", "HTML: the same as one page for a browser"),
    "json": ("json", "JSON: every event, for programs"),
    "apkg": ("anki", "Anki: a deck of the points that were missed"),
}
KEY_COLUMN = 5  # cells


class ExportPanel(Panel):
    """Asks for the form of an export; `write` is called with the ending of the file."""

    DEFAULT_CSS = """
    ExportPanel Vertical { width: 66; max-width: 95%; height: auto; border: round $primary; padding: 0 1; }
    ExportPanel OptionList, ExportPanel OptionList:focus { height: auto; border: none; padding: 0; background: transparent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [bound(name, f"write('{form}')", show=False) for form, (name, _) in FORMS.items()]

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write

    def compose(self) -> ComposeResult:
        """Yield the forms with their keys."""
        told = [(form, Hanging((label(name), "bold", Content(text)), KEY_COLUMN)) for form, (name, text) in FORMS.items()]
        with Vertical():
            yield Static("Export as (Enter or the letter writes it, Esc leaves)", markup=False)
            yield OptionList(*(Option(line, id=form) for form, line in told))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.action_write(event.option_id or "")

    def action_write(self, form: str) -> None:
        """Close and write the file."""
        self.dismiss(result=True)
        self._write(form)


def export(core: Core, talk: Talk, form: str) -> Path:
    """Write a session as "md", "json", "html" or "apkg" (Anki) and return the file.

    Raises StorageError where that fails, UsageError where there is nothing to make cards of.
    """
    file = core.exports / f"mockinterview-{talk.session_id}.{form}"
    content = _deck(core, talk) if form == "apkg" else TEXTS[form](talk.events, core.bank)
    write_whole(file, content, f"`mockinterview sessions export {talk.session_id} -o FILE`")
    return file


def _deck(core: Core, talk: Talk) -> bytes:
    from mockinterview.review.deck import as_apkg, session_cards

    cards = session_cards(talk.events, core.bank, disclosed(talk.events))
    return as_apkg(cards, datetime.fromisoformat(talk.events[-1].at))
