"""Reads what models really send: JSON in fences, in chatter, behind reasoning, with trailing commas; streams that think aloud."""

from __future__ import annotations

import json
import re
from typing import Any, Final

LONGEST: Final = 200_000  # characters that are searched for JSON; whoever sends more is repeating itself

_THINKING: Final = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE: Final = re.compile(r"```(?:json)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
_OPENINGS: Final = ("<think>", "<thinking>", "<reasoning>")


def json_from(text: str) -> dict[str, Any]:
    """Return the JSON object in a reply; raise ValueError with one sentence where there is none.

    Tried in turn: the reply as it is, without its reasoning, what its code fence holds, from the first brace on; the last two
    mended by `json_repair` (missing quotes, trailing commas, an end that was cut off).
    """
    plain = _THINKING.sub("", text[:LONGEST]).strip()
    for candidate in (text.strip(), plain, *_fenced(plain), _from_brace(plain)):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return _mended(plain)


def _fenced(text: str) -> list[str]:
    return [match.strip() for match in _FENCE.findall(text) if "{" in match]


def _from_brace(text: str) -> str:
    return text[text.find("{") : text.rfind("}") + 1]


def _mended(text: str) -> dict[str, Any]:
    import json_repair

    if not text:
        raise ValueError("the reply was empty")
    if "{" not in text:
        raise ValueError("the reply holds no JSON object")
    candidate = next(iter(_fenced(text)), text[text.find("{") :])
    try:
        found = json_repair.loads(candidate)
    except (ValueError, RecursionError) as error:
        raise ValueError("the reply is not JSON") from error
    # Several objects in a row come back as a list; the first one is what was asked for.
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict) or not first:
        raise ValueError("the reply is not a JSON object")
    return first


class Spoken:
    """Lets through what a stream says and holds back what it thinks between <think> and </think>."""

    def __init__(self) -> None:
        self._held = ""
        self._until = ""
        self._begun = False

    def take(self, piece: str) -> str:
        """Return what may be shown now that this piece has come."""
        if self._begun:
            return piece
        self._held += piece
        if self._until:
            return self._after_thinking()
        start = self._held.lstrip().lower()
        opening = next((tag for tag in _OPENINGS if start.startswith(tag)), "")
        if opening:
            self._until = opening.replace("<", "</")
            return self._after_thinking()
        return "" if any(tag.startswith(start) for tag in _OPENINGS) else self.rest()

    def _after_thinking(self) -> str:
        _, found, rest = self._held.partition(self._until)
        if not found:
            self._held = self._held[-len(self._until) :]  # all that may still become the closing tag
            return ""
        self._held, self._until = "", ""
        return self.take(rest.lstrip()) if rest.strip() else ""

    def rest(self) -> str:
        """Return what is still held back once it is clear that it is no reasoning; reasoning without an end is dropped."""
        self._begun = True
        held, self._held = ("" if self._until else self._held.lstrip()), ""
        return held
