"""The cases of the suites: their schema, how files are read, and which of them a run takes.

A suite is a folder of YAML or JSON-lines files. A case of `floor` or `metamorphic` may stand for many questions; it is spread over
them here, so that everything downstream sees one case = one question.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticSerializationError

from mockinterview.errors import UsageError, nearest_hint
from mockinterview.evals.changes import CHANGES, fillable
from mockinterview.evals.parts import part
from mockinterview.models import SLUG, Bank, Flag, Format, Mode, Question, Value, Verdict

Suite = Literal["grading", "floor", "metamorphic", "interview", "retrieval"]
SUITES: Final[tuple[Suite, ...]] = get_args(Suite)
Relation = Literal["same", "not_higher", "lower", "at_least", "not_believed"]
Candidate = Literal[
    "strong", "weak", "silent", "rambling", "evasive", "hostile", "changing_mind", "unknowing", "asking", "scripted"
]
_FILES: Final = ("*.jsonl", "*.yaml", "*.yml")


class GradingCase(Value):
    """A gold answer: the verdict per point, misconceptions, flags, and a score band where the verdicts alone are too strict."""

    id: str = Field(min_length=1)
    question: str = Field(pattern=SLUG)
    kind: str = ""
    answer: str
    points: dict[str, Verdict]
    misconceptions: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    score: tuple[float, float] | None = None
    source: str = ""


class FloorCase(Value):
    """An answer that must stay low. `answer` may hold {ask}, {keywords} and others; see `evals.changes.filled`."""

    id: str = Field(min_length=1)
    kind: str = ""
    answer: str
    at_most: float = Field(default=2.0, ge=0, le=10)
    question: str = ""
    questions: int = Field(default=20, ge=1)
    why: str = ""  # why it earns nothing, in a person's words


class MetamorphicCase(Value):
    """A relation between the scores of an answer (the model answer by default) and of its changed form."""

    id: str = Field(min_length=1)
    kind: str = ""
    change: str = ""
    relation: Relation
    within: float = Field(default=0.0, ge=0, le=10)
    answer: str = ""
    changed: str = ""
    question: str = ""
    questions: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _one_way_to_change(self) -> MetamorphicCase:
        if bool(self.change) == bool(self.changed):
            raise ValueError("a case has either 'change' (a rule) or 'changed' (an answer)")
        if self.change and self.change not in CHANGES:
            raise ValueError(f"there is no change '{self.change}', only {', '.join(CHANGES)}")
        return self


class InterviewCase(Value):
    """A scripted candidate against the interviewer. `follow_ups` names documented follow-ups that have to come: question -> to."""

    id: str = Field(min_length=1)
    kind: str = ""
    candidate: Candidate
    questions: tuple[str, ...] = Field(min_length=1)
    replies: tuple[str, ...] = ()
    follow_ups: dict[str, str] = Field(default_factory=dict)
    score: tuple[float, float] = (0.0, 10.0)
    mode: Mode = "practice"
    format: Format = "phone"
    max_follow_ups: int = Field(default=3, ge=0, le=3)
    seed: int = 0


class RetrievalCase(Value):
    """A query and the question that it means."""

    id: str = Field(min_length=1)
    query: str = Field(min_length=1)
    question: str = Field(pattern=SLUG)
    typos: bool = False
    kind: str = ""


Spec = GradingCase | FloorCase | MetamorphicCase | InterviewCase | RetrievalCase
_SPECS: Final[dict[Suite, type[Spec]]] = {
    "grading": GradingCase,
    "floor": FloorCase,
    "metamorphic": MetamorphicCase,
    "interview": InterviewCase,
    "retrieval": RetrievalCase,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to run: a specification with the question that it is about. `label` changes whenever what is expected changes."""

    suite: Suite
    id: str
    question: str
    topic: str
    kind: str
    spec: Spec
    label: str

    @property
    def part(self) -> str:
        """The part of the split that its question belongs to."""
        return part(self.question)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cases a run takes; empty means all."""

    suites: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0

    @property
    def whole(self) -> bool:
        """Whether all cases of its suites are taken."""
        return not (self.questions or self.topics or self.kinds or self.sample)


@dataclass(slots=True)
class Cases:
    """The chosen cases, in a fixed order, and one line for each that the bank cannot serve."""

    chosen: list[Case] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def load_cases(folder: Path, bank: Bank, choice: Choice) -> Cases:
    """Return the cases of `folder` and of suites named by path, filtered and sampled.

    Raises UsageError where a file is wrong, or the sample is no number of cases.
    """
    if choice.sample is not None and choice.sample < 1:
        raise UsageError(f"--sample {choice.sample} is no number of cases.", "Give a number from 1 on.")
    cases = Cases()
    for suite, files in _sources(folder, choice.suites):
        for spec in _read_suite(suite, files):
            _spread(suite, spec, bank, cases)
    picked = [case for case in cases.chosen if _wanted(case, choice)]
    if choice.sample is not None and choice.sample < len(picked):
        kept = set(random.Random(choice.seed).sample(range(len(picked)), choice.sample))
        picked = [case for number, case in enumerate(picked) if number in kept]
    return Cases(picked, cases.left_out)


def _sources(folder: Path, wanted: Sequence[str]) -> Iterator[tuple[Suite, list[Path]]]:
    for name in wanted or SUITES:
        if name in SUITES:
            yield name, _files(folder / name)
        elif Path(name).exists():
            yield _suite_of(Path(name)), _files(Path(name))
        else:
            raise UsageError(f"There is no suite '{name}'.", nearest_hint(name, SUITES, f"Suites: {', '.join(SUITES)}, or a path."))


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(file for pattern in _FILES for file in place.glob(pattern))


def _suite_of(place: Path) -> Suite:
    """Return the suite of a user's file or folder: a part of its path is named like the suite."""
    for name in (place.stem, *reversed(place.resolve().parts)):
        if name in SUITES:
            return name
    raise UsageError(f"{place} does not say of which suite it is.", f"Name the file or its folder: {', '.join(SUITES)}.")


def _read_suite(suite: Suite, files: Iterable[Path]) -> Iterator[Spec]:
    seen: dict[str, Path] = {}
    for file in files:
        for line, data in _rows(file):
            spec = _checked(suite, file, line, data)
            if spec.id in seen:
                raise UsageError(f"{file}:{line}: the id '{spec.id}' is used twice.", f"It also stands in {seen[spec.id]}.")
            seen[spec.id] = file
            yield spec


def gold_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of a file of gold cases, each with the case's id before it; raise UsageError where one is no such case."""
    for number, line in _lines(file):
        yield _checked("grading", file, number, _json(file, number, line)).id, line


def _rows(file: Path) -> Iterator[tuple[int, Any]]:
    if file.suffix == ".jsonl":
        return ((number, _json(file, number, line)) for number, line in _lines(file))
    return _yaml(file)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, each with its number."""
    for number, line in enumerate(_text(file).split("\n"), start=1):
        if line.strip():
            yield number, line


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Correct the file.") from error


def _yaml(file: Path) -> Iterator[tuple[int, Any]]:
    """Yield the items of a list in YAML, each with the line on which it begins."""
    try:
        loader = yaml.SafeLoader(_text(file))
        root = loader.get_single_node()
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Correct the file.") from error
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        raise UsageError(f"{file}:{root.start_mark.line + 1}: this is not a list of cases.", "docs/evals.md shows the fields.")
    for item in root.value:
        line = item.start_mark.line + 1
        try:
            data = loader.construct_object(item, deep=True)
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # a ValueError: 2024-13-01, which YAML takes for a date
            raise UsageError(f"{file}:{line}: this cannot be read: {error}.", "Correct the case.") from error
        yield line, data


def _json(file: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:  # not JSON, or a number or a depth that Python does not read
        said = getattr(error, "msg", error)
        raise UsageError(f"{file}:{number}: this cannot be read as JSON: {said}.", "Each line holds one case.") from error


def _checked(suite: Suite, file: Path, line: int, data: Any) -> Spec:
    try:
        spec = _SPECS[suite].model_validate(data)
        spec.model_dump_json()  # what cannot be written has no label
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "case"
        raise UsageError(f"{file}:{line}: {where}: {problem['msg']}.", "docs/evals.md shows the fields of a case.") from error
    except PydanticSerializationError as error:
        raise UsageError(f"{file}:{line}: half a surrogate pair is no character.", "Write the character itself.") from error
    return spec


def _spread(suite: Suite, spec: Spec, bank: Bank, cases: Cases) -> None:
    """Add a case for each question that a specification is meant for."""
    if isinstance(spec, InterviewCase):
        _add(suite, spec, (spec.questions[0], spec.id), bank, cases)
    elif isinstance(spec, FloorCase | MetamorphicCase) and not spec.question:
        for question in _drawn(bank, spec):
            _add(suite, spec, (question.id, f"{spec.id}/{question.id}"), bank, cases)
    else:
        _add(suite, spec, (spec.question, spec.id), bank, cases)


def _drawn(bank: Bank, spec: FloorCase | MetamorphicCase) -> list[Question]:
    """Return the questions of a case, by a hash: a question that joins the bank changes few of them."""
    usable = [q for q in bank if q.model_answer and (spec.kind != "correction" or q.misconceptions)]
    ranked = sorted(usable, key=lambda q: hashlib.sha256(f"{spec.id}:{q.id}".encode()).digest())
    return sorted(ranked[: spec.questions], key=lambda q: q.id)


def _add(suite: Suite, spec: Spec, place: tuple[str, str], bank: Bank, cases: Cases) -> None:
    """Add the case at `place` (question, case id), or a line that says why the bank cannot serve it."""
    question_id, case_id = place
    if reason := _misfit(spec, [question_id, *(spec.questions if isinstance(spec, InterviewCase) else ())], bank):
        cases.left_out.append(f"{suite}/{case_id}: {reason}")
        return
    topic = bank.get(question_id).topic
    cases.chosen.append(Case(suite, case_id, question_id, topic, _kind(suite, spec), spec, _label(spec)))


def _kind(suite: Suite, spec: Spec) -> str:
    match spec:
        case InterviewCase():
            return spec.kind or spec.candidate
        case RetrievalCase():
            return spec.kind or ("typos" if spec.typos else "query")
    return spec.kind or suite


def _misfit(spec: Spec, questions: Sequence[str], bank: Bank) -> str:
    """Return why the bank cannot serve a case, or ""."""
    unknown = [question for question in questions if question not in bank]
    if unknown:
        return f"the bank has no question '{unknown[0]}'"
    if isinstance(spec, FloorCase) and not fillable(spec.answer, bank.get(questions[0]), bank):
        return "the bank has no answer to a question of another topic"
    if not isinstance(spec, GradingCase):
        return ""
    question = bank.get(spec.question)
    points, known = set(spec.points), {p.id for p in question.points}
    if points != known:
        return f"its points are not those of the bank: {', '.join(sorted(points ^ known))}"
    strange = set(spec.misconceptions) - {m.id for m in question.misconceptions}
    return f"the bank has no misconception '{min(strange)}'" if strange else ""


def _label(spec: Spec) -> str:
    """Return a short hash of all that a case says; runs with different labels cannot be compared."""
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()[:12]


def _wanted(case: Case, choice: Choice) -> bool:
    return (
        (not choice.questions or case.question in choice.questions)
        and (not choice.topics or case.topic in choice.topics)
        and (not choice.kinds or case.kind in choice.kinds)
    )
