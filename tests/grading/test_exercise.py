"""Exercises: computed answers, settled numbers, typical mistakes."""

import pytest

from mockinterview.errors import BankError
from mockinterview.grading.arithmetic import draws, evaluate, same_number
from mockinterview.grading.exercise import grade_exercise, settled_numbers
from mockinterview.models import Exercise, Question


@pytest.fixture
def question() -> Question:
    """Return a question about output sizes with an exercise."""
    return Question.model_validate(
        {
            "id": "size", "topic": "cnn", "level": "foundation", "ask": "What size?",
            "points": [{"id": "rule", "claim": "(n + 2p - f) / s + 1"}],
            "misconceptions": [{"id": "no-padding", "belief": "n - f + 1"}],
            "exercise": {
                "ask": "n={n}, f={f}, p={p}, s=1?", "draw": {"n": [28], "f": [5], "p": [1]},
                "answer": "n + 2*p - f + 1", "mistakes": [{"value": "n - f + 1", "means": "no-padding"}],
            },
        }
    )  # fmt: skip


def test_numbers_of_any_length_are_read(question):
    """A fraction of thousands of digits is a wrong answer, not a failure."""
    assert grade_exercise(question, {"n": 28, "f": 5, "p": 1}, f"it is {'9' * 5000}/7").score == 0.0


@pytest.mark.parametrize(
    "said",
    [
        "26", "it's 26", "(28 + 2 - 5)/1 + 1 = 26", "28 plus 2 is 30, minus 5, plus 1, so 26", "26x26", "I get 26 pixels",
        "answer: 26, because 28+2-5+1", "twenty... no, 26", "so 24... no wait, 26. Check: 25 + 5 - 2 = 28.",
        "5 minus 1 is 4, so 24, sorry, i mean 26 (check: 26 - 1 + 5 = 30)",
    ],
)  # fmt: skip
def test_right_number_in_any_wording(question, said):
    """The number that a reply settles on decides, not the numbers on the way."""
    mark = grade_exercise(question, {"n": 28, "f": 5, "p": 1}, said)
    assert (mark.score, mark.points[0].verdict, mark.graded_by) == (10.0, "hit", "arithmetic")
    assert mark.points[0].evidence in said


@pytest.mark.parametrize("said", ["no idea", "25", "it is about 27", "26, no wait, 25", "= 26 = 4 = 5 = 6 = 3", ""])
def test_other_numbers_and_guessing_earn_nothing(question, said):
    """A wrong number, none, or a list of all numbers is a miss."""
    assert grade_exercise(question, {"n": 28, "f": 5, "p": 1}, said).score == 0.0


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("4 blocks, each 192*128 + 128, so 24704 times 4, like 98.8k", True), ("about 99k", True), ("98.82k", True),
        ("98.7k", False), ("100k", False), ("0.1M", False), ("99", False),
    ],
)  # fmt: skip
def test_a_number_may_be_shortened_to_the_digits_that_it_shows(question, said, right):
    """98,816 is 98.8k and 99k, but not 98.7k; one digit is too few."""
    assert question.exercise
    lstm = question.model_copy(update={"exercise": question.exercise.model_copy(update={"answer": "98816 + 0*n", "mistakes": ()})})
    assert grade_exercise(lstm, {"n": 28}, said).score == 10.0 * right


def test_typical_mistake_is_recognised(question):
    """24 is what comes out when padding is left out."""
    mark = grade_exercise(question, {"n": 28, "f": 5, "p": 1}, "that would be 24")
    assert [m.id for m in mark.misconceptions] == ["no-padding"]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("1.5k", 1500), ("2/3", 2 / 3), ("0.25", 0.25),
        ("1e-3", 1e-3), ("-7", -7), ("three", 3), ("1,024", 1024), ("12 million", 12e6),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(said, value):
    """Thousands, fractions, exponents, words and signs are read."""
    assert any(same_number(v, value, 1e-9) for v, _ in settled_numbers(f"so it is {said}"))


def test_expressions_are_arithmetic_only():
    """An expression of a bank file cannot run code or hang the program."""
    assert evaluate("floor((n - 1) / 2) + sqrt(4)", {"n": 8}) == 5
    for hostile in ("__import__('os')", "n.__class__", "[x for x in (1,)]", "9**9**9**9", "open('x')", "1/0", "'a'*3"):
        with pytest.raises(BankError):
            evaluate(hostile, {"n": 1})


def test_conditions_leave_out_draws():
    """`where` excludes draws that make no sense."""
    exercise = Exercise(ask="{a} {b}", draw={"a": [1, 5], "b": [3]}, answer="a", where=("a >= b",))
    assert draws(exercise) == [{"a": 5, "b": 3}]


@pytest.mark.parametrize("said", ["bias 1\nE1 that makes 26", "one\u00a0e1 and 26", "1\te1, so 26", "\u017fix of them, so 26"])
def test_numbers_that_only_seem_to_be_written_in_powers_of_ten(question, said):
    """A letter on the next line is no exponent, and a long s no number: the reply is marked, not failed."""
    assert grade_exercise(question, {"n": 28, "f": 5, "p": 1}, said).score == 10.0


def test_a_number_and_its_unit_stand_on_one_line():
    """What the next line begins with is no unit."""
    assert settled_numbers("28\nM stands for the number of filters")[0] == (28.0, "28")
    assert settled_numbers("about 2.5 million")[0][0] == 2_500_000.0
    assert settled_numbers("3 e2")[0][0] == 300.0
