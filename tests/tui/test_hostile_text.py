"""Text of bank, candidate and errors is shown as text in every widget: no markup, no actions, no escapes."""

from __future__ import annotations

import pytest

from mockinterview.errors import UsageError
from mockinterview.tui.results import QuestionPanel, ReportScreen
from mockinterview.tui.turns import prose

SHOWN = "[@click=app.quit]x[/]"
FORBIDDEN = ("\x1b", "\x07", "\u202e", "52;c;cHduZWQ")


def check(shown: str) -> None:
    """Assert that the attack is on screen literally and without its dangerous parts."""
    flat = "".join(shown.split())
    assert SHOWN in flat
    assert "[/INST]" in flat
    assert "[red]r[/nope]" in flat
    for part in FORBIDDEN:
        assert part not in shown


async def click_everywhere(app, pilot) -> None:
    """Click on each cell that shows the payload."""
    rows = ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]
    places = [(row.index("x[/]"), y) for y, row in enumerate(rows) if "x[/]" in row]
    for place in places:
        await pilot.click(offset=place)
    assert app.is_running


async def test_whole_interview(hostile_world, idle, wait_until, screen_text, transcript) -> None:
    """Questions, hints, probes, answers, cards, corrections, report and panel show the attack and survive it."""
    world = hostile_world
    app = world.direct(questions=("one",))
    async with app.run_test(size=(120, 50)) as pilot:
        await idle(pilot)
        check(screen_text(app))
        await click_everywhere(app, pilot)
        await pilot.press("f2")
        await idle(pilot, lambda: "hint_given" in world.kinds())
        app.screen.editor.text = f"alpha nonsense {hostile_world.suffix}"
        check(screen_text(app))
        app.screen.editor.area.focus()
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        check(transcript(app))
        check(screen_text(app))
        await click_everywhere(app, pilot)
        await pilot.press("f4")
        await idle(pilot, lambda: "interview_finished" in world.kinds())
        check(transcript(app))
        await pilot.press("f8")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        check(screen_text(app))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, QuestionPanel))
        check(screen_text(app))
        await click_everywhere(app, pilot)


async def test_draft_with_escapes(world, hostile, idle, screen_text) -> None:
    """A draft file that was tampered with is cleaned before it is shown."""
    (world.folder / "drafts").mkdir()
    (world.folder / "drafts" / "s1.txt").write_text(hostile)
    app = world.direct()
    async with app.run_test(size=(120, 30)) as pilot:
        await idle(pilot)
        check(screen_text(app))


async def test_faults_and_refusals(world, hostile, wait_until, screen_text) -> None:
    """Names of broken files and messages of errors are shown as text."""
    world.faults = [hostile]
    app = world.app()
    async with app.run_test(size=(120, 30)) as pilot:
        await wait_until(pilot, lambda: app.screen._ready)
        check(screen_text(app))
        app.screen.complain(UsageError(hostile, "Do this."))
        await pilot.pause()
        check(screen_text(app))


async def test_messages_of_errors(world, hostile, idle, transcript) -> None:
    """An error in an interview, with hostile words of a server in it, is shown as text."""
    app = world.direct()
    async with app.run_test(size=(120, 30)) as pilot:
        await idle(pilot)
        world.grader.error = UsageError(hostile, "Try again.")
        app.screen.editor.text = "alpha"
        await pilot.press("enter")
        await idle(pilot, lambda: app.screen.failed)
        check(transcript(app))
        app.notify(hostile, markup=False)
        await pilot.pause()


async def test_streamed_pieces(world, hostile, idle, screen_text) -> None:
    """Pieces of a stream are cleaned wherever they are cut."""
    app = world.direct()
    async with app.run_test(size=(120, 30)) as pilot:
        await idle(pilot)
        for character in hostile:
            app.screen.post_message(app.screen.Phrased(character))
        for _ in range(20):
            await pilot.pause()
        shown = screen_text(app)
        assert SHOWN in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("said", "kept"),
    [("a 5*5*3 filter", r"a 5\*5\*3 filter"), ("w_i*x_i", r"w\_i\*x\_i"), ("*really*?", "*really*?"), ("a\x1b[31mb", "ab")],
)
def test_prose_keeps_formulas(said: str, kept: str) -> None:
    """Signs inside formulas are no emphasis; emphasis around words is."""
    assert prose(said) == kept


async def test_comparison_signs_stay(world, idle, screen_text) -> None:
    """What looks like HTML is text: nothing between < and > disappears."""
    world.bank.get("one")  # the bank stays as it is; only the wording differs
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        from mockinterview.tui.turns import spoken

        await app.screen.transcript.mount(spoken("if x<y and y>z <b>then</b>", "interviewer"))
        await pilot.pause()
        assert "if x<y and y>z <b>then</b>" in screen_text(app)
