"""The nouns of the project and the events of an interview.

Everything here is an immutable value that can be written to JSON and read back. Nothing here does I/O or decides anything.
Words: *question, point, misconception, probe, follow-up, answer, verdict, assessment, score (0-10), bank, session*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator

from mockinterview.errors import UsageError, nearest_hint

Level = Literal["foundation", "intermediate", "advanced"]
Kind = Literal["core", "bonus"]
Verdict = Literal["hit", "partial", "miss", "contradicted"]
Mode = Literal["practice", "exam"]
Format = Literal["phone", "onsite"]
Flag = Literal["empty", "gibberish", "off_topic", "question_echo", "injection", "dont_know", "keyword_list", "other_language"]
Origin = Literal["misconception", "probe", "documented", "implied", "exercise", "deepen", "redirect", "example"]
Intent = Literal["answer", "dont_know", "hint", "clarify", "skip", "back", "small_talk", "thinking", "end"]

ARITHMETIC = "arithmetic"  # who marks what nobody has to judge: an exercise, and an "I don't know"
NO_CONTENT: frozenset[Flag] = frozenset({"empty", "gibberish", "off_topic", "question_echo", "injection"})
LEVELS: tuple[Level, ...] = ("foundation", "intermediate", "advanced")
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
WHEN = r"^(always|(hit|miss|misconception):[a-z0-9]+(-[a-z0-9]+)*)$"


class Value(BaseModel):
    """An immutable value; unknown fields are refused so that a typo in a bank file is found."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# --- the bank -------------------------------------------------------------------------------------------------------


class Source(Value):
    """A numbered question of a source document; `ordinal` tells repeats of one number apart (002#28 is there three times)."""

    doc: str
    number: int
    ordinal: int | None = None

    @property
    def label(self) -> str:
        """The number as `corpus coverage` prints it: "43", or "28.2" where the document repeats it."""
        return f"{self.number}.{self.ordinal}" if self.ordinal else str(self.number)


class Point(Value):
    """One reference point: a single true sentence that a good answer states, how people state it, and how they get it wrong."""

    id: str = Field(pattern=SLUG)
    claim: str = Field(min_length=1)
    kind: Kind = "core"
    weight: int = Field(default=1, ge=1, le=3)
    says: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    probe: str = ""
    hint: str = ""


class Misconception(Value):
    """A false belief that candidates really hold; stating it costs `weight`."""

    id: str = Field(pattern=SLUG)
    weight: int = Field(default=1, ge=1, le=3)
    belief: str = Field(min_length=1)
    says: tuple[str, ...] = ()
    correction: str = ""
    probe: str = ""

    @property
    def right(self) -> str:
        """What is right instead; where the bank does not say, that the belief is wrong."""
        return self.correction or f"Not so: {self.belief}"


class FollowUp(Value):
    """An edge to another question of the bank. `when` names the condition under which it is due."""

    to: str = Field(pattern=SLUG)
    when: str = Field(default="always", pattern=WHEN)
    origin: Literal["documented", "implied"] = "implied"
    source: Source | None = None
    bridge: str = ""


class Mistake(Value):
    """A typical wrong result of an exercise: an arithmetic expression and the misconception that it betrays."""

    value: str
    means: str


class Exercise(Value):
    """A numeric variant of a question: drawn numbers, and the answer as an arithmetic expression over them."""

    ask: str
    draw: dict[str, list[float | int]]
    answer: str
    where: tuple[str, ...] = ()
    tolerance: float = Field(default=0.0, ge=0.0, le=0.2)
    unit: str = ""
    mistakes: tuple[Mistake, ...] = ()


class Question(Value):
    """A question of the bank with all that is needed to ask it, to follow up and to grade the answer."""

    id: str = Field(pattern=SLUG)
    topic: str = Field(pattern=SLUG)
    level: Level
    ask: str = Field(min_length=1)
    variants: tuple[str, ...] = ()
    clarify: str = ""
    sources: tuple[Source, ...] = ()
    points: tuple[Point, ...] = Field(min_length=1)
    misconceptions: tuple[Misconception, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    exercise: Exercise | None = None
    formulas: str = ""
    model_answer: str = ""
    corrects: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _references_resolve(self) -> Question:
        points = [p.id for p in self.points]
        wrong = [m.id for m in self.misconceptions]
        for ids, what in ((points, "point"), (wrong, "misconception")):
            double = {i for i in ids if ids.count(i) > 1}
            if double:
                raise ValueError(f"{what} id {min(double)!r} is used twice")
        if not any(p.kind == "core" for p in self.points):
            raise ValueError("at least one point must be of kind 'core'")
        for follow_up in self.follow_ups:
            _check_condition(follow_up.when, points, wrong)
        for mistake in self.exercise.mistakes if self.exercise else ():
            if mistake.means not in wrong:
                raise ValueError(f"exercise mistake names the unknown misconception {mistake.means!r}")
        return self

    @property
    def core(self) -> tuple[Point, ...]:
        """The core points, in the order of the file."""
        return tuple(p for p in self.points if p.kind == "core")

    def point(self, point_id: str) -> Point:
        """Return the point with this id; raise KeyError where there is none."""
        return {p.id: p for p in self.points}[point_id]

    def heard_as(self, asked: str, variants: tuple[str, ...] = ()) -> Question:
        """Return the question as it is heard when something else was asked about it last; its own words stay among the variants."""
        return self.model_copy(update={"ask": asked, "variants": (*variants, self.ask, *self.variants)})

    def misconception(self, misconception_id: str) -> Misconception:
        """Return the misconception with this id; raise KeyError where there is none."""
        return {m.id: m for m in self.misconceptions}[misconception_id]


def _check_condition(when: str, points: Sequence[str], misconceptions: Sequence[str]) -> None:
    what, _, target = when.partition(":")
    if target and target not in (misconceptions if what == "misconception" else points):
        raise ValueError(f"follow-up condition {when!r} names nothing in this question")


class Bank:
    """All questions, by id, in the order of topic and id. Read-only."""

    def __init__(self, questions: Sequence[Question], fingerprint: str = "") -> None:
        self._by_id: Mapping[str, Question] = {q.id: q for q in questions}
        self.fingerprint = fingerprint

    def __len__(self) -> int:
        """Return the number of questions."""
        return len(self._by_id)

    def __iter__(self) -> Iterator[Question]:
        """Iterate over the questions."""
        return iter(self._by_id.values())

    def __contains__(self, question_id: object) -> bool:
        """Tell whether there is a question with this id."""
        return question_id in self._by_id

    def get(self, question_id: str) -> Question:
        """Return the question with this id; raise UsageError, naming the nearest id, where there is none."""
        try:
            return self._by_id[question_id]
        except KeyError:
            hint = nearest_hint(question_id, self._by_id, "`mockinterview corpus list` shows them all.")
            raise UsageError(f"There is no question '{question_id}'.", hint) from None

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that have questions, in order of first appearance."""
        return tuple(dict.fromkeys(q.topic for q in self))

    def check_topic(self, topic: str) -> str:
        """Return `topic` where the bank has it; raise UsageError with the nearest one where not."""
        if topic not in self.topics:
            hint = nearest_hint(topic, self.topics, f"Topics: {', '.join(self.topics)}.")
            raise UsageError(f"There is no topic '{topic}'.", hint)
        return topic


# --- grading --------------------------------------------------------------------------------------------------------


class PointVerdict(Value):
    """The verdict on one point. `evidence` is a verbatim piece of the answer; a hit or a partial without one cannot exist."""

    id: str
    verdict: Verdict
    evidence: str = ""
    probability: float | None = None

    @field_validator("probability")
    @classmethod
    def _within_bounds(cls, value: float | None) -> float | None:
        if value is not None and not 0.0 <= value <= 1.0:
            raise ValueError("a probability lies between 0 and 1")
        return value

    @model_validator(mode="after")
    def _credit_needs_evidence(self) -> PointVerdict:
        if self.verdict in ("hit", "partial") and not self.evidence.strip():
            raise ValueError(f"point {self.id!r} is a {self.verdict} without a quote")
        return self


class StatedMisconception(Value):
    """A misconception that the answer states, with the words that state it."""

    id: str
    evidence: str


class Assessment(Value):
    """All verdicts on one answer to one question. `score` is None where the answer could not be graded (never zero)."""

    question: str
    score: float | None
    points: tuple[PointVerdict, ...]
    misconceptions: tuple[StatedMisconception, ...] = ()
    flags: tuple[Flag, ...] = ()
    graded_by: str
    note: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether what was said is no answer at all: nothing, not language, about something else, the question said back."""
        return bool(NO_CONTENT.intersection(self.flags)) and not self.score

    @property
    def judged(self) -> bool:
        """Whether somebody looked at what was said. Nobody has to for an "I don't know"; graders find one in answers, too."""
        return not ("dont_know" in self.flags and self.graded_by == ARITHMETIC)

    def verdict(self, point_id: str) -> Verdict:
        """Return the verdict on a point; a point that was not looked at is a miss."""
        return next((p.verdict for p in self.points if p.id == point_id), "miss")

    def as_line(self, answer_id: str | None = None) -> dict[str, Any]:
        """Return the dictionary that `grade --json` and `grade --batch` print (design, section 6)."""
        return {
            "id": answer_id,
            "question": self.question,
            "score": self.score,
            "points": [{"id": p.id, "verdict": p.verdict, "evidence": p.evidence} for p in self.points],
            "misconceptions": [m.id for m in self.misconceptions],
            "flags": list(self.flags),
            "graded_by": self.graded_by,
        }


# --- backends -------------------------------------------------------------------------------------------------------


class BackendSettings(Value):
    """A model behind an OpenAI-compatible address, or a GGUF file. `key_env` names the variable that holds its key.

    A key is only ever sent to the `base_url` that stands in the same table. Prices are per million tokens.
    """

    name: str
    base_url: str = ""
    model: str = ""
    key_env: str = ""
    gguf: str = ""
    context_window: int | None = Field(default=None, ge=512)
    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=60.0, gt=0)
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    prompt_price: float = Field(default=0.0, ge=0)
    completion_price: float = Field(default=0.0, ge=0)


# --- the interview --------------------------------------------------------------------------------------------------


class Plan(Value):
    """What was agreed on before the interview. `questions` is the order in which they will be asked, chosen by `seed`."""

    topics: tuple[str, ...] = ()
    about: str = ""
    level: Level | None = None
    count: int = Field(default=5, ge=1)
    minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    mode: Mode = "practice"
    format: Format = "phone"
    questions: tuple[str, ...] = ()
    because: dict[str, str] = Field(default_factory=dict)  # question -> the phrase of a job description that calls for it
    max_follow_ups: int = Field(default=3, ge=0, le=3)
    seed: int = 0
    backend: str = "embedded"
    model: str = ""
    judge: str = ""


class Move(Value):
    """One thing that the interviewer may do next: a follow-up of some origin and what it aims at (never shown)."""

    origin: Origin
    question_id: str
    target: str = ""
    to: str = ""
    text: str = ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class EventBase(Value):
    """A fact of an interview; `at` is the moment in UTC, ISO 8601."""

    at: str = Field(default_factory=_now)


class InterviewStarted(EventBase):
    """The first event of every session."""

    kind: Literal["interview_started"] = "interview_started"
    session_id: str
    plan: Plan
    bank: str = ""
    version: str = ""


class QuestionAsked(EventBase):
    """A main question was put; `number` of `total`, counted from 1."""

    kind: Literal["question_asked"] = "question_asked"
    question_id: str
    number: int
    total: int
    text: str


class AnswerGiven(EventBase):
    """The candidate said something, stored before anything is done with it. `whiteboard` holds formulas written beside it."""

    kind: Literal["answer_given"] = "answer_given"
    question_id: str
    text: str
    whiteboard: str = ""

    @property
    def said(self) -> str:
        """All of it, as one text."""
        return "\n".join(part for part in (self.text, self.whiteboard) if part)


class ReplyUnderstood(EventBase):
    """What was said is not an answer but something else: a request, "I don't know", small talk."""

    kind: Literal["reply_understood"] = "reply_understood"
    question_id: str
    intent: Intent


class AnswerGraded(EventBase):
    """Verdicts on the last answer alone. `after` tells what had drawn it out, which decides the credit."""

    kind: Literal["answer_graded"] = "answer_graded"
    question_id: str
    assessment: Assessment
    after: Literal["question", "probe"] = "question"


class FollowUpAsked(EventBase):
    """A follow-up was put. A documented or implied one leads to the question `to` and is graded by that question's points."""

    kind: Literal["follow_up_asked"] = "follow_up_asked"
    question_id: str
    origin: Origin
    target: str = ""
    to: str = ""
    text: str
    expected: float | None = None
    numbers: dict[str, float] = Field(default_factory=dict)


class HintGiven(EventBase):
    """A hint at one point; points first earned after it count half."""

    kind: Literal["hint_given"] = "hint_given"
    question_id: str
    target: str
    text: str


class RemarkMade(EventBase):
    """Something the interviewer said that asks nothing new: a clarification, a reaction, an answer to a request."""

    kind: Literal["remark_made"] = "remark_made"
    question_id: str = ""
    about: Literal["clarify", "small_talk", "reaction", "hint", "back", "end"] = "reaction"
    text: str


class PointDisputed(EventBase):
    """The candidate marks a point differently from the grader. It is labelled `self` and never enters the figures."""

    kind: Literal["point_disputed"] = "point_disputed"
    question_id: str
    point_id: str
    verdict: Verdict
    reason: str = ""


class QuestionClosed(EventBase):
    """A question is done. Scores are 0-10, or None where nothing could be graded."""

    kind: Literal["question_closed"] = "question_closed"
    question_id: str
    reason: Literal["done", "skipped", "not_shown", "dont_know", "time", "ended"]
    at_once: float | None
    after_follow_up: float | None


class QuestionReopened(EventBase):
    """A main question that was skipped or left open is taken up again; its marks so far stay."""

    kind: Literal["question_reopened"] = "question_reopened"
    question_id: str
    text: str


class QuestionReport(Value):
    """How one question went."""

    question_id: str
    topic: str
    ask: str
    reason: str
    at_once: float | None
    after_follow_up: float | None
    follow_up_of: str = ""
    graded_by: tuple[str, ...] = ()
    hit: tuple[str, ...] = ()
    hit_late: tuple[str, ...] = ()
    after_hint: tuple[str, ...] = ()  # of all that were hit
    partial: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()  # those of the misconceptions that the candidate took back
    disputed: tuple[str, ...] = ()
    credits: dict[str, float] = Field(default_factory=dict)  # 0-1 per point, and of the exercise


class Report(Value):
    """The result of an interview: averages over graded questions only, next actions first."""

    session_id: str
    next_actions: tuple[str, ...]
    at_once: float | None
    after_follow_up: float | None
    asked: int
    graded: int
    ungraded: int
    by_topic: dict[str, float]
    strengths: tuple[str, ...] = ()
    questions: tuple[QuestionReport, ...] = ()
    graded_by: tuple[str, ...] = ()
    complete: bool = True


class InterviewFinished(EventBase):
    """The last event of a session, with its report."""

    kind: Literal["interview_finished"] = "interview_finished"
    reason: Literal["done", "time", "ended"]
    text: str = ""  # the last words of the interviewer
    report: Report


Event = Annotated[
    InterviewStarted
    | QuestionAsked
    | AnswerGiven
    | ReplyUnderstood
    | AnswerGraded
    | FollowUpAsked
    | HintGiven
    | RemarkMade
    | PointDisputed
    | QuestionClosed
    | QuestionReopened
    | InterviewFinished,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event, config=ConfigDict(defer_build=True))
