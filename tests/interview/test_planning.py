"""The choice of questions: repeatable, rising, spread over topics, old questions last."""

import pytest

from mockinterview.errors import UsageError
from mockinterview.interview.planning import choose_questions
from mockinterview.interview.policy import level_rank
from mockinterview.models import Bank, Plan, Question
from mockinterview.ports import Passage


@pytest.fixture
def bank() -> Bank:
    """Return thirty questions of three topics and three levels."""
    levels = ("foundation", "intermediate", "advanced")
    return Bank(
        [
            Question.model_validate(
                {"id": f"{t}-{n}", "topic": t, "level": levels[n % 3], "ask": "?", "points": [{"id": "p", "claim": "c"}]}
            )
            for t in ("cnn", "optimisation", "behavioural")
            for n in range(10)
        ]
    )


def test_same_seed_same_interview(bank):
    """The seed decides everything; another seed gives another interview."""
    one, two, other = (choose_questions(bank, Plan(seed=s)).questions for s in (1, 1, 2))
    assert one == two != other


def test_levels_rise_and_own_work_comes_first(bank):
    """The candidate's own work opens the talk; after it levels never fall."""
    plan = choose_questions(bank, Plan(seed=3, count=9))
    asked = [bank.get(q) for q in plan.questions[:9]]
    topics = [q.topic for q in asked]
    assert topics[:3] == ["behavioural"] * 3
    ranks = [level_rank(q) for q in asked if q.topic != "behavioural"]
    assert ranks == sorted(ranks)


def test_seen_questions_come_last(bank):
    """What was asked before is asked again only when the rest is used up, the oldest first."""
    seen = [f"cnn-{n}" for n in range(8)]
    plan = choose_questions(bank, Plan(seed=5, topics=("cnn",), count=3), seen=seen)
    assert set(plan.questions[:3]) == {"cnn-8", "cnn-9", "cnn-0"}


def test_pool_limits_the_number(bank):
    """No question is asked twice: a small pool makes a short interview."""
    plan = choose_questions(bank, Plan(topics=("cnn",), level="advanced", count=50))
    assert plan.count == len(set(plan.questions)) == 3


def test_unknown_names_say_what_is_near(bank):
    """An unknown question or topic names its nearest neighbour; an empty choice says so."""
    with pytest.raises(UsageError, match="Did you mean 'cnn-1'"):
        choose_questions(bank, Plan(questions=("cnn_1",)))
    with pytest.raises(UsageError, match="optimisation"):
        choose_questions(bank, Plan(topics=("optimization",)))


class Ranking:
    """A retriever for which the questions of the bank fit in the order of their names."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    def questions(self, query: str, k: int = 5) -> list[Passage]:
        """Return the first `k`."""
        names = sorted(q.id for q in self.bank)[:k]
        return [Passage(name, "question", name, "", 1.0 / (1 + at)) for at, name in enumerate(names)]


def test_a_subject_is_looked_for_in_the_chosen_topic(bank):
    """The best of the topic are taken, in their order, however many of other topics fit better."""
    chosen = Plan(topics=("optimisation",), about="gradients", count=2)
    assert set(choose_questions(bank, chosen, retriever=Ranking(bank)).questions[:2]) <= {f"optimisation-{n}" for n in range(10)}
    narrow = choose_questions(bank, Plan(level="advanced", about="gradients", count=8), retriever=Ranking(bank))
    assert narrow.count == 8
