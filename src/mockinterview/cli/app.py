"""Opens the terminal app. What costs time is imported by `load`, which the app calls in a thread after its first frame."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mockinterview.tui.app import InterviewApp
from mockinterview.tui.core import Core, Launch, Progress, Wishes

if TYPE_CHECKING:
    from mockinterview.cli.compose import Workshop
    from mockinterview.interview.loop import Interview
    from mockinterview.models import Plan


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
    def given(name: str) -> object:
        return getattr(arguments, name, None)

    return Wishes(
        topics=tuple(getattr(arguments, "topic", ())),
        about=getattr(arguments, "about", None) or "",
        questions=tuple(getattr(arguments, "question", ())),
        **{name: given(name) for name in ("level", "count", "minutes", "mode", "format", "seed")},
    )
