"""Spaced repetition: which questions are due again. The schedule is FSRS-6 with its published weights (library `fsrs`).

There is one card per question, not per point: what can be asked is a question, its points are recalled together, and asking for
one point alone would name it. Which points were weak stands on the card. Nothing is stored: the cards are what replaying all
attempts in order of time gives, so the same log always gives the same cards, and a deleted session leaves no trace in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from mockinterview.grading.score import AFTER_PROBE, CREDIT
from mockinterview.models import Bank, Point, Question
from mockinterview.review.attempts import Attempt

if TYPE_CHECKING:
    import fsrs

PASS = 0.5  # the share of the core points from which on a question counts as remembered


@dataclass(frozen=True, slots=True)
class Card:
    """A question that was graded at least once: when it is due again and which core points the last first answer lacked.

    `due` and `last` are in UTC. `stability` is the number of days after which the chance to remember falls to 90 %.
    """

    question_id: str
    due: datetime
    last: datetime
    attempts: int
    stability: float
    weak: tuple[str, ...]

    def is_due(self, now: datetime) -> bool:
        """Tell whether the day on which the card is due has come, by the calendar of `now`'s time zone."""
        return self.due_on(now) <= now.date()

    def due_on(self, now: datetime) -> date:
        """Return the day on which the card is due, by the calendar of `now`'s time zone."""
        return self.due.astimezone(now.tzinfo).date()


def new_scheduler() -> fsrs.Scheduler:
    """Return the scheduler in use: no steps within a day, for people practise once an evening; no random spread of due days.

    A spread would come out differently at every replay.
    """
    import fsrs

    return fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def rating(question: Question, attempt: Attempt) -> int | None:
    """Return how well a question was remembered as an FSRS rating: 1 again, 3 good, 4 easy; None where nothing can be said.

    Again: under half of the core points (by weight, a partial one half, one that came late 0.7 of it), or a misconception was
    stated. Easy: all of them at once, and a follow-up was answered too. "Hard" is a pass in FSRS, so nothing is mapped to it.
    Points that the candidate disputes are left out.
    """
    points = [p for p in question.core if p.id not in attempt.disputed]
    if not attempt.graded or not points:
        return None
    shown = sum(p.weight * _share(p, attempt) for p in points) / sum(p.weight for p in points)
    if shown < PASS or attempt.misconceptions:
        return 1
    at_once = all(attempt.first.get(p.id) == "hit" for p in points)
    return 4 if at_once and attempt.followed else 3


def _share(point: Point, attempt: Attempt) -> float:
    return CREDIT[attempt.best.get(point.id, "miss")] * (AFTER_PROBE if attempt.late(point.id) else 1.0)


def cards(attempts: Iterable[Attempt], bank: Bank, scheduler: fsrs.Scheduler | None = None) -> list[Card]:
    """Return a card for each question of the bank that was graded, those that are due first in front."""
    rated: dict[str, list[tuple[Attempt, int]]] = {}
    for attempt in sorted(attempts, key=lambda a: a.at):
        how = rating(bank.get(attempt.question_id), attempt) if attempt.question_id in bank else None
        if how is not None:
            rated.setdefault(attempt.question_id, []).append((attempt, how))
    plan = scheduler or new_scheduler()
    made = [_card(bank.get(question_id), history, plan) for question_id, history in rated.items()]
    return sorted(made, key=lambda card: (card.due, card.question_id))


def _card(question: Question, history: Sequence[tuple[Attempt, int]], scheduler: fsrs.Scheduler) -> Card:
    import fsrs

    card = fsrs.Card(card_id=1)  # without an id the library waits a millisecond to make one
    for attempt, how in history:
        card, _ = scheduler.review_card(card, fsrs.Rating(how), attempt.at)
    last = history[-1][0]
    said = last.first or last.best
    weak = tuple(p.id for p in question.core if said.get(p.id) != "hit" and p.id not in last.disputed)
    return Card(question.id, card.due, last.at, len(history), card.stability or 0.0, weak)


def due(deck: Iterable[Card], now: datetime) -> list[Card]:
    """Return the cards that are due by `now` (with a time zone), the longest overdue first."""
    return sorted((card for card in deck if card.is_due(now)), key=lambda card: (card.due, card.question_id))


def outlook(deck: Sequence[Card], now: datetime) -> str:
    """Return what is due by `now` (with a time zone) and when the next is, in one or two sentences."""
    waiting = due(deck, now)
    day, count = next_day(deck, now)
    if not deck:
        return "Nothing to review: no question has been graded yet. `mockinterview start` begins an interview."
    so_far = f"Due: {len(waiting)} of {len(deck)} questions." if waiting else "Nothing is due."
    if day is None:
        return so_far
    days = (day - now.date()).days
    return f"{so_far} Next: {count} question{'s' if count > 1 else ''} on {day} ({'tomorrow' if days == 1 else f'in {days} days'})."


def next_day(deck: Sequence[Card], now: datetime) -> tuple[date | None, int]:
    """Return the first day on which a card becomes due that is not due by `now`, and how many do; None and 0 where none does."""
    later = upcoming([card for card in deck if not card.is_due(now)], now)
    return next(iter(later.items()), (None, 0))


def upcoming(deck: Iterable[Card], now: datetime, days: int | None = None) -> dict[date, int]:
    """Return how many cards become due on each coming day, in order; today has all that is due by now. No day has 0.

    `days` is how many days from today on are looked at; None looks at all.
    """
    counts = Counter(max(card.due_on(now), now.date()) for card in deck)
    end = now.date() + timedelta(days=days) if days is not None else date.max
    return {day: count for day, count in sorted(counts.items()) if day < end}
