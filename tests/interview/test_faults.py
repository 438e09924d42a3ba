"""Steps that fail: what was said is kept, and comes first."""

import pytest
from tests.scripted import Log, WordGrader

from mockinterview.errors import StorageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Bank, Plan, Question


class Failing(Log):
    """A log that fails once at an event of the kind `fails_at`."""

    fails_at = ""

    def append(self, session_id, event) -> None:
        """Keep the event."""
        if event.kind == self.fails_at:
            self.fails_at = ""
            raise StorageError("The disk is full.", "Free some space.")
        super().append(session_id, event)


def question(name: str) -> Question:
    """Return a question with one point."""
    point = {"id": "weights", "claim": "The weights are shared.", "probe": "And?"}
    return Question.model_validate({"id": name, "topic": "t", "level": "foundation", "ask": f"What is {name}?", "points": [point]})


@pytest.mark.parametrize("kind", ["answer_graded", "question_closed", "question_asked"])
async def test_what_was_said_before_a_fault_comes_first(kind):
    """The answer keeps its mark as the first one, and what is said next belongs to what is asked then."""
    log = Failing()
    interview = Interview("s", Bank([question("first"), question("second")]), log, WordGrader(), EmbeddedInterviewer())
    await interview.start(Plan(questions=("first", "second"), count=2, max_follow_ups=0, seed=1))
    log.fails_at = kind
    with pytest.raises(StorageError):
        await interview.reply("the weights are shared")
    await interview.reply("the inputs are sorted by size")
    first, second = interview.talk.threads
    assert (first.score_at_once, second.score_at_once) == (10.0, 0.0)
    assert [e.kind for e in log].count("answer_graded") == 2
