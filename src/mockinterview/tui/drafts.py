"""Keeps what is being typed, so that nothing is lost when the app, the terminal or the machine goes away."""

from __future__ import annotations

from pathlib import Path

from mockinterview.errors import StorageError


class Draft:
    """The unsent text of one session, in a file of its own beside the session log."""

    def __init__(self, folder: Path, session_id: str) -> None:
        self.file = folder / f"{session_id}.txt"
        self._stored = ""

    def read(self) -> str:
        """Return the stored draft, "" where there is none; raise StorageError where it cannot be read."""
        try:
            self._stored = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._stored = ""
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(f"The draft {self.file} cannot be read: {error}.", "Look into that file by hand.") from error
        return self._stored

    def write(self, text: str) -> None:
        """Store the draft whole or not at all, and remove the file of an empty one; raise StorageError where that fails."""
        if text == self._stored:
            return
        try:
            self._put(text)
        except OSError as error:
            raise StorageError(f"Your draft cannot be saved: {error.strerror}.", "Free some space, or send it now.") from error
        self._stored = text

    def _put(self, text: str) -> None:
        if not text:
            self.file.unlink(missing_ok=True)
            return
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.chmod(0o600)
        part.replace(self.file)
