"""The keys of the settings: they do what their names say, the screen tells them, and a wrong one is a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets._footer import FooterKey

from mockinterview.errors import SettingsError
from mockinterview.tui.frame import KeyBar
from mockinterview.tui.keys import KEYS, choose, label
from mockinterview.tui.panels import HelpPanel

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


@pytest.fixture(autouse=True)
def _defaults():
    yield
    choose({})


async def test_enter_makes_a_line_and_another_key_sends(world, idle) -> None:
    """Enter and Ctrl+Enter change places."""
    world.keys = {"send": "ctrl+enter", "newline": "enter"}
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"alpha", "enter", *"beta")
        assert app.screen.editor.text == "alpha\nbeta"
        await pilot.press("ctrl+enter")
        await idle(pilot, lambda: "answer_given" in world.kinds())
        assert world.last("answer_given").text == "alpha\nbeta"


async def test_help_and_screen_tell_the_real_keys(world, idle, wait_until, screen_text) -> None:
    """The key bar, the lines of the screen and the help name the changed keys; the old ones do nothing."""
    world.keys = {"hint": "ctrl+n", "skip": "f2, f12", "newline": "ctrl+l"}
    app = world.direct()
    async with app.run_test(size=(120, 50)) as pilot:
        await idle(pilot)
        assert "Ctrl+N hint: counts half" in screen_text(app)
        await pilot.press("ctrl+n")
        await idle(pilot, lambda: "hint_given" in world.kinds())
        await pilot.press("f4")
        await pilot.pause()
        assert world.kinds().count("question_asked") == 1
        await pilot.press("f1")
        await wait_until(pilot, lambda: isinstance(app.screen, HelpPanel))
        shown = screen_text(app)
        assert "ctrl+n" in shown
        assert "f2, f12" in shown
        assert "[keys] skip" in shown
        await pilot.press("escape", "f12")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)


async def test_the_key_bar_is_made_anew_only_for_other_keys(world, idle, wait_until) -> None:
    """An answer under way leaves the bar as it is, for words that come must not wait for it; a new key is there in the end."""
    app = world.direct()
    async with app.run_test(size=(120, 30)) as pilot:
        await idle(pilot)
        before = list(app.screen.query(FooterKey))
        world.grader.hold.clear()
        await pilot.press(*"alpha beta", "enter")
        await wait_until(pilot, lambda: app.screen.busy and "answer_given" in world.kinds())
        await pilot.pause()
        assert list(app.screen.query(FooterKey)) == before
        assert "Model" not in [key.description for key in before]
        world.grader.hold.set()
        await idle(pilot, lambda: "question_closed" in world.kinds())
        await wait_until(pilot, lambda: "Model" in [key.description for key in app.screen.query(FooterKey)])


async def test_a_key_bar_whose_screen_is_gone_shows_nothing_more(world, idle) -> None:
    """It is made anew a moment after its keys changed; by then its screen may have been taken away."""
    app = world.direct()
    async with app.run_test(size=(120, 30)) as pilot:
        await idle(pilot)
        bar = app.screen.query_one(KeyBar)
        await bar.remove()
        await bar.recompose()
        assert bar.is_attached is False


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"sned": "ctrl+s"}, "no key named 'sned' in the table [keys]. Did you mean 'send'?"),
        ({"send": "ctrl+entr"}, "'ctrl+entr' in the table [keys] (send) is no key"),
        ({"send": ""}, "'' in the table [keys] (send) is no key"),
        ({"skip": "f2"}, "'f2' would be the key for both 'hint' and 'skip'"),
        ({"skip": "enter"}, "'enter' would be the key for both 'send' and 'skip'"),
    ],
)
async def test_wrong_keys_are_clear_errors(world, wait_until, keys, message) -> None:
    """The app does not start, and what it says names the place and the remedy."""
    with pytest.raises(SettingsError) as caught:
        choose(keys)
    assert message in str(caught.value)
    world.keys = keys
    app = world.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: app.failure is not None)
    assert message in str(app.failure)


def test_swapped_keys_are_no_clash() -> None:
    """Two actions may change their keys, and the same key may do different things on different screens."""
    assert choose({"hint": "f4", "skip": "f2"}) == {"hint": "f4", "skip": "f2"}
    assert (label("hint"), label("skip"), label("start")) == ("F4", "F2", "F2")


def test_defaults_do_not_clash_and_are_documented() -> None:
    """No two actions of a screen share a key, and docs/keys.md has every name with its keys."""
    assert choose({name: keys for name, (_, keys, _) in KEYS.items()})
    page = PAGE.read_text(encoding="utf-8")
    for name, (place, keys, told) in KEYS.items():
        assert f"| `{name}` | {place} | `{keys.replace(',', ', ')}` | {told} |" in page
