"""The tour for somebody who has never been here, and how reliable the report says its grader is."""

from __future__ import annotations

import json

import pytest

from mockinterview.cli.reliability import reliability
from mockinterview.evals.results import Mark, Result
from mockinterview.evals.run import Manifest
from mockinterview.tui.cards import Card
from mockinterview.tui.core import TOUR
from mockinterview.tui.results import ReportScreen
from mockinterview.tui.start import StartScreen


async def test_tour_is_shown_once_and_is_short(world, wait_until, screen_text) -> None:
    """Three lines that fit in 80 columns, with the real keys, without anything to close; never again after that."""
    world.newcomer, world.keys = True, {"start": "f12"}
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen._ready)
        begins = ("New here?", "You are asked", "shows all keys")
        lines = [line for line in screen_text(app).splitlines() if any(begin in line for begin in begins)]
        assert len(lines) == len(TOUR) == 3
        assert app.screen.query_one("#tour").size.height == len(TOUR)
        assert "press F12" in lines[0]
        assert app.screen.query_one("#about").has_focus
        assert "Interviewer" in screen_text(app)
    again = world.app()
    async with again.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(again.screen, StartScreen) and again.screen._ready)
        assert "New here?" not in screen_text(again)


async def test_tour_of_who_begins_directly(world, idle, transcript) -> None:
    """An interview that was asked for on the command line has it above the first question; nothing of it is stored."""
    world.newcomer = True
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert transcript(app).startswith("New here?")
        assert "New here?" not in str(world.log.stored)


async def test_report_says_how_reliable_the_marks_are(world, idle, end, wait_until) -> None:
    """The sentence stands below the questions and names its source."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.text = "alpha"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await wait_until(pilot, lambda: "the shipped baseline" in app.screen.query_one("#reliability", Card).plain)
        assert "rules: 85 of 100" in app.screen.query_one("#reliability", Card).plain


@pytest.fixture
def run_folder(tmp_path):
    """Return a function that stores a run of the embedded grader with so many answers."""

    def store(name: str, answers: int, graded_by: str = "embedded"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "manifest.json").write_text(Manifest(model="embedded").model_dump_json())
        marks = (Mark(point="a", expected="hit", given="hit"), Mark(point="b", expected="miss", given="hit"))
        rows = [
            Result(suite="grading", case=str(n), label="x", question="one", topic="t", kind="k", graded_by=graded_by, points=marks)
            for n in range(answers)
        ]
        (folder / "results.jsonl").write_text("".join(f"{json.dumps(row.model_dump(mode='json'))}\n" for row in rows))

    return store


def test_reliability_takes_the_last_run_of_enough_answers(tmp_path, run_folder) -> None:
    """A run in the home counts before the shipped baseline, unless it is a small sample; both are named."""
    (shipped,) = reliability(["embedded", "arithmetic"], tmp_path)
    assert "the shipped baseline" in shipped
    run_folder("20260101-000000-001", 60)
    run_folder("20260102-000000-001", 3)
    (own,) = reliability(["embedded"], tmp_path)
    assert own.startswith("embedded: 50 of 100 credits are right, 100 of 100 points that were said are seen (60 answers, ")
    assert "eval run 20260101-000000-001" in own


def test_reliability_of_a_grader_that_was_never_measured(tmp_path) -> None:
    """Then that is what is said."""
    assert reliability(["qwen"], tmp_path) == ["qwen: not measured here; `mockinterview eval` measures the grader of the settings."]


def test_words_alone_are_not_given_the_figures_of_both_layers(tmp_path) -> None:
    """The shipped baseline was measured with both layers; a report marked by words alone says so, and how to measure them."""
    both, words = reliability(["embedded", "embedded, words alone"], tmp_path)
    assert "shipped baseline" in both
    assert "less exact" in words
    assert "eval --judge words" in words
