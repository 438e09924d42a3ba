"""Small questions of the tests' own, so that no test depends on the wording of the bank."""

from __future__ import annotations

import pytest

from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.models import Misconception, Point, Question

CONVOLUTION = Question(
    id="conv-size",
    topic="cnn",
    level="intermediate",
    ask="A 5x5 input meets a 7x7 filter. What size is the output?",
    variants=("You slide a 7x7 kernel over a 5x5 image. What comes out?",),
    points=(
        Point(
            id="formula",
            claim="Per dimension the output is floor((n + 2p - f) / s) + 1.",
            weight=3,
            says=(
                "(n + 2p - f)/s + 1",
                "n plus 2p minus f, divided by s, plus one",
                "general rule: (W - K + 2P)/S + 1 per dimension",
                "o = (i + 2*pad - k) // stride + 1",
            ),
        ),
        Point(
            id="does-not-fit",
            claim="An unpadded 7x7 filter does not fit inside a 5x5 input, so no output exists.",
            weight=3,
            says=(
                "it doesnt fit, the kernel is bigger than the image",
                "5 - 7 + 1 = -1, which is not a real size",
                "the formula gives minus one so the convolution is impossible as stated",
                "you get a negative dimension, means not possible",
            ),
        ),
        Point(
            id="pad-three",
            claim="Padding 3 at stride 1 keeps the map at 5x5.",
            says=("with p=3 the output stays 5x5", "5 + 6 - 7 + 1 = 5", "three rings of zeros and the resolution is retained"),
        ),
    ),
    misconceptions=(
        Misconception(
            id="swapped",
            weight=2,
            belief="The output is 3x3, because 7 - 5 + 1 = 3.",
            says=("seven minus five plus one is three, so the output is 3x3", "7 - 5 + 1 = 3", "the result is 3x3"),
        ),
        Misconception(
            id="padding-once",
            belief="Padding p adds p pixels in total, so the formula has + p.",
            says=("(n + p - f)/s + 1", "padding 1 adds one pixel to the width in total"),
        ),
    ),
    model_answer="It does not fit: the rule is (n + 2p - f)/s + 1, which is negative here. With p=3 the output stays 5x5.",
)

ENSEMBLES = Question(
    id="bagging-vs-boosting",
    topic="fundamentals",
    level="intermediate",
    ask="What are bagging and boosting?",
    variants=("How do bagging and boosting differ?",),
    points=(
        Point(
            id="bootstrap",
            claim="Bagging trains each model independently on its own bootstrap sample, drawn with replacement.",
            weight=3,
            says=(
                "in bagging every model gets a random sample with replacement",
                "parallel models on bootstrapped data",
                "each tree sees its own resampled version of the training set",
            ),
        ),
        Point(
            id="sequential",
            claim="Boosting trains its models one after another, each concentrating on the errors left so far.",
            weight=3,
            says=(
                "boosting is sequential, every new learner fixes mistakes of the previous one",
                "the next model focuses on what the earlier ones got wrong",
                "fit the next tree to the residuals",
            ),
        ),
        Point(
            id="variance",
            claim="Bagging mainly reduces variance.",
            says=("averaging many unstable trees lowers the variance", "bagging is against high variance"),
        ),
        Point(
            id="bias",
            claim="Boosting mainly reduces bias.",
            says=("boosting attacks bias", "it lowers underfitting because weak learners add up to a strong one"),
        ),
    ),
    misconceptions=(
        Misconception(
            id="boosting-parallel",
            weight=2,
            belief="Boosting trains its models independently in parallel, like bagging.",
            says=("boosting models are trained independently and then averaged", "in boosting all learners run in parallel"),
        ),
    ),
)

BARE = Question(
    id="dropout",
    topic="regularisation",
    level="foundation",
    ask="What is dropout?",
    points=(
        Point(id="zeroes", claim="At every training step dropout sets a random share of unit outputs to zero."),
        Point(id="inference", claim="At inference it is switched off and every unit takes part."),
        Point(id="overfitting", claim="Its purpose is to reduce overfitting."),
    ),
)


@pytest.fixture
def convolution() -> Question:
    """Return a question with a formula, arithmetic and numbers."""
    return CONVOLUTION


@pytest.fixture
def ensembles() -> Question:
    """Return a question that sets two things against each other."""
    return ENSEMBLES


@pytest.fixture
def bare() -> Question:
    """Return a question of a bank that brings only claims."""
    return BARE


@pytest.fixture(scope="session")
def grader() -> EmbeddedGrader:
    """Return a grader that knows the words of the three questions."""
    return EmbeddedGrader((CONVOLUTION, ENSEMBLES, BARE))
