"""How fast the app is on screen, beside a bare Textual app on the same machine, and what `--help` costs.

    python bench/startup.py [--runs 9] [--home empty|warm]

Each run starts a process in a pseudo-terminal of 80x24 and takes the time from its start until a text is in what it wrote: the
first frame of a bare app (header, static text, input, footer), the title of the start screen, and the first question of
`mockinterview start --topic cnn`. Runs of the three alternate, so that a busy machine slows all of them. Medians are compared.
With `--home empty` every run has a new home without any cache; with `warm` the bank has been read once before. The search index
is built after the first question in both. The parsed bank is made when the package is installed: after a change of `corpus/` or
of the code that reads it install it anew (`pip install -e .`), or every run reads the YAML, 0.3 s more.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import resource
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
BARE = """
from textual.app import App
from textual.widgets import Footer, Header, Input, Static
class Bare(App):
    def compose(self):
        yield Header()
        yield Static("first frame of a bare app")
        yield Input()
        yield Footer()
Bare().run()
"""
MODULE = [sys.executable, "-m", "mockinterview"]
CASES: dict[str, tuple[list[str], bytes]] = {
    "bare Textual app": ([sys.executable, "-c", BARE], b"first frame of a bare app"),
    "start screen": (MODULE, b"practise deep-learning interviews"),
    "first question": ([*MODULE, "start", "--topic", "cnn", "--seed", "1"], b"Question 1 of 5"),
}
TARGETS = {"start screen": 1.3, "first question": 2.0}
PATIENCE = 30.0


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a run: its own home, and byte code where the interpreter keeps it."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("MOCKINTERVIEW_")}
    return kept | {
        "MOCKINTERVIEW_HOME": str(home),
        "TERM": "xterm-256color",
        "PYTHONPATH": os.environ.get("PYTHONPATH", str(SOURCE)),
    }


def seconds_until(command: list[str], wanted: bytes, home: Path) -> float:
    """Return the seconds from the start of a process until `wanted` is in what it wrote to its terminal."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execvpe(command[0], command, environment(home))
    try:
        return _watch(terminal, wanted, began)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _watch(terminal: int, wanted: bytes, began: float) -> float:
    seen = b""
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], PATIENCE)
        if not ready:
            raise SystemExit(f"{wanted!r} did not appear within {PATIENCE:g} s. Last output: {seen[-300:]!r}")
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            raise SystemExit(f"The process ended before {wanted!r} appeared: {seen[-600:]!r}") from None
    return time.perf_counter() - began


def cpu_of_help(home: Path) -> float:
    """Return the seconds of processor time (user and system) that `mockinterview --help` takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*MODULE, "--help"], env=environment(home), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(runs: int, *, empty: bool) -> dict[str, list[float]]:
    """Return the seconds of each run of each case; the first run of each only fills caches of the system and is left out."""
    figures: dict[str, list[float]] = {name: [] for name in CASES}
    root = Path(tempfile.mkdtemp(prefix="mockinterview-bench-"))
    try:
        for run in range(runs + 1):
            for name, (command, wanted) in CASES.items():
                home = root / (f"{run}-{name.replace(' ', '-')}" if empty else "home")
                seconds = seconds_until(command, wanted, home)
                if run:
                    figures[name].append(seconds)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return figures


def main() -> int:
    """Print the table; return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--home", choices=("empty", "warm"), default="empty")
    options = parser.parse_args()
    figures = measure(options.runs, empty=options.home == "empty")
    base = statistics.median(figures["bare Textual app"])
    missed = False
    for name, seconds in figures.items():
        ratio = statistics.median(seconds) / base
        target = TARGETS.get(name)
        missed |= target is not None and ratio > target
        goal = f"   at most {target:g}: {'reached' if ratio <= target else 'MISSED'}" if target else ""
        times = f"median {statistics.median(seconds) * 1000:6.0f} ms   min {min(seconds) * 1000:6.0f}"
        print(f"{name:<18} {times}   ratio {ratio:4.2f}{goal}")
    with tempfile.TemporaryDirectory() as home:
        cpu = statistics.median(cpu_of_help(Path(home)) for _ in range(5))
    print(f"{'--help':<18} {cpu * 1000:.0f} ms of processor time   at most 250: {'reached' if cpu <= 0.25 else 'MISSED'}")
    return int(missed or cpu > 0.25)


if __name__ == "__main__":
    raise SystemExit(main())
