"""The state of an interview, derived from its events and from nothing else.

A *thread* is one question of the bank in talk: a main question, or one that a documented follow-up led to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from mockinterview.errors import UsageError
from mockinterview.grading.score import AFTER_HINT, AFTER_PROBE, CREDIT, EXERCISE, first_answer, question_score, replaces
from mockinterview.models import (
    AnswerGiven,
    AnswerGraded,
    Assessment,
    Bank,
    Event,
    FollowUpAsked,
    HintGiven,
    Intent,
    InterviewFinished,
    InterviewStarted,
    Plan,
    PointDisputed,
    Question,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RemarkMade,
    ReplyUnderstood,
    Verdict,
)

AIMED = ("probe", "misconception", "deepen")  # follow-ups that are after one thing
BREAK = 600.0  # seconds; nobody thinks for ten minutes in an interview: the computer was asleep, or the session was resumed


@dataclass(slots=True)
class Thread:
    """How one question stands: credits at once and after follow-ups (0-1 per point), what was probed, what was stated."""

    question: Question
    parent: str = ""
    asked: str = ""  # the bank's wording in which it was put: its `ask` or one of its variants
    at_once: dict[str, float] = field(default_factory=dict)
    credits: dict[str, float] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    stated_first: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    stated: set[str] = field(default_factory=set)
    aimed_at: set[str] = field(default_factory=set)
    challenged: str = ""  # the misconception that was challenged last, until something else is asked
    hinted: set[str] = field(default_factory=set)
    disputed: set[str] = field(default_factory=set)
    origins: list[str] = field(default_factory=list)
    marks: list[AnswerGraded] = field(default_factory=list)
    graded_by: dict[str, None] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    dont_knows: int = 0
    no_contents: int = 0  # replies in a row that said nothing, since the last question or follow-up
    reopened: bool = False
    closed: QuestionClosed | None = None

    @property
    def graded(self) -> bool:
        """Whether at least one answer of this thread has a mark."""
        return any(mark.assessment.score is not None for mark in self.marks)

    @property
    def answered(self) -> bool:
        """Whether anything was said that is an answer, right or wrong; what had to be redirected is none."""
        return any(not mark.assessment.says_nothing for mark in self.marks)

    @property
    def untouched(self) -> bool:
        """Whether this question was skipped without an answer, so that it can be taken up again."""
        return self.closed is not None and self.closed.reason == "skipped" and not self.answered

    @property
    def score_at_once(self) -> float | None:
        """The score (0-10) of the first answer alone, or None where it was not graded. What had to be redirected is no answer."""
        first = first_answer(mark.assessment for mark in self.marks)
        if first is None or first.score is None:
            return None
        return question_score(self.question, self.at_once, self.stated_first)

    @property
    def score_after(self) -> float | None:
        """The score (0-10) with all that follow-ups and hints brought out, or None where nothing was graded."""
        return question_score(self.question, self.credits, self.held) if self.graded else None

    @property
    def earned_before(self) -> frozenset[str]:
        """The points that were hit before the last mark: what is partly said of them afterwards takes nothing away."""
        points = (p for mark in self.marks[:-1] for p in mark.assessment.points)
        return frozenset(p.id for p in points if p.verdict == "hit")

    @property
    def shown_last(self) -> bool:
        """Whether the last answer earned anything."""
        return bool(self.marks) and any(CREDIT[p.verdict] for p in self.marks[-1].assessment.points)

    def missed_core(self) -> list[str]:
        """Return the ids of the core points without full verdict, heaviest first, in the order of the file."""
        open_points = [p for p in self.question.core if self.verdicts.get(p.id, "miss") != "hit"]
        return [p.id for p in sorted(open_points, key=lambda p: -p.weight)]

    def missed_bonus(self) -> list[str]:
        """Return the ids of the bonus points that were not hit, heaviest first."""
        open_points = [p for p in self.question.points if p.kind == "bonus" and self.verdicts.get(p.id, "miss") != "hit"]
        return [p.id for p in sorted(open_points, key=lambda p: -p.weight)]

    def take(self, mark: AnswerGraded) -> None:
        """Add the verdicts of one answer: a point keeps its best credit; what a probe or a hint drew out counts less."""
        first = not self.answered
        self.marks.append(mark)
        self.graded_by[mark.assessment.graded_by] = None
        if mark.assessment.score is None:
            return
        for verdict in mark.assessment.points:
            self._take_point(verdict.id, verdict.verdict, mark.after, first=first)
        self._take_misconceptions(mark.assessment, first=first)

    def _take_point(self, point_id: str, verdict: Verdict, after: str, *, first: bool) -> None:
        credit = CREDIT[verdict]
        if point_id in self.hinted:
            credit *= AFTER_HINT
        elif after == "probe" and point_id != EXERCISE:
            credit *= AFTER_PROBE
        if first:
            self.at_once[point_id] = credit
        if replaces(verdict, self.verdicts.get(point_id)):
            self.verdicts[point_id] = verdict
            if not first and CREDIT[verdict]:
                self.late.add(point_id)
        self.credits[point_id] = max(credit, self.credits.get(point_id, 0.0))

    def _take_misconceptions(self, assessment: Assessment, *, first: bool) -> None:
        now = {m.id for m in assessment.misconceptions}
        if first:
            self.stated_first |= now
        elif hits := {p.id for p in assessment.points if p.verdict == "hit"}:
            self.held -= {m for m in self.held - now if self._is_withdrawn(m, hits)}
        self.stated |= now
        self.held |= now

    def _is_withdrawn(self, belief: str, hits: set[str]) -> bool:
        """Tell whether a right answer takes back a challenged belief.

        It speaks of the belief's matter and, unless it replies to the challenge, hits what was contradicted before, if anything.
        """
        from mockinterview.grading.quotes import bears_on  # its patterns take 25 ms, which the first frame need not wait for

        if belief not in self.aimed_at:
            return False
        wrong = {p.id for mark in self.marks[:-1] for p in mark.assessment.points if p.verdict == "contradicted"}
        known, said = self.question.misconception(belief), self.answers[-1] if self.answers else ""
        in_place = belief == self.challenged or not wrong or bool(hits & wrong)
        return in_place and bears_on(said, (known.belief, known.right))


@dataclass(slots=True)
class Talk:
    """The whole interview so far. `threads` are in the order of asking; `focus` is the one being talked about."""

    bank: Bank
    session_id: str = ""
    plan: Plan = field(default_factory=Plan)
    threads: list[Thread] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    last: Event | None = None
    pending: AnswerGiven | None = None
    intent: Intent | None = None
    asked: FollowUpAsked | QuestionAsked | QuestionReopened | None = None
    main: Thread | None = None
    focus: Thread | None = None
    follow_ups: int = 0
    asked_to_end: bool = False  # the candidate was asked whether to end, and has not answered yet
    asked_why: bool = False  # the candidate was asked for a reason, and has not answered yet
    finished: InterviewFinished | None = None

    @property
    def number(self) -> int:
        """How many main questions have been asked."""
        return sum(1 for thread in self.threads if not thread.parent)

    def number_of(self, thread: Thread) -> int:
        """Return the number of a main question, or of the one that led on to this one, counted from 1."""
        mains = [t.question.id for t in self.threads if not t.parent]
        return mains.index(thread.parent or thread.question.id) + 1

    @property
    def asked_ids(self) -> set[str]:
        """The ids of all questions that were put, main ones and follow-ups."""
        return {thread.question.id for thread in self.threads}

    def expected(self, assessment: Assessment) -> float | None:
        """Return the result of the exercise that an assessment of the last answer is about, or None where it is about none."""
        solved = any(point.id == EXERCISE for point in assessment.points)
        return self.asked.expected if solved and isinstance(self.asked, FollowUpAsked) else None

    @property
    def bare(self) -> str:
        """What the candidate has to answer, without the words that led to it. Only while a question is open."""
        asked = self.asked
        assert self.focus is not None
        if not isinstance(asked, FollowUpAsked) or asked.to:
            return self.focus.asked
        try:
            question = self.bank.get(asked.question_id)
            return probe_of(question, asked.origin, asked.target) if asked.origin in AIMED else asked.text
        except KeyError:  # a resumed session, and the bank no longer has that point
            return asked.text

    def as_heard(self, question: Question) -> Question:
        """Return the question as the candidate has heard it last: "yes, by half" says something beside its follow-up alone.

        For a grader, the words of what was asked are no evidence; those of the question before the follow-up stay among them.
        """
        if not isinstance(self.asked, FollowUpAsked) or self.asked.origin not in AIMED:
            return question
        worded = () if self.bare in self.asked.text else (self.asked.text,)
        return question.heard_as(self.bare, worded)

    def seconds(self) -> float:
        """Return the seconds that the talk has taken; a silence of more than BREAK seconds is a break and does not count."""
        moments = [datetime.fromisoformat(event.at) for event in self.events]
        pauses = ((after - before).total_seconds() for before, after in pairwise(moments))
        return sum(pause for pause in pauses if pause <= BREAK)

    @property
    def out_of_time(self) -> bool:
        """Whether the agreed minutes are over."""
        return self.plan.minutes is not None and self.seconds() >= self.plan.minutes * 60

    def take(self, event: Event) -> None:
        """Move the state on by one event."""
        self.events.append(event)
        if not isinstance(event, PointDisputed):  # a dispute may come at any time and changes nothing that is due
            self.last = event
        match event:
            case InterviewStarted():
                self.session_id, self.plan = event.session_id, event.plan
            case QuestionAsked():
                self._open(self._thread(event.question_id, event.text), event)
            case FollowUpAsked():
                self._follow(event)
            case AnswerGiven():
                self._answer(event)
            case ReplyUnderstood():
                self.intent = event.intent
            case AnswerGraded():
                self._graded(event)
            case HintGiven() | RemarkMade():
                self._helped(event)
            case PointDisputed():
                self.thread(event.question_id).disputed.add(event.point_id)
            case QuestionClosed():
                self._close(event)
            case QuestionReopened():
                self._reopen(event)
            case InterviewFinished():
                self.finished = event

    def _thread(self, question_id: str, text: str, parent: str = "") -> Thread:
        question = self._question(question_id)
        spoken = [words for words in (question.ask, *question.variants) if words in text]
        return Thread(question, parent, max(spoken, key=len, default=question.ask))

    def _question(self, question_id: str) -> Question:
        if question_id not in self.bank:
            hint = "Name the bank that the session was held with: --corpus DIR."
            raise UsageError(f"The bank has no question '{question_id}', which this session asked.", hint)
        return self.bank.get(question_id)

    def _open(self, thread: Thread, event: QuestionAsked) -> None:
        self.threads.append(thread)
        self.main = self.focus = thread
        self.asked, self.follow_ups = event, 0
        self._handled()

    def _follow(self, event: FollowUpAsked) -> None:
        self._handled()
        assert self.main is not None  # a follow-up follows a question
        if event.origin == "redirect":  # what was asked before is still what is asked
            return
        self.asked = event
        self.follow_ups += 1
        self.main.origins.append(event.origin)
        if self.focus:
            self.focus.no_contents, self.focus.challenged = 0, ""
        if event.to:
            self.focus = self._thread(event.to, event.text, parent=self.main.question.id)
            self.threads.append(self.focus)
        elif event.target:
            thread = self.thread(event.question_id)
            thread.aimed_at.add(event.target)
            thread.challenged = event.target if event.origin == "misconception" else ""

    def _answer(self, event: AnswerGiven) -> None:
        self.pending, self.intent = event, None
        if not event.text.startswith("/"):
            self.thread(event.question_id).answers.append(event.text)

    def _graded(self, event: AnswerGraded) -> None:
        thread = self.thread(event.question_id)
        thread.take(event)
        thread.no_contents = thread.no_contents + 1 if event.assessment.says_nothing else 0
        thread.dont_knows = thread.dont_knows + 1 if "dont_know" in event.assessment.flags else 0
        self._handled()

    def _helped(self, event: HintGiven | RemarkMade) -> None:
        if isinstance(event, HintGiven):
            self.thread(event.question_id).hinted.add(event.target)
        self._handled()
        self.asked_to_end = event.kind == "remark_made" and event.about == "end"
        self.asked_why = event.kind == "remark_made" and event.about == "reaction"

    def _close(self, event: QuestionClosed) -> None:
        thread = self.thread(event.question_id)
        thread.closed = event
        self._handled()
        if thread is self.main:
            self.main = self.focus = None
        elif thread is self.focus:
            self.focus = self.main

    def _reopen(self, event: QuestionReopened) -> None:
        """Make a main question the present one; where it was left in the middle of a documented follow-up, that is in focus."""
        main = next(t for t in self.threads if t.question.id == event.question_id and not t.parent)
        main.reopened = main.reopened or main.closed is not None
        main.closed = None
        inner = (t for t in reversed(self.threads) if t.parent == event.question_id and t.closed is None)
        self.main, self.focus = main, next(inner, main)
        self.asked, self.follow_ups = event, len(main.origins)
        self._handled()

    def _handled(self) -> None:
        self.pending, self.intent = None, None
        self.asked_to_end = self.asked_why = False

    def thread(self, question_id: str) -> Thread:
        """Return the latest thread of a question; raise StopIteration where it was never asked."""
        return next(t for t in reversed(self.threads) if t.question.id == question_id)


def probe_of(question: Question, origin: str, target: str) -> str:
    """Return the bank's words for a follow-up of AIMED; raise KeyError where the question has no such point or misconception."""
    return question.misconception(target).probe if origin == "misconception" else question.point(target).probe


def words_on(question_id: str, events: Iterable[Event]) -> list[str]:
    """Return what the candidate said and wrote on a question, without commands and other requests."""
    given = [
        event for event, following in pairwise([*events, None])
        if isinstance(event, AnswerGiven) and event.question_id == question_id and not _asks(following)
    ]  # fmt: skip
    return [event.said for event in given if not event.text.startswith("/")]


def _asks(following: Event | None) -> bool:
    """Tell from the event after a reply whether that was a request, and no attempt."""
    return isinstance(following, ReplyUnderstood) and following.intent != "dont_know"


def fold(events: Iterable[Event], bank: Bank) -> Talk:
    """Return the state that a list of events amounts to."""
    talk = Talk(bank)
    for event in events:
        talk.take(event)
    return talk
