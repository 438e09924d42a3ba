"""Cases spread over workers: processes of this machine, or a Ray cluster. Results are the same and in the same order as in process.

A worker makes its own examiner from a factory, so nothing but cases and results travels. The factory has to be importable and its
arguments picklable.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, Final

from mockinterview.errors import SettingsError
from mockinterview.evals.results import Result
from mockinterview.evals.run import Job, run_jobs

if TYPE_CHECKING:
    from mockinterview.evals.examine import Examiner

Factory = Callable[[], "Examiner"]
Chunk = tuple[list[Result], bool]  # the results of some jobs, and whether the run may go on
GARBAGE: Final = 50_000  # new objects between two walks of the collector; in a fresh interpreter it walks at every 700
CHUNK: Final = 40  # cases that a worker takes at once: few enough for an even load and a steady progress line
_worker: list[Worker] = []  # of this worker process


class Worker:
    """Runs chunks of jobs with an examiner of its own, `width` at a time.

    The examiner is made with the first chunk, so that an error in making it comes back like any other. After a chunk in which ten
    jobs in a row had no outcome, nothing more is tried.
    """

    def __init__(self, factory: Factory, width: int = 1) -> None:
        self._factory, self._width = factory, width
        self._examiner: Examiner | None = None
        self._gone = False

    def examine(self, jobs: Sequence[Job]) -> Chunk:
        """Return the results of a chunk, and whether the run may go on."""
        if self._gone:
            return [], False
        if self._examiner is None:
            self._examiner = self._factory()
            gc.freeze()  # the bank and the libraries, some 10^5 objects, stay
            gc.set_threshold(GARBAGE)
        results, going = examine_here(self._examiner, jobs, self._width)
        self._gone = not going
        return results, going


def examine_here(examiner: Examiner, jobs: Sequence[Job], width: int) -> Chunk:
    """Return the results of some jobs, in their order, and whether the run may go on."""
    found: dict[tuple[str, str, int], Result] = {}

    def take(result: Result) -> bool:
        found[result.key] = result
        return True

    going = asyncio.run(run_jobs(jobs, examiner, width, take))
    return [found[job.key] for job in jobs if job.key in found], going


def _taken(chunks: Iterable[Chunk], take: Callable[[Result], bool]) -> bool:
    """Hand every result to `take`, chunk by chunk; stop, and return False, after one with which the run may not go on."""
    for results, going in chunks:
        wanted = [take(result) for result in results]  # all of them: they are there, so they are kept
        if not (going and all(wanted)):
            return False
    return True


def over_processes(jobs: Sequence[Job], factory: Factory, workers: int, take: Callable[[Result], bool]) -> bool:
    """Run the jobs in `workers` processes and hand each result to `take`; return whether all of them ran."""
    # A fresh interpreter instead of a fork: libraries with threads of their own do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(factory,))
    try:
        # Nothing but `as_completed` holds the futures, and it lets go of those that it has handed out: results do not pile up.
        # Cases of one question go to one worker, which prepares it, and marks its unchanged answer, once; those that search come
        # last, so that nobody waits while the index is built.
        ordered = sorted(jobs, key=lambda job: (job.case.suite == "retrieval", job.case.question, job.case.suite))
        waiting = (pool.submit(_examine_chunk, chunk) for chunk in chunks(ordered))
        return _taken((future.result() for future in as_completed(waiting)), take)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(factory: Factory) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the run; it has the results
    _worker.append(Worker(factory))


def _examine_chunk(jobs: Sequence[Job]) -> Chunk:
    return _worker[0].examine(jobs)


def over_ray(jobs: Sequence[Job], factory: Factory, width: int, take: Callable[[Result], bool]) -> bool:
    """Run the jobs on the Ray cluster that RAY_ADDRESS names, or on a local one; return whether all of them ran.

    One worker per CPU of the cluster, `width` cases at a time on each. Raises SettingsError where Ray is not installed.
    """
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise SettingsError("Ray is not installed.", "pip install 'mockinterview[ray]'") from error
    if not ray.is_initialized():
        ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, include_dashboard=False)

    parts = list(chunks(jobs))
    number = min(max(1, int(ray.cluster_resources().get("CPU", 1))), len(parts))
    pool = importlib.import_module("ray.util").ActorPool([ray.remote(Worker).remote(factory, width) for _ in range(number)])
    found = pool.map_unordered(lambda actor, chunk: actor.examine.remote(chunk), parts)
    return _taken(found, take)


def chunks(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """Yield the jobs in runs of 40."""
    return (jobs[start : start + CHUNK] for start in range(0, len(jobs), CHUNK))
