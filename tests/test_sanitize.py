"""Nothing that a terminal acts on comes through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockinterview.sanitize import clean, clean_piece, escape_json


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


@given(st.text() | st.text(alphabet='\x7f\x9b\x9d\u202e\ufeff\\"[2J\n'))
def test_escaped_json_says_the_same_and_does_nothing_to_a_terminal(text):
    """No character of it is one that is removed elsewhere, and whoever reads it as JSON gets the text back."""
    written = escape_json(json.dumps({"text": text}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"text": text}
    assert clean(written) == written
