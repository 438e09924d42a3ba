"""Readings of the cross-encoder are kept by content."""

from __future__ import annotations

from mockinterview.evals.readings import RememberedReader
from mockinterview.evals.replies import ReplyStore
from mockinterview.grading.neural import Claim, Logits, Reader


class Counting(Reader):
    """Reads nothing, and counts how often it is asked."""

    def __init__(self, version: str) -> None:
        self.version, self.asked = version, 0

    def read_all(self, triples):
        """Return logits that tell how often it was asked."""
        self.asked += 1
        return [Logits(float(self.asked), 0.5, 0.0, -1.0) for _ in triples]


def test_what_was_read_is_not_read_again(tmp_path):
    """The same texts for the same model come from the store, also in another process; anything else is read."""
    path, claims = tmp_path / "readings.db", [Claim("Dropout drops units.", ("units are dropped",)), Claim("It regularises.")]
    inner = Counting("a")
    first = RememberedReader(inner, ReplyStore(path)).read("What is dropout?", claims, "it turns units off")
    again = RememberedReader(inner, ReplyStore(path)).read("What is dropout?", claims, "it turns units off")
    assert (first, inner.asked) == (again, 1)
    assert all(isinstance(one, Logits) for one in again)
    for claims_, answer in ((claims, "something else"), (claims[:1], "it turns units off"), ([Claim("It regularises.")], "x")):
        RememberedReader(inner, ReplyStore(path)).read("What is dropout?", claims_, answer)
    assert inner.asked == 4


def test_another_model_reads_for_itself(tmp_path):
    """What one model read is no reading of another."""
    store, old, new = ReplyStore(tmp_path / "readings.db"), Counting("a"), Counting("b")
    for inner in (old, new):
        RememberedReader(inner, store).read("What is dropout?", [Claim("It regularises.")], "it regularises")
    assert (old.asked, new.asked) == (1, 1)


def test_another_way_of_reading_is_another_reading(tmp_path, monkeypatch):
    """The same weights with another premise, window or batch do not find what was read before."""
    store, inner = ReplyStore(tmp_path / "readings.db"), Counting("a")
    for way in ("one", "another"):
        monkeypatch.setattr("mockinterview.evals.readings.reading_hash", lambda way=way: way)
        RememberedReader(inner, store).read("What is dropout?", [Claim("It regularises.")], "it regularises")
    assert inner.asked == 2
