"""The keys of the app by the names that the table `[keys]` of `config.toml` gives them; all of them can be changed.

One table, so that bindings, help, sentences on the screen and the documentation cannot tell different keys.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from textual.binding import Binding
from textual.keys import Keys

from mockinterview.errors import SettingsError, nearest_hint

EVERYWHERE, TYPING, TALK, START, REPORT, HISTORY = "everywhere", "the editor", "interview", "start", "report", "history"
KEYS: Final[Mapping[str, tuple[str, str, str]]] = {  # name -> place, keys, what it does
    "help": (EVERYWHERE, "f1,question_mark", "Help"),
    "quit": (EVERYWHERE, "ctrl+q", "Quit"),
    "theme": (EVERYWHERE, "f9", "Dark, light, high contrast"),
    "send": (TYPING, "enter", "Send"),
    "newline": (TYPING, "ctrl+j,alt+enter,shift+enter", "Newline"),
    "scroll_up": (TYPING, "pageup,ctrl+up,shift+pageup", "Scroll up"),
    "scroll_down": (TYPING, "pagedown,ctrl+down,shift+pagedown", "Scroll down"),
    "hint": (TALK, "f2", "Hint"),
    "clarify": (TALK, "f3", "Clarify"),
    "skip": (TALK, "f4", "Skip"),
    "back": (TALK, "ctrl+t", "Back to a skipped one"),
    "model_answer": (TALK, "f5", "Model"),
    "dispute": (TALK, "f6", "Dispute a mark"),
    "board": (TALK, "f7", "Board"),
    "report": (TALK, "f8", "Report"),
    "outside": (TALK, "ctrl+o", "Write in $EDITOR"),
    "retry": (TALK, "ctrl+r", "Try again"),
    "start": (START, "f2,ctrl+s", "Start"),
    "resume": (START, "f3", "Resume"),
    "again": (START, "f4", "Same again"),
    "review": (START, "f5", "Review"),
    "history": (START, "f6", "History"),
    "progress": (START, "f7", "Progress"),
    "test": (START, "f8", "Test the interviewer"),
    "job": (START, "ctrl+g", "Job description"),
    "markdown": (REPORT, "m", "Markdown"),
    "json": (REPORT, "j", "JSON"),
    "html": (REPORT, "h", "HTML"),
    "anki": (REPORT, "a", "Anki"),
    "new": (REPORT, "n", "New interview"),
    "past": (REPORT, "p", "Past interviews"),
    "compare": (HISTORY, "f2", "Compare"),
    "history_markdown": (HISTORY, "f3", "Markdown"),
    "history_json": (HISTORY, "f4", "JSON"),
    "history_html": (HISTORY, "f5", "HTML"),
    "history_anki": (HISTORY, "f6", "Anki"),
    "history_progress": (HISTORY, "f7", "Progress"),
    "mark_again": (HISTORY, "f8", "Mark again"),
}
_TOGETHER = ((EVERYWHERE, TYPING, TALK), (EVERYWHERE, START), (EVERYWHERE, REPORT), (EVERYWHERE, HISTORY))
_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "meta", "hyper"})
_NAMED = frozenset(str(key.value) for key in Keys)
_chosen: dict[str, str] = {}  # of the app of this process


def bound(name: str, action: str, **more: Any) -> Binding:
    """Return the binding of an action under its name; `more` goes to Textual."""
    _, keys, told = KEYS[name]
    return Binding(keys, action, told, id=name, **more)


def label(name: str) -> str:
    """Return the first key of an action as sentences name it: "F2", "Ctrl+T"."""
    return "+".join(part.capitalize() for part in _chosen.get(name, KEYS[name][1]).split(",")[0].strip().split("+"))


def choose(wanted: Mapping[str, str]) -> dict[str, str]:
    """Take the table `[keys]` of the settings from now on and return it as Textual's keymap.

    Raises SettingsError for a name or a key that does not exist, and where two actions of one screen would have the same key.
    """
    for name, keys in wanted.items():
        if name not in KEYS:
            hint = nearest_hint(name, KEYS, f"Names: {', '.join(KEYS)}.")
            raise SettingsError(f"There is no key named '{name}' in the table [keys].", hint)
        _check_keys(name, keys)
    chosen = {name: ",".join(_split(keys)) for name, keys in wanted.items()}
    _refuse_clashes(chosen)
    _chosen.clear()
    _chosen.update(chosen)
    return chosen


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",")]


def _check_keys(name: str, keys: str) -> None:
    for key in _split(keys):
        *modifiers, last = key.split("+") if len(key) > 1 else [key]
        if not _MODIFIERS.issuperset(modifiers) or not (len(last) == 1 or last in _NAMED or _is_sign(last)):
            hint = "Keys look like f2, ctrl+t, ctrl+enter, pageup, x or question_mark; commas stand between several."
            raise SettingsError(f"'{key}' in the table [keys] ({name}) is no key.", hint)


def _is_sign(name: str) -> bool:
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def _refuse_clashes(chosen: Mapping[str, str]) -> None:
    for places in _TOGETHER:
        seen: dict[str, str] = {}
        for name in (name for name, (place, _, _) in KEYS.items() if place in places):
            for key in _split(chosen.get(name, KEYS[name][1])):
                other = seen.setdefault(key, name)
                if other != name and chosen.keys() & {name, other}:
                    hint = f"Give one of the two another key: {other} = ..., {name} = ..."
                    raise SettingsError(f"'{key}' would be the key for both '{other}' and '{name}' (table [keys]).", hint)
