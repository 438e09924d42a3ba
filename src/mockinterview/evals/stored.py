"""Results that stay on disk and are read when they are looked at: ten thousand of them take 8 bytes each in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from mockinterview.evals.results import Result


class Stored(Sequence[Result]):
    """The results at some places of a file: byte offsets of lines that each hold one, maybe with a comma behind it."""

    def __init__(self, path: Path, places: Iterable[int]) -> None:
        self._path = path
        self._places = array("Q", places)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._places)

    def __iter__(self) -> Iterator[Result]:
        """Yield the results one after another."""
        if not self._places:
            return
        with self._path.open("rb") as lines:
            for place in self._places:
                lines.seek(place)
                yield parsed(lines.readline())

    @overload
    def __getitem__(self, at: int) -> Result: ...
    @overload
    def __getitem__(self, at: slice) -> Stored: ...
    def __getitem__(self, at: int | slice) -> Result | Stored:
        """Return a result, or some of them without reading them."""
        if isinstance(at, slice):
            return Stored(self._path, self._places[at])
        with self._path.open("rb") as lines:
            lines.seek(self._places[at])
            return parsed(lines.readline())


def parsed(line: bytes) -> Result:
    """Return the result of a line; raise ValidationError where there is none."""
    return Result.model_validate_json(line.rstrip(b"\r\n,"))
