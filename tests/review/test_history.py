"""Two sessions beside each other, progress by week, and old answers under another grader."""

from datetime import UTC, date, timedelta, timezone

import pytest

from mockinterview.errors import BackendError, GradingError, NotComparableError, UsageError
from mockinterview.models import AnswerGraded, Bank
from mockinterview.review.history import compare, progress, regraded


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
    """A hit that came late ranks between a partial one and one at once."""
    late = attempt(first={"alpha": "miss"}, best={"alpha": "hit"})
    assert compare([late], [attempt(first={"alpha": "hit"})])[0].points[0].change == "better"
    assert compare([attempt(first={"alpha": "partial"})], [late])[0].points[0].change == "better"
    assert compare([late], [late])[0].points[0].before_late


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


async def test_another_grader_marks_the_same_answers(hold, bank, rule_grader, store):
    """Every mark is new and carries the new name; what was computed stays, and nothing stored is touched."""
    events = await hold("s", ("two", "three"), ["alpha beta gamma", "I don't know"])
    again = await regraded(events, bank, rule_grader("judge", blind=("alpha",)))
    marks = [(old, new) for old, new in zip(events, again, strict=True) if isinstance(old, AnswerGraded)]
    assert [new.assessment.graded_by for _, new in marks] == ["judge", "arithmetic"]
    assert marks[0][1].assessment.verdict("alpha") == "miss"
    assert [old for old in events if not isinstance(old, AnswerGraded)] == [
        new for new in again if not isinstance(new, AnswerGraded)
    ]
    assert store.events("s") == events


@pytest.mark.parametrize(("error", "raised"), [(GradingError("no"), None), (BackendError("gone"), BackendError)])
async def test_a_grader_that_fails(hold, bank, rule_grader, monkeypatch, error, raised):
    """An answer that cannot be graded stays ungraded; a grader that cannot be reached is an error."""
    events = await hold("s", ("three",), ["alpha"])

    async def fail(self, question, answer):
        raise error

    monkeypatch.setattr(rule_grader, "grade", fail)
    if raised:
        with pytest.raises(raised):
            await regraded(events, bank, rule_grader())
    else:
        marks = [e.assessment for e in await regraded(events, bank, rule_grader()) if isinstance(e, AnswerGraded)]
        assert [(m.score, m.note) for m in marks] == [(None, "no")]


async def test_a_question_that_is_gone_cannot_be_marked(hold, rule_grader):
    """The error names it."""
    events = await hold("s", ("three",), ["alpha"])
    with pytest.raises(UsageError, match="three"):
        await regraded(events, Bank([]), rule_grader())
