"""How commands write their data: JSON documents, or lines made harmless for the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from mockinterview.sanitize import clean, escape_json


def put_json(data: Any) -> None:
    """Write one JSON document to stdout; what a terminal would act on is escaped."""
    sys.stdout.write(escape_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n")


def put_lines(lines: Iterable[str]) -> None:
    """Write lines to stdout without anything that a terminal would act on."""
    sys.stdout.writelines(clean(line) + "\n" for line in lines)
