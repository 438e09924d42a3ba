"""Formulas are compared by value: spelling, letters and speech do not matter, quantities do."""

from __future__ import annotations

import pytest

from mockinterview.grading.formulas import FormulaBook, formulas_in

ACCEPTED = (
    "(n + 2p - f)/s + 1",
    "out=floor((n+2p-f)/s)+1",
    "n plus 2p minus f, over s, plus one",
    "input plus twice the padding minus kernel, over stride, plus one",
    "general rule: (w - k + 2p)/s + 1 per dimension",
    "o = (i + 2*pad - k) // stride + 1",
)


@pytest.fixture
def book() -> FormulaBook:
    """Return the spellings of one point's formula."""
    return FormulaBook(formula for text in ACCEPTED for formula in formulas_in(text)[0])


@pytest.mark.parametrize(
    "text",
    [
        "(n+2p-f)/s+1",
        "1 + (w + 2p - k)/s",
        "(size - filter + 2*padding)/stride + 1",
        "((n-f+2p)/s)+1",
        "n+2p-f/s + 1",
        "n plus 2p minus f divided by s plus 1",
    ],
)
def test_same_value_agrees(book, text):
    """A formula agrees in any spelling, with other letters, and with a slip in the brackets that everybody makes."""
    (formula,) = formulas_in(text)[0]
    assert book.agrees(formula)
    assert not book.contradicts(formula)


@pytest.mark.parametrize("text", ["(f+2p-n)/s+1", "(n+p-f)/s+1", "(n+2p+f)/s+1", "(n+2p-f)*s+1"])
def test_other_value_contradicts(book, text):
    """A formula over the same quantities with another value contradicts; swapped letters are another value."""
    (formula,) = formulas_in(text)[0]
    assert not book.agrees(formula)
    assert book.contradicts(formula)


def test_special_case_neither_agrees_nor_contradicts(book):
    """A formula with fewer quantities may be a special case."""
    (formula,) = formulas_in("n-f+1")[0]
    assert not book.agrees(formula)
    assert not book.contradicts(formula)


def test_arithmetic_is_checked():
    """An equation of numbers that does not hold is marked false; a true one agrees with the same calculation in another order."""
    (true,) = formulas_in("5 + 6 - 7 + 1 = 5")[0]
    (false,) = formulas_in("5 - 7 + 1 = 3")[0]
    (turned,) = formulas_in("6 + 5 + 1 - 7 = 5")[0]
    assert not true.false
    assert false.false
    assert FormulaBook([true]).agrees(turned)


@pytest.mark.parametrize(
    "text",
    [
        "a mini-batch, i.e. and/or yes/no input/output",
        "the variance goes down over the batch",
        "tanh goes from -1 to 1",
        "many times yield",
    ],
)
def test_prose_is_no_formula(text):
    """Hyphens, slashes and words such as "over" and "times" do not make a formula of a sentence."""
    assert formulas_in(text)[0] == ()


def test_one_letter_formula_with_other_number_contradicts():
    """With a single letter the shape tells that the same formula is meant."""
    (known,) = formulas_in("1/(1-p)")[0]
    (given,) = formulas_in("1/(2-p)")[0]
    assert FormulaBook([known]).contradicts(given)


def test_a_formula_that_cannot_be_computed_agrees_with_its_own_spelling_and_contradicts_none():
    """Code calls methods with axes: read as arithmetic, that divides by zero."""
    (known,) = formulas_in("(x - x.min(0)) / (x.max(0) - x.min(0))")[0]
    (other,) = formulas_in("(x - x.mean(0)) / (x.min(0) - x.min(0))")[0]
    book = FormulaBook([known])
    assert book.agrees(known)
    assert not book.contradicts(other)


def test_hostile_input_is_cheap():
    """Thousands of brackets and operators neither fail nor take long: at most sixty tokens are read as one formula."""
    found, _ = formulas_in("(" * 5000 + "x+" * 5000 + "1")
    assert len(found) < 500
