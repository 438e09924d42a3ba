"""Prompts: Jinja2 files with a versioned front matter. A person's own folder takes the place of the shipped files.

    ---
    name: judge
    version: 1
    ---
    [system]
    ... constant text first, so that a server's prompt cache hits ...
    [user]
    ... {{ answer }} ...

What is filled in is data: it is never read as a template, and text that looks like the markers of a chat template or of a fence
is made harmless (`fenced`, `harmless`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from mockinterview.errors import SettingsError
from mockinterview.ports import Message
from mockinterview.sanitize import clean

if TYPE_CHECKING:
    from jinja2 import Template

Role = Literal["system", "user", "assistant"]

_FRONT: Final = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_SECTION: Final = re.compile(r"^\[(system|user|assistant)\][ \t]*$", re.MULTILINE)
_LOOK_ALIKES: Final = re.compile(
    r"</?\s*(?:answer|think|data|system|user|assistant|human|instructions?|candidate)[^<>\n]{0,80}>"  # fences and roles as tags
    r"|<\|[^<>\n]{0,40}\|?>|<｜[^<>\n]{0,40}>"  # ChatML, Llama 3, DeepSeek
    r"|</?s>|<(?:start|end)_of_turn>|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT)\]"  # Llama 2, Mistral, Gemma
    r"|^[ \t#*]*(?:system|assistant|user|interviewer|judge)[ \t*]*:",  # a turn of somebody else
    re.IGNORECASE | re.MULTILINE,
)
# Characters that look the same to a reader and mean nothing to a chat template.
_STAND_INS: Final = str.maketrans({"<": "‹", ">": "›", "[": "⁅", "]": "⁆", ":": "∶", "｜": "|"})


@dataclass(frozen=True)
class Prompt:
    """A prompt that can be filled in. `version` is the version of the variables that it is given."""

    name: str
    version: int
    file: Path
    sections: tuple[tuple[Role, str], ...]

    def messages(self, **values: Any) -> list[Message]:
        """Return the messages with the values filled in; raise SettingsError where the template wants something else."""
        return [Message(role, _rendered(self.file, text, values)) for role, text in self.sections]


class Prompts:
    """The prompts of some folders; the first folder that has a file wins."""

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        self.shipped = shipped
        self.own = own

    def get(self, name: str) -> Prompt:
        """Return a prompt by name; raise SettingsError where its file is missing, broken or of another version."""
        shipped = _read(self.shipped / f"{name}.md")
        file = self.own / f"{name}.md" if self.own else None
        if self.own and not self.own.is_dir():
            raise SettingsError(f"There is no folder of prompts at {self.own}.", "Correct the setting 'prompts'.")
        if file is None or not file.exists():
            return shipped
        own = _read(file)
        if own.version != shipped.version:
            message = f"The prompt {file} is written for version {own.version}; this release gives it version {shipped.version}."
            raise SettingsError(message, f"Compare it with {shipped.file} and change its version.")
        return own


def _read(file: Path) -> Prompt:
    import yaml

    try:
        match = _FRONT.match(file.read_text(encoding="utf-8").replace("\r\n", "\n"))
        front = yaml.safe_load(match["front"]) if match else None
        version = int(front["version"]) if isinstance(front, dict) else 0
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The prompt {file} cannot be read: {error}.", "Check the folder of prompts.") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"The front matter of {file} is broken: {error}.", "It needs 'name' and 'version'.") from error
    if match is None or not version:
        raise SettingsError(f"The prompt {file} has no front matter.", "It begins with ---, name, version and ---.")
    parts = _SECTION.split(match["body"])
    sections = tuple((cast("Role", role), text.strip()) for role, text in zip(parts[1::2], parts[2::2], strict=True))
    if not sections:
        raise SettingsError(f"The prompt {file} has no section.", "A section begins with a line [system] or [user].")
    for _, text in sections:
        _template(file, text)
    return Prompt(file.stem, version, file, sections)


@lru_cache(maxsize=64)
def _template(file: Path, text: str) -> Template:
    from jinja2 import StrictUndefined, TemplateSyntaxError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Prompts are plain text for a model: escaping for HTML would only disfigure formulas.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    try:
        return environment.from_string(text)
    except TemplateSyntaxError as error:
        raise SettingsError(f"The prompt {file} is no valid template: {error.message}.", "Correct it.") from error


def _rendered(file: Path, text: str, values: dict[str, Any]) -> str:
    from jinja2 import TemplateError

    try:
        return _template(file, text).render(values)
    except (TemplateError, TypeError) as error:
        raise SettingsError(f"The prompt {file} cannot be filled in: {error}.", "Compare it with the shipped prompt.") from error


def harmless(text: str) -> str:
    """Return data for a prompt: without control characters, and with look-alikes of fences, roles and chat templates defused.

    The length of the text stays the same where nothing is removed, so that quotes of it can be found in the original.
    """
    return _LOOK_ALIKES.sub(lambda match: match[0].translate(_STAND_INS), clean(text))


def fenced(text: str, tag: str = "answer", marker: Callable[[], str] = lambda: secrets.token_hex(8)) -> str:
    """Return data between two lines that nobody can have guessed while writing it."""
    secret = marker()
    return f"<{tag}-{secret}>\n{harmless(text)}\n</{tag}-{secret}>"


def shown(turns: Sequence[tuple[str, str]]) -> str:
    """Return turns of a talk as harmless lines "who: what"."""
    return "\n".join(f"{who}: {' '.join(harmless(what).split())}" for who, what in turns)
