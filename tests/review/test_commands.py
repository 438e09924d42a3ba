"""`review`, the commands on past sessions, and `--jd`, through the command line's own entry."""

import asyncio
import io
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mockinterview.cli import interviews, main
from mockinterview.cli import review as review_command
from mockinterview.models import EVENT


@pytest.fixture
def run(home, corpus, monkeypatch, capsys):
    """Return a function that runs a command with lines as standard input; it returns exit code, stdout and stderr."""

    def command(*argv, said=(), flags=("--corpus", corpus)):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in said)))
        code = main([*argv, *flags])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def held(hold):
    """Return `hold` as a plain function."""
    return lambda *args, **options: asyncio.run(hold(*args, **options))


@pytest.fixture
def days_later(monkeypatch):
    """Return a function that moves the clock of the command `review` some days on."""

    def move(days):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(UTC) + timedelta(days=days)

        monkeypatch.setattr(review_command, "datetime", Clock)

    return move


def kinds(out):
    """Return the events of JSON lines."""
    return [EVENT.validate_json(line) for line in out.splitlines()]


def test_nothing_to_review_at_first(run):
    """A sentence that says what to do, no error, and nothing on stdout."""
    code, out, err = run("review", "--plain")
    assert (code, out) == (0, "")
    assert "`mockinterview start` begins an interview" in err


def test_review_asks_what_is_due(run, held, days_later):
    """Nothing on the same day, with the day of the next; then the failed question, then the known one too."""
    held("20261101-2000-aaaa", ("one", "three"), ["alpha beta gamma", "no clue at all"], follow_ups=0)
    code, out, err = run("review", "--jsonl")
    assert (code, out) == (0, "")
    assert "Nothing is due. Next: 1 question on" in err
    assert "(tomorrow)" in err
    days_later(1)
    code, out, err = run("review", "--jsonl", said=["/end"])
    events = kinds(out)
    assert code == 0
    assert events[0].plan.questions == ("three",)
    assert "Due: 1. Asking 1." in err
    days_later(40)
    _, out, _ = run("review", "--jsonl", "-n", "1", said=["/end"])
    assert kinds(out)[0].plan.count == 1
    _, out, _ = run("review", "--plain", said=["/end"])
    assert "Question 1 of 2" in out


def test_the_app_is_opened_with_what_is_due(run, held, days_later, monkeypatch):
    """In a terminal the review is held in the app: directly, with those questions."""
    held("20261101-2000-aaaa", ("three",), ["no clue at all"], follow_ups=0)
    opened = []
    monkeypatch.setattr(review_command, "lines_wanted", lambda arguments: False)
    monkeypatch.setitem(
        sys.modules, "mockinterview.cli.app", type("App", (), {"open_app": staticmethod(lambda a: opened.append(a) or 0)})
    )
    days_later(2)
    assert run("review")[0] == 0
    assert (opened[0].direct, opened[0].question) == (True, ["three"])


def test_what_is_due_as_a_list(run, held, days_later):
    """`--list` names due questions with their weak points and the next day; `--json` does so for programs."""
    held("20261101-2000-aaaa", ("one", "three"), ["alpha beta gamma", "no clue at all"], follow_ups=0)
    days_later(1)
    code, out, _ = run("review", "--list", "--json")
    told = json.loads(out)
    assert code == 0
    assert [(card["question"], card["weak"], card["attempts"]) for card in told["due"]] == [("three", ["alpha", "beta"], 1)]
    assert (told["cards"], told["next_count"]) == (2, 1)
    assert told["next"] > told["now"][:10]
    _, out, _ = run("review", "--list")
    assert "weak: alpha, beta" in out
    assert "Due: 1 of 2 questions. Next: 1 question on" in out
    assert run("review", "--json")[0] == 2


def test_a_damaged_session_hides_no_other(run, held, days_later, store):
    """It is named on stderr, and the rest is reviewed."""
    held("20261101-2000-aaaa", ("three",), ["no clue at all"], follow_ups=0)
    store.copy_in([("20261102-2000-bbbb", 1, "2026-11-02T20:00:00.000+00:00", "question_asked", "{broken")])
    days_later(1)
    _, out, err = run("review", "--list", "--json")
    assert len(json.loads(out)["due"]) == 1
    assert "left out session 20261102-2000-bbbb" in err


def test_search(run, held):
    """Where all words were said, quoted or not; exit code 0 where they never were."""
    held("20261101-2000-aaaa", ("three",), ["the vanishing point of it all"])
    _, out, _ = run("sessions", "search", "VANISHING", "point", "--json", flags=())
    assert [(f["session"], f["question"]) for f in json.loads(out)] == [("20261101-2000-aaaa", "three")]
    code, out, err = run("sessions", "search", "nobody said this", flags=())
    assert (code, out) == (0, "")
    assert "never said" in err


def test_compare(run, held):
    """Point by point for common questions; the others are named; nothing in common is exit code 4."""
    held("20261101-2000-aaaa", ("three", "two"), ["alpha", "/skip", "/skip"], follow_ups=0)
    held("20261108-2000-bbbb", ("three",), ["alpha beta"], follow_ups=0)
    held("20261109-2000-cccc", ("two",), ["alpha beta"], follow_ups=0)
    code, out, _ = run("sessions", "compare", "aaaa", "bbbb", "--json")
    told = json.loads(out)
    assert code == 0
    changes = {p["id"]: (p["before"], p["after"], p["change"]) for p in told["questions"][0]["points"]}
    assert changes["beta"] == ("miss", "hit", "better")
    assert changes["alpha"] == ("hit", "hit", "same")
    assert told["only_in"] == {"20261101-2000-aaaa": ["two"], "20261108-2000-bbbb": []}
    assert told["questions"][0]["after"]["at_once"] == 10.0
    assert "+ better" in run("sessions", "compare", "aaaa", "bbbb")[1]
    assert run("sessions", "compare", "bbbb", "cccc")[0] == 4
    assert run("sessions", "compare", "bbbb", "zzzz")[0] == 2


def test_regrade_shows_and_stores_nothing(run, held, store):
    """Other marks beside the stored ones, scores computed anew; the log is what it was."""
    events = held("20261101-2000-aaaa", ("three",), ["alpha, nothing else at all"], follow_ups=0)
    code, out, _ = run("sessions", "regrade", "aaaa", "--backend", "embedded", "--json")
    told = json.loads(out)
    assert (code, told["grader"]) == (0, "embedded")
    (question,) = told["questions"]
    assert (question["before"]["graded_by"], question["after"]["graded_by"]) == (["rules"], ["embedded"])
    assert (question["before"]["at_once"], question["after"]["at_once"]) == (6.7, 0.0)
    assert store.events("20261101-2000-aaaa") == events
    assert len(store.sessions()) == 1
    assert run("sessions", "regrade", "aaaa", "--backend", "olama")[0] == 2


def test_regrade_of_an_interview_without_a_closed_question(run, held):
    """There is nothing to compare: exit code 4."""
    held("20261101-2000-aaaa", ("three",), [], end=False)
    assert run("sessions", "regrade", "aaaa")[0] == 4


def test_progress(run, held):
    """Weeks, topics and what becomes due; an empty history is no error."""
    assert json.loads(run("sessions", "progress", "--json")[1]) == {"weeks": [], "topics": {}, "due": []}
    held("20261101-2000-aaaa", ("three",), ["alpha beta gamma"], follow_ups=0)
    told = json.loads(run("sessions", "progress", "--json")[1])
    assert [(week["graded"], week["at_once"]) for week in told["weeks"]] == [(1, 10.0)]
    assert list(told["topics"]) == ["rnn"]
    assert sum(day["questions"] for day in told["due"]) == 1
    assert "10 of 10 at once" in run("sessions", "progress")[1]


def test_export_of_an_anki_package(run, held, tmp_path):
    """A file with the missed points; without a file, or without a missed point, a sentence and exit code 2."""
    held("20261101-2000-aaaa", ("three",), ["alpha"], follow_ups=0)
    held("20261101-2000-bbbb", ("three",), ["alpha beta gamma"], follow_ups=0)
    file = tmp_path / "missed.apkg"
    code, _, err = run("sessions", "export", "aaaa", "--format", "anki", "-o", str(file))
    assert code == 0
    assert file.read_bytes()[:2] == b"PK"
    assert "1 cards" in err or "1 card " in err
    assert run("sessions", "export", "aaaa", "--format", "anki")[0] == 2
    assert run("sessions", "export", "bbbb", "--format", "anki", "-o", str(file))[0] == 2
    assert "alpha" in run("sessions", "export", "aaaa", "--format", "json")[1]


JOB = "Wanted: a Junior Deep Learning Engineer.\n- experience with dropout and batch normalization\n- dental insurance\n"


@pytest.fixture
def job(tmp_path):
    """Return the file of a job description."""
    file = tmp_path / "job.txt"
    file.write_text(JOB)
    return str(file)


def test_a_job_description_chooses_the_questions(run, job):
    """Questions on what the text names, the reason for each on stderr and in the stored plan; topic and level hold."""
    code, out, err = run("start", "--jd", job, "--jsonl", "-n", "2", "--seed", "1", said=["/end"], flags=())
    plan = kinds(out)[0].plan
    assert code == 0
    assert set(plan.because.values()) == {"experience with dropout", "batch normalization"}
    assert set(plan.questions) == set(plan.because)
    assert all(f'{name}: the job description says "{phrase}"' in err for name, phrase in plan.because.items())
    _, out, _ = run("start", "--jd", job, "--jsonl", "--topic", "normalisation", "--level", "intermediate", "--seed", "1", flags=())
    assert set(kinds(out)[0].plan.because.values()) == {"batch normalization"}
    assert run("start", "--jd", job, "--jsonl", "--topic", "tooling", flags=())[0] == 2


def test_the_app_opens_with_the_questions_of_a_job_description(run, job, monkeypatch):
    """In a terminal they are handed to the app as if they had been named."""
    opened = []
    monkeypatch.setattr(interviews, "lines_wanted", lambda arguments: False)
    monkeypatch.setitem(
        sys.modules, "mockinterview.cli.app", type("App", (), {"open_app": staticmethod(lambda a: opened.append(a) or 0)})
    )
    assert run("start", "--jd", job, "-n", "2", flags=())[0] == 0
    assert len(opened[0].question) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "has no text"),
        (b" \n\t ", "has no text"),
        (b"%PDF-1.7\xff\xfe\x00", "not plain text"),
        (b"text\x00with zeros", "has no text"),
        (b"x" * (2**20 + 1), "too long"),
        (b"We sell fish and chips at the harbour.", "names nothing"),
    ],
)
def test_a_bad_job_description(run, tmp_path, content, said):
    """One sentence with the cause and one with the remedy, exit code 2, no session."""
    file = tmp_path / "job.txt"
    if content is not None:
        file.write_bytes(content)
    code, out, err = run("start", "--jd", str(file), "--plain", flags=())
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 2
    assert json.loads(run("sessions", "list", "--json", flags=())[1]) == []


def test_a_job_description_and_questions_exclude_each_other(run, job):
    """Both decide what is asked."""
    assert run("start", "--jd", job, "--question", "dropout", "--plain", flags=())[0] == 2
