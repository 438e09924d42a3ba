"""Flash cards of what a session lacked, and the Anki package that they travel in. This file hides Anki's format."""

from __future__ import annotations

import io
import itertools
import sqlite3
import zipfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from mockinterview.errors import UsageError
from mockinterview.models import Bank, Event, Misconception, Point, Question
from mockinterview.review.attempts import Attempt, attempts

DECK = "Mock interview"
# Anki tells decks and note types apart by these numbers; with the same ones a later import adds to the deck.
DECK_ID = 1_763_769_600
MODEL_ID = 1_763_769_601
_CSS = ".card{font-family:sans-serif;font-size:20px;text-align:center}.probe{font-style:italic}.not{color:#a00}"
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip archive can name


@dataclass(frozen=True, slots=True)
class Flashcard:
    """One card; plain text. `key` is the same for the same point in every session, so that Anki updates and never doubles it."""

    key: str
    front: str
    probe: str
    back: str
    wrong: str
    tags: tuple[str, ...]


def flashcards(tried: Iterable[Attempt], bank: Bank) -> list[Flashcard]:
    """Return a card for each core point without a full hit and for each misconception that was stated, of the graded attempts.

    Bonus points are left out: who lacks one lacks nothing essential.
    """
    found = (card for a in tried if a.graded and a.question_id in bank for card in _cards(bank.get(a.question_id), a))
    return list({card.key: card for card in found}.values())


def session_cards(events: Sequence[Event], bank: Bank, told: Container[str]) -> list[Flashcard]:
    """Return the cards of a session; `told` are the ids of the questions of which it may be told what was expected.

    Raises UsageError where there are none.
    """
    found = flashcards((attempt for attempt in attempts(events) if attempt.question_id in told), bank)
    if not found:
        raise UsageError(
            "This session gives no cards: no core point was missed in an answer that was graded.",
            "Export a session with missed points; a question that was skipped or is still open gives none.",
        )
    return found


def _cards(question: Question, attempt: Attempt) -> Iterator[Flashcard]:
    for point in question.core:
        if attempt.best.get(point.id, "miss") != "hit":
            yield _point_card(question, point)
    for wrong in question.misconceptions:
        if wrong.id in attempt.misconceptions:
            yield _misconception_card(question, wrong)


def _point_card(question: Question, point: Point) -> Flashcard:
    return Flashcard(f"{question.id}/{point.id}", question.ask, point.probe, point.claim, "", _tags(question))


def _misconception_card(question: Question, wrong: Misconception) -> Flashcard:
    right = wrong.correction or "This is not so."
    return Flashcard(f"{question.id}/!{wrong.id}", question.ask, wrong.probe, right, wrong.belief, _tags(question))


def _tags(question: Question) -> tuple[str, ...]:
    return (question.topic, question.level, question.id)


def as_apkg(flash: Sequence[Flashcard], at: datetime) -> bytes:
    """Return an Anki package (`.apkg`) with one deck; the same cards and moment give the same bytes.

    genanki's own way of writing one leaves a copy of the cards in the folder for temporary files.
    """
    import genanki

    deck = genanki.Deck(DECK_ID, DECK, "What was missing in mock interviews.")
    model = _model()
    for card in flash:
        deck.add_note(_note(model, card))
    with closing(sqlite3.connect(":memory:")) as db:
        seconds = at.timestamp()
        genanki.Package(deck).write_to_db(db.cursor(), seconds, itertools.count(int(seconds * 1000)))
        db.commit()
        return _zipped({"collection.anki2": db.serialize(), "media": b"{}"})


def _model() -> Any:
    import genanki

    front = '{{Question}}{{#Probe}}<br><br><span class="probe">{{Probe}}</span>{{/Probe}}'
    back = '{{FrontSide}}<hr id="answer">{{#Wrong}}<span class="not">Not so: {{Wrong}}</span><br><br>{{/Wrong}}{{Answer}}'
    fields = [{"name": name} for name in ("Question", "Probe", "Answer", "Wrong")]
    return genanki.Model(MODEL_ID, DECK, fields, [{"name": "Point", "qfmt": front, "afmt": back}], _CSS)


def _note(model: Any, card: Flashcard) -> Any:
    import genanki

    fields = [_field(text) for text in (card.front, card.probe, card.back, card.wrong)]
    return genanki.Note(model, fields, guid=genanki.guid_for("mockinterview", card.key), tags=list(card.tags))


def _field(text: str) -> str:
    """Return text as HTML that shows it literally; Anki acts on `[sound:...]` and `[latex]` too."""
    return escape(text).replace("[", "&#91;").replace("\n", "<br>")


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _OLDEST), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
