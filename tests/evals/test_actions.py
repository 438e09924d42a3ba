"""`eval noise`, `eval add`, `eval bless`, `eval --list`, `eval --changed`."""

import importlib.util
import json
import random
import subprocess

import pytest

from mockinterview.evals.noise import noise_of
from mockinterview.evals.results import Mark, Result
from mockinterview.models import (
    AnswerGiven,
    AnswerGraded,
    Assessment,
    InterviewStarted,
    Plan,
    PointDisputed,
    PointVerdict,
    ReplyUnderstood,
)
from mockinterview.storage import SessionStore


def dispute(house, answer="units are dropped"):
    """Store a session with a disputed verdict; return the points of its question, the disputed one first."""
    points = [point["id"] for point in house.question("dropout")["points"]]
    marks = tuple(PointVerdict(id=point, verdict="miss") for point in points)
    graded = Assessment(question="dropout", score=0.0, points=marks, graded_by="embedded")
    store = SessionStore(house.root / "home" / "data" / "sessions.db")
    for event in (
        InterviewStarted(session_id="s1", plan=Plan()), AnswerGiven(question_id="dropout", text="may I have a hint?"),
        ReplyUnderstood(question_id="dropout", intent="hint"),
        AnswerGiven(question_id="dropout", text=answer, whiteboard="p = 0.5"),
        AnswerGraded(question_id="dropout", assessment=graded),
        PointDisputed(question_id="dropout", point_id=points[0], verdict="hit", reason="I said so"),
    ):  # fmt: skip
        store.append("s1", event)
    store.close()
    return points


def test_a_disputed_verdict_becomes_a_gold_case(house, capsys):
    """The candidate's verdict replaces the grader's; the answer is all that was said or written and no request; once is enough."""
    points = dispute(house)
    assert house.run("add", "s1") == 0
    assert house.run("add", "s1") == 0
    (case,) = [json.loads(line) for line in (house.evals / "cases" / "grading" / "disputed.jsonl").read_text().splitlines()]
    assert (case["answer"], case["points"][points[0]], case["points"][points[1]]) == ("units are dropped\np = 0.5", "hit", "miss")
    assert house.run("grading", "--list") == 0
    assert "s1--dropout" in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["{ not json", "[1]", '{"id": "x"}', "[" * 100_000])
def test_no_line_of_a_case_file_is_lost(house, capsys, broken):
    """A line that is no case is named, and the file stays as it is; of a whole one all lines stay."""
    dispute(house)
    file = house.evals / "cases" / "grading" / "disputed.jsonl"
    file.parent.mkdir(parents=True)
    other = json.dumps(house.gold("conv-output-size", 1, "Add twice the padding.", {}))
    file.write_text(f"{other}\n\n{broken}\n")
    assert house.run("add", "s1") == 2
    assert "disputed.jsonl:3: " in capsys.readouterr().err
    assert file.read_text() == f"{other}\n\n{broken}\n"
    file.write_text(other)
    assert house.run("add", "s1") == 0
    kept, added = file.read_text().splitlines()
    assert (kept, json.loads(added)["id"]) == (other, "s1--dropout")


def test_a_case_file_is_written_whole_or_not_at_all(house, monkeypatch, capsys):
    """A disk that is full in the middle of writing costs no case that was there."""
    dispute(house)
    assert house.run("add", "s1") == 0
    file = house.evals / "cases" / "grading" / "disputed.jsonl"
    before = file.read_bytes()

    def half(path, content, *args, **kwargs):
        with path.open("wb") as begun:
            begun.write(b"{")
        raise OSError(28, "No space left on device")

    for name in ("write_text", "write_bytes"):
        monkeypatch.setattr(f"pathlib.Path.{name}", half)
    assert house.run("add", "s1") == 1
    assert "disputed.jsonl cannot be written: No space left on device." in capsys.readouterr().err
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == ["disputed.jsonl"]


def test_half_a_character_in_a_disputed_answer(house, capsys):
    """A terminal can send it, no file of cases can hold it; what is written can be read again."""
    dispute(house, "units are \ud83d dropped")
    assert house.run("add", "s1") == 0
    assert house.run("grading", "--list") == 0
    assert "s1--dropout" in capsys.readouterr().out


def epochs(flipping, count):
    """Return `count` epochs of 40 answers with 6 points each, a share of the verdicts flipped at random."""
    rng = random.Random(5)
    for epoch in range(count):
        for case in range(40):
            given = ["miss" if rng.random() < flipping else "hit" for _ in range(6)]
            points = tuple(Mark(point=f"p{i}", expected="hit", given=v, evidence="x") for i, v in enumerate(given))
            about = {"suite": "grading", "label": "l", "topic": "t", "kind": "k", "question": f"q{case}"}
            yield Result(case=str(case), epoch=epoch, points=points, **about)


def test_noise_tells_the_flip_rate_and_the_epochs_that_a_gate_needs():
    """Two verdicts that each flip with 10 % differ in 18 %; a finer gate needs more epochs."""
    found = noise_of(list(epochs(0.1, 5)), {"grading.verdict_accuracy": 0.05})
    fine = noise_of(list(epochs(0.1, 5)), {"grading.verdict_accuracy": 0.02})
    assert 0.15 < found.flip_rate < 0.21
    assert fine.needs[0].epochs > found.needs[0].epochs > 1


def test_a_grader_without_scatter_needs_one_epoch(house, capsys):
    """The embedded grader gives the same verdicts each time."""
    house.cases("grading", house.gold("dropout", 1, "Random units are switched off while training.", {}))
    (house.evals / "gates.toml").write_text('[paired]\n"grading.verdict_accuracy" = 0.03\n', encoding="utf-8")
    assert house.run("noise", "--epochs", "2") == 0
    told = capsys.readouterr().out
    assert "0.0 % of" in told
    assert "needs 1 epoch(s)" in told


def test_changed_takes_the_questions_that_git_calls_changed(house, capsys):
    """Only cases of the edited question are left."""
    house.cases("floor", {"id": "fine", "answer": "fine", "questions": 6})
    git = ["git", "-C", str(house.corpus), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "bank"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    assert house.run("--changed", "HEAD") == 2
    house.edit("dropout", lambda data: data.update(note="edited"))
    capsys.readouterr()
    assert house.run("--list", "--changed", "HEAD") == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in listed] == ["fine/dropout"]


def test_filters_and_samples_are_the_same_each_time(house, capsys):
    """`--sample` draws by seed; `--kind` and `--question` filter."""
    house.cases("floor", *({"id": f"f{n}", "kind": "a" if n % 2 else "b", "answer": "fine", "questions": 6} for n in range(4)))

    def listed(*flags):
        capsys.readouterr()
        assert house.run("floor", "--list", *flags) == 0
        return capsys.readouterr().out.splitlines()

    assert len(listed()) == 24
    assert len(listed("--kind", "a", "--question", "dropout")) == 2
    one, again, other = (listed("--sample", "5", "--seed", seed) for seed in "112")
    assert one == again != other


def test_processes_and_ray_give_the_same_results_in_the_same_order(house, monkeypatch):
    """Where the cases run makes no difference; Ray is tried where it is installed."""
    house.cases("floor", *({"id": f"f{n}", "answer": text, "questions": 6} for n, text in enumerate(["fine", "{ask}", "{claim}"])))

    def results(*flags):
        report = house.root / "engine.json"
        assert house.run("floor", "--json", str(report), *flags) == 0
        lines = max(house.out.glob("*/results.jsonl"), key=lambda file: file.parent.name)
        return sorted((row["case"], row.get("score"), row["checks"]) for row in map(json.loads, lines.read_text().splitlines()))

    here = results()
    monkeypatch.setattr("mockinterview.cli.evals.WORTH_PROCESSES", 1)
    assert results("--jobs", "2") == here
    if importlib.util.find_spec("ray"):
        assert results("--engine", "ray") == here
