"""The two front ends without a screen: plain lines for people (and screen readers), JSON lines for programs."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable

from mockinterview.errors import UsageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.state import Talk, Thread
from mockinterview.interview.summary import question_report, standing
from mockinterview.models import (
    AnswerGiven,
    AnswerGraded,
    Event,
    FollowUpAsked,
    HintGiven,
    InterviewFinished,
    InterviewStarted,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RemarkMade,
)
from mockinterview.report import closing_lines, open_card_lines, report_lines
from mockinterview.sanitize import clean, escape_json

WIDTH = 92
_TEXT = re.compile(r"(?: {2}[-+~!=] .{13}|\s*)")  # the column of signs and verdicts, or the indent
HELP = (
    "Type your answer and press Enter. A backslash at the end of a line continues it on the next one.\n"
    "/hint      a hint (what it draws out counts half)\n"
    "/skip      leave this question\n"
    "/back      return to the question that you skipped last\n"
    "/clarify   ask what is meant\n"
    "/end       end the interview with a report\n"
    "/help      this list"
)


class JsonLines:
    """Prints every event as it is stored, one JSON document a line."""

    def __init__(self, interview: Interview) -> None:
        self.interview = interview

    def show(self, event: Event) -> None:
        """Print one event."""
        # Not `model_dump_json`, which refuses half a surrogate pair.
        line = json.dumps(event.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        sys.stdout.write(escape_json(line) + "\n")
        sys.stdout.flush()

    def show_past(self) -> None:
        """Print the events that a resumed session already has."""
        for event in self.interview.talk.events:
            self.show(event)

    def prompt(self) -> None:
        """Print nothing: a program knows when to speak."""

    async def end_of_input(self) -> None:
        """End the interview with its report: programs rely on getting one."""
        await self.interview.command("end")

    async def take(self, line: str) -> None:
        """Pass on one answer or command. What cannot be taken becomes a line of kind "error", which is not part of the session."""
        if line.strip() == "/help":
            sys.stderr.write(HELP + "\n")
            return
        try:
            await _take(self.interview, line)
        except UsageError as error:
            sys.stderr.write(clean(f"{error}\n"))
            sys.stdout.write(json.dumps({"kind": "error", "message": error.message, "hint": error.hint}) + "\n")
            sys.stdout.flush()


class PlainLines:
    """Prints the interview as lines of text. No colour, no cursor movement, nothing that a screen reader stumbles over."""

    def __init__(self, interview: Interview, *, interactive: bool) -> None:
        self.interview = interview
        self.interactive = interactive
        self._blank = True  # whether the last line was empty: two of them in a row say no more than one

    def show(self, event: Event) -> None:
        """Print what a person wants to know of an event."""
        self._put(event, self.interview.talk)

    def _put(self, event: Event, talk: Talk) -> None:
        """Print an event; `talk` is the state just after it."""
        for line in self._lines(event, talk):
            if line or not self._blank:
                sys.stdout.write(clean(line) + "\n")
            self._blank = not line
        sys.stdout.flush()

    def show_past(self) -> None:
        """Print where a resumed session stands: the questions so far in short, and the open one in full."""
        talk = self.interview.talk
        sys.stdout.write(f"Going on with session {talk.session_id}: question {talk.number} of {talk.plan.count}.\n")
        then = Talk(talk.bank)
        for event in talk.events:
            then.take(event)
            if isinstance(event, AnswerGiven):
                sys.stdout.write(clean(f"> {event.text}") + "\n")
            elif not isinstance(event, InterviewStarted | AnswerGraded):
                self._put(event, then)

    def prompt(self) -> None:
        """Print the prompt where a person sits at the keyboard."""
        if self.interactive and not self.interview.finished:
            sys.stdout.write("> ")
            sys.stdout.flush()

    async def end_of_input(self) -> None:
        """Print how the interview stands and how to go on with it: whoever hung up or closed the window did not say `/end`."""
        talk = self.interview.talk
        sys.stdout.writelines(clean(line) + "\n" for line in ["", *_hanging(report_lines(standing(talk), talk.bank))])

    async def take(self, line: str) -> None:
        """Pass on one answer or command; what cannot be taken is answered, and nothing is lost."""
        if line.strip() == "/help":
            sys.stdout.write(HELP + "\n")
            return
        try:
            await _take(self.interview, line)
        except UsageError as error:
            sys.stdout.writelines(f"{part}\n" for part in _wrapped(clean(str(error))))

    def _lines(self, event: Event, talk: Talk) -> list[str]:
        match event:
            case InterviewStarted():
                return [_introduction(event), ""]
            case QuestionAsked():
                return ["", f"Question {event.number} of {event.total}", *_wrapped(event.text)]
            case FollowUpAsked() if event.to:
                return ["", f"Question {talk.number_of(talk.thread(event.to))}a", *_wrapped(event.text)]
            case FollowUpAsked() | RemarkMade():
                return _wrapped(event.text)
            case QuestionReopened():
                return ["", *_wrapped(event.text)]
            case HintGiven():
                return _wrapped(f"Hint (what it draws out counts half): {event.text}")
            case AnswerGraded() if talk.plan.mode == "practice":
                thread = talk.thread(event.question_id)
                return ["", *_hanging(_card(thread, event, talk)), ""]
            case QuestionClosed() if talk.plan.mode == "practice":
                thread = talk.thread(event.question_id)
                if thread.untouched and not thread.parent:
                    return ["", "Skipped. /back returns to it; the report tells what was expected."]
                return ["", *_hanging(closing_lines(thread.question, event, question_report(thread)))]
            case InterviewFinished():
                return ["", *_wrapped(event.text), "", *_hanging(report_lines(event.report, talk.bank))]
        return []


def _card(thread: Thread, event: AnswerGraded, talk: Talk) -> list[str]:
    return open_card_lines(
        thread.question, event.assessment, thread.score_after, len(thread.missed_core()),
        earned=thread.earned_before, expected=talk.expected(event.assessment),
    )  # fmt: skip


async def _take(interview: Interview, line: str) -> None:
    """Pass on one answer or command; raise UsageError for a command that does not exist and an answer that is too long."""
    word = line.strip()
    if word.startswith("/") and word[1:].isalpha():
        await interview.command(word[1:])
    else:
        await interview.reply(line)


def _introduction(event: InterviewStarted) -> str:
    plan = event.plan
    about = plan.about or ", ".join(plan.topics) or "all topics"
    end = f", {plan.minutes:g} minutes" if plan.minutes else ""
    number = f"{plan.count} question{'s' if plan.count > 1 else ''}"
    kind = ", ".join(part for part in (plan.level, plan.mode, plan.format) if part)
    return f"Session {event.session_id}: {number}{end} ({about}; {kind}). /help lists the commands."


def _hanging(lines: Iterable[str]) -> list[str]:
    """Return lines none of which is wider than WIDTH; what does not fit goes on below where its text began."""
    found = []
    for line in lines:
        start = _TEXT.match(line)
        indent = " " * (start.end() if start else 0)
        found += textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
    return found


def _wrapped(text: str) -> list[str]:
    return [piece for line in text.splitlines() for piece in textwrap.wrap(line, WIDTH) or [""]]
