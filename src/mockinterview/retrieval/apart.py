"""Builds the index in a process of its own: what Chroma imports, maps and keeps takes 70 MB, and its work holds up keys.

The process reads the bank's questions as JSON from stdin and writes a line per batch, `done total`; last `ready`, or why not.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from mockinterview.errors import RetrievalError
from mockinterview.models import Bank, Question
from mockinterview.retrieval.embedding import MODEL_DIR, default_embedder
from mockinterview.retrieval.hybrid import open_index
from mockinterview.retrieval.vectors import Progress

READY: Final = "ready"
_HINT: Final = "Search works by words meanwhile."
# -P: a file of the folder that one happens to be in must not take the place of a module
_COMMAND: Final = (sys.executable, "-P", "-m", "mockinterview.retrieval.apart")


def build_apart(bank: Bank, folder: Path, progress: Progress) -> None:
    """Bring the index in `folder` up to date without loading anything here. Raises RetrievalError where that is impossible."""
    questions = TypeAdapter(list[Question]).dump_json(list(bank))
    last = ""
    try:
        with subprocess.Popen(  # noqa: S603 - our own module, with a folder of our own
            [*_COMMAND, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(questions)
            child.stdin.close()
            for line in child.stdout:
                last = line.decode("utf-8", "replace").strip()
                done, _, total = last.partition(" ")
                if done.isdigit() and total.isdigit():
                    progress(int(done), int(total))
    except OSError as error:
        raise RetrievalError(f"The index cannot be built ({error}).", _HINT) from error
    if last != READY:
        raise RetrievalError(last or f"The index was not built (exit code {child.returncode}).", _HINT)


def main() -> None:
    """Build the index; be the process."""

    def tell(done: int, total: int) -> None:
        sys.stdout.write(f"{done} {total}\n")
        sys.stdout.flush()

    bank = Bank(TypeAdapter(list[Question]).validate_json(sys.stdin.buffer.read()))
    try:
        index = open_index(bank, Path(sys.argv[1]), embed=default_embedder(MODEL_DIR), progress=tell)
    except RetrievalError as error:
        sys.stdout.write(error.message)
        return
    sys.stdout.write(READY if index.status.startswith("hybrid") else index.status)


if __name__ == "__main__":
    main()
