"""Cards and files of a session without a screen around them."""

from __future__ import annotations

import pytest

from mockinterview.errors import UsageError
from mockinterview.interview.loop import not_known
from mockinterview.interview.state import Thread
from mockinterview.models import AnswerGraded, Assessment, Plan, Question, StatedMisconception
from mockinterview.tui.cards import answer_rows, point_rows
from mockinterview.tui.exports import export

QUESTION = Question.model_validate(
    {
        "id": "one", "topic": "cnn", "level": "foundation", "ask": "What is one?", "points": [{"id": "a", "claim": "It is a."}],
        "misconceptions": [{"id": "wrong", "belief": "It is b."}],
    }
)  # fmt: skip


def marked(assessment: Assessment) -> Thread:
    """Return a thread with this mark."""
    thread = Thread(QUESTION)
    thread.take(AnswerGraded(question_id="one", assessment=assessment))
    return thread


def test_a_belief_without_a_correction_is_told_to_be_wrong() -> None:
    """Also one that the bank no longer has, by its id."""
    stated = tuple(StatedMisconception(id=name, evidence="b") for name in ("wrong", "gone"))
    thread = marked(Assessment(question="one", score=0.0, points=(), misconceptions=stated, graded_by="rules"))
    told = [text.plain for _, _, text in point_rows(thread)]
    assert told[-4:] == ["you said: “b”", "Not so: It is b.", "you said: “b”", "gone"]


def test_without_a_mark_nothing_was_missed() -> None:
    """An interview that was ended before the answer tells what was expected, not what was "missed"."""
    assert [(sign, text.plain) for sign, _, text in point_rows(Thread(QUESTION))] == [
        ("- expected", p.claim) for p in QUESTION.core
    ]


def test_an_i_dont_know_has_no_judge_unless_a_grader_found_it() -> None:
    """The head of the card names who looked at the answer."""
    nobody, found = not_known(QUESTION), not_known(QUESTION).model_copy(update={"graded_by": "rules"})
    heads = [answer_rows(marked(mark), mark)[0][2].plain for mark in (nobody, found)]
    assert heads == ["0 of 10 so far", "0 of 10 so far   marked by rules"]


async def test_a_deck_tells_nothing_of_an_exam_that_is_not_over(world) -> None:
    """The cards would be its answers; once it is over, they are there."""
    core = world.load()
    interview = world.interview("s1", [])
    await interview.start(Plan(questions=("one", "two"), count=2, mode="exam", max_follow_ups=0, seed=1))
    await interview.reply("alpha alone")
    with pytest.raises(UsageError, match="gives no cards"):
        export(core, interview.talk, "apkg")
    await interview.command("end")
    assert export(core, interview.talk, "apkg").stat().st_size
