"""`sessions`: list, show, export, delete."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from mockinterview.cli.compose import Workshop
from mockinterview.cli.output import put_json, put_lines
from mockinterview.errors import UsageError
from mockinterview.report import TEXTS, as_markdown, disclosed, score_text
from mockinterview.storage import write_whole
from mockinterview.tui.drafts import Draft

if TYPE_CHECKING:
    from pathlib import Path

    from mockinterview.models import Event


def list_sessions(arguments: argparse.Namespace) -> int:
    """List all sessions, newest first."""
    found = Workshop().store.sessions()
    if arguments.json:
        put_json([asdict(session) for session in found])
        return 0
    put_lines(
        f"{s.id}  {s.started[:16].replace('T', ' ')}  {s.questions:>2} questions  "
        f"{'finished' if s.finished else 'unfinished':<10}  {score_text(s.after_follow_up)}"
        for s in found
    )
    if not found:
        sys.stderr.write("There are no sessions yet. `mockinterview start` begins one.\n")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print the transcript of a session."""
    workshop = Workshop({"corpus": arguments.corpus})
    events = workshop.store.events(workshop.store.resolve(arguments.session))
    put_lines([as_markdown(events, workshop.bank)])
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write a session as Markdown, JSON or HTML to stdout or a file, or what it lacked as an Anki package to a file."""
    workshop = Workshop({"corpus": arguments.corpus})
    events = workshop.store.events(workshop.store.resolve(arguments.session))
    if arguments.format == "anki":
        return _export_deck(events, workshop, arguments.output)
    text = TEXTS[arguments.format](events, workshop.bank)
    if arguments.output:
        _write(arguments.output, text)
    else:
        put_lines([text.rstrip("\n")])
    return 0


def _export_deck(events: list[Event], workshop: Workshop, file: Path | None) -> int:
    from mockinterview.review.deck import as_apkg, session_cards

    if file is None:
        raise UsageError("An Anki package is not text.", "Name a file for it: -o FILE.apkg.")
    cards = session_cards(events, workshop.bank, disclosed(events))
    _write(file, as_apkg(cards, datetime.fromisoformat(events[-1].at)))
    sys.stderr.write(f"{len(cards)} cards in {file}. Open it with Anki.\n")
    return 0


def _write(file: Path, content: str | bytes) -> None:
    if file.is_dir():
        raise UsageError(f"{file} is a folder.", "Name a file in it with -o.")
    write_whole(file, content, "Choose another place with -o.")


def delete(arguments: argparse.Namespace) -> int:
    """Delete a session for good, after asking, with what was typed in it and never sent."""
    workshop = Workshop()
    store = workshop.store
    session_id = store.resolve(arguments.session)
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise UsageError(f"Session {session_id} is not deleted without a yes.", "Add --yes.")
        sys.stderr.write(f"Delete session {session_id} for good? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return 0
    store.delete(session_id, _drafts(workshop.folders.drafts, session_id))
    sys.stderr.write(f"Session {session_id} is deleted.\n")
    return 0


def _drafts(folder: Path, session_id: str) -> list[Path]:
    """Return the files in which the app keeps an unsent answer and whiteboard, those of an interrupted save among them."""
    files = [Draft(folder, name).file for name in (session_id, f"{session_id}.board")]
    return [*files, *(file.with_suffix(".part") for file in files)]
