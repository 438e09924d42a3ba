"""Runs one case and says what came of it. Everything that differs between the suites stands here."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from mockinterview.errors import BackendError, EncoderError, GradingError
from mockinterview.evals import talks
from mockinterview.evals.cases import Case, FloorCase, GradingCase, InterviewCase, MetamorphicCase, RetrievalCase
from mockinterview.evals.changes import changed, filled
from mockinterview.evals.results import Check, Mark, Result
from mockinterview.evals.spending import Spending, spending
from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.grading.score import CREDIT, question_score
from mockinterview.models import Assessment, Bank
from mockinterview.ports import Grader, Interviewer, Retriever

QUOTED: Final = 160  # characters of a quote or a note that a result keeps
RANKS: Final = 10
BASES: Final = 1000  # marks of unchanged answers that are kept
EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Subjects:
    """What is examined. `retriever` is called when a query comes; `deterministic`: the same input gives the same verdicts."""

    bank: Bank
    grader: Grader
    interviewer: Interviewer
    reader: EmbeddedGrader
    retriever: Callable[[], Retriever]
    quick_retriever: Retriever | None = None
    deterministic: bool = True


class Examiner:
    """Runs cases against the subjects. An outage, a time-out or a model file that fails makes a case ungraded, with the reason."""

    def __init__(self, subjects: Subjects, limit: float = 120.0) -> None:
        self._subjects = subjects
        self._limit = limit
        self._before: dict[tuple[str, str], Assessment] = {}

    async def examine(self, case: Case, epoch: int = 0) -> Result:
        """Return the result of a case; `limit` seconds are the most that it may take."""
        spent = Spending(epoch)
        spending.set(spent)
        begun = perf_counter()
        try:
            async with asyncio.timeout(self._limit):
                found = await self._outcome(case)
        except TimeoutError:
            found = {"ungraded": f"no result within {self._limit:g} s"}
        except (BackendError, EncoderError, GradingError) as error:
            found = {"ungraded": str(error)}
        if spent.failures:  # whatever stepped in for the model, the model gave no verdict
            found = {"ungraded": spent.failures[0]}
        return Result(
            suite=case.suite, case=case.id, label=case.label, epoch=epoch, question=case.question, topic=case.topic, kind=case.kind,
            seconds=round(perf_counter() - begun, 4), **dataclasses.asdict(spent.usage), **found,
        )  # fmt: skip

    async def _outcome(self, case: Case) -> dict[str, Any]:
        match case.spec:
            case GradingCase() as spec:
                return await self._grading(spec)
            case FloorCase() as spec:
                return await self._floor(case, spec)
            case MetamorphicCase() as spec:
                return await self._metamorphic(case, spec)
            case InterviewCase() as spec:
                return await self._interview(spec)
            case RetrievalCase() as spec:
                return await self._retrieval(spec)

    # --- grading --------------------------------------------------------------------------------------------------

    async def _grade(self, question_id: str, answer: str) -> Assessment:
        # A grader that only computes never lets anything else run: a Ctrl-C, the time-out, the progress line.
        await asyncio.sleep(0)
        return await self._subjects.grader.grade(self._subjects.bank.get(question_id), answer)

    async def _grading(self, spec: GradingCase) -> dict[str, Any]:
        question = self._subjects.bank.get(spec.question)
        mark = await self._grade(spec.question, spec.answer)
        labels = {
            "expected_flags": spec.flags, "flags": mark.flags, "expected_misconceptions": spec.misconceptions,
            "expected_score": question_score(question, {p: CREDIT[v] for p, v in spec.points.items()}, spec.misconceptions),
            "graded_by": mark.graded_by, "note": mark.note[:QUOTED],
        }  # fmt: skip
        if mark.score is None:
            return {**labels, "ungraded": mark.note or "not graded"}
        given = {p.id: p for p in mark.points}
        points = [
            Mark(
                point=point, expected=verdict, given=mark.verdict(point),
                evidence=given[point].evidence[:QUOTED] if point in given else "",
                probability=given[point].probability if point in given else None,
            )
            for point, verdict in spec.points.items()
        ]  # fmt: skip
        bands = [_band(mark.score, spec.score)] if spec.score else []
        return {
            **labels, "score": mark.score, "points": points,
            "misconceptions": [m.id for m in mark.misconceptions],
            "checks": bands,
        }  # fmt: skip

    # --- floor and metamorphic ------------------------------------------------------------------------------------

    async def _floor(self, case: Case, spec: FloorCase) -> dict[str, Any]:
        answer = filled(spec.answer, self._subjects.bank.get(case.question), self._subjects.bank, case.id)
        mark = await self._grade(case.question, answer)
        if mark.score is None:
            return _not_graded(mark)
        quotes = "; ".join(f"{p.id}: {p.evidence}" for p in mark.points if p.verdict in ("hit", "partial"))
        seen = f"scored {mark.score:g}, at most {spec.at_most:g} allowed. {spec.why} {quotes}"
        check = Check(name="stays low", passed=mark.score <= spec.at_most + EPSILON, seen=seen[: 2 * QUOTED])
        return {**_seen(mark), "checks": [check]}

    async def _metamorphic(self, case: Case, spec: MetamorphicCase) -> dict[str, Any]:
        if spec.relation == "not_believed":
            return await self._corrections(case)
        base = spec.answer or self._subjects.bank.get(case.question).model_answer
        other = spec.changed or changed(spec.change, base, case.id)
        before = await self._graded_before(case.question, base)
        after = before if spec.change == "nothing" else await self._grade(case.question, other)
        if before.score is None or after.score is None:
            return _not_graded(before if before.score is None else after)
        lost = [p.id for p in before.points if CREDIT[after.verdict(p.id)] < CREDIT[p.verdict]]
        won = [p.id for p in before.points if CREDIT[after.verdict(p.id)] > CREDIT[p.verdict]]
        seen = f"from {before.score:g} to {after.score:g}; lost: {', '.join(lost) or '-'}; won: {', '.join(won) or '-'}"
        check = Check(name=spec.relation.replace("_", " "), passed=_holds(spec, before.score, after.score), seen=seen)
        return {**_seen(after), "checks": [check]}

    async def _graded_before(self, question_id: str, answer: str) -> Assessment:
        """Return the mark of an unchanged answer, on which many relations build; a grader with a scatter is asked anew for each."""
        if not self._subjects.deterministic:
            return await self._grade(question_id, answer)
        mark = self._before.get((question_id, answer)) or await self._grade(question_id, answer)
        if len(self._before) < BASES:
            self._before[question_id, answer] = mark
        return mark

    async def _corrections(self, case: Case) -> dict[str, Any]:
        """Check that the correction of a misconception, said as an answer, does not count as stating it."""
        question = self._subjects.bank.get(case.question)
        found: list[Check] = []
        mark: Assessment | None = None
        for wrong in (m for m in question.misconceptions if m.correction):
            mark = await self._grade(question.id, wrong.correction)
            if mark.score is None:
                return _not_graded(mark)
            stated = wrong.id in [m.id for m in mark.misconceptions]
            found.append(Check(name=f"correction of {wrong.id}", passed=not stated, seen=wrong.correction[:QUOTED]))
        return {"checks": found, "graded_by": mark.graded_by if mark else ""}

    # --- interview and retrieval ----------------------------------------------------------------------------------

    async def _interview(self, spec: InterviewCase) -> dict[str, Any]:
        s = self._subjects
        events = await talks.hold_talk(spec, s.bank, s.grader, s.interviewer, s.quick_retriever)
        return {
            "checks": list(talks.checks(spec, events, s.bank, s.reader)), "score": talks.final_score(events),
            "graded_by": s.grader.name,
        }  # fmt: skip

    async def _retrieval(self, spec: RetrievalCase) -> dict[str, Any]:
        await asyncio.sleep(0)
        found = self._subjects.retriever().questions(spec.query, RANKS)
        ids = [passage.question_id for passage in found]
        return {"rank": ids.index(spec.question) + 1 if spec.question in ids else 0, "note": f"first: {next(iter(ids), 'nothing')}"}


def _band(score: float, band: tuple[float, float]) -> Check:
    low, high = band
    return Check(name="score band", passed=low <= score <= high, seen=f"scored {score:g}, expected {low:g} to {high:g}")


def _holds(spec: MetamorphicCase, before: float, after: float) -> bool:
    match spec.relation:
        case "same":
            return abs(after - before) <= spec.within + EPSILON
        case "not_higher":
            return after <= before + spec.within + EPSILON
        case "lower":
            return after <= before - spec.within + EPSILON
    return after >= spec.within - EPSILON


def _seen(mark: Assessment) -> dict[str, Any]:
    return {"score": mark.score, "flags": mark.flags, "graded_by": mark.graded_by}


def _not_graded(mark: Assessment) -> dict[str, Any]:
    return {"ungraded": mark.note or "not graded", "graded_by": mark.graded_by}
