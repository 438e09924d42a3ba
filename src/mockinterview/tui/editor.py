"""The editor of an answer: grows to a third of the screen, Enter sends, paste never does, and slash commands complete.

Onsite there is a whiteboard beside it, for formulas and worked examples.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, cast

from textual import events, on
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.keys import Keys
from textual.message import Message
from textual.widgets import OptionList, TextArea
from textual.widgets.option_list import Option

from mockinterview.sanitize import clean
from mockinterview.tui.keys import bound, label

# Terminals without the kitty protocol send Alt+Enter as ESC CR, which Textual 8.2 takes for Enter: it would send half an answer.
cast("dict[str, tuple[Keys, ...]]", ANSI_SEQUENCES_KEYS)["\x1b\r"] = (Keys.ControlJ,)

COMMANDS = {
    "hint": "a hint; what it draws out counts half",
    "skip": "leave this question",
    "back": "return to the question that you skipped last",
    "clarify": "ask what is meant",
    "end": "end the interview with a report",
    "help": "keys and commands",
}


# Textual's text area selects all on F7 and a line on F6, so that the next letter would take the place of an answer.
_PASSED_ON = Binding("f6,f7", "pass_on", show=False)


class Words(TextArea):
    """A text area whose text no function key endangers, and which takes pastes without escapes."""

    def action_pass_on(self) -> None:
        """Leave a key to the screen."""
        raise SkipAction

    async def _on_paste(self, event: events.Paste) -> None:
        # The handler of TextArea runs after this one and inserts what the event then holds.
        event.text = clean(event.text)


class AnswerArea(Words):
    """A text area in which Enter sends. Ctrl+J is a newline in every terminal, the other two where the terminal has them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("send", "send", priority=True),
        bound("newline", "newline", key_display="^j"),
        Binding("tab", "complete", "Complete a command", show=False),
        Binding("escape", "leave", "Read back", show=False),
        _PASSED_ON,
        bound("scroll_up", "screen.scroll_talk(-1)", show=False),
        bound("scroll_down", "screen.scroll_talk(1)", show=False),
    ]

    class Send(Message):
        """Enter was pressed."""

    class Complete(Message):
        """Tab was pressed in a command."""

    class Leave(Message):
        """Esc was pressed."""

    class Pick(Message):
        """An arrow key was pressed while commands are listed."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    @property
    def command_begun(self) -> str | None:
        """The word of a slash command that is being typed, without the slash; None where there is none."""
        word = self.text[1:]
        return word if self.text.startswith("/") and (word.isalpha() or not word) else None

    def action_send(self) -> None:
        """Send what was typed."""
        self.post_message(self.Send())

    def action_newline(self) -> None:
        """Insert a line end."""
        self.insert("\n")

    def action_complete(self) -> None:
        """Complete a command, or move the focus on as Tab does elsewhere."""
        if self.command_begun is None:
            self.screen.focus_next()
        else:
            self.post_message(self.Complete())

    def action_leave(self) -> None:
        """Leave the editor; the text stays."""
        self.post_message(self.Leave())

    def action_cursor_up(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        """Move up, in the list of commands where it is open."""
        if self.command_begun is None:
            super().action_cursor_up(select)
        else:
            self.post_message(self.Pick(-1))

    def action_cursor_down(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        """Move down, in the list of commands where it is open."""
        if self.command_begun is None:
            super().action_cursor_down(select)
        else:
            self.post_message(self.Pick(1))


class Whiteboard(Words):
    """The second pane: Enter is a newline here, and what stands on it is sent with the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "back", "To the answer", show=False),
        Binding("escape", "back", "To the answer", show=False),
        _PASSED_ON,
        bound("scroll_up", "screen.scroll_talk(-1)", show=False),
        bound("scroll_down", "screen.scroll_talk(1)", show=False),
    ]

    def action_back(self) -> None:
        """Put the focus on the answer."""
        self.screen.query_one(AnswerArea).focus()


class Editor(Vertical):
    """The text area and the list of commands above it. Posts `Said`, `Commanded` and `Left`; never clears itself on Esc."""

    DEFAULT_CSS = """
    Editor { height: auto; }
    Editor AnswerArea { height: auto; min-height: 3; max-height: 33vh; border: round $primary; padding: 0 1; }
    Editor Horizontal { height: auto; }
    Editor AnswerArea, Editor Whiteboard { width: 1fr; }
    Editor Whiteboard { height: 33vh; border: round $secondary; padding: 0 1; display: none; }
    Editor.-onsite AnswerArea { height: 33vh; }
    Editor.-onsite Whiteboard { display: block; }
    Editor AnswerArea:focus, Editor Whiteboard:focus { border: round $accent; }
    Editor OptionList { height: auto; max-height: 7; border: none; background: $surface; display: none; }
    """

    class Said(Message):
        """An answer was sent; one of the two texts may be empty."""

        def __init__(self, text: str, whiteboard: str = "") -> None:
            super().__init__()
            self.text = text
            self.whiteboard = whiteboard

    class Commanded(Message):
        """A slash command was sent; `name` is without the slash."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Left(Message):
        """Esc was pressed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._list = OptionList(id="commands")
        self.commands = COMMANDS
        self.area = AnswerArea(placeholder=_invitation(COMMANDS), id="answer")
        self.board = Whiteboard(placeholder=f"Whiteboard ({label('board')}): formulas, examples; sent with the answer", id="board")

    def compose(self) -> ComposeResult:
        """Yield the list of commands, the text area and the whiteboard, which is shown onsite only."""
        yield self._list
        yield Horizontal(self.area, self.board)

    def without_hints(self) -> None:
        """Offer no hints: there are none in an exam, where the command is answered with just that."""
        self.commands = {name: told for name, told in COMMANDS.items() if name != "hint"}
        self.area.placeholder = _invitation(self.commands)

    def show_board(self) -> None:
        """Lay the whiteboard beside the answer."""
        self.add_class("-onsite")

    @property
    def text(self) -> str:
        """What stands in the editor."""
        return self.area.text

    @text.setter
    def text(self, text: str) -> None:
        self.area.text = clean(text)
        self.area.move_cursor(self.area.document.end)

    def put(self, text: str) -> None:
        """Put a text in the place of what stands here, so that undo brings it back."""
        self.area.replace(clean(text), (0, 0), self.area.document.end)

    @on(TextArea.Changed)
    def _show_commands(self) -> None:
        begun = self.area.command_begun
        fitting = [name for name in self.commands if begun is not None and name.startswith(begun) and name != begun]
        self._list.clear_options()
        self._list.add_options(Option(Content(f"/{name:<9}{COMMANDS[name]}"), id=name) for name in fitting)
        self._list.display = bool(fitting)
        if fitting:
            self._list.highlighted = 0

    @on(AnswerArea.Pick)
    def _pick(self, event: AnswerArea.Pick) -> None:
        if event.step > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    @on(AnswerArea.Complete)
    def _complete(self) -> None:
        if self._list.display and self._list.highlighted is not None:
            self.text = f"/{self._list.get_option_at_index(self._list.highlighted).id}"

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.text = f"/{event.option_id}"
        self.area.focus()

    @on(AnswerArea.Leave)
    def _leave(self) -> None:
        if self._list.display:
            self._list.display = False
        else:
            self.post_message(self.Left())

    @on(AnswerArea.Send)
    def _send(self) -> None:
        begun = self.area.command_begun
        if begun is not None and begun not in COMMANDS and self._list.display:
            self._complete()
            if self._list.option_count > 1:
                return
            begun = self.area.command_begun
        if begun:
            self.post_message(self.Commanded(begun))
        elif self.text.strip() or self.board.text.strip():
            self.post_message(self.Said(self.text, self.board.text))


def _invitation(commands: Iterable[str]) -> str:
    return f"Your answer. {' '.join(f'/{name}' for name in commands)}"
