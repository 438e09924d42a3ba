"""How the interviewer behaves where a candidate is brief, evasive, off the subject, or wants to stop."""

from __future__ import annotations

import pytest
from tests.scripted import Log, WordGrader

from mockinterview.errors import UsageError
from mockinterview.interview.loop import LONGEST, Interview
from mockinterview.interview.replies import is_bare, understand
from mockinterview.interview.state import fold
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Assessment, Bank, Plan, PointVerdict, Question
from mockinterview.ports import Passage
from mockinterview.report import open_card_lines, report_lines
from mockinterview.review.attempts import attempts

OFF = "the weather is so fine today that we are all going to the sea"


class Grader(WordGrader):
    """Hits a point where its id is among the words; "weather" is off topic. Keeps the questions that it was given."""

    def __init__(self):
        self.given = []

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return verdicts by the words of the answer."""
        self.given.append(question)
        flags = ("off_topic",) if "weather" in answer else ()
        return (await super().grade(question, answer)).model_copy(update={"flags": flags})


def question(name: str, **more) -> Question:
    """Return a question with two core points."""
    points = [{"id": name, "claim": f"So it is with {name}.", "weight": 2, "probe": f"Is {name} even?"} for name in ("one", "two")]
    data = {"id": name, "topic": "cnn", "level": "foundation", "ask": f"What about {name}?", "points": points, **more}
    return Question.model_validate(data)


OTHER = Question.model_validate(
    {"id": "other", "topic": "cnn", "level": "foundation", "ask": "And other?", "points": [{"id": "three", "claim": "Three."}]}
)


async def held(*replies: str, grader: Grader | None = None, **plan) -> Interview:
    """Return an interview about `first` in which the candidate said these things."""
    bank = Bank([question("first"), question("second"), question("third"), OTHER])
    interview = Interview("s", bank, Log(), grader or Grader(), EmbeddedInterviewer())
    await interview.start(Plan.model_validate({"questions": ("first",), "count": 1, "seed": 1, **plan}))
    for reply in replies:
        await interview.reply(reply)
    return interview


def said(interview: Interview) -> list[str]:
    """Return the kinds of all events but answers, with what they are about."""
    names = [(e.kind, getattr(e, "about", "") or getattr(e, "origin", "")) for e in interview.talk.events]
    return [f"{kind}:{about}" if about else kind for kind, about in names if kind != "answer_given"]


async def test_reply_to_a_probe_is_graded_beside_the_probe():
    """The grader reads the probe as the question; the first question stays known, so that neither counts when said back."""
    grader = Grader()
    interview = await held("only one of them", "nothing like that here, by half", grader=grader)
    probe, first = grader.given[1], grader.given[0]
    assert (first.ask, probe.ask) == ("What about first?", "Is two even?")
    assert "What about first?" in probe.variants
    assert (probe.points, probe.id) == (first.points, "first")
    marks = [e.assessment for e in interview.talk.events if e.kind == "answer_graded"]
    assert [mark.question for mark in marks] == ["first", "first"]


async def test_documented_follow_up_is_graded_as_it_stands():
    """A question that a follow-up leads to has its own points and its own words."""
    edge = {"to": "second", "when": "always", "origin": "documented", "bridge": "On."}
    grader = Grader()
    interview = Interview(
        "s", Bank([question("first", follow_ups=[edge]), question("second")]), Log(), grader, EmbeddedInterviewer()
    )
    await interview.start(Plan(questions=("first",), count=1, seed=1))
    for reply in ("one two here", "one two there"):
        await interview.reply(reply)
    assert [(q.id, q.ask) for q in grader.given] == [("first", "What about first?"), ("second", "What about second?")]


async def test_bare_yes_is_asked_for_a_reason_once():
    """A yes or no alone shows nothing: the interviewer asks why, and takes a second one as the answer."""
    interview = await held("No.", "no")
    assert said(interview)[-4:] == ["question_asked", "remark_made:reaction", "answer_graded", "follow_up_asked:probe"]
    assert not fold(interview.talk.events, interview.bank).asked_why


@pytest.mark.parametrize("text", ["no", "Yes.", "it depends", "yes and no", "I think so", "Well, it does", "nope, not really"])
def test_bare_replies(text):
    """Yes, no and evasions."""
    assert is_bare(text)


@pytest.mark.parametrize("text", ["", "one", "28", "no, it is off then", "relu", "it depends on the stride", "always the root"])
def test_replies_with_content_are_not_bare(text):
    """Anything that names something."""
    assert not is_bare(text)


async def test_redirected_first_reply_costs_nothing():
    """What had to be redirected is no answer: the next one is the first, at full credit, in report and history alike."""
    interview = await held(OFF, "one two here")
    assert said(interview)[2:5] == ["answer_graded", "follow_up_asked:redirect", "answer_graded"]
    thread = interview.talk.threads[0]
    assert (thread.score_at_once, thread.score_after) == (10.0, 10.0)
    assert attempts(interview.talk.events)[0].first == {"one": "hit", "two": "hit"}


async def test_off_the_subject_twice_ends_a_question_that_nobody_answered():
    """One redirect, then not shown."""
    interview = await held(OFF, OFF)
    assert interview.talk.threads[0].closed.reason == "not_shown"


async def test_off_the_subject_twice_after_an_answer_goes_on_to_the_next_follow_up():
    """A question that was partly answered is not thrown away for two replies about something else."""
    interview = await held("neither of them", OFF, OFF)
    assert said(interview)[-1] == "follow_up_asked:probe"
    assert interview.talk.asked.target == "two"
    ended = await held("one here", OFF, OFF)
    assert (ended.talk.threads[0].closed.reason, ended.talk.threads[0].score_after) == ("done", 5.0)


async def test_each_follow_up_has_its_own_redirect_and_keeps_its_aim():
    """After a redirect, the follow-up that was redirected is still what is asked: help and grading refer to it."""
    grader = Grader()
    interview = await held("nothing at all here", OFF, "say that again please", grader=grader)
    assert said(interview)[-1] == "remark_made:small_talk"
    assert "Is one even?" in interview.talk.events[-1].text
    await interview.reply("one then")
    assert grader.given[-1].ask == "Is one even?"


async def test_few_words_after_a_probe_are_never_off_topic():
    """A reply of three words to a probe is at worst wrong, so no redirect follows."""
    interview = await held("only one here", "fine weather")
    assert "follow_up_asked:redirect" not in said(interview)
    assert interview.talk.threads[0].marks[-1].assessment.flags == ()


class Here:
    """A retriever that takes every text for an answer to the first question."""

    def questions(self, query, k=5):
        """Return that question."""
        return [Passage("first", "question", "first", query, 1.0)]


@pytest.mark.parametrize(("retriever", "flags"), [(None, ("off_topic",)), (Here(), ())])
async def test_many_words_after_a_probe_are_off_topic_only_where_they_fit_no_better_here(retriever, flags):
    """A long reply in words that the bank does not have is wrong at worst, unless it fits another question far better."""
    interview = await held("only one here")
    interview.retriever = retriever
    await interview.reply("in weather like this nobody knows what it may come to in the end")
    assert interview.talk.threads[0].marks[-1].assessment.flags == flags


async def test_stop_is_asked_back_before_the_interview_ends():
    """A bare "stop" may be half a thought: it is asked back, a yes ends the interview, and /end needs no question."""
    interview = await held("stop")
    assert said(interview)[-1] == "remark_made:end"
    assert not interview.finished
    await interview.reply("yes please")
    assert interview.finished
    assert (await held("/end")).finished


async def test_after_a_no_the_interview_goes_on():
    """A no repeats the question; an answer is graded as ever; a later yes ends nothing."""
    interview = await held("stop", "no, let's go on")
    assert said(interview)[-1] == "remark_made:small_talk"
    assert "What about first?" in interview.talk.events[-1].text
    graded = await held("stop", "one two here")
    assert "answer_graded" in said(graded)
    assert not (await held("stop", "only one here", "yes")).finished


def test_yes_means_end_only_when_asked():
    """The same word is an answer elsewhere."""
    assert (understand("yes"), understand("yes", asked_to_end=True)) == ("answer", "end")
    assert understand("continue", asked_to_end=True) == "small_talk"


async def test_endless_answer_is_refused_and_the_question_stays_open():
    """More than anybody says is not taken: one sentence, nothing stored, and a shorter answer is welcome."""
    interview = await held()
    before = list(interview.talk.events)
    with pytest.raises(UsageError, match=r"30,000 characters; the most that can be taken is 20,000"):
        await interview.reply("x" * 30_000)
    assert interview.talk.events == before
    await interview.reply("one two " + "x" * (LONGEST - 8))
    assert interview.finished


async def test_full_score_with_an_open_point_says_where_it_comes_from():
    """A score of ten beside an open core point names the bonus points that made up for it."""
    interview = await held("only one here")
    thread = interview.talk.threads[0]
    lines = open_card_lines(thread.question, thread.marks[-1].assessment, 10.0, 1)
    assert lines[0].startswith("10 of 10 so far, bonus points included")
    assert lines[-1].endswith("1 core point still to be shown in full")
    assert "bonus" not in open_card_lines(thread.question, thread.marks[-1].assessment, 5.0, 1)[0]


def test_partly_says_what_is_partly():
    """A half-shown point says that there is more to it, and quotes, without its claim."""
    assessment = Assessment(
        question="first", score=2.5, points=(PointVerdict(id="one", verdict="partial", evidence="bit"),), graded_by="g"
    )
    lines = open_card_lines(question("first"), assessment, 2.5, 2)
    assert lines[1:3] == ["  ~ partly       part of a point: there is more to it", '                 you said: "bit"']


async def test_ending_on_the_last_question_is_not_called_before_it():
    """The report says that the interview was ended early, which is true on the last question as well."""
    interview = await held("one here", "/end")
    told = " ".join(report_lines(interview.talk.finished.report, interview.bank))
    assert "The interview was ended early." in told
    assert "before the last" not in told


class Elsewhere:
    """A retriever that takes every text for an answer to another question."""

    def questions(self, query, k=5):
        """Return the other question."""
        return [Passage(OTHER.id, "question", OTHER.id, query, 1.0)]


async def test_first_answer_that_makes_points_of_another_question_is_off_topic():
    """Retrieval names the other question and the grader confirms it; babble that retrieval finds something for is only wrong."""
    for said_first, flags in (("three is what all of this is about", ("off_topic",)), ("we do what all of the others do", ())):
        interview = await held(questions=("third",))
        interview.retriever = Elsewhere()
        await interview.reply(said_first)
        assert interview.talk.threads[0].marks[-1].assessment.flags == flags


async def test_reply_to_a_probe_belongs_to_no_other_question():
    """What follows a probe is read beside the probe, whatever retrieval makes of it."""
    interview = await held("nothing of the sort in here", questions=("third",))
    assert interview.talk.asked.origin == "probe"
    interview.retriever = Elsewhere()
    await interview.reply("three is what all of this is about")
    assert interview.talk.threads[0].marks[-1].assessment.flags == ()


async def test_question_keeps_the_wording_in_which_it_was_put():
    """Said again, redirected and in the report it stands as the candidate has heard it, not as the bank puts it first."""
    bank = Bank([question("first"), question("second", variants=["How about second, then?"])])
    interview = Interview("s", bank, Log(), Grader(), EmbeddedInterviewer())
    await interview.start(Plan(questions=("first", "second"), count=2, seed=2))
    for reply in ("one two", "hm let me think", OFF, "/end"):
        await interview.reply(reply)
    spoken = [e.text for e in interview.talk.events if e.kind in ("question_asked", "remark_made", "follow_up_asked")]
    assert ["How about second, then?" in text for text in spoken] == [False, True, True, True]
    report = interview.talk.finished.report
    assert report.questions[1].ask == "How about second, then?"
    assert report.next_actions[0].startswith("How about second, then? A full answer says: ")
