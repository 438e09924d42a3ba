"""Sessions as files and reports as lines: what a reader needs stands in them, and nothing that was said is markup."""

from __future__ import annotations

import json
import re

from markdown_it import MarkdownIt
from tests.scripted import Log

from mockinterview.interview.loop import Interview, not_known
from mockinterview.interview.summary import standing
from mockinterview.interview.wording import EmbeddedInterviewer
from mockinterview.models import ARITHMETIC, Assessment, Bank, Plan, Point, PointVerdict, Question, StatedMisconception
from mockinterview.report import as_html, as_json, as_markdown, disclosed, open_card_lines, report_lines

HOSTILE = "- one | *two* <b>x</b> `code`\n# no heading\n1. no list & [link](http://x)"
EDGE = {"to": "second", "when": "always", "origin": "documented", "source": {"doc": "001", "number": 44}, "bridge": "Stay."}
LATER = Point(id="late", claim="A late truth.", weight=2)
EXERCISE = {"ask": "Twice {n}?", "draw": {"n": [3]}, "answer": "2 * n", "unit": "mm"}


def question(name: str, **more) -> Question:
    """Return a question with two core points, a misconception, a model answer and a source."""
    data = {
        "id": name, "topic": "cnn", "level": "foundation", "ask": f"What about | {name}?",
        "points": [
            {"id": "light", "claim": "A light truth.", "probe": "Light probe?", "hint": "Light hint."},
            {"id": "heavy", "claim": "A heavy truth.", "weight": 3, "probe": "Heavy probe?", "hint": "Heavy hint."},
        ],
        "misconceptions": [{"id": "wrong", "belief": "A falsehood.", "correction": "The truth.", "probe": "Are you sure?"}],
        "model_answer": "First this,\nthen that.", "sources": [{"doc": "002", "number": 28, "ordinal": 1}],
        **more,
    }  # fmt: skip
    return Question.model_validate(data)


class Grader:
    """Hits a point where its id is said, half of it after "half-", denies it after "not-"; "wrong" is the misconception."""

    name = "scripted"

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return verdicts by the words of the answer."""
        said = answer.split()
        points = []
        for point in question.points:
            verdict = "hit" if point.id in said else "partial" if f"half-{point.id}" in said else "miss"
            verdict = "contradicted" if f"not-{point.id}" in said else verdict
            points.append(PointVerdict(id=point.id, verdict=verdict, evidence=answer if verdict != "miss" else ""))
        stated = tuple(StatedMisconception(id=m.id, evidence=m.id) for m in question.misconceptions if m.id in said)
        score = 5.0 * any(p.evidence for p in points)
        return Assessment(question=question.id, score=score, points=tuple(points), misconceptions=stated, graded_by=self.name)


class Unconvinced(Grader):
    """Reads every answer, and takes it for none, as the embedded grader does with some wrong ones."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return no points and the flag."""
        return (await super().grade(question, answer)).model_copy(update={"flags": ("dont_know",)})


def append(self, session_id, event) -> None:
    """Keep the event."""
    super().append(event)


async def held(*replies: str, bank: Bank | None = None, grader: Grader | None = None, **plan) -> Interview:
    """Return an interview in which the candidate said these things."""
    interview = Interview("s", bank or Bank([question("first")]), Log(), grader or Grader(), EmbeddedInterviewer())
    await interview.start(Plan.model_validate({"questions": ("first",), "count": 1, "seed": 1, **plan}))
    for reply in replies:
        if not interview.finished:
            await interview.reply(reply)
    return interview


async def markdown(*replies: str, bank: Bank | None = None, **plan) -> str:
    """Return the transcript of such an interview as Markdown."""
    interview = await held(*replies, bank=bank, **plan)
    return as_markdown(interview.talk.events, interview.bank)


async def test_each_question_has_a_heading_and_in_the_report_its_words_and_its_id():
    """A question that another one led to has a heading of its own, and the report counts and names it."""
    bank = Bank([question("first", follow_ups=[EDGE]), question("second")])
    text = await markdown("light heavy", "light heavy", bank=bank)
    assert "## Question 1 of 1\n" in text
    assert "## Question 1a\n" in text
    assert "### Question 1: What about \\| first?\n\n`first`\n" in text
    assert text.index("*Question 1a: 10 of 10") < text.index("*Question 1: 10 of 10")
    assert "### Question 1a: What about \\| second?" in text.split("## Report")[1]
    assert "Questions: 2 asked (of which 1 led on from another one), 2 graded" in text
    assert "source documents)" not in text


async def test_marks_are_lists_and_what_was_said_is_no_markup():
    """Rendered, a transcript has no code block, no heading and no list that the candidate made, and no HTML."""
    text = await markdown(f"heavy {HOSTILE}", "/end")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert not [t for t in tokens if t.type in ("code_block", "fence", "html_block")]
    inline = [child.type for t in tokens for child in t.children or ()]
    assert not {"html_inline", "link_open"} & set(inline)
    headings = [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "heading_open"]
    assert not [heading for heading in headings if "no heading" in heading]
    quote = next(i for i, t in enumerate(tokens) if t.type == "blockquote_open")
    assert [t.type for t in tokens[quote + 1 : quote + 4]] == ["paragraph_open", "inline", "paragraph_close"]
    assert tokens[quote + 2].children[1].type in ("hardbreak", "text")
    assert "- **hit**: A heavy truth.\n  - You said: “heavy - one \\| \\*two\\*" in text


async def test_a_mistake_is_told_with_its_correction_once_the_question_is_over():
    """While the question is open, neither the mistake nor a claim that may still be asked is told."""
    interview = await held("half-heavy wrong")
    still_open = as_markdown(interview.talk.events, interview.bank)
    assert "part of a point" in still_open
    assert "The truth" not in still_open
    assert "A heavy truth" not in still_open
    await interview.reply("/end")
    over = as_markdown(interview.talk.events, interview.bank)
    assert "- **mistaken**: The truth.\n  - You said: “wrong”" in over
    assert "- **partly**: A heavy truth.\n" in over


async def test_part_of_a_point_that_was_hit_before_is_not_shown_again():
    """Neither in the transcript nor on the card of plain lines."""
    interview = await held("heavy", "half-heavy and more", "/end")
    text = as_markdown(interview.talk.events, interview.bank)
    assert "partly" not in text.split("## Report")[0]
    assert "It adds nothing to what was already shown." in text
    thread = interview.talk.threads[0]
    assert thread.earned_before == {"heavy"}
    card = open_card_lines(thread.question, thread.marks[-1].assessment, 7.5, 1, earned=thread.earned_before)
    assert not [line for line in card if "partly" in line]


async def test_no_answer_has_one_label_and_no_judge():
    """Whether it was not known or not wished; and the report names only who judged something."""
    text = await markdown("heavy", "i don't know", "/end")
    assert "\n*No answer.*\n" in text
    refused = await held("I'd rather not answer that", "/end")
    assert "\n*No answer.*\n" in as_markdown(refused.talk.events, refused.bank)
    assert refused.talk.finished.report.graded_by == ()
    assert "arithmetic" not in text
    card = open_card_lines(question("first"), refused.talk.threads[0].marks[0].assessment, 0.0, 2)
    assert card[:2] == ["0 of 10 so far", "No answer."]


async def test_an_exercise_tells_the_result_that_was_expected():
    """With its unit, whatever the candidate found."""
    bank = Bank([question("first", exercise=EXERCISE)])
    interview = await held("light heavy", "it is 7", bank=bank)
    assert "- **expected**: 6 mm" in as_markdown(interview.talk.events, bank)
    mark = interview.talk.threads[0].marks[-1].assessment
    assert "  = expected     6 mm" in open_card_lines(bank.get("first"), mark, 10.0, 0, expected=6.0)


async def test_the_report_shows_weights_what_was_earned_the_model_answer_and_sources():
    """Points with verdict, weight and what they earned; how the score comes about; a good answer; where it was asked."""
    text = (await markdown("light", "heavy")).split("## Report")[1]
    assert "| A light truth. | hit | 1 | 1 |" in text
    assert "| A heavy truth. | hit, after a follow-up | 3 | 2.1 |" in text
    assert "**A good answer:**\n\n> First this, then that." in text
    assert "002 no. 28.1" in text
    assert "a follow-up drew out counts 0.7" in text
    assert "after a hint 0.5" in text
    helped = (await markdown("/hint", "light heavy")).split("## Report")[1]
    assert "| A heavy truth. | hit, after a hint | 3 | 1.5 |" in helped
    missed = (await markdown("light", "/end")).split("## Report")[1]
    assert "| A heavy truth. | missed | 3 | 0 |" in missed


async def test_beliefs_that_were_taken_back_are_told_apart_and_stay_something_to_do():
    """They cost nothing after follow-up, and the report says that they were taken back."""
    interview = await held("they do wrong there", "light heavy truth")
    report = interview.talk.finished.report
    assert (report.at_once, report.after_follow_up) == (0.0, 7.0)
    assert report.next_actions == ("What about | first? You had this wrong: The truth.",)
    lines = report_lines(report, interview.bank)
    assert "    mistaken, then taken back; in fact: The truth." in lines
    text = as_markdown(interview.talk.events, interview.bank)
    assert "- **Mistaken, then taken back; in fact**: The truth." in text
    assert "| A misconception, see below. | taken back | 1 | 0 |" in text
    held_on = (await held("they do wrong there", "/end")).talk
    assert "| A misconception, see below. | mistaken | 1 | −1 |" in as_markdown(held_on.events, held_on.bank)


async def test_a_belief_is_taken_back_only_by_what_speaks_of_it():
    """Something right about another matter, in reply to the challenge or later, withdraws nothing."""
    (still,) = (await held("they do wrong there", "light", "heavy")).talk.finished.report.questions
    assert (still.misconceptions, still.corrected) == (("wrong",), ())
    (then,) = (await held("they do wrong there", "light", "heavy truth")).talk.finished.report.questions
    assert then.corrected == ("wrong",)
    # the challenge failed, and what the belief contradicted was never said
    (repeated,) = (await held("they do wrong not-heavy", "still so", "light truth", "/end")).talk.finished.report.questions
    assert repeated.corrected == ()
    (mended,) = (await held("they do wrong not-heavy", "still so", "heavy truth", "/end")).talk.finished.report.questions
    assert mended.corrected == ("wrong",)


async def test_a_belief_stated_only_after_a_follow_up_costs_its_weight_there():
    """What was said at once keeps its score."""
    report = (await held("heavy", "they do wrong there", "/end")).talk.finished.report
    assert (report.at_once, report.after_follow_up) == (7.5, 5.0)


async def test_the_interviewer_has_the_last_word_before_the_report():
    """The closing line stands in the transcript."""
    text = await markdown("light heavy")
    assert re.search(r"\*\*Interviewer\*\*: [^\n]*(Thank you|Thanks)[^\n]*\n\n## Report", text)


async def test_json_holds_what_was_expected_of_closed_questions_only():
    """Points with weights, corrections, model answer, sources and the factors; nothing of a question that is still open."""
    interview = await held("light")
    assert json.loads(as_json(interview.talk.events, interview.bank))["questions"] == {}
    await interview.reply("/end")
    body = json.loads(as_json(interview.talk.events, interview.bank))
    told = body["questions"]["first"]
    assert told["points"][1] == {"id": "heavy", "claim": "A heavy truth.", "kind": "core", "weight": 3}
    assert told["misconceptions"][0]["correction"] == "The truth."
    assert (told["model_answer"], told["sources"][0]["doc"]) == ("First this,\nthen that.", "002")
    assert body["credit"] == {"hit": 1.0, "partial": 0.5, "miss": 0.0, "contradicted": 0.0, "after_probe": 0.7, "after_hint": 0.5}


def three() -> tuple[Bank, dict]:
    """Return a bank of three questions, the first of which leads on to another one, and a plan for them."""
    bank = Bank([question("first", follow_ups=[EDGE]), question("other"), question("third"), question("second")])
    return bank, {"questions": ("first", "other", "third"), "count": 3, "max_follow_ups": 1}


def told(interview: Interview) -> set[str]:
    """Return the questions of which the JSON tells what was expected."""
    return set(json.loads(as_json(interview.talk.events, interview.bank))["questions"])


async def test_a_question_that_is_taken_up_again_tells_nothing_until_it_is_closed_for_good():
    """Skipped, it may still come back; back, it is open; and at the end it tells all."""
    bank, plan = three()
    interview = await held("/skip", bank=bank, **{**plan, "max_follow_ups": 2})
    assert told(interview) == set()
    for said in ("/back", "half-heavy wrong", "it is still wrong"):
        await interview.reply(said)
    text = as_markdown(interview.talk.events, bank)
    assert "part of a point" in text
    assert "A heavy truth" not in text
    assert "The truth" not in text
    assert told(interview) == set()
    await interview.reply("/skip")  # the one that it led on to, which does not come back
    assert told(interview) == {"first", "second"}
    await interview.reply("/skip")
    assert told(interview) == {"first", "second"}
    await interview.reply("/end")
    assert told(interview) == {"first", "second", "other", "third"}
    assert "- **mistaken**: The truth." in as_markdown(interview.talk.events, bank)


async def test_an_exam_tells_neither_marks_nor_what_was_expected_before_its_end():
    """Of a closed question, that it is closed."""
    bank, plan = three()
    plan["questions"] = ("other", "third")
    interview = await held("half-light wrong heavy", "nothing at all", bank=bank, mode="exam", **{**plan, "count": 2})
    assert [t.closed is not None for t in interview.talk.threads] == [True, False]
    text = as_markdown(interview.talk.events, bank)
    assert "*Question 1 (done).*" in text
    assert "Marked by" not in text
    assert "truth" not in text
    assert told(interview) == set()
    assert disclosed(interview.talk.events) == frozenset()
    await interview.reply("/end")
    assert told(interview) == {"other", "third"}
    assert "Marked by scripted." in as_markdown(interview.talk.events, bank)


async def test_how_an_open_interview_stands_tells_nothing_of_a_question_that_may_come_back():
    """Neither among the next actions nor below the question; an exam tells of none."""
    bank, plan = three()
    interview = await held("light heavy", "light", "/skip", bank=bank, **{**plan, "max_follow_ups": 0})
    report = standing(interview.talk)
    assert [q.reason for q in report.questions] == ["done", "done", "skipped"]
    lines = "\n".join(report_lines(report, bank))
    assert lines.count("A heavy truth") == 2  # of the one that was answered: what to do, and below it
    exam = await held("light", bank=bank, mode="exam", **{**plan, "max_follow_ups": 0})
    assert "truth" not in "\n".join(report_lines(standing(exam.talk), bank))


async def test_a_question_that_another_led_to_has_the_number_of_that_one():
    """After a way back, too: each heading stands there once."""
    bank, plan = three()
    interview = await held("/skip", "/back", "light heavy", "light heavy", "/end", bank=bank, **plan)
    text = as_markdown(interview.talk.events, bank)
    assert "## Question 1a\n" in text
    assert "Question 2a" not in text


async def test_who_judged_is_named_where_a_grader_found_no_answer():
    """The same flag with the label of arithmetic means that nobody was asked."""
    interview = await held("an answer that is nothing but wrong", "/end", grader=Unconvinced())
    assert interview.talk.finished.report.graded_by == ("scripted",)
    assert "*Marked by scripted. No answer.*" in as_markdown(interview.talk.events, interview.bank)
    card = open_card_lines(question("first"), interview.talk.threads[0].marks[0].assessment, 0.0, 2)
    assert card[0].endswith("(marked by scripted)")


def test_nobody_judges_an_i_dont_know():
    """What arithmetic marks as not known is not judged; an exercise is, and so is what a grader takes for no answer."""
    assert not not_known(question("first")).judged
    assert not_known(question("first")).graded_by == ARITHMETIC
    assert Assessment(question="q", score=0.0, points=(), flags=("dont_know",), graded_by="g").judged
    assert Assessment(question="q", score=0.0, points=(), graded_by=ARITHMETIC).judged


async def test_a_point_that_came_later_was_not_missed():
    """A report of an old session with a bank that has grown says of the new point only that it is new."""
    interview = await held("light", "/end")
    grown = question("first").model_copy(update={"points": (*question("first").points, LATER)})
    report = as_markdown(interview.talk.events, Bank([grown])).split("## Report")[1]
    assert "| A late truth. | not in the bank then | 2 |  |" in report
    assert "| A heavy truth. | missed | 3 | 0 |" in report


async def test_html_holds_the_same_and_escapes_it():
    """Headings, tables and lists are the page's own."""
    interview = await held(f"heavy {HOSTILE}", "/end")
    page = as_html(interview.talk.events, interview.bank)
    assert "<td>A heavy truth.</td><td>hit</td><td>3</td><td>3</td>" in page
    assert "<b>x</b>" not in page
    assert "<pre>" not in page


async def test_who_marked_is_told_once_in_the_talk():
    """Every further mark of the same grader would only repeat it."""
    interview = await held("light", "heavy", "/end")
    talk, report = as_markdown(interview.talk.events, interview.bank).split("## Report")
    assert (talk.count("Marked by scripted."), report.count("Marked by scripted.")) == (1, 1)


async def test_an_escape_sequence_neither_frees_markup_nor_swallows_the_rest():
    """Text is cleaned before it is escaped, each piece for itself."""
    interview = await held("heavy \x1b<img src=x> \x1b[x](http://evil) \x1b]0;never ended", "/end")
    text = as_markdown(interview.talk.events, interview.bank)
    types = [child.type for token in MarkdownIt("commonmark").parse(text) for child in token.children or ()]
    assert not {"html_inline", "link_open"} & set(types)
    for made in (text, as_html(interview.talk.events, interview.bank)):
        assert "\x1b" not in made
        assert "never ended" not in made
        assert made.index("img src") < made.index("A heavy truth")
