"""Readings of the cross-encoder are kept by content."""

from __future__ import annotations

from mockinterview.evals.readings import RememberedReader
from mockinterview.evals.replies import ReplyStore
from mockinterview.grading.neural import Claim, Logits, Reader


class Counting(Reader):
    """Reads nothing, and counts how often it is asked."""

    def __init__(self, version: str) -> None:
        self.version, self.asked = version, 0

    def pairs(self, triples):
        """Return question and claim as one text."""
        return [(f"{question} {claim.text}", answer) for question, claim, answer in triples]

    def read(self, first, answer):
        """Return logits that tell how often it was asked."""
        self.asked += 1
        return Logits(float(self.asked), 0.5, 0.0, -1.0)


ASK, UNITS, RULE = "What is dropout?", Claim("Dropout drops units."), Claim("It regularises.")


def test_what_was_read_is_not_read_again(tmp_path):
    """The same texts for the same model come from the store, in any company and in another process; anything else is read."""
    path, answer = tmp_path / "readings.db", "it turns units off"
    inner = Counting("a")
    first = RememberedReader(inner, ReplyStore(path)).read_all([(ASK, UNITS, answer), (ASK, RULE, answer)])
    again = RememberedReader(inner, ReplyStore(path)).read_all([(ASK, RULE, answer), (ASK, UNITS, answer)])
    assert (first, inner.asked) == (again[::-1], 2)
    assert all(isinstance(one, Logits) for one in again)
    for other in ((ASK, UNITS, "something else"), ("Why dropout?", UNITS, answer), (ASK, Claim("It is slow."), answer)):
        RememberedReader(inner, ReplyStore(path)).read_all([other])
    assert inner.asked == 5


def test_another_model_reads_for_itself(tmp_path):
    """What one model read is no reading of another."""
    store, old, new = ReplyStore(tmp_path / "readings.db"), Counting("a"), Counting("b")
    for inner in (old, new):
        RememberedReader(inner, store).read_all([(ASK, RULE, "it regularises")])
    assert (old.asked, new.asked) == (1, 1)


def test_another_way_of_reading_is_another_reading(tmp_path, monkeypatch):
    """The same weights with another window or library do not find what was read before."""
    store, inner = ReplyStore(tmp_path / "readings.db"), Counting("a")
    for way in ("one", "another"):
        monkeypatch.setattr("mockinterview.evals.readings.reading_hash", lambda way=way: way)
        RememberedReader(inner, store).read_all([(ASK, RULE, "it regularises")])
    assert inner.asked == 2
