"""`doctor` and `config`: what this installation has, what is wrong with it, and where settings came from."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata

from mockinterview.cli.compose import WORDS, Workshop
from mockinterview.cli.output import put_json, put_lines
from mockinterview.config import folders
from mockinterview.errors import MockInterviewError
from mockinterview.sanitize import clean

LOW_DISK = 50 * 2**20  # bytes; an evening of interviews needs less than one MiB, an index about twenty
PACKAGES = ("textual", "chromadb", "openai", "tiktoken", "pydantic")
NO_MODEL = "Install mockinterview again: files of grading/model are missing or damaged."


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is fine, what was found, and the remedy where it is not."""

    check: str
    ok: bool
    found: str
    remedy: str = ""


def doctor(arguments: argparse.Namespace) -> int:
    """Check the installation; exit code 1 where something needs mending. `--repair` mends the session log first."""
    if arguments.repair:
        sys.stderr.write(clean(_repaired()) + "\n")
    findings = run_checks()
    if arguments.json:
        put_json([asdict(finding) for finding in findings])
    else:
        put_lines(line for finding in findings for line in _lines(finding))
    return 0 if all(finding.ok for finding in findings) else 1


def _repaired() -> str:
    """Mend the session log and return a sentence about it."""
    from mockinterview.storage import repair

    done = repair(folders().sessions)
    saved = f"{done.events} events of {done.sessions} sessions"
    return f"Saved {saved}; the damaged file is {done.moved_to}." if done.moved_to else f"The session log is sound: {saved}."


def _lines(finding: Finding) -> list[str]:
    line = f"{'ok  ' if finding.ok else 'MEND'}  {finding.check}: {finding.found}"
    return [line] if finding.ok else [line, f"      {finding.remedy}"]


def run_checks() -> list[Finding]:
    """Return the findings of all checks; a check that fails becomes a finding, never an exception.

    A failure that nobody expected leaves its traceback on stderr. Where the settings cannot be read, that is the only finding.
    """
    try:
        workshop = Workshop()
    except Exception as error:  # noqa: BLE001 - as in `_guarded`
        return [_failed("settings", error)]
    checks: list[tuple[str, Callable[[Workshop], Finding]]] = [
        ("settings", _settings),
        ("packages", _packages),
        ("folders", _folders),
        ("bank", _bank),
        ("sessions", _sessions),
        ("grader", _grader),
        ("search", _search),
        ("terminal", _terminal),
    ]
    return [_guarded(name, check, workshop) for name, check in checks]


def _guarded(name: str, check: Callable[[Workshop], Finding], workshop: Workshop) -> Finding:
    try:
        return check(workshop)
    except Exception as error:  # noqa: BLE001 - a broken installation can fail in any way, and the other checks are wanted then, too
        return _failed(name, error)


def _failed(name: str, error: Exception) -> Finding:
    if isinstance(error, MockInterviewError):
        return Finding(name, ok=False, found=error.message, remedy=error.hint)
    sys.stderr.write(clean("".join(traceback.format_exception(error))))
    found = " ".join(f"{type(error).__name__}: {error}".split())
    return Finding(name, ok=False, found=found, remedy="Install mockinterview again, or report the traceback.")


def _settings(workshop: Workshop) -> Finding:
    file = workshop.folders.config_file
    return Finding("settings", ok=True, found=f"{file} ({'there' if file.exists() else 'not there, defaults are used'})")


def _packages(workshop: Workshop) -> Finding:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            return Finding("packages", ok=False, found=f"{name} is not installed", remedy="Install mockinterview again with pip.")
    return Finding("packages", ok=True, found=", ".join(found))


def _folders(workshop: Workshop) -> Finding:
    for folder in (workshop.folders.data, workshop.folders.cache):
        existing = next(p for p in (folder, *folder.parents) if p.exists())
        if not os.access(existing, os.W_OK):
            remedy = "Make it writable, or set MOCKINTERVIEW_HOME to a folder that is."
            return Finding("folders", ok=False, found=f"{existing} cannot be written", remedy=remedy)
        if shutil.disk_usage(existing).free < LOW_DISK:
            remedy = "Free some space, or set MOCKINTERVIEW_HOME to a folder on another disk."
            return Finding("folders", ok=False, found=f"the disk of {existing} is nearly full", remedy=remedy)
    return Finding("folders", ok=True, found=f"{workshop.folders.data}, {workshop.folders.cache}")


def _bank(workshop: Workshop) -> Finding:
    faults = workshop.loaded_bank.faults
    found = f"{len(workshop.bank)} questions in {len(workshop.bank.topics)} topics"
    if faults:
        return Finding("bank", ok=False, found=f"{found}; {faults[0]}", remedy="`mockinterview corpus check` names every fault.")
    return Finding("bank", ok=True, found=found)


def _sessions(workshop: Workshop) -> Finding:
    workshop.store.check()
    return Finding("sessions", ok=True, found=f"{len(workshop.store.sessions())} in {workshop.folders.sessions}")


def _grader(workshop: Workshop) -> Finding:
    """Grade the model answer of the first question that has one, for real, with all layers that the settings ask for."""
    question = next((q for q in workshop.bank if q.model_answer), None)
    if question is None:
        return Finding("grader", ok=True, found="this bank has no model answer to try it on")
    words = (workshop.settings.judge or workshop.settings.backend) == WORDS
    grader = workshop.words_grader if words else workshop.embedded_grader
    assessment = grader.assess(question, question.model_answer)
    found = f"{assessment.graded_by} gives the model answer of {question.id} {assessment.score}"
    whole = words or (grader.combiner is not None and assessment.graded_by == grader.name)
    if whole and assessment.score:
        return Finding("grader", ok=True, found=found)
    own = whole and workshop.settings.corpus  # of the shipped bank every model answer earns something
    remedy = f"Correct the points of {question.id} or its model answer, which has to earn something." if own else NO_MODEL
    return Finding("grader", ok=False, found=found, remedy=remedy)


def _search(workshop: Workshop) -> Finding:
    status = str(getattr(workshop.retriever, "status", "lexical"))
    remedy = f"Delete {workshop.folders.index} and try again; until then search goes by wording alone."
    return Finding("search", ok=status.startswith("hybrid"), found=status, remedy=remedy)


def _terminal(workshop: Workshop) -> Finding:
    size = shutil.get_terminal_size()
    kind = os.environ.get("TERM", "unknown")
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    found = f"{kind}, {size.columns}x{size.lines}" if interactive else "none here; interviews run as plain lines"
    return Finding("terminal", ok=True, found=found)


def config_show(arguments: argparse.Namespace) -> int:
    """Show each setting with its value and its source. Keys are not settings and never shown."""
    loaded = Workshop().loaded
    values = loaded.settings.model_dump(mode="json")
    if arguments.json:
        put_json({name: {"value": values[name], "source": loaded.origins[name]} for name in values})
    else:
        put_lines(f"{name:<12} = {_shown(values[name]):<28} ({loaded.origins[name]})" for name in values)
    return 0


def _shown(value: object) -> str:
    return "unset" if value is None or value in ("", {}) else str(value)


def config_path(arguments: argparse.Namespace) -> int:
    """Print where the settings file belongs."""
    put_lines([str(Workshop().folders.config_file)])
    return 0
