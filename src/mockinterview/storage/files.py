"""Single files: written whole or not at all, and removed for good."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mockinterview.errors import StorageError


def write_whole(file: Path, content: str | bytes, hint: str) -> None:
    """Write a file whole or not at all; raise StorageError with the hint where that fails.

    Half a surrogate pair, which UTF-8 cannot hold, is written as JSON escapes it.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(content.encode(errors="backslashreplace") if isinstance(content, str) else content)
        part.replace(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StorageError(f"{file} cannot be written: {error.strerror}.", hint) from error


def remove_for_good(file: Path) -> None:
    """Overwrite a file and remove it; do nothing where there is none. Raises StorageError where that fails."""
    try:
        with file.open("r+b") as content:
            content.write(bytes(os.fstat(content.fileno()).st_size))
            content.flush()
            os.fsync(content.fileno())
        file.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{file} cannot be removed: {error.strerror}.", "Remove that file by hand, then try again.") from error
