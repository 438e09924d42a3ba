"""The one formula of the score, and which of several marks counts."""

from __future__ import annotations

import pytest

from mockinterview.grading.score import EXERCISE, first_answer, question_score, replaces
from mockinterview.models import Assessment, Misconception, Point, PointVerdict, Question

QUESTION = Question(
    id="q", topic="cnn", level="foundation", ask="Why?",
    points=(
        Point(id="heavy", claim="It is heavy.", weight=3, says=("heavy",)),
        Point(id="light", claim="It is light.", weight=1, says=("light",)),
        Point(id="extra", claim="It is more.", weight=1, kind="bonus", says=("more",)),
    ),
    misconceptions=(Misconception(id="wrong", weight=2, belief="It is wrong.", says=("wrong",)),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "stated", "score"),
    [
        ({}, (), 0.0),
        ({"heavy": 1.0, "light": 1.0}, (), 10.0),
        ({"heavy": 1.0}, (), 7.5),
        ({"heavy": 0.5, "light": 0.7}, (), 5.5),
        ({"heavy": 1.0, "extra": 1.0}, (), 10.0),  # a bonus point makes up for a core point of its weight
        ({"heavy": 1.0, "light": 1.0, "extra": 1.0}, (), 10.0),
        ({"heavy": 1.0, EXERCISE: 1.0}, (), 10.0),
        ({"heavy": 1.0}, ("wrong",), 2.5),
        ({"light": 1.0}, ("wrong",), 0.0),  # never below zero
    ],
)
def test_the_score_is_what_was_earned_of_the_core_points(credit, stated, score):
    """Weights of earned points less those of misconceptions, of the weights of the core points, times ten."""
    assert question_score(QUESTION, credit, stated) == score


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("miss", None, True),
        ("hit", "partial", True),
        ("partial", "hit", False),
        ("hit", "contradicted", True),
        ("contradicted", "miss", True),
        ("contradicted", "partial", False),
        ("miss", "contradicted", False),
    ],
)
def test_what_is_said_later_counts_where_it_earns_more_or_turns_silence_round(new, old, expected):
    """A point keeps its best verdict; only a miss can become worse."""
    assert replaces(new, old) is expected


def mark(score: float | None, *flags: str) -> Assessment:
    """Return an assessment of a reply with one point hit."""
    points = (PointVerdict(id="heavy", verdict="hit", evidence="heavy"),)
    return Assessment(question="q", score=score, points=points, flags=flags, graded_by="rules")


def test_the_first_reply_that_is_an_answer_counts_at_once():
    """What had to be redirected is no answer, unless there is nothing else."""
    empty, answer = mark(0.0, "empty"), mark(7.5)
    assert empty.says_nothing
    assert first_answer([empty, answer, mark(10.0)]) is answer
    assert first_answer([empty]) is empty
    assert first_answer([]) is None
