"""Skipped questions that are taken up again: on request, and offered once after the last question."""

from __future__ import annotations

import pytest

from mockinterview.errors import UsageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.state import Talk, fold
from mockinterview.interview.summary import build_report
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import EVENT, Assessment, Bank, Plan, PointVerdict, Question
from mockinterview.review.attempts import attempts

NAMES = ("first", "second", "third")


class Grader:
    """Hits the one point of a question where the answer says yes."""

    name = "yes"

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the verdict."""
        hit = "yes" in answer
        point = PointVerdict(id="it", verdict="hit" if hit else "miss", evidence="yes" if hit else "")
        return Assessment(question=question.id, score=10.0 * hit, points=(point,), graded_by=self.name)


class Log(list):
    """A log in memory."""

    def append(self, session_id, event) -> None:
        """Keep the event as a file would."""
        super().append(EVENT.validate_json(EVENT.dump_json(event)))


@pytest.fixture
def bank() -> Bank:
    """Return three questions with one point each; the second leads to another one."""

    def question(name: str, **more) -> Question:
        return Question.model_validate(
            {"id": name, "topic": "t", "level": "foundation", "ask": f"What is {name}?",
             "points": [{"id": "it", "claim": "It is so.", "probe": "And?", "weight": 1}], **more}
        )  # fmt: skip

    edge = {"to": "inner", "origin": "documented", "when": "always", "bridge": "On from there."}
    return Bank([question("first"), question("second", follow_ups=[edge]), question("third"), question("inner")])


async def held(bank: Bank, *replies: str, **plan) -> Interview:
    """Return an interview in which the candidate said these things."""
    interview = Interview("s", bank, Log(), Grader(), EmbeddedInterviewer())
    await interview.start(Plan.model_validate({"questions": NAMES, "count": 3, "max_follow_ups": 0, "seed": 1, **plan}))
    for reply in replies:
        await (interview.command(reply[1:]) if reply.startswith("/") else interview.reply(reply))
    return interview


def course(interview: Interview) -> list[str]:
    """Return which question was asked (?), taken up again (+) and closed (.), in order."""
    signs = {"question_asked": "?", "question_reopened": "+", "question_closed": "."}
    return [f"{e.question_id}{signs[e.kind]}" for e in interview.talk.events if e.kind in signs]


async def test_back_takes_up_the_one_skipped_last_and_then_the_one_left_for_it(bank):
    """The question that is left waits, keeps its place and comes again; the answer counts as one at once."""
    interview = await held(bank, "/skip", "/back", "yes, it", "yes, it")
    assert course(interview) == ["first?", "first.", "second?", "first+", "first.", "second+", "second.", "third?"]
    assert (interview.talk.number, interview.talk.focus.question.id) == (3, "third")
    assert interview.talk.threads[0].score_at_once == 10.0
    assert [t.question.id for t in interview.talk.threads] == list(NAMES)


@pytest.mark.parametrize("words", ["/back", "can we go back to the question I skipped?", "back to the skipped one please"])
async def test_words_for_it(bank, words):
    """It is a command and can be said."""
    interview = await held(bank, "/skip", words)
    assert course(interview)[-1] == "first+"


async def test_a_question_with_an_answer_is_not_taken_up_again(bank):
    """When it is closed, what was missing is told; an answer after that would show nothing."""
    interview = await held(bank, "nothing", "/skip", "/back", max_follow_ups=1)
    assert interview.talk.events[-1].about == "back"
    assert interview.talk.focus.question.id == "second"


async def test_what_was_redirected_is_no_answer(bank, monkeypatch):
    """Talk about something else, and then a wish to come back later: the question is taken up again."""
    grade = Grader.grade

    async def elsewhere(self, question, answer):
        mark = await grade(self, question, answer)
        return mark.model_copy(update={"flags": ("off_topic",)}) if "pizza" in answer else mark

    monkeypatch.setattr(Grader, "grade", elsewhere)
    interview = await held(bank, "we had pizza in the office", "/skip", "/back", "yes, it", max_follow_ups=1)
    assert course(interview)[:5] == ["first?", "first.", "second?", "first+", "first."]
    assert interview.talk.threads[0].score_at_once == 10.0


async def test_back_without_anything_skipped(bank):
    """Then it is said that there is nothing, and the question stays open."""
    interview = await held(bank, "/back")
    assert interview.talk.events[-1].about == "back"
    assert interview.waiting
    assert interview.talk.focus.question.id == "first"


async def test_skipped_ones_are_offered_after_the_last_question(bank):
    """Each once, in their order, and the interview is over when all were answered."""
    interview = await held(bank, "/skip", "/skip", "yes, it", "yes, it", "yes, it")
    assert course(interview)[5:] == ["third.", "first+", "first.", "second+", "second."]
    report = interview.talk.finished.report
    assert (report.asked, report.graded, report.at_once) == (3, 3, 10.0)


async def test_the_offer_can_be_declined(bank):
    """Who skips what is offered gets the report at once; so does who skips the last question with nothing else skipped."""
    declined = await held(bank, "/skip", "/skip", "yes, it", "/skip")
    assert declined.finished
    assert course(declined)[-2:] == ["first+", "first."]
    assert declined.talk.finished.report.graded == 1
    answered = await held(bank, "nothing", "/skip", "yes, it", "yes, it", max_follow_ups=1)
    assert "question_reopened" not in [e.kind for e in answered.talk.events]
    last = await held(bank, "yes, it", "yes, it", "/skip")
    assert last.finished
    assert "question_reopened" not in [e.kind for e in last.talk.events]


async def test_back_out_of_a_documented_follow_up_and_in_again(bank):
    """The question that a follow-up led to waits together with its main question."""
    interview = await held(bank, "/skip", "yes, it", "/back", max_follow_ups=1)
    assert interview.talk.focus.question.id == "first"
    await interview.reply("yes, it")
    assert interview.talk.focus.question.id == "inner"
    assert interview.talk.events[-1].text.endswith("What is inner?")
    await interview.reply("yes, it")
    assert course(interview)[-3:] == ["inner.", "second.", "third?"]
    assert interview.talk.follow_ups == 0


async def test_no_offer_when_the_time_is_over(bank, monkeypatch):
    """Then the report comes, as after any question."""
    interview = await held(bank, "/skip", "/skip", minutes=1.0)
    monkeypatch.setattr(Talk, "seconds", lambda self: 61.0)
    await interview.reply("yes, it")
    assert interview.talk.finished.reason == "time"
    assert "question_reopened" not in [e.kind for e in interview.talk.events]


async def test_the_log_replays_and_resumes_at_every_event(bank):
    """Cut off after any event, the interview comes to the same report."""
    replies = ["/skip", "/skip", "/back", "yes, it", "nothing", "yes, it"]
    whole = await held(bank, *replies)
    assert whole.finished
    assert build_report(fold(whole._log, bank)) == whole.talk.finished.report
    for cut in range(1, len(whole._log)):
        log = Log(whole._log[:cut])
        again = Interview("s", bank, log, Grader(), EmbeddedInterviewer(), events=list(log))
        await again.advance()
        for reply in replies[sum(e.kind == "answer_given" for e in log) :]:
            await (again.command(reply[1:]) if reply.startswith("/") else again.reply(reply))
        assert course(again) == course(whole), cut
        assert again.talk.finished.report == whole.talk.finished.report


async def test_history_counts_a_question_once(bank):
    """An attempt that was taken up again is one attempt, with its last scores; one that is still open is none."""
    interview = await held(bank, "/skip", "/back")
    assert attempts(interview.talk.events) == []
    await interview.reply("yes, it")
    assert [(a.question_id, a.at_once) for a in attempts(interview.talk.events)] == [("first", 10.0)]


async def test_unknown_commands_name_it(bank):
    """The remedy of a wrong command lists it."""
    with pytest.raises(UsageError) as caught:
        await held(bank, "/bak")
    assert "/back" in str(caught.value)
