"""Writes an answer in the editor that the person is used to (`VISUAL` or `EDITOR`)."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mockinterview.errors import SettingsError, StorageError


def command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the command of the person's editor; raise SettingsError where none is set or it cannot be read."""
    named = environment.get("VISUAL") or environment.get("EDITOR") or ""
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise SettingsError(f"EDITOR cannot be read: {named!r} ({error}).", "Correct it, for example EDITOR=vim.") from error
    if not words:
        raise SettingsError("No editor is set.", "Set EDITOR, for example EDITOR=vim.")
    return words


def edited(text: str, editor: list[str], folder: Path) -> str:
    """Return a text as the editor leaves it. The file is readable to its owner alone and is removed.

    Raises SettingsError where the editor does not start or fails, StorageError where the file cannot be written or read.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="answer-", suffix=".md", dir=folder)
    except OSError as error:
        raise StorageError(f"{folder} cannot be written: {error.strerror}.", "Free some space.") from error
    file = Path(name)
    try:
        os.close(descriptor)
        file.write_text(text, encoding="utf-8")
        _run([*editor, name])
        return file.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"What the editor wrote cannot be read: {error}.", "Your text here is unchanged.") from error
    finally:
        file.unlink(missing_ok=True)


def _run(line: list[str]) -> None:
    try:
        code = subprocess.run(line, check=False).returncode  # noqa: S603 - the person's own editor
    except OSError as error:
        raise SettingsError(f"The editor '{line[0]}' does not start: {error.strerror}.", "Set EDITOR to one that does.") from error
    if code:
        raise SettingsError(f"The editor '{line[0]}' ended with code {code}.", "Your text here is unchanged.")
