"""What `corpus check` finds in a bank of one's own."""

from __future__ import annotations

from mockinterview.bank.check import check_bank
from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.models import Bank, Question


def problems(**point: object) -> list[str]:
    """Return what is wrong with a bank of one question with one point."""
    fields = {"id": "one", "claim": "Dropout zeroes random units.", **point}
    question = Question.model_validate({"id": "q", "topic": "cnn", "level": "foundation", "ask": "What?", "points": [fields]})
    bank = Bank([question])
    return [found.problem for found in check_bank(bank, None, EmbeddedGrader(bank))]


def test_a_bank_of_ones_own_needs_neither_sayings_nor_denials():
    """Claims are enough."""
    assert problems() == []


def test_what_is_said_and_denied_is_found():
    """One text cannot both state a point and get it wrong, whatever its case; the claim is a way to say it."""
    found = problems(says=["Units are zeroed"], denials=["units are zeroed", "dropout zeroes random units.", "it scales them"])
    assert found == [f"point one both says and denies {text!r}" for text in ("dropout zeroes random units.", "units are zeroed")]
