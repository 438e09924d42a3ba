"""The session log: durable, append-only, shared by processes, and mended when it is damaged."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mockinterview import storage
from mockinterview.errors import StorageError, UsageError
from mockinterview.models import (
    AnswerGiven,
    Event,
    InterviewFinished,
    InterviewStarted,
    Plan,
    QuestionAsked,
    Report,
)
from mockinterview.storage import SessionStore, new_session_id, repair

ROOT = Path(__file__).resolve().parents[1]
MORNING = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(minute: int) -> str:
    """Return a moment of the test day."""
    return (MORNING + timedelta(minutes=minute)).isoformat(timespec="milliseconds")


def started(session_id: str, minute: int = 0, **plan: Any) -> InterviewStarted:
    """Return the first event of a session."""
    return InterviewStarted(at=at(minute), session_id=session_id, plan=Plan(**plan))


def asked(text: str = "What is dropout?", minute: int = 1) -> QuestionAsked:
    """Return a question of one of the test sessions."""
    return QuestionAsked(at=at(minute), question_id="dropout", number=1, total=2, text=text)


def answered(text: str, minute: int = 2) -> AnswerGiven:
    """Return an answer to it."""
    return AnswerGiven(at=at(minute), question_id="dropout", text=text)


def finished(session_id: str, at_once: float | None, after: float | None, minute: int = 3) -> InterviewFinished:
    """Return the last event of a session."""
    report = Report(
        session_id=session_id,
        next_actions=(),
        at_once=at_once,
        after_follow_up=after,
        asked=1,
        graded=1,
        ungraded=0,
        by_topic={},
    )
    return InterviewFinished(at=at(minute), reason="done", report=report)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the log of a test lies; its folder does not exist yet."""
    return tmp_path / "data" / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SessionStore]:
    """Return an empty log."""
    with SessionStore(path, busy_seconds=0.05) as opened:
        yield opened


def fill(store: SessionStore, session_id: str, *events: Event) -> None:
    """Append events to a session."""
    for event in events:
        store.append(session_id, event)


def child(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start another process that has the package, and pipes to talk through."""
    prelude = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from pathlib import Path\n"
        "from mockinterview.models import AnswerGiven\n"
        "from mockinterview.storage import SessionStore\n"
        "store = SessionStore(Path(sys.argv[1]), busy_seconds=30)\n"
    )
    command = [sys.executable, "-c", prelude + script, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


# --- events -----------------------------------------------------------------------------------------------------------

HOSTILE = "[@click=app.quit]x[/] \x1b[2J \x00 '; DROP TABLE events; -- {{x}} \u202e 漢字 \ud83d [/INST]"


def test_events_come_back_in_order_and_unchanged(store: SessionStore, path: Path) -> None:
    """What was appended is what a later process reads, whatever characters it has."""
    events: list[Event] = [started("s", topics=("cnn",)), asked(), answered(HOSTILE), answered("")]
    fill(store, "s", *events)
    fill(store, "other", started("other"))
    assert store.events("s") == events
    with SessionStore(path) as later:
        assert later.events("s") == events


def test_an_unknown_session_is_named_with_its_nearest_neighbour(store: SessionStore) -> None:
    """Reading, exporting and deleting what is not there says what is meant."""
    fill(store, "20261122-0900-bcdf", started("20261122-0900-bcdf"))
    for act in (store.events, store.export, store.delete, store.resolve):
        with pytest.raises(UsageError, match="20261122-0900-bcdx") as caught:
            act("20261122-0900-bcdx")
        assert "Did you mean '20261122-0900-bcdf'?" in caught.value.hint


def test_events_cannot_be_changed(store: SessionStore, path: Path) -> None:
    """Not even SQL from outside can rewrite what was said."""
    fill(store, "s", answered("first"))
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE events SET body = '{}'")
    assert store.events("s") == [answered("first")]


def test_several_threads_share_one_store(store: SessionStore) -> None:
    """Appends of several threads are all there, with a gapless order."""

    def write(thread: int) -> None:
        for number in range(10):
            store.append("s", answered(f"{thread}/{number}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [event.text for event in store.events("s") if isinstance(event, AnswerGiven)]
    assert len(set(said)) == len(said) == 40
    for thread_number in range(4):
        own = [text for text in said if text.startswith(f"{thread_number}/")]
        assert own == [f"{thread_number}/{n}" for n in range(10)]


# --- the list of sessions ---------------------------------------------------------------------------------------------


def test_sessions_are_listed_newest_first(store: SessionStore) -> None:
    """A summary tells what was agreed on, how far it got and what came out."""
    fill(store, "old", started("old", topics=("cnn",), mode="exam", backend="lab"), asked(), asked(), answered("x"))
    fill(store, "old", finished("old", 4.0, 6.5))
    fill(store, "new", started("new", minute=30), asked(minute=31))
    new, old = store.sessions()
    assert (new.id, new.started, new.finished, new.at_once) == ("new", at(30), False, None)
    assert (old.topics, old.questions, old.finished, old.mode, old.backend) == (("cnn",), 2, True, "exam", "lab")
    assert (old.at_once, old.after_follow_up) == (4.0, 6.5)


def test_a_session_without_a_graded_question_has_no_score(store: SessionStore) -> None:
    """Not graded is None, never zero."""
    fill(store, "s", started("s"), finished("s", None, None))
    assert (store.sessions()[0].at_once, store.sessions()[0].after_follow_up) == (None, None)


def test_the_latest_unfinished_session_is_found(store: SessionStore) -> None:
    """Finished sessions and sessions that somebody else is in are passed over."""
    assert store.latest_unfinished() is None
    fill(store, "a", started("a", minute=0))
    fill(store, "b", started("b", minute=10))
    fill(store, "c", started("c", minute=20), finished("c", 1.0, 1.0, minute=21))
    assert store.latest_unfinished() == "b"
    with store.claim("b"):
        assert store.latest_unfinished() == "a"


def test_names_are_resolved_from_either_end(store: SessionStore) -> None:
    """The whole id, its beginning or its four letters name a session; what fits two is refused."""
    for name in ("20261122-0900-bcdf", "20261122-0930-ghjk", "20261123-0900-bbbb"):
        fill(store, name, started(name))
    assert store.resolve("20261123") == store.resolve("bbbb") == store.resolve("20261123-0900-bbbb") == "20261123-0900-bbbb"
    with pytest.raises(UsageError, match="fits 2 sessions") as caught:
        store.resolve("20261122")
    assert "20261122-0930-ghjk" in caught.value.hint
    for nothing in ("", "%", "_", "2026_122-0900-bcdf"):
        with pytest.raises(UsageError):
            store.resolve(nothing)


def test_search_finds_what_was_asked_and_answered(store: SessionStore) -> None:
    """All words must occur, in any case; the snippet shows the place; nothing but talk is searched."""
    long = "well, " * 40 + "I would raise the Dropout Rate " + "and so on " * 40
    fill(store, "s", started("s", topics=("dropout",)), asked("What is dropout?"), answered(long))
    fill(store, "t", started("t"), answered("nothing at all: 100%", minute=9))
    assert [(f.session_id, f.question_id) for f in store.search("RATE dropout")] == [("s", "dropout")]
    (found,) = store.search("dropout rate")
    assert "Dropout Rate" in found.snippet
    assert found.snippet.startswith("...")
    assert found.snippet.endswith("...")
    assert len(found.snippet) < 160
    assert [f.session_id for f in store.search("100%")] == ["t"]
    assert store.search("0_") == store.search("  ") == store.search("' OR 1=1 --") == []
    assert len(store.search("dropout", limit=1)) == 1


def test_export_is_json(store: SessionStore) -> None:
    """An export is the summary and every event, ready for JSON."""
    fill(store, "s", started("s", topics=("cnn",)), asked(), answered(HOSTILE))
    exported = json.loads(json.dumps(store.export("s")))
    assert (exported["id"], exported["topics"], exported["finished"]) == ("s", ["cnn"], False)
    assert [event["kind"] for event in exported["events"]] == ["interview_started", "question_asked", "answer_given"]
    assert exported["events"][2]["text"] == HOSTILE


def test_a_deleted_session_is_gone_from_the_file(store: SessionStore, path: Path) -> None:
    """Deleting leaves neither rows nor bytes, and touches no other session."""
    fill(store, "s", started("s"), answered("my employer is called Quixotix"))
    fill(store, "t", started("t"))
    store.delete("s")
    assert [summary.id for summary in store.sessions()] == ["t"]
    assert not any(b"Quixotix" in file.read_bytes() for file in path.parent.iterdir() if file.is_file())


def test_files_of_a_deleted_session_are_overwritten_and_gone(store: SessionStore, tmp_path: Path) -> None:
    """Another name of such a file holds nothing any more; a file that is not there is none to remove."""
    fill(store, "s", started("s"))
    draft, other_name = tmp_path / "s.txt", tmp_path / "link"
    draft.write_text("my employer is called Quixotix")
    other_name.hardlink_to(draft)
    store.delete("s", [draft, tmp_path / "never.txt"])
    assert not draft.exists()
    assert not other_name.read_bytes().strip(b"\0")


def test_half_a_surrogate_pair_is_written_as_json_escapes_it(tmp_path: Path) -> None:
    """It ends no export: UTF-8 cannot hold it."""
    storage.write_whole(tmp_path / "f.json", json.dumps(HOSTILE, ensure_ascii=False), "Try again.")
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8")) == HOSTILE


def test_a_session_whose_files_cannot_be_removed_can_be_deleted_again(store: SessionStore, tmp_path: Path) -> None:
    """The file is named, and the session is still there."""
    fill(store, "s", started("s"))
    (tmp_path / "s.txt").mkdir()
    with pytest.raises(StorageError, match=r"s\.txt cannot be removed"):
        store.delete("s", [tmp_path / "s.txt"])
    assert len(store.sessions()) == 1


def test_a_session_that_is_open_elsewhere_is_not_deleted(store: SessionStore, tmp_path: Path) -> None:
    """Deletion waits for nobody: it is refused, and no file is touched."""
    fill(store, "s", started("s"))
    draft = tmp_path / "s.txt"
    draft.write_text("not yet sent")
    with store.claim("s"), pytest.raises(UsageError, match="open in another window"):
        store.delete("s", [draft])
    assert len(store.sessions()) == 1
    assert draft.read_text() == "not yet sent"


def test_session_ids_sort_by_time_and_repeat_with_the_seed() -> None:
    """Ids are readable, in order of time, and different each time unless the generator is given."""
    first, later = new_session_id(MORNING), new_session_id(MORNING + timedelta(minutes=1))
    assert first < later
    assert first.startswith("20261122-0900-")
    assert new_session_id(MORNING, random.Random(7)) == new_session_id(MORNING, random.Random(7))
    assert len({new_session_id(MORNING) for _ in range(50)}) > 45


# --- processes --------------------------------------------------------------------------------------------------------

WRITE_FOREVER = """
for number in range(10**9):
    store.append("s", AnswerGiven(question_id="dropout", text=str(number)))
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [0, 7])
def test_kill_9_loses_no_acknowledged_event(path: Path, acknowledged: int) -> None:
    """Whatever `append` has returned for is there after a kill, and the log goes on."""
    process = child(WRITE_FOREVER, path)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= acknowledged:
            break
    process.send_signal(signal.SIGKILL)
    last = max([acknowledged, *(int(line) for line in process.stdout.read().split("\n")[:-1] if line)])
    process.wait()
    with SessionStore(path) as store:
        said = [event.text for event in store.events("s") if isinstance(event, AnswerGiven)]
        assert said == [str(n) for n in range(len(said))]
        assert last + 1 <= len(said) <= last + 2
        store.append("s", answered("after the kill"))
        assert len(store.events("s")) == len(said) + 1


@pytest.mark.parametrize("names", [("one", "one"), ("one", "two")])
def test_two_processes_append_at_once(path: Path, names: tuple[str, str]) -> None:
    """Two writers, from the creation of the file on, to one session or to two: every event is there, in its order."""
    script = """
sys.stdin.readline()
for number in range(40):
    store.append(sys.argv[2], AnswerGiven(question_id="dropout", text=sys.argv[3] + str(number)))
"""
    writers = [child(script, path, name, letter) for name, letter in zip(names, "ab", strict=True)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    assert [writer.wait() for writer in writers] == [0, 0]
    with SessionStore(path) as store, sqlite3.connect(path) as db:
        said = [e.text for name in sorted(set(names)) for e in store.events(name) if isinstance(e, AnswerGiven)]
        for letter in "ab":
            assert [text for text in said if text[0] == letter] == [f"{letter}{n}" for n in range(40)]
        for count, highest in db.execute("SELECT count(*), max(seq) FROM events GROUP BY session_id"):
            assert count == highest


def test_two_processes_do_not_drive_the_same_session(store: SessionStore, path: Path) -> None:
    """A claim holds against another process, and ends with the process that held it."""
    process = child("\nwith store.claim('s'):\n    print('held', flush=True)\n    sys.stdin.readline()\n", path)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(UsageError, match="open in another window"), store.claim("s"):
        pytest.fail("the claim of another process was ignored")
    process.kill()
    process.wait()
    with store.claim("s"):
        assert store.latest_unfinished() is None


def test_a_claim_may_end_in_another_thread(store: SessionStore) -> None:
    """An app claims in one worker and lets go in another."""
    claim = store.claim("s")
    claim.__enter__()
    thread = threading.Thread(target=claim.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    with store.claim("s"):
        assert store.sessions() == []


def test_a_claim_never_leaves_its_folder(store: SessionStore, path: Path) -> None:
    """A name that is a path is refused before any file is made."""
    with pytest.raises(UsageError), store.claim("../../outside"):
        pytest.fail("a path was taken for a name")
    assert not list(path.parent.parent.rglob("outside*"))


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_a_folder_in_the_way_is_one_clear_sentence(tmp_path: Path) -> None:
    """What cannot be opened says so and tells what to do."""
    (tmp_path / "sessions.db").mkdir()
    with pytest.raises(StorageError, match="cannot be opened") as caught:
        SessionStore(tmp_path / "sessions.db")
    assert "another one" in caught.value.hint


def test_a_file_in_place_of_the_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    """The same where a parent of the log is no folder."""
    (tmp_path / "data").write_text("")
    with pytest.raises(StorageError, match="cannot be opened"):
        SessionStore(tmp_path / "data" / "sessions.db")


def test_a_read_only_log_refuses_and_keeps_what_it_has(store: SessionStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that can be read but not written is still read."""
    fill(store, "s", answered("kept"))
    connect = sqlite3.connect

    def read_only(_: Path, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(f"file:{path}?mode=ro", uri=True, **options)
        return db

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with SessionStore(path) as reader:
        with pytest.raises(StorageError, match="cannot be written"):
            reader.append("s", answered("lost"))
        assert reader.events("s") == [answered("kept")]


def test_a_full_disk_loses_nothing(store: SessionStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The append that found no room fails; everything before it stays, and the log goes on when there is room again."""
    fill(store, "s", *(answered(f"{n} " + "x" * 3000) for n in range(5)))
    connect = sqlite3.connect

    def tight(file: Path, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(file, **options)
        db.execute("PRAGMA max_page_count = 1")  # SQLite rounds it up to the pages in use
        return db

    monkeypatch.setattr(sqlite3, "connect", tight)
    with SessionStore(path) as full:
        with pytest.raises(StorageError, match="no room") as caught:
            fill(full, "s", *(answered("y" * 3000) for _ in range(3)))
        assert "Free some space" in caught.value.hint
        kept = len(full.events("s"))
    assert kept >= 5
    store.append("s", answered("there is room again"))
    assert len(store.events("s")) == kept + 1


def test_a_locked_log_says_so(store: SessionStore, path: Path) -> None:
    """Another program that holds the file is waited for, then named."""
    fill(store, "s", answered("kept"))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked by another program"):
        store.append("s", answered("lost"))
    holder.execute("ROLLBACK")
    holder.close()
    store.append("s", answered("stored"))
    assert store.events("s") == [answered("kept"), answered("stored")]


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    """A file with other tables is refused, not filled."""
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StorageError, match="another program"):
        SessionStore(path)
    with sqlite3.connect(path) as db:
        assert [name for (name,) in db.execute("SELECT name FROM sqlite_master")] == ["bookmarks"]


def test_a_log_of_a_newer_version_is_left_alone(store: SessionStore, path: Path) -> None:
    """A newer schema is refused with the remedy."""
    fill(store, "s", answered("kept"))
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer") as caught:
        SessionStore(path)
    assert "Update" in caught.value.hint


def test_an_older_log_is_brought_up_to_date(store: SessionStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the missing steps run, once, and the events stay."""
    fill(store, "s", answered("kept"))
    more = ("CREATE TABLE notes (session_id TEXT)",)
    monkeypatch.setattr(storage.log, "_VERSIONS", (*storage.log._VERSIONS, more))
    for _ in range(2):
        with SessionStore(path) as newer:
            assert newer.events("s") == [answered("kept")]
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_an_event_of_a_newer_version_hides_no_other_session(store: SessionStore) -> None:
    """A session that cannot be understood says so; the list and the other sessions are as before."""
    fill(store, "good", started("good"))
    store.copy_in([("odd", 1, at(5), "interview_finished", '{"kind": "telepathy"}'), ("odd", 2, at(6), "x", "no json")])
    assert {summary.id for summary in store.sessions()} == {"good", "odd"}
    assert store.events("good") == [started("good")]
    assert store.search("dropout") == []
    with pytest.raises(StorageError, match="another version"):
        store.events("odd")


@pytest.mark.parametrize("body", ['{"plan": null}', '{"plan": ["cnn"]}', '{"plan": {"topics": null}}'])
def test_a_plan_of_a_newer_version_hides_no_other_session(store: SessionStore, body: str) -> None:
    """A plan that is none here leaves its session in the list without topics."""
    fill(store, "good", started("good", topics=("cnn",)))
    store.copy_in([("odd", 1, at(5), "interview_started", body)])
    assert [(summary.id, summary.topics) for summary in store.sessions()] == [("odd", ()), ("good", ("cnn",))]


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def big(path: Path) -> Path:
    """Return the path of a closed log with 200 events in 10 sessions, several hundred kilobytes on many pages."""
    with SessionStore(path) as store:
        rows = [
            (
                f"s{n // 20}",
                n % 20 + 1,
                at(n),
                "answer_given",
                json.dumps(answered(f"{n} " + "x" * 1500, n).model_dump()),
            )
            for n in range(200)
        ]
        store.copy_in(rows)
    return path


def overwrite(path: Path, start: int, end: int) -> None:
    """Fill a range of bytes with noise."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(1).randbytes(end - start))


def test_damaged_pages_are_reported_and_repaired(big: Path) -> None:
    """Noise in the middle costs only what lay there; the damaged file is kept whole; the log works again."""
    size = big.stat().st_size
    overwrite(big, size // 2, size // 2 + 5 * 4096)
    damaged = big.read_bytes()
    with pytest.raises(StorageError, match="damaged") as caught, SessionStore(big) as store:
        store.check()
    assert caught.value.hint == storage.REPAIR_HINT
    outcome = repair(big)
    assert 150 <= outcome.events < 200
    assert outcome.moved_to is not None
    assert outcome.moved_to.name == "sessions.db.damaged-1"
    assert outcome.moved_to.read_bytes() == damaged
    with SessionStore(big) as store:
        store.check()
        assert sum(len(store.events(summary.id)) for summary in store.sessions()) == outcome.events
        store.append("s0", answered("and on it goes"))


def test_a_file_that_is_no_database_any_more_is_kept(big: Path) -> None:
    """Where nothing can be read, the damaged file is still there and a fresh log begins."""
    overwrite(big, 0, 4096)
    with pytest.raises(StorageError, match="damaged"):
        SessionStore(big)
    outcome = repair(big)
    assert (outcome.events, outcome.sessions) == (0, 0)
    assert outcome.moved_to is not None
    assert outcome.moved_to.exists()
    with SessionStore(big) as store:
        assert store.sessions() == []


def test_a_truncated_file_is_repaired(big: Path) -> None:
    """What lay before the cut is saved."""
    with big.open("r+b") as file:
        file.truncate(big.stat().st_size * 3 // 4 // 4096 * 4096)
    outcome = repair(big)
    assert outcome.events >= 100
    with SessionStore(big) as store:
        store.check()


def test_repair_leaves_a_sound_log_alone(big: Path) -> None:
    """Nothing is moved where nothing is wrong, and a second damaged file gets a name of its own."""
    before = big.read_bytes()
    assert repair(big) == storage.Repair(200, 10, None)
    assert big.read_bytes() == before
    shutil.copy(big, f"{big}.damaged-1")
    overwrite(big, 0, 4096)
    moved_to = repair(big).moved_to
    assert moved_to is not None
    assert moved_to.name == "sessions.db.damaged-2"


def test_repair_waits_for_nobody(big: Path) -> None:
    """A log in which an interview is going on is not touched."""
    with SessionStore(big) as store, store.claim("s1"), pytest.raises(UsageError, match="'s1' is open"):
        repair(big)
    assert not list(big.parent.glob("*.damaged*"))


@pytest.mark.parametrize("body", ['{"kind": "answer_gi', '{"at": ' + "9" * 5000 + "}", "[" * 100_000])
def test_a_damaged_event_is_dropped_by_repair(store: SessionStore, path: Path, body: str) -> None:
    """One event that is no JSON any more, or none that can be read, stops only its own session, until it is repaired."""
    fill(store, "s", started("s"))
    fill(store, "t", started("t"))
    store.copy_in([("s", 2, at(5), "answer_given", body)])
    assert store.search("dropout") == []
    with pytest.raises(StorageError, match="Event 2 of session 's' is damaged"):
        store.events("s")
    assert store.events("t") == [started("t")]
    store.close()
    assert repair(path).events == 2
    with SessionStore(path) as mended:
        assert mended.events("s") == [started("s")]
