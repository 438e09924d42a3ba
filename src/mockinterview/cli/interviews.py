"""`start` and `resume`: the app in a terminal, plain lines or JSON lines elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator

from mockinterview.cli.compose import Workshop
from mockinterview.cli.plain import JsonLines, PlainLines
from mockinterview.interview.loop import Interview
from mockinterview.models import Plan


def start(arguments: argparse.Namespace) -> int:
    """Start an interview; without a command, open the app on its start screen."""
    if not _lines_wanted(arguments):
        from mockinterview.cli.app import open_app

        return open_app(arguments)
    workshop = Workshop.from_arguments(arguments)
    workshop.warn_of_faults()
    return asyncio.run(_converse(workshop.new_interview(), arguments, _plan(workshop, arguments), workshop.version))


def resume(arguments: argparse.Namespace) -> int:
    """Go on with a stored interview."""
    if not _lines_wanted(arguments):
        from mockinterview.cli.app import open_app

        return open_app(arguments, resume=arguments.session or "")
    workshop = Workshop.from_arguments(arguments)
    workshop.warn_of_faults()
    interview = workshop.stored_interview(arguments.session)
    with workshop.store.claim(interview.session_id):
        return asyncio.run(_converse(interview, arguments, None, workshop.version))


def _lines_wanted(arguments: argparse.Namespace) -> bool:
    return arguments.plain or arguments.jsonl or not (sys.stdin.isatty() and sys.stdout.isatty())


def _plan(workshop: Workshop, arguments: argparse.Namespace) -> Plan:
    return workshop.plan(
        seed=arguments.seed,
        topics=tuple(arguments.topic),
        about=arguments.about or "",
        questions=tuple(arguments.question),
    )


async def _converse(interview: Interview, arguments: argparse.Namespace, plan: Plan | None, version: str) -> int:
    front = JsonLines(interview) if arguments.jsonl else PlainLines(interview, interactive=sys.stdin.isatty())
    interview.listen(front.show)
    if plan is not None:
        await interview.start(plan, version)
    else:
        front.show_past()
        await interview.advance()
    for line in _answers(front):
        await front.take(line)
        if interview.finished:
            return 0
    await interview.command("end")
    return 0


def _answers(front: PlainLines | JsonLines) -> Iterator[str]:
    """Yield answers from stdin: one a line, continued where the line ends with a backslash."""
    front.prompt()
    collected: list[str] = []
    for raw in sys.stdin:
        line = raw.rstrip("\r\n")
        collected.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield "\n".join(collected)
            collected = []
            front.prompt()
    if collected:
        yield "\n".join(collected)
