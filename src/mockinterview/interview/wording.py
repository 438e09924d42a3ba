"""The embedded interviewer: how it puts a move into words. Varied, human, never flattering, never naming what it is after.

Its sentences come from the bank (ask, probe, hint, bridge) and from the short lead-ins below; a seed and the turn decide which.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence

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
)
HARDER = (
    "Let me make it a bit harder.",
    "Let's go one level up.",
    "Time for something with more depth.",
    "Now something that usually separates people.",
)
IMPROVING = (
    "Let's talk about getting a model to work better.",
    "Enough about structure. Let's turn to making a model better.",
    "Let's turn to improving a model.",
)
OWN_WORK = (
    "I'd like to hear about your own work first.",
    "Before the technical part, something about you.",
)
PROBE = (
    "",
    "",
    "Let me stay with that for a moment.",
    "I'd like to hear a bit more.",
    "Okay. One more thing on this.",
    "Let's go a little deeper.",
)
AFTER_DONT_KNOW = (
    "That's all right. Let me come at it differently.",
    "No problem. Let me ask something smaller.",
    "Fair enough. Something more concrete:",
    "Honest answer. Try this instead:",
)
CHALLENGE = (
    "I'm not sure I follow.",
    "Hm, let me test that.",
    "Let me push on that a little.",
    "Let me play devil's advocate.",
    "Wait, let me check that with you.",
)
EXERCISE = (
    "Let's put numbers on it.",
    "Let me give you a concrete case.",
    "Quick calculation, take your time.",
    "A small worked example:",
)
FORMULA = (
    "Could you write that down as a formula?",
    "Take the marker: how would that look as a formula?",
    "If you had to write it on the board, what would it look like?",
)
DEEPEN = (
    "One step further, if you like:",
    "A bit beyond the basics:",
    "This one is extra:",
    "Let me see how far this goes.",
)
REDIRECT = (
    "I think we are talking about different things. My question was:",
    "Let me bring us back to the question:",
    "That does not get at what I asked:",
    "Let me repeat what I'm after:",
)
SMALL_TALK = (
    "Sure. Whenever you are ready:",
    "Take your time. The question on the table:",
    "All right. Back to the question when you are ready:",
)
CLARIFY = (
    "Let me put it this way.",
    "Sure.",
    "Of course.",
)
WHY = (
    "And why is that?",
    "Can you say why, in a sentence or two?",
    "Okay, what makes you say so?",
    "Tell me a little more: how come?",
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
CLOSINGS = {
    "done": ("Okay, noted.", "Good, I have what I need here.", "All right.", "Thanks, let's leave it there.", "Okay."),
    "skipped": ("Skipped. No harm done.", "Okay, we leave that one out.", "Fine, let's skip it."),
    "not_shown": ("Let's leave that one.", "We will not get further here; let's go on."),
    "dont_know": ("That's fine, nobody knows everything.", "All right, we leave it at that."),
    "time": ("Our time is nearly up.", "I have to watch the clock here."),
    "ended": ("All right, let's stop here.", "Okay, we end it here."),
}

IMPROVING_TOPICS = frozenset({"optimisation", "training-diagnostics", "normalisation", "regularisation", "transfer-learning"})


def pick(options: Sequence[str], seed: int, turn: int) -> str:
    """Return one of the options: the same for the same seed and turn, and never the same for two turns in a row."""
    shuffled = random.Random(seed).sample(range(len(options)), len(options))
    return options[shuffled[turn % len(options)]]


def opening(plan: Plan, question: Question, previous: Question | None, turn: int, bridge: str = "") -> str:
    """Return the words with which a main question is put, led in by what came before it."""
    lead = bridge or pick(_lead_options(question, previous), plan.seed, turn)
    ask = pick((question.ask, *question.variants), plan.seed, turn) if previous else question.ask
    board = f" {pick(ONSITE, plan.seed, turn)}" if plan.format == "onsite" and question.formulas else ""
    return f"{lead} {ask}{board}"


def _lead_options(question: Question, previous: Question | None) -> Sequence[str]:
    if question.topic == "behavioural" and previous is None:
        return OWN_WORK
    if previous is None:
        return OPENERS
    if question.topic in IMPROVING_TOPICS and previous.topic not in IMPROVING_TOPICS:
        return IMPROVING
    order = ("foundation", "intermediate", "advanced")
    return HARDER if order.index(question.level) > order.index(previous.level) else NEXT


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
        "probe": AFTER_DONT_KNOW if scene.dont_know else PROBE,
        "misconception": CHALLENGE,
        "exercise": EXERCISE,
        "deepen": DEEPEN,
        "redirect": REDIRECT,
    }.get(move.origin, ("",))
    if move.origin == "example":
        return pick(FORMULA, scene.seed, scene.turn)
    return f"{pick(leads, scene.seed, scene.turn)} {move.text}".strip()
