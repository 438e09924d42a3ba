"""What is read from the events of a session is what the interview itself reported."""

from itertools import product

import pytest

from mockinterview.models import Bank, InterviewFinished, PointDisputed
from mockinterview.review.attempts import attempts

SAID = (
    "alpha and beta and gamma",
    "alpha",
    "BETA nonsense",
    "I have never heard of that subject",
    "ungradable words here",
    "/hint",
)


@pytest.mark.parametrize("answers", list(product(SAID, SAID[:4])))
async def test_an_attempt_says_what_the_report_says(hold, bank, answers):
    """Scores, verdicts, what came late, beliefs and graders are those of the report, for each question and whatever was said."""
    events = await hold("s", ("one", "three"), [*answers, "alpha beta", "/skip", *answers])
    report = next(e.report for e in events if isinstance(e, InterviewFinished))
    found = {a.question_id: a for a in attempts(events)}
    assert list(found) == [entry.question_id for entry in report.questions]
    for entry in report.questions:
        attempt, points = found[entry.question_id], bank.get(entry.question_id).points
        hits = [p.id for p in points if attempt.best.get(p.id) == "hit"]
        assert (attempt.at_once, attempt.after_follow_up, attempt.reason) == (entry.at_once, entry.after_follow_up, entry.reason)
        assert tuple(p for p in hits if not attempt.late(p)) == entry.hit
        assert tuple(p for p in hits if attempt.late(p)) == entry.hit_late
        assert tuple(p.id for p in points if attempt.best.get(p.id) == "partial") == entry.partial
        assert tuple(p.id for p in points if attempt.best.get(p.id) == "contradicted") == entry.contradicted
        assert set(attempt.misconceptions) == set(entry.misconceptions)
        assert attempt.graded_by == entry.graded_by


async def test_a_question_that_is_still_open_is_no_attempt(hold):
    """An interview that stopped half way counts with the questions that were closed."""
    events = await hold("s", ("two", "three"), ["alpha beta gamma", "alpha"], end=False)
    assert [a.question_id for a in attempts(events)] == ["two"]


@pytest.mark.parametrize(("answers", "followed"), [(["alpha beta", "gamma"], True), (["alpha beta", "no clue about it"], False)])
async def test_a_follow_up_counts_when_it_drew_out_something(hold, answers, followed):
    """`followed` is true where an answer after the first one had a hit."""
    events = await hold("s", ("three",), answers)
    assert attempts(events)[0].followed is followed


async def test_a_documented_follow_up_counts_for_the_question_that_led_to_it(hold):
    """A hit in the question that `one` led to is a follow-up of `one` that was answered; the other question is its own attempt."""
    events = await hold("s", ("one",), ["alpha beta gamma", "alpha"], follow_ups=1)
    one, two = attempts(events)
    assert (one.question_id, one.followed, two.question_id) == ("one", True, "two")


async def test_a_dispute_is_kept_beside_the_verdict(hold):
    """What the candidate marks differently changes no verdict, and is named."""
    events = await hold("s", ("three",), ["alpha", "no clue", "no clue"])
    (found,) = attempts([*events, PointDisputed(question_id="three", point_id="beta", verdict="hit")])
    assert (found.disputed, found.best["beta"]) == ({"beta"}, "miss")


async def test_events_are_enough_whatever_the_bank_says_now(hold):
    """No bank is asked: a question that was deleted from it is read all the same."""
    events = await hold("s", ("three",), ["alpha beta"])
    assert "three" not in Bank([])
    assert [a.question_id for a in attempts(events)] == ["three"]
