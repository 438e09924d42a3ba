"""`grade`: one answer, or a file of answers as JSON lines."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mockinterview.cli.compose import WORDS, Workshop
from mockinterview.cli.output import put_json, put_lines
from mockinterview.errors import MockInterviewError, UsageError
from mockinterview.interview.loop import check_length
from mockinterview.report import score_card_lines
from mockinterview.sanitize import escape_json

if TYPE_CHECKING:
    from mockinterview.models import Bank
    from mockinterview.ports import Grader


def grade(arguments: argparse.Namespace) -> int:
    """Grade what the arguments name: a batch file, or one answer from the arguments or from stdin."""
    workshop = Workshop.from_arguments(arguments)
    workshop.warn_of_faults()
    if arguments.batch is not None:
        if arguments.jobs < 1:
            raise UsageError(f"--jobs {arguments.jobs} is no number of jobs.", "Give a number from 1 on.")
        return asyncio.run(_batch(workshop, arguments.batch, arguments.jobs))
    if arguments.question is None:
        raise UsageError("Neither a question nor a batch file is named.", "`mockinterview corpus list` shows the questions.")
    return _single(workshop, arguments)


def _single(workshop: Workshop, arguments: argparse.Namespace) -> int:
    question = workshop.bank.get(arguments.question)
    answer = sys.stdin.read() if arguments.answer in (None, "-") else arguments.answer
    check_length(answer)
    assessment = asyncio.run(workshop.grader.grade(question, answer))
    explainer = workshop.words_grader if workshop.settings.judge == WORDS else workshop.embedded_grader
    why = explainer.explain(question, answer).lines() if arguments.explain else []
    if arguments.json:
        put_json({**assessment.as_line(), **({"explanation": why} if why else {})})
    else:
        put_lines([*score_card_lines(question, assessment), *(["", *why] if why else [])])
    return 0


async def _batch(workshop: Workshop, file: Path, jobs: int) -> int:
    """Grade a file line by line with at most `jobs` answers under way; results come in the order of the file.

    Raises SettingsError or BackendError before the first line where there is no grader to be had.
    """
    failed = False
    grader = workshop.grader
    with _opened(file) as lines:
        async for result in _in_order(workshop.bank, grader, _numbered(lines), jobs):
            failed = failed or "error" in result
            sys.stdout.write(escape_json(json.dumps(result, ensure_ascii=False)) + "\n")
    return 1 if failed else 0


def _opened(file: Path) -> TextIO:
    if str(file) == "-":
        return sys.stdin
    try:
        return file.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError(f"The batch file {file} cannot be read: {error.strerror}.", "Check its name.") from error


def _numbered(lines: TextIO) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


async def _in_order(bank: Bank, grader: Grader, lines: Iterator[tuple[int, str]], jobs: int) -> AsyncIterator[dict[str, Any]]:
    running: deque[asyncio.Task[dict[str, Any]]] = deque()
    for number, line in lines:
        running.append(asyncio.create_task(_line_result(bank, grader, number, line)))
        if len(running) >= jobs:
            yield await running.popleft()
    while running:
        yield await running.popleft()


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number in JSON")


async def _line_result(bank: Bank, grader: Grader, number: int, line: str) -> dict[str, Any]:
    """Return the result for one line; a bad line becomes an error in its place."""
    try:
        data = json.loads(line, parse_constant=_no_number)
    except RecursionError:
        return {"id": None, "error": f"line {number} is nested too deeply"}
    except ValueError as error:  # not JSON, or a number of more digits than Python reads
        return {"id": None, "error": f"line {number} is not JSON: {getattr(error, 'msg', error)}"}
    if not isinstance(data, dict):
        return {"id": None, "error": f"line {number} is not a JSON object"}
    answer_id = data.get("id")
    if isinstance(answer_id, dict | list) or answer_id in (inf, -inf):  # 1e999 is JSON, and more than a float can hold
        return {"id": None, "error": f"line {number} has an 'id' that is neither text nor a number"}
    missing = [name for name in ("question", "answer") if not isinstance(data.get(name), str)]
    if missing:
        return {"id": answer_id, "error": f"line {number} has no text in '{missing[0]}'"}
    try:
        check_length(data["answer"])
        assessment = await grader.grade(bank.get(data["question"]), data["answer"])
    except MockInterviewError as error:
        return {"id": answer_id, "error": str(error)}
    return assessment.as_line(answer_id)
