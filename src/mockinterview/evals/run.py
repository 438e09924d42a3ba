"""A run on disk: what was examined with what, and every result as soon as it is there. Whatever is killed can be resumed.

RUN/manifest.json holds versions and hashes of all that can change a result, RUN/results.jsonl one result a line, in the order in
which they came.
"""

from __future__ import annotations

import asyncio
import hashlib
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from mockinterview.errors import MockInterviewError, StorageError, UsageError
from mockinterview.evals.cases import Case
from mockinterview.evals.results import Result
from mockinterview.evals.stored import Stored, parsed
from mockinterview.models import Value

if TYPE_CHECKING:
    from io import FileIO

    from mockinterview.evals.examine import Examiner

FORMAT: Final = 1
GIVE_UP_AFTER: Final = 10  # cases in a row without an outcome: the backend is gone
STAGGER: Final = 0.005  # seconds between the first requests: of replies that come all at once none is under way meanwhile
_PACKAGE: Final = Path(__file__).resolve().parent.parent
_RUNTIMES: Final = ("onnxruntime", "tokenizers")  # another release of them may round otherwise
# What stands between a case and its result besides the grader: who asks, what is found, how a model is asked, how a case is run.
_AROUND: Final = (
    "interview", "retrieval", "llm", "budget.py", "prompts.py", "models.py", "sanitize.py",
    "evals/examine.py", "evals/talks.py", "evals/changes.py", "evals/backend.py",
)  # fmt: skip


class Manifest(Value):
    """What a run examined with what. Two runs are told apart by it.

    `backend` and `model` grade, `interviewer` and `interviewer_model` ask; `jobs` is the number of results that a finished run
    has (0: a release that did not count them); `whole` tells that it took all cases of its suites.
    """

    format: int = FORMAT
    package: str = ""
    python: str = platform.python_version()
    backend: str = "embedded"
    model: str = "embedded"
    interviewer: str = "embedded"
    interviewer_model: str = "embedded"
    votes: int = 1
    deterministic: bool = True
    bank: str = ""
    prompts: str = ""
    grader: str = ""
    code: str = ""
    cases: str = ""
    epochs: int = 1
    jobs: int = 0
    whole: bool = True
    started: str = ""

    @property
    def same_work(self) -> dict[str, Any]:
        """All that has to be equal for a run to be resumed."""
        return self.model_dump(mode="json", exclude={"started", "python"})


def hash_of(parts: Iterable[bytes]) -> str:
    """Return a short hash of some contents."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def hash_of_files(folder: Path) -> str:
    """Return a short hash of the files of a folder: names and contents, without Python's own by-products."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return hash_of(part for file in files for part in (str(file.relative_to(folder)).encode(), file.read_bytes()))


def grader_hash(package: Path = _PACKAGE) -> str:
    """Return a short hash of all that grades: the code, the weights, and the libraries that run them."""
    return hash_of([hash_of_files(package / "grading").encode(), *_encoding(package)])


def reading_hash(package: Path = _PACKAGE) -> str:
    """Return a short hash of all that makes a reading of what the cross-encoder is given, apart from its weights."""
    files = (package / "grading" / name for name in ("neural.py", "model/card.json"))
    return hash_of([*(file.read_bytes() for file in files), *_encoding(package)])


def _encoding(package: Path) -> list[bytes]:
    return [(package / "encoders.py").read_bytes(), *(_release(name).encode() for name in _RUNTIMES)]


def _release(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def code_hash(package: Path = _PACKAGE) -> str:
    """Return a short hash of the code, other than the grader's, that a result depends on, and of the search's weights."""
    places = [package / name for name in _AROUND]
    parts = (hash_of_files(place).encode() if place.is_dir() else place.read_bytes() for place in places)
    return hash_of([*parts, *_encoding(package)])


def prompts_hash(shipped: Path, own: Path | None) -> str:
    """Return a short hash of the shipped prompts and of the user's own ones, which take the place of some of them."""
    return hash_of(hash_of_files(folder).encode() for folder in (shipped, own) if folder)


def cases_hash(cases: Iterable[Case]) -> str:
    """Return a short hash of all that the cases say."""
    return hash_of(f"{case.suite}/{case.id}/{case.label}".encode() for case in cases)


@dataclass(frozen=True, slots=True)
class Job:
    """One case in one epoch."""

    case: Case
    epoch: int

    @property
    def key(self) -> tuple[str, str, int]:
        """What its result will be known by."""
        return (self.case.suite, self.case.id, self.epoch)


def jobs_of(cases: Sequence[Case], epochs: int) -> list[Job]:
    """Return the jobs of a run, epoch by epoch, so that a run that breaks off has whole epochs."""
    return [Job(case, epoch) for epoch in range(epochs) for case in cases]


class RunFolder:
    """The files of a run. Every result is handed to the operating system before the next one begins."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None
        self._places: dict[tuple[str, str, int], int] = {}  # where in the file the last result of each job begins

    @classmethod
    def create(cls, runs: Path, manifest: Manifest) -> RunFolder:
        """Return a new run below `runs`, its manifest written."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        number = 1 + max((int(folder.name[-3:]) for folder in runs.glob(f"{stamp}-[0-9][0-9][0-9]")), default=0)
        folder = cls(runs / f"{stamp}-{number:03}")
        try:
            folder.path.mkdir(parents=True)
            (folder.path / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        except OSError as error:
            raise StorageError(f"The run cannot be written to {folder.path}: {error.strerror}.", "Choose another --out.") from error
        return folder

    @classmethod
    def resume(cls, runs: Path, name: str, manifest: Manifest) -> RunFolder:
        """Return the run called `name`, or the latest one where it is ""; raise UsageError where it is of other work."""
        folder = cls.named(runs, name)
        stored = folder.manifest()
        if stored.same_work != manifest.same_work:
            changed = [key for key, value in manifest.same_work.items() if stored.same_work[key] != value]
            message = f"The run {folder.path.name} was of other work: {', '.join(changed)} changed since."
            raise UsageError(message, "Leave out --resume to begin a new run.")
        return folder

    @classmethod
    def named(cls, runs: Path, name: str = "") -> RunFolder:
        """Return the run called `name`, or the latest one where it is ""; raise UsageError where there is none."""
        return cls(runs / name) if name else cls(_latest(runs))

    def manifest(self) -> Manifest:
        """Return the manifest; raise UsageError where this is no run."""
        try:
            return Manifest.model_validate_json((self.path / "manifest.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise UsageError(f"{self.path} holds no run.", "`mockinterview eval` writes one; --out names its folder.") from error

    def results(self) -> Iterator[Result]:
        """Yield the stored results; a line that was torn by a kill is left out."""
        return (result for _, result in self._placed())

    def _placed(self) -> Iterator[tuple[int, Result]]:
        """Yield the stored results with the offsets of their lines."""
        try:
            with (self.path / "results.jsonl").open("rb") as lines:
                place = 0
                for line in lines:
                    try:
                        yield place, parsed(line)
                    except ValidationError:
                        continue
                    finally:
                        place += len(line)
        except FileNotFoundError:
            return

    def done(self) -> AbstractSet[tuple[str, str, int]]:
        """Return the jobs that need not be done again: a case that an outage left ungraded is not among them."""
        self._places.update((result.key, place) for place, result in self._placed() if not lost(result))
        return self._places.keys()

    def missing(self) -> int:
        """Return how many results the run still lacks: those that it never came to, and those that an outage left ungraded."""
        done = self.done()
        left = {result.key for result in self.results()} - done
        return max(self.manifest().jobs - len(done), len(left))

    def stored(self, keys: Iterable[tuple[str, str, int]]) -> Stored:
        """Return the results of some jobs, those that were finished or appended here, in the order of the keys."""
        return Stored(self.path / "results.jsonl", (self._places[key] for key in keys if key in self._places))

    def append(self, result: Result) -> None:
        """Store a result."""
        try:
            if self._file is None:
                self._file = self._opened()
            self._places[result.key] = self._file.seek(0, SEEK_END)
            self._file.write(result.model_dump_json(exclude_defaults=True).encode() + b"\n")
        except OSError as error:
            message = f"Results cannot be written to {self.path}: {error.strerror}."
            raise StorageError(message, "Make room, then use --resume.") from error

    def _opened(self) -> FileIO:
        """Open the file for appending; a torn last line gets its end, so that the next result begins a line of its own."""
        path = self.path / "results.jsonl"
        torn = path.exists() and path.stat().st_size > 0 and path.read_bytes()[-1:] != b"\n"
        file = path.open("ab", buffering=0)
        if torn:
            file.write(b"\n")
        return file

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def lost(result: Result) -> bool:
    """Tell whether a result has no outcome because of an outage, not because the grader declined."""
    return bool(result.ungraded) and not result.graded_by


def _latest(runs: Path) -> Path:
    found = sorted(file.parent for file in runs.glob("*/manifest.json"))
    if not found:
        raise UsageError(f"There is no run below {runs}.", "Leave out --resume to begin one.")
    return found[-1]


async def run_jobs(jobs: Sequence[Job], examiner: Examiner, width: int, take: Callable[[Result], bool]) -> bool:
    """Run the jobs, at most `width` at a time, and hand each result to `take` as it comes; it says whether to go on.

    Returns False where it stopped early: `take` said so, or ten results in a row had no outcome. An expected error ends the run
    and is raised as it is.
    """
    waiting = iter(jobs)
    failures, going = 0, True

    async def work() -> None:
        nonlocal failures, going
        for job in waiting:
            result = await examiner.examine(job.case, job.epoch)
            failures = failures + 1 if lost(result) else 0
            going = take(result) and failures < GIVE_UP_AFTER and going
            if not going:
                return

    expected: ExceptionGroup[MockInterviewError] | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, min(width, len(jobs)))):
                group.create_task(work())
                await asyncio.sleep(STAGGER)
    except* MockInterviewError as found:
        expected = found
    if expected is not None:  # raised in the clause above it would be wrapped again
        raise expected.exceptions[0]
    return going
