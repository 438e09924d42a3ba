"""The transcript: all that was said, and the words of the interviewer while they come. Keys must not wait for either."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from markdown_it.token import Token
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.visual import VisualType
from textual.widget import AwaitMount, Widget
from textual.widgets import Static
from textual.widgets._markdown import MarkdownBlock, MarkdownParagraph

from mockinterview.sanitize import clean_piece
from mockinterview.tui.cards import Card, Row
from mockinterview.tui.turns import Spoken

KEPT = 24  # the last widgets of the transcript, which stay what they are
CHUNK = 24  # older ones are laid down by so many at a time
STORED = 160  # those of a stored talk by so many, for every widget costs time at every layout
SHOW_WORDS_EVERY = (0.1, 0.5)  # seconds between two showings of words that come, at least and at most
SHARE = 10  # a showing may take a tenth of the time, for keys wait while one is laid out and painted


class Archive(Card):
    """Older turns as plain rows in one widget: with hundreds of widgets every key would wait for their layout."""


def laid_down(old: Sequence[Widget]) -> Archive:
    """Return widgets of a transcript as rows; words of the interviewer lose their Markdown."""
    return Archive([row for widget in old for row in (*_rows(widget), ("", "", Content("")))], "card")


def _rows(widget: Widget) -> Sequence[Row]:
    match widget:
        case Card():
            return widget.rows
        case Spoken():
            return [("asked", "$text-muted", Content(widget.words))]
        case Static(visual=Content() as content):
            return [("", "", content)]
    return []


class Transcript(VerticalScroll):
    """All that was said. Follows the end unless the reader scrolled up."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.live = Live()

    def compose(self) -> ComposeResult:
        """Yield the place of words that come, which stays the last one."""
        yield self.live

    def put(self, *new: Widget) -> AwaitMount:
        """Append widgets; await it to have them mounted."""
        return self.mount(*new, before=self.live)

    async def tidy(self) -> None:
        """Lay down older turns while the end is in view."""
        turns = [child for child in self.children if not isinstance(child, Archive | Live)]
        if self.scroll_y >= self.max_scroll_y and len(turns) >= KEPT + CHUNK:
            with self.app.batch_update():
                await self.mount(laid_down(turns[:CHUNK]), before=turns[0])
                await self.remove_children(turns[:CHUNK])

    async def fill(self, past: Sequence[Widget]) -> None:
        """Show the turns of a stored interview, of which only the last are widgets of their own."""
        cut = max(len(past) - KEPT, 0)
        chunks = [past[start : min(start + STORED, cut)] for start in range(0, cut, STORED)]
        await self.put(*(laid_down(chunk) for chunk in chunks), *past[cut:])

    class Typed(Message):
        """A character was typed here although the editor is where it belongs."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    def on_key(self, event: events.Key) -> None:
        """Hand characters on to the editor."""
        if event.is_printable and event.character and event.character != "?":
            event.stop()
            self.post_message(self.Typed(event.character))


class SteadyParagraph(MarkdownParagraph):
    """A paragraph for whose new words the screen is laid out anew only where they need another line."""

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show other content."""
        super().update(content, layout=False)
        width, height = self.content_size
        if layout and not (width and self.visual.get_height(self.styles.get_rules(), width) == height):
            self.refresh(layout=True)


class Live(Spoken):
    """The place of words that come, the last one of the transcript: hidden, waiting with dots, or showing them as Markdown.

    Its first paragraph is there beforehand, so that the first word needs neither a widget nor a layout.
    """

    DEFAULT_CSS = "Live { display: none; }"

    def __init__(self) -> None:
        super().__init__("", "interviewer")
        self._pieces: list[str] = []
        self._next = 0.0
        self._turn = asyncio.Lock()

    def get_block_class(self, block_name: str) -> type[MarkdownBlock]:
        """Return the class of a kind of block."""
        return SteadyParagraph if block_name == "paragraph_open" else super().get_block_class(block_name)

    def on_mount(self) -> None:
        """Make the first paragraph, once Markdown has done what it does at its mount, which removes all."""
        self.call_later(self._renew)

    def wait(self) -> None:
        """Show that the interviewer has the word."""
        self.display = True

    async def hear(self, piece: str) -> None:
        """Show a piece: the first one at once, later ones together, as often as leaves most of the time to the keys."""
        self._pieces.append(clean_piece(piece))
        if len(self._pieces) == 1:
            await self._show_in_time()

    async def _show_in_time(self) -> None:
        pause = self._next - time.monotonic()
        if pause > 0:
            self.set_timer(pause, self._show_in_time)
        else:
            await self._show()

    async def _show(self) -> None:
        async with self._turn:
            text, self._pieces = "".join(self._pieces), []
            if text:
                began, self.display = time.monotonic(), True
                self._next = began + SHOW_WORDS_EVERY[0]
                await self.append(text)
                self.call_after_refresh(self._shown, began)

    def _shown(self, began: float) -> None:
        took = time.monotonic() - began
        self._next = max(self._next, began + min(SHARE * took, SHOW_WORDS_EVERY[1]))

    def hush(self) -> None:
        """Show nothing any more: what was said has its place in the transcript."""
        self._pieces, self._next, self.display = [], 0.0, False
        if self.source:
            self.call_later(self._renew)

    async def _renew(self) -> None:
        async with self._turn:
            await self.update("")
            paragraph = SteadyParagraph(self, Token("paragraph_open", "p", 1))
            paragraph.set_content(Content.styled("…", "$text-muted"))
            await self.mount(paragraph)
