"""Sessions as files: Markdown and HTML from the blocks of a transcript, JSON from the events.

All text in them is data: nothing in it is markup, and nothing that a terminal would act on is left in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any, Final

from mockinterview.grading.score import AFTER_HINT, AFTER_PROBE, CREDIT
from mockinterview.models import Bank, Event, InterviewStarted, Question, QuestionClosed
from mockinterview.report.transcript import Block, Heading, Listed, Quoted, Remark, Spoken, Table, disclosed, transcript
from mockinterview.sanitize import clean, escape_json


def as_json(events: Sequence[Event], bank: Bank | None = None) -> str:
    """Return a session as one JSON document: its id and all its events.

    With a bank: also the questions that are closed for good, with their points, weights, corrections, model answers and sources,
    and the factors of the score.
    """
    session_id = next((e.session_id for e in events if isinstance(e, InterviewStarted)), "")
    body: dict[str, Any] = {"id": session_id, "events": [event.model_dump(mode="json") for event in events]}
    if bank is not None:
        told = disclosed(events)
        asked = dict.fromkeys(e.question_id for e in events if isinstance(e, QuestionClosed))
        body["questions"] = {name: _expected(bank.get(name)) for name in asked if name in told and name in bank}
        body["credit"] = {**CREDIT, "after_probe": AFTER_PROBE, "after_hint": AFTER_HINT}
    return escape_json(json.dumps(body, ensure_ascii=False, indent=2))


def _expected(question: Question) -> dict[str, Any]:
    kept = question.model_dump(mode="json", include={"topic", "level", "ask", "model_answer", "formulas", "sources"})
    points = [p.model_dump(include={"id", "claim", "kind", "weight"}) for p in question.points]
    wrong = [m.model_dump(include={"id", "belief", "correction", "weight"}) for m in question.misconceptions]
    return {**kept, "points": points, "misconceptions": wrong}


# --- Markdown -------------------------------------------------------------------------------------------------------


def as_markdown(events: Sequence[Event], bank: Bank) -> str:
    """Return a session as Markdown, with the markup of everything that was said made harmless."""
    return "\n\n".join(_markdown(block) for block in transcript(events, bank)) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading():
            name = f"\n\n`{re.sub(r'[^a-z0-9-]', '', block.name)}`" if block.name else ""
            return f"{'#' * block.level} {_line(block.text)}{name}"
        case Spoken():
            occasion = f" ({_line(block.occasion)})" if block.occasion else ""
            return f"**{_line(block.speaker)}**{occasion}: {_line(block.text)}"
        case Quoted():
            return f"**{_line(block.title)}:**\n\n{_quoted([_line(line) for line in block.text.splitlines() or ['']])}"
        case Remark():
            return f"*{_line(block.text)}*"
        case Listed():
            return "\n".join(_item(f"{n}." if block.numbered else "-", *item) for n, item in enumerate(block.items, start=1))
        case Table():
            rule = "|".join(" ---: " if i in block.right else " --- " for i in range(len(block.head)))
            rows = [" | ".join(map(_line, row)) for row in (block.head, *block.rows)]
            return "\n".join([f"| {rows[0]} |", f"|{rule}|", *(f"| {row} |" for row in rows[1:])])


def _quoted(lines: list[str]) -> str:
    """Return lines as a quote that keeps its line breaks: a backslash before a line that is not empty."""
    breaks = ["\\" if here and after else "" for here, after in pairwise([*lines, ""])]
    return "\n".join(f"> {line}{end}".rstrip() for line, end in zip(lines, breaks, strict=True))


def _item(bullet: str, label: str, text: str, below: Sequence[str]) -> str:
    indent = " " * (len(bullet) + 1)
    named = f"**{_line(label)}**: " if label else ""
    return "\n".join([f"{bullet} {named}{_line(text)}", *(f"{indent}- {_line(line)}" for line in below)])


def _line(text: str) -> str:
    """Return text on one line with everything escaped that Markdown or HTML would act on.

    It is cleaned first: an escape sequence could swallow the backslash before a sign.
    """
    plain = " ".join(clean(text).split())
    escaped = re.sub(r"([\\`*_\[\]<>#|~&$])", r"\\\1", plain)
    return re.sub(
        r"^([-+=]|\d+(?=[.)](?:\s|$)))", lambda m: f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", escaped
    )  # the beginning of a list, or of a heading's underline


# --- HTML -----------------------------------------------------------------------------------------------------------

_CSS = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;background:Canvas;color:CanvasText;color-scheme:light dark}"
    "main{max-width:46rem;margin:auto}"
    "blockquote{border-left:.25rem solid GrayText;margin-left:0;padding-left:1rem;white-space:pre-wrap}"
    "table{border-collapse:collapse}td,th{border:1px solid GrayText;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "code{font-size:.8rem;color:GrayText}"
)


def as_html(events: Sequence[Event], bank: Bank) -> str:
    """Return a session as one self-contained HTML page; all text in it is cleaned and escaped."""
    body = "\n".join(_html(block) for block in transcript(events, bank))
    head = f'<meta charset="utf-8">\n<title>Mock interview</title>\n<style>{_CSS}</style>'
    return f'<!doctype html>\n<html lang="en">\n{head}\n<main>\n{body}\n</main>\n</html>\n'


def _harmless(text: str) -> str:
    return escape(clean(text))


def _html(block: Block) -> str:
    match block:
        case Heading():
            name = f" <code>{_harmless(block.name)}</code>" if block.name else ""
            return f"<h{block.level}>{_harmless(block.text)}{name}</h{block.level}>"
        case Spoken():
            occasion = f" ({_harmless(block.occasion)})" if block.occasion else ""
            return f"<p><b>{_harmless(block.speaker)}</b>{occasion}: {_harmless(block.text)}</p>"
        case Quoted():
            return f"<p><b>{_harmless(block.title)}:</b></p>\n<blockquote>{_harmless(block.text)}</blockquote>"
        case Remark():
            return f"<p><i>{_harmless(block.text)}</i></p>"
        case Listed():
            tag = "ol" if block.numbered else "ul"
            return f"<{tag}>{''.join(_html_item(*item) for item in block.items)}</{tag}>"
        case Table():
            head = "".join(f"<th>{_harmless(cell)}</th>" for cell in block.head)
            rows = "".join(f"<tr>{''.join(f'<td>{_harmless(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
            return f"<table><tr>{head}</tr>{rows}</table>"


def _html_item(label: str, text: str, below: Sequence[str]) -> str:
    named = f"<b>{_harmless(label)}</b>: " if label else ""
    return f"<li>{named}{_harmless(text)}{''.join(f'<br>{_harmless(line)}' for line in below)}</li>"


TEXTS: Final[Mapping[str, Callable[[Sequence[Event], Bank], str]]] = {"md": as_markdown, "html": as_html, "json": as_json}
