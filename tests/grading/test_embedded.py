"""The embedded grader on small questions of the tests' own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.grading.lexicon import lexeme
from mockinterview.grading.self_check import self_check


@pytest.mark.parametrize("question", ["convolution", "ensembles", "bare"])
def test_bank_and_grader_understand_each_other(grader, request, question):
    """Every `says` is a hit of its own point, every false one is recognised, the model answer scores 9 or more."""
    assert self_check(grader, request.getfixturevalue(question)) == []


def test_a_word_that_strays_into_another_point_keeps_its_weight(convolution):
    """One saying in many that happens to have a word makes it no word of that point; most of them do."""

    def weight(*says: str) -> float:
        first, second = (
            p.model_copy(update={"says": s}) for p, s in zip(convolution.points, (("the zebra helps",), says), strict=False)
        )
        question = convolution.model_copy(update={"points": (first, second), "misconceptions": ()})
        return EmbeddedGrader().prepare(question)[0].weight(lexeme("zebra").concept)

    others = tuple(f"kernel {number} is too big" for number in range(20))
    assert weight(*others) == 1
    assert weight(*others, "a zebra is missing") > 0.9
    assert weight(*(f"{other} for the zebra" for other in others)) < 0.8


@pytest.mark.parametrize(
    ("answer", "hits"),
    [
        ("floor((n+2p-f)/s)+1", {"formula"}),
        ("no, it doesn't fit, you'd get -1", {"does-not-fit"}),
        (r"$\lfloor \frac{n + 2p - f}{s} \rfloor + 1$", {"formula"}),
        ("The kernal is to big for the imege, it dosnt fit", {"does-not-fit"}),
        ("With padding of 3 the map stays 5x5.", {"pad-three"}),
    ],
)
def test_terse_and_misspelt_statements_are_hits(grader, convolution, answer, hits):
    """A short right answer scores its point."""
    mark = grader.assess(convolution, answer)
    assert {p.id for p in mark.points if p.verdict == "hit"} >= hits


@pytest.mark.parametrize(
    ("answer", "point"),
    [
        ("(f + 2p - n)/s + 1", "formula"),
        ("An unpadded 7x7 filter fits inside the 5x5 input.", "does-not-fit"),
        ("Padding 2 at stride 1 keeps the map at 5x5.", "pad-three"),
    ],
)
def test_wrong_formula_negation_and_number_are_no_hits(grader, convolution, answer, point):
    """A clause that matches but for a sign, a value or a number earns nothing."""
    assert grader.assess(convolution, answer).verdict(point) in ("miss", "contradicted")


@pytest.mark.parametrize(
    ("answer", "point"),
    [
        ("Bagging mainly increases variance.", "variance"),
        ("Bagging does not reduce variance.", "variance"),
        ("Bagging trains its models one after another, each concentrating on the errors left so far.", "sequential"),
        ("Boosting trains each model independently on its own bootstrap sample, drawn with replacement.", "bootstrap"),
    ],
)
def test_direction_negation_and_swapped_roles_are_no_hits(grader, ensembles, answer, point):
    """Who does what, and whether more or less, decides."""
    assert grader.assess(ensembles, answer).verdict(point) == "contradicted"


def test_evidence_is_verbatim(grader, ensembles):
    """A quote is a piece of the answer, character for character."""
    answer = "Well - “bagging”  lowers the VARIANCE;\nboosting is sequencial: each new learner fixes mistakes of the previous one!"
    mark = grader.assess(ensembles, answer)
    credited = [p for p in mark.points if p.verdict == "hit"]
    assert {p.id for p in credited} == {"variance", "sequential"}
    assert all(p.evidence in answer for p in credited)


def test_misconception_costs_and_credits_nothing(grader, convolution):
    """A stated misconception is named with its quote, and nothing of it is a hit."""
    mark = grader.assess(convolution, "The output is 3x3 because 7 - 5 + 1 = 3.")
    assert [m.id for m in mark.misconceptions] == ["swapped"]
    assert not any(p.verdict in ("hit", "partial") for p in mark.points)
    assert mark.score == 0


def test_length_alone_changes_nothing(grader, ensembles):
    """Forty words beside the matter leave the score where it is."""
    right = "Bagging trains each model on its own bootstrap sample. Boosting fits the next tree to the residuals."
    padding = " By the way, last weekend we walked along the river with a friend and had coffee." * 3
    assert abs(grader.assess(ensembles, right).score - grader.assess(ensembles, right + padding).score) <= 0.5


def test_point_said_over_two_clauses(grader, ensembles):
    """A point may need two clauses."""
    mark = grader.assess(ensembles, "In bagging every model gets its own sample. It is drawn at random with replacement.")
    assert mark.verdict("bootstrap") == "hit"


def test_claims_only_bank(grader, bare):
    """A bank that brings only claims is graded by the same code."""
    mark = grader.assess(
        bare, "During training it sets a random share of the units to zero in every step, so that overfitting is reduced."
    )
    assert mark.verdict("zeroes") == "hit"
    assert mark.verdict("overfitting") in ("hit", "partial")
    assert mark.verdict("inference") == "miss"
    assert grader.assess(bare, "It is switched on at inference and no unit takes part.").verdict("inference") != "hit"


def test_explanation_names_clause_reference_and_features(grader, convolution):
    """`explain` shows what the verdict was made of."""
    explanation = grader.explain(convolution, "it does not fit, the kernel is larger than the image")
    found = next(t for t in explanation.targets if t.id == "does-not-fit")
    assert found.verdict == "hit"
    assert found.clause
    assert found.reference in convolution.point("does-not-fit").says
    assert 0 < found.features["recall"] <= 1
    assert any("does-not-fit: hit" in line for line in explanation.lines())


def test_changed_question_is_prepared_anew(grader, bare):
    """The memory of prepared questions goes by content, not by id alone."""
    changed = bare.model_copy(update={"points": (bare.points[0].model_copy(update={"claim": "Cats chase mice at night."}),)})
    assert grader.assess(bare, "cats chase mice at night").score == 0
    assert grader.assess(changed, "cats chase mice at night").score == 10


def test_threads_agree(ensembles):
    """Eight threads that share one grader give the same marks as one."""
    grader = EmbeddedGrader()
    answers = ["bagging lowers the variance", "boosting is sequential", "bagging increases variance", "i don't know"] * 25
    expected = [grader.assess(ensembles, a) for a in answers]
    shared = EmbeddedGrader()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda a: shared.assess(ensembles, a), answers)) == expected


def test_grade_is_assess(grader, ensembles):
    """The asynchronous door of the port gives the same mark."""
    answer = "boosting attacks bias"
    assert asyncio.run(grader.grade(ensembles, answer)) == grader.assess(ensembles, answer)
    assert grader.name == "embedded, words alone"


def test_import_is_light():
    """Grading needs neither numpy nor a model runtime, and loads the stemmer and the spelling repair only when it reads."""
    code = "import sys, json, mockinterview.grading.embedded; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout))
    assert not loaded & {"numpy", "sklearn", "torch", "onnxruntime", "chromadb", "snowballstemmer", "rapidfuzz"}
