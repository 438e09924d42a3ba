"""The Anki package of what a session lacked."""

import io
import sqlite3
import tempfile
import zipfile
from contextlib import closing

import pytest

from mockinterview.review.deck import Flashcard, as_apkg, flashcards


def notes(package):
    """Return (guid, fields, tags) of each note in a package."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive, closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(archive.read("collection.anki2"))
        rows = db.execute("SELECT guid, flds, tags FROM notes ORDER BY id").fetchall()
        (count,) = db.execute("SELECT count(*) FROM cards").fetchone()
        assert count == len(rows)
        assert archive.read("media") == b"{}"
    return [(guid, fields.split("\x1f"), tags.split()) for guid, fields, tags in rows]


def test_cards_of_what_was_missed(bank, attempt):
    """Core points without a full hit and stated beliefs; bonus points and what was hit have no card."""
    found = flashcards([attempt(first={"alpha": "hit", "beta": "partial"}, misconceptions=("nonsense",))], bank)
    assert [(c.key, c.probe, c.back, c.wrong) for c in found] == [
        ("one/beta", "And then?", "Second truth of one.", ""),
        ("one/!nonsense", "Are you sure?", "one is sense.", "one is nonsense."),
    ]
    assert found[0].tags == ("cnn", "foundation", "one")


def test_ungraded_and_vanished_questions_have_no_card(bank, attempt):
    """Not graded is not missed."""
    assert flashcards([attempt(first={}, after_follow_up=None), attempt("gone", first={})], bank) == []


def test_a_package_that_anki_can_read(bank, attempt, monday):
    """One note a card, with question and probe in front, claim behind; text that looks like markup is shown as it is."""
    package = as_apkg(flashcards([attempt(first={"beta": "hit"})], bank), monday)
    ((_, fields, tags),) = notes(package)
    assert fields == ["What is one &lt;b&gt;for&lt;/b&gt;?", "What else?", "First truth of one.", ""]
    assert tags == ["cnn", "foundation", "one"]


@pytest.mark.parametrize("text", ["[sound:a.mp3]", "[latex]x[/latex]", "<script>x</script>", "{{Front}} & co"])
def test_text_is_no_instruction_to_anki(monday, text):
    """Sounds, LaTeX, HTML: none of them survives."""
    ((_, fields, _),) = notes(as_apkg([Flashcard("k", text, text, text, text, ())], monday))
    assert not any("[" in field or "<" in field for field in fields)


def test_the_same_point_is_the_same_note(monday):
    """So that Anki updates a card that is imported again; the same cards give the same bytes."""
    old, new = (Flashcard("one/alpha", front, "", "b", "", ()) for front in ("Old wording?", "New wording?"))
    assert notes(as_apkg([old], monday))[0][0] == notes(as_apkg([new], monday))[0][0]
    assert as_apkg([old], monday) == as_apkg([old], monday)


def test_nothing_is_left_in_the_folder_for_temporary_files(monday, tmp_path, monkeypatch):
    """The writer of genanki leaves a copy of the cards there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    as_apkg([Flashcard("k", "f", "p", "b", "", ())], monday)
    assert list(tmp_path.iterdir()) == []
