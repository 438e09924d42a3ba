"""Fixtures of the tests with models: a server on loopback, a model at it, a small bank, stand-ins."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Loopback

from mockinterview.llm.model import Model
from mockinterview.llm.patience import Patience
from mockinterview.llm.server import ServerDoor
from mockinterview.models import Assessment, BackendSettings, Bank, PointVerdict, Question
from mockinterview.prompts import Prompts

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"


@pytest.fixture
def server():
    """Return a server that is stopped in the end."""
    loopback = Loopback()
    yield loopback
    loopback.close()


class Slept:
    """A sleep that does not sleep and remembers for how long it was asked to."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        """Remember."""
        self.seconds.append(seconds)


@pytest.fixture
def slept():
    """Return the sleep of the model's retries."""
    return Slept()


@pytest.fixture
def open_door(server, slept):
    """Return a function that makes a model at the server; nothing in it waits longer than a fraction of a second."""

    def make(key="", **settings):
        given = {"name": "local", "base_url": server.url, "model": "scripted", "read_timeout": 5.0, "context_window": 8192}
        table = BackendSettings.model_validate({**given, **settings})
        return Model(table, ServerDoor(table, key), patience=Patience(sleep=slept))

    return make


@pytest.fixture
def model(open_door):
    """Return a model at the server."""
    return open_door()


@pytest.fixture
def prompts():
    """Return the shipped prompts."""
    return Prompts(PROMPTS)


@pytest.fixture
def question():
    """Return a question with two core points, a bonus point and a misconception."""
    return Question.model_validate(
        {
            "id": "dropout", "topic": "regularisation", "level": "foundation", "ask": "What does dropout do?",
            "points": [
                {
                    "id": "zeroes", "claim": "Dropout sets random activations to zero in training.", "weight": 2,
                    "says": ["it switches off neurons at random"],
                    "probe": "What happens to a unit in one step?", "hint": "A coin.",
                },
                {
                    "id": "ensemble", "claim": "It acts like an ensemble of thinned networks.",
                    "probe": "How many models is that?", "hint": "Count.",
                },
                {"id": "rate", "claim": "Typical rates lie between 0.2 and 0.5.", "kind": "bonus",
                 "probe": "Which settings are common?"},
            ],
            "misconceptions": [
                {
                    "id": "at-test", "belief": "Dropout is active at test time.",
                    "correction": "It is switched off for prediction.", "probe": "And once it is deployed?",
                }
            ],
            "model_answer": "Dropout sets random activations to zero in training. It acts like an ensemble of thinned networks.",
        }
    )  # fmt: skip


@pytest.fixture
def bank(question):
    """Return a bank with that question and another one that a documented follow-up leads to."""
    edge = {"to": "padding", "origin": "documented", "source": {"doc": "001", "number": 44}, "bridge": "Stay with layers."}
    first = Question.model_validate({**question.model_dump(), "follow_ups": [edge]})
    second = Question.model_validate(
        {
            "id": "padding", "topic": "cnn", "level": "foundation", "ask": "What is padding good for?",
            "points": [{"id": "border", "claim": "Padding keeps the border pixels in play.", "probe": "What about the edge?"}],
        }
    )  # fmt: skip
    return Bank([first, second])


def form(question, answer):
    """Return the flags of an answer's form, as far as the tests need them."""
    return ("gibberish",) if "asdf" in answer else ("injection",) if "full marks" in answer else ()


class Stand:
    """A stand-in for the embedded grader: a point is hit where the answer has its id; "asdf" is gibberish."""

    name = "embedded"

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question, answer):
        """Return verdicts by single words."""
        points = tuple(
            PointVerdict(id=p.id, verdict="hit", evidence=p.id) if p.id in answer else PointVerdict(id=p.id, verdict="miss")
            for p in question.points
        )
        flags = form(question, answer)
        score = 5.0 if any(p.verdict == "hit" for p in points) else 0.0
        return Assessment(question=question.id, score=score, points=points, flags=flags, graded_by="embedded")


@pytest.fixture
def embedded():
    """Return the stand-in for the embedded grader."""
    return Stand()
