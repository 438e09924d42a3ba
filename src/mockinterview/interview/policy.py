"""What comes next. `next_step` is pure: the same state gives the same step, so retry, resume and restart are the same call.

Order of follow-ups: challenge a stated misconception; probe the heaviest missed core point; the documented follow-up when its
condition holds (one place of the three is kept for it); an exercise; deepen a bonus point; move on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from mockinterview.interview.replies import is_bare, understand
from mockinterview.interview.state import Talk, Thread
from mockinterview.models import LEVELS, AnswerGiven, FollowUp, FollowUpAsked, Intent, Move, Question, QuestionClosed

GIVE_UP_AFTER = 2  # "I don't know" in a row on one question: further probing would only embarrass
_STEM: Final = 6  # letters by which words are compared
STRETCH = frozenset({"exercise", "deepen", "example"})


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the candidate."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Put a main question; `bridge` is the documents' or the bank's way of leading over, where there is one."""

    question_id: str
    number: int
    bridge: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """Note that a reply is no answer."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Grade:
    """Mark the pending answer. `how` tells whether points, an exercise, or an "I don't know" is to be marked."""

    answer: AnswerGiven
    after: Literal["question", "probe"]
    how: Literal["points", "exercise", "dont_know"] = "points"


@dataclass(frozen=True, slots=True)
class Follow:
    """Put one of these follow-ups; the first is the policy's own choice, a model may prefer another."""

    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """Give a hint at a point, or say that there is none (an empty target), or that an exam has none."""

    target: str
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class React:
    """Say something that asks nothing new."""

    about: Literal["clarify", "small_talk", "thinking", "carry_on", "why", "back", "end"]


@dataclass(frozen=True, slots=True)
class Close:
    """Close a question."""

    question_id: str
    reason: Literal["done", "skipped", "not_shown", "dont_know", "time", "ended"]


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take up a main question again: the candidate wants it, it is offered, or it was left for another one that is done now."""

    question_id: str
    why: Literal["wanted", "offered", "left"]


@dataclass(frozen=True, slots=True)
class Finish:
    """End the interview with its report."""

    reason: Literal["done", "time", "ended"]


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""


Step = Listen | Ask | Understood | Grade | Follow | Hint | React | Close | Reopen | Finish | Done


def next_step(talk: Talk) -> Step:
    """Return what has to happen next in an interview that stands like this."""
    if talk.finished:
        return Done()
    if talk.pending:
        return _handle_reply(talk, talk.pending)
    if talk.last and talk.last.kind == "answer_graded":
        return _after_mark(talk)
    if talk.last and talk.last.kind == "question_closed":
        return _after_close(talk)
    if not talk.threads:
        return _next_question(talk)
    return Listen()


def _handle_reply(talk: Talk, answer: AnswerGiven) -> Step:
    intent = talk.intent or ("answer" if answer.whiteboard else understand(answer.text, asked_to_end=talk.asked_to_end))
    if intent != "answer" and talk.intent is None:
        return Understood(intent)
    exercise = isinstance(talk.asked, FollowUpAsked) and talk.asked.origin == "exercise"
    match intent:
        case "answer" if not (exercise or talk.asked_why or answer.whiteboard) and is_bare(answer.text):
            return React("why")
        case "answer":
            return Grade(answer, _drawn_out_by(talk), "exercise" if exercise else "points")
        case "dont_know":
            return Grade(answer, _drawn_out_by(talk), "dont_know")
        case "hint":
            return _hint(talk)
        case "skip":
            return Close(answer.question_id, "skipped")
        case "back":
            return _back(talk)
        case "end":
            # "stop" may be half a thought; only the command ends without a question back
            return Finish("ended") if talk.asked_to_end or answer.text.startswith("/") else React("end")
        case "clarify" | "thinking":
            return React(intent)
    return React("carry_on" if talk.asked_to_end else "small_talk")


def _back(talk: Talk) -> Step:
    """Return to the question that was skipped last; the present one waits and comes after it."""
    left = skipped(talk)
    return Reopen(left[-1].question.id, "wanted") if left else React("back")


def skipped(talk: Talk) -> list[Thread]:
    """Return the main questions that were skipped without an answer, in the order of skipping.

    What is expected of them is not told before the report, as it is when a question is closed with answers.
    """
    closed = {event.question_id: number for number, event in enumerate(talk.events) if isinstance(event, QuestionClosed)}
    found = [t for t in talk.threads if not t.parent and t.untouched]
    return sorted(found, key=lambda thread: closed[thread.question.id])


def _drawn_out_by(talk: Talk) -> Literal["question", "probe"]:
    fresh = talk.focus is not None and not talk.focus.answered
    return "question" if fresh else "probe"


def _hint(talk: Talk) -> Step:
    if talk.plan.mode == "exam":
        return Hint("", allowed=False)
    focus = talk.focus
    assert focus is not None  # hints are asked for while a question is open
    wanted = sorted(focus.missed_core(), key=lambda point: -_bearing(talk.asked, focus.question, point))
    return Hint(next((p for p in wanted if p not in focus.hinted and focus.question.point(p).hint), ""))


def _bearing(asked: object, question: Question, point: str) -> int:
    """Return how much a point has to do with what was asked last: with a challenged belief, the words that they share."""
    if not isinstance(asked, FollowUpAsked):
        return 0
    if asked.origin != "misconception":
        return int(asked.target == point)
    one, beliefs = question.point(point), [m for m in question.misconceptions if m.id == asked.target]
    return max((len(_long_words(m.belief, m.right) & _long_words(one.claim, one.hint)) for m in beliefs), default=0)


def _long_words(*texts: str) -> set[str]:
    """Return the beginnings of the words that are long enough to mean something by themselves."""
    return {word[:_STEM] for word in re.findall(r"[a-z]{4,}", " ".join(texts).lower())}


def _after_mark(talk: Talk) -> Step:
    focus, main = talk.focus, talk.main
    assert focus is not None  # a mark belongs to an open question
    assert main is not None
    if focus.no_contents == 1:
        return Follow((Move(origin="redirect", question_id=focus.question.id),))
    if focus.no_contents and not focus.answered:
        return Close(focus.question.id, "not_shown")
    moves = follow_ups(talk)
    if moves:
        return Follow(moves)
    gave_up = focus.dont_knows > 0 and not any(focus.credits.values())
    return Close(focus.question.id, "dont_know" if gave_up else "done")


def _after_close(talk: Talk) -> Step:
    if isinstance(talk.last, QuestionClosed) and talk.last.reason == "ended":  # killed between the closing and the report
        return Finish("ended")
    if talk.main:
        moves = follow_ups(talk) if talk.main.closed is None else ()
        return Follow(moves) if moves else Close(talk.main.question.id, "done")
    if talk.out_of_time:
        return Finish("time")
    return _next_question(talk)


def _next_question(talk: Talk) -> Step:
    """Return the next planned question that was not asked yet, preferring one that the last talk leads to.

    A session may be resumed with a bank that has changed: a planned question that it no longer has is passed over.
    """
    waiting = next((t for t in talk.threads if not t.parent and t.closed is None), None)
    if waiting:
        return Reopen(waiting.question.id, "left")
    left = [q for q in talk.plan.questions if q not in talk.asked_ids and q in talk.bank]
    if not left or talk.number >= talk.plan.count:
        return _offer(talk) or Finish("done")
    edge = _leading_edge(talk, left)
    return Ask(edge.to if edge else left[0], talk.number + 1, edge.bridge if edge else "")


def _offer(talk: Talk) -> Reopen | None:
    """Return the first skipped question, each once, and none after one of them was skipped again."""
    last = talk.last
    again = [t for t in skipped(talk) if not t.reopened and t.closed is not last]
    declined = isinstance(last, QuestionClosed) and last.reason == "skipped" and talk.thread(last.question_id).reopened
    return Reopen(again[0].question.id, "offered") if again and not declined else None


def _leading_edge(talk: Talk, left: list[str]) -> FollowUp | None:
    """Return a follow-up of the last main question to one of the questions `left` of the level that is next anyway."""
    last = next((t for t in reversed(talk.threads) if not t.parent), None)
    if last is None:
        return None
    level = talk.bank.get(left[0]).level
    picks = left[: talk.plan.count - talk.number]
    due = (edge for edge in last.question.follow_ups if edge.to in picks and holds(edge.when, last))
    return next((edge for edge in due if talk.bank.get(edge.to).level == level), None)


def follow_ups(talk: Talk) -> tuple[Move, ...]:
    """Return the follow-ups that are allowed now, in the order of the policy; empty where it is time to move on."""
    focus, main = talk.focus, talk.main
    assert focus is not None  # only an open question has follow-ups
    assert main is not None
    left = talk.plan.max_follow_ups - talk.follow_ups
    if left <= 0 or talk.out_of_time:
        return ()
    documented = _documented(talk, main)
    keep = 1 if documented and talk.plan.max_follow_ups > 1 else 0
    moves = [*_challenges(focus), *_probes(focus)] if left > keep else []
    moves += documented
    if left > keep and not STRETCH.intersection(main.origins):
        moves += _stretches(talk, focus)
    return tuple(moves)


def _challenges(thread: Thread) -> list[Move]:
    qid = thread.question.id
    ids = [m.id for m in thread.question.misconceptions if m.id in thread.held - thread.aimed_at and m.probe]
    return [Move(origin="misconception", question_id=qid, target=target) for target in ids]


def _probes(thread: Thread) -> list[Move]:
    if thread.dont_knows >= GIVE_UP_AFTER:
        return []
    ids = [p for p in thread.missed_core() if p not in thread.aimed_at and thread.question.point(p).probe]
    return [Move(origin="probe", question_id=thread.question.id, target=target) for target in ids]


def _documented(talk: Talk, main: Thread) -> list[Move]:
    """Return the documented follow-ups of the main question that are due and not yet asked; one in each question is enough."""
    if "documented" in main.origins:
        return []
    asked = talk.asked_ids
    edges = [e for e in main.question.follow_ups if e.origin == "documented" and e.to in talk.bank and holds(e.when, main)]
    return [Move(origin="documented", question_id=main.question.id, to=e.to, text=e.bridge) for e in edges if e.to not in asked]


def _stretches(talk: Talk, focus: Thread) -> list[Move]:
    """Return what stretches a candidate who has shown the essentials: one exercise, formula or bonus point per question."""
    if focus.missed_core() or focus.dont_knows:
        return []
    qid = focus.question.id
    moves = [Move(origin="exercise", question_id=qid)] if focus.question.exercise else []
    if talk.plan.format == "onsite" and focus.question.formulas and not _wrote_formula(focus):
        moves.append(Move(origin="example", question_id=qid))
    bonus = [p for p in focus.missed_bonus() if p not in focus.aimed_at and focus.question.point(p).probe]
    return moves + [Move(origin="deepen", question_id=qid, target=target) for target in bonus]


def _wrote_formula(thread: Thread) -> bool:
    return any("=" in answer for answer in thread.answers)


def holds(when: str, thread: Thread) -> bool:
    """Tell whether the condition of a follow-up holds: always, hit:<point>, miss:<point> or misconception:<id>."""
    what, _, target = when.partition(":")
    match what:
        case "hit":
            return thread.verdicts.get(target) == "hit"
        case "miss":
            return thread.verdicts.get(target, "miss") in ("miss", "contradicted")
        case "misconception":
            return target in thread.stated
    return True


def level_rank(question: Question) -> int:
    """Return 0 for foundation, 1 for intermediate, 2 for advanced."""
    return LEVELS.index(question.level)
