"""The embedded grader: verdicts on an answer without any language model, in milliseconds.

Clauses of the answer are matched with the points and misconceptions of the question (`matching`); a gate decides what may count as
evidence at all (`gate`); a small cross-encoder reads the rest (`combiner`); the score is arithmetic over the verdicts (`score`).
"""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mockinterview.errors import EncoderError
from mockinterview.grading import calibration as cal
from mockinterview.grading.combiner import CLASSES, DENIED, SENTENCES, Combiner, of_sentences
from mockinterview.grading.gate import Findings, Gate
from mockinterview.grading.languages import other_language
from mockinterview.grading.matching import Match, match
from mockinterview.grading.prepared import Prepared, Vocabulary
from mockinterview.grading.reading import Clause, clauses
from mockinterview.grading.score import CREDIT, question_score
from mockinterview.grading.subjects import Subjects
from mockinterview.grading.windows import windows
from mockinterview.models import Assessment, Flag, PointVerdict, Question, StatedMisconception

NAME: Final = "embedded"
BY_READING: Final = "the claim, read by the cross-encoder"
A_DENIAL: Final = "a denial: "
WORDS_ALONE: Final = "embedded, words alone"  # without the neural layer


@dataclass(frozen=True, slots=True)
class TargetExplanation:
    """Why a point or a misconception was judged as it was."""

    kind: str
    id: str
    verdict: str  # of a misconception: "stated" or "not stated"
    hit: float
    contradicted: float
    clause: str
    reference: str
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that led to an assessment: flags, and per target the clause, the reference it was compared with, and the features."""

    question: str
    flags: tuple[str, ...]
    targets: tuple[TargetExplanation, ...]

    def lines(self) -> list[str]:
        """Return the explanation as lines of plain text."""
        lines = [f"flags: {', '.join(self.flags) or 'none'}"]
        for t in self.targets:
            lines.append(f"{t.kind} {t.id}: {t.verdict} (stated {t.hit:.2f}, contradicted {t.contradicted:.2f})")
            if t.clause:
                lines += [f"    said:     {t.clause}", f"    compared: {t.reference or 'formula'}"]
                lines.append("    because:  " + ", ".join(f"{name} {value:.2f}" for name, value in t.features.items() if value))
        return lines


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate found, the match of every target, the language where it is not English, and which layers were at work."""

    findings: Findings
    matches: tuple[Match, ...]
    language: str = ""
    by: str = WORDS_ALONE


class EmbeddedGrader:
    """Grades without any model. Thread-safe; the questions of the `bank` are prepared on first use and kept.

    They tell a misspelt word from an unknown one, and an answer to another question from one to this.
    """

    def __init__(self, bank: Iterable[Question] = (), combiner: Combiner | None = None) -> None:
        self._ready = _Ready(bank)
        self.combiner = combiner

    def with_reader(self, combiner: Combiner) -> EmbeddedGrader:
        """Return this grader with a cross-encoder beside the words; what one prepares, both have."""
        other = copy.copy(self)
        other.combiner = combiner
        return other

    @property
    def name(self) -> str:
        """The label of the marks."""
        return NAME if self.combiner else WORDS_ALONE

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the verdicts on `answer`, as `assess` does; what takes longer than a moment runs in a thread."""
        return await asyncio.to_thread(self.assess, question, answer) if self.combiner else self.assess(question, answer)

    def assess(self, question: Question, answer: str) -> Assessment:
        """Return a verdict per point, each hit or partial with a verbatim quote, the misconceptions stated, and flags."""
        judged = self._judge(question, answer)
        verdicts = [_point_verdict(m, answer) for m in judged.matches if m.target.kind == "point"]
        stated = [_stated(m, answer) for m in judged.matches if m.target.kind == "misconception" and m.verdict == "hit"]
        flags = _flags(judged)
        score = question_score(question, {v.id: CREDIT[v.verdict] for v in verdicts}, [s.id for s in stated])
        if judged.language and not _decided_by_formulas(question, verdicts):
            return self._ungraded(question, verdicts, judged.language)
        return Assessment(
            question=question.id,
            score=score,
            points=tuple(verdicts),
            misconceptions=tuple(stated),
            flags=flags,
            graded_by=judged.by,
        )

    def form(self, question: Question, answer: str) -> tuple[Flag, ...]:
        """Return the flags that the form of an answer alone deserves, a tenth of the work of grading it."""
        prepared, gate = self.prepare(question)
        found = clauses(answer)
        return gate.inspect(answer, found, [prepared.read_answer(clause.text) for clause in found]).flags

    def explain(self, question: Question, answer: str) -> Explanation:
        """Return what led to the assessment of an answer: probabilities, features and the clause, per point and misconception."""
        judged = self._judge(question, answer)
        targets = tuple(_explained(m, answer, judged.matches) for m in judged.matches)
        return Explanation(question.id, _flags(judged), targets)

    def prepare(self, question: Question) -> tuple[Prepared, Gate]:
        """Return the question ready for matching."""
        return self._ready.of(question)

    def _judge(self, question: Question, answer: str) -> Judged:
        judged, by = self._read(question, answer)
        prepared, _ = self.prepare(question)
        points = [one for one in judged.matches if one.target.kind == "point" and one.verdict == "hit"]
        for one in judged.matches:
            if one.target.kind == "misconception" and one.verdict == "hit":
                corrected = _states_points(one, points) or _is_corrected(prepared, one, answer)
                one.verdict = "miss" if corrected else "hit"
        return dataclasses.replace(judged, by=by)

    def _read(self, question: Question, answer: str) -> tuple[Judged, str]:
        """Return what the layers say together, and the label of those that were at work."""
        judged, stating = judged_by_words(self.prepare(question), answer)
        if self.combiner and stating:
            try:
                self.combiner.decide(question.ask, judged.matches, stating, judged.findings.own)
            except EncoderError:  # the words' verdicts are whole again only if they are found anew
                return judged_by_words(self.prepare(question), answer)[0], WORDS_ALONE
        return judged, self.name

    def _ungraded(self, question: Question, verdicts: Sequence[PointVerdict], language: str) -> Assessment:
        note = f"This answer seems to be in {language}, which this grader cannot judge; it is not graded."
        return Assessment(
            question=question.id, score=None, points=tuple(verdicts), flags=("other_language",), graded_by=self.name, note=note
        )


class _Ready:
    """Questions ready for matching: those of the bank are prepared on first use and kept, of others the last one."""

    def __init__(self, bank: Iterable[Question]) -> None:
        self._bank = {question.id: question for question in bank}
        self._kept: dict[str, tuple[Prepared, Gate]] = {}
        self._last: tuple[Prepared, Gate] | None = None

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self._bank.values())

    @cached_property
    def _subjects(self) -> Subjects:
        return Subjects(self._bank.values())

    def of(self, question: Question) -> tuple[Prepared, Gate]:
        """Return a question ready for matching. One of the bank as a follow-up words it does not take the place of its own."""
        own = _same(question, self._bank.get(question.id))
        known = self._kept.get(question.id) if own else self._last
        if known is None or not _same(question, known[0].question):
            prepared = Prepared(question, self._vocabulary)
            known = prepared, Gate(prepared, self._subjects)
            if own:
                self._kept[question.id] = known
            else:
                self._last = known
        return known


def _same(question: Question, other: Question | None) -> bool:
    return question is other or question == other


def judged_by_words(ready: tuple[Prepared, Gate], answer: str) -> tuple[Judged, list[Clause]]:
    """Return what the gate and the words say, and the clauses that the cross-encoder may read.

    None of another language, and no sentence of chatter where others resemble what is asked: what stands around it moves a reading.
    """
    prepared, gate = ready
    found = clauses(answer)
    language = other_language(answer)
    readings = [prepared.read_answer(clause.text) for clause in found]
    seen = gate.inspect(answer, found, readings)
    kept = [i for i in range(len(found)) if i not in seen.barred]
    clauses_kept = [(found[i].start, found[i].end, readings[i], found[i].sentence) for i in kept]
    gaps = frozenset(at for at, (i, following) in enumerate(itertools.pairwise(kept)) if following > i + 1)
    matches, telling = match(prepared, windows(prepared, clauses_kept, gaps), {at for at, i in enumerate(kept) if i in seen.bare})
    if language:
        matches = [m if m.features.formula == 1.0 else Match(m.target) for m in matches]
    stating = [] if language else [found[i] for i in kept if i not in seen.bare]
    told = {found[kept[at]].sentence for at in telling}
    stating = [clause for clause in stating if clause.sentence in told] or stating
    return Judged(seen, tuple(matches), language), stating


def _states_points(belief: Match, points: Iterable[Match]) -> bool:
    """Tell whether most of the words that seem to state a belief state points instead, and are further above what that takes.

    A belief that swaps two names has the words of the truth: "same keeps the size, valid shrinks it".
    """
    start, end = _place(belief)
    surer = (_place(point) for point in points if point.sure > belief.sure)
    covered = {at for first, last in surer for at in range(max(first, start), min(last, end))}
    return len(covered) > cal.COVERED * (end - start)


def _is_corrected(prepared: Prepared, one: Match, answer: str) -> bool:
    """Tell whether the sentence that seems to state a belief says its correction instead."""
    start, end = _place(one)
    found = clauses(answer)
    sentences = {clause.sentence for clause in found if clause.start < end and clause.end > start}
    said = {c for clause in found if clause.sentence in sentences for c in prepared.read_answer(clause.text).signs}
    return prepared.corrects(said, one.target)


def _place(one: Match) -> tuple[int, int]:
    return one.span or ((one.window.start, one.window.end) if one.window else (0, 0))


def _quote(one: Match, answer: str) -> str:
    start, end = _place(one)
    return answer[start:end]


def _point_verdict(one: Match, answer: str) -> PointVerdict:
    evidence = "" if one.verdict == "miss" else _quote(one, answer)
    return PointVerdict(id=one.target.id, verdict=one.verdict, evidence=evidence, probability=round(one.hit, 3))


def _stated(one: Match, answer: str) -> StatedMisconception:
    return StatedMisconception(id=one.target.id, evidence=_quote(one, answer))


def _flags(judged: Judged) -> tuple[Flag, ...]:
    if judged.language:
        return ("other_language",)
    flags = judged.findings.flags
    stated = any(m.verdict in ("hit", "partial") for m in judged.matches)
    if stated:
        flags = tuple(f for f in flags if f not in ("dont_know", "keyword_list"))
    blocking = any(f in flags for f in ("off_topic", "empty", "gibberish", "question_echo", "dont_know", "keyword_list"))
    if not blocking and not any(m.topic >= cal.UNRELATED for m in judged.matches):
        flags = (*flags, "off_topic")
    return flags


def _decided_by_formulas(question: Question, verdicts: Sequence[PointVerdict]) -> bool:
    core = {point.id for point in question.core}
    return all(v.verdict == "hit" for v in verdicts if v.id in core)


def _explained(one: Match, answer: str, found: Sequence[Match]) -> TargetExplanation:
    point = one.target.kind == "point"
    verdict: str = one.verdict if point else "stated" if one.verdict == "hit" else "not stated"
    features = {f.name: round(getattr(one.features, f.name), 3) for f in dataclasses.fields(one.features)}
    features |= {f"read as {name}": round(p, 3) for name, p in zip(CLASSES, one.read, strict=False)}
    features |= {name: round(value, 3) for name, value in zip(DENIED, one.denied.numbers, strict=True)}
    if one.sentences:
        features |= {name: round(value, 3) for name, value in zip(SENTENCES, of_sentences(one, found), strict=True)}
    return TargetExplanation(
        one.target.kind,
        one.target.id,
        verdict,
        round(one.hit, 3),
        round(one.contradicted, 3),
        _quote(one, answer),
        _compared(one),
        features,
    )


def _compared(one: Match) -> str:
    """Return what the clause was compared with."""
    if one.verdict == "contradicted" and one.denied.words_more > 0:
        return A_DENIAL + one.denied.denial
    return BY_READING if one.span else one.reference.text if one.reference else ""
