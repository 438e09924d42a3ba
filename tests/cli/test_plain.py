"""Plain lines of an interview that is resumed: what was told then is told again, and no more."""

from __future__ import annotations

import json

import pytest
from tests.scripted import Log, WordGrader

from mockinterview.cli.plain import WIDTH, JsonLines, PlainLines
from mockinterview.interview.loop import Interview
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Bank, Plan, Question, RemarkMade


def question(name: str, **more) -> Question:
    """Return a question with two points that cannot be probed."""
    points = [{"id": i, "claim": f"The {i} secret of {name}."} for i in ("one", "two")]
    return Question.model_validate(
        {"id": name, "topic": "cnn", "level": "foundation", "ask": f"What about {name}?", "points": points, **more}
    )


@pytest.fixture
async def interview() -> Interview:
    """Return an interview about two questions, the first of which leads on to a third one."""
    edge = {"to": "inner", "when": "always", "origin": "documented", "source": {"doc": "001", "number": 4}, "bridge": "On."}
    bank = Bank([question("first", follow_ups=[edge]), question("second"), question("inner")])
    interview = Interview("s", bank, Log(), WordGrader(), EmbeddedInterviewer())
    await interview.start(Plan(questions=("first", "second"), count=2, seed=1))
    return interview


async def said(interview: Interview, *replies: str) -> None:
    """Say these things."""
    for reply in replies:
        await interview.reply(reply)


async def test_a_question_that_another_led_to_has_the_number_of_that_one(interview, capsys):
    """When it is asked and when the session is shown again, whatever was asked since and before."""
    lines = PlainLines(interview, interactive=False)
    interview.listen(lines.show)
    await said(interview, "/skip", "/back", "one two here")
    assert "\nQuestion 1a\n" in capsys.readouterr().out
    await said(interview, "one two there")
    lines.show_past()
    again = capsys.readouterr().out
    assert "\nQuestion 1a\n" in again
    assert "Question 2a" not in again


async def test_a_question_that_was_skipped_and_is_open_again_keeps_its_secrets(interview, capsys):
    """The closing lines of the skip are those that were shown then."""
    await said(interview, "/skip", "/back")
    PlainLines(interview, interactive=False).show_past()
    again = capsys.readouterr().out
    assert "Skipped. /back returns to it" in again
    assert "secret" not in again


async def test_end_of_input_tells_nothing_of_a_question_that_may_come_back(interview, capsys):
    """What was skipped can be taken up when the session goes on."""
    await said(interview, "/skip")
    await PlainLines(interview, interactive=False).end_of_input()
    report = capsys.readouterr().out
    assert "first: not graded (skipped)" in report
    assert "secret of" not in report


async def test_half_a_surrogate_pair_does_not_end_the_json_lines(interview, capsys):
    """Another front end may have stored one; it is written as JSON escapes it, beside text that is written as it is."""
    event = RemarkMade(text="a\ud83d ½")
    JsonLines(interview).show(event)
    line = capsys.readouterr().out
    assert json.loads(line) == event.model_dump(mode="json")
    assert "a\\ud83d ½" in line


async def test_a_long_line_goes_on_where_its_text_began(capsys):
    """A claim or a quote wider than a line is broken between words, below the column of the text."""
    points = [{"id": "one", "claim": "A truth of many words that go on and on. " * 4}, {"id": "two", "claim": "Another."}]
    bank = Bank([question("first", points=points), question("second")])
    interview = Interview("s", bank, Log(), WordGrader(), EmbeddedInterviewer())
    await interview.start(Plan(questions=("first", "second"), count=2, seed=1))
    interview.listen(PlainLines(interview, interactive=False).show)
    await said(interview, "one of them")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    first = next(at for at, line in enumerate(lines) if line.startswith("  + hit"))
    assert lines[first + 1][:17].isspace()
    assert lines[first + 1][17].isalpha()
