"""Reading text: clauses are verbatim pieces, words become signed concepts, negation reaches as far as it does in English."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockinterview.grading.lexicon import lexeme
from mockinterview.grading.reading import clauses, normalise, read


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_clauses_are_verbatim_and_in_order(answer):
    """Whatever is typed, each clause is a piece of the answer at the place it names, and the pieces do not overlap."""
    end = 0
    for clause in clauses(answer):
        assert answer[clause.start : clause.end] == clause.text
        assert clause.start >= end
        end = clause.end


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abx ()[]{}^_\\/*+-=.,0123456789$%", max_size=120))
def test_any_text_can_be_read(text):
    """Reading never fails, however strange the symbols."""
    assert read(text).words >= 0


def signs(text: str) -> dict[str, int]:
    """Return the concepts of a text with their signs."""
    return read(text).signs


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("normalise", "normalization"),
        ("behaviour", "behavior"),
        ("labelled", "labeled"),
        ("centred", "centered"),
        ("optimiser", "optimizer"),
    ],
)
def test_british_and_american_spelling_are_one_word(one, other):
    """Spelling variants have one concept."""
    assert lexeme(one).concept == lexeme(other).concept


@pytest.mark.parametrize(
    ("one", "other"),
    [("increases", "reduces"), ("larger", "smaller"), ("before", "after"), ("linear", "nonlinear"), ("supervised", "unsupervised")],
)
def test_opposites_are_one_concept_with_two_signs(one, other):
    """A reversed word differs from the right one in its sign only."""
    assert lexeme(one).concept == lexeme(other).concept
    assert lexeme(one).sign == -lexeme(other).sign


def test_negation_stops_at_the_end_of_its_part():
    """The part after the comma is not negated."""
    found = signs("the filter does not fit, the image is small")
    assert found["fit"] == -1
    assert found["imag"] == 1


def test_no_and_without_negate_what_follows():
    """The wordings `no padding` and `without padding` say the same."""
    assert signs("there is no padding")["padded±"] == signs("it works without padding")["padded±"] == -1


def test_too_large_to_fit_is_a_negation():
    """English has negations without "not"."""
    assert signs("the filter is too large to fit")["fit"] == -1


@pytest.mark.parametrize(
    ("text", "number"), [("2/3 of it", "#0.667"), ("0.667 of it", "#0.667"), ("50 %", "#0.5"), ("10k samples", "#1e+04")]
)
def test_numbers_are_values(text, number):
    """Fractions, percentages and thousands are read by value."""
    assert number in signs(text)


def test_shapes_are_one_word():
    """The shape 5x5 has one concept in all spellings, and is no product."""
    assert "#5x5" in signs("a 5 x 5 map")
    assert "#5x5" in signs("five by five")


def test_latex_is_read():
    """LaTeX becomes plain text."""
    assert normalise(r"$\frac{n + 2p - f}{s} + 1$") == "((n + 2p - f)/(s)) + 1"
    assert len(read(r"$\lfloor \frac{n+2p-f}{s} \rfloor + 1$").formulas) == 1


def test_label_before_colon_stays_with_its_text():
    """A label and what it labels are one clause."""
    assert [c.text for c in clauses("Bagging: parallel models. Boosting: one after another.")] == [
        "Bagging: parallel models",
        "Boosting: one after another",
    ]


def test_wrapped_lines_are_joined_and_notes_are_not():
    """A line break in a long line is a space; in short notes it ends a statement."""
    wrapped = "this line is long enough to be wrapped by an editor, which puts\na break into it"
    assert any("puts\na break" in c.text for c in clauses(wrapped))
    assert [c.text for c in clauses("- valid: no padding\n- same: keeps size")] == ["valid: no padding", "same: keeps size"]
