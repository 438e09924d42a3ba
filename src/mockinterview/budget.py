"""How many tokens a text costs, and how a text that costs too many is divided. The one module that knows tiktoken.

A count comes from the model's own encoding where its table is on disk, else from an estimate by script with a margin of 15 %.
Both are corrected by a factor that is learnt from what the server reports. Nothing here uses the network but `fetch_encoding`,
because `tiktoken.get_encoding` may hang for minutes where packets are dropped.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockinterview.errors import SettingsError
from mockinterview.ports import Message

if TYPE_CHECKING:
    from tiktoken import Encoding

MARGIN: Final = 1.15  # an estimate must rather be too high
PER_MESSAGE: Final = 4  # tokens that chat templates put around a message
FASTEST_LEARNING: Final = 0.3  # weight of the newest report in the moving average
FACTOR_RANGE: Final = (0.7, 2.5)  # beyond these a report is more likely wrong than the estimate
LEARNABLE: Final = 50  # tokens; shorter prompts say more about the chat template than about the text
CUT_BELOW: Final = 0.5  # a server that saw less than this part of the expected tokens has cut the prompt
CUT_MATTERS: Final = 1000  # tokens; below, an odd tokenizer explains the difference as well

# File name in tiktoken's cache (SHA-1 of the table's address) and SHA-256 of the content, both from tiktoken 0.14.0.
_TABLES: Final = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}
ENCODINGS: Final = tuple(_TABLES)

_PIECES: Final = re.compile(r"[A-Za-z]+|\d+|[ \t\r\f\v]+|[^\W\d_]+|[^\w\s]+|_+|.")
_LINE_ENDS: Final = re.compile(r"\n+")
_IDEOGRAPHS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@lru_cache(maxsize=64)  # a prompt is counted when it is made, sent and reported; its first message is always the same
def estimate(text: str) -> float:
    """Return about how many tokens a text has for a tokenizer with a large vocabulary, without any margin.

    Latin words cost one token and one more for every four letters beyond seven, digits one per three, CJK one per character,
    other scripts one per two letters, signs one per two, line ends one; single spaces belong to the word behind them.
    """
    return len(_LINE_ENDS.findall(text)) + sum(map(_cost_of_line, text.split("\n")))


@lru_cache(maxsize=4_000)  # most lines of a prompt stand in the next one, too
def _cost_of_line(line: str) -> float:
    return sum(map(_cost, _PIECES.findall(line)))


@lru_cache(maxsize=20_000)
def _cost(piece: str) -> float:
    first = piece[0]
    if first.isascii() and first.isalpha():
        return 1 + max(0, len(piece) - 7) / 4
    if first.isdigit():
        return -(-len(piece) // 3)
    if first.isspace():
        return 0 if len(piece) == 1 else 1
    if first.isalpha():
        return len(_IDEOGRAPHS.findall(piece)) * 1.0 + len(_IDEOGRAPHS.sub("", piece)) / 2
    return (len(piece) + 1) // 2 if first.isascii() else 2 * len(piece)


class TokenCounter:
    """Counts tokens for one model at one address and learns from what the server reports."""

    def __init__(self, model: str = "", folder: Path | None = None) -> None:
        self.encoding, exact = _encoding_on_disk(model, folder) if folder else (None, False)
        self.margin = 1.0 if exact else MARGIN
        self.factor = 1.0

    @property
    def source(self) -> str:
        """Where counts come from: the name of an encoding, or "estimate"."""
        return self.encoding.name if self.encoding else "estimate"

    def count(self, messages: Iterable[Message]) -> int:
        """Return the number of tokens of a prompt, corrected and with margin, so that it is rarely too low."""
        return int(self.expected(messages) * self.margin) + 1

    def expected(self, messages: Iterable[Message]) -> float:
        """Return the number of tokens of a prompt as the server would most likely report it."""
        return self._raw(messages) * self.factor

    def _raw(self, messages: Iterable[Message]) -> float:
        return sum(self._text(message.content) + PER_MESSAGE for message in messages)

    def _text(self, text: str) -> float:
        # Text may spell special tokens; `encode_ordinary` takes them for what they are, text.
        return len(self.encoding.encode_ordinary(text)) if self.encoding else estimate(text)

    def learn(self, messages: Iterable[Message], reported: int) -> bool:
        """Correct the factor by the reported number of prompt tokens; return whether the server must have cut the prompt."""
        raw = self._raw(messages)
        if reported <= 0 or raw < LEARNABLE:
            return False
        if raw * self.factor >= CUT_MATTERS and reported < CUT_BELOW * raw * self.factor:
            return True
        low, high = FACTOR_RANGE
        ratio = min(max(reported / raw, low), high)
        self.factor += FASTEST_LEARNING * (ratio - self.factor) if self.factor != 1.0 else ratio - 1.0
        return False


def _encoding_on_disk(model: str, folder: Path) -> tuple[Encoding | None, bool]:
    """Return an encoding whose table lies intact in `folder`, and whether it is the model's own; never touches the network.

    A model that tiktoken does not know has a tokenizer of its own; any large vocabulary is nearer to it than the estimate.
    """
    found = [name for name in ENCODINGS if _is_whole(name, folder)]
    if not found:
        return None, False
    import tiktoken
    from tiktoken.model import encoding_name_for_model

    try:
        own = encoding_name_for_model(model)
    except KeyError:
        own = ""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    return tiktoken.get_encoding(own if own in found else found[0]), own in found


def _is_whole(name: str, folder: Path) -> bool:
    """Tell whether the table is on disk and intact: tiktoken would delete a damaged one and fetch it again."""
    file, digest = _TABLES[name]
    try:
        return hashlib.sha256((folder / file).read_bytes()).hexdigest() == digest
    except OSError:
        return False


def fetch_encoding(name: str, folder: Path, timeout: float = 60.0) -> Path:
    """Fetch the table of an encoding into `folder` and return its file; the only thing here that uses the network.

    Raises SettingsError where there is no such encoding, or where it did not arrive intact within `timeout` seconds.
    """
    if name not in _TABLES:
        raise SettingsError(f"There is no encoding '{name}'.", f"Encodings: {', '.join(ENCODINGS)}.")
    folder.mkdir(parents=True, exist_ok=True)
    # tiktoken asks without a time limit of its own, so it runs where it can be stopped.
    command = [sys.executable, "-c", "import sys, tiktoken; tiktoken.get_encoding(sys.argv[1])", name]
    environment = {**os.environ, "TIKTOKEN_CACHE_DIR": str(folder)}
    hint = "Try again with a connection; until then counts are estimated."
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise SettingsError(f"The encoding '{name}' did not arrive within {timeout:g} seconds.", hint) from None
    if done.returncode or not _is_whole(name, folder):
        reason = (done.stderr.strip().splitlines() or ["the file is damaged"])[-1][:200]
        raise SettingsError(f"The encoding '{name}' could not be fetched: {reason}.", hint)
    return folder / _TABLES[name][0]


_BREAKS: Final = (re.compile(r"\n\s*\n"), re.compile(r"(?<=[.!?])\s+|\n"), re.compile(r"\s+"))


def halves(text: str) -> tuple[str, str]:
    """Return a text in two parts of about equal length, cut between paragraphs, else sentences, else words, else anywhere.

    Together the parts have all characters but the white space at the cut. A text of one character has an empty second part.
    """
    middle = len(text) // 2
    for pattern in _BREAKS:
        cuts = [m for m in pattern.finditer(text) if len(text) // 5 <= m.start() and m.end() <= len(text) * 4 // 5]
        if cuts:
            best = min(cuts, key=lambda m: abs(m.start() - middle))
            return text[: best.start()], text[best.end() :]
    return text[: max(middle, 1)], text[max(middle, 1) :]
