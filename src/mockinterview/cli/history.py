"""`sessions search`, `compare`, `regrade` and `progress`: what past interviews tell."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mockinterview.cli.compose import Workshop
from mockinterview.cli.output import put_json, put_lines
from mockinterview.errors import NotComparableError
from mockinterview.interview.regrade import regraded
from mockinterview.models import Bank, Event
from mockinterview.ports import Grader
from mockinterview.report import bar, score_text
from mockinterview.review.attempts import Attempt, attempts
from mockinterview.review.history import Comparison, PointChange, Progress, Week
from mockinterview.review.history import compare as compared
from mockinterview.review.history import progress as progress_of
from mockinterview.review.schedule import cards, upcoming

FORECAST = 14  # days of what becomes due
CHANGES = {"better": "+ better", "same": "= same", "worse": "- worse", "unknown": "? not graded"}


def search(arguments: argparse.Namespace) -> int:
    """Show where all words of a text were said, in questions and answers, latest first."""
    found = Workshop().store.search(" ".join(arguments.text))
    if arguments.json:
        put_json([{"session": f.session_id, "question": f.question_id, "snippet": f.snippet} for f in found])
        return 0
    put_lines(f"{f.session_id}  {f.question_id:<34} {f.snippet}" for f in found)
    if not found:
        sys.stderr.write("That was never said.\n")
    return 0


def compare(arguments: argparse.Namespace) -> int:
    """Show two sessions beside each other, point by point, for the questions that both have."""
    workshop = Workshop.from_arguments(arguments)
    before, after = (workshop.store.resolve(name) for name in (arguments.before, arguments.after))
    old, new = (attempts(workshop.store.events(name)) for name in (before, after))
    found = compared(old, new)
    if arguments.json:
        both = {c.question_id for c in found}
        alone = {name: [a.question_id for a in some if a.question_id not in both] for name, some in ((before, old), (after, new))}
        put_json({"before": before, "after": after, "questions": [_as_data(c) for c in found], "only_in": alone})
    else:
        put_lines(line for c in found for line in _lines(c, workshop.bank))
    return 0


def regrade(arguments: argparse.Namespace) -> int:
    """Mark the answers of a session again and show old and new marks beside each other. Nothing is stored.

    The log holds what happened in interviews; a mark given later belongs to no moment of them, and would count in no progress.
    """
    workshop = Workshop.from_arguments(arguments)
    session_id = workshop.store.resolve(arguments.session)
    events = workshop.store.events(session_id)
    name = arguments.judge or arguments.backend or workshop.settings.judge or workshop.settings.backend
    grader = workshop.grader_named(name)
    found = marked_again(session_id, events, workshop.bank, grader)
    if arguments.json:
        put_json({"session": session_id, "grader": grader.name, "questions": [_as_data(c) for c in found]})
    else:
        put_lines(line for c in found for line in _lines(c, workshop.bank))
    return 0


def marked_again(session_id: str, events: Sequence[Event], bank: Bank, grader: Grader) -> list[Comparison]:
    """Return the marks of a session beside those that a grader gives now; nothing is stored.

    Raises NotComparableError where no question was closed, BackendError where the grader cannot be reached.
    """
    old, new = attempts(events), attempts(asyncio.run(regraded(events, bank, grader)))
    if not old:
        raise NotComparableError(f"Session {session_id} has no closed question to mark.", "`mockinterview resume` goes on with it.")
    return compared(old, new)


def _as_data(comparison: Comparison) -> dict[str, Any]:
    before, after = comparison.before, comparison.after
    return {
        "question": comparison.question_id,
        "before": _attempt_data(before),
        "after": _attempt_data(after),
        "points": [asdict(point) for point in comparison.points],
    }


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at.isoformat(timespec="seconds"),
        "at_once": attempt.at_once,
        "after_follow_up": attempt.after_follow_up,
        "misconceptions": list(attempt.misconceptions),
        "graded_by": list(attempt.graded_by),
    }


def _lines(comparison: Comparison, bank: Bank) -> Iterable[str]:
    before, after = comparison.before, comparison.after
    yield comparison.question_id
    for label, attempt in (("before", before), ("after", after)):
        marks = f"{score_text(attempt.at_once)} at once, {score_text(attempt.after_follow_up)} after follow-up"
        yield f"  {label:<7} {attempt.at:%Y-%m-%d}  {marks}  (marked by {', '.join(attempt.graded_by) or 'nobody'})"
    claims = {p.id: p.claim for p in bank.get(comparison.question_id).points} if comparison.question_id in bank else {}
    for point in comparison.points:
        yield f"  {CHANGES[point.change]:<13} {_verdicts(point):<36} {claims.get(point.id, point.id)}"
    yield ""


def _verdicts(point: PointChange) -> str:
    sides = ((point.before, point.before_late), (point.after, point.after_late))
    return " -> ".join(f"{verdict or 'not graded'}{' (late)' if late else ''}" for verdict, late in sides)


def progress(arguments: argparse.Namespace) -> int:
    """Show mean scores by week and topic, and how many questions become due on each of the coming days."""
    workshop = Workshop.from_arguments(arguments)
    now = datetime.now().astimezone()
    history = workshop.attempts()
    made = progress_of(history, workshop.bank, now.tzinfo)
    coming = upcoming(cards(history, workshop.bank), now, FORECAST)
    if arguments.json:
        topics = {topic: [_week_data(week) for week in weeks] for topic, weeks in made.topics.items()}
        ahead = [{"date": day.isoformat(), "questions": count} for day, count in coming.items()]
        put_json({"weeks": [_week_data(week) for week in made.weeks], "topics": topics, "due": ahead})
        return 0
    put_lines(_progress_lines(made))
    put_lines(["", "Due:", *(f"  {day}  {count}" for day, count in coming.items())] if coming else [])
    if not made.weeks:
        sys.stderr.write("No question has been closed yet. `mockinterview start` begins an interview.\n")
    return 0


def _week_data(week: Week) -> dict[str, Any]:
    return {**asdict(week), "starts": week.starts.isoformat(), "graded_by": list(week.graded_by)}


def _progress_lines(made: Progress) -> Iterable[str]:
    for title, weeks in (("All topics", made.weeks), *made.topics.items()):
        for week in weeks:
            drawn = bar(week.after_follow_up) if week.after_follow_up is not None else ""
            scores = f"{score_text(week.at_once):>10} at once, {score_text(week.after_follow_up):>10} after follow-up"
            yield f"{title:<24} week of {week.starts}  {scores}  {drawn}  {week.graded} of {week.attempts} graded"
