"""The composition root: argv -> Settings -> objects -> run. Data goes to stdout, words about it to stderr."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence

from mockinterview.cli.arguments import build_parser
from mockinterview.errors import MockInterviewError

INTERRUPTED = 130
BROKEN_PIPE = 141
# Start-up makes a hundred thousand objects that stay; looking for garbage among them costs a tenth of it.
GARBAGE = (200_000, 20, 20)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 fine, 1 failed, 2 wrong use, 3 backend, 4 not comparable, 130 interrupted."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    gc.set_threshold(*GARBAGE)
    _take_any_text()
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except MockInterviewError as error:
        return complain(error)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _take_any_text() -> None:
    """Let no byte that is not UTF-8 end the program: read as U+FFFD; half a surrogate pair is written as JSON escapes it."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def complain(error: MockInterviewError) -> int:
    """Write an expected error and its remedy to stderr and return its exit code."""
    from mockinterview.sanitize import clean

    sys.stderr.write(clean(f"mockinterview: {error.message}\n"))
    if error.hint:
        sys.stderr.write(clean(f"  {error.hint}\n"))
    return error.exit_code
