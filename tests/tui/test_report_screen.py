"""The report screen, its exports, help, palette and links."""

from __future__ import annotations

import json
from dataclasses import replace

from textual.command import CommandPalette
from textual.widgets import Markdown, OptionList

from mockinterview.tui.exports import ExportPanel
from mockinterview.tui.panels import HelpPanel, LinkPanel
from mockinterview.tui.results import QuestionPanel, ReportScreen
from mockinterview.tui.start import StartScreen


async def to_report(app, pilot, idle, end, wait_until) -> None:
    """Answer one question half and end the interview."""
    await idle(pilot)
    app.screen.editor.text = "alpha and nonsense"
    await pilot.press("enter")
    await idle(pilot, lambda: any(e.kind == "follow_up_asked" for e in app.screen.talk.events))
    await end(pilot)
    await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))


async def test_report_begins_with_next_actions(world, idle, end, wait_until, screen_text) -> None:
    """Next actions come first, then scores, topics with bars, and the questions."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_report(app, pilot, idle, end, wait_until)
        shown = screen_text(app)
        assert shown.index("Next") < shown.index("at once") < shown.index("Topics") < shown.index("Questions (Enter")
        assert "What is one? You had this wrong: Corrected here." in shown
        assert "█" in shown
        assert "ended before the last question" in " ".join(shown.split())


async def test_question_opens_beside_its_model_answer(world, idle, end, wait_until, screen_text) -> None:
    """Enter on a question shows points, quotes, correction and one's own words beside the model answer."""
    app = world.direct()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_report(app, pilot, idle, end, wait_until)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, QuestionPanel))
        shown = screen_text(app)
        for text in ("First secret of one.", "- missed", "Corrected here.", "alpha and nonsense", "The model says so.", "a = b"):
            assert text in shown
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))


async def test_model_answer_only_after_the_attempt(world, idle, wait_until) -> None:
    """F5 does nothing before a question is finished and opens the panel after it."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("f5")
        assert not isinstance(app.screen, QuestionPanel)
        app.screen.editor.text = "alpha beta"
        await pilot.press("enter")
        await idle(pilot, lambda: "question_closed" in world.kinds())
        await pilot.press("f5")
        await wait_until(pilot, lambda: isinstance(app.screen, QuestionPanel))


async def test_exports(world, idle, end, wait_until) -> None:
    """m, j and h write Markdown, JSON and HTML into the current folder."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_report(app, pilot, idle, end, wait_until)
        await pilot.press("m", "j", "h")
        files = {form: world.folder / f"mockinterview-s1.{form}" for form in ("md", "json", "html")}
        await wait_until(pilot, lambda: all(file.exists() for file in files.values()))
        assert "alpha and nonsense" in files["md"].read_text()
        assert json.loads(files["json"].read_text())["id"] == "s1"
        assert files["html"].read_text().lstrip().startswith("<")


async def test_export_asks_for_the_form(world, idle, end, wait_until, screen_text) -> None:
    """The key bar names one key at 80 columns; its panel lists every form, Enter or a letter writes, Esc writes nothing."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_report(app, pilot, idle, end, wait_until)
        assert "e Export" in screen_text(app)
        for keys, written in (
            (("escape",), []),
            (("down", "enter"), ["html"]),
            (("j",), ["html", "json"]),
            (("a",), ["apkg", "html", "json"]),
        ):
            await pilot.press("e")
            await wait_until(pilot, lambda: isinstance(app.screen, ExportPanel))
            assert all(form in screen_text(app) for form in ("Markdown:", "HTML:", "JSON:", "Anki:"))
            await pilot.press(*keys)
            await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
            assert sorted(file.suffix[1:] for file in world.folder.glob("mockinterview-s1.*")) == written


async def test_export_that_fails_says_what_to_do(world, idle, end, wait_until) -> None:
    """A folder that is not there gives a message with a remedy, and the app goes on."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_report(app, pilot, idle, end, wait_until)
        app.screen.core = replace(app.screen.core, exports=world.folder / "missing")
        await pilot.press("m")
        await wait_until(pilot, lambda: any("sessions export s1" in n.message for n in app._notifications))


async def test_new_interview_after_the_report(world, idle, end, wait_until) -> None:
    """The key n leads to the start screen, from where another interview begins; the first one is given free."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_report(app, pilot, idle, end, wait_until)
        await pilot.press("n")
        await wait_until(pilot, lambda: isinstance(app.screen, StartScreen) and app.screen._ready)
        assert not world.log.taken
        await pilot.press("f2")
        await idle(pilot, lambda: "s2" in world.log.stored)
        assert world.log.taken == {"s2"}


async def to_help(app, pilot, idle, wait_until) -> None:
    """Open the help of the interview."""
    await idle(pilot)
    await pilot.press("f1")
    await wait_until(pilot, lambda: isinstance(app.screen, HelpPanel))


async def test_help_has_straight_columns(world, idle, wait_until, screen_text) -> None:
    """What an action does begins in one column, however many keys it has; the keys wrap in theirs."""
    app = world.direct()
    async with app.run_test(size=(80, 70)) as pilot:
        await to_help(app, pilot, idle, wait_until)
        lines = screen_text(app).splitlines()
        told = ("Scroll up", "Scroll down", "Delete left to start of word", "Paste")
        assert len({line.index(text) for text in told for line in lines if f" {text} " in line}) == 1
        assert any(line.strip("│ ") == "shift+pagedown" for line in lines)


async def test_help_lists_the_real_bindings(world, idle, wait_until, screen_text) -> None:
    """F1 lists keys of this very screen, and the slash commands."""
    app = world.direct()
    async with app.run_test(size=(120, 50)) as pilot:
        await to_help(app, pilot, idle, wait_until)
        shown = screen_text(app)
        for text in ("ctrl+j, alt+enter, shift+enter", "Newline", "f2", "Hint", "/clarify", "ctrl+q"):
            assert text in shown
        assert "Markdown" not in shown


async def test_palette_runs_actions_of_the_screen(world, idle, wait_until) -> None:
    """The palette has the actions of the screen; choosing one does it."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Theme", "Hint", "Skip", "Clarify", "Quit", "Help", "Dark, light, high contrast"} <= set(titles)
        await pilot.press("ctrl+p")
        await wait_until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"Skip")
        await wait_until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter", "enter")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)


async def test_links_ask_first(world, idle, wait_until, monkeypatch) -> None:
    """A link opens only when it is http(s) and was confirmed."""
    opened: list[str] = []
    app = world.direct()
    monkeypatch.setattr(app, "open_url", lambda url, **_: opened.append(url))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        markdown = app.screen.query_one("Transcript Markdown", Markdown)
        for href, key, expected in (
            ("ssh://-oProxyCommand=x", "enter", []),
            ("https://example.org/a", "escape", []),
            ("https://example.org/a", "enter", ["https://example.org/a"]),
        ):
            markdown.post_message(Markdown.LinkClicked(markdown, href))
            await wait_until(pilot, lambda: isinstance(app.screen, LinkPanel))
            await pilot.press(key)
            await wait_until(pilot, lambda: not app.screen.is_modal)
            assert opened == expected
