"""What is kept between runs: opened by many at once, bounded, closed."""

import sqlite3
import threading
from contextlib import suppress

import pytest

from mockinterview.bank.load import data_dir, load_bank
from mockinterview.errors import StorageError
from mockinterview.evals.backend import RememberedGrader
from mockinterview.evals.replies import ReplyStore
from mockinterview.evals.spending import Spending, spending
from mockinterview.models import Assessment


def test_workers_that_begin_together_open_a_store_one_after_another(tmp_path, monkeypatch):
    """SQLite says "database is locked" at once, whatever its timeout, where two of them turn a new file to WAL."""
    connect, meeting, met, stores = sqlite3.connect, threading.Barrier(2), [], []

    def meet(*args, **kwargs):
        with suppress(threading.BrokenBarrierError):  # broken for all once nobody came in time
            met.append(meeting.wait(timeout=0.3))
        return connect(*args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", meet)
    threads = [threading.Thread(target=lambda: stores.append(ReplyStore(tmp_path / "replies.db"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert (len(stores), met) == (2, [])


def test_a_store_does_not_grow_without_end(tmp_path):
    """Beyond its size the oldest replies go when it is opened again, and the room is used again."""
    path, text = tmp_path / "replies.db", "x" * 10_000
    for turn in range(5):
        store = ReplyStore(path, most=1_000_000)
        for number in range(200):
            store.put(f"{turn}-{number}", text)
        store.close()
    store = ReplyStore(path, most=1_000_000)
    kept = [store.get("4-199"), store.get("3-0"), store.get("0-0")]
    store.close()
    assert kept == [text, None, None]
    assert path.stat().st_size < 4_000_000


def test_a_small_store_keeps_everything(tmp_path):
    """Nothing is dropped below the size."""
    path = tmp_path / "replies.db"
    for number in range(3):
        store = ReplyStore(path)
        store.put(str(number), number)
        store.close()
    store = ReplyStore(path)
    assert [store.get(str(number)) for number in range(3)] == [0, 1, 2]
    store.close()


async def test_a_mark_is_kept_for_what_was_heard(tmp_path):
    """The same reply beside another follow-up is graded for itself."""
    asked = []

    class Grader:
        name = "counting"

        async def grade(self, question, answer):
            asked.append(question.ask)
            return Assessment(question=question.id, score=0.0, points=(), graded_by=self.name)

    grader, question = (
        RememberedGrader(Grader(), ReplyStore(tmp_path / "marks.db"), "stamp"),
        load_bank(data_dir("corpus")).bank.get("dropout"),
    )
    spending.set(Spending())
    for heard in (question, question.heard_as("And why?"), question.heard_as("And how?"), question, question.heard_as("And why?")):
        await grader.grade(heard, "by half")
    assert asked == [question.ask, "And why?", "And how?"]


def test_a_run_closes_its_stores(house, monkeypatch):
    """Every store that a run opens is closed with it."""
    house.cases("floor", {"id": "fine", "answer": "fine", "questions": 1})
    opened, closed = [], []

    class Watched(ReplyStore):
        def __init__(self, path):
            opened.append(path.name)
            super().__init__(path)

        def close(self):
            closed.append("readings.db")
            super().close()

    monkeypatch.setattr("mockinterview.evals.replies.ReplyStore", Watched)
    assert house.run() == 0
    assert opened == closed == ["readings.db"]


def test_a_store_that_cannot_be_used_is_an_expected_error(tmp_path):
    """A file where the folder should be, and a file that is no database."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "broken.db").write_bytes(b"no database" * 500)
    for path in (tmp_path / "file" / "replies.db", tmp_path / "broken.db"):
        with pytest.raises(StorageError, match="cannot be used"):
            ReplyStore(path)
