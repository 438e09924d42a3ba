"""What a language model behind the interview has to say, and what is offered when it cannot be reached."""

from __future__ import annotations

import re

from textual.widgets import Input

from mockinterview.errors import BackendError
from mockinterview.llm.patience import Wait
from mockinterview.ports import Usage
from mockinterview.tui.backends import BackendPanel
from mockinterview.tui.start import StartScreen


def below(app) -> str:
    """Return the line below the transcript."""
    return str(app.screen.query_one("#below").render())


async def test_usage_wait_and_notice_are_shown(world_with_model, idle, wait_until, transcript) -> None:
    """Tokens and cost stand in the status line, a wait counts down there, a notice is told once."""
    world, model = world_with_model
    app = world.direct()
    async with app.run_test(size=(120, 30)) as pilot:
        await idle(pilot)
        model.usage = Usage(1200, 34, 2, 0.0105)
        model.notices = ("the server cut the prompt",)
        app.screen._tick()
        app.screen._tick()
        await pilot.pause()
        assert "1,234 tokens, cost 0.0105" in below(app)
        assert transcript(app).count("the server cut the prompt") == 1
        model.on_wait(Wait(7.0, 1, 3, "It is overloaded."))
        await wait_until(pilot, lambda: "rules: It is overloaded. Attempt 2 of 3 in 7 s" in below(app))
        model.on_wait(Wait(0.0, 1, 3, "It is overloaded."))
        await wait_until(pilot, lambda: "1,234 tokens" in below(app))


async def test_a_model_that_gave_up_is_asked_again_by_key(world_with_model, idle, transcript) -> None:
    """A model that was set aside is told, and Ctrl+R asks it again without sending anything."""
    world, model = world_with_model
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert app.screen.check_action("retry", ()) is False
        model.set_aside = True
        app.screen._tick()
        await pilot.pause()
        assert "failed too often" in transcript(app)
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert not model.set_aside
        assert world.kinds() == ["interview_started", "question_asked"]


async def test_embedded_is_offered_when_a_backend_is_out_of_reach(world, idle, wait_until, screen_text) -> None:
    """A direct start with a dead backend says why and what can be done; Enter goes on without it."""
    world.unreachable = BackendError("ollama cannot be reached: nothing listens there.", "Start the server.")
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, BackendPanel))
        assert "nothing listens there" in screen_text(app)
        assert "Start the server." in screen_text(app)
        await pilot.press("r")
        await wait_until(pilot, lambda: len(world.wished) == 2 and isinstance(app.screen, BackendPanel))
        await pilot.press("enter")
        await idle(pilot)
        assert world.wished[-1].backend == "embedded"
        assert world.wished[-1].judge == "embedded"


async def test_cancelled_offer_ends_a_direct_start(world, wait_until) -> None:
    """Esc ends a direct start with the error, which gives the exit code 3."""
    world.unreachable = BackendError("gone.", "Start it.")
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, BackendPanel))
        await pilot.press("escape")
        await wait_until(pilot, lambda: app.failure is not None)
    assert app.failure.exit_code == 3


async def test_cancelled_offer_leads_back_to_the_form(world, wait_until, screen_text) -> None:
    """On the start screen Esc only says what is wrong; the form stays as it was."""
    world.unreachable = BackendError("gone [/x].", "Start it.")
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen._ready)
        app.screen.query_one("#about", Input).value = "gradients"
        await pilot.press("f2")
        await wait_until(pilot, lambda: isinstance(app.screen, BackendPanel))
        await pilot.press("escape")
        await wait_until(pilot, lambda: re.search(r"gone \[/x\]\. *Start it", screen_text(app)))
        assert app.screen.query_one("#about", Input).value == "gradients"


async def test_resume_without_the_model(world, idle, wait_until) -> None:
    """A stored interview whose model is gone goes on with the embedded interviewer."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
    world.unreachable = BackendError("gone.", "Start it.")
    again = world.app(resume="")
    async with again.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(again.screen, BackendPanel))
        await pilot.press("enter")
        await idle(pilot)
        again.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
