"""When a question is asked again."""

import random
from datetime import UTC, date, timedelta, timezone

import pytest
from fsrs import Scheduler

from mockinterview.review.schedule import cards, due, rating, upcoming

ALL = {"alpha": "hit", "beta": "hit", "gamma": "miss"}


@pytest.mark.parametrize(
    ("first", "best", "changed", "expected"),
    [
        (ALL, ALL, {}, 3),
        (ALL, ALL, {"followed": True}, 4),
        (ALL, ALL, {"followed": True, "misconceptions": ("nonsense",)}, 1),
        ({**ALL, "beta": "miss"}, ALL, {"followed": True}, 3),
        ({"alpha": "hit"}, {"alpha": "hit"}, {}, 3),
        ({"beta": "hit"}, {"beta": "hit"}, {}, 1),
        ({"alpha": "partial"}, {"alpha": "partial"}, {}, 1),
        ({}, {"alpha": "hit"}, {}, 1),
        ({}, ALL, {}, 3),
        ({"beta": "hit"}, {"beta": "hit"}, {"disputed": frozenset({"alpha"})}, 3),
        ({}, {}, {"disputed": frozenset({"alpha", "beta"})}, None),
        ({}, {}, {"at_once": None, "after_follow_up": None}, None),
        ({}, {}, {"reason": "dont_know", "after_follow_up": 0.0}, 1),
    ],
)
def test_the_rating_of_an_attempt(bank, attempt, first, best, changed, expected):
    """Under half or a stated belief is "again", most is "good", all at once with a follow-up "easy"; not graded says nothing."""
    assert rating(bank.get("one"), attempt(first=first, best=best, **changed)) == expected


def test_a_failed_question_comes_back_on_the_next_day(bank, attempt, monday):
    """An hour of the day plays no part: it is due in the morning after."""
    (card,) = cards([attempt(first={"beta": "hit"})], bank)
    assert (card.weak, card.attempts) == (("alpha",), 1)
    assert not card.is_due(monday + timedelta(hours=3))
    assert card.is_due(monday + timedelta(hours=5))
    assert card.due_on(monday) == date(2026, 11, 17)


def test_the_day_is_that_of_the_time_zone(bank, attempt, monday):
    """At 15:00 UTC it is midnight already in Tokyo, and the card of the next day is due there."""
    (card,) = cards([attempt(first={})], bank)
    moment = monday + timedelta(hours=19, minutes=30)
    assert card.due_on(moment.astimezone(timezone(timedelta(hours=9)))) == date(2026, 11, 18)
    assert card.is_due(moment)


def test_intervals_grow_with_success_and_shrink_with_failure(bank, attempt, monday):
    """Good answers move a question away, a bad one brings it back to the next day."""
    days = [0, 2, 13]
    good = [attempt(day=day) for day in days]
    spans = [(cards(good[: n + 1], bank)[0].due - good[n].at).days for n in range(3)]
    assert spans == sorted(spans)
    assert spans[-1] > 10
    (card,) = cards([*good, attempt(day=30, first={})], bank)
    assert 1 <= (card.due - card.last).days < spans[-1]


def test_replay_is_the_only_truth(bank, attempt):
    """The order in which attempts are handed in plays no part, and two replays give the same cards."""
    history = [
        attempt(name, day, first) for name in ("one", "two") for day, first in ((0, {}), (1, ALL), (4, ALL), (9, {"beta": "hit"}))
    ]
    shuffled = random.Random(3).sample(history, len(history))
    assert cards(shuffled, bank) == cards(history, bank)
    assert [card.attempts for card in cards(history, bank)] == [4, 4]


def test_a_scheduler_can_be_handed_in(bank, attempt):
    """One that wants more to be remembered asks earlier."""
    history = [attempt(day=0), attempt(day=3)]
    strict = Scheduler(desired_retention=0.97, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    assert cards(history, bank, strict)[0].due < cards(history, bank)[0].due


def test_questions_of_another_bank_and_ungraded_ones_have_no_card(bank, attempt):
    """There is nothing to ask, and nothing to say about them."""
    assert cards([attempt("gone"), attempt("two", at_once=None, after_follow_up=None, first={}, best={})], bank) == []


def test_what_is_due_and_what_comes(bank, attempt, monday):
    """Due: the longest overdue first. Coming: a count per day, with all that is due on today."""
    deck = cards([attempt("one", 0, {}), attempt("two", 1, {}), attempt("three", 0.5, ALL, followed=True)], bank)
    now = (monday + timedelta(days=3)).astimezone(UTC)
    assert [card.question_id for card in due(deck, now)] == ["one", "two"]
    easy = next(card for card in deck if card.question_id == "three")
    assert upcoming(deck, now) == {now.date(): 2, easy.due_on(now): 1}
    assert upcoming(deck, now, days=1) == {now.date(): 2}
