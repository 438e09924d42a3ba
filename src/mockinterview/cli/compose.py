"""Builds the objects of a run from its settings. The one file that knows every layer; each object is made when first asked for."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mockinterview import __version__
from mockinterview.bank.load import LoadedBank, data_dir, load_bank
from mockinterview.config import (
    WITHOUT_MODEL,
    Folders,
    LoadedSettings,
    Settings,
    addressed,
    backend_settings,
    folders,
    load_settings,
)
from mockinterview.errors import EncoderError, StorageError, UsageError
from mockinterview.interview.loop import Interview
from mockinterview.interview.planning import choose_questions
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Assessment, Bank, Event, InterviewStarted, Plan, Question, QuestionAsked

if TYPE_CHECKING:
    from mockinterview.grading.embedded import EmbeddedGrader
    from mockinterview.grading.judge import ModelGrader
    from mockinterview.llm import Model
    from mockinterview.ports import Grader, Interviewer, Retriever
    from mockinterview.prompts import Prompts
    from mockinterview.review.attempts import Attempt
    from mockinterview.storage import SessionStore

FLAGS = ("backend", "judge", "base_url", "model", "corpus", "count", "minutes", "level", "mode", "format")
OFFLINE = WITHOUT_MODEL
EMBEDDED, WORDS = OFFLINE  # "words" as judge: the embedded grader without its neural layer
SEEN_SESSIONS = 20  # earlier interviews whose questions are not asked again while others are left


class Workshop:
    """The objects of one run of the program."""

    def __init__(self, flags: dict[str, Any] | None = None) -> None:
        self.folders: Folders = folders()
        self._flags = flags or {}
        self.loaded: LoadedSettings = load_settings(self.folders.config_file, flags)
        self._models: dict[str, Model] = {}

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Workshop:
        """Return the workshop for the flags of a command."""
        return cls({name: getattr(arguments, name, None) for name in FLAGS})

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.loaded.settings

    @cached_property
    def loaded_bank(self) -> LoadedBank:
        """The bank with the faults of its broken files."""
        return load_bank(self.settings.corpus, self.folders.cache / "bank")

    @property
    def bank(self) -> Bank:
        """The bank."""
        return self.loaded_bank.bank

    def warn_of_faults(self) -> None:
        """Write one line for each broken bank file to stderr."""
        for fault in self.loaded_bank.faults:
            warn(f"fault in the bank: {fault}")

    @cached_property
    def embedded_grader(self) -> EmbeddedGrader:
        """The grader that needs no server. Where its neural layer cannot be used, words alone decide, and every mark says so."""
        from mockinterview.grading.combiner import Combiner

        try:
            return self.words_grader.with_reader(Combiner())
        except EncoderError as error:
            warn(f"{error.message} Answers are graded by their words alone.")
            return self.words_grader

    @cached_property
    def words_grader(self) -> EmbeddedGrader:
        """The embedded grader without its neural layer: less exact, a hundred times faster."""
        from mockinterview.grading.embedded import EmbeddedGrader

        return EmbeddedGrader(self.bank)

    @cached_property
    def grader(self) -> Grader:
        """The grader that the settings ask for. Raises SettingsError or BackendError where its backend cannot be used."""
        return self.grader_named(self.settings.judge or self.settings.backend)

    def grader_named(self, name: str) -> Grader:
        """Return the grader of a name: "embedded", "words" or a backend. Raises SettingsError or BackendError."""
        if name == WORDS:
            return self.words_grader
        return _EmbeddedLater(self) if name == EMBEDDED else self.model_grader(name)

    def model_grader(self, name: str) -> ModelGrader:
        """Return a backend as grader, with the embedded grader behind it."""
        from mockinterview.grading.judge import ModelGrader, form_of

        model, embedded, votes = self.chat_model(name), self.embedded_grader, self.settings.judge_votes
        return ModelGrader(model, self.prompts, embedded, form_of(embedded), retriever=self.quick_retriever, votes=votes)

    def chat_model(self, name: str) -> Model:
        """Return the model of a backend, one for judge and interviewer; it was asked whether it is there.

        One that was set aside in an earlier interview is asked again.
        """
        from mockinterview.llm import open_model

        if name in self._models:
            self._models[name].try_again()
        else:
            self._models[name] = open_model(backend_settings(self.settings, name), encodings=self.folders.encodings)
        return self._models[name]

    @cached_property
    def prompts(self) -> Prompts:
        """The prompts, the user's own ones first."""
        from mockinterview.prompts import Prompts

        return Prompts(data_dir("prompts"), self.settings.prompts)

    @cached_property
    def interviewer(self) -> Interviewer:
        """The interviewer that the settings ask for. Raises SettingsError or BackendError where its backend cannot be used."""
        if self.settings.backend == EMBEDDED:
            return EmbeddedInterviewer()
        from mockinterview.interview.model_voice import ModelInterviewer

        return ModelInterviewer(self.chat_model(self.settings.backend), self.prompts, self.bank)

    @cached_property
    def store(self) -> SessionStore:
        """The session log."""
        from mockinterview.storage import SessionStore

        return SessionStore(self.folders.sessions)

    @cached_property
    def retriever(self) -> Retriever:
        """The hybrid index over the bank; building it for the first time shows its progress on stderr."""
        from mockinterview.retrieval import MODEL_DIR, default_embedder, open_index

        return open_index(self.bank, self.folders.index, embed=default_embedder(MODEL_DIR), progress=_index_progress)

    @cached_property
    def quick_retriever(self) -> Retriever:
        """Lexical search alone, ready in milliseconds."""
        from mockinterview.retrieval import LexicalRetriever

        return LexicalRetriever(self.bank)

    def plan(self, *, seed: int | None = None, job: str = "", **wishes: Any) -> Plan:
        """Return a plan with its questions. Without a seed, questions of recent interviews come last.

        `job` is the text of a job description: it chooses the questions, and `because` says which phrase chose which.
        """
        chosen = seed if seed is not None else random.SystemRandom().randrange(2**31)
        seen = self._seen() if seed is None else ()
        settings = self.settings
        fixed = {
            "level": settings.level, "count": settings.count, "minutes": settings.minutes, "mode": settings.mode,
            "format": settings.format, "max_follow_ups": settings.follow_ups,
            "backend": settings.backend, "model": settings.model, "judge": settings.judge,
        }  # fmt: skip
        plan = Plan.model_validate({**fixed, **wishes, "seed": chosen})
        if job:
            from mockinterview.interview.job import plan_for_job

            plan = plan_for_job(job, self.bank, plan, self.quick_retriever, seen)
        return choose_questions(self.bank, plan, self.retriever if plan.about else None, seen)

    def _seen(self) -> list[str]:
        recent = self.store.sessions()[:SEEN_SESSIONS]
        events = [event for session in reversed(recent) for event in self._readable_events(session.id)]
        return [event.question_id for event in events if isinstance(event, QuestionAsked)]

    def attempts(self) -> list[Attempt]:
        """Return how every question of every session went, oldest session first; one that cannot be read is told on stderr."""
        from mockinterview.review.attempts import attempts

        sessions = reversed(self.store.sessions())
        return [attempt for session in sessions for attempt in attempts(self._readable_events(session.id))]

    def _readable_events(self, session_id: str) -> list[Event]:
        """Return the events of a session, none where it is damaged: one bad session must not stand in the way of all others."""
        try:
            return self.store.events(session_id)
        except StorageError as error:
            warn(f"left out session {session_id}: {error}")
            return []

    def new_interview(self) -> Interview:
        """Return an interview with a new session id; call its `start`."""
        from mockinterview.storage import new_session_id

        session_id = new_session_id(datetime.now(UTC), random.SystemRandom())
        return Interview(session_id, self.bank, self.store, self.grader, self.interviewer, retriever=self.quick_retriever)

    def stored_session(self, session: str | None) -> str:
        """Return the id of a stored session, of the latest unfinished one by default."""
        session_id = self.store.resolve(session) if session else self.store.latest_unfinished()
        if session_id is None:
            raise UsageError("There is no unfinished interview.", "`mockinterview start` begins one.")
        return session_id

    def begun_with(self, session_id: str) -> tuple[str, str, str]:
        """Return the backend, the model and the judge to go on with a session: its own ones, each unless a flag names another.

        Raises UsageError where a flag gives an address and none the backend that it belongs to.
        """
        settings = self.settings
        plan = next((e.plan for e in self.store.events(session_id) if isinstance(e, InterviewStarted)), None)
        if plan is None:
            return settings.backend, settings.model, settings.judge
        backend, judge = self._flag("backend"), self._flag("judge")
        if judge is None:  # `--backend embedded` means both
            judge = "" if backend == EMBEDDED and plan.judge not in OFFLINE else plan.judge
        backend = backend or plan.backend
        owner, mine = addressed(backend, judge), addressed(settings.backend, settings.judge)
        if owner != mine and self._flag("base_url"):
            hint = f"Add --backend {owner or 'NAME'}: this interview was begun with {plan.backend}."
            raise UsageError("The address that --base-url gives needs the name of its backend.", hint)
        own = plan.model if owner == addressed(plan.backend, plan.judge) else ""
        return backend, self._flag("model") or own or (settings.model if owner == mine else ""), judge

    def _flag(self, name: str) -> str | None:
        """Return the value that a flag gives to a setting, None where none does."""
        return getattr(self.settings, name) if self.loaded.origins[name] == "flag" else None

    def with_backend(self, backend: str, model: str, judge: str) -> Workshop:
        """Return a workshop with another backend, model and judge that shares bank and session log with this one."""
        settings = self.settings
        if (backend, model, judge) == (settings.backend, settings.model, settings.judge):
            return self
        # An address that was given for one backend is not that of another.
        same = addressed(backend, judge) == addressed(settings.backend, settings.judge)
        named = {"backend": backend, "model": model, "judge": judge, **({} if same else {"base_url": ""})}
        other = Workshop({**self._flags, **named})
        other.loaded_bank, other.store = self.loaded_bank, self.store
        return other

    def stored_interview(self, session: str | None) -> Interview:
        """Return a stored interview, the latest unfinished one by default; call its `advance`."""
        session_id = self.stored_session(session)
        events = self.store.events(session_id)
        return Interview(
            session_id, self.bank, self.store, self.grader, self.interviewer, retriever=self.quick_retriever, events=events
        )

    @property
    def version(self) -> str:
        """The version that a session records."""
        return __version__


class _EmbeddedLater:
    """The embedded grader, loaded in the background once the first question is shown, so that nobody waits for it."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._loading: Future[EmbeddedGrader] | None = None

    @property
    def name(self) -> str:
        """The label of the marks, as far as it is known yet which layers there are."""
        loaded = self._loading is not None and self._loading.done() and not self._loading.exception()
        return self._loading.result().name if self._loading is not None and loaded else EMBEDDED

    def warm_up(self) -> None:
        """Begin to load, once."""
        if self._loading is None:
            worker = ThreadPoolExecutor(1)
            self._loading = worker.submit(lambda: self._workshop.embedded_grader)
            worker.shutdown(wait=False)  # its thread ends with the loading

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return the verdicts of the embedded grader."""
        self.warm_up()
        assert self._loading is not None
        return await (await asyncio.wrap_future(self._loading)).grade(question, answer)


def warn(text: str) -> None:
    """Write a line about the data to stderr."""
    from mockinterview.sanitize import clean

    sys.stderr.write(f"mockinterview: {clean(text)}\n")


def _index_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rbuilding the search index: {done} of {total}" + ("\n" if done >= total else ""))
        sys.stderr.flush()
