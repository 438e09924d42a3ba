"""Two sessions beside each other, progress by week, and old answers under another grader."""

from datetime import UTC, date, timedelta, timezone

import pytest

from mockinterview.errors import NotComparableError
from mockinterview.review.history import compare, progress


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("miss", "partial", "better"),
        ("partial", "hit", "better"),
        ("contradicted", "miss", "better"),
        ("hit", "miss", "worse"),
        ("hit", "hit", "same"),
    ],
)
def test_a_point_in_two_attempts(attempt, before, after, change):
    """More credit is better, a contradiction is worse than a miss."""
    (found,) = compare([attempt(first={"alpha": before})], [attempt(day=7, first={"alpha": after})])
    assert [(p.id, p.before, p.after, p.change) for p in found.points] == [("alpha", before, after, change)]


def test_naming_a_point_at_once_is_better_than_after_a_probe(attempt):
    """What came late ranks between the next worse verdict and the same one at once."""
    late = attempt(first={"alpha": "miss"}, best={"alpha": "hit"})
    assert compare([late], [attempt(first={"alpha": "hit"})])[0].points[0].change == "better"
    assert compare([attempt(first={"alpha": "partial"})], [late])[0].points[0].change == "better"
    assert compare([late], [late])[0].points[0].before_late
    late_partial = attempt(first={"alpha": "miss"}, best={"alpha": "partial"})
    assert compare([attempt(first={"alpha": "miss"})], [late_partial])[0].points[0].change == "better"
    assert compare([late_partial], [attempt(first={"alpha": "partial"})])[0].points[0].change == "better"


def test_an_ungraded_attempt_is_neither_better_nor_worse(attempt):
    """What was not graded is unknown, never a miss."""
    (found,) = compare([attempt(first={}, after_follow_up=None)], [attempt(first={"alpha": "hit"})])
    assert [(p.before, p.change) for p in found.points] == [(None, "unknown")]


def test_sessions_without_a_common_question_are_not_comparable(attempt):
    """Exit code 4, and what to do."""
    with pytest.raises(NotComparableError) as caught:
        compare([attempt("one")], [attempt("two")])
    assert caught.value.exit_code == 4
    assert caught.value.hint


def test_progress_by_week_and_topic(bank, attempt):
    """Means over graded attempts, weeks from Monday on; a vanished question counts in the weeks alone."""
    history = [
        attempt("one", 0, at_once=2.0, after_follow_up=4.0),
        attempt("three", 6, at_once=4.0, after_follow_up=8.0),
        attempt("one", 7.5, at_once=None, after_follow_up=None, graded_by=("judge",)),
        attempt("gone", 8, at_once=10.0, after_follow_up=10.0),
    ]
    made = progress(history, bank, UTC)
    first, second = made.weeks
    assert (first.starts, first.attempts, first.graded, first.at_once, first.after_follow_up) == (
        date(2026, 11, 16),
        2,
        2,
        3.0,
        6.0,
    )
    assert (second.starts, second.attempts, second.graded, second.after_follow_up) == (date(2026, 11, 23), 2, 1, 10.0)
    assert second.graded_by == ("judge", "rules")
    assert {topic: [w.after_follow_up for w in weeks] for topic, weeks in made.topics.items()} == {"cnn": [4.0, None], "rnn": [8.0]}


def test_weeks_follow_the_time_zone(bank, attempt):
    """Sunday evening in London is Monday in Sydney."""
    evening = attempt(day=6)
    assert progress([evening], bank, UTC).weeks[0].starts == date(2026, 11, 16)
    assert progress([evening], bank, timezone(timedelta(hours=11))).weeks[0].starts == date(2026, 11, 23)
