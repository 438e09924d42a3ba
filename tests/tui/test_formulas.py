"""Formulas on the screen: LaTeX becomes readable, everything else and the log stay as they are."""

from __future__ import annotations

import random

import pytest

from mockinterview.tui.cards import Card
from mockinterview.tui.formulas import readable

FORMULAS = [
    (r"\sum_i w_i x_i", "∑ᵢ w_i x_i"),
    (r"$\sum_{i=1}^{n} w_i x_i$", "∑ᵢ₌₁ⁿ wᵢ xᵢ"),
    (r"$\frac{a+b}{2}$ and \frac{\partial L}{\partial w}", "(a+b)/2 and ∂L/∂w"),
    (r"$$\sigma(x)=\frac{1}{1+e^{-x}}$$", "σ(x)=1/(1+e⁻ˣ)"),
    (r"\(\theta_{t+1} = \theta_t - \eta \nabla J(\theta_t)\)", "θₜ₊₁ = θₜ - η∇J(θₜ)"),
    (r"$\mathrm{softmax}(QK^T/\sqrt{d_k})V$", "softmax(QKᵀ/√(dₖ))V"),
    (r"$a_{ij}^{(l)}$, $d_{model}$, $e^{-x^{2}}$, $\|w\|_2$", "aᵢⱼ⁽ˡ⁾, d_model, e^(-x²), ‖w‖₂"),
    (r"\left( \frac{1}{n} \right)", "( 1/n )"),
    (r"$\softmax(z)$", "softmax(z)"),
]
NO_FORMULAS = [
    "It costs $50 and $60 more, from $5 to $10.", r"C:\new\table and \n", r"`$x_1$` and ``\alpha``", r"\\server\share",
    "{half", r"\frac{a}", r"$\frac", "100% sure & more_or_less", r"\input{/etc/passwd}", r"\unknowncmd{x}",
]  # fmt: skip


@pytest.mark.parametrize(("latex", "shown"), FORMULAS)
def test_latex_is_readable(latex, shown) -> None:
    """Fractions, sums, indices, powers, Greek letters; with and without dollar signs."""
    assert readable(latex) == shown


@pytest.mark.parametrize("text", NO_FORMULAS)
def test_all_else_stays(text) -> None:
    """Prices, paths, code, unknown commands and half formulas are shown as they were written."""
    assert readable(text) == text


def test_no_text_breaks_it(capfd) -> None:
    """Whatever pieces of LaTeX come in whatever order, a text comes out, and nothing is written past the screen."""
    rng = random.Random(7)
    pieces = [*"ab{}_^$\\`[]()& %~#", "\\frac", "\\begin{cases}", "\\end{cases}", "\\verb", "\\sqrt[", "\\input", "\\hat", "\\left"]
    for _ in range(2000):
        assert isinstance(readable("".join(rng.choice(pieces) for _ in range(rng.randint(1, 25)))), str)
    assert capfd.readouterr().err == ""


async def test_the_log_keeps_what_was_typed(world, idle, transcript) -> None:
    """An answer in LaTeX is readable in the transcript and in the quote, and stored as it was typed."""
    typed = r"alpha is $\frac{a+b}{2}$"
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.text = typed
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        assert "You  alpha is (a+b)/2" in transcript(app)
        assert "you said: “alpha is (a+b)/2”" in app.screen.query(Card).first().plain
        assert world.last("answer_given").text == typed
        assert world.last("answer_graded").assessment.points[0].evidence == typed


async def test_questions_of_a_bank_in_latex(world, idle, transcript) -> None:
    """A bank of one's own may write its formulas in LaTeX."""
    one = world.bank.get("one").model_copy(update={"ask": r"What is $w_i \cdot x_i$ in *one*?"})
    world.bank = type(world.bank)([one])
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "What is wᵢ · xᵢ in *one*?" in transcript(app)
        assert r"$w_i \cdot x_i$" in world.last("question_asked").text
