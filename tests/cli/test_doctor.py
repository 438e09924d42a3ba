"""`doctor`: whatever is broken becomes a finding with a remedy, and hides no other finding."""

import json

import pytest

from mockinterview.bank.load import LoadedBank
from mockinterview.cli import doctor
from mockinterview.cli.compose import Workshop
from mockinterview.cli.doctor import run_checks
from mockinterview.errors import EncoderError
from mockinterview.grading.combiner import Combiner
from mockinterview.models import Assessment, Bank, Question

CHECKS = ["settings", "packages", "folders", "bank", "sessions", "grader", "search", "terminal"]


@pytest.fixture
def workshop(home, corpus):
    """Return a function that makes a workshop over a bank with a model answer, for the judge that was chosen."""

    def make(answer="Zeros are added around the border of the input.", judge=None):
        file = corpus / "questions" / "cnn" / "padding.yaml"
        file.write_text(json.dumps({**json.loads(file.read_text()), "model_answer": answer}))
        return Workshop({"corpus": corpus, "judge": judge})

    return make


@pytest.fixture
def checks(monkeypatch):
    """Return a function that puts another check in the place of one; all others find nothing to mend."""

    def put(name, check):
        monkeypatch.setattr(doctor, f"_{name}", check)

    for name in CHECKS:
        put(name, lambda workshop, name=name: doctor.Finding(name, ok=True, found="fine"))
    return put


def refuse(*args, **kwargs):
    """Fail as a damaged model does."""
    raise EncoderError("The model is damaged.")


@pytest.mark.parametrize("damaged", ["__init__", "decide"])
def test_a_grader_without_its_model_is_to_be_mended(workshop, monkeypatch, damaged):
    """Words that step in give a mark all the same, which is no sign of health."""
    monkeypatch.setattr(Combiner, damaged, refuse)
    finding = doctor._grader(workshop())
    assert (finding.ok, "words alone" in finding.found) == (False, True)
    assert finding.remedy == "Install mockinterview again: files of grading/model are missing or damaged."


def test_words_alone_are_enough_where_they_were_chosen(workshop, monkeypatch):
    """`judge = "words"` needs no model; what is fine has no remedy."""
    monkeypatch.setattr(Combiner, "__init__", refuse)
    finding = doctor._grader(workshop(judge="words"))
    assert (finding.ok, finding.remedy) == (True, "")


def test_a_whole_grader_is_fine(workshop):
    """All layers are at work and the model answer earns something."""
    finding = doctor._grader(workshop())
    assert (finding.ok, finding.found.startswith("embedded gives")) == (True, True)


def test_a_model_answer_that_earns_nothing_is_to_be_mended(workshop):
    """In a bank of one's own the question is named."""
    finding = doctor._grader(workshop("Bananas are yellow and rich in potassium, which athletes like after a long run.", "words"))
    assert (finding.ok, finding.found.endswith("padding 0.0")) == (False, True)
    assert "padding" in finding.remedy


def test_a_shipped_model_answer_without_a_mark_is_to_be_mended(home, monkeypatch):
    """The shipped answer is right, so the grader is not."""
    point = {"id": "p", "claim": "It is."}
    question = Question(id="q", topic="t", level="foundation", ask="What?", points=[point], model_answer="It is.")
    workshop = Workshop()
    workshop.loaded_bank = LoadedBank(Bank([question]), ())
    monkeypatch.setattr(
        "mockinterview.grading.embedded.EmbeddedGrader.assess",
        lambda grader, question, answer: Assessment(question="q", score=None, points=(), graded_by=grader.name),
    )
    finding = doctor._grader(workshop)
    assert (finding.ok, finding.remedy) == (False, doctor.NO_MODEL)


def test_a_check_that_breaks_hides_no_other(home, checks, capsys):
    """A failure that nobody expected is a finding, too; its traceback goes to stderr."""

    def broken(workshop):
        raise RuntimeError("no such\nlibrary")

    checks("bank", broken)
    checks("sessions", refuse)
    findings = run_checks()
    assert [finding.check for finding in findings] == CHECKS
    bank, sessions = (next(f for f in findings if f.check == name) for name in ("bank", "sessions"))
    assert (bank.ok, bank.found, bool(bank.remedy)) == (False, "RuntimeError: no such library", True)
    assert (sessions.ok, sessions.found) == (False, "The model is damaged.")
    said = capsys.readouterr().err
    assert said.count("Traceback") == 1
    assert "in broken" in said


def test_settings_that_break_are_the_only_finding(home, monkeypatch):
    """Without settings there is nothing else to look at."""

    def broken():
        raise ValueError("odd")

    monkeypatch.setattr(doctor, "Workshop", broken)
    assert [(finding.check, finding.ok) for finding in run_checks()] == [("settings", False)]
