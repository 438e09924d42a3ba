"""Everything that determines a mark is in the hashes that tell runs, marks and readings apart."""

import shutil
from pathlib import Path

import pytest

import mockinterview
from mockinterview.evals import run

PACKAGE = Path(mockinterview.__file__).parent


@pytest.fixture
def package(tmp_path):
    """Return a copy of the package's code and cards, without weights."""
    copy = tmp_path / "package"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("*.onnx", "__pycache__", "tui"))
    return copy


@pytest.mark.parametrize("name", ["grading/neural.py", "encoders.py", "grading/model/card.json"])
def test_what_makes_a_reading_is_in_both_hashes(package, name):
    """How texts are cut, joined and batched decides what a reading is, as much as the weights do."""
    before = run.reading_hash(package), run.grader_hash(package)
    (package / name).write_text((package / name).read_text() + " ")
    assert all(old != new for old, new in zip(before, (run.reading_hash(package), run.grader_hash(package)), strict=True))


def test_another_runtime_is_another_grader(package, monkeypatch):
    """Another release of onnxruntime may round otherwise; one that is not installed is no error."""
    before = run.reading_hash(package), run.grader_hash(package)
    monkeypatch.setattr(run, "_RUNTIMES", ("onnxruntime", "not-a-distribution"))
    other = run.reading_hash(package), run.grader_hash(package)
    assert not {*before} & {*other}


@pytest.mark.parametrize("name", ["interview/policy.py", "retrieval/lexical.py", "llm/door.py", "evals/examine.py", "encoders.py"])
def test_what_asks_finds_and_runs_cases_is_in_the_hash_of_the_code(package, name):
    """A run after such a change is other work; the grader is the same unless it reads with the changed file."""
    code, grader = run.code_hash(package), run.grader_hash(package)
    (package / name).write_text((package / name).read_text() + "\n")
    assert run.code_hash(package) != code
    assert (run.grader_hash(package) == grader) == (name != "encoders.py")
