"""Reads what models really send: JSON in fences, in chatter, behind reasoning, with trailing commas; streams that think aloud."""

from __future__ import annotations

import json
import re
from typing import Any, Final

LONGEST: Final = 200_000  # characters that are searched for JSON; whoever sends more is repeating itself

_THINKING: Final = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_OPENED_IN_PROMPT: Final = re.compile(r"\A.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_FENCE: Final = re.compile(r"```(?:json)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
_OPENINGS: Final = ("<think>", "<thinking>", "<reasoning>")
_CLOSING: Final = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_CLOSING_BEGUN: Final = re.compile(r"<(?:/[a-z]{0,9})?\Z", re.IGNORECASE)


def json_from(text: str) -> dict[str, Any]:
    """Return the JSON object in a reply; raise ValueError with one sentence where there is none.

    Tried in turn: the reply as it is, without its reasoning, what its code fence holds, from the first brace on; the last two
    mended by `json_repair` (missing quotes, trailing commas, an end that was cut off).
    """
    plain = _without_reasoning(text[:LONGEST])
    for candidate in (text.strip(), plain, *_fenced(plain), _from_brace(plain)):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return _mended(plain)


def _without_reasoning(text: str) -> str:
    """Return a reply without its reasoning, also where the template of the model has put the opening tag into the prompt."""
    return _OPENED_IN_PROMPT.sub("", _THINKING.sub("", text)).strip()


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
    """Lets through what a stream says and holds back what it thinks between <think> and </think>.

    What comes before a </think> that was never opened cannot be known to be reasoning in time; only the tag itself is left out.
    """

    def __init__(self) -> None:
        self._held = ""
        self._until = ""
        self._begun = False

    def take(self, piece: str) -> str:
        """Return what may be shown now that this piece has come."""
        self._held += piece
        if self._begun:
            return self._without_closing()
        if self._until:
            return self._after_thinking()
        start = self._held.lstrip().lower()
        opening = next((tag for tag in _OPENINGS if start.startswith(tag)), "")
        if opening:
            self._until = opening.replace("<", "</")
            return self._after_thinking()
        if any(tag.startswith(start) for tag in _OPENINGS):
            return ""
        self._begun, self._held = True, self._held.lstrip()
        return self._without_closing()

    def _after_thinking(self) -> str:
        found = re.search(re.escape(self._until), self._held, re.IGNORECASE)
        if found is None:
            self._held = self._held[-len(self._until) :]  # all that may still become the closing tag
            return ""
        rest, self._held, self._until = self._held[found.end() :], "", ""
        return self.take(rest.lstrip()) if rest.strip() else ""

    def _without_closing(self) -> str:
        """Return what is held back, without closing tags; what may become one stays held back."""
        text = _CLOSING.sub("", self._held)
        begun = _CLOSING_BEGUN.search(text)
        end = begun.start() if begun else len(text)
        self._held = text[end:]
        return text[:end]

    def rest(self) -> str:
        """Return what is still held back at the end of the stream; reasoning without an end is dropped."""
        held, self._held = ("" if self._until else self._held.lstrip()), ""
        return held
