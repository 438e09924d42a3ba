"""Opens the terminal app. What costs time is imported by `load`, which the app calls in a thread after its first frame."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockinterview.tui.app import InterviewApp
from mockinterview.tui.core import EMBEDDED, Core, Launch, Offer, Opened, Progress, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockinterview.cli.compose import Workshop
    from mockinterview.llm import Model
    from mockinterview.ports import Passage, PassageKind, Retriever
    from mockinterview.review.history import Comparison
    from mockinterview.storage import SessionStore

DECIDED = ("level", "count", "minutes", "mode", "format")


def open_app(arguments: argparse.Namespace, resume: str | None = None) -> int:
    """Run the app and return its exit code; raises what kept an interview from starting that was asked for by a command.

    `resume` is the id of a stored session, "" for the latest unfinished one, None for the start screen or a new interview.
    """
    launch = Launch(_wishes(arguments), direct=bool(getattr(arguments, "direct", False)), resume=resume)
    app = InterviewApp(lambda: load(arguments), launch)
    app.run()
    if app.failure:
        raise app.failure
    if session_id := app.unfinished_session:
        sys.stderr.write(f"Everything is saved. `mockinterview resume {session_id}` goes on where you were.\n")
    return app.return_code or 0


def _wishes(arguments: argparse.Namespace) -> Wishes:
    given: dict[str, Any] = {name: getattr(arguments, name, None) for name in (*DECIDED, "seed")}
    topics, questions = (tuple(getattr(arguments, name, ())) for name in ("topic", "question"))
    return Wishes(topics=topics, about=getattr(arguments, "about", None) or "", questions=questions, **given)


def load(arguments: argparse.Namespace) -> Core:
    """Return what stands behind the screens; raises SettingsError, BankError or StorageError."""
    # Pydantic looks for plugins in every installed package, which costs more than reading the bank.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with ThreadPoolExecutor(1) as aside:
        log = aside.submit(_session_log)  # a new one waits for the disk as long as it takes to read the bank
        from mockinterview.cli.compose import Workshop

        workshop = Workshop.from_arguments(arguments)
        bank, workshop.store = workshop.bank, log.result()
    index = _Index(workshop)
    rooms = _Rooms(workshop, index)
    settings = workshop.settings
    return Core(
        bank=bank,
        store=workshop.store,
        defaults=Wishes(
            level=settings.level,
            count=settings.count,
            minutes=settings.minutes,
            mode=settings.mode,
            format=settings.format,
            backend=settings.backend,
            model=settings.model,
            judge=settings.judge,
        ),
        drafts=workshop.folders.drafts,
        exports=Path.cwd(),
        new_interview=rooms.new_interview,
        open_stored=rooms.open_stored,
        build_index=index.build,
        probe=rooms.probe,
        try_out=rooms.try_out,
        attempts=workshop.attempts,
        decided=[name for name, origin in workshop.loaded.origins.items() if origin != "default"],
        faults=[str(fault) for fault in workshop.loaded_bank.faults],
        theme=settings.theme,
        keys=settings.keys,
        mark_again=rooms.mark_again,
        reliability=partial(_reliability, workshop.folders.data / "evals"),
        version=workshop.version,
    )


def _session_log() -> SessionStore:
    from mockinterview.config import folders
    from mockinterview.storage import SessionStore

    return SessionStore(folders().sessions)


def _reliability(runs: Path, graders: Sequence[str]) -> list[str]:
    from mockinterview.cli.reliability import reliability

    return reliability(graders, runs)


def _decided(wishes: Wishes) -> dict[str, Any]:
    """Return the fields that were decided; "" and 0 decide for none."""
    fields = {name: getattr(wishes, name) for name in DECIDED}
    return {name: value or None for name, value in fields.items() if value is not None}


class _Rooms:
    """Workshops that differ in their backend alone and share everything else."""

    def __init__(self, first: Workshop, index: _Index) -> None:
        self._first, self._index = first, index
        first.quick_retriever, first.retriever = index, _WholeIndex(index)
        self._others: dict[tuple[str, str, str], Workshop] = {}

    def _workshop(self, backend: str | None, model: str | None, judge: str | None) -> Workshop:
        settings = self._first.settings
        named = settings.model if model is None and backend in (None, settings.backend) else model or ""
        wanted = (backend or settings.backend, named, settings.judge if judge is None else judge)
        if wanted == (settings.backend, settings.model, settings.judge):
            return self._first
        if wanted not in self._others:
            other = self._others[wanted] = self._first.with_backend(*wanted)
            other.quick_retriever, other.retriever = self._index, _WholeIndex(self._index)
        return self._others[wanted]

    def new_interview(self, wishes: Wishes) -> Opened:
        """Return a new interview and its plan."""
        workshop = self._workshop(wishes.backend, wishes.model, wishes.judge)
        plan = workshop.plan(
            seed=wishes.seed,
            job=wishes.job,
            topics=wishes.topics,
            about=wishes.about,
            questions=wishes.questions,
            **_decided(wishes),
        )
        return Opened(workshop.new_interview(), plan, _models(workshop))

    def open_stored(self, session_id: str, embedded: bool) -> Opened:  # noqa: FBT001 - as `Core` calls it
        """Return a stored interview, the latest unfinished one for ""."""
        session_id = self._first.stored_session(session_id or None)
        workshop = self._workshop(*((EMBEDDED, None, EMBEDDED) if embedded else self._first.begun_with(session_id)))
        return Opened(workshop.stored_interview(session_id), None, _models(workshop))

    def probe(self, on_found: Callable[[Offer], None]) -> None:
        """Call `on_found` with each model that answers, as it answers."""
        import asyncio

        from mockinterview.cli.models import known_backends, probed

        async def ask() -> None:
            async for found in probed(known_backends(self._first)):
                # The model that a table of the settings names comes first, whatever else its server has.
                table = self._first.settings.backends.get(found.name)
                named = (table.model,) if table and found.state == "live" and (table.model or not found.models) else ()
                for model in dict.fromkeys((*named, *found.models)):
                    on_found(Offer(found.name, model))

        asyncio.run(ask())

    def mark_again(self, session_id: str, offer: Offer) -> Sequence[Comparison]:
        """Return the marks of a session beside those that another grader gives now; nothing is stored."""
        from mockinterview.cli.history import marked_again

        workshop = self._workshop(offer.backend, offer.model, offer.backend)
        grader = workshop.grader_named(offer.backend)
        return marked_again(session_id, workshop.store.events(session_id), workshop.bank, grader)

    def try_out(self, offer: Offer) -> str:
        """Let a model grade a real answer; return how that went, raise BackendError where it cannot."""
        import asyncio

        from mockinterview.grading.judge import try_out

        workshop = self._workshop(offer.backend, offer.model, offer.backend)
        question = next((q for q in workshop.bank if q.model_answer), next(iter(workshop.bank)))
        trial = asyncio.run(try_out(workshop.model_grader(offer.backend), question))
        told = f"{trial.seconds:.1f} s, {trial.usage.prompt_tokens + trial.usage.completion_tokens} tokens"
        if trial.works:
            return f"{offer.label} works: it graded a model answer in {told}."
        return f"{offer.label} did not grade the answer: {trial.assessment.note}"


def _models(workshop: Workshop) -> tuple[Model, ...]:
    """Return the models that judge or interview; both were opened with the interview."""
    from mockinterview.cli.compose import OFFLINE

    names = dict.fromkeys((workshop.settings.judge or workshop.settings.backend, workshop.settings.backend))
    return tuple(workshop.chat_model(name) for name in names if name not in OFFLINE)


class _Index:
    """A retriever that costs nothing until it is asked: lexical search first, the whole index once it has been opened."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._built = False

    @cached_property
    def _best(self) -> Retriever:
        from mockinterview.retrieval import LexicalRetriever

        return LexicalRetriever(self._workshop.bank)

    def search(self, query: str, k: int = 5, kinds: Iterable[PassageKind] = ()) -> list[Passage]:
        """Return the best passages that can be found by now."""
        return self._best.search(query, k, kinds)

    def questions(self, query: str, k: int = 5) -> list[Passage]:
        """Return the best questions that can be found by now."""
        return self._best.questions(query, k)

    def build(self, progress: Progress) -> None:
        """Bring the index on disk up to date, in a process of its own; runs beside the interview."""
        from mockinterview.retrieval.apart import build_apart

        build_apart(self._workshop.bank, self._workshop.folders.index, progress)
        self._built = True

    @property
    def whole(self) -> Retriever:
        """The whole index where it has been built, opened when it is first wanted: that takes a second and 100 MB."""
        from mockinterview.retrieval import MODEL_DIR, HybridRetriever, default_embedder, open_index

        if self._built and not isinstance(self._best, HybridRetriever):
            self._best = open_index(self._workshop.bank, self._workshop.folders.index, embed=default_embedder(MODEL_DIR))
        return self._best


class _WholeIndex:
    """The retriever for what is asked once and in words of one's own: it opens the index for that."""

    def __init__(self, index: _Index) -> None:
        self._index = index

    def search(self, query: str, k: int = 5, kinds: Iterable[PassageKind] = ()) -> list[Passage]:
        """Return the best passages."""
        return self._index.whole.search(query, k, kinds)

    def questions(self, query: str, k: int = 5) -> list[Passage]:
        """Return the best questions."""
        return self._index.whole.questions(query, k)
