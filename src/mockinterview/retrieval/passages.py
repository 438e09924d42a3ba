"""How a bank is cut into the pieces that are searched, and how a change of a piece is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from mockinterview.models import Bank, Question
from mockinterview.ports import Passage, PassageKind


@dataclass(frozen=True, slots=True)
class Piece:
    """A searchable piece of the bank. `key` is unique in the bank; `parts` are the keys whose meaning makes up its own."""

    key: str
    question_id: str
    kind: PassageKind
    item_id: str
    text: str
    parts: tuple[str, ...] = ()

    @property
    def question_key(self) -> str:
        """The key of the question that the piece belongs to; its own, where it is the question."""
        return f"{self.question_id}/question/{self.question_id}"

    def found(self, score: float) -> Passage:
        """Return the piece as a search result."""
        return Passage(self.question_id, self.kind, self.item_id, self.text, score)


def pieces(bank: Bank) -> list[Piece]:
    """Return the pieces of all questions: each question, its points, its misconceptions, and its model answer."""
    return [piece for question in bank for piece in _of(question)]


def content_hash(text: str, *more: str) -> str:
    """Return a short hash of texts: the same on every machine and in every process."""
    digest = hashlib.sha256()
    for part in (text, *more):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def _of(question: Question) -> Iterator[Piece]:
    rest = list(_rest(question))
    parts = tuple(piece.key for piece in rest if piece.kind != "misconception")
    yield _piece(question, "question", question.id, " ".join((question.ask, *question.variants)), parts)
    yield from rest


def _rest(question: Question) -> Iterator[Piece]:
    for point in question.points:
        yield _piece(question, "point", point.id, "\n".join((point.claim, *point.says)))
    for wrong in question.misconceptions:
        yield _piece(question, "misconception", wrong.id, "\n".join((wrong.belief, *wrong.says)))
    if question.model_answer.strip():
        yield _piece(question, "model_answer", question.id, question.model_answer.strip())


def _piece(question: Question, kind: PassageKind, item_id: str, text: str, parts: tuple[str, ...] = ()) -> Piece:
    return Piece(f"{question.id}/{kind}/{item_id}", question.id, kind, item_id, text, parts)
