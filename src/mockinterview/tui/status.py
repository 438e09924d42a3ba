"""The lines around an interview: where it stands, how long it has taken, what help costs. Pure text."""

from __future__ import annotations

from mockinterview.interview.state import Talk
from mockinterview.tui.keys import label


def status_line(talk: Talk, seconds: float) -> str:
    """Return question n of m, topic, level, mode and the time that was spent."""
    plan, focus = talk.plan, talk.focus
    place = f"Question {_number(talk)} of {plan.count}" if talk.number else "Getting ready"
    subject = f"{focus.question.topic}, {focus.question.level}" if focus else ", ".join(plan.topics)
    return " | ".join(part for part in (place, subject, f"{plan.mode}, {plan.format}", _clock(talk, seconds)) if part)


def _number(talk: Talk) -> int:
    """Return the number of the question in talk, which may be an earlier one that is taken up again; else of the last one."""
    return talk.number_of(talk.main) if talk.main else talk.number


def _clock(talk: Talk, seconds: float) -> str:
    spent = _minutes(int(seconds))
    return f"{spent} of {_minutes(round(talk.plan.minutes * 60))}" if talk.plan.minutes else spent


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def cost_of_help(talk: Talk) -> str:
    """Return what a hint costs, before it is taken; "" where none can be had."""
    if talk.plan.mode == "exam" or talk.focus is None or talk.finished:
        return ""
    open_points = [p for p in talk.focus.question.core if p.hint and p.id in talk.focus.missed_core()]
    if all(p.id in talk.focus.hinted for p in open_points):
        none = "no hint left" if talk.focus.hinted else "no hint for this question"
        return f"{none}, {label('clarify')} clarify: free"
    return f"{label('hint')} hint: counts half, {label('clarify')} clarify: free"
