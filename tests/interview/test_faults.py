"""Steps that fail: what was said is kept, and comes first."""

import pytest

from mockinterview.errors import StorageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Assessment, Bank, Plan, PointVerdict, Question


class Grader:
    """Hits the one point where the answer says yes."""

    name = "yes"

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the verdict."""
        hit = "yes" in answer
        point = PointVerdict(id="it", verdict="hit" if hit else "miss", evidence="yes" if hit else "")
        return Assessment(question=question.id, score=10.0 * hit, points=(point,), graded_by=self.name)


class Log(list):
    """A log in memory that fails once at an event of the kind `fails_at`."""

    fails_at = ""

    def append(self, session_id, event) -> None:
        """Keep the event."""
        if event.kind == self.fails_at:
            self.fails_at = ""
            raise StorageError("The disk is full.", "Free some space.")
        super().append(event)


def question(name: str) -> Question:
    """Return a question with one point."""
    point = {"id": "it", "claim": "It is so.", "probe": "And?"}
    return Question.model_validate({"id": name, "topic": "t", "level": "foundation", "ask": f"What is {name}?", "points": [point]})


@pytest.mark.parametrize("kind", ["answer_graded", "question_closed", "question_asked"])
async def test_what_was_said_before_a_fault_comes_first(kind):
    """The answer keeps its mark as the first one, and what is said next belongs to what is asked then."""
    log = Log()
    interview = Interview("s", Bank([question("first"), question("second")]), log, Grader(), EmbeddedInterviewer())
    await interview.start(Plan(questions=("first", "second"), count=2, max_follow_ups=0, seed=1))
    log.fails_at = kind
    with pytest.raises(StorageError):
        await interview.reply("yes, the weights are shared")
    await interview.reply("the inputs are sorted by size")
    first, second = interview.talk.threads
    assert (first.score_at_once, second.score_at_once) == (10.0, 0.0)
    assert [e.kind for e in log].count("answer_graded") == 2
