"""The interview suite with a model as interviewer: a scripted server on loopback chooses the moves and words them."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))

from loopback import Loopback, say

CASES = (
    {"id": "weak", "candidate": "weak", "questions": ["dropout", "relu-function"], "max_follow_ups": 2, "seed": 1},
    {"id": "strong", "candidate": "strong", "questions": ["conv-output-size"], "seed": 2},
)


@pytest.fixture
def server():
    """Give a server that is stopped in the end."""
    loopback = Loopback()
    yield loopback
    loopback.close()


def act(wording):
    """Act: choose the last move that is allowed; word what is to be asked as `wording` says."""

    def acted(handler, body):
        prompt = body["messages"][-1]["content"]
        if body.get("stream"):
            asked = re.search(r"What to ask next \(.*?\): (.*)", prompt)[1]
            say(wording(asked))(handler, body)
        else:
            allowed = body["response_format"]["json_schema"]["schema"]["properties"]["choice"]["enum"]
            say(json.dumps({"choice": allowed[-1]}))(handler, body)

    return acted


def run(house, server, *more):
    """Run the interview suite with the model as interviewer and the embedded grader as judge; return exit code and document."""
    house.cases("interview", *CASES)
    report = house.root / "run.json"
    flags = ["--backend", "voice", "--base-url", server.url, "--model", "scripted", "--judge", "embedded", "--json", str(report)]
    code = house.run("interview", *flags, *more)
    return code, json.loads(report.read_text(encoding="utf-8"))


def streams(server):
    """Return how many wordings were asked for."""
    return sum(bool(body.get("stream")) for body in server.chats)


def test_a_model_words_the_follow_ups_and_every_rule_is_kept(house, server):
    """The model is asked to choose and to word; its conversations pass the checks, and what it took stands in the report."""
    worded = []
    server.otherwise = act(lambda asked: worded.append(asked) or f"Let us see: {asked}")
    code, report = run(house, server)
    assert code == 0
    assert worded
    assert len(server.chats) > streams(server) == len(worded)
    assert (report["spent"]["results"], report["spent"]["ungraded"], report["spent"]["requests"]) == (2, 0, len(server.chats))
    assert report["figures"]["interview.leaks"]["value"] == 0.0
    assert report["figures"]["interview.held"]["value"] == 1.0, report["failing"]


def test_a_model_that_gives_answers_away_is_caught_without_the_guard(house, server, monkeypatch):
    """Where nothing stops a model that says the points aloud, the gate on leaks fails and the sentence is named."""
    (house.evals / "gates.toml").write_text('[bounds]\n"interview.leaks" = {max = 0.02}\n', encoding="utf-8")
    monkeypatch.setattr("mockinterview.interview.model_voice.Guard._forbidden", lambda _: False)
    claim = house.question("dropout")["points"][0]["claim"].rstrip(".")
    server.otherwise = act(lambda asked: f"{claim}. {asked}")
    code, report = run(house, server)
    assert code == 1
    leak = next(row for row in report["failing"] if row["check"] == "no point leaked")
    assert (leak["case"], claim in leak["seen"]) == ("weak", True)
    assert [gate["gate"] for gate in report["gates"] if gate["status"] == "failed"] == ["bound interview.leaks"]


def test_the_words_are_kept_for_a_replay(house, server):
    """A second run asks nobody and holds the same conversations."""
    server.otherwise = act(lambda asked: f"Let us see: {asked}")
    first = run(house, server)[1]
    asked = len(server.chats)
    code, again = run(house, server, "--replay")
    assert (code, len(server.chats)) == (0, asked)
    assert again["figures"] == first["figures"]
    assert again["spent"]["requests"] == 0


def test_an_interviewer_that_is_gone_is_no_verdict(house, server, monkeypatch):
    """Where the model fails in every conversation, the cases are ungraded, and the run is incomplete: exit code 3."""
    from loopback import status

    monkeypatch.setattr("mockinterview.llm.patience.FIRST_WAIT", 0.0)
    server.otherwise = status(500)
    code, report = run(house, server)
    assert code == 3
    assert report["spent"]["lost"] == 2
    assert "interview.held" not in report["figures"]
