"""`review`: asks again what is due, or tells what is due and when the next is."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mockinterview.cli.compose import Workshop
from mockinterview.cli.interviews import hold, lines_wanted
from mockinterview.cli.output import put_json, put_lines
from mockinterview.errors import UsageError
from mockinterview.review.schedule import Card, cards, due, next_day, outlook

if TYPE_CHECKING:
    from collections.abc import Sequence


def review(arguments: argparse.Namespace) -> int:
    """Hold an interview over the questions that are due, or only list them (`--list`); say so where none is."""
    if arguments.json and not arguments.list:
        raise UsageError("--json goes with --list.", "`mockinterview review --jsonl` holds the review as JSON lines.")
    workshop = Workshop.from_arguments(arguments)
    workshop.warn_of_faults()
    now = datetime.now().astimezone()
    deck = cards(workshop.attempts(), workshop.bank)
    if arguments.list:
        return _list(deck, now, as_json=arguments.json)
    waiting = [card.question_id for card in due(deck, now)]
    if not waiting:
        sys.stderr.write(outlook(deck, now) + "\n")
        return 0
    asked = waiting[: workshop.settings.count]
    sys.stderr.write(f"Due: {len(waiting)}. Asking {len(asked)}.\n")
    return _ask(workshop, arguments, asked)


def _ask(workshop: Workshop, arguments: argparse.Namespace, questions: Sequence[str]) -> int:
    if lines_wanted(arguments):
        return hold(workshop, arguments, workshop.plan(seed=arguments.seed, questions=tuple(questions)))
    from mockinterview.cli.app import open_app

    arguments.question, arguments.direct = list(questions), True
    return open_app(arguments)


def _list(deck: Sequence[Card], now: datetime, *, as_json: bool) -> int:
    waiting = due(deck, now)
    if as_json:
        put_json(
            {
                "now": now.isoformat(timespec="seconds"),
                "cards": len(deck),
                "due": [_as_data(c) for c in waiting],
                **_next(deck, now),
            }
        )
        return 0
    put_lines(f"{card.question_id:<34} since {card.due_on(now)}  {_weak(card)}" for card in waiting)
    put_lines([outlook(deck, now)])
    return 0


def _as_data(card: Card) -> dict[str, Any]:
    return {
        "question": card.question_id,
        "due": card.due.isoformat(timespec="seconds"),
        "last": card.last.isoformat(timespec="seconds"),
        "attempts": card.attempts,
        "stability_days": round(card.stability, 2),
        "weak": list(card.weak),
    }


def _next(deck: Sequence[Card], now: datetime) -> dict[str, Any]:
    day, count = next_day(deck, now)
    return {"next": day.isoformat() if day else None, "next_count": count}


def _weak(card: Card) -> str:
    return f"weak: {', '.join(card.weak)}" if card.weak else "nothing was missing last time"
