"""What the interviewer says: other words where there are some, leads that fit, a farewell; and the probes of the bank."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.scripted import Log, WordGrader

from mockinterview.interview import wording as words
from mockinterview.interview.loop import Interview
from mockinterview.interview.replies import understand
from mockinterview.interview.wording import EmbeddedInterviewer, opening, phrase, press
from mockinterview.models import Bank, Move, Plan, Question
from mockinterview.ports import Scene

CORPUS = Path(__file__).parents[2] / "corpus" / "questions"
# A probe may follow any answer: none may lean on words before it, or be answered by an empty yes.
DANGLING = re.compile(
    r"^(And|So|Then|Or|But|That|Those)\b|^(Is|Are) there\b|^(Do|Have|Can|Could) you (know|seen|met|name|think|give)\b|\bthat side\b"
    r"|\bthe (first|second|latter|former) (one|of the two|of them|case|kind)\b"
)
YES_OR_NO = re.compile(r"(Is|Are|Was|Were|Do|Does|Did|Can|Could|Would|Will|Should|May|Might|Must|Has|Have|Had)\b(?!.*\bor\b)")


def question(name: str = "first", **more) -> Question:
    """Return a question with two core points."""
    points = [{"id": i, "claim": f"So it is with {i}.", "probe": f"How about {i}?", "hint": "Count."} for i in ("one", "two")]
    data = {"id": name, "topic": "cnn", "level": "foundation", "ask": f"What about {name}?", "points": points, **more}
    return Question.model_validate(data)


async def held(*replies: str, bank: Bank | None = None, **plan) -> Interview:
    """Return an interview in which the candidate said these things."""
    interview = Interview("s", bank or Bank([question()]), Log(), WordGrader(), EmbeddedInterviewer())
    await interview.start(Plan.model_validate({"questions": ("first",), "count": 1, "seed": 1, **plan}))
    for reply in replies:
        await interview.reply(reply)
    return interview


def last_words(interview: Interview) -> str:
    """Return what the interviewer said last."""
    return interview.talk.events[-1].text


async def test_rephrasing_uses_every_wording_of_the_bank_before_it_repeats():
    """Three requests: the clarification, the other wording, then honestly the same words and what may be asked."""
    bank = Bank([question(clarify="Tell me the number.", variants=["How many firsts are there?"])])
    interview = await held("could you rephrase that?", bank=bank)
    assert last_words(interview).endswith("Tell me the number.")
    await interview.reply("rephrase that please")
    assert last_words(interview).endswith("How many firsts are there?")
    await interview.reply("what do you mean?")
    said = last_words(interview)
    assert any(said.startswith(lead) for lead in words.SAME_WORDS)
    assert "What about first?" in said
    assert "/hint" in said


async def test_rephrasing_a_follow_up_says_what_it_belongs_to_then_that_the_words_are_the_same():
    """A probe has one wording: the first request is met with its place, the second honestly, and neither with "of course"."""
    bank = Bank([question(clarify="Tell me the number.")])
    interview = await held("nothing like that", "could you rephrase that?", bank=bank)
    said = last_words(interview)
    assert any(said.startswith(lead) for lead in words.PART_OF)
    assert said.endswith("What about first? What I want to hear about now is this: How about one?")
    await interview.reply("rephrase please")
    assert any(last_words(interview).startswith(lead) for lead in words.SAME_WORDS)
    assert last_words(interview).count("How about one?") == 1


async def test_an_exam_offers_no_hint_where_words_are_repeated():
    """What is offered is what there is."""
    interview = await held("rephrase", "rephrase", mode="exam")
    assert "/hint" not in last_words(interview)
    assert "/skip" in last_words(interview)


@pytest.mark.parametrize(
    ("replies", "leads"),
    [
        (("stop", "no, go on"), words.CARRY_ON),
        (("give me a moment",), words.THINKING),
        (("could you repeat that?",), words.REPEAT),
    ],
)
async def test_the_question_is_said_again_with_words_that_fit_the_reason(replies, leads):
    """Who thinks is told to take their time, and nobody else."""
    said = last_words(await held(*replies))
    assert any(said == f"{lead} What about first?" for lead in leads)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Is there a change that helps at great depth?", words.WHICH),
        ("Which change of the architecture helps?", words.WHICH),
        ("Take bagging. What does each member see?", words.WHICH),
        ("Do you use dropout when you evaluate?", words.WHY),
        ("It is silent for one picture. Is it dead?", words.WHY),
        ("Have you seen validation loss rise while accuracy went up?", words.WHY),
        ("Does an MLP, which has no memory, do without backpropagation?", words.WHY),
        ("Would it help the layers, where the slope is small?", words.WHY),
        ("Have you met a habit that was worse than knowing nothing?", words.WHICH),
        ("Do you know a comparison in which the older one came out ahead?", words.WHICH),
        ("Would the code even run, and what do frameworks do?", words.WHICH),
        ("When the loss rises, which of the two do you trust?", words.WHICH),
    ],
)
def test_a_bare_yes_is_asked_for_what_it_lacks(asked, expected):
    """A "yes, there is" lacks which one; a yes to a yes-or-no question lacks the reason.

    A comma and "which" begin a relative clause in a yes-or-no question; with "and" before it, "what" asks on.
    """
    assert press(asked, "Yes.") is expected


@pytest.mark.parametrize("reply", ["No.", "nope", "No, there isn’t", "not really", "yes and no"])
def test_a_bare_no_is_asked_for_its_reason(reply):
    """There is no thing to name: asked what it would be, the interviewer would not have listened."""
    assert press("Is there a change that helps at great depth?", reply) is words.WHY


def test_a_no_to_a_question_that_cannot_be_answered_with_it_is_asked_for_its_meaning():
    """There is no reason to ask for: nothing was stated."""
    assert press("What does a dropout layer do while you measure accuracy?", "no") is words.HOW


async def test_no_there_is_not_draws_the_question_why():
    """The loop tells the words of the reply."""
    points = [{"id": "one", "claim": "So it is.", "probe": "Is there a third one?"}]
    interview = await held("nothing of it at all", "No.", bank=Bank([question(points=points)]))
    assert last_words(interview) in words.WHY


async def test_a_request_for_a_formula_is_rephrased_as_one():
    """Not as the main question; once its wordings are used up, the same words come with a way out."""
    bank = Bank([question(clarify="Tell me the number.", formulas="x=1")])
    interview = await held("one two here", bank=bank, format="onsite")
    assert interview.talk.asked.origin == "example"
    said = {last_words(interview)}
    for _ in words.FORMULA[1:]:
        await interview.reply("could you rephrase that?")
        said.add(next(text for text in words.FORMULA if last_words(interview).endswith(text)))
    assert said == set(words.FORMULA)
    await interview.reply("rephrase please")
    assert any(last_words(interview).startswith(lead) for lead in words.SAME_WORDS)


async def test_yes_there_is_draws_the_question_which_one():
    """It answers nothing, so it is not marked before it says more."""
    points = [{"id": "one", "claim": "So it is.", "probe": "Is there a third one?"}]
    interview = await held("nothing of it at all", "Yes, there is.", bank=Bank([question(points=points)]))
    assert last_words(interview) in words.WHICH


@pytest.mark.parametrize(
    "said",
    [
        "I'd rather not go into details",
        "I prefer not to answer that one",
        "no comment",
        "I would prefer not to discuss my last employer",
        "I don't want to say more about that, sorry",
        "I'd rather not guess here",
        "I can't say",
        "I can't say that I know",
        "I'd rather not say anything about our customers",
        "sorry, I can't tell you why that is",
    ],
)
def test_a_refusal_is_no_answer(said):
    """However politely it is put."""
    assert understand(said) == "dont_know"


@pytest.mark.parametrize(
    "said",
    [
        "I'd rather not use dropout at test time",
        "I prefer not to use it there",
        "I'd rather not share weights there",
        "I prefer not to share parameters between the two towers",
        "I'd rather not say accuracy here, since the classes are skewed; recall is better",
        "I would not want to say it converges, the loss still falls",
        "I'd rather not say our loss converged",
        "I can't tell overfitting from the training loss alone",
        "I have never used dropout at test time since it adds noise",
        "I'd rather not go into production without tests",
        "I'd rather leave that to the optimiser",
        "not sure which you prefer, but I'd take Adam",
    ],
)
def test_a_preference_is_an_answer(said):
    """The same words begin answers as well."""
    assert understand(said) == "answer"


async def test_leads_follow_what_the_answer_showed():
    """After something shown it is noted, after nothing another side is tried, in an exam neither is told."""
    shown = last_words(await held("it is one here"))
    assert any(shown == f"{lead} How about two?".strip() for lead in words.AFTER_SHOWN)
    nothing = last_words(await held("nothing of it at all"))
    assert any(nothing == f"{lead} How about one?".strip() for lead in words.AFTER_NOTHING)
    exam = last_words(await held("it is one here", mode="exam"))
    assert any(exam == f"{lead} How about two?".strip() for lead in words.PROBE)


def test_a_harder_question_is_announced_only_after_a_good_one():
    """Announced after five of ten it would be unkind, and in an exam it would be a mark."""
    easy, hard = question(), question("hard", level="advanced")

    def leads(*, went_well: bool, mode: str = "practice") -> set[str]:
        plan, texts = Plan(seed=3, mode=mode), []
        for _ in range(max(len(words.HARDER), len(words.NEXT))):
            texts.append(opening(plan, hard, easy, texts, went_well=went_well))
        return {text.removesuffix(" What about hard?") for text in texts}

    assert leads(went_well=True) == set(words.HARDER)
    assert leads(went_well=False) == leads(went_well=True, mode="exam") == set(words.NEXT)


async def test_the_announcement_looks_at_the_last_score():
    """A question that ended below seven of ten is followed by a plain lead."""
    bank = Bank([question(), question("hard", level="advanced")])
    for replies, leads in ((("one two here",), words.HARDER), (("/skip",), words.NEXT)):
        interview = await held(*replies, bank=bank, questions=("first", "hard"), count=2)
        assert any(last_words(interview).startswith(lead) for lead in leads)


async def test_the_interviewer_says_goodbye():
    """The last event carries a closing line that fits the reason."""
    done = await held("one two here")
    assert done.talk.finished.text in words.FAREWELLS["done"]
    ended = await held("/end")
    assert ended.talk.finished.text in words.FAREWELLS["ended"]


def test_leads_end_as_sentences():
    """A question behind a lead begins with a capital letter, so that no lead ends with a colon."""
    groups = (words.AFTER_SHOWN, words.AFTER_NOTHING, words.AFTER_DONT_KNOW, words.EXERCISE, words.DEEPEN, words.REDIRECT)
    assert [lead for leads in groups for lead in leads if lead and not lead.endswith(".")] == []
    said = []
    for _ in words.EXERCISE:
        scene = Scene(question=question(), seed=1, spoken=tuple(said))
        said.append(phrase(Move(origin="exercise", question_id="first", text="Twice 3?"), scene))
    assert set(said) == {f"{lead} Twice 3?" for lead in words.EXERCISE}


def test_words_come_again_only_when_all_were_used():
    """What was said longest ago comes back first, whatever else was said in between; having no lead is one of the choices."""
    said = []
    for turn in range(3 * len(words.NEXT)):
        said += [words.pick(words.NEXT, 5, said), f"Question {turn}?"]
    leads, n = said[::2], len(words.NEXT)
    assert set(leads[:n]) == set(words.NEXT)
    assert leads[:n] == leads[n : 2 * n] == leads[2 * n :]
    without = sum(not words.pick(words.PROBE, seed, ()) for seed in range(600))
    assert 0.5 < without * len(words.PROBE) / 600 < 1.5


def test_probes_of_the_bank_stand_alone():
    """Said after any answer, each is clear by itself, asks one thing, and an empty "yes" answers none."""
    found = []
    for file in sorted(CORPUS.glob("*/*.yaml")):
        entry = yaml.safe_load(file.read_text(encoding="utf-8"))
        for probe in (one["probe"] for kind in ("points", "misconceptions") for one in entry.get(kind, ())):
            asked = re.split(r"(?<=[.!?:])\s+", probe)[-1]
            if DANGLING.search(probe) or YES_OR_NO.match(asked) or probe.count("?") != 1:
                found.append(f"{file.stem}: {probe}")
    assert found == []


def test_asks_of_the_bank_stand_alone():
    """A main question never refers to one that was not asked."""
    asks = [yaml.safe_load(file.read_text(encoding="utf-8"))["ask"] for file in CORPUS.glob("*/*.yaml")]
    assert [ask for ask in asks if re.match(r"(Now|And|So|Then)\b", ask)] == []
