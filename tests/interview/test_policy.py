"""What comes next, asserted on the events of whole conversations with a scripted grader."""

import pytest

from mockinterview.interview.loop import Interview
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Assessment, Bank, Plan, PointVerdict, Question, StatedMisconception


def question(question_id: str, **more) -> Question:
    """Return a small question with two core points, a bonus point and a misconception."""
    data = {
        "id": question_id, "topic": "cnn", "level": "foundation", "ask": f"What about {question_id}?", "clarify": "In other words?",
        "points": [
            {"id": "light", "claim": "A light truth.", "weight": 1, "probe": "Light probe?", "hint": "Light hint."},
            {"id": "heavy", "claim": "A heavy truth.", "weight": 3, "probe": "Heavy probe?", "hint": "Heavy hint."},
            {"id": "extra", "claim": "An extra truth.", "kind": "bonus", "probe": "Extra probe?"},
        ],
        "misconceptions": [{"id": "wrong", "belief": "A falsehood.", "correction": "The truth.", "probe": "Are you sure?"}],
        **more,
    }  # fmt: skip
    return Question.model_validate(data)


PADDING = {"to": "second", "when": "always", "origin": "documented", "source": {"doc": "001", "number": 44}, "bridge": "Stay there."}
EXERCISE = {
    "ask": "Twice {n}?", "draw": {"n": [3]}, "answer": "2 * n", "mistakes": [{"value": "n * n", "means": "wrong"}],
}  # fmt: skip


class ScriptedGrader:
    """Finds a point where the answer contains its id, contradicts `not <id>`, and flags what it is told to."""

    name = "scripted"

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return verdicts by the words of the answer."""
        points = tuple(
            PointVerdict(id=p.id, verdict="hit", evidence=p.id) if p.id in answer.split() else PointVerdict(id=p.id, verdict="miss")
            for p in question.points
        )
        stated = tuple(StatedMisconception(id=m.id, evidence=m.id) for m in question.misconceptions if m.id in answer.split())
        flags = ("off_topic",) if "weather" in answer else ()
        return Assessment(
            question=question.id, score=0.0 if flags else 5.0, points=points, misconceptions=stated, flags=flags, graded_by=self.name
        )


class MemoryLog:
    """A session log in memory."""

    def __init__(self):
        self.stored = []

    def append(self, session_id, event):
        """Keep the event."""
        self.stored.append(event)

    def events(self, session_id):
        """Return what was kept."""
        return list(self.stored)


@pytest.fixture
def bank() -> Bank:
    """Return two questions, the first with a documented follow-up to the second and an exercise."""
    return Bank([question("first", follow_ups=[PADDING], exercise=EXERCISE), question("second"), question("third")])


async def talk(bank: Bank, *replies: str, **plan) -> list:
    """Return the events of an interview in which the candidate says these things."""
    log = MemoryLog()
    interview = Interview("s", bank, log, ScriptedGrader(), EmbeddedInterviewer())
    await interview.start(Plan.model_validate({"questions": ("first",), "count": 1, "seed": 1, **plan}))
    for reply in replies:
        if interview.finished:
            break
        await (interview.command(reply[1:]) if reply.startswith("/") else interview.reply(reply))
    return log.stored


def follow_ups(events: list) -> list[tuple[str, str]]:
    """Return origin and aim of each follow-up."""
    return [(e.origin, e.to or e.target) for e in events if e.kind == "follow_up_asked"]


async def test_right_answer_leads_to_documented_follow_up_at_once(bank):
    """A right first answer is followed by the question that the documents name."""
    events = await talk(bank, "light heavy")
    assert follow_ups(events) == [("documented", "second")]
    assert "Stay there. What about second?" in events[-1].text


async def test_missed_core_point_is_probed_before_the_documented_follow_up(bank):
    """The heaviest missed point comes first, the documented follow-up still comes, three follow-ups are the limit."""
    events = await talk(bank, "nothing of it", "nothing again", "still nothing", "light heavy")
    assert follow_ups(events) == [("probe", "heavy"), ("probe", "light"), ("documented", "second")]


async def test_stated_misconception_is_challenged_first(bank):
    """A false belief is challenged before anything is probed."""
    events = await talk(bank, "light wrong")
    assert follow_ups(events) == [("misconception", "wrong")]


async def test_exercise_after_the_documented_follow_up_is_marked_by_arithmetic(bank):
    """The exercise comes when the essentials are shown; its number is compared, not judged."""
    events = await talk(bank, "light heavy", "light heavy", "it is 9", "extra")
    assert follow_ups(events)[:2] == [("documented", "second"), ("deepen", "extra")]
    plain = Bank([question("first", exercise=EXERCISE)])
    marks = [e for e in await talk(plain, "light heavy", "it is 9") if e.kind == "answer_graded"]
    assert marks[-1].assessment.graded_by == "arithmetic"
    assert [m.id for m in marks[-1].assessment.misconceptions] == ["wrong"]


async def test_credit_shrinks_after_probe_and_hint(bank):
    """At once and after follow-up are told apart: 1 of 4 at once, then 3 * 0.7 more after a probe."""
    events = await talk(Bank([question("first")]), "light", "heavy", "no")
    closed = next(e for e in events if e.kind == "question_closed")
    assert (closed.at_once, closed.after_follow_up) == (2.5, 7.7)
    hinted = await talk(Bank([question("first")]), "/hint", "light heavy")
    assert [e.target for e in hinted if e.kind == "hint_given"] == ["heavy"]
    thread_closed = next(e for e in await talk(Bank([question("first")]), "/hint", "light heavy", "no") if e.kind == "question_closed")
    assert thread_closed.at_once == 6.2


async def test_exam_gives_no_hints(bank):
    """In the exam a hint is refused in words and costs nothing."""
    events = await talk(bank, "can i have a hint?", mode="exam")
    assert events[-1].kind == "remark_made"
    assert not [e for e in events if e.kind == "hint_given"]


async def test_off_topic_is_redirected_once(bank):
    """One redirect, then the question is closed as not shown."""
    events = await talk(Bank([question("first")]), "the weather", "the weather again")
    assert follow_ups(events) == [("redirect", "")]
    assert next(e.reason for e in events if e.kind == "question_closed") == "not_shown"


async def test_dont_know_is_met_with_something_smaller_then_let_go(bank):
    """Not knowing leads to probes, twice at most, and the mark says that arithmetic gave it."""
    events = await talk(Bank([question("first")]), "no idea", "i don't know", "idk")
    assert follow_ups(events) == [("probe", "heavy")]
    marks = [e.assessment for e in events if e.kind == "answer_graded"]
    assert [(m.graded_by, m.score, m.flags) for m in marks] == [("arithmetic", 0.0, ("dont_know",))] * 2
    assert next(e.reason for e in events if e.kind == "question_closed") == "dont_know"


async def test_skip_clarify_and_end(bank):
    """Requests are met without a mark; the end brings a report whatever was reached."""
    events = await talk(bank, "could you rephrase that?", "/skip", questions=("first", "third"), count=2)
    kinds = [e.kind for e in events]
    assert "remark_made" in kinds
    assert "answer_graded" not in kinds
    assert kinds[-1] == "question_asked"
    ended = await talk(bank, "/end")
    assert ended[-1].kind == "interview_finished"
    assert ended[-1].report.graded == 0
    assert ended[-1].report.at_once is None


async def test_resume_at_every_event_gives_the_same_interview(bank):
    """Cut off after any event, the interview goes on as if nothing had happened."""
    replies = ["nothing of it", "heavy", "light heavy", "light", "extra"]
    whole = await talk(bank, *replies)
    for cut in range(1, len(whole)):
        log = MemoryLog()
        log.stored = list(whole[:cut])
        interview = Interview.resume("s", bank, log, ScriptedGrader(), EmbeddedInterviewer())
        await interview.advance()
        given = sum(1 for e in log.stored if e.kind == "answer_given")
        for reply in replies[given:]:
            if not interview.finished:
                await interview.reply(reply)
        assert [e.model_dump(exclude={"at"}) for e in log.stored] == [e.model_dump(exclude={"at"}) for e in whole]


async def test_question_asked_as_follow_up_is_not_asked_again(bank):
    """A planned question that a documented follow-up has put already is passed over."""
    events = await talk(bank, "light heavy", "light heavy", "x", "x", questions=("first", "second", "third"), count=3)
    asked = [e.question_id for e in events if e.kind == "question_asked"]
    assert asked == ["first", "third"]
