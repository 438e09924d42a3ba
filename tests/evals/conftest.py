"""A small house for eval runs: a few questions of the shipped bank, suites of its own, and a home that is thrown away."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from mockinterview.bank.load import data_dir
from mockinterview.cli import main

QUESTIONS = (
    "activations/activation-function-choice", "activations/activation-ranges", "cnn/conv-output-size", "cnn/same-vs-valid-padding",
    "regularisation/dropout", "activations/relu-function",
)  # fmt: skip


class House:
    """Folders of a run, and short ways to change the bank and to run `eval`."""

    def __init__(self, root):
        self.root = root
        self.corpus, self.evals, self.out = root / "corpus", root / "evals", root / "runs"
        for name in QUESTIONS:
            target = self.corpus / "questions" / f"{name}.yaml"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(data_dir("corpus") / "questions" / f"{name}.yaml", target)
        (self.evals / "cases").mkdir(parents=True)
        (self.evals / "gates.toml").write_text("", encoding="utf-8")

    @property
    def baseline(self):
        """The baseline of these suites."""
        return self.evals / "baselines" / "embedded.json"

    def gold(self, question_id, number, answer, points):
        """Return a gold case: the points that are named are as given, all others are misses."""
        labels = {point["id"]: points.get(point["id"], "miss") for point in self.question(question_id)["points"]}
        return {"id": f"{question_id}--{number}", "question": question_id, "kind": "good", "answer": answer, "points": labels}

    def cases(self, suite, *rows):
        """Write the cases of a suite."""
        folder = self.evals / "cases" / suite
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def question(self, question_id):
        """Return the data of a question's file."""
        return yaml.safe_load(self._file(question_id).read_text(encoding="utf-8"))

    def edit(self, question_id, change):
        """Change the data of a question's file."""
        data = self.question(question_id)
        change(data)
        self._file(question_id).write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def _file(self, question_id):
        return next(self.corpus.rglob(f"{question_id}.yaml"))

    def run(self, *arguments):
        """Run `mockinterview eval` with these folders; return its exit code."""
        places = ["--corpus", str(self.corpus), "--evals", str(self.evals), "--out", str(self.out)]
        return main(["eval", *arguments, *places])

    def check(self, *arguments):
        """Run with the baseline; return exit code and JSON document."""
        report = self.root / "report.json"
        code = self.run(*arguments, "--baseline", str(self.baseline), "--json", str(report))
        return code, json.loads(report.read_text(encoding="utf-8"))

    def bless_anyway(self):
        """Make the present state the baseline, whatever fails in it."""
        self.run()
        assert self.run("bless") == 0

    def bless(self):
        """Run all suites and make them the baseline."""
        assert self.run() == 0
        assert self.run("bless") == 0


@pytest.fixture
def house(tmp_path: Path, monkeypatch):
    """Return a house with a home of its own."""
    monkeypatch.setenv("MOCKINTERVIEW_HOME", str(tmp_path / "home"))
    return House(tmp_path)
