"""The interview screen, driven by keys; what happened is read from the events."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.widgets import OptionList

from mockinterview.models import Bank, Exercise, PointVerdict
from mockinterview.report import NOTHING_STATED
from mockinterview.tui.results import ReportScreen
from mockinterview.tui.start import StartScreen
from mockinterview.tui.talk import InterviewScreen

SIZES = [(80, 24), (120, 40)]


async def say(pilot, text: str) -> None:
    """Put a text into the editor and press Enter."""
    pilot.app.screen.editor.text = text
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_question_is_on_screen(world, idle, screen_text, size) -> None:
    """A direct start shows the first question, the status line and the key bar."""
    app = world.direct()
    async with app.run_test(size=size) as pilot:
        await idle(pilot)
        shown = screen_text(app)
        assert "What is one?" in shown
        assert "Question 1 of 2 | cnn, foundation | practice, phone | 0:0" in shown
        assert "marked by rules" in shown
        assert "Send" in shown
        assert "Quit" in shown


async def test_answer_then_follow_up_then_close(world, idle, transcript) -> None:
    """An answer is graded, a missed point is probed without being named, and named once the question is closed."""
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "alpha of course")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        assert world.last("follow_up_asked").origin == "probe"
        shown = transcript(app)
        assert "+ hit          First secret of one." in shown
        assert "you said: “alpha of course”" in shown
        assert "- open         1 core point still to be shown in full" in shown
        assert "6.7 of 10 so far" in shown
        assert "Second secret" not in shown
        assert "marked by rules" in shown
        await say(pilot, "beta then")
        await idle(pilot, lambda: "question_closed" in world.kinds())
        shown = transcript(app)
        assert "Second secret of one. (after follow-up)" in shown
        assert "at once" in shown


async def test_nobody_marks_what_is_not_known(world, idle, transcript) -> None:
    """An "idk" on an exercise was marked by nobody, also not by arithmetic; who marked the answers before it is still told."""
    exercise = Exercise(ask="How many for n = {n}?", draw={"n": [2, 3]}, answer="n + 1")
    world.bank = Bank([world.bank.get("one").model_copy(update={"exercise": exercise})])
    app = world.direct(questions=("one",), count=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "alpha beta")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        assert world.last("follow_up_asked").origin == "exercise"
        await say(pilot, "idk")
        await idle(pilot, lambda: world.kinds().count("answer_graded") == 2)
        assert world.last("answer_graded").assessment.graded_by == "arithmetic"
        assert "No answer." in transcript(app)
        assert "arithmetic" not in transcript(app)
        assert "marked by rules" in transcript(app)


async def test_correction_comes_when_the_question_closes(world, idle, transcript) -> None:
    """A mistake and its correction would give the challenge away; they are shown when the question is closed."""
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "alpha beta nonsense")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        assert "mistaken" not in transcript(app)
        assert "Corrected here." not in transcript(app)
        await pilot.press("f4")
        await idle(pilot, lambda: "question_closed" in world.kinds())
        assert "! mistaken" in transcript(app)
        assert "Corrected here." in transcript(app)


async def test_hint_clarify_and_skip_by_key(world, idle, transcript) -> None:
    """The function keys ask for a hint, a clarification and the next question, and leave the editor alone."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.text = "half a thought"
        await pilot.press("f2")
        await idle(pilot, lambda: "hint_given" in world.kinds())
        assert "counts half" in transcript(app)
        await pilot.press("f3")
        await idle(pilot, lambda: "remark_made" in world.kinds())
        assert "It is about one." in transcript(app)
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        assert app.screen.editor.text == "half a thought"


async def test_end_asks_once_and_shows_the_report(world, idle, wait_until, transcript) -> None:
    """/end is asked back about as a typed "stop" is; a second one ends the interview, and nothing is left to resume."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert app.unfinished_session == "s1"
        await say(pilot, "/end")
        await idle(pilot, lambda: app.screen.talk.asked_to_end)
        assert "interview_finished" not in world.kinds()
        assert "your report" in transcript(app)
        await say(pilot, "/end")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        assert world.last("interview_finished").reason == "ended"
        assert app.unfinished_session == ""


async def test_end_may_be_taken_back(world, idle) -> None:
    """Whoever goes on with an answer after /end is not asked again and loses nothing."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "/end")
        await idle(pilot, lambda: app.screen.talk.asked_to_end)
        await say(pilot, "alpha, to go on with it")
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        assert world.last("answer_graded").assessment.score > 0
        assert "interview_finished" not in world.kinds()


async def test_end_that_cannot_be_stored_is_given_back(world, idle) -> None:
    """The command stands in the editor again, as it was typed."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        world.log.full = True
        await say(pilot, "/end")
        await idle(pilot, lambda: app.screen.failed)
        assert app.screen.editor.text == "/end"


async def test_exam_offers_no_hints(world, idle, transcript) -> None:
    """There are no hints in an exam: no key, no entry among the commands; the command says so."""
    app = world.direct(mode="exam")
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert app.screen.check_action("say", ("hint",)) is False
        assert app.screen.check_action("say", ("skip",))
        assert "/hint" not in app.screen.editor.area.placeholder
        assert "/skip" in app.screen.editor.area.placeholder
        await pilot.press("/")
        assert app.screen.query_one("#commands", OptionList).option_count == 5
        await say(pilot, "/hint")
        await idle(pilot, lambda: "remark_made" in world.kinds())
        assert "no hints" in transcript(app)


async def test_question_without_hints_says_so(world, idle, screen_text, transcript) -> None:
    """Where none was used, none can be left."""
    bare = world.bank.get("one")
    bare = bare.model_copy(update={"points": tuple(p.model_copy(update={"hint": ""}) for p in bare.points)})
    world.bank = Bank([bare, world.bank.get("two")])
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "no hint for this question" in screen_text(app)
        await pilot.press("f2")
        await idle(pilot, lambda: "remark_made" in world.kinds())
        assert "no hint for this question" in transcript(app)
        await pilot.press("f4")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        for given in (1, 2):
            await pilot.press("f2")
            await idle(pilot, lambda n=given: world.kinds().count("hint_given") == n)
        assert "no hint left" in screen_text(app)


async def test_typing_after_the_end_is_told_what_can_be_done(world, idle, end, wait_until, screen_text) -> None:
    """Nobody is thinking any more: the interview is over, and the ways on are named; Esc is one of them."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await end(pilot)
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await pilot.press("escape")
        await pilot.press(*"more", "x")
        told = [n.message for n in app._notifications]
        assert len([line for line in told if "The interview is over. Enter or F8 shows the report" in line]) == 1
        assert not any("thinking" in line for line in told)
        assert "The interview is over. Enter or F8 shows the report," in screen_text(app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await pilot.press("escape")
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, StartScreen))


async def test_contradicted_point_is_named_when_the_question_closes(world, idle, transcript) -> None:
    """What speaks against a point states something, and the card of the closed question names it, also after a follow-up."""
    grade = world.grader.grade

    async def contradict(question, answer):
        found = await grade(question, answer)
        against = PointVerdict(id="beta", verdict="contradicted", evidence=answer)
        points = tuple(against if p.id == "beta" and "never" in answer else p for p in found.points)
        return found.model_copy(update={"points": points})

    world.grader.grade = contradict
    app = world.direct(questions=("one",))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "something that is beside the point")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert transcript(app).count(NOTHING_STATED) == 1
        await say(pilot, "it is never like that at all")
        await idle(pilot, lambda: world.kinds().count("answer_graded") == 2)
        assert transcript(app).count(NOTHING_STATED) == 1
        await pilot.press("f4")
        await idle(pilot, lambda: "question_closed" in world.kinds())
        assert "! contradicted Second secret of one." in transcript(app)
        assert "it is never like that at all" in transcript(app).split("! contradicted")[1]


async def test_exam_shows_no_marks(world, idle, transcript) -> None:
    """In an exam no card, no score and no model answer is shown before the report."""
    app = world.direct(mode="exam")
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "alpha beta")
        await idle(pilot, lambda: world.kinds().count("question_asked") == 2)
        assert "answer_graded" in world.kinds()
        assert "hit" not in transcript(app)
        assert "of 10" not in transcript(app)
        assert app.screen.check_action("model_answer", ()) is False


async def test_paste_never_sends_and_is_cleaned(world, idle, hostile) -> None:
    """A pasted text of several lines stays in the editor, without escapes."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        app.screen.editor.area.post_message(events.Paste(f"first\r\nsecond\n{hostile}\n"))
        await pilot.pause()
        text = app.screen.editor.text
        assert text.startswith("first\nsecond\n[@click=app.quit]x[/]")
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "answer_given" not in world.kinds()


async def test_newline_keys(world, idle) -> None:
    """Ctrl+J, Alt+Enter and Shift+Enter make a new line; Enter sends all of it."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("a", "ctrl+j", "b", "alt+enter", "c", "shift+enter", "d", "enter")
        await idle(pilot, lambda: "answer_given" in world.kinds())
        assert world.last("answer_given").text == "a\nb\nc\nd"
        assert app.screen.editor.text == ""


async def test_editor_grows_to_a_third(world, idle) -> None:
    """The editor grows with its text, to a third of the screen and no further."""
    app = world.direct()
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        area = app.screen.editor.area
        small = area.size.height
        area.text = "\n".join("abcdef")
        await pilot.pause()
        grown = area.outer_size.height
        area.text = "\n" * 60
        await pilot.pause()
        assert small < grown <= area.outer_size.height <= 10


async def test_escape_and_panels_keep_the_draft(world, idle, wait_until) -> None:
    """Esc, help, the palette and reading back lose nothing; typing while reading goes to the editor."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"draft", "escape")
        assert app.focused is app.screen.transcript
        await pilot.press("f1")
        await wait_until(pilot, lambda: app.screen.is_modal)
        await pilot.press("escape")
        await pilot.press("ctrl+p")
        await wait_until(pilot, lambda: app.screen.is_modal)
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, InterviewScreen))
        await pilot.press("s")
        await pilot.pause()
        assert app.screen.editor.text == "drafts"
        assert app.focused is app.screen.editor.area


async def test_draft_survives_a_restart(world, idle, wait_until) -> None:
    """What was typed and not sent is there again after quitting and resuming, and gone once it was sent."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"alp")
    again = world.app(resume="")
    async with again.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert again.screen.editor.text == "alp"
        await pilot.press(*"ha", "enter")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.last("answer_given").text == "alpha"
        await wait_until(pilot, lambda: not list((world.folder / "drafts").glob("*.txt")))


async def test_draft_is_on_disk_while_typing(world, idle, wait_until) -> None:
    """The draft is stored while one types, so that a killed terminal loses nothing."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"thought")
        file = world.folder / "drafts" / "s1.txt"
        await wait_until(pilot, lambda: file.exists() and file.read_text() == "thought")


async def test_commands_complete(world, idle) -> None:
    """A slash lists the commands; arrows choose, Tab completes, Esc closes the list, and several fits are not sent."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("/")
        choices = app.screen.query_one("#commands", OptionList)
        assert choices.display
        assert choices.option_count == 6
        await pilot.press("down", "tab")
        assert app.screen.editor.text == "/skip"
        app.screen.editor.text = ""
        await pilot.press("/", "h", "enter")
        assert app.screen.editor.text == "/hint"
        assert "hint_given" not in world.kinds()
        app.screen.editor.text = ""
        await pilot.press("/", "escape")
        assert not choices.display
        assert app.screen.editor.text == "/"


async def test_unknown_command_is_explained_and_kept(world, idle, transcript) -> None:
    """An unknown command says which there are; the text comes back."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press(*"/dance", "enter")
        await idle(pilot, lambda: "There is no command" in transcript(app))
        assert "/hint /skip /back /clarify /end" in transcript(app)
        assert app.screen.editor.text == "/dance"


async def test_full_disk_gives_the_answer_back(world, idle, transcript) -> None:
    """Where an answer cannot be stored it returns to the editor with the remedy; sending again then works."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        world.log.full = True
        await say(pilot, "alpha beta")
        await idle(pilot, lambda: app.screen.failed)
        assert "Free some space" in transcript(app)
        assert app.screen.editor.text == "alpha beta"
        world.log.full = False
        await pilot.press("enter")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.kinds().count("answer_given") == 1


async def fault_behind_the_answer(world, pilot, idle) -> None:
    """Say something of which the answer is stored and the mark is not: the disk is full from then on."""
    await idle(pilot)
    world.grader.hold.clear()
    await say(pilot, "alpha beta")
    await pilot.pause()
    while "answer_given" not in world.kinds():
        await pilot.pause()
    world.log.full = True
    world.grader.hold.set()
    await idle(pilot, lambda: pilot.app.screen.failed)


async def test_typing_on_after_a_fault_behind_the_answer(world, idle) -> None:
    """The stored answer is marked first; what was typed meanwhile stays in the editor, for whatever is asked then."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await fault_behind_the_answer(world, pilot, idle)
        world.log.full = False
        await say(pilot, "and what is more")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.kinds().count("answer_given") == 1
        assert app.screen.editor.text == "and what is more"


async def test_try_again_after_a_fault_behind_the_answer(world, idle) -> None:
    """Where the answer is stored and the rest failed, Ctrl+R goes on without asking for the answer again."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await fault_behind_the_answer(world, pilot, idle)
        assert app.screen.editor.text == ""
        world.log.full = False
        await pilot.press("ctrl+r")
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.kinds().count("answer_given") == 1


async def test_screen_lives_while_grading(world, idle, wait_until, screen_text) -> None:
    """While the grader works the screen says so, typing goes on, and Enter neither sends nor loses the text."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        world.grader.hold.clear()
        await say(pilot, "alpha beta")
        await wait_until(pilot, lambda: "Reading your answer" in screen_text(app))
        await pilot.press(*"more", "enter")
        assert app.screen.editor.text == "more"
        world.grader.hold.set()
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.kinds().count("answer_given") == 1
        assert app.screen.editor.text == "more"


async def test_quitting_while_grading_loses_nothing(world, idle, wait_until) -> None:
    """An answer that was being graded when the app was left is graded on resume."""
    app = world.direct()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        world.grader.hold.clear()
        await say(pilot, "alpha beta")
        await wait_until(pilot, lambda: "answer_given" in world.kinds())
        await pilot.press("ctrl+q")
    assert app.unfinished_session == "s1"
    assert not world.log.taken
    world.grader.hold.set()
    again = world.app(resume="s1")
    async with again.run_test(size=(80, 24)) as pilot:
        await idle(pilot, lambda: "answer_graded" in world.kinds())
        assert world.kinds().count("answer_given") == 1


async def test_bug_shows_its_traceback(world, idle) -> None:
    """Anything that is no expected error ends the app with its traceback."""
    app = world.direct()
    with pytest.raises(Exception, match="a bug"):  # noqa: PT012 - the error comes out of the context
        async with app.run_test(size=(80, 24)) as pilot:
            await idle(pilot)
            world.grader.error = ZeroDivisionError("a bug")
            await say(pilot, "alpha")
            for _ in range(200):
                await pilot.pause(0.01)


async def test_follows_the_end_unless_scrolled_up(world, idle) -> None:
    """New turns are in view, until the reader scrolls up; then the place stays."""
    app = world.direct(questions=("one", "two", "three"))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await say(pilot, "alpha " * 200)
        await idle(pilot, lambda: "follow_up_asked" in world.kinds())
        talk = app.screen.transcript
        assert talk.max_scroll_y > 0
        assert talk.scroll_y == talk.max_scroll_y
        await pilot.press("ctrl+up", "ctrl+up")
        await pilot.pause()
        place = talk.scroll_y
        await pilot.press("f2")
        await pilot.pause()
        assert place < talk.max_scroll_y


def test_alt_enter_of_simple_terminals_is_a_newline() -> None:
    """ESC CR, which terminals without the kitty protocol send for Alt+Enter, never counts as Enter."""
    import mockinterview.tui.editor  # noqa: F401 - it teaches the parser

    keys = [event.key for event in XTermParser().feed("\x1b\r") if isinstance(event, events.Key)]
    assert keys == ["ctrl+j"]
