"""Writes the exact pins of `[tool.uv] constraint-dependencies` from what an environment has installed and tested.

    python tools/pins.py          write them
    python tools/pins.py --check  exit 1 where pyproject.toml differs from the environment
    python tools/pins.py --print  print the pins that stand in pyproject.toml, as constraints for pip

A lock file would do more, but it records download addresses, which stay out of the repository.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BLOCK = re.compile(r"constraint-dependencies = \[.*?\n?\]", re.DOTALL)
OWN = {"mockinterview", "pip", "setuptools", "wheel", "uv"}


def pins() -> list[str]:
    """Return `name==version` for each installed package but our own, sorted by name."""
    found = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in metadata.distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in OWN]


def main() -> int:
    """Write or check the pins; return the exit code."""
    text = PROJECT.read_text(encoding="utf-8")
    if "--print" in sys.argv:
        print("\n".join(tomllib.loads(text)["tool"]["uv"]["constraint-dependencies"]))
        return 0
    lines = "".join(f'    "{pin}",\n' for pin in pins())
    wanted = BLOCK.sub(f"constraint-dependencies = [\n{lines}]", text, count=1)
    if "--check" in sys.argv:
        return int(wanted != text)
    PROJECT.write_text(wanted, encoding="utf-8")
    print(f"{len(pins())} pins written to {PROJECT.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
