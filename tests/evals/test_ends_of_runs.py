"""How runs end that do not go well: expected errors stay what they are, an outage ends a run in every process."""

import asyncio
import json

import pytest

from mockinterview.errors import BackendError, EncoderError, StorageError
from mockinterview.evals.cases import Case, FloorCase
from mockinterview.evals.examine import Examiner, Subjects
from mockinterview.evals.results import Result
from mockinterview.evals.run import jobs_of, lost, run_jobs
from mockinterview.evals.spread import Worker, over_processes
from mockinterview.grading.combiner import Combiner
from mockinterview.grading.neural import Reader

CASES = [
    Case("floor", f"f{n:03}", "dropout", "regularisation", "k", FloorCase(id=f"f{n:03}", answer="fine"), "l") for n in range(100)
]  # fmt: skip


class Lame(Examiner):
    """Gives no outcome, or raises."""

    def __init__(self, error=None):
        self.error, self.asked = error, 0

    async def examine(self, case, epoch=0):
        """Return a result without an outcome."""
        await asyncio.sleep(0)
        self.asked += 1
        if self.error:
            raise self.error
        about = {"suite": case.suite, "label": case.label, "question": case.question, "topic": case.topic, "kind": case.kind}
        return Result(case=case.id, epoch=epoch, ungraded="gone", **about)


def broken():
    """Make no examiner: the cache is broken."""
    raise StorageError("The cache is broken.", "Delete it.")


@pytest.mark.parametrize("width", [1, 5])
def test_an_expected_error_stays_what_it_is(width):
    """Message, hint and exit code survive the tasks that ran at once."""
    error = StorageError("The disk is full.", "Make room.")
    with pytest.raises(StorageError) as caught:
        asyncio.run(run_jobs(jobs_of(CASES, 1), Lame(error), width, lambda _: True))
    assert caught.value is error


def test_a_bug_keeps_its_traceback():
    """What nobody expected is not hidden."""
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(run_jobs(jobs_of(CASES, 1), Lame(ZeroDivisionError()), 2, lambda _: True))
    assert caught.group_contains(ZeroDivisionError)


def test_a_full_disk_has_a_message_and_an_exit_code(house, monkeypatch, capsys):
    """`eval` says what is wrong, and what to do."""
    house.cases("floor", {"id": "fine", "answer": "fine", "questions": 2})

    def full(*_):
        raise StorageError("Results cannot be written.", "Make room, then use --resume.")

    monkeypatch.setattr("mockinterview.evals.run.RunFolder.append", full)
    assert house.run() == 1
    assert "Make room" in capsys.readouterr().err


def test_a_worker_says_that_its_backend_is_gone_and_tries_no_more():
    """Ten in a row end its first chunk; the next one is not begun."""
    examiner = Lame()
    worker, jobs = Worker(lambda: examiner), jobs_of(CASES, 1)
    results, going = worker.examine(jobs[:40])
    assert (len(results), going) == (10, False)
    assert worker.examine(jobs[40:80]) == ([], False)
    assert examiner.asked == 10


def test_a_run_over_processes_that_lost_ten_in_a_row_is_not_complete():
    """The chunk that ended early ends the run: results of a few chunks at most, and no "all ran"."""
    found = []
    complete = over_processes(jobs_of(CASES, 4), Lame, 1, lambda result: found.append(result) is None)
    assert (complete, len(found)) == (False, 10)


def test_an_error_in_making_an_examiner_comes_back_from_its_process():
    """It is no broken process pool."""
    with pytest.raises(StorageError) as caught:
        over_processes(jobs_of(CASES[:1], 1), broken, 1, lambda _: True)
    assert (caught.value.message, caught.value.hint) == ("The cache is broken.", "Delete it.")


@pytest.mark.parametrize("error", [EncoderError("The model cannot be run."), BackendError("Gone.")])
def test_a_grader_that_fails_makes_a_case_ungraded(error):
    """A model file that fails in the midst of a run is no verdict and no end of the run."""

    class Bank:
        def get(self, _):
            return None

    class Grader:
        name = "embedded"

        async def grade(self, *_):
            raise error

    subjects = Subjects(bank=Bank(), grader=Grader(), interviewer=None, reader=None, retriever=None)
    spec = FloorCase(id="f", answer="{nothing}", question="dropout")
    found = asyncio.run(Examiner(subjects).examine(Case("floor", "f", "dropout", "t", "k", spec, "l")))
    assert found.ungraded == str(error)
    assert lost(found)


@pytest.mark.parametrize("flags", [[], ["--no-cache"]])
def test_words_that_step_in_for_the_reader_are_no_verdict(house, monkeypatch, capsys, flags):
    """An interview goes on with words alone; in an evaluation such a mark is not the grader's: ungraded, exit code 3."""
    point = house.question("dropout")["points"][0]
    house.cases("grading", house.gold("dropout", 1, f"Well, {point['says'][0]}, I believe.", {point["id"]: "hit"}))

    def fail(*_):
        raise EncoderError("The model cannot be run.")

    monkeypatch.setattr(Reader, "read", fail)
    assert house.run("--json", "-", *flags) == 3
    (found,) = json.loads(capsys.readouterr().out)["ungraded"]
    assert found["why"] == "The model cannot be run."


def test_an_embedded_grader_without_its_reader_is_not_examined(house, monkeypatch, capsys):
    """Its figures would be those of another grader; `--judge words` asks for that one."""

    def fail(*_):
        raise EncoderError("The model is missing.")

    monkeypatch.setattr(Combiner, "__init__", fail)
    house.cases("floor", {"id": "fine", "answer": "fine", "questions": 1})
    assert house.run() == 3
    assert "--judge words" in capsys.readouterr().err
    assert house.run("--judge", "words") == 0
