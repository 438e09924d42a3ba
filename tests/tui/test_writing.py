"""Ways of writing: the whiteboard of an onsite interview, one's own editor, undo, and what help costs."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import pytest

from mockinterview.errors import SettingsError
from mockinterview.tui import outside


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_whiteboard_is_sent_and_graded(world, idle, transcript, screen_text, size) -> None:
    """Onsite there is a second pane; Enter is a newline in it, and its text is stored and graded with the answer."""
    app = world.direct(format="onsite")
    async with app.run_test(size=size) as pilot:
        await idle(pilot)
        assert "Whiteboard" in screen_text(app)
        await pilot.press(*"alpha", "f7", *"beta", "enter", *"x=1", "f7", "enter")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        given = world.last("answer_given")
        assert (given.text, given.whiteboard) == ("alpha", "beta\nx=1")
        assert world.last("answer_graded").assessment.score == 10
        assert app.screen.editor.board.text == ""
        assert "beta\nx=1" in transcript(app)


async def test_whiteboard_alone_is_an_answer(world, idle) -> None:
    """A formula without words can be sent."""
    app = world.direct(format="onsite")
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("f7", *"alpha", "escape", "enter")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.last("answer_given").whiteboard == "alpha"


async def test_no_whiteboard_on_the_phone(world, idle) -> None:
    """A phone interview has one pane."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert not app.screen.editor.board.display
        assert app.screen.check_action("board", ()) is False


async def test_whiteboard_survives_restart_commands_and_full_disk(world, idle) -> None:
    """What stands on the whiteboard outlives a command, a failed sending and a restart."""
    app = world.direct(format="onsite")
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.board.text = "a = b"
        await pilot.press("f2")
        await idle(pilot, lambda: "hint_given" in world.kinds())
        assert app.screen.editor.board.text == "a = b"
        world.log.full = True
        await pilot.press(*"alpha", "enter")
        await idle(pilot, lambda: app.screen.failed)
        assert (app.screen.editor.text, app.screen.editor.board.text) == ("alpha", "a = b")
        world.log.full = False
    again = world.app(resume="")
    async with again.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert (again.screen.editor.text, again.screen.editor.board.text) == ("alpha", "a = b")


async def test_own_editor(world, idle, monkeypatch, tmp_path) -> None:
    """Ctrl+O opens $EDITOR on the text; what it leaves stands in the answer, undo brings the old text back, no file stays."""
    script = tmp_path / "editor.py"
    script.write_text("import sys, pathlib\nf = pathlib.Path(sys.argv[1])\nf.write_text(f.read_text() + ' and more\\n')\n")
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")
    monkeypatch.delenv("VISUAL", raising=False)
    app = world.direct()
    monkeypatch.setattr(app, "suspend", nullcontext)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"first", "ctrl+o")
        assert app.screen.editor.text == "first and more"
        assert not list((world.folder / "drafts").glob("answer-*"))
        await pilot.press("ctrl+z")
        assert app.screen.editor.text == "first"


async def test_own_editor_that_is_not_there(world, idle, monkeypatch, transcript) -> None:
    """No editor, one that fails, or no terminal to lend: each says what to do, and the text stays."""
    app = world.direct()
    monkeypatch.delenv("VISUAL", raising=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"kept")
        for editor, told in (("", "Set EDITOR"), ("vi '", "cannot be read"), (f"'{sys.executable}' -V", "in a terminal")):
            monkeypatch.setenv("EDITOR", editor)
            await pilot.press("ctrl+o")
            await pilot.pause()
            assert told in transcript(app)
        assert app.screen.editor.text == "kept"


@pytest.mark.parametrize(
    ("words", "told"), [(["/nonexistent/editor"], "does not start"), ([sys.executable, "-c", "exit(3)"], "code 3")]
)
def test_editor_that_fails(tmp_path, words, told) -> None:
    """An editor that does not start or fails is named, and its file is removed."""
    with pytest.raises(SettingsError, match=told):
        outside.edited("text", words, tmp_path)
    assert not list(tmp_path.iterdir())


async def test_undo(world, idle) -> None:
    """Ctrl+Z takes typing back, Ctrl+Y does it again."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"word", "ctrl+u")
        assert app.screen.editor.text == ""
        await pilot.press("ctrl+z")
        assert app.screen.editor.text == "word"
        await pilot.press("ctrl+y")
        assert app.screen.editor.text == ""


async def test_cost_of_a_hint_is_told_before(world, idle, screen_text) -> None:
    """The line below the transcript says what a hint costs, and when there is none left; an exam has none."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "F2 hint: counts half" in screen_text(app)
        for count in (1, 2):
            await pilot.press("f2")
            await idle(pilot, lambda n=count: world.kinds().count("hint_given") == n)
        assert "no hint left" in screen_text(app)
    exam = world.direct(mode="exam")
    async with exam.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "F2 hint:" not in screen_text(exam)


async def test_function_keys_do_not_endanger_the_text(world, idle) -> None:
    """F6 and F7 do nothing to the text where they have no meaning; the text area alone would select it all for overwriting."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"alpha", "f7", "x", "f6", "y")
        assert app.screen.editor.text == "alphaxy"


async def test_function_keys_of_the_text_area_can_be_given_away(world, idle) -> None:
    """A key that the text area would have taken reaches the action that the settings give it to."""
    world.keys = {"board": "f12", "skip": "f7"}
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("f7")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
