"""Marking a stored session again."""

import pytest

from mockinterview.errors import BackendError, GradingError, UsageError
from mockinterview.interview.regrade import regraded
from mockinterview.models import AnswerGraded, Bank, QuestionClosed


async def test_another_grader_marks_the_same_answers(hold, bank, rule_grader, store):
    """Every mark is new and carries the new name; what was computed stays, and nothing stored is touched."""
    events = await hold("s", ("two", "three"), ["alpha beta gamma", "I don't know"])
    again = await regraded(events, bank, rule_grader("judge", blind=("alpha",)))
    marks = [(old, new) for old, new in zip(events, again, strict=True) if isinstance(old, AnswerGraded)]
    assert [new.assessment.graded_by for _, new in marks] == ["judge", "arithmetic"]
    assert marks[0][1].assessment.verdict("alpha") == "miss"
    assert store.events("s") == events


async def test_scores_follow_from_the_new_marks(hold, bank, rule_grader):
    """What closes a question says what the new marks are worth; all other events stay."""
    events = await hold("s", ("two", "three"), ["alpha beta gamma", "I don't know"])
    again = await regraded(events, bank, rule_grader("judge", blind=("alpha",)))
    closings = [(old.at_once, new.at_once) for old, new in zip(events, again, strict=True) if isinstance(old, QuestionClosed)]
    assert closings[0][1] < closings[0][0]
    changed = (AnswerGraded, QuestionClosed)
    assert [e for e in events if not isinstance(e, changed)] == [e for e in again if not isinstance(e, changed)]


async def test_an_answer_is_marked_beside_what_was_asked(hold, bank, rule_grader):
    """A reply to a probe is graded with the probe as the question, in the interview and again later."""
    heard = []

    class Listening(type(rule_grader())):
        async def grade(self, question, answer):
            heard.append((question.ask, answer))
            return await super().grade(question, answer)

    events = await hold("s", ("two",), ["alpha", "beta"])
    await regraded(events, bank, Listening())
    assert heard == [(bank.get("two").ask, "alpha"), ("And then?", "beta")]


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
