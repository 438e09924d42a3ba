"""The plain numbers of the embedded grader, all in one place, each with its reason.

The weights of the lexical regression were fitted by `evals/train/lexical.py`: on the gold answers of the train questions and on the bank
itself (each `says` taken out of its question and matched against what remains, thinned, or made wrong). The thresholds of the
verdicts were chosen on the gold answers of the parts `train` and `combine`; the part `test` was not looked at.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Final, NamedTuple

from mockinterview.models import Verdict

# --- how much a concept counts --------------------------------------------------------------------------------------
GIVEN_AWAY: Final = 0.35  # of the weight of a word that the question already said; not 0: it still tells of what one speaks
LITTLE: Final = 0.5  # a saying of one word that weighs less is not matched by words: that word alone would be all of it
LIGHT: Final = 0.45  # of the weight of a word that many sentences about networks contain ("model", "use", "one")
SPREAD_LOSS: Final = 0.6  # what a word loses that occurs in every point of the question
MISCONCEPTION_SPREAD: Final = 0.3  # a misconception counts this much of a point when a word's spread is counted
FOREIGN_WEIGHT: Final = 0.6  # of a content word that the question's references do not contain
SMOOTHING: Final = 0.3  # added to counts of references when the typical words of a point are found
MAX_AFFINITY: Final = 3.0  # e^3: said twenty times more often here than elsewhere; more is no stronger sign
# A different number is held against the answer where so many references, and so large a share of them, have the same one.
SHARED_NUMBER: Final = 3
NUMBER_SHARE: Final = 0.3

# --- spelling -------------------------------------------------------------------------------------------------------
SAME_FAMILY: Final = 0.6  # share of common letter triples from which two stems count as one family (convolv-, convolut-)
WORDLIKE: Final = 0.6  # share of an unknown word's letter triples that the bank's words must have

# --- matching -------------------------------------------------------------------------------------------------------
LONG_SENTENCE: Final = 45  # words; longer sentences are not matched as a whole, as too much fits into them
TIE: Final = 0.5  # weight of precision against recall when the references to look at are chosen
ROUGHLY: Final = 0.25  # rough score (recall and half the precision) below which a reference has nothing to do with a window
CLOSE_LOOKS: Final = 2  # references per window and target that are looked at closely; a third one changes nothing
# Probability below which a sentence that resembles no target more is chatter, and not read: of small talk three in four, of real
# sentences one in twenty-five (gold answers to the combine questions).
CHATTER: Final = 0.15
LEAST_LIKELY: Final = 0.22  # probability that a closer look must be able to reach; it lies below all thresholds of verdicts
MOST_OF_IT: Final = 0.65  # share of a contradicting stretch's recall that a clause within it needs to stand by itself
AROUND: Final = 2  # clauses before and after a window that are its context
AS_CLOSE: Final = 0.85  # a reference counts as worded as closely as the closest one from this share of its probability
TELLING_FORMULA: Final = 3  # names, numbers and functions from which the agreement of a formula says enough by itself
FORMULA_WRONG: Final = 0.75  # probability that a formula over the same quantities with another value means the point's
VERBATIM: Final = 0.985  # share of both sides from which a window *is* the reference, and the probability that it then means it
FORMULA_ALONE: Final = 0.93  # probability of a point whose formula is there by value, whatever the words around it
IDLE_NUMBERS: Final = frozenset({"#1", "#0", "#2"})  # too common in speech ("one of them") to be held against an answer


@dataclass(slots=True)
class Features:
    """Why a window states a target, or not: shares between 0 and 1, but for the sums in `affinity`, `margin`, `key` and `mass`.

    None of them knows the answer's length: they look at one clause, pair or sentence.
    """

    recall: float = 0.0  # of the reference's weight, the share that the window has too, whatever the polarity
    precision: float = 0.0  # of the window's weight, the share that the reference has too
    mass: float = 0.0  # the weight that window and reference share
    shared: int = 0  # how many concepts they share
    affinity: float = 0.0  # how typical the window's words are of the target, over all its references
    margin: float = 0.0  # affinity less that of the target next to it
    key: float = 0.0  # how much of what most references of the target, and few of others, contain is in the window
    formula: float = 0.0  # 1: a telling formula of the target is there, by value; 0.5: a short one or one of others, too
    context: float = 0.0  # the share of the words around the window that the question knows
    order: float = 0.0  # of the reference's neighbouring words that both have, the share that are neighbours in the window
    bound: int = 0  # how many of the reference's opposites ("less" beside "variance") the window has beside the same word
    crossed: int = 0  # how many it has beside the same word with the other sign
    sign_clash: float = 0.0  # of the shared weight, the share with opposite sign (negation, direction)
    clash_mass: float = 0.0  # the weight of the shared words with opposite sign
    flip: float = 0.0  # 1: at least one shared word has the opposite sign
    against: float = 0.0  # the weight of typical words that the window has in the polarity that no reference has
    reversed: float = 0.0  # 1: the same things are compared the other way round
    role_clash: float = 0.0  # of the shared weight, the share that is said of another thing
    number_clash: float = 0.0  # 1: another number stands where an essential one belongs
    number_miss: float = 0.0  # 1: another number stands where the reference has one
    number_replaced: float = 0.0  # 1: worded like the reference, but for a number
    formula_clash: float = 0.0  # 1: a formula over the same quantities with another value
    rival: float = 0.0  # how much more probably the window states a misconception (of a point) or a point (of a misconception)


TOPIC_FEATURES: Final = "constant precision align2 root_affinity key order bound small_mass shared formula margin context".split()
_TOPIC: Final[dict[tuple[str, bool], tuple[float, ...]]] = {
    # kind, whether the target brings `says`
    ("point", True): (-4.94, 0.3, 5.14, 0.65, 0.93, 0.64, 0.46, 0, 1.2, 1.88, 1.6, 0.89),
    ("misconception", True): (-5.46, 0.72, 2.83, 0.11, 0.25, 0.66, 1.54, 0, 2.07, 2.78, 2.74, 0.68),
    ("point", False): (-3.33, 0.07, 4.15, 0.6, 0, 0.27, 0.5, 0.28, 1.26, 3.11, 0.39, 1.31),
    ("misconception", False): (-4.72, 0, 3.45, 0, 0.18, 0.56, 1.54, 0, 2.24, 1.83, 1.43, 1.63),
}
CONFLICT_FEATURES: Final = (
    "constant align sign_clash flip flip_align flip_align2 sign_align clash_mass against reversed role role_align role_mass"
    " number_clash number_miss number_replaced formula_clash crossed crossed_share"
).split()
_CONFLICT: Final[tuple[float, ...]] = (
    -0.31,
    -1.18,
    0.52,
    0.35,
    -2.06,
    6.15,
    -1.77,
    0.16,
    1.17,
    1.84,
    0.53,
    2.95,
    0.38,
    0.18,
    2.35,
    2.3,
    2.4,
    2.05,
    -0.07,
)


def topic_features(f: Features) -> tuple[float, ...]:
    """Return what the lexical regression weighs, in the order of TOPIC_FEATURES."""
    align = 2 * f.recall * f.precision / (f.recall + f.precision + 1e-9)
    return (
        1.0, f.precision, align * align, math.sqrt(min(f.affinity, 8.0)), min(f.key, 2.0), f.order, min(f.bound, 3) / 3,
        min(f.mass, 1.2), min(f.shared, 5) / 5, f.formula, max(-1.0, min(f.margin / 4, 1.0)), f.context,
    )  # fmt: skip


def conflict_features(f: Features) -> tuple[float, ...]:
    """Return what tells a statement from its opposite, in the order of CONFLICT_FEATURES.

    A clash means much where window and reference are worded alike, and little where they hardly overlap.
    """
    align = 2 * f.recall * f.precision / (f.recall + f.precision + 1e-9)
    return (
        1.0, align, f.sign_clash, f.flip, f.flip * align, f.flip * align * align, f.sign_clash * align, min(f.clash_mass, 3.0),
        min(f.against, 3.0), f.reversed, f.role_clash, f.role_clash * align, f.role_clash * min(f.mass, 3.0), f.number_clash,
        f.number_miss * align, f.number_replaced, f.formula_clash, min(f.crossed, 3) / 3, f.crossed / (f.crossed + f.bound + 0.5),
    )  # fmt: skip


def topic(f: Features, kind: str, has_says: bool) -> float:
    """Return the probability that the window speaks of the target, whether or not it says the right thing about it."""
    words = _logistic(sum(map(operator.mul, _TOPIC[kind, has_says], topic_features(f))))
    if min(f.recall, f.precision) > VERBATIM and (f.order > VERBATIM or f.shared < 2):
        return max(words, VERBATIM)
    if f.formula == 1.0:
        return max(words, FORMULA_ALONE)
    return max(words, FORMULA_WRONG) if f.formula_clash else words


def conflict(f: Features) -> float:
    """Return the probability that a window that speaks of the target says the opposite of it."""
    return _logistic(sum(map(operator.mul, _CONFLICT, conflict_features(f))) + CONFLICT_PRIOR + RIVAL * f.rival)


CONFLICT_PRIOR: Final = 0.0  # contradictions are rarer among answers than among the pairs that the weights were fitted on
RIVAL: Final = 6.0
SAME_WORDING: Final = 0.8  # share of the words from which a window is "worded like" a reference


def doubted(probability: float, share: float, beliefs: float) -> float:
    """Return the probability of a contradiction in the light of the answer's other points: the share that it contradicts, and beliefs."""
    if not 0 < probability < 1:
        return probability
    raised = DOUBT * max(share - DOUBT_FROM, 0.0) + DOUBT_BELIEF * beliefs
    return _logistic(math.log(probability / (1 - probability)) + raised)


DOUBT: Final = 2.7  # fitted: how the logit of a contradiction grows with the share of other points contradicted ...
DOUBT_FROM: Final = (
    0.25  # ... beyond what a mostly right answer has; it is never lowered, as one wrong fact may stand among right ones
)
DOUBT_BELIEF: Final = 0.4  # ... and with the misconceptions stated


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-max(z, -500.0)))


# --- verdicts -------------------------------------------------------------------------------------------------------
HIT: Final = 0.42  # probability from which a point is a hit
PARTIAL: Final = 0.28  # ... a partial
CONTRADICTED: Final = 0.38  # probability of the opposite from which a point is contradicted
BELIEF: Final = 0.42  # probability from which a misconception counts as stated: it costs points, so it needs more than a hit
NEVER: Final = 2.0


class Thresholds(NamedTuple):
    """From which probabilities a verdict is given."""

    hit: float
    partial: float  # of the probability of a hit or a partial
    contradicted: float

    def verdict(self, hit: float, partial: float, contradicted: float) -> Verdict:
        """Return the verdict for the probabilities of a hit, of a partial and of the opposite.

        What is likelier contradicted than said earns nothing, but a candidate is told so only where it is likelier than all else.
        """
        if contradicted >= self.contradicted and contradicted > hit:
            return "contradicted" if contradicted >= TOLD else "miss"
        return "hit" if hit >= self.hit else "partial" if hit + partial >= self.partial else "miss"


TOLD: Final = 0.5  # of what is told to be contradicted, 68 % was (combine questions); from the fitted threshold on, 58 %
BY_WORDS: Final = {"point": Thresholds(HIT, PARTIAL, CONTRADICTED), "misconception": Thresholds(BELIEF, NEVER, NEVER)}
BARE_ALIGN: Final = 0.72  # how alike a row of bare words must be to a reference to count
FEW: Final = 4  # words of a bare row that may stand in any order ("batch, height, width, channels")
BARE_ORDER: Final = 0.5  # and how much of its order it must have
UNRELATED: Final = 0.25  # an answer is off topic where no point or misconception is more probably spoken of than this

# --- gate -----------------------------------------------------------------------------------------------------------
# How much more alike a sentence must be to the correction of a belief than to the belief, to be taken for it: 1 of 237 beliefs held
# in the gold answers to the train and combine questions is lost by it.
CORRECTED: Final = 0.1
# Share of the words that seem to state a belief from which on they state points instead, if those are surer: of 330 beliefs held and
# told in answers to the train and combine questions 1 has so many of them, of the 19 told and not held none.
COVERED: Final = 0.5
ADMITTING: Final = 3  # ways of saying a point that admit ignorance, from which on a question asks for just that
TELLING_ALONE: Final = 0.15  # share of the ways to say a point that have a word, from which on it says something as the only one
ASIDE: Final = 4  # concepts that a clause with "I don't know" may have and still be only that
ECHO_WORDS: Final = 3  # content words from which a clause can be an echo
ECHO: Final = 0.85  # share of a clause's concepts that must be the question's
ECHO_OF_QUESTION: Final = 0.75  # share of the question's concepts that must be in the clause
REAL_WORDS: Final = 0.5  # share of words that must look like words
REPEATED_WORDS: Final = 8  # words from which repetition is looked at
REPETITION: Final = 0.25  # share of different words below which an answer is mere repetition
BARE_WORDS: Final = 8  # content words from which a clause can be bare; of 9,000 says of the bank 26 are
BARE_RELATED: Final = 0.15  # share of verbs, function words and signs of relation
BARE_SHARE: Final = 0.6  # share of bare clauses that makes an answer a keyword list
ITEM_WORDS: Final = 3  # words that an item of a keyword list has at most
LIST_ITEMS: Final = 9
BAG_ITEMS: Final = 6  # single words between commas from which an answer is a bag of words, whatever words they are
BAG_SHARE: Final = 0.8
LIST_SHARE: Final = 0.7
NOTES: Final = 2  # arrows and equations from which a row of short items is notes that state something ...
ITEMS_OF_NOTE: Final = 3  # ... if there are as many items for each of them
LIST_FUNCTIONS: Final = 0.25  # share of verbs and function words below which a list of short items says nothing
BROKEN_PAIRS: Final = 2  # "the of", "in is"; 0.7 % of the model answers have two, 97 % of the shuffled ones
BROKEN_SHARE: Final = 0.12
ENOUGH_PAIRS: Final = 20_000  # pairs of small words from which a bank tells what does not occur; the shipped one has 31,000
ODD_PAIRS: Final = 4  # pairs that never occur in the bank, where it may be shuffled
ODD_SHARE: Final = (
    0.23  # their share, if one pair is broken as well: of real answers 0.3 % have it, of shuffled ones of 60 words nearly all
)
ODD_ALONE: Final = 0.55  # their share without a broken pair; people who chat have 0.1 on average, some 0.5
SHORT_DENIAL: Final = 9  # words that a clause like "but that is wrong" has at most
FOREIGN_SCRIPT: Final = 0.3  # share of letters
FOREIGN_WORDS: Final = 2
FOREIGN_SHARE: Final = 0.12
FOREIGN_LEAD: Final = 1.5
