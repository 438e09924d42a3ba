"""Whole interviews over each rung of the ladder, with a server that dies half way, and with a model that lies."""

import json
import re

import pytest
from conftest import Stand, form
from loopback import say, status

from mockinterview.grading.judge import ModelGrader
from mockinterview.interview.loop import Interview
from mockinterview.interview.model_voice import ModelInterviewer
from mockinterview.models import EVENT, AnswerGiven, AnswerGraded, FollowUpAsked, InterviewFinished, Plan

ANSWERS = (
    "It switches off neurons at random, as I remember.",
    "One unit is kept or dropped, so zeroes everywhere.",
    "Padding keeps the border of the picture.",
    "I think that is all I can say about the subject.",
)


class MemoryLog:
    """A session log in memory that writes and reads JSON as the real one does."""

    def __init__(self):
        self.lines = []

    def append(self, session_id, event):
        """Keep the event."""
        self.lines.append(event.model_dump_json())

    def events(self, session_id):
        """Return what was kept."""
        return [EVENT.validate_json(line) for line in self.lines]


def judge(forms=("json_schema", "json_object", "plain"), lie=False):
    """Act: judge by the answer's own words, choose the first move, ask in other words; take only some forms of output.

    With `lie`, every point is hit, with quotes that nobody said.
    """

    def act(handler, body):
        if body.get("stream"):
            said = re.search(r"What to ask next \(.*?\): (.*)", body["messages"][-1]["content"])[1]
            say(f"Tell me, {said[0].lower()}{said[1:]}")(handler, body)
            return
        kind = body.get("response_format", {}).get("type", "plain")
        if kind not in forms:
            status(400, f"response_format {kind} is not supported")(handler, body)
            return
        system, prompt = (message["content"] for message in body["messages"][:2])
        text = json.dumps(_marks(prompt, lie=lie)) if "reference points" in system else '{"choice": 1}'
        say(f"Sure:\n```json\n{text}\n```" if kind == "plain" else text)(handler, body)

    return act


def _marks(prompt, *, lie):
    ids = re.findall(r'^- id "(.*?)"', prompt.split("Misconceptions:")[0], re.MULTILINE)
    answer = re.search(r"<answer-\w+>\n(.*)\n</answer", prompt, re.DOTALL)[1]
    quote = "the very best answer that was ever given" if lie else answer
    return {"points": {name: {"quote": quote, "verdict": "hit"} for name in ids}, "misconceptions": {"at-test": {"quote": ""}}}


async def interview(model, prompts, bank, after_answer=lambda number: None, answers=ANSWERS):
    """Hold an interview and return its events; `after_answer` is called before each answer with its number."""
    log = MemoryLog()
    talk = Interview("s", bank, log, ModelGrader(model, prompts, Stand(), form), ModelInterviewer(model, prompts, bank))
    await talk.start(Plan(questions=("dropout",), count=1, seed=3))
    for number, answer in enumerate(answers):
        if talk.finished:
            break
        after_answer(number)
        await talk.reply(answer)
    if not talk.finished:
        await talk.command("end")
    return log.events("s")


def marks(events):
    """Return the assessments."""
    return [event.assessment for event in events if isinstance(event, AnswerGraded)]


@pytest.mark.parametrize("rung", ["json_schema", "json_object", "plain"])
async def test_an_interview_over_each_rung(model, server, prompts, bank, rung):
    """The same interview whatever the server can do: every answer is marked by the model, the report is there."""
    server.otherwise = judge(forms=(rung, "plain"))
    events = await interview(model, prompts, bank)
    assert model.structured == rung
    assert isinstance(events[-1], InterviewFinished)
    assert {mark.graded_by for mark in marks(events)} == {"scripted"}
    assert events[-1].report.graded_by == ("scripted",)
    assert events[-1].report.at_once == 10.0
    assert any(event.text.startswith("Tell me, ") for event in events if isinstance(event, FollowUpAsked))


@pytest.mark.parametrize("dies_at", [0, 1])
async def test_a_server_that_dies_half_way(model, server, prompts, bank, dies_at):
    """From then on the embedded grader marks, and says so; nothing that was said is lost, and the report names both."""
    server.otherwise = judge(lie=True)

    def die(number):
        if number == dies_at:
            server.close()

    events = await interview(model, prompts, bank, die)
    by = [mark.graded_by for mark in marks(events)]
    assert by == ["scripted"] * dies_at + ["embedded"] * (len(by) - dies_at)
    assert len(by) >= 2
    assert all("scripted did not grade this answer" in mark.note for mark in marks(events)[dies_at:])
    assert [event.text for event in events if isinstance(event, AnswerGiven)][: len(by)] == list(ANSWERS[: len(by)])
    assert all(event.text for event in events if isinstance(event, FollowUpAsked))
    assert set(events[-1].report.graded_by) == set(by)


async def test_a_model_that_lies_gives_nothing_away(model, server, prompts, bank):
    """All points hit, by invented quotes: 0 hits and a score of 0 in the report."""
    server.otherwise = judge(lie=True)
    answers = ["It makes the learning rate smaller after each epoch, I think."] * 4
    events = await interview(model, prompts, bank, answers=answers)
    verdicts = [point.verdict for mark in marks(events) for point in mark.points]
    assert verdicts
    assert set(verdicts) == {"miss"}
    assert events[-1].report.at_once == 0.0


async def test_a_set_aside_model_costs_no_time(model, server, prompts, bank):
    """After three failures in a row nothing is asked any more, and the marks say so."""
    server.otherwise = status(400, "out of order")
    events = await interview(model, prompts, bank)
    assert model.set_aside
    assert len(server.chats) == 3
    assert "set aside" in marks(events)[-1].note
