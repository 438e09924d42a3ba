"""Opens the terminal app. What costs time is imported by `load`, which the app calls in a thread after its first frame."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockinterview.tui.app import InterviewApp
from mockinterview.tui.core import Core, Launch, Progress, Wishes

if TYPE_CHECKING:
    from mockinterview.cli.compose import Workshop
    from mockinterview.interview.loop import Interview
    from mockinterview.models import Plan
    from mockinterview.ports import Passage, PassageKind, Retriever

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
    from mockinterview.cli.compose import Workshop

    workshop = Workshop.from_arguments(arguments)
    index = _Index(workshop)
    workshop.quick_retriever = index
    workshop.retriever = index
    settings = workshop.settings

    def new_interview(wishes: Wishes) -> tuple[Interview, Plan]:
        plan = workshop.plan(
            seed=wishes.seed, topics=wishes.topics, about=wishes.about, questions=wishes.questions, **_decided(wishes)
        )
        return workshop.new_interview(), plan

    return Core(
        bank=workshop.bank,
        store=workshop.store,
        defaults=Wishes(
            level=settings.level,
            count=settings.count,
            minutes=settings.minutes,
            mode=settings.mode,
            format=settings.format,
        ),
        drafts=workshop.folders.data / "drafts",
        exports=Path.cwd(),
        new_interview=new_interview,
        open_stored=lambda session_id: workshop.stored_interview(session_id or None),
        build_index=index.build,
        faults=[str(fault) for fault in workshop.loaded_bank.faults],
        theme=settings.theme,
        version=workshop.version,
    )


def _decided(wishes: Wishes) -> dict[str, Any]:
    """Return the fields that were decided; "" and 0 decide for none."""
    fields = {name: getattr(wishes, name) for name in DECIDED}
    return {name: value or None for name, value in fields.items() if value is not None}


class _Index:
    """A retriever that costs nothing until it is asked: lexical search first, the whole index once it has been built."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

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
        """Bring the index up to date and use it from then on; runs beside the interview."""
        from mockinterview.retrieval import open_index

        self._best = open_index(self._workshop.bank, self._workshop.folders.index, progress=progress)
