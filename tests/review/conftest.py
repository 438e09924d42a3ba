"""A small bank, a grader that follows rules, interviews held over them, attempts by hand, and a home of their own."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.interrupts import interrupts_are_heard  # noqa: F401 - a fixture of every test here

from mockinterview.interview.loop import Interview
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import Assessment, Bank, Plan, PointVerdict, Question, StatedMisconception
from mockinterview.review.attempts import Attempt
from mockinterview.storage import SessionStore

MONDAY = datetime(2026, 11, 16, 20, 0, tzinfo=UTC)


def make_question(name, topic="cnn", follow_ups=()):
    """Return a question with two core points (weights 2 and 1), a bonus point and a misconception."""
    return Question.model_validate(
        {
            "id": name, "topic": topic, "level": "foundation", "ask": f"What is {name} <b>for</b>?",
            "points": [
                {"id": "alpha", "claim": f"First truth of {name}.", "weight": 2, "probe": "What else?", "hint": "A letter."},
                {"id": "beta", "claim": f"Second truth of {name}.", "probe": "And then?", "hint": "The second letter."},
                {"id": "gamma", "claim": f"Bonus truth of {name}.", "kind": "bonus", "probe": "Anything on top?"},
            ],
            "misconceptions": [
                {"id": "nonsense", "belief": f"{name} is nonsense.", "correction": f"{name} is sense.", "probe": "Are you sure?"}
            ],
            "follow_ups": follow_ups, "formulas": "a = b",
        }
    )  # fmt: skip


class RuleGrader:
    """Hits a point whose id stands in the answer, half where it stands in capitals; a belief counts as stated by its id."""

    def __init__(self, name="rules", blind=()):
        self.name = name
        self.blind = blind

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question, answer):
        """Return the verdicts; points in `blind` are missed whatever was said."""
        if "ungradable" in answer:
            return Assessment(question=question.id, score=None, points=(), graded_by=self.name)
        points = tuple(PointVerdict(id=p.id, verdict=self.verdict(p.id, answer), evidence=p.id) for p in question.points)
        stated = tuple(StatedMisconception(id=m.id, evidence=m.id) for m in question.misconceptions if m.id in answer)
        score = 5.0 if any(p.verdict != "miss" for p in points) else 0.0
        return Assessment(question=question.id, score=score, points=points, misconceptions=stated, graded_by=self.name)

    def verdict(self, point_id, answer):
        """Return the verdict on one point."""
        if point_id in self.blind:
            return "miss"
        return "hit" if point_id in answer else "partial" if point_id.upper() in answer else "miss"


@pytest.fixture
def bank():
    """Return a bank of three questions; `one` leads to `two` by a documented follow-up."""
    edge = {"to": "two", "origin": "documented", "source": {"doc": "001", "number": 1}, "bridge": "Speaking of it:"}
    return Bank([make_question("one", follow_ups=[edge]), make_question("two"), make_question("three", topic="rnn")])


@pytest.fixture
def corpus(tmp_path, bank):
    """Return the folder of that bank."""
    for question in bank:
        folder = tmp_path / "bank" / "questions" / question.topic
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{question.id}.yaml").write_text(json.dumps(question.model_dump(mode="json")))
    return str(tmp_path / "bank")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a fresh home without any setting in the environment."""
    for name in ("BACKEND", "BASE_URL", "MODEL", "API_KEY", "JUDGE", "CORPUS", "COUNT"):
        monkeypatch.delenv(f"MOCKINTERVIEW_{name}", raising=False)
    monkeypatch.setenv("MOCKINTERVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path / "home"


@pytest.fixture
def store(home):
    """Return the session log of that home."""
    with SessionStore(home / "data" / "sessions.db") as opened:
        yield opened


@pytest.fixture
def hold(store, bank):
    """Return a function that holds an interview with a list of answers and commands and returns its events."""

    async def run(session_id, questions, answers, *, end=True, follow_ups=3):
        interview = Interview(session_id, bank, store, RuleGrader(), EmbeddedInterviewer())
        await interview.start(Plan(questions=questions, count=len(questions), seed=1, max_follow_ups=follow_ups))
        for answer in answers:
            if interview.finished:
                break
            await (interview.command(answer[1:]) if answer.startswith("/") else interview.reply(answer))
        if end and not interview.finished:
            await interview.command("end")
        return store.events(session_id)

    return run


@pytest.fixture
def attempt():
    """Return a function that makes an attempt: days after a Monday evening, with the verdicts on the first answer."""

    def make(question_id="one", day=0.0, first=None, **changed):
        verdicts = {"alpha": "hit", "beta": "hit", "gamma": "miss"} if first is None else first
        fields = {
            "session_id": f"s{day}", "question_id": question_id, "at": MONDAY + timedelta(days=day), "reason": "done",
            "at_once": 5.0, "after_follow_up": 5.0, "first": verdicts, "best": verdicts, "misconceptions": (),
            "disputed": frozenset(), "graded_by": ("rules",), "followed": False,
        }  # fmt: skip
        return Attempt(**{**fields, **changed})

    return make


@pytest.fixture
def monday():
    """Return the moment at which the days of `attempt` begin."""
    return MONDAY


@pytest.fixture
def rule_grader():
    """Return the class of the grader, to make others."""
    return RuleGrader
