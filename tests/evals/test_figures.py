"""The figures against values computed by hand, and the tests against chance."""

import math
import random
from collections import Counter

import pytest

from mockinterview.bank.load import load_bank
from mockinterview.evals.baseline import Baseline, compare
from mockinterview.evals.figures import headline
from mockinterview.evals.gates import Gates, judge
from mockinterview.evals.measures import BY_KEY
from mockinterview.evals.parts import part
from mockinterview.evals.results import Check, Mark, Result
from mockinterview.evals.run import Manifest
from mockinterview.evals.statistics import change, estimate, holm, mcnemar


def result(case, marks=(), score=None, expected=None, **more):
    """Return a grading result with marks given as (expected, given[, probability])."""
    points = [
        Mark(point=f"p{i}", expected=m[0], given=m[1], evidence="x", probability=m[2] if len(m) > 2 else None)
        for i, m in enumerate(marks)
    ]
    fields = {"suite": "grading", "label": "l", "question": f"q{case}", "topic": "t", "kind": "k", **more}
    return Result(case=str(case), points=points, score=score, expected_score=expected, **fields)


def value(key, results):
    """Return a figure."""
    return estimate(BY_KEY[f"grading.{key}"], results).value


def test_point_figures_by_hand():
    """2 right credits, 1 wrong credit, 1 wrong denial, 4 right denials."""
    marks = [("hit", "hit"), ("partial", "hit"), ("miss", "hit"), ("hit", "miss"), *[("miss", "miss")] * 3]
    marks.append(("contradicted", "miss"))
    results = [result(1, marks)]
    assert value("point_precision", results) == pytest.approx(2 / 3)
    assert value("point_recall", results) == pytest.approx(2 / 3)
    assert value("point_f1", results) == pytest.approx(2 / 3)
    observed, chance = 6 / 8, (3 * 3 + 5 * 5) / 64
    assert value("point_kappa", results) == pytest.approx((observed - chance) / (1 - chance))


def test_score_figures_by_hand():
    """Scores 0, 5, 10 against 0, 10, 5; quadratic kappa from its definition."""
    results = [result(i, score=given, expected=true) for i, (true, given) in enumerate([(0, 0), (5, 10), (10, 5)])]
    assert value("score_mae", results) == pytest.approx(10 / 3)
    assert value("score_pearson", results) == pytest.approx(0.5)
    expected = sum((a - b) ** 2 for a in (0, 5, 10) for b in (0, 5, 10)) / 9
    assert value("score_qwk", results) == pytest.approx(1 - (50 / 3) / expected)


def test_flattery_and_harshness():
    """One of two poor answers is flattered; one of one good answers is marked down."""
    results = [result(1, score=6.0, expected=1.0), result(2, score=1.0, expected=2.0), result(3, score=3.0, expected=9.0)]
    assert (value("flattery", results), value("harshness", results)) == (0.5, 1.0)


def test_calibration_error_by_hand():
    """Two points said at 0.9, one of them true: |1.8 - 1| / 2."""
    assert value("calibration_error", [result(1, [("hit", "hit", 0.9), ("miss", "hit", 0.9)])]) == pytest.approx(0.4)


def test_a_partial_is_no_hit_in_the_calibration():
    """The probability is that of a hit, so a partial said at 0.6 is 0.6 off, not 0.1."""
    assert value("calibration_error", [result(1, [("partial", "hit", 0.6)])]) == pytest.approx(0.6)


def test_a_figure_that_the_improvement_leaves_undefined_is_no_crash():
    """Before, only false credit: F1 0; now nothing is credited and nothing expected, so there is no F1. Nothing got worse."""
    before, after = [result(1, [("miss", "hit")])], [result(1, [("miss", "miss")])]
    comparison = compare(Baseline(Manifest(), before), Manifest(), after)
    assert comparison.changes["grading.point_f1"].after is None
    verdicts = judge(Gates(paired={"grading.point_f1": 0.03}), headline(after), comparison, deterministic=True)
    paired = next(verdict for verdict in verdicts if verdict.gate == "paired grading.point_f1")
    assert (paired.status, paired.why) == ("held", "0.000 to -, p = 1.000")


def flips(before, after):
    """Return the flips of a case between two runs, each given by what its epochs gave for a point, "" where they were declined."""

    def epochs(given):
        made = [result(1, [("hit", g)], epoch=n) if g else result(1, epoch=n, ungraded="declined") for n, g in enumerate(given)]
        return sorted(made, key=lambda one: one.epoch)

    found = compare(Baseline(Manifest(), epochs(before)), Manifest(), epochs(after)).flips
    return [(flip.what, flip.worse, flip.before.split()[0], flip.after.split()[0]) for flip in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["hit"] * 3, ["", "hit", "hit"], []),
        (["", "hit", "hit"], ["", "miss", "miss"], [("p0", True, "hit", "miss")]),
        (["", "miss", "miss"], ["hit", "", "hit"], [("p0", False, "miss", "hit")]),
        (["hit", "hit", ""], ["", "", ""], [("graded", True, "graded", "declined")]),
        (["", "", ""], ["", "", "hit"], [("graded", False, "declined", "graded")]),
        ([""] * 3, [""] * 3, []),
        (["hit"], ["miss"], [("p0", True, "hit", "miss")]),
        (["hit"], [""], [("graded", True, "graded", "declined")]),
        ([""], ["miss"], [("graded", False, "declined", "graded")]),
        ([""], [""], []),
    ],
)
def test_epochs_that_were_declined_have_no_say(before, after, expected):
    """The graded epochs of both runs are compared; where one run has none, that is what changed, and all that did."""
    assert flips(before, after) == expected


def test_ungraded_counts_apart():
    """An ungraded answer is in the rate of ungraded ones and in nothing else."""
    results = [result(1, [("hit", "hit")], 10.0, 10.0), result(2, ungraded="gone")]
    assert (value("ungraded", results), value("point_f1", results), value("score_mae", results)) == (0.5, 1.0, 0.0)


def test_an_interval_contains_its_figure_and_is_the_same_each_time():
    """The bootstrap has a fixed seed."""
    rng = random.Random(1)
    results = [result(i, [("hit", rng.choice(["hit", "miss"])) for _ in range(5)]) for i in range(40)]
    one, other = (estimate(BY_KEY["grading.point_recall"], results) for _ in range(2))
    assert one == other
    assert one.low < one.value < one.high


def test_mcnemar_is_the_binomial_tail():
    """5 against 1: (6 + 1) / 64."""
    assert mcnemar(5, 1) == pytest.approx(7 / 64)
    assert mcnemar(0, 0) == 1.0


def test_holm_stops_at_the_first_that_is_not_significant():
    """0.01 passes 0.05/3, 0.03 does not pass 0.05/2."""
    assert holm({"a": 0.01, "b": 0.03, "c": 0.04}, 0.05) == {"a"}


def noisy(seed, answers=60, points=7, broken=0.0):
    """Return a run of a judge that flips 27 % of its verdicts at random and breaks a share of those that are right."""
    rng = random.Random(seed)
    runs = []
    for answer in range(answers):
        marks = []
        for point in range(points):
            truth = "hit" if (answer * points + point) % 2 else "miss"
            other = "miss" if truth == "hit" else "hit"
            flipped = rng.random() < 0.27 or rng.random() < broken
            marks.append((truth, other if flipped else truth))
        runs.append(result(answer, marks))
    return runs


def test_noise_is_seldom_called_a_regression():
    """Of 100 A/A comparisons of a judge with 27 % flips, about 5 are called worse; a gate on any drop would call about 45."""
    measure = BY_KEY["grading.verdict_accuracy"]
    changes = [change(measure, noisy(2 * seed), noisy(2 * seed + 1), swaps=300) for seed in range(100)]
    assert sum(c.p < 0.05 for c in changes) <= 12
    assert sum(c.difference < 0 for c in changes) >= 30


def test_a_real_break_is_found_and_an_improvement_is_not():
    """A judge that gets a quarter of its verdicts wrong on top is found; the same change the other way round is not."""
    measure = BY_KEY["grading.verdict_accuracy"]
    assert change(measure, noisy(1), noisy(2, broken=0.25)).p < 0.01
    assert change(measure, noisy(2, broken=0.25), noisy(1)).p > 0.9


def test_an_unchanged_figure_has_no_p_and_no_doubt():
    """Equal rows are not tested."""
    same = noisy(3)
    found = change(BY_KEY["grading.point_f1"], same, same)
    assert (found.p, found.detectable, found.difference) == (1.0, 0.0, 0.0)
    assert math.isfinite(found.before)


def test_checks_become_rates():
    """Two of three checks hold."""
    checks = [Check(name="stays low", passed=passed) for passed in (True, True, False)]
    assert estimate(BY_KEY["floor.held"], [result(1, suite="floor", checks=checks)]).value == pytest.approx(2 / 3)


def test_the_parts_never_move():
    """The rule of the split is fixed: 72, 28 and 47 questions of the shipped bank, and every part has some."""
    sizes = Counter(part(question.id) for question in load_bank().bank)
    assert sizes == {"train": 72, "combine": 28, "test": 47}
    names = [f"question-{n}" for n in range(300)]
    assert {part(name) for name in names} == {"train", "combine", "test"}
