"""The one command that checks everything: format, lint, types, import layers, bank, grading against the baseline, tests.

    python tools/check.py         all of it
    python tools/check.py --fast  all but the bank, the evaluation and the tests

Every check runs even when an earlier one failed, so that one run shows all there is to mend.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
FAST = (
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
    ("lint", [PYTHON, "-m", "ruff", "check", "."]),
    ("types", [PYTHON, "-m", "mypy"]),
    ("layers", [str(BIN / "lint-imports")]),
)
SLOW = (
    ("bank", [str(BIN / "mockinterview"), "corpus", "check"]),
    ("eval", [str(BIN / "mockinterview"), "eval", "--baseline", "evals/baselines/embedded.json"]),
    ("tests", [PYTHON, "-m", "pytest"]),
)


def main() -> int:
    """Run the checks and return 0 where all passed, else 1."""
    environment = {**os.environ, "MOCKINTERVIEW_HOME": str(ROOT / ".check-home")}
    failed = []
    for name, command in FAST if "--fast" in sys.argv else FAST + SLOW:
        started = time.monotonic()
        print(f"== {name}: {' '.join(Path(part).name if part.startswith('/') else part for part in command)}", flush=True)
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        print(f"== {name}: {'passed' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - started:.1f} s", flush=True)
        failed += [name] if code else []
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
