"""The embedded interviewer: how it puts a move into words. Varied, human, never flattering, never naming what it is after.

Its sentences come from the bank (ask, probe, hint, bridge) and from the short lead-ins below; a seed and what was
spoken before decide which.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Sequence

from mockinterview.interview.policy import level_rank
from mockinterview.interview.replies import is_denial
from mockinterview.models import Move, Plan, Question
from mockinterview.ports import Scene

OPENERS = (
    "Let's begin.",
    "Good, let's get going.",
    "All right, first one.",
    "Let's start here.",
)
NEXT = (
    "Next one.",
    "Let's move on.",
    "Something else.",
    "On to the next.",
    "Let me change the subject.",
    "Another one.",
    "Moving on.",
    "All right, next question.",
    "Here is another one.",
    "Let's go on.",
)
HARDER = (
    "Let me make it a bit harder.",
    "Let's go one level up.",
    "Time for something with more depth.",
    "The next one goes deeper.",
    "Let's see how you do with a harder one.",
)
IMPROVING = (
    "The next one is about training.",
    "Now something about training.",
    "Let's talk about training.",
    "On to training.",
)
OWN_WORK = (
    "I'd like to hear about your own work first.",
    "Before the technical part, something about you.",
)
# A probe may be about another side of the question than the answer before it, so no lead says "stay" or "deeper".
PROBE = (
    "",
    "Next part.",
    "Let me go on.",
    "There is another side to it.",
    "Something else on this.",
    "One more thing.",
)
AFTER_SHOWN = (
    "",
    "Okay.",
    "I see. Let me go on.",
    "All right. One more thing on this.",
    "Right, let's go on.",
    "And another side of it.",
    "Mm-hm. Let me go on.",
)
AFTER_NOTHING = (
    "",
    "Let me try another side of it.",
    "Let me ask about another part.",
    "Let me put something else to you.",
    "Let me come from another direction.",
    "Let me ask something more specific.",
    "Let me narrow it down.",
)
AFTER_DONT_KNOW = (
    "That's all right. Let me come at it differently.",
    "No problem. Let me ask something smaller.",
    "Fair enough. Let me ask something more concrete.",
    "Thanks for saying so. Try this one.",
    "Okay. Perhaps this is easier to get hold of.",
    "Fine, not everybody has met that. Take this one.",
    "All right, let me take a smaller piece.",
)
CHALLENGE = (
    "I'm not sure I follow.",
    "Hm, let me test that.",
    "Let me push on that a little.",
    "Let me play devil's advocate.",
    "Wait, let me check that with you.",
    "Let me make sure that I got that right.",
    "Let me question that for a moment.",
)
EXERCISE = (
    "Let's put numbers on it.",
    "Let me give you a concrete case.",
    "Here is a small calculation. Take your time.",
    "Now a small exercise.",
    "Let's work through an example.",
    "Grab a pen for this one.",
)
FORMULA = (
    "Could you write that down as a formula?",
    "Take the marker: how would that look as a formula?",
    "If you had to write it on the board, what would it look like?",
)
DEEPEN = (
    "One step further, if you like.",
    "A bit beyond the basics.",
    "This one is extra.",
    "Let me see how far this goes.",
    "Let me ask one beyond that.",
    "Something for extra credit.",
)
REDIRECT = (
    "I didn't hear an answer to my question in that. Let me ask it again.",
    "Let me bring us back to the question.",
    "I don't think that answers it yet. Once more.",
    "Let me repeat what I'm after.",
    "I would like to hear about the question itself.",
    "Let me come back to my question.",
)
REPEAT = (
    "Sure, once more.",
    "All right. Here is the question again.",
    "Of course. The question was this.",
)
THINKING = (
    "Take your time. Here is the question once more.",
    "No hurry. This was the question.",
)
CARRY_ON = (
    "Good, then we go on. The question was this.",
    "All right, let's carry on. Here is the question again.",
)
CLARIFY = (
    "Let me put it this way.",
    "Let me say it differently.",
    "In other words, then.",
)
PART_OF = (
    "I mean it as a part of this question:",
    "This is still about the question that we are on:",
)
SAME_WORDS = (
    "I have no other words for it, so this is the same question again.",
    "That is as well as I can put it, so here it is unchanged.",
)
OR_HINT = "You may ask for a hint (/hint) or leave it (/skip)."
OR_SKIP = "You may leave it (/skip)."
WHY = (
    "And why is that?",
    "Can you say why, in a sentence or two?",
    "Okay, what makes you say so?",
    "Tell me a little more: how come?",
)
HOW = (
    "How do you mean that?",
    "Can you put that into a sentence?",
    "Let me hear that in a few more words.",
)
WHICH = (
    "What would that be, concretely?",
    "Can you be more concrete?",
    "Go on. What exactly do you have in mind?",
)
NO_HINT = (
    "I have no more help on this one; say what you can.",
    "That is all I can give away here. Tell me what you have.",
)
WITHOUT_HINT = (
    "There is no hint for this question; say what you can.",
    "I have no hint for this question. Tell me what you have.",
)
EXAM_HINT = ("This is the exam setting, so no hints. Say what you can, or skip it.",)
BACK = ("Sure, back to that one.", "Gladly. Here it is again.", "All right, let's return to it.")
OFFER_AGAIN = (
    "Before we finish: you skipped this one. Do you want to try it now? /skip leaves it for good.",
    "There is one left that you skipped. Have a try, or /skip to finish.",
)
ENDING = (
    "Do you want to stop here? Say yes and you get your report; otherwise just go on with your answer.",
    "Shall we end the interview? With a yes it is over and you get your report; if not, just carry on.",
)
LEFT_OPEN = ("Now back to where we were.", "And now the one that we had left for it.")
NOTHING_SKIPPED = ("You have skipped nothing so far, so we stay here.", "There is no skipped question to go back to.")
ONSITE = ("Feel free to use formulas.", "Write down what you need.", "A formula is welcome.")
FAREWELLS = {
    "done": (
        "That was my last question. Thank you for the conversation; your report follows.",
        "We are through. Thanks for your time; here is your report.",
    ),
    "time": (
        "Our time is up. Thank you for the conversation; your report follows.",
        "I have to stop here, the time is over. Thank you; here is your report.",
    ),
    "ended": (
        "All right, we stop here. Thank you for your time; your report follows.",
        "Okay, we end it here. Thanks for the conversation; here is your report.",
    ),
}

IMPROVING_TOPICS = frozenset({"optimisation", "training-diagnostics", "normalisation", "regularisation", "transfer-learning"})


def pick(options: Sequence[str], seed: int, spoken: Sequence[str]) -> str:
    """Return an option that is not in what was spoken so far, or else the one that was spoken longest ago.

    The same for the same seed and talk. An empty option, which leads into nothing, comes as often as another.
    """
    rng = random.Random(f"{seed}:{len(spoken)}")
    if "" in options and rng.randrange(len(options)) == 0:
        return ""
    last = {option: max((at for at, text in enumerate(spoken) if option in text), default=-1) for option in options if option}
    return min(rng.sample(list(last), len(last)), key=lambda option: last[option])


def opening(
    plan: Plan,
    question: Question,
    previous: Question | None,
    spoken: Sequence[str] = (),
    bridge: str = "",
    *,
    went_well: bool = False,
) -> str:
    """Return the words with which a main question is put, led in by what came before it.

    `went_well` tells whether the question before was answered well; only then is a harder one announced, and never in an exam,
    where it would tell a mark.
    """
    lead = bridge or pick(_lead_options(question, previous, harder=went_well and plan.mode != "exam"), plan.seed, spoken)
    ask = pick((question.ask, *question.variants), plan.seed, spoken) if previous else question.ask
    board = f" {pick(ONSITE, plan.seed, spoken)}" if plan.format == "onsite" and question.formulas else ""
    return f"{lead} {ask}{board}"


def _lead_options(question: Question, previous: Question | None, *, harder: bool) -> Sequence[str]:
    if question.topic == "behavioural" and previous is None:
        return OWN_WORK
    if previous is None:
        return OPENERS
    if question.topic in IMPROVING_TOPICS and previous.topic not in IMPROVING_TOPICS:
        return IMPROVING
    return HARDER if harder and level_rank(question) > level_rank(previous) else NEXT


_WH = r"(?:(?:in|on|for|from|to|with|at|by)\s+)?(?:what|which|how|who|whom|whose|where|when)\b"
_YES_OR_NO = re.compile(
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|shall|should|may|might|must)(?:n't)?\b", re.IGNORECASE
)
_ASKS_WHICH = re.compile(rf"(?:^|[,:;]\s+(?:and\s+)?){_WH}", re.IGNORECASE)
# A yes-or-no question that wants a thing all the same; ", which" begins a relative clause there.
_WANTS_A_THING = re.compile(
    rf",?\s+and\s+{_WH}|^(?:is|are|was|were) there\b|^(?:do|can|could|would) you (?:know|name|think of|give)\b"
    r"|^have you (?:seen|met|heard of|come across) (?:an?|any|one|some|another)\b",
    re.IGNORECASE,
)


def press(asked: str, reply: str) -> Sequence[str]:
    """Return what may be said after a bare reply.

    A yes lacks the thing where a question wants one, a no its meaning where the question cannot be answered with no; all else
    lacks the reason.
    """
    questions = [part for part in re.findall(r"[^.!?]+\?", asked) if part.strip()]
    last = questions[-1].strip() if questions else asked
    yes_or_no = _YES_OR_NO.match(last)
    if not (_WANTS_A_THING if yes_or_no else _ASKS_WHICH).search(last):
        return WHY
    denied = WHY if yes_or_no else HOW
    return denied if is_denial(reply) else WHICH


def said_anew(options: Sequence[str], heard: str, seed: int, spoken: Sequence[str]) -> str:
    """Return the first of the options that was not heard since the question was put, led in; empty where none is left."""
    fresh = next((text for text in options if text and text not in heard), "")
    return f"{pick(CLARIFY, seed, spoken)} {fresh}" if fresh else ""


class EmbeddedInterviewer:
    """The interviewer that needs no model: the policy's first move, in the bank's words. Implements `ports.Interviewer`."""

    name = "embedded"

    async def choose(self, moves: Sequence[Move], scene: Scene) -> Move:  # noqa: ARG002 - a model would look at it
        """Return the policy's own choice, which is the first move."""
        return moves[0]

    async def say(self, move: Move, scene: Scene) -> AsyncIterator[str]:
        """Yield the words of the move, in one piece."""
        yield phrase(move, scene)


def phrase(move: Move, scene: Scene) -> str:
    """Return the embedded wording of a move. `move.text` holds the bank's sentence that must be in it."""
    leads = {
        "probe": _before_a_probe(scene),
        "misconception": CHALLENGE,
        "exercise": EXERCISE,
        "deepen": DEEPEN,
        "redirect": REDIRECT,
    }.get(move.origin, ("",))
    if move.origin == "example":
        return pick(FORMULA, scene.seed, scene.spoken)
    return f"{pick(leads, scene.seed, scene.spoken)} {move.text}".strip()


def _before_a_probe(scene: Scene) -> Sequence[str]:
    if scene.dont_know:
        return AFTER_DONT_KNOW
    return {None: PROBE, True: AFTER_SHOWN, False: AFTER_NOTHING}[scene.shown]
