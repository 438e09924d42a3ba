"""How an answer compares with the ways to say a point and with the ways to deny it."""

from __future__ import annotations

import pytest

from mockinterview.grading.likeness import Likeness, likeness
from mockinterview.grading.reading import clauses

RIGHT = ("same keeps the size and valid shrinks it", "Same padding keeps height and width.")
WRONG = ("same shrinks the size and valid keeps it", "With same the picture gets smaller.")


@pytest.mark.parametrize("said", [*WRONG, "i think same shrinks the sizes and valid keeps them"])
def test_who_denies_a_point_is_closer_to_its_denials(said):
    """The same words in other places are told apart by their order."""
    found = likeness(clauses(said), RIGHT, WRONG)
    assert found.words_more > 0
    assert found.letters_more > 0
    assert found.denial in WRONG


def test_a_denial_as_it_stands_is_as_alike_as_can_be():
    """It is the nearest one, whatever its case and its full stop."""
    found = likeness(clauses(WRONG[1].upper()), RIGHT, WRONG)
    assert (found.letters, found.words, found.denial) == (1.0, 1.0, WRONG[1])


@pytest.mark.parametrize("said", [*RIGHT, "i think SAME padding keeps heights and widths, right?"])
def test_who_says_a_point_is_closer_to_its_sayings(said):
    """Case, other forms of a word and words around it change nothing of that."""
    found = likeness(clauses(said), RIGHT, WRONG)
    assert found.words_more < 0
    assert found.letters_more < 0


def test_what_is_said_in_two_clauses_is_compared_as_one():
    """A comma between the halves makes no other statement of it."""
    whole = likeness(clauses("same shrinks the size and valid keeps it"), RIGHT, WRONG)
    halves = likeness(clauses("same shrinks the size, and valid keeps it"), RIGHT, WRONG)
    assert halves.words == pytest.approx(whole.words)


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        ("relu: 0..∞", "ReLU: 0 … ∞", "relu: (−∞, 0]"),
        ("lr ↑ => loss ↓", "lr ↑ → loss ↓", "lr ↑ → loss ↑"),
        ("k<n", "k < n", "k > n"),
        ("x = −1", "x = -1", "x = 1"),
    ],
)
def test_signs_count_as_words(said, right, wrong):
    """In notes they are all the difference; a minus is one however it is typed, and so is an arrow."""
    found = likeness(clauses(said), (right,), (wrong,))
    assert found.is_saying
    assert found.letters_more < 0


@pytest.mark.parametrize(("right", "wrong"), [(RIGHT, ()), ((), WRONG)])
def test_without_both_there_is_nothing_to_compare(right, wrong):
    """A bank without denials is graded without them."""
    assert likeness(clauses("same shrinks it"), right, wrong) == Likeness()
    assert likeness([], RIGHT, WRONG) == Likeness()


def test_a_saying_word_for_word_is_known_as_such():
    """Case and full stop apart; a denial is none, nor is what only comes near."""
    found = {
        said: likeness(clauses(said), RIGHT, WRONG).is_saying for said in (RIGHT[1].lower(), WRONG[1], "same padding keeps height")
    }
    assert list(found.values()) == [True, False, False]
    assert not Likeness().is_saying
