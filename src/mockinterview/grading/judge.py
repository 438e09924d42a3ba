"""A language model as grader. It gives verdicts and quotes; whether a quote counts and what the score is, is decided here.

The form of an answer is looked at first: where there is nothing to judge (empty, gibberish, an echo of the question) the embedded
grader's mark stands; and where the model fails its mark takes the place, labelled as what it is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, get_args

from mockinterview.budget import halves
from mockinterview.errors import BackendError, PromptTooLongError
from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.grading.quotes import bears_on, find_quote
from mockinterview.grading.score import CREDIT, question_score
from mockinterview.models import Assessment, Flag, PointVerdict, Question, StatedMisconception, Verdict
from mockinterview.ports import ChatModel, Grader, Message, Passage, Retriever, Usage
from mockinterview.prompts import Prompt, Prompts, fenced, harmless

NOTHING_TO_JUDGE: Final = frozenset({"empty", "gibberish", "question_echo"})
KEPT_FLAGS: Final[frozenset[Flag]] = frozenset({"injection", "keyword_list"})
ENOUGH_SAYS: Final = 3  # ways of saying a point that make it likely that an honest quote shares a word with one of them
SAYS_SHOWN: Final = 3  # ways of saying a point that the model sees; more of them cost more than they help
PASSAGES: Final = 2
PASSAGE_LENGTH: Final = 300  # characters
REPLY_TOKENS: Final = (120, 80)  # for the frame, and for each point or misconception with its quote
VOTE_TEMPERATURE: Final = 0.6  # of all votes but the first: at 0 they would only repeat it
MOST_PARTS: Final = 16  # a longer answer is left to the embedded grader
_RANK: Final[Mapping[Verdict, int]] = {"miss": 0, "contradicted": 1, "partial": 2, "hit": 3}

Marks = dict[str, tuple[Verdict, str]]
Look = Callable[[Question, str], tuple[Flag, ...]]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one reply of the model says: verdict and found quote per point, stated misconceptions with quotes, quotes not found."""

    points: Marks
    misconceptions: dict[str, str]
    unfounded: int = 0


class ModelGrader:
    """Implements `ports.Grader` with a model; `fallback` marks what the model cannot, `look` returns the flags of an answer's form.

    `retriever` brings passages of other questions as background; `votes` (1, 3 or 5) is how often the model judges an answer.
    """

    def __init__(
        self,
        model: ChatModel,
        prompts: Prompts,
        fallback: Grader,
        look: Look,
        *,
        retriever: Retriever | None = None,
        votes: int = 1,
        fence: Callable[[str], str] = fenced,
    ) -> None:
        self.model = model
        self.fallback = fallback
        self._look = look
        self._prompt: Prompt = prompts.get("judge")
        self._retriever = retriever
        self._votes = votes
        self._fence = fence

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the model's verdicts as far as quotes prove them, or the embedded grader's, labelled as such, where it fails."""
        flags = self._look(question, answer)
        if NOTHING_TO_JUDGE.intersection(flags) or not answer.strip():
            return await self.fallback.grade(question, answer)
        try:
            opinions = await self._opinions(question, answer)
        except BackendError as error:
            embedded = await self.fallback.grade(question, answer)
            note = f"{self.name} did not grade this answer, the embedded grader did: {error.message} {error.hint}".strip()
            return embedded.model_copy(update={"note": _joined(note, embedded.note)})
        if "injection" in flags:
            opinions = [self._without_begging(question, opinion) for opinion in opinions]
        mark = self._assessment(question, opinions, tuple(flag for flag in flags if flag in KEPT_FLAGS))
        return mark if mark.score else mark.model_copy(update={"flags": (await self.fallback.grade(question, answer)).flags})

    def _without_begging(self, question: Question, opinion: Opinion) -> Opinion:
        """Return the opinion without the points whose evidence is an instruction to the judge."""
        begged = {point for point, (_, quote) in opinion.points.items() if "injection" in self._look(question, quote)}
        points: Marks = {**opinion.points, **dict.fromkeys(begged, ("miss", ""))}
        return Opinion(points, opinion.misconceptions, opinion.unfounded + len(begged))

    async def _opinions(self, question: Question, answer: str) -> list[Opinion]:
        """Return one opinion per vote that came; raise BackendError where none did."""
        first = await self._judged(question, answer, None)
        if self._votes == 1:
            return [first]
        more = [self._judged(question, answer, VOTE_TEMPERATURE) for _ in range(self._votes - 1)]
        votes = await asyncio.gather(*more, return_exceptions=True)
        for vote in votes:
            if isinstance(vote, BaseException) and not isinstance(vote, BackendError):
                raise vote
        return [first, *(vote for vote in votes if isinstance(vote, Opinion))]

    async def _judged(self, question: Question, answer: str, temperature: float | None, parts: int = MOST_PARTS) -> Opinion:
        """Return the opinion on an answer; one that is too long for the window is judged in parts, never cut."""
        messages = self._messages(question, answer)
        limit = REPLY_TOKENS[0] + REPLY_TOKENS[1] * (len(question.points) + len(question.misconceptions))
        try:
            return await self.model.complete_json(
                messages, schema_for(question), lambda data: read_opinion(data, question, answer),
                max_tokens=limit, temperature=temperature,
            )  # fmt: skip
        except PromptTooLongError:
            left, right = halves(answer)
            if parts == 1 or not right.strip() or not left.strip():
                raise
        opinions = [await self._judged(question, part, temperature, parts // 2) for part in (left, right)]
        return _united(opinions)

    def _messages(self, question: Question, answer: str) -> list[Message]:
        return self._prompt.messages(
            ask=harmless(question.ask),
            points=[
                {"id": p.id, "claim": harmless(p.claim), "says": [harmless(s) for s in p.says[:SAYS_SHOWN]]}
                for p in question.points
            ],
            misconceptions=[
                {"id": m.id, "belief": harmless(m.belief), "correction": harmless(m.correction)} for m in question.misconceptions
            ],
            passages=[harmless(passage.text[:PASSAGE_LENGTH]) for passage in self._passages(question, answer)],
            answer=self._fence(answer),
        )

    def _passages(self, question: Question, answer: str) -> list[Passage]:
        if self._retriever is None:
            return []
        found = self._retriever.search(answer[:PASSAGE_LENGTH], k=3 * PASSAGES, kinds=("point",))
        return [passage for passage in found if passage.question_id != question.id][:PASSAGES]

    def _assessment(self, question: Question, opinions: Sequence[Opinion], flags: tuple[Flag, ...]) -> Assessment:
        points = tuple(_elected(point.id, opinions) for point in question.points)
        stated = tuple(
            StatedMisconception(id=m.id, evidence=evidence)
            for m in question.misconceptions
            if (evidence := _majority_evidence(m.id, opinions))
        )
        score = question_score(question, {p.id: CREDIT[p.verdict] for p in points}, [m.id for m in stated])
        return Assessment(
            question=question.id, score=score, points=points, misconceptions=stated, flags=flags, graded_by=self.name,
            note=_joined(self._note(opinions), *self.model.notices),
        )  # fmt: skip

    def _note(self, opinions: Sequence[Opinion]) -> str:
        unfounded = max(opinion.unfounded for opinion in opinions)
        missing = self._votes - len(opinions)
        return _joined(
            f"{unfounded} verdict(s) did not count: their quotes do not occur in the answer, or have nothing to do with the point."
            if unfounded
            else "",
            f"{missing} of {self._votes} votes did not come." if missing else "",
        )


def schema_for(question: Question) -> dict[str, Any]:
    """Return the JSON Schema of a reply: an object with every point by its id, so that none can be left out or invented."""
    verdicts = {"type": "string", "enum": list(get_args(Verdict))}
    point = _object({"quote": {"type": "string"}, "verdict": verdicts})
    stated = _object({"quote": {"type": "string"}})
    parts = {"points": _object({p.id: point for p in question.points})}
    if question.misconceptions:
        parts["misconceptions"] = _object({m.id: stated for m in question.misconceptions})
    return _object(parts)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def read_opinion(data: Mapping[str, Any], question: Question, answer: str) -> Opinion:
    """Return what a reply says about an answer; raise ValueError, naming the points, where a verdict is missing or unknown.

    Verdicts for points that were not asked for are dropped; one without a quote that counts becomes a miss.
    """
    given = _by_id(data.get("points"))
    wrong = [p.id for p in question.points if given.get(p.id, {}).get("verdict") not in get_args(Verdict)]
    if wrong:
        raise ValueError(f"there is no valid verdict (hit, partial, miss or contradicted) for: {', '.join(wrong)}")
    marks, unfounded, asked = Marks(), 0, "\n".join((question.ask, *question.variants))
    for point in question.points:
        verdict, quote = given[point.id]["verdict"], given[point.id].get("quote")
        evidence = find_quote(quote, answer, asked) if isinstance(quote, str) else ""
        if len(point.says) >= ENOUGH_SAYS and not bears_on(evidence, (point.claim, *point.says)):
            evidence = ""
        unfounded += verdict != "miss" and not evidence
        marks[point.id] = (verdict, evidence if verdict != "miss" else "") if evidence else ("miss", "")
    said = {key: str(value.get("quote") or "") for key, value in _by_id(data.get("misconceptions")).items()}
    found = {m.id: evidence for m in question.misconceptions if (evidence := find_quote(said.get(m.id, ""), answer, asked))}
    return Opinion(marks, found, unfounded)


def _by_id(part: Any) -> dict[str, dict[str, Any]]:
    """Return the entries of a part by id, whether the model sent an object by id or a list of objects with ids."""
    if isinstance(part, list):
        part = {str(item.get("id")): item for item in part if isinstance(item, dict)}
    entries = part.items() if isinstance(part, dict) else ()
    return {str(key): _entry(value) for key, value in entries if isinstance(value, dict | str)}


def _entry(value: dict[str, Any] | str) -> dict[str, Any]:
    return {"quote": value} if isinstance(value, str) else value


def _united(opinions: Sequence[Opinion]) -> Opinion:
    """Return the opinion on a whole answer from those on its parts: what one part shows is shown."""
    points = {
        point: max((opinion.points[point] for opinion in opinions), key=lambda mark: _RANK[mark[0]]) for point in opinions[0].points
    }
    stated: dict[str, str] = {}
    for opinion in opinions:
        stated = {**opinion.misconceptions, **stated}
    return Opinion(points, stated, sum(opinion.unfounded for opinion in opinions))


def _elected(point_id: str, opinions: Sequence[Opinion]) -> PointVerdict:
    """Return the verdict that most votes give (of verdicts with equally many votes, the lower one), and the share of hits."""
    marks = [opinion.points[point_id] for opinion in opinions]
    counts = Counter(verdict for verdict, _ in marks)
    winner = min(counts, key=lambda verdict: (-counts[verdict], _RANK[verdict]))
    evidence = next(quote for verdict, quote in marks if verdict == winner)
    probability = counts["hit"] / len(opinions) if len(opinions) > 1 else None
    return PointVerdict(id=point_id, verdict=winner, evidence=evidence, probability=probability)


def _majority_evidence(misconception_id: str, opinions: Sequence[Opinion]) -> str:
    found = [quote for opinion in opinions if (quote := opinion.misconceptions.get(misconception_id))]
    return found[0] if 2 * len(found) > len(opinions) else ""


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def form_of(grader: EmbeddedGrader) -> Look:
    """Return the embedded grader's look at the form of an answer alone, a tenth of the work of grading it."""
    return grader.form


@dataclass(frozen=True, slots=True)
class Trial:
    """One real graded answer as a test of a backend: seconds, tokens, and by whom it was graded in the end."""

    seconds: float
    usage: Usage
    assessment: Assessment
    works: bool  # whether the model itself gave the verdicts, in a form that could be read


async def try_out(grader: ModelGrader, question: Question) -> Trial:
    """Grade the model answer of a question for real and return how that went; never raises for a failing backend."""
    before, started = grader.model.usage, perf_counter()
    assessment = await grader.grade(question, question.model_answer or question.points[0].claim)
    after = grader.model.usage
    used = Usage(
        after.prompt_tokens - before.prompt_tokens, after.completion_tokens - before.completion_tokens,
        after.requests - before.requests, after.cost - before.cost,
    )  # fmt: skip
    return Trial(perf_counter() - started, used, assessment, works=assessment.graded_by == grader.name)
