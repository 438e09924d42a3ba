"""Does what `next_step` says: the loop around the pure policy. Every event is on disk before anything is done with it."""

from __future__ import annotations

import random
import zlib
from collections.abc import AsyncIterator, Callable, Sequence

from mockinterview.errors import BackendError, GradingError, MockInterviewError, UsageError
from mockinterview.grading.arithmetic import draw, evaluate, wording
from mockinterview.grading.exercise import grade_exercise
from mockinterview.interview import wording as words
from mockinterview.interview.policy import (
    Ask,
    Close,
    Done,
    Finish,
    Follow,
    Grade,
    Hint,
    Listen,
    React,
    Reopen,
    Step,
    Understood,
    next_step,
)
from mockinterview.interview.state import AIMED, Talk, fold, probe_of
from mockinterview.interview.summary import STRENGTH, build_report
from mockinterview.models import (
    ARITHMETIC,
    AnswerGiven,
    AnswerGraded,
    Assessment,
    Bank,
    Event,
    FollowUpAsked,
    HintGiven,
    InterviewFinished,
    InterviewStarted,
    Move,
    Plan,
    PointDisputed,
    PointVerdict,
    Question,
    QuestionAsked,
    QuestionClosed,
    QuestionReopened,
    RemarkMade,
    ReplyUnderstood,
    Verdict,
)
from mockinterview.ports import Grader, Interviewer, Retriever, Scene, SessionLog, Turn

ELSEWHERE_MARGIN = 1.5  # a reply belongs to another question when that one fits it this many times better
FEW_WORDS = 5  # of shorter answers nobody can tell which question they belong to
MAKES_POINTS = 3.0  # of 10, from which an answer is one to another question: half a point may be chance
BRIEF = 10  # words; a shorter reply to a follow-up is wrong at worst, and never off the subject
LONGEST = 20_000  # characters of an answer: half an hour of talking, and some seconds of grading
COMMANDS = ("hint", "skip", "back", "clarify", "end")
TALK_KEPT = 12  # turns of the talk that the interviewer is shown; the rest is in the verdicts


def _unheard(_: object) -> None:
    """Do nothing: nobody listens."""


class Interview:
    """One interview over a session log. `reply`, `command` and `advance` are all there is to drive it.

    `on_event` is called with every event once it is stored; `on_text` with the pieces of a follow-up while it is being phrased.
    """

    def __init__(
        self,
        session_id: str,
        bank: Bank,
        log: SessionLog,
        grader: Grader,
        interviewer: Interviewer,
        *,
        retriever: Retriever | None = None,
        on_event: Callable[[Event], None] = _unheard,
        on_text: Callable[[str], None] = _unheard,
        events: Sequence[Event] = (),
    ) -> None:
        self.session_id = session_id
        self.bank = bank
        self.grader = grader
        self.interviewer = interviewer
        self.retriever = retriever
        self._log = log
        self._on_event = on_event
        self._on_text = on_text
        self.talk: Talk = fold(events, bank)

    @classmethod
    def resume(cls, session_id: str, bank: Bank, log: SessionLog, grader: Grader, interviewer: Interviewer) -> Interview:
        """Return the interview of a stored session at the very point where it stopped; call `advance` to go on."""
        return cls(session_id, bank, log, grader, interviewer, events=log.events(session_id))

    def listen(self, on_event: Callable[[Event], None], on_text: Callable[[str], None] = _unheard) -> None:
        """Set who is told about events and about text that is being phrased."""
        self._on_event, self._on_text = on_event, on_text

    @property
    def finished(self) -> bool:
        """Whether the interview has its report."""
        return self.talk.finished is not None

    @property
    def waiting(self) -> bool:
        """Whether the candidate is expected to say something."""
        return isinstance(next_step(self.talk), Listen)

    def warm_up(self) -> None:
        """Begin to load what the first mark will need; call it once the first question is on the screen."""
        self.grader.warm_up()

    async def start(self, plan: Plan, version: str = "") -> None:
        """Store the first event and put the first question."""
        started = InterviewStarted(session_id=self.session_id, plan=plan, bank=self.bank.fingerprint, version=version)
        self._store(started)
        await self.advance()

    async def reply(self, text: str, whiteboard: str = "") -> None:
        """Store what the candidate says, then do all that follows from it until the candidate is expected to speak again.

        Raises UsageError where no question is open, or the answer is longer than anybody says; then nothing is stored.
        """
        check_length(text + whiteboard)
        if self.talk.threads and not self.waiting:  # a step failed: what was said before comes first
            await self.advance()
        if self.talk.focus is None:
            raise UsageError("No question is open.", "`mockinterview start` begins a new interview.")
        self._store(AnswerGiven(question_id=self._focus_id(), text=text, whiteboard=whiteboard))
        await self.advance()

    async def command(self, name: str) -> None:
        """Do what a slash command asks for: hint, skip, back, clarify or end. Raises UsageError for any other name."""
        if name not in COMMANDS:
            raise UsageError(f"There is no command '/{name}'.", "Commands: /hint /skip /back /clarify /end /help.")
        if self.finished:
            return
        await self.reply(f"/{name}")

    def dispute(self, question_id: str, point_id: str, verdict: Verdict, reason: str = "") -> None:
        """Store the candidate's own verdict on a point; it is labelled as such and changes no score."""
        self._store(PointDisputed(question_id=question_id, point_id=point_id, verdict=verdict, reason=reason))

    async def advance(self) -> None:
        """Take steps until the candidate is expected to speak or the interview is over. Safe to call again at any time."""
        while not isinstance(step := next_step(self.talk), Listen | Done):
            await self._take(step)

    async def _take(self, step: Step) -> None:
        match step:
            case Ask():
                self._store(self._ask(step))
            case Understood():
                self._store(ReplyUnderstood(question_id=self._focus_id(), intent=step.intent))
            case Grade():
                await self._grade(step)
            case Follow():
                await self._follow(step.moves)
            case Hint():
                self._store(self._hint(step))
            case React():
                self._store(self._react(step))
            case Close():
                self._close(step)
            case Reopen():
                self._store(self._reopened(step))
            case Finish():
                self._finish(step)

    def _store(self, event: Event) -> None:
        self._log.append(self.session_id, event)
        self.talk.take(event)
        self._on_event(event)

    def _focus_id(self) -> str:
        return self.talk.focus.question.id if self.talk.focus else ""

    # --- asking ---------------------------------------------------------------------------------------------------

    def _ask(self, step: Ask) -> QuestionAsked:
        question = self.bank.get(step.question_id)
        last = next((t for t in reversed(self.talk.threads) if not t.parent), None)
        previous, went_well = (last.question, (last.score_after or 0.0) >= STRENGTH) if last else (None, False)
        text = words.opening(self.talk.plan, question, previous, self._spoken(), step.bridge, went_well=went_well)
        return QuestionAsked(question_id=question.id, number=step.number, total=self.talk.plan.count, text=text)

    def _reopened(self, step: Reopen) -> QuestionReopened:
        inner = (t for t in reversed(self.talk.threads) if t.parent == step.question_id and t.closed is None)
        left = next(inner, None) or self.talk.thread(step.question_id)
        options = {"wanted": words.BACK, "offered": words.OFFER_AGAIN, "left": words.LEFT_OPEN}[step.why]
        text = f"{words.pick(options, self.talk.plan.seed, self._spoken())} {left.asked}"
        return QuestionReopened(question_id=step.question_id, text=text)

    async def _follow(self, moves: Sequence[Move]) -> None:
        scene = self._scene()
        chosen = await self.interviewer.choose([self._filled(move) for move in moves], scene)
        numbers: dict[str, float] = {}
        expected = None
        if chosen.origin == "exercise":
            numbers, expected, chosen = self._drawn(chosen)
        pieces = []
        async for piece in self._say(chosen, scene):
            pieces.append(piece)
            self._on_text(piece)
        self._store(
            FollowUpAsked(
                question_id=chosen.to or chosen.question_id, origin=chosen.origin, target=chosen.target, to=chosen.to,
                text="".join(pieces), expected=expected, numbers=numbers,
            )
        )  # fmt: skip

    def _say(self, move: Move, scene: Scene) -> AsyncIterator[str]:
        # The numbers of an exercise must reach the candidate as they were drawn, so no model words it.
        embedded = move.origin in ("exercise", "redirect")
        return (words.EmbeddedInterviewer() if embedded else self.interviewer).say(move, scene)

    def _filled(self, move: Move) -> Move:
        """Return the move with the bank's sentence for it."""
        question = self.bank.get(move.question_id)
        match move.origin:
            case "probe" | "deepen" | "misconception":
                text = probe_of(question, move.origin, move.target)
            case "documented" | "implied":
                text = f"{move.text} {self.bank.get(move.to).ask}".strip()
            case "redirect":
                text = self.talk.bare
            case _:
                text = move.text
        return move.model_copy(update={"text": text})

    def _repeats_follow_up(self) -> bool:
        asked = self.talk.asked
        return isinstance(asked, FollowUpAsked) and asked.origin in (*AIMED, "exercise")

    def _drawn(self, move: Move) -> tuple[dict[str, float], float, Move]:
        exercise = self.bank.get(move.question_id).exercise
        assert exercise is not None  # the policy offers exercises only where there is one
        rng = random.Random(zlib.crc32(f"{self.talk.plan.seed}:{move.question_id}".encode()))
        numbers = draw(exercise, rng)
        text = wording(exercise, numbers)
        return numbers, float(evaluate(exercise.answer, numbers)), move.model_copy(update={"text": text})

    def _scene(self) -> Scene:
        focus = self.talk.focus
        assert focus is not None  # follow-ups are put while a question is open
        return Scene(
            question=focus.question,
            seed=self.talk.plan.seed,
            spoken=self._spoken(),
            dont_know=focus.dont_knows > 0,
            last_answer=focus.answers[-1] if focus.answers else "",
            format=self.talk.plan.format,
            shown=None if self.talk.plan.mode == "exam" else focus.shown_last,
            talk=self._recent_talk(),
            earlier=self._earlier(),
        )

    def _recent_talk(self) -> tuple[Turn, ...]:
        spoken = [e for e in self.talk.events if isinstance(e, AnswerGiven | QuestionAsked | FollowUpAsked)]
        turns = [Turn("candidate" if isinstance(e, AnswerGiven) else "interviewer", e.text) for e in spoken]
        return tuple(turns[-TALK_KEPT:])

    def _earlier(self) -> tuple[str, ...]:
        closed = [t for t in self.talk.threads if t.closed]
        return tuple(f"{t.asked} ({'not graded' if t.score_after is None else f'{t.score_after:g} of 10'})" for t in closed)

    def _spoken(self, since: int = 0) -> tuple[str, ...]:
        kinds = (QuestionAsked, FollowUpAsked, QuestionReopened, RemarkMade)
        return tuple(event.text for event in self.talk.events[since:] if isinstance(event, kinds))

    # --- answering ------------------------------------------------------------------------------------------------

    async def _grade(self, step: Grade) -> None:
        question = self.bank.get(step.answer.question_id)
        assessment = await self._assess(step, question)
        self._store(AnswerGraded(question_id=question.id, assessment=assessment, after=step.after))

    async def _assess(self, step: Grade, question: Question) -> Assessment:
        if step.how == "dont_know":
            return not_known(question)
        asked = self.talk.asked
        text = step.answer.said
        if step.how == "exercise" and isinstance(asked, FollowUpAsked):
            return grade_exercise(question, asked.numbers, text)
        try:
            assessment = await self.grader.grade(self.talk.as_heard(question), text)
            return await self._belongs_elsewhere(question, text, assessment)
        except (BackendError, GradingError) as error:
            return ungraded(question, self.grader, error)

    async def _belongs_elsewhere(self, question: Question, text: str, assessment: Assessment) -> Assessment:
        """Return the assessment flagged as off topic where nothing was hit and the answer makes points of another question.

        Retrieval names that question, and the grader confirms it: of mere babble, retrieval always finds something. A reply to a
        follow-up makes sense beside that alone: it is wrong at worst, unless it fits another question far better.
        """
        aimed = isinstance(self.talk.asked, FollowUpAsked) and self.talk.asked.origin in AIMED
        words_said = len(text.split())
        if aimed and "off_topic" in assessment.flags and (words_said < BRIEF or self._fits(question, text)):
            return assessment.model_copy(update={"flags": tuple(flag for flag in assessment.flags if flag != "off_topic")})
        if self.retriever is None or assessment.score != 0 or assessment.flags or aimed or words_said < FEW_WORDS:
            return assessment
        other = self._nearest(self.retriever, question, text)
        if other is None or ((await self.grader.grade(other, text)).score or 0) < MAKES_POINTS:
            return assessment
        note = f"This sounds like an answer to: {other.ask}"
        return assessment.model_copy(update={"flags": ("off_topic",), "note": note})

    def _fits(self, question: Question, text: str) -> bool:
        """Tell whether retrieval knows no question that a text fits far better than this one."""
        return self.retriever is not None and self._nearest(self.retriever, question, text) is None

    def _nearest(self, retriever: Retriever, question: Question, text: str) -> Question | None:
        """Return the question that a text fits far better than its own, if there is one."""
        found = retriever.questions(text, k=10)
        here = next((p.score for p in found if p.question_id == question.id), 0.0)
        far = found and found[0].question_id != question.id and found[0].score > ELSEWHERE_MARGIN * here
        return self.bank.get(found[0].question_id) if far else None

    def _hint(self, step: Hint) -> HintGiven | RemarkMade:
        if not step.target:
            used = self.talk.focus is not None and self.talk.focus.hinted
            options = words.EXAM_HINT if not step.allowed else words.NO_HINT if used else words.WITHOUT_HINT
            return RemarkMade(
                question_id=self._focus_id(), about="hint", text=words.pick(options, self.talk.plan.seed, self._spoken())
            )
        assert self.talk.focus is not None  # hints are given while a question is open
        question = self.talk.focus.question
        return HintGiven(question_id=question.id, target=step.target, text=question.point(step.target).hint)

    def _react(self, step: React) -> RemarkMade:
        simple = {
            "back": ("back", words.NOTHING_SKIPPED), "end": ("end", words.ENDING),
            "why": ("reaction", words.press(self.talk.bare, self.talk.pending.text if self.talk.pending else "")),
        }  # fmt: skip
        if step.about in simple:
            about, options = simple[step.about]
            said = words.pick(options, self.talk.plan.seed, self._spoken())
            return RemarkMade.model_validate({"question_id": self._focus_id(), "about": about, "text": said})
        assert self.talk.focus is not None  # there is always an open question while the candidate speaks
        question = self.talk.focus.question
        if step.about == "clarify":
            return RemarkMade(question_id=question.id, about="clarify", text=self._clarification(question))
        leads = {"thinking": words.THINKING, "carry_on": words.CARRY_ON}.get(step.about, words.REPEAT)
        text = words.pick(leads, self.talk.plan.seed, self._spoken())
        return RemarkMade(question_id=question.id, about="small_talk", text=f"{text} {self.talk.bare}")

    def _clarification(self, question: Question) -> str:
        """Return other words for what was asked; where the bank has none, what it belongs to; then the same words and a way out."""
        seed, spoken, bare, heard = self.talk.plan.seed, self._spoken(), self.talk.bare, self._spoken_since_asked()
        whole = self.talk.focus.asked if self.talk.focus else question.ask
        if isinstance(self.talk.asked, FollowUpAsked) and self.talk.asked.origin == "example":
            anew = words.said_anew(words.FORMULA, heard, seed, spoken)
        elif not self._repeats_follow_up():
            anew = words.said_anew((question.clarify, question.ask, *question.variants), heard, seed, spoken)
        elif whole in heard:
            anew = ""
        else:
            anew = f"{words.pick(words.PART_OF, seed, spoken)} {whole} What I want to hear about now is this: {bare}"
        way_out = words.OR_SKIP if self.talk.plan.mode == "exam" else words.OR_HINT
        return anew or f"{words.pick(words.SAME_WORDS, seed, spoken)} {bare} {way_out}"

    def _spoken_since_asked(self) -> str:
        at = next(i for i, event in reversed(list(enumerate(self.talk.events))) if event is self.talk.asked)
        return "\n".join(self._spoken(since=at))

    # --- closing --------------------------------------------------------------------------------------------------

    def _close(self, step: Close) -> None:
        self._store(self._closed(step.question_id, step.reason))

    def _closed(self, question_id: str, reason: str) -> QuestionClosed:
        thread = self.talk.thread(question_id)
        return QuestionClosed.model_validate(
            {"question_id": question_id, "reason": reason, "at_once": thread.score_at_once, "after_follow_up": thread.score_after}
        )

    def _finish(self, step: Finish) -> None:
        for thread in reversed([t for t in self.talk.threads if t.closed is None]):
            self._store(self._closed(thread.question.id, step.reason))
        farewell = words.pick(words.FAREWELLS[step.reason], self.talk.plan.seed, self._spoken())
        self._store(InterviewFinished(reason=step.reason, text=farewell, report=build_report(self.talk)))


def check_length(answer: str) -> None:
    """Raise UsageError where an answer is longer than anybody says."""
    if len(answer) > LONGEST:
        message = f"This answer has {len(answer):,} characters; the most that can be taken is {LONGEST:,}."
        raise UsageError(message, "Nothing of it was taken: say it in fewer words.")


def not_known(question: Question) -> Assessment:
    """Return the mark of an "I don't know": no point is shown, which arithmetic alone can tell."""
    missed = tuple(PointVerdict(id=point.id, verdict="miss") for point in question.points)
    return Assessment(question=question.id, score=0.0, points=missed, flags=("dont_know",), graded_by=ARITHMETIC)


def ungraded(question: Question, grader: Grader, error: MockInterviewError) -> Assessment:
    """Return the mark of an answer that could not be graded: no score, and the reason."""
    return Assessment(question=question.id, score=None, points=(), graded_by=grader.name, note=str(error))
