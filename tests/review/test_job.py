"""Which questions a job description calls for, over the shipped bank."""

from functools import cache

import pytest

from mockinterview.bank.load import load_bank
from mockinterview.errors import UsageError
from mockinterview.interview.job import called_for, phrases, plan_for_job
from mockinterview.models import LEVELS, Plan
from mockinterview.retrieval import LexicalRetriever

VISION = """Senior Machine Learning Engineer, Computer Vision

About us
We are a fast-growing team of 40 people building software for logistics companies. We care about ownership and good coffee.

What you will do
- Design and train convolutional neural networks for detecting damaged parcels
- Fine-tune pretrained backbones on small data sets and keep them from overfitting
- Mentor junior engineers and work closely with cross-functional teams on our digital transformation

What we are looking for
- 5+ years of experience with Python, and solid understanding of SGD, Adam and learning rate schedules
- Kubernetes, Docker, AWS

What we offer
- Competitive salary, dental insurance and 30 days of vacation
"""
OTHER_TRADES = (
    (
        "Head Pastry Chef. You will run the kitchen of a busy hotel, manage a team of eight and order ingredients. Early shifts. "
        "Training provided. Strong network of suppliers is a plus."
    ),
    (
        "Registered Nurse for our intensive care unit. You monitor vital signs, keep records and support families. Deep "
        "understanding of hygiene standards. Night shifts are paid at a higher rate. Low turnover."
    ),
    "Regional Sales Manager. You negotiate contracts. Steep learning curve in a dynamic network of partners, data driven mindset.",
    "Data Engineer. You own our batch pipelines, shape the data model and treat infrastructure as code. Feature stores are a plus.",
)


@cache
def shipped():
    """Return the shipped bank and a retriever over it."""
    bank = load_bank().bank
    return bank, LexicalRetriever(bank)


def test_questions_and_their_reasons():
    """Each pick is a question on what its phrase names; small talk, benefits and tools without a question call for none."""
    bank, retriever = shipped()
    picks = called_for(VISION, bank, retriever, 8)
    topics = {pick.phrase: bank.get(pick.question_id).topic for pick in picks}
    assert topics["train convolutional neural networks for detecting damaged parcels"] == "cnn"
    assert topics["Fine-tune pretrained backbones on small data sets"] == "transfer-learning"
    assert topics["learning rate schedules"] == "optimisation"
    said = " ".join(topics).casefold()
    assert not any(word in said for word in ("salary", "dental", "logistics", "kubernetes", "mentor", "transformation", "coffee"))
    assert all(phrase in " ".join(VISION.split()) for phrase in topics)


def test_each_question_once_and_easier_ones_first():
    """Levels rise; no question is picked twice; no more than were asked for."""
    bank, retriever = shipped()
    picks = [pick.question_id for pick in called_for(VISION, bank, retriever, 6)]
    levels = [LEVELS.index(bank.get(name).level) for name in picks]
    assert levels == sorted(levels)
    assert len(set(picks)) == len(picks) == 6


def test_what_was_asked_lately_gives_way():
    """The same description the next evening brings other questions on the same phrases."""
    bank, retriever = shipped()
    first = called_for("dropout\nweight decay", bank, retriever, 2)
    second = called_for("dropout\nweight decay", bank, retriever, 2, seen=[pick.question_id for pick in first])
    assert {p.phrase for p in second} == {p.phrase for p in first} == {"dropout", "weight decay"}
    assert not {p.question_id for p in first} & {p.question_id for p in second}


@pytest.mark.parametrize("text", OTHER_TRADES)
def test_other_trades_call_for_nothing(text):
    """Retrieval finds something for any text; that is no reason to ask it."""
    bank, retriever = shipped()
    with pytest.raises(UsageError):
        called_for(text, bank, retriever, 5)


def test_topic_and_level_of_the_plan_hold():
    """Only questions of that topic and level are picked."""
    bank, retriever = shipped()
    plan = plan_for_job(VISION, bank, Plan(topics=("optimisation",), level="intermediate"), retriever)
    assert {(bank.get(q).topic, bank.get(q).level) for q in plan.questions} == {("optimisation", "intermediate")}
    assert list(plan.because) == list(plan.questions)


@pytest.mark.parametrize("named", [{"questions": ("dropout",)}, {"about": "gradients"}, {"topics": ("nosuch",)}])
def test_what_cannot_be_joined(named):
    """A plan that names its questions or its subject already, or an unknown topic."""
    bank, retriever = shipped()
    with pytest.raises(UsageError):
        plan_for_job(VISION, bank, Plan(**named), retriever)


def test_phrases_are_the_words_of_the_text():
    """Bullets, marks and conjunctions cut; each phrase comes once."""
    text = "• CNNs, RNNs and GANs (e.g. DCGAN)\n- CNNs\n* A/B tests; C++ or Go. State-of-the-art."
    assert phrases(text) == ["CNNs", "RNNs", "GANs", "DCGAN", "A/B tests", "C++", "Go", "State-of-the-art"]
