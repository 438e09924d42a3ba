"""The start screen: what is painted before the core, the form, resuming, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from textual.widgets import Button, Input

from mockinterview.errors import BankError, StorageError
from mockinterview.tui.choice import Choice, Topics
from mockinterview.tui.core import Offer, Wishes
from mockinterview.tui.frame import TOO_SMALL
from mockinterview.tui.results import ReportScreen
from mockinterview.tui.start import StartScreen
from mockinterview.tui.talk import InterviewScreen


def ready(app):
    """Return whether the form can be sent."""
    return lambda: isinstance(app.screen, StartScreen) and not app.screen.query_one("#begin", Button).disabled


def test_first_frame_imports_nothing_heavy() -> None:
    """The app is there without pydantic, chromadb, openai, tiktoken, YAML or the bank."""
    heavy = (
        "pydantic",
        "chromadb",
        "openai",
        "tiktoken",
        "yaml",
        "numpy",
        "mockinterview.models",
        "mockinterview.bank",
        "markdown_it",
    )
    code = f"import sys, mockinterview.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frames_come_as_often_as_the_app_asks_for() -> None:
    """The package is imported before Textual, which reads its frame rate once; what a person set goes first."""
    code = "import mockinterview.cli.app, mockinterview.tui.app; from textual.constants import MAX_FPS; print(MAX_FPS)"
    bare = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"}
    for set_by_person, rate in (({}, "120"), ({"TEXTUAL_FPS": "30"}, "30")):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=bare | set_by_person)
        assert done.stdout.strip() == rate


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_painted_before_the_core_is_loaded(world, wait_until, screen_text, size) -> None:
    """The first screen and its form are there while the core is still loading; then topics and defaults come."""
    gate, load = threading.Event(), world.load
    world.load = lambda: gate.wait(10) and load()
    app = world.app()
    async with app.run_test(size=size) as pilot:
        await wait_until(pilot, lambda: app.screen.query_one("#about").has_focus)
        assert "Loading the question bank" in screen_text(app)
        assert app.core is None
        await pilot.press("f2")
        gate.set()
        await wait_until(pilot, ready(app))
        shown = screen_text(app)
        assert "[ ] cnn (3)" in shown
        assert "[ ] rnn (1)" in shown
        assert app.screen.query_one("#count", Input).value == "2"
        for word in ("rising", "advanced", "practice", "exam", "phone", "onsite", "Start"):
            assert word in shown
        assert world.kinds() == []


STAYS = "Nothing leaves this computer."


@pytest.mark.parametrize(
    ("backend", "judge", "stays"),
    [
        ("embedded", "", True),
        ("embedded", "embedded", True),
        ("embedded", "words", True),
        ("embedded", "openai", False),
        ("openai", "", False),
        ("openai", "embedded", False),
    ],
)
async def test_that_nothing_leaves_is_told_where_it_is_true(world, wait_until, screen_text, backend, judge, stays) -> None:
    """Neither interviewer nor judge may be a model; the sentence comes and goes with the choice."""
    load = world.load
    world.load = lambda: replace(load(), defaults=Wishes(count=2, backend=backend, judge=judge))
    world.offers = [Offer("ollama", "small")]
    app = world.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until(pilot, lambda: ready(app)() and Offer("ollama", "small") in app.screen.offers)
        assert (STAYS in screen_text(app)) == stays
        app.screen._picker.chosen = len(app.screen._picker.options) - 1
        await wait_until(pilot, lambda: STAYS not in screen_text(app))


async def test_embedded_chosen_beside_a_judge_means_both(world, wait_until, idle, screen_text) -> None:
    """The list says who grades where that is somebody else; embedded alone is an entry of its own and asks for no judge."""
    load = world.load
    world.load = lambda: replace(load(), defaults=Wishes(count=2, backend="embedded", judge="openai"))
    world.offers = [Offer("ollama", "small")]
    app = world.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until(pilot, lambda: ready(app)() and len(app.screen.offers) == 2)
        assert app.screen._picker.options == ("embedded, graded by openai", "embedded", "small (ollama), graded by openai")
        app.screen._picker.chosen = 1
        await wait_until(pilot, lambda: STAYS in screen_text(app))
        await pilot.press("f2")
        await idle(pilot)
        assert (world.wished[0].backend, world.wished[0].judge) == ("embedded", "embedded")


async def test_who_grades_is_shown_before_any_model_is_found(world, wait_until, screen_text) -> None:
    """The judge of the settings stands there at once."""
    load = world.load
    world.load = lambda: replace(load(), defaults=Wishes(count=2, backend="embedded", judge="openai"))
    app = world.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until(pilot, ready(app))
        assert "< embedded, graded by openai >  1 of 2" in screen_text(app)


async def test_form_by_keyboard(world, wait_until, idle) -> None:
    """Topics, level, number, mode and format can be chosen with the keyboard alone."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        app.screen.query_one(Topics).focus()
        await pilot.press("down", "space")
        app.screen.query_one("#level", Choice).focus()
        await pilot.press("right")
        app.screen.query_one("#mode", Choice).focus()
        await pilot.press("right")
        app.screen.query_one("#format", Choice).focus()
        await pilot.press("left")
        app.screen.query_one("#count", Input).focus()
        await pilot.press("ctrl+a", "ctrl+k", "1", "enter")
        await idle(pilot)
        wishes = world.wished[0]
        assert (wishes.topics, wishes.level, wishes.count) == (("rnn",), "foundation", 1)
        assert (wishes.mode, wishes.format, wishes.minutes) == ("exam", "onsite", 0.0)
        assert world.last("interview_started").plan.mode == "exam"


async def test_empty_numbers_are_no_faults(world, wait_until, screen_text) -> None:
    """Leaving the empty minutes, or clearing the questions, draws no box and moves nothing."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        minutes, count = (app.screen.query_one(f"#{name}", Input) for name in ("minutes", "count"))
        minutes.focus()
        await pilot.pause()
        before = app.screen.query_one("#mode").region
        await pilot.press("tab")
        assert not minutes.has_class("-invalid")
        count.focus()
        await pilot.press("ctrl+a", "delete", "tab")
        assert not count.has_class("-invalid")
        minutes.focus()
        await pilot.press("minus", "tab")  # this is none, and is refused at the start; the form still stays as it is
        assert minutes.has_class("-invalid")
        assert (minutes.size.height, app.screen.query_one("#mode").region) == (1, before)
        await pilot.press("f2")
        await wait_until(pilot, lambda: "more than 0" in screen_text(app))


async def test_what_was_typed_before_the_bank_was_there_stays(world, wait_until, idle) -> None:
    """Who is quicker than the core keeps the choices; the rest comes from the settings."""
    gate, load = threading.Event(), world.load
    world.load = lambda: gate.wait(10) and load()
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: app.screen.query_one("#about").has_focus)
        app.screen.query_one("#count", Input).focus()
        await pilot.press("3")
        app.screen.query_one("#mode", Choice).focus()
        await pilot.press("right")
        gate.set()
        await wait_until(pilot, ready(app))
        await pilot.press("f2")
        await idle(pilot)
        assert (world.wished[0].count, world.wished[0].mode) == (3, "exam")


async def test_form_by_mouse(world, wait_until, idle) -> None:
    """Options, topics and the button can be clicked."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        await pilot.click("#mode", offset=(13, 0))
        assert app.screen.query_one("#mode", Choice).value == "exam"
        await pilot.click(Topics, offset=(4, 2))
        assert app.screen.query_one(Topics).chosen == ("rnn",)
        await pilot.click("#begin")
        await idle(pilot)
        assert world.last("interview_started").plan.topics == ("rnn",)


async def test_free_text_subject_is_passed_on(world, wait_until, idle) -> None:
    """Typing begins in the subject; Enter starts."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        await pilot.press(*"gradients", "enter")
        await idle(pilot)
        assert world.wished[0].about == "gradients"


@pytest.mark.parametrize(("field", "told"), [("count", "1 to 200"), ("minutes", "more than 0")])
async def test_impossible_numbers_are_explained(world, wait_until, screen_text, field, told) -> None:
    """A number out of range says so in place and starts nothing."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        app.screen.query_one(f"#{field}", Input).value = "0"
        await pilot.press("f2")
        await wait_until(pilot, lambda: told in screen_text(app))
        assert world.wished == []


async def test_no_fitting_question_is_explained(world, wait_until, screen_text) -> None:
    """A refusal of the core stands on the start screen, with its remedy."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        app.screen.query_one("#level", Choice).choose("advanced")
        await pilot.press("f2")
        await wait_until(pilot, lambda: "No question fits" in screen_text(app))
        assert "Choose another level" in screen_text(app)


async def test_resume_from_the_start_screen(world, wait_until, idle, screen_text) -> None:
    """An unfinished interview is offered with its place; resuming shows what was said and goes on there."""
    first = world.direct()
    async with first.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        first.screen.editor.text = "alpha it is"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        assert "Resume question 1 of 2" in screen_text(app)
        await pilot.press("f3")
        await idle(pilot)
        assert "alpha it is" in screen_text(app)
        assert world.kinds().count("question_asked") == 1


async def test_session_open_elsewhere_is_refused(world, wait_until, idle, screen_text) -> None:
    """A session that another process drives is not opened twice."""
    first = world.direct()
    async with first.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert world.log.taken == {"s1"}
    world.log.taken.add("s1")
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        await pilot.press("f3")
        await wait_until(pilot, lambda: "open in another window" in screen_text(app))
        assert isinstance(app.screen, StartScreen)


async def test_direct_resume_of_a_taken_session_ends_the_app(world, idle) -> None:
    """`resume` of a session that is open elsewhere ends the app with that error for the command line."""
    first = world.direct()
    async with first.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
    world.log.taken.add("s1")
    app = world.app(resume="s1")
    async with app.run_test(size=(80, 24)) as pilot:
        while app.failure is None:
            await pilot.pause()
    assert "another window" in str(app.failure)


async def test_resume_of_a_finished_session_shows_its_report(world, idle, end, wait_until) -> None:
    """A finished session opens on its report."""
    first = world.direct()
    async with first.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(first.screen, ReportScreen))
    count = len(world.kinds())
    app = world.app(resume="s1")
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert len(world.kinds()) == count
        await pilot.press("escape")
        assert isinstance(app.screen, InterviewScreen)


async def test_failing_core_ends_the_app_with_its_error(world) -> None:
    """A core that cannot be loaded ends the app; the error is there for the command line."""
    world.failure = BankError("There are no questions.", "Give a bank.")
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        while app.failure is None:
            await pilot.pause()
    assert app.failure is world.failure


async def test_broken_bank_files_are_named(world, wait_until, screen_text) -> None:
    """Files that were left out are named, two of them, and the rest counted."""
    world.faults = [f"bank/file{n}.yaml:3: points: is wrong" for n in range(5)]
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        shown = screen_text(app)
        assert "file0.yaml:3" in shown
        assert "file1.yaml:3" in shown
        assert "and 3 more" in shown


async def test_index_is_built_after_the_question(world, idle, wait_until) -> None:
    """The search index is prepared in the background, after the first question was put."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "question_asked" in world.kinds()
        assert not world.indexed.is_set()
        await wait_until(pilot, world.indexed.is_set)


async def test_failing_index_is_only_a_warning(world, idle, wait_until) -> None:
    """An index that cannot be built is told and the interview goes on."""

    def build(_progress) -> None:
        raise StorageError("The index cannot be written.", "Free some space.")

    world.build_index = build
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await wait_until(pilot, lambda: any("index cannot" in n.message for n in app._notifications))
        assert isinstance(app.screen, InterviewScreen)


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (20, 5)])
async def test_small_terminal_says_so(world, idle, screen_text, wait_until, size) -> None:
    """A terminal below 60x16 shows one sentence; growing brings everything back, with the draft."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"draft")
        await pilot.resize_terminal(*size)
        await wait_until(pilot, lambda: "too small" in " ".join(screen_text(app).split()))
        assert "What is one?" not in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await wait_until(pilot, lambda: "What is one?" in screen_text(app))
        assert app.screen.editor.text == "draft"
        assert "60 columns" in TOO_SMALL


async def test_themes_switch(world, wait_until) -> None:
    """A key goes through dark, light and high contrast."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        assert app.theme == "textual-dark"
        await pilot.press("f9")
        assert app.theme == "textual-light"
        await pilot.press("f9")
        assert app.theme == "high-contrast"
        await pilot.press("f9")
        assert app.theme == "textual-dark"


async def test_a_chosen_theme_is_there_at_the_next_start_unless_the_settings_name_one(world, wait_until) -> None:
    """It is kept beside the drafts."""
    for decided, theme in (((), "textual-light"), (("theme",), "textual-dark")):
        first = world.app()
        async with first.run_test(size=(80, 24)) as pilot:
            await wait_until(pilot, ready(first))
            first.theme = "textual-dark"
            await pilot.press("f9")
        world.decided = decided
        again = world.app()
        async with again.run_test(size=(80, 24)) as pilot:
            await wait_until(pilot, ready(again))
            assert again.theme == theme


@pytest.mark.parametrize(
    ("name", "theme", "told"),
    [("light", "textual-light", 0), ("contrast", "high-contrast", 0), ("nord", "nord", 0), ("pink", "textual-dark", 1)],
)
async def test_theme_of_the_settings(world, wait_until, name, theme, told) -> None:
    """The setting `theme` takes light, dark or a theme of Textual; another name is told."""
    world.theme = name
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        assert app.theme == theme
        assert len(app._notifications) == told
