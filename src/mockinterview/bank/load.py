"""Reads a bank from YAML files. This file hides where the shipped bank lies, how it is cached, and how faults are located."""

from __future__ import annotations

import hashlib
import json
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mockinterview.errors import BankError
from mockinterview.models import Bank, Question

PARSED = "bank.json"
_PACKAGE = Path(__file__).resolve().parent.parent
_RULES = ("bank/load.py", "models.py", "grading/arithmetic.py")  # what makes questions, faults and the fingerprint of files


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a bank file: where (line counted from 1, 0 where unknown), which field, and why."""

    file: Path
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        """Return the fault as one line, in the form that editors jump to."""
        return f"{self.file}:{self.line}: {self.field or 'file'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class LoadedBank:
    """The questions that could be read and the faults of those that could not."""

    bank: Bank
    faults: tuple[Fault, ...]


def data_dir(name: str) -> Path:
    """Return the folder `corpus` or `prompts`: inside an installed package, or at the root of a checkout."""
    checkout = _PACKAGE.parent.parent / name
    return checkout if (checkout.parent / "pyproject.toml").is_file() and checkout.is_dir() else _PACKAGE / "_data" / name


def load_bank(corpus: Path | None = None, cache: Path | None = None) -> LoadedBank:
    """Return the bank of a folder (the shipped one by default) with the faults of its broken files.

    `cache` is a folder for the parsed bank, which is read instead of the YAML as long as neither a file nor the code that reads
    files has changed; the shipped bank comes parsed as well. Raises BankError where the folder has no question that can be read.
    """
    root = (corpus or data_dir("corpus")) / "questions"
    files = _files(root)
    if not files:
        raise BankError(f"There are no questions under {root}.", "A bank has files questions/<topic>/<id>.yaml.")
    stamp = _stamp(root, files)
    cached = cache / f"bank-{stamp}.json" if cache else None
    loaded = _read_parsed(cached, stamp, root) or (None if corpus else _read_parsed(_shipped(), stamp, root))
    if loaded is None:
        loaded = _read_files(files)
        if cached:
            _write_cache(cached, loaded, stamp, root)
    if not len(loaded.bank):
        raise BankError(f"No question under {root} can be read: {loaded.faults[0]}", "Correct the file and try again.")
    return loaded


def write_parsed(corpus: Path, file: Path) -> None:
    """Write the parsed bank of a folder to a file, as the build of the package does."""
    root = corpus / "questions"
    files = _files(root)
    _write_cache(file, _read_files(files), _stamp(root, files), root)


def _files(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*.yaml") if not file.is_dir())


def _shipped() -> Path:
    """Return where the build put the parsed bank; beside an editable install it lies in site-packages."""
    inside = _PACKAGE / "_data" / PARSED
    return inside if inside.is_file() else Path(sysconfig.get_path("purelib")) / "mockinterview" / "_data" / PARSED


def _read_files(files: Iterable[Path]) -> LoadedBank:
    questions: dict[str, Question] = {}
    faults: list[Fault] = []
    for file in files:
        question, wrong = read_question(file)
        faults += wrong
        if question and question.id in questions:
            faults.append(Fault(file, 1, "id", f"the id {question.id!r} is used by another file"))
        elif question:
            questions[question.id] = question
    faults += _dangling(questions, {file.stem: file for file in files})
    return LoadedBank(Bank(list(questions.values()), fingerprint(questions.values())), tuple(faults))


def _dangling(questions: dict[str, Question], files: dict[str, Path]) -> list[Fault]:
    """Return a fault for each follow-up that leads nowhere; the questions stay usable without it."""
    return [
        Fault(files.get(question.id, Path(question.id)), 0, "follow_ups", f"leads to the unknown question {edge.to!r}")
        for question in questions.values()
        for edge in question.follow_ups
        if edge.to not in questions
    ]


def read_question(file: Path) -> tuple[Question | None, list[Fault]]:
    """Return the question of one file, or None and its faults with line and field."""
    import yaml

    try:
        text = file.read_text(encoding="utf-8")
        data = yaml.load(text, Loader=_loader())  # noqa: S506 - a safe loader, in C where there is one
    except (OSError, ValueError, RecursionError) as error:  # a ValueError: not UTF-8, or 2024-13-01, which YAML takes for a date
        return None, [Fault(file, 0, "", f"cannot be read: {error}")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return None, [Fault(file, mark.line + 1 if mark else 0, "", f"is not YAML: {getattr(error, 'problem', error)}")]
    try:
        question = Question.model_validate(data)
    except ValidationError as error:
        return None, [_fault(file, text, problem["loc"], problem["msg"]) for problem in error.errors()]
    return _check_place(file, text, question)


def _check_place(file: Path, text: str, question: Question) -> tuple[Question | None, list[Fault]]:
    if question.id != file.stem:
        return None, [_fault(file, text, ("id",), f"is {question.id!r}, but the file is called {file.name}")]
    if file.parent.name not in (question.topic, "questions"):
        return None, [_fault(file, text, ("topic",), f"is {question.topic!r}, but the folder is {file.parent.name!r}")]
    wrong = _exercise_fault(question)
    return (None, [_fault(file, text, ("exercise",), wrong)]) if wrong else (question, [])


def _exercise_fault(question: Question) -> str:
    """Return why an exercise could not be put or marked, or nothing: in an interview it would be too late to find out."""
    exercise = question.exercise
    if exercise is None:
        return ""
    from mockinterview.grading.arithmetic import draws, evaluate

    try:
        admissible = draws(exercise)
        for numbers in admissible:
            for expression in (exercise.answer, *(mistake.value for mistake in exercise.mistakes)):
                evaluate(expression, numbers)
    except BankError as error:
        return error.message
    return "" if admissible else "The conditions of the exercise exclude every draw."


def _fault(file: Path, text: str, location: tuple[int | str, ...], reason: str) -> Fault:
    import yaml

    node = yaml.compose(text, Loader=_loader())
    line = 1
    for step in location:
        child = _child(node, step)
        if child is None:
            break
        node, line = child, child.start_mark.line + 1
    return Fault(file, line, ".".join(map(str, location)), reason)


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _child(node: Any, step: int | str) -> Any:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def fingerprint(questions: Iterable[Question]) -> str:
    """Return a short hash of the questions' contents: the same bank gives the same one on every machine."""
    digest = hashlib.sha256()
    for question in sorted(questions, key=lambda q: q.id):
        digest.update(question.model_dump_json().encode())
    return digest.hexdigest()[:16]


def _stamp(root: Path, files: Iterable[Path]) -> str:
    """Return a hash of rules, names and contents: unlike a time of change, it survives a copy, a clone and a build."""
    digest = hashlib.sha256(b"\0".join(_content(_PACKAGE / rules) for rules in _RULES))
    for file in files:
        digest.update(file.relative_to(root).as_posix().encode(errors="surrogateescape") + b"\0" + _content(file) + b"\0")
    return digest.hexdigest()[:16]


def _content(file: Path) -> bytes:
    """Return the content of a file; of one that cannot be read nothing, so that reading the bank names it."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _read_parsed(file: Path | None, stamp: str, root: Path) -> LoadedBank | None:
    try:
        stored = json.loads(file.read_bytes()) if file else None
        if stored is None or stored["stamp"] != stamp:
            return None
        faults = tuple(Fault(root / path, *rest) for path, *rest in stored["faults"])
        return LoadedBank(Bank(TypeAdapter(list[Question]).validate_python(stored["questions"]), stored["fingerprint"]), faults)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_cache(file: Path, loaded: LoadedBank, stamp: str, root: Path) -> None:
    """Write the parsed bank beside its final name and move it there; a cache that cannot be written is done without."""
    body = {
        "stamp": stamp,
        "fingerprint": loaded.bank.fingerprint,
        "questions": [q.model_dump(mode="json", exclude_defaults=True) for q in loaded.bank],
        "faults": [(f.file.relative_to(root).as_posix(), f.line, f.field, f.reason) for f in loaded.faults],
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        for old in file.parent.glob("bank-*.json"):
            old.unlink(missing_ok=True)
        temporary = file.with_suffix(".tmp")
        temporary.write_text(json.dumps(body), encoding="utf-8")
        temporary.replace(file)
    except OSError:
        return
