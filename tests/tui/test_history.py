"""Past interviews: the list, the search, opening, comparing, exporting, progress; and what the start screen offers of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from textual.widgets import Button, Input, OptionList

from mockinterview.errors import BackendError
from mockinterview.tui.choice import Choice, Picker
from mockinterview.tui.core import Offer, Past, Wishes, find_due, find_past
from mockinterview.tui.history import CompareScreen, HistoryScreen
from mockinterview.tui.results import ReportScreen
from mockinterview.tui.start import OfferPanel, StartScreen
from mockinterview.tui.talk import InterviewScreen

SIZES = [(80, 24), (120, 40)]


async def hold(world, session: str, answer: str) -> None:
    """Put a finished interview about the question `one` into the log."""
    opened = world.new_interview(Wishes(questions=("one",), count=1, mode="exam"))
    interview, plan = opened.interview, opened.plan
    await interview.start(plan)
    await interview.reply(answer)
    await interview.command("end")
    assert interview.session_id == session


def ready(app):
    """Return whether the start screen can be used."""
    return lambda: isinstance(app.screen, StartScreen) and app.screen._ready


async def to_history(app, pilot, wait_until, lines: int) -> OptionList:
    """Open the list of past interviews."""
    await wait_until(pilot, ready(app))
    await pilot.press("f6")
    await wait_until(pilot, lambda: isinstance(app.screen, HistoryScreen) and len(app.screen.shown) == lines)
    return app.screen.query_one(OptionList)


@pytest.mark.parametrize("size", SIZES)
async def test_search_finds_an_answer_and_opens_it(world, wait_until, screen_text, transcript, size) -> None:
    """The list shows all sessions, newest first; a search in answers finds one, and Enter opens its transcript and report."""
    await hold(world, "s1", "alpha about zebras")
    await hold(world, "s2", "beta about lions")
    app = world.app()
    async with app.run_test(size=size) as pilot:
        await to_history(app, pilot, wait_until, 2)
        assert app.screen.shown == ["s2", "s1"]
        assert "1 asked" in screen_text(app)
        await pilot.press(*"zebras")
        await wait_until(pilot, lambda: app.screen.shown == ["s1"])
        assert "zebras" in screen_text(app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert "alpha about zebras" in transcript(app)
        assert world.log.taken == {"s1"}


async def test_nothing_found_is_said(world, wait_until, screen_text) -> None:
    """An empty result and an empty log are told in one sentence."""
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_history(app, pilot, wait_until, 0)
        await wait_until(pilot, lambda: "There is no interview yet." in screen_text(app))
        await pilot.press(*"[/x]")
        await wait_until(pilot, lambda: "That was never said." in screen_text(app))
        await pilot.press("enter", "f2", "f3")
        await pilot.press("escape")
        await wait_until(pilot, ready(app))


@pytest.mark.parametrize("size", SIZES)
async def test_compare_two_attempts(world, wait_until, screen_text, size) -> None:
    """F2 on two sessions lays them beside each other, the earlier one first, point by point."""
    await hold(world, "s1", "alpha")
    await hold(world, "s2", "alpha beta")
    app = world.app()
    async with app.run_test(size=size) as pilot:
        options = await to_history(app, pilot, wait_until, 2)
        await pilot.press("f2")
        await wait_until(pilot, lambda: "with which one?" in screen_text(app))
        options.highlighted = 1
        await pilot.press("f2")
        await wait_until(pilot, lambda: isinstance(app.screen, CompareScreen))
        for told in ("= same First secret of one. (hit -> hit)", "+ better Second secret of one. (miss -> hit)"):
            await wait_until(pilot, lambda told=told: told in " ".join(screen_text(app).split()))
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_nothing_in_common_is_said(world, wait_until, screen_text) -> None:
    """Two sessions without a common question cannot be compared."""
    await hold(world, "s1", "alpha")
    app = world.direct(questions=("two",))
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: "question_asked" in world.kinds("s2"))
    again = world.app()
    async with again.run_test(size=(80, 24)) as pilot:
        options = await to_history(again, pilot, wait_until, 2)
        await pilot.press("f2")
        options.highlighted = 1
        await pilot.press("f2")
        await wait_until(pilot, lambda: "no question in common" in screen_text(again))


async def test_exports_from_the_list(world, wait_until, screen_text) -> None:
    """F3 to F6 write Markdown, JSON, HTML and an Anki package of what was missed."""
    await hold(world, "s1", "alpha")
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_history(app, pilot, wait_until, 1)
        await pilot.press("f3", "f4", "f5", "f6")
        await wait_until(pilot, lambda: "Written" in screen_text(app))
    written = {file.suffix for file in world.folder.glob("mockinterview-s1.*")}
    assert written == {".md", ".json", ".html", ".apkg"}


async def test_deck_without_a_miss_is_not_written(world, wait_until, screen_text) -> None:
    """Where nothing was missed there is no deck, and that is said."""
    await hold(world, "s1", "alpha beta")
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_history(app, pilot, wait_until, 1)
        await pilot.press("f6")
        await wait_until(pilot, lambda: "gives no cards" in screen_text(app))


async def test_history_from_the_report(world, wait_until, idle, end) -> None:
    """The report leads to the history, and Esc from there to the start screen; the interview is given free."""
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await pilot.press("p")
        await wait_until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        assert not world.log.taken
        await pilot.press("escape")
        await wait_until(pilot, ready(app))


async def test_unfinished_one_is_resumed_from_the_list(world, wait_until, idle) -> None:
    """Enter on an interview without an end goes on with it."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
    again = world.app()
    async with again.run_test(size=(80, 24)) as pilot:
        await to_history(again, pilot, wait_until, 1)
        await pilot.press("enter")
        await idle(pilot)
        assert isinstance(again.screen, InterviewScreen)
        assert world.log.taken == {"s1"}


async def test_same_again_and_remembered_choices(world, wait_until, idle) -> None:
    """The form begins with the choices of last time, F4 starts with all of them; what the settings decide stays."""
    app = world.app(wishes=Wishes(topics=("cnn",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        app.screen.query_one("#mode", Choice).choose("exam")
        app.screen.query_one("#level", Choice).choose("foundation")
        await pilot.press("f2")
        await idle(pilot)
    again = world.app()
    async with again.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(again))
        assert again.screen.query_one("#mode", Choice).value == "exam"
        assert again.screen.query_one("#level", Choice).value == "foundation"
        await pilot.press("f4")
        await idle(pilot, lambda: "s2" in world.log.stored)
    wished = world.wished[-1]
    assert (wished.topics, wished.mode, wished.level, wished.questions) == (("cnn",), "exam", "foundation", ())
    world.decided = ("mode",)
    third = world.app()
    async with third.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(third))
        assert third.screen.query_one("#mode", Choice).value == "practice"


async def test_sessions_that_cannot_be_compared_say_so_in_full(world, wait_until, screen_text) -> None:
    """What there is to do stands at the end of the sentence, which must not be cut off."""
    await hold(world, "s1", "alpha")
    opened = world.new_interview(Wishes(questions=("two",), count=1))
    await opened.interview.start(opened.plan)
    await opened.interview.reply("beta")
    await opened.interview.command("end")
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        options = await to_history(app, pilot, wait_until, 2)
        options.focus()
        await pilot.press("f2", "down", "f2")
        await wait_until(pilot, lambda: "no question in common" in screen_text(app))
        assert "asks a question again." in " ".join(screen_text(app).split())


async def test_due_questions_are_offered(world, wait_until, idle, monkeypatch) -> None:
    """What is due stands on a button with its number, and F5 asks it."""
    await hold(world, "s1", "alpha")
    later = datetime.now().astimezone() + timedelta(days=60)
    assert find_due(world.load(), later) == (("one",), "")
    waiting, outlook = find_due(world.load(), later - timedelta(days=60))
    assert waiting == ()
    assert outlook
    monkeypatch.setattr("mockinterview.tui.app.find_due", lambda core, now: find_due(core, later))
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: str(app.screen.query_one("#review", Button).label) == "Review 1 due question")
        await pilot.press("f5")
        await idle(pilot, lambda: "s2" in world.log.stored)
        assert world.log.stored["s2"][0].plan.questions == ("one",)


async def test_nothing_due(world, wait_until, screen_text) -> None:
    """Where nothing is due the button says so, and F5 tells when something will be, as the command line does."""
    for told in ("no question has been graded yet", "Nothing is due. Next: 1 question on"):
        if "Next" in told:
            await hold(world, "s1", "alpha")
        app = world.app()
        async with app.run_test(size=(80, 24)) as pilot:
            await wait_until(pilot, ready(app))
            await wait_until(pilot, lambda view=app.screen: not view._outlook.startswith("Looking"))
            await pilot.press("f5")
            await wait_until(pilot, lambda shown=told, view=app: shown in screen_text(view))
            assert str(app.screen.query_one("#review", Button).label) == "Nothing to review"
    assert len(world.wished) == 1  # by `hold`


async def test_interviewers_are_filled_in_and_chosen(world, wait_until, idle, screen_text) -> None:
    """Each live model becomes a choice; the chosen one is tested by F8 and asked for by the start."""
    world.offers = [Offer("ollama", "qwen[/x]"), Offer("vllm", "llama")]
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: len(app.screen.query_one(Picker).options) == 3)
        await pilot.press("f8")
        await wait_until(pilot, lambda: "needs no test" in screen_text(app))
        app.screen.query_one(Picker).focus()
        await pilot.press("right")
        assert "< qwen[/x] (ollama) >  2 of 3" in screen_text(app)
        await pilot.press("f8")
        await wait_until(pilot, lambda: "qwen[/x] (ollama) works." in screen_text(app))
        assert world.tried == [Offer("ollama", "qwen[/x]")]
        await pilot.press("f2")
        await idle(pilot)
        assert (world.wished[-1].backend, world.wished[-1].model) == ("ollama", "qwen[/x]")


async def test_failed_test_says_why(world, wait_until, screen_text, monkeypatch) -> None:
    """A model that cannot be used is named with its remedy."""
    world.offers = [Offer("ollama", "qwen")]

    def refuse(offer):
        raise BackendError("qwen is gone.", "Start it.")

    monkeypatch.setattr(world, "try_out", refuse)
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: len(app.screen.query_one(Picker).options) == 2)
        app.screen.query_one(Picker).focus()
        await pilot.press("left", "f8")
        await wait_until(pilot, lambda: "qwen is gone. Start it." in screen_text(app))
        assert app.screen.query_one("#about", Input).value == ""


async def test_mark_again_with_another_grader(world, wait_until, screen_text) -> None:
    """F8 lists who can grade; old and new marks stand beside each other; the stored session is not touched."""
    await hold(world, "s1", "alpha beta")
    world.offers = [Offer("here", "small"), Offer("gone")]
    stored = list(world.log.events("s1"))
    app = world.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until(pilot, lambda: ready(app)() and len(app.screen.offers) == 3)
        await to_history(app, pilot, wait_until, 1)
        await pilot.press("f8")
        await wait_until(pilot, lambda: isinstance(app.screen, OfferPanel))
        assert "small (here)" in screen_text(app)
        app.screen.query_one(OptionList).highlighted = 1
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, CompareScreen))
        shown = screen_text(app)
        assert "s1: marked then, and now by small (here)" in shown
        assert "marked by rules" in shown
        assert "marked by small (here)" in shown
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "Nothing was stored" in screen_text(app))
        assert world.log.events("s1") == stored
        await pilot.press("f8")
        await wait_until(pilot, lambda: isinstance(app.screen, OfferPanel))
        app.screen.query_one(OptionList).highlighted = 2
        await pilot.press("enter")
        await wait_until(pilot, lambda: "gone cannot be reached" in screen_text(app))
        assert isinstance(app.screen, HistoryScreen)


@pytest.mark.parametrize("finished", [True, False])
async def test_start_screen_does_without_a_session_that_cannot_be_read(world, wait_until, idle, finished) -> None:
    """The latest one, over or not, offers nothing then, and a new interview begins as ever."""
    opened = world.new_interview(Wishes(questions=("one",), count=1))
    await opened.interview.start(opened.plan)
    if finished:
        await opened.interview.command("end")
    world.log.unreadable = {"s1"}
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, ready(app))
        assert app.failure is None
        assert find_past(world.log) == Past()
        await pilot.press("f2")
        await idle(pilot, lambda: "s2" in world.log.stored)


@pytest.mark.parametrize("keys", [("enter",), ("f2", "up", "f2"), ("f2", "f2"), ("f3",)])
async def test_session_that_cannot_be_read_is_told_in_the_list(world, wait_until, screen_text, keys) -> None:
    """Opening, comparing and exporting it say why not, and the list stays usable."""
    await hold(world, "s1", "alpha")
    await hold(world, "s2", "beta")
    world.log.unreadable = {"s1"}
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        options = await to_history(app, pilot, wait_until, 2)
        options.focus()
        await pilot.press("down", *keys)
        await wait_until(pilot, lambda: "Update mockinterview to read it." in " ".join(told(app, screen_text).split()))
        assert isinstance(app.screen, HistoryScreen)
        assert app.screen.chosen == ""
        options.highlighted = 0
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))


def told(app, screen_text) -> str:
    """Return what stands on the screen and in its messages."""
    return " ".join([screen_text(app), *(notice.message for notice in app._notifications)])


async def test_log_that_broke_meanwhile_is_told_on_the_start_screen(world, wait_until, idle, end, screen_text) -> None:
    """Going back there for a new interview does not end the app."""
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        world.log.broken = True
        await pilot.press("n")
        await wait_until(pilot, lambda: "The session log is damaged. Repair it." in screen_text(app))
        assert isinstance(app.screen, StartScreen)
