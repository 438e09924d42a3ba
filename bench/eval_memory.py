"""How much memory `mockinterview eval` takes as the number of cases grows; the model is a server on loopback without latency.

    python bench/eval_memory.py [CASES ...]

Prints one line per size: peak memory of the command (MB), seconds, requests, and a hash of the JSON report without what differs
from run to run, so that two versions of the code can be told to report the same.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from eval_throughput import Judge, Place

SIZES = (500, 2_000, 10_000)
JOBS = 20


def main() -> None:
    """Measure each size in a home of its own."""
    for cases in [int(size) for size in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder), cases, JOBS)
            found = place.run(Judge(0.0))
            print(
                f"{cases:>6} cases  peak {found['peak_mb']:>4} MB  {found['whole_s']:>6.1f} s  {found['requests']:>6} requests  "
                f"report {report_hash(place.root / 'report.json')}",
                flush=True,
            )


def report_hash(file: Path) -> str:
    """Return a short hash of a report without its times, its place, and the versions that stand in its manifest."""
    report = json.loads(file.read_text(encoding="utf-8"))
    for name in ("manifest", "results_file"):
        report.pop(name)
    for name in ("seconds_median", "seconds_p95"):
        report["spent"].pop(name)
    return hashlib.sha256(json.dumps(report, sort_keys=True).encode()).hexdigest()[:12]


if __name__ == "__main__":
    main()
