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


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize(
    "said", ["He said “momentum” smooths, “2; the loss”.\nMore.", "światło 图 ⛔ stays", "its “learning rate” 1; then"]
)
def test_text_that_was_decoded_wrongly_keeps_its_letters(said, encoding):
    """The third byte of a wrongly decoded quote begins an escape sequence in its 8-bit form; all that goes is that character."""
    pasted = "".join(_wrongly(byte, encoding) for byte in said.encode())
    assert clean(pasted) == "".join(c for c in pasted if not 127 <= ord(c) < 160)


def _wrongly(byte, encoding):
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:  # browsers read the gaps of cp1252 like this
        return chr(byte)


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b]52;c;cGF5\nnext", "\nnext"), ("\x1bPq#0;1\nnext", "\nnext"), ("\x1b]8;;http://x\x1b[31m\nnext", "\nnext"),
        ("\x1b]52;c;cGF5\nbG9hZA==\x07x", "x"), ("\x1bPq\n#0\x1b\\x", "x"), ("\x9d0;title\x07x", "x"), ("\x9d8;;u\x9cx", "x"),
        ("\x9d0;title\nnext", "0;title\nnext"), ("\x9dtitle\x07x", "titlex"), ("border\x9d", "border"), ("\x9bx 2J", "x 2J"),
    ],
)  # fmt: skip
def test_what_has_no_end_takes_no_more_than_its_line(hostile, harmless):
    """A whole sequence goes with its payload over several lines; what was cut off, or only looks like one, spares what follows."""
    assert clean(hostile) == harmless


def test_half_a_surrogate_pair_is_no_text():
    """Nothing can send it, so it goes from text and pieces of a stream; JSON keeps it escaped; whole pairs stay."""
    assert clean("a\ud83db\udfff 🙂") == clean_piece("a\ud83db\udfff 🙂") == "ab 🙂"
    assert escape_json('"\ud83d 🙂"') == '"\\ud83d 🙂"'


@given(st.text())
def test_no_control_character_survives(text):
    """Whatever comes in, only tab and newline remain of the control characters, and cleaning twice changes nothing."""
    cleaned = clean(text)
    assert not [c for c in cleaned if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160]
    assert clean(cleaned) == cleaned
    assert "\x1b" not in clean_piece(text)


@given(st.text() | st.text(alphabet='\x7f\x9b\x9d\u202e\ufeff\ud83d\\"[2J\n'))
def test_escaped_json_says_the_same_and_does_nothing_to_a_terminal(text):
    """No character of it is one that is removed elsewhere, and whoever reads it as JSON gets the text back."""
    written = escape_json(json.dumps({"text": text}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {"text": text}
    assert clean(written) == written
