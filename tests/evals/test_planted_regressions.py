"""Each planted regression is caught by the right gate, with exit code 1 and the case named; harmless changes pass."""

import json

import pytest

from mockinterview.grading.gate import Findings


def failed(report):
    """Return the failed gates of a report by name, with their cases."""
    return {gate["gate"]: gate["cases"] for gate in report["gates"] if gate["status"] == "failed"}


@pytest.fixture
def graded(house):
    """Return a house with two gold answers per point of a question, in the words of its `says`, and a blessed baseline."""
    rows = [
        house.gold("dropout", f"{point['id']}-{n}", f"Well, {point['says'][n]}, I believe.", {point["id"]: "hit"})
        for point in house.question("dropout")["points"] for n in (0, 1)
    ]  # fmt: skip
    house.cases("grading", *rows)
    house.bless()
    return house


def test_a_deleted_says_is_caught_by_the_grading_suite(graded):
    """Without its ways of saying it, a point is no longer recognised, unless the reader takes it from the claim alone."""
    point = graded.question("dropout")["points"][3]["id"]
    graded.edit("dropout", lambda data: data["points"][3].pop("says"))
    code, report = graded.check()
    assert code == 1
    assert any(case.startswith(f"dropout--{point}-") for case in failed(report)["regression grading/dropout"])


def test_an_unchanged_bank_holds(graded):
    """Two runs of the same thing have no flip."""
    code, report = graded.check()
    assert (code, report["comparison"]["flips"], failed(report)) == (0, [], {})


def test_a_wording_without_effect_passes(graded):
    """Another hint and another probe change no verdict."""

    def reword(data):
        data["points"][0]["hint"] = "Think about what happens in each step."
        data["model_answer"] = data["model_answer"] + " That is all."

    graded.edit("dropout", reword)
    code, report = graded.check()
    assert code == 0
    assert "bank" in report["comparison"]["changed"]


def test_other_labels_are_refused(graded):
    """A baseline from other gold labels cannot be compared with."""
    point = graded.question("dropout")["points"][0]["id"]
    graded.cases("grading", graded.gold("dropout", f"{point}-0", "Something else.", {}))
    assert graded.run("--baseline", str(graded.baseline)) == 4


def test_cases_that_the_bank_lost_fail(graded):
    """A point that vanished takes its gold answers with it; they are missed, not forgotten."""
    graded.cases("floor", {"id": "fine", "answer": "fine", "questions": 2})
    graded.bless()
    rows = [graded.gold("relu-function", 1, "no idea", {})]
    with (graded.evals / "cases" / "grading" / "cases.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(rows[0]) + "\n")
    graded.bless()
    graded.edit("dropout", lambda data: data["points"].pop())
    code, report = graded.check()
    assert code == 1
    assert "cases" in failed(report)
    assert any("dropout--" in case for case in report["comparison"]["gone"])


def test_a_removed_follow_up_is_caught_by_the_interview_suite(house):
    """The documented follow-up that the case names never comes."""
    case = {"id": "edge", "candidate": "strong", "questions": ["conv-output-size"], "seed": 3}
    house.cases("interview", {**case, "follow_ups": {"conv-output-size": "same-vs-valid-padding"}})
    house.bless()
    house.edit("conv-output-size", lambda data: data.pop("follow_ups"))
    code, report = house.check()
    assert code == 1
    assert failed(report)["regression interview/conv-output-size"] == ["edge"]
    assert report["failing"][0]["check"] == "documented follow-up asked"


def test_a_gate_that_is_switched_off_is_caught_by_the_floor_suite(house, monkeypatch):
    """Without the gate against flattery shuffled words and beliefs that are only reported earn points."""
    house.cases(
        "floor", {"id": "salad", "answer": "{salad}", "at_most": 2, "questions": 6},
        {"id": "denied", "answer": "A common misconception is this: {claim} That is wrong.", "at_most": 0.5, "questions": 6},
    )  # fmt: skip
    house.bless_anyway()
    monkeypatch.setattr("mockinterview.grading.gate.Gate.inspect", lambda *_: Findings((), frozenset(), frozenset()))
    code, report = house.check()
    assert code == 1
    assert any(gate.startswith("regression floor/") and cases for gate, cases in failed(report).items())


def test_an_inverted_correction_is_caught_by_the_metamorphic_suite(house):
    """A correction that states the misconception is stated itself when it is said as an answer."""
    corrections = {"id": "corrections", "kind": "correction", "change": "nothing", "relation": "not_believed", "questions": 6}
    house.cases("metamorphic", corrections)
    house.bless_anyway()
    wrong = house.question("relu-function")["misconceptions"][0]
    house.edit("relu-function", lambda data: data["misconceptions"][0].update(correction=wrong["belief"]))
    code, report = house.check()
    assert code == 1
    assert failed(report)["regression metamorphic/relu-function"] == ["corrections/relu-function"]
    assert wrong["id"] in report["comparison"]["flips"][0]["what"]
