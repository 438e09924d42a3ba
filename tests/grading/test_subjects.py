"""What question an answer speaks of."""

import pytest

from mockinterview.bank.load import data_dir, load_bank
from mockinterview.grading.embedded import EmbeddedGrader
from mockinterview.grading.subjects import OWN_SHARE, Subjects


@pytest.fixture(scope="module")
def bank():
    """Return the shipped bank."""
    return load_bank(data_dir("corpus")).bank


@pytest.fixture(scope="module")
def subjects(bank):
    """Return the subjects of the shipped bank."""
    return Subjects(bank)


def test_own_answers(bank, subjects):
    """No question's own model answer, in any spelling of its letters, speaks of another question."""
    assert [q.id for q in bank if subjects.own_share(q.id, q.model_answer.upper()) < OWN_SHARE] == []


def test_answers_to_other_questions(bank, subjects):
    """Nearly every model answer to a question of another topic does; which pairs are tried is fixed by their order."""
    questions = list(bank)
    pairs = [(q, questions[(at * 7 + 31) % len(questions)]) for at, q in enumerate(questions)]
    foreign = [(q, other) for q, other in pairs if q.topic != other.topic]
    caught = sum(subjects.own_share(q.id, other.model_answer) < OWN_SHARE for q, other in foreign)
    assert len(foreign) > 100
    assert caught >= 0.95 * len(foreign)


def test_short_answers_are_never_judged(subjects):
    """Of a few words one cannot tell what they speak of."""
    assert subjects.own_share("conv-output-size", "dropout zeroes random units while training") == 1.0


def test_unknown_questions_and_no_bank(bank, subjects):
    """A question that is not in the bank has no words to compare with."""
    answer = bank.get("dropout").model_answer
    assert subjects.own_share("no-such-question", answer) == 1.0
    assert Subjects().own_share("conv-output-size", answer) == 1.0


def test_the_mark_says_off_topic(bank):
    """A right answer to another question earns nothing, and is told so, though it has the right words here and there."""
    mark = EmbeddedGrader(bank).assess(bank.get("deep-learning-prerequisites"), bank.get("loss-not-decreasing").model_answer)
    assert (mark.score, mark.flags) == (0.0, ("off_topic",))


def test_an_answer_between_asides_counts(bank):
    """Chatter about other things, even of the field, does not turn a right answer into one about something else."""
    question, grader = bank.get("conv-output-size"), EmbeddedGrader(bank)
    aside = "At my last company we mostly trained transformers with Adam, and I liked dropout more than weight decay there. "
    mark = grader.assess(question, aside + question.model_answer)
    assert mark.score is not None
    assert mark.score > 6
    assert "off_topic" not in mark.flags
