"""`start` and `resume`: the app in a terminal, plain lines or JSON lines elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mockinterview.errors import SettingsError, UsageError
from mockinterview.sanitize import clean

if TYPE_CHECKING:
    from mockinterview.cli.compose import Workshop
    from mockinterview.cli.plain import JsonLines, PlainLines
    from mockinterview.interview.loop import Interview
    from mockinterview.models import Plan

LONGEST_JOB = 2**20  # bytes


def start(arguments: argparse.Namespace) -> int:
    """Start an interview; without a command, open the app on its start screen."""
    if not lines_wanted(arguments):
        from mockinterview.cli.app import open_app

        if arguments.jd:
            _choose_for_job(arguments)
        return open_app(arguments)
    from mockinterview.cli.compose import Workshop

    workshop = Workshop.from_arguments(arguments)
    workshop.warn_of_faults()
    return hold(workshop, arguments, _plan(workshop, arguments))


def hold(workshop: Workshop, arguments: argparse.Namespace, plan: Plan) -> int:
    """Hold a new interview in lines and return the exit code."""
    interview = workshop.new_interview()
    with workshop.store.claim(interview.session_id):
        return _converse(interview, arguments, plan, workshop.version)


def _choose_for_job(arguments: argparse.Namespace) -> None:
    """Put the questions of a job description into the arguments, as if they had been named."""
    from mockinterview.cli.compose import Workshop

    arguments.question = list(_plan(Workshop.from_arguments(arguments), arguments).questions)


def resume(arguments: argparse.Namespace) -> int:
    """Go on with a stored interview."""
    if not lines_wanted(arguments):
        from mockinterview.cli.app import open_app

        return open_app(arguments, resume=arguments.session or "")
    from mockinterview.cli.compose import Workshop

    workshop = Workshop.from_arguments(arguments)
    workshop.warn_of_faults()
    session_id = workshop.stored_session(arguments.session)
    with workshop.store.claim(session_id):
        return _converse(_stored_interview(workshop, session_id), arguments, None, workshop.version)


def _stored_interview(workshop: Workshop, session_id: str) -> Interview:
    """Return a stored interview with the backend that it was begun with, or the one that flags name."""
    backend, model, judge = workshop.begun_with(session_id)
    if backend != workshop.settings.backend:
        told = f"going on with {backend}, as this interview was begun; --backend chooses another"
        sys.stderr.write(clean(f"mockinterview: {told}.\n"))
    try:
        return workshop.with_backend(backend, model, judge).stored_interview(session_id)
    except SettingsError as error:
        hint = f"Define it in the settings, name it as you did at the start ({backend}), or go on with --backend embedded."
        raise SettingsError(f"{error.message} This interview was begun with it.", hint) from error


def lines_wanted(arguments: argparse.Namespace) -> bool:
    """Tell whether the interview is held in lines: they are asked for, or there is neither terminal nor browser for the app."""
    screen = "TEXTUAL_DRIVER" in os.environ or (sys.stdin.isatty() and sys.stdout.isatty())
    return arguments.plain or arguments.jsonl or not screen


def _plan(workshop: Workshop, arguments: argparse.Namespace) -> Plan:
    """Return the plan that the flags ask for, telling on stderr why a job description chose what it chose."""
    plan = workshop.plan(
        seed=arguments.seed,
        job=_job(arguments.jd) if arguments.jd else "",
        topics=tuple(arguments.topic),
        about=arguments.about or "",
        questions=tuple(arguments.question),
    )
    for question_id, phrase in plan.because.items():
        sys.stderr.write(clean(f'{question_id}: the job description says "{phrase}"\n'))
    return plan


def _job(file: Path) -> str:
    """Return the text of a job description; raise UsageError where it cannot be read, is empty, or is no text."""
    try:
        if file.stat().st_size > LONGEST_JOB:
            raise UsageError(f"{file} is too long for a job description.", "Give a text file of less than a megabyte.")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"The job description {file} cannot be read: {error.strerror}.", "Check its name.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not plain text in UTF-8.", "Save the job description as a text file.") from error
    if not text.strip() or "\0" in text:
        raise UsageError(f"{file} has no text to read.", "Save the job description as a text file.")
    return text


def _converse(interview: Interview, arguments: argparse.Namespace, plan: Plan | None, version: str) -> int:
    from mockinterview.cli.plain import JsonLines, PlainLines

    front = JsonLines(interview) if arguments.jsonl else PlainLines(interview, interactive=sys.stdin.isatty())
    interview.listen(front.show)
    try:
        # Lines are read outside the event loop, which would keep the first Ctrl-C to itself while it waits for one.
        with asyncio.Runner() as runner:
            if plan is not None:
                runner.run(interview.start(plan, version))
            else:
                front.show_past()
                runner.run(interview.advance())
            interview.warm_up()
            lines = _answers(front)
            while not interview.finished:
                line = next(lines, None)
                if line is None:
                    runner.run(front.end_of_input())
                    break
                runner.run(front.take(line))
    except KeyboardInterrupt:
        sys.stderr.write(f"`mockinterview resume {interview.session_id}` goes on where you were.\n")
        raise
    return 0


def _answers(front: PlainLines | JsonLines) -> Iterator[str]:
    """Yield answers from stdin: one a line, continued where the line ends with a backslash. A blank line says nothing."""
    front.prompt()
    collected: list[str] = []
    for raw in sys.stdin:
        line = raw.rstrip("\r\n")
        collected.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            answer, collected = "\n".join(collected), []
            if answer.strip():
                yield answer
            front.prompt()
    if any(line.strip() for line in collected):
        yield "\n".join(collected)
