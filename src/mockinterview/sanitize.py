"""Makes text from a model, a candidate or a corpus harmless for a terminal. The one place that knows which characters are not.

Removed: escape sequences (CSI, OSC with its payload, and their 8-bit forms), all other control characters but tab and newline,
the bidirectional overrides that can reorder what a reader sees (Unicode UAX #9; "Trojan Source", CVE-2021-42574), and halves of
surrogate pairs, which UTF-8 cannot hold. In JSON the same characters are escaped instead.

Without its first character a sequence does nothing; its payload goes only because nobody wants to read it. So one without an end
takes no more than its line along, and a single 8-bit character takes nothing: it is more often part of a letter that was decoded
wrongly than the beginning of a sequence.
"""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"\x1b\](?:[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|[^\x07\x1b\x9c\n]*)"  # OSC: title, clipboard, links
    r"|\x9d[0-9]{1,4};[^\x07\x1b\x9c\x9d\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[PX^_](?:[^\x1b\x9c]*(?:\x1b\\|\x9c)|[^\x1b\x9c\n]*)"  # DCS, SOS, PM, APC
    r"|\x1b\[[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, erase
    r"|\x9b[0-?]+[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: str) -> str:
    """Return the text without anything that a terminal would act on; line ends become line feeds."""
    return _CONTROLS.sub("", _SEQUENCES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def clean_piece(text: str) -> str:
    """Return a piece of a stream without single control characters; safe whatever the pieces are cut at."""
    return _CONTROLS.sub("", text)


def escape_json(text: str) -> str:
    """Return a JSON document without a character that a terminal would act on; each is escaped, so that no data is lost."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
