"""Nothing that a terminal acts on comes through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockinterview.sanitize import clean, clean_piece


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"), ("\x1b]52;c;cGF5bG9hZA==\x07x", "x"), ("\x1b]0;title\x1b\\x", "x"), ("\x9b2Jx", "x"),
        ("a\u202egnp\u202c", "agnp"), ("bell\x07 nul\x00 del\x7f", "bell nul del"), ("\x1bPq#0\x1b\\x", "x"),
        ("tab\tline\r\nend", "tab\tline\nend"), ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"), ("½ ≤ π 🙂", "½ ≤ π 🙂"),
    ],
)  # fmt: skip
def test_known_payloads(hostile, harmless):
    """Colours, titles, clipboard, cursor and bidi overrides go; text stays."""
    assert clean(hostile) == harmless


@given(st.text())
def test_no_control_character_survives(text):
    """Whatever comes in, only tab and newline remain of the control characters, and cleaning twice changes nothing."""
    cleaned = clean(text)
    assert not [c for c in cleaned if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160]
    assert clean(cleaned) == cleaned
    assert "\x1b" not in clean_piece(text)
