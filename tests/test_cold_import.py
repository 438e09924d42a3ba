"""Slow libraries stay out of what must be fast: asked of a fresh interpreter."""

import subprocess
import sys

import pytest

SLOW = {"textual", "chromadb", "openai", "tiktoken", "numpy", "onnxruntime", "sklearn"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a piece of code leaves in `sys.modules`."""
    script = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(out.stdout.splitlines()[-1].split())


def test_help_loads_almost_nothing():
    """`--help` needs neither pydantic nor yaml."""
    code = "from mockinterview.cli.arguments import build_parser; build_parser().format_help()"
    assert not loaded_by(code) & (SLOW | {"pydantic", "yaml"})


@pytest.mark.parametrize("module", ["mockinterview.cli.grade", "mockinterview.cli.compose", "mockinterview.grading.embedded"])
def test_grading_and_composition_load_no_slow_library(module):
    """The first question and `grade` come without chromadb, openai, textual, tiktoken or numpy."""
    assert not loaded_by(f"import {module}") & SLOW
