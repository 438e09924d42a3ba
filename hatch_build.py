"""Puts the parsed bank into the package, so that the first start need not read 150 YAML files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ParsedBank(BuildHookInterface):
    """Runs before a wheel is built, editable or not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the parsed bank and tell the builder to include it."""
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from mockinterview.bank.load import PARSED, write_parsed

        parsed = root / "build" / PARSED
        write_parsed(root / "corpus", parsed)
        build_data["force_include"][str(parsed)] = f"mockinterview/_data/{PARSED}"
