"""Writes docs/settings.md from the docstrings under the fields of `config.Settings`.

python tools/settings.py          write the page
python tools/settings.py --check  exit 1 where the page is not what the settings say
"""

from __future__ import annotations

import ast
import inspect
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from mockinterview import config
from mockinterview.cli.compose import FLAGS
from mockinterview.config import ENV_PREFIX, LOCAL_PRESETS, Settings
from mockinterview.models import BackendSettings

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "settings.md"
INTRODUCTION = f"""# Settings

Nothing has to be set. Values come from four places, later ones win: the defaults below, `config.toml` (`mockinterview config path`
says where it belongs), the environment (`{ENV_PREFIX}` and the name in capitals: `{ENV_PREFIX}COUNT=3`), flags of a command.
`mockinterview config show` tells each value and where it came from. A wrong name or value is an error that names its place.
This page is made from `src/mockinterview/config.py` (`python tools/settings.py`).

```toml
count = 3
mode = "exam"
backend = "mine"

[backends.mine]
base_url = "http://127.0.0.1:9000/v1"
model = "some-model"
```
"""
BACKENDS = """
## Backends

Each table `[backends.NAME]` defines a model behind an OpenAI-compatible address, or a GGUF file ([models.md](models.md)).
Tables stand in `config.toml` only. Without one there are `openai` and, on this machine: {presets}.
"""
OTHERS = f"""
## Other variables

| variable | what it does |
|---|---|
| `{ENV_PREFIX}HOME` | puts settings, sessions and caches under one folder |
| `{ENV_PREFIX}API_KEY` | the key for the address given by `base_url` |
| `OPENAI_API_KEY` | the key for the backend `openai`, and for no other host |
"""


def page() -> str:
    """Return the page as Markdown."""
    presets = ", ".join(f"`{name}` ({url})" for name, url in LOCAL_PRESETS.items())
    schema = Settings.model_json_schema()
    texts = _docstrings()
    rows = [_row(name, {**described, "description": texts[name]}) for name, described in schema["properties"].items()]
    head = ["| setting | values | default | flag | what it does |", "|---|---|---|---|---|"]
    return "\n".join([INTRODUCTION, *head, *rows, BACKENDS.format(presets=presets), *_backend_rows(), OTHERS])


def _docstrings() -> dict[str, str]:
    """Return the docstring under each field of `Settings`; reading them at run time would cost every start 10 ms."""
    (tree,) = (
        node for node in ast.parse(inspect.getsource(config)).body if isinstance(node, ast.ClassDef) and node.name == "Settings"
    )
    pairs = pairwise(tree.body)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }  # fmt: skip


def _row(name: str, described: dict[str, Any]) -> str:
    flag = f"`--{name.replace('_', '-')}`" if name in FLAGS else ""
    return f"| `{name}` | {_values(described)} | {_default(described)} | {flag} | {_cell(described.get('description', ''))} |"


def _backend_rows() -> list[str]:
    fields = {name: field for name, field in BackendSettings.model_json_schema()["properties"].items() if name != "name"}
    rows = [f"| `{name}` | {_values(described)} | {_default(described)} |" for name, described in fields.items()]
    return ["| field | values | default |", "|---|---|---|", *rows]


def _values(described: dict[str, Any]) -> str:
    """Return what a value may be, from its JSON Schema."""
    shape = next((s for s in described.get("anyOf", ()) if s.get("type") != "null"), described)
    if "enum" in shape:
        return ", ".join(str(value) for value in shape["enum"])
    limits = [f"{word} {shape[key]:g}" for key, word in _LIMITS if key in shape]
    return " ".join([_TYPES[shape["type"]] if shape.get("format") != "path" else "a folder", *limits])


_LIMITS = (("exclusiveMinimum", "above"), ("minimum", "from"), ("maximum", "to"))
_TYPES = {"string": "text", "integer": "a whole number", "number": "a number", "object": "tables", "boolean": "true, false"}


def _default(described: dict[str, Any]) -> str:
    default = described.get("default")
    return "unset" if default in (None, "", {}) else f"`{default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write or check the page; return the exit code."""
    if "--check" in sys.argv:
        return int(not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(page().splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
