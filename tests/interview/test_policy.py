"""What comes next, asserted on the events of whole conversations with a scripted grader."""

import pytest
from tests.scripted import by_words

from mockinterview.errors import UsageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.state import fold
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import (
    AnswerGiven,
    Assessment,
    Bank,
    Plan,
    PointDisputed,
    Question,
    StatedMisconception,
)
from mockinterview.report import as_markdown, report_lines


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


PADDING = {
    "to": "second",
    "when": "always",
    "origin": "documented",
    "source": {"doc": "001", "number": 44},
    "bridge": "Stay there.",
}
EXERCISE = {
    "ask": "Twice {n}?", "draw": {"n": [3]}, "answer": "2 * n", "mistakes": [{"value": "n * n", "means": "wrong"}],
}  # fmt: skip


class ScriptedGrader:
    """Finds a point where the answer contains its id, contradicts `not <id>`, and flags what it is told to."""

    name = "scripted"

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return verdicts by the words of the answer."""
        stated = tuple(StatedMisconception(id=m.id, evidence=m.id) for m in question.misconceptions if m.id in answer.split())
        flags = ("off_topic",) if "weather" in answer else ()
        return Assessment(
            question=question.id,
            score=0.0 if flags else 5.0,
            points=by_words(question, answer),
            misconceptions=stated,
            flags=flags,
            graded_by=self.name,
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
    events = await talk(Bank([question("first")]), "light", "heavy", "nothing")
    closed = next(e for e in events if e.kind == "question_closed")
    assert (closed.at_once, closed.after_follow_up) == (2.5, 7.7)
    hinted = await talk(Bank([question("first")]), "/hint", "light heavy")
    assert [e.target for e in hinted if e.kind == "hint_given"] == ["heavy"]
    thread_closed = next(
        e for e in await talk(Bank([question("first")]), "/hint", "light heavy", "nothing") if e.kind == "question_closed"
    )
    assert thread_closed.at_once == 6.2


async def test_hint_during_a_challenge_is_about_the_belief():
    """It would be no help to hear of the heaviest open point while another matter is asked about."""
    points = [
        {
            "id": "heavy",
            "claim": "Momentum follows the statistics.",
            "weight": 3,
            "probe": "What follows?",
            "hint": "A running mean.",
        },
        {
            "id": "apt",
            "claim": "Gamma is learned by gradient descent.",
            "weight": 1,
            "probe": "Learned?",
            "hint": "Who updates it?",
        },
    ]
    wrong = {
        "id": "wrong",
        "belief": "nonsense",
        "says": ["nonsense"],
        "probe": "Is it set by hand?",
        "correction": "Gamma is learned.",
    }
    events = await talk(Bank([question("first", points=points, misconceptions=[wrong])]), "something wrong here", "/hint")
    assert [e.origin for e in events if e.kind == "follow_up_asked"] == ["misconception"]
    assert [e.target for e in events if e.kind == "hint_given"] == ["apt"]


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


async def test_resume_amid_the_end_still_ends(bank):
    """Killed between the closing of the open questions and the report, a session that was ended does not go on asking."""
    whole = await talk(bank, "light heavy", "/end", questions=("first", "third"), count=2)
    assert [e.kind for e in whole[-3:]] == ["question_closed", "question_closed", "interview_finished"]
    for cut in range(len(whole) - 4, len(whole)):
        log = MemoryLog()
        log.stored = list(whole[:cut])
        await Interview.resume("s", bank, log, ScriptedGrader(), EmbeddedInterviewer()).advance()
        assert [e.model_dump(exclude={"at"}) for e in log.stored] == [e.model_dump(exclude={"at"}) for e in whole]


async def test_dispute_does_not_swallow_what_is_due(bank):
    """A point disputed while the follow-up is being phrased, then a kill: the follow-up still comes."""
    whole = await talk(bank, "nothing of it")
    log = MemoryLog()
    log.stored = [*whole[:-1], PointDisputed(question_id="first", point_id="light", verdict="hit")]
    await Interview.resume("s", bank, log, ScriptedGrader(), EmbeddedInterviewer()).advance()
    assert (log.stored[-1].kind, log.stored[-1].text) == ("follow_up_asked", whole[-1].text)


async def test_follow_up_into_nowhere_is_passed_over():
    """A documented follow-up whose question is missing from the bank does not stop the interview."""
    nowhere = {**PADDING, "to": "nowhere"}
    events = await talk(Bank([question("first", follow_ups=[nowhere])]), "light heavy extra")
    assert events[-1].kind == "interview_finished"


async def test_cyclic_follow_ups_end(bank):
    """Follow-ups that lead back, or to themselves, are asked once."""
    back = {**PADDING, "to": "first"}
    circle = Bank([question("first", follow_ups=[back, PADDING]), question("second", follow_ups=[back])])
    events = await talk(circle, *["light heavy extra"] * 5, questions=("first", "second"), count=2)
    assert [e.to for e in events if e.kind == "follow_up_asked"] == ["second"]
    assert events[-1].kind == "interview_finished"


async def test_interview_is_complete_when_a_follow_up_has_asked_the_last_question(bank):
    """A planned question that came as a follow-up was asked, so nothing was cut short."""
    done = await talk(bank, *["light heavy extra"] * 3, questions=("first", "second"), count=2)
    assert done[-1].report.complete
    cut = await talk(bank, "/end", questions=("first", "second"), count=2)
    assert not cut[-1].report.complete


async def test_what_nobody_answered_is_no_loss(bank):
    """Next actions come from what was shown or skipped, never from a question that was left open at the end."""
    ended = await talk(bank, "/end")
    assert ended[-1].report.next_actions == ("Nothing was graded. Start again with a topic that you know.",)
    skipped = await talk(Bank([question("first")]), "/skip")
    assert "A heavy truth." in skipped[-1].report.next_actions[0]


async def test_resume_with_a_bank_that_has_changed(bank):
    """Points that are gone are put as they were asked, planned questions that are gone are passed over, the open one is named."""
    whole = await talk(bank, "light", questions=("first", "third"), count=2)
    assert whole[-1].target == "heavy"
    renamed = [{"id": "new", "claim": "A new truth."}]
    changed = Bank([question("first", points=renamed)])
    log = MemoryLog()
    log.stored = list(whole)
    interview = Interview.resume("s", changed, log, ScriptedGrader(), EmbeddedInterviewer())
    await interview.reply("could you rephrase that?")
    assert "Heavy probe?" in log.stored[-1].text
    await interview.reply("new")
    assert log.stored[-1].kind == "interview_finished"
    assert as_markdown(whole, changed)
    assert report_lines(log.stored[-1].report, bank)
    with pytest.raises(UsageError, match=r"'first', which this session asked.*--corpus"):
        fold(whole, Bank([question("second")]))


async def test_break_does_not_use_up_the_minutes(bank):
    """A session that is resumed the next day has the minutes left that it had."""
    events = await talk(bank, minutes=5)
    next_day = AnswerGiven(question_id="first", text="light", at="2999-01-01T00:00:00+00:00")
    assert not fold([*events, next_day], bank).out_of_time
