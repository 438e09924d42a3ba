"""A home of its own, and the command line as a function."""

import io
import json

import pytest
from tests.interrupts import interrupts_are_heard  # noqa: F401 - a fixture of every test here

from mockinterview.cli import main


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a fresh home without any setting in the environment."""
    for name in ("BACKEND", "BASE_URL", "MODEL", "API_KEY", "JUDGE", "CORPUS", "COUNT"):
        monkeypatch.delenv(f"MOCKINTERVIEW_{name}", raising=False)
    monkeypatch.setenv("MOCKINTERVIEW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def corpus(tmp_path):
    """Return the folder of a bank of two questions that have nothing but claims."""
    folder = tmp_path / "bank" / "questions" / "cnn"
    folder.mkdir(parents=True)
    for name, ask, claim in (
        ("padding", "What does padding do?", "Zeros are added around the border of the input."),
        ("stride", "What is the stride?", "The stride is the number of pixels by which the filter moves."),
    ):
        data = {"id": name, "topic": "cnn", "level": "foundation", "ask": ask, "points": [{"id": "one", "claim": claim}]}
        (folder / f"{name}.yaml").write_text(json.dumps(data))
    return tmp_path / "bank"


@pytest.fixture
def run(home, monkeypatch, capsys):
    """Return a function that runs a command with a text as standard input; it returns exit code, stdout and stderr."""

    def command(*argv, said=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        code = main([str(part) for part in argv])
        return code, *capsys.readouterr()

    return command
