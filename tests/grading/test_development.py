"""The development set: the answers on which the constants were tuned must not get worse."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mockinterview.bank.load import load_bank
from mockinterview.grading.embedded import EmbeddedGrader

ANSWERS = yaml.safe_load(Path(__file__).with_name("development.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def marks():
    """Each answer of the set with its mark, for the questions that the bank still has."""
    bank = load_bank(Path(__file__).parents[2] / "corpus").bank
    grader = EmbeddedGrader(bank)
    return [
        (entry, grader.assess(bank.get(qid), entry["say"])) for qid, entries in ANSWERS.items() if qid in bank for entry in entries
    ]


def test_points(marks):
    """At least nine of ten points that deserve credit get it, and at least four of five that get it deserve it."""
    right = lost = wrong = 0
    for entry, mark in marks:
        credited = {p.id for p in mark.points if p.verdict in ("hit", "partial")}
        right += len(credited & set(entry["hit"]))
        lost += len(set(entry["hit"]) - credited)
        wrong += len(credited - set(entry["hit"]) - set(entry.get("either", [])))
    assert right / (right + lost) >= 0.88
    assert right / (right + wrong) >= 0.78


def test_misconceptions(marks):
    """Most misconceptions are recognised, and hardly any is imputed."""
    said = [(set(entry.get("believes", [])), {m.id for m in mark.misconceptions}) for entry, mark in marks]
    assert sum(len(want & got) for want, got in said) >= 0.8 * sum(len(want) for want, _ in said)
    assert sum(len(got - want) for want, got in said) <= 5


def test_flags(marks):
    """Every flag that the set asks for is raised."""
    assert [(entry["say"], flag) for entry, mark in marks for flag in entry.get("flags", []) if flag not in mark.flags] == []
