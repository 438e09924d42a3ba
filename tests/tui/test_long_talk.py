"""A long talk: older turns are laid down in few widgets, nothing of them is lost, and contrast holds."""

from __future__ import annotations

from textual.widgets import Markdown

from mockinterview.models import RemarkMade
from mockinterview.tui.transcript import CHUNK, KEPT, Archive


def remarks(world, session: str, count: int) -> None:
    """Put remarks into a stored session."""
    world.log.stored[session] += [RemarkMade(question_id="one", text=f"remark {n} [/x] here") for n in range(count)]


async def test_resumed_long_talk_is_laid_down(world, idle, transcript, hostile) -> None:
    """A stored talk of hundreds of turns opens with few widgets and all of its words, literally."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
    remarks(world, "s1", 300)
    again = world.app(resume="s1")
    async with again.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        shown = transcript(again)
        assert all(f"remark {n} [/x] here" in shown for n in range(300))
        assert len(again.screen.transcript.children) <= KEPT + 300 // CHUNK + 1
        assert again.screen.transcript.scroll_y == again.screen.transcript.max_scroll_y


async def test_growing_talk_is_laid_down_at_the_end_only(world, idle, transcript) -> None:
    """Turns are laid down while the end is in view; who reads further up is not disturbed."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        view = app.screen
        for number in range(KEPT + CHUNK + 5):
            await view._show(RemarkMade(question_id="one", text=f"remark {number}"))
            await pilot.pause()
            await view.transcript.tidy()
        laid = len(view.query(Archive))
        assert laid == 1
        view.transcript.release_anchor()
        view.transcript.scroll_home(animate=False)
        await pilot.pause()
        for number in range(CHUNK):
            await view._show(RemarkMade(question_id="one", text=f"later {number}"))
            await view.transcript.tidy()
        assert len(view.query(Archive)) == laid
        assert "What is one?" in transcript(app)
        assert "remark 3" in transcript(app)


async def test_words_appear_while_they_come(world, idle, wait_until) -> None:
    """Pieces are shown before the event that ends them; the event takes their place."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        view = app.screen
        for piece in ("Tell ", "me ", "**more** \x1b[2J"):
            view.post_message(view.Phrased(piece))
        await wait_until(pilot, lambda: "Tell me **more**" in view.transcript.live.source)
        assert "\x1b" not in view.query(Markdown).last().source
        app.screen.editor.text = "alpha"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        assert not view.transcript.live.display


async def test_first_word_waits_for_nothing(world, idle) -> None:
    """The first piece is shown when it comes, without another layout; what comes right after it is bundled."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        live = app.screen.transcript.live
        live.wait()
        await pilot.pause()
        paragraph, height = live.children[0], live.size.height
        await live.hear("Tell ")
        await live.hear("me ")
        assert live.source == "Tell "
        assert live.children[0] is paragraph
        assert not paragraph._layout_required
        live._next = 0.0
        await live.hear("more.")
        await live._show_in_time()
        await pilot.pause()
        assert (live.source, live.size.height) == ("Tell me more.", height)
        await live.hear(" many words" * 30)
        await live._show()
        await pilot.pause()
        assert live.size.height > height


async def test_dots_stand_where_the_interviewer_has_the_word(world, idle, wait_until) -> None:
    """While an answer is read, and no longer than that; the place is empty for the next words."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        live = app.screen.transcript.live
        world.grader.hold.clear()
        app.screen.editor.text = "alpha"
        await pilot.press("enter")
        await wait_until(pilot, lambda: live.display)
        assert app.screen.transcript.children[-1] is live
        world.grader.hold.set()
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        await wait_until(pilot, lambda: not live.display)
        assert live.source == ""


async def test_high_contrast(world, idle) -> None:
    """In the theme for high contrast every visible character has at least 7:1 against its ground (WCAG AAA)."""
    world.theme = "contrast"
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.text = "alpha, naturally"
        await pilot.press("enter")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        for strip in app.screen._compositor.render_strips():
            for text, style, _ in strip:
                if text.strip().isascii() and text.strip() and style and style.color and style.bgcolor:
                    assert ratio(style.color.triplet, style.bgcolor.triplet) >= 7, text


def ratio(first, second) -> float:
    """Return the contrast of two colours (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
