"""Chooses the questions of an interview and their order: levels rise, topics stay together, old questions come last."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from mockinterview.errors import UsageError
from mockinterview.interview.policy import level_rank
from mockinterview.models import Bank, Plan, Question
from mockinterview.ports import Retriever

MINUTES_PER_QUESTION = 4.0  # an answer of a minute or two and its follow-ups
RESERVE = 10  # questions that stand in for those that a documented follow-up has asked already

# A real interview opens with the candidate's own work, goes through the fundamentals and then turns to making a model better.
TOPIC_ORDER = (
    "behavioural", "fundamentals", "activations", "evaluation-data", "cnn", "rnn-lstm", "attention-transformers",
    "generative-autoencoders", "optimisation", "training-diagnostics", "normalisation", "regularisation",
    "transfer-learning", "tooling",
)  # fmt: skip


def choose_questions(bank: Bank, plan: Plan, retriever: Retriever | None = None, seen: Sequence[str] = ()) -> Plan:
    """Return the plan with its questions filled in, the same ones for the same seed.

    `seen` are the questions of earlier interviews, oldest first: they are asked again only when nothing else is left.
    Raises UsageError where the plan names an unknown question or topic, or leaves no question at all.
    """
    if plan.questions:
        chosen = tuple(bank.get(q).id for q in plan.questions)
        return plan.model_copy(update={"questions": tuple(dict.fromkeys(chosen)), "count": len(set(chosen))})
    pool = _pool(bank, plan, retriever)
    rng = random.Random(plan.seed)
    ranked = _fresh_first(_spread(pool, rng, ordered=bool(plan.about)), seen)
    count = min(wanted(plan), len(pool))
    picks = sorted(ranked[:count], key=_interview_order)
    reserve = sorted(ranked[count : count + RESERVE], key=level_rank, reverse=True)
    return plan.model_copy(update={"questions": tuple(q.id for q in [*picks, *reserve]), "count": count})


def wanted(plan: Plan) -> int:
    """Return how many questions a plan asks for: its number, or as many as may fit into its minutes."""
    return max(plan.count, math.ceil(plan.minutes / MINUTES_PER_QUESTION)) if plan.minutes else plan.count


def _pool(bank: Bank, plan: Plan, retriever: Retriever | None) -> list[Question]:
    for topic in plan.topics:
        bank.check_topic(topic)
    pool = [q for q in bank if not plan.topics or q.topic in plan.topics]
    pool = [q for q in pool if plan.level is None or q.level == plan.level]
    if plan.about and retriever:
        pool = _nearest(pool, plan, retriever, len(bank))
    if not pool:
        narrowed = [name for name, given in (("topic", plan.topics), ("level", plan.level), ("subject", plan.about)) if given]
        raise UsageError(f"No question fits that {' and '.join(narrowed)}.", f"Choose another {' or '.join(narrowed)}.")
    return pool


def _nearest(pool: list[Question], plan: Plan, retriever: Retriever, size: int) -> list[Question]:
    """Return the questions of the pool that fit the subject best; where topic or level narrow it, others may fit better still."""
    most = max(3 * wanted(plan), 10)
    found = retriever.questions(plan.about, k=most if len(pool) == size else size)
    rank = {passage.question_id: at for at, passage in enumerate(found)}
    return sorted((q for q in pool if q.id in rank), key=lambda q: rank[q.id])[:most]


def _spread(pool: list[Question], rng: random.Random, *, ordered: bool) -> list[Question]:
    """Return the pool in the order of choice: the topics in turn, so that no topic fills an interview by its size alone."""
    if ordered:
        return pool
    by_topic: dict[str, list[Question]] = {}
    for question in rng.sample(pool, len(pool)):
        by_topic.setdefault(question.topic, []).append(question)
    turns = max(len(questions) for questions in by_topic.values())
    return [questions[turn] for turn in range(turns) for questions in by_topic.values() if turn < len(questions)]


def _fresh_first(questions: list[Question], seen: Sequence[str]) -> list[Question]:
    last_seen = {question_id: index for index, question_id in enumerate(seen, start=1)}
    return sorted(questions, key=lambda q: last_seen.get(q.id, 0))


def _interview_order(question: Question) -> tuple[int, int]:
    topics = len(TOPIC_ORDER)
    place = TOPIC_ORDER.index(question.topic) if question.topic in TOPIC_ORDER else topics
    return (-1 if question.topic == "behavioural" else level_rank(question), place)
