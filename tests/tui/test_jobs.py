"""A job description in the app, and the choice among several models."""

from __future__ import annotations

import threading

from textual import events
from textual.widgets import Button, OptionList

from mockinterview.tui.choice import Picker
from mockinterview.tui.core import Offer
from mockinterview.tui.jobs import JobPanel, PicksPanel
from mockinterview.tui.start import OfferPanel, StartScreen


def ready(app):
    """Return whether the form can be sent."""
    return lambda: isinstance(app.screen, StartScreen) and not app.screen.query_one("#begin", Button).disabled


async def pasted(app, pilot, wait_until, text: str) -> None:
    """Open the panel, paste a text and choose questions."""
    await wait_until(pilot, ready(app))
    await pilot.press("ctrl+g")
    await wait_until(pilot, lambda: isinstance(app.screen, JobPanel) and app.focused)
    app.post_message(events.Paste(text))
    await wait_until(pilot, lambda: app.screen.text)
    await pilot.press("f2")


async def test_job_description_is_pasted_and_the_choice_explained(world, wait_until, idle, screen_text, transcript) -> None:
    """Each question comes with the words that call for it; Enter begins; the transcript says why, too."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pasted(app, pilot, wait_until, "We look for one\nand three,\x1b[2J with joy.")
        await wait_until(pilot, lambda: isinstance(app.screen, PicksPanel))
        shown = " ".join(screen_text(app).split())
        assert "What is one?" in shown
        assert "picked because the job description says “three”" in shown
        await pilot.press("enter")
        await idle(pilot, lambda: "question_asked" in world.kinds())
        assert world.last("interview_started").plan.because == {"one": "one", "three": "three"}
        assert "picked because the job description says “one”" in transcript(app)
        assert "\x1b" not in world.wished[-1].job


async def test_going_back_keeps_the_text_and_stores_nothing(world, wait_until) -> None:
    """Esc on the choice and Esc in the panel lead back to the form; the text is still there."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pasted(app, pilot, wait_until, "We look for one.")
        await wait_until(pilot, lambda: isinstance(app.screen, PicksPanel))
        await pilot.press("escape")
        await wait_until(pilot, ready(app))
        await pilot.click("#job")
        await wait_until(pilot, lambda: isinstance(app.screen, JobPanel))
        assert app.screen.text == "We look for one."
        await pilot.press("escape")
        await wait_until(pilot, ready(app))
        assert world.log.stored == {}
        assert world.log.taken == set()


async def test_job_that_calls_for_nothing_says_so(world, wait_until, screen_text) -> None:
    """The remedy stands on the form; an empty panel says that there is nothing."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pasted(app, pilot, wait_until, "We look for a baker.")
        await wait_until(pilot, lambda: "names nothing" in screen_text(app))
        await pilot.press("ctrl+g")
        await wait_until(pilot, lambda: isinstance(app.screen, JobPanel))
        app.focused.text = ""
        await pilot.press("f2")
        await wait_until(pilot, lambda: "There is no job description yet" in screen_text(app))


async def test_models_of_several_tables_are_listed_as_they_answer(world, wait_until, screen_text, idle) -> None:
    """Enter opens the list; a table that answers later joins it while it is open; the chosen one is taken."""
    late = threading.Event()

    def probe(on_found) -> None:
        on_found(Offer("here", "small"))
        on_found(Offer("here", "large"))
        late.wait(10)
        on_found(Offer("there", "other"))

    world.probe = probe
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: ready(app)() and len(app.screen._offers) == 3)
        start = app.screen
        start.query_one(Picker).focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, OfferPanel))
        assert "large (here)" in screen_text(app)
        late.set()
        await wait_until(pilot, lambda: "other (there)" in screen_text(app))
        app.screen.query_one(OptionList).highlighted = 3
        await pilot.press("enter")
        await wait_until(pilot, lambda: app.screen is start)
        assert start.offer == Offer("there", "other")
        await pilot.press("f2")
        await idle(pilot)
        assert (world.wished[-1].backend, world.wished[-1].model) == ("there", "other")
