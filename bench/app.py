"""From a key to the screen while a reply streams over a transcript of 5,000 lines, and the memory; beside a bare Textual app.

    python bench/app.py [--lines 5000] [--keys 200]

Both run in a pseudo-terminal of 120x40. A key is a character that stands nowhere else; the time is that from writing it to the
terminal until it is in what the app writes back. The bare app is a text area and nothing else. The interview has the shipped bank,
the embedded grader, which has marked 40 long answers, a session on disk and the search index; only its interviewer is a stand-in,
which streams Markdown at 30 pieces a second for as long as the measurement takes. Memory is the resident set at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import gc
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[1] / "src"
SIZE = (40, 120)
PATIENCE = 120.0
FIRST_KEY = 0x2800  # Braille patterns: one cell wide, and in no text of ours
GRADED = 40  # answers as long as the bank's own, of 40 questions
INDEX = 15.0  # seconds in which the search index is ready
BETWEEN = 0.05  # seconds between two keys, as of a quick typist
TARGETS = {"p95": 50.0, "memory": 250.0}
BARE = """
from textual.app import App
from textual.widgets import TextArea
class Bare(App):
    def compose(self):
        yield TextArea("ready")
Bare().run()
"""
PIECE = "The **quokka** of layer `k` is w_{} * x_{} and so on, "


def child(lines: int) -> None:
    """Run the app on a long stored interview whose interviewer never stops talking."""
    from mockinterview.cli import GARBAGE
    from mockinterview.cli.app import load
    from mockinterview.cli.arguments import build_parser
    from mockinterview.interview.loop import Interview
    from mockinterview.interview.wording import EmbeddedInterviewer
    from mockinterview.models import Assessment, Plan, PointVerdict
    from mockinterview.tui.app import InterviewApp
    from mockinterview.tui.core import Launch, Opened

    class Strict:
        """Finds nothing, at once."""

        name = "nobody"

        async def grade(self, question: Any, answer: str) -> Assessment:
            missed = tuple(PointVerdict(id=p.id, verdict="miss") for p in question.points)
            return Assessment(question=question.id, score=0.0, points=missed, graded_by=self.name)

    class Endless(EmbeddedInterviewer):
        """Streams for as long as anybody listens."""

        async def say(self, move: Any, scene: Any) -> AsyncIterator[str]:
            for number in range(30 * 600):
                yield PIECE.format(number, number) if number % 12 else "\n\n"
                await asyncio.sleep(1 / 30)

    gc.set_threshold(*GARBAGE)  # as the command does
    core = load(build_parser().parse_args([]))
    questions = tuple(q.id for q in core.bank)[:200]
    plan = Plan(count=len(questions), questions=questions, seed=1)

    async def fill() -> None:
        interview = Interview("long", core.bank, core.store, Strict(), EmbeddedInterviewer())  # type: ignore[arg-type]
        await interview.start(plan)
        said = 0
        while said < lines and not interview.finished:
            answer = "\n".join(f"Line {said + n} of what I would say about it." for n in range(10))
            await interview.reply(answer)
            said += len(answer.splitlines())
        if interview.finished:
            raise SystemExit(f"The bank has questions for {said} lines only.")

    asyncio.run(fill())
    grader = core.new_interview(replace(core.defaults, questions=questions[:1], count=1)).interview.grader

    async def mark() -> None:
        """Let the real grader do the work of a long session; the stand-in above loads nothing."""
        for question in list(core.bank)[:GRADED]:
            await grader.grade(question, question.model_answer)

    asyncio.run(mark())

    def stored(session_id: str, embedded: bool) -> Opened:  # noqa: FBT001 - as `Core` calls it
        events = core.store.events(session_id)
        return Opened(Interview(session_id, core.bank, core.store, grader, Endless(), events=events))  # type: ignore[arg-type]

    InterviewApp(lambda: replace(core, open_stored=stored), Launch(resume="long")).run()


class Terminal:
    """A process in a pseudo-terminal."""

    def __init__(self, command: list[str], home: Path) -> None:
        variables = {k: v for k, v in os.environ.items() if not k.startswith("MOCKINTERVIEW_")}
        variables |= {"MOCKINTERVIEW_HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(SOURCE)}
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
            os.execvpe(command[0], command, variables)
        self.seen = b""

    def until(self, wanted: bytes, patience: float = PATIENCE) -> float:
        """Return the seconds until a text comes out; what was written before is forgotten. TimeoutError where it does not."""
        began = time.perf_counter()
        while wanted not in self.seen:
            left = began + patience - time.perf_counter()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise TimeoutError(f"{wanted!r} did not appear within {patience:g} s. Last output: {self.seen[-400:]!r}")
            self.seen = self.seen[-2000:] + os.read(self.file, 65536)
        self.seen = b""
        return time.perf_counter() - began

    def idle(self, seconds: float) -> int:
        """Read what comes for some time and return how many bytes it were."""
        end, count = time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.file], [], [], left)[0]:
                count += len(os.read(self.file, 65536))
        return count

    def type(self, text: str) -> None:
        """Write keys."""
        os.write(self.file, text.encode())

    def memory(self) -> float:
        """Return the resident set in megabytes (Linux)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise SystemExit("The process is gone.")

    def close(self) -> None:
        """End the process."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.file)


def let_it_talk(terminal: Terminal) -> None:
    """Answer until a follow-up streams; a new question does not."""
    for _ in range(5):
        terminal.type("\x15I do not know.\r")
        try:
            terminal.until(b"quokka", 5.0)
        except TimeoutError:
            continue
        return
    raise SystemExit("No follow-up came.")


def latencies(terminal: Terminal, keys: int) -> list[float]:
    """Return the milliseconds of each key."""
    found = []
    for number in range(keys):
        key = chr(FIRST_KEY + 1 + number % 250)
        terminal.idle(BETWEEN)
        terminal.type(key)
        found.append(terminal.until(key.encode()) * 1000)
        if number % 50 == 49:
            terminal.type("\x15")  # Ctrl+U empties the line
    return found


def told(name: str, found: list[float], memory: float) -> str:
    """Return a line of the table."""
    p95 = statistics.quantiles(found, n=20)[-1]
    return f"{name:<22} median {statistics.median(found):6.1f} ms   p95 {p95:6.1f} ms   max {max(found):6.1f} ms   {memory:6.0f} MB"


def main() -> int:
    """Print the table; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=5000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.lines)
        return 0
    home = Path(tempfile.mkdtemp(prefix="mockinterview-bench-"))
    try:
        bare = Terminal([sys.executable, "-c", BARE], home)
        bare.until(b"ready")
        print(told("bare Textual app", latencies(bare, options.keys), bare.memory()))
        bare.close()
        return measure(home, options.lines, options.keys)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def measure(home: Path, lines: int, keys: int) -> int:
    """Print the figures of the interview; return 1 where a target is missed."""
    app = Terminal([sys.executable, __file__, "--child", "--lines", str(lines)], home)
    try:
        began = time.perf_counter()
        app.until(b"The interviewer is coming")
        opened = app.until(b"marked by")
        made = time.perf_counter() - began - opened
        print(f"(made after {made:.1f} s; {lines} lines open after {opened:.1f} s, {app.memory():.0f} MB without the index)")
        app.idle(INDEX)
        quiet = latencies(app, keys)
        print(told("interview, quiet", quiet, app.memory()))
        let_it_talk(app)
        streaming = latencies(app, keys)
        memory = app.memory()
        print(told("interview, streaming", streaming, memory))
    finally:
        app.close()
    p95 = statistics.quantiles(streaming, n=20)[-1]
    fine = p95 <= TARGETS["p95"] and memory <= TARGETS["memory"]
    print(f"at most {TARGETS['p95']:g} ms (p95, streaming) and {TARGETS['memory']:g} MB: {'reached' if fine else 'MISSED'}")
    return int(not fine)


if __name__ == "__main__":
    raise SystemExit(main())
