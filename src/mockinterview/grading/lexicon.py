"""What words mean to the grader: stems, synonyms, opposites, negations, words that carry nothing, and spelling repair.

Everything here is data and the one function that looks a word up. A word becomes a *lexeme*: a concept and a sign. Opposites are
one concept with two signs ("increases" is (more, +), "reduces" is (more, -)), so that a reversed statement is a statement whose
signs differ. The lists were written for deep-learning interviews; they name no question of the bank.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer


class Role(IntEnum):
    """What a word does in a clause."""

    CONTENT = 0
    FUNCTION = 1
    BOUNDARY = 2  # opens a new part of the clause: negation does not reach over it
    NEGATES_CLAUSE = 3  # "not", "never": the whole part is negated
    NEGATES_NEXT = 4  # "without", "non": only what follows next
    FILLER = 5  # says nothing: "basically", "i think"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A word as the grader sees it: its concept, +1 or -1, what it does, whether it is a verb and how much it can weigh."""

    concept: str
    sign: int = 1
    role: Role = Role.CONTENT
    verb: bool = False
    light: bool = False


_BOUNDARIES: Final = frozenset(
    """and or but because while whereas so if when whenever which that who where although though since unless until then thus hence
    therefore however instead rather than as whether otherwise yet except nor""".split()
)
_NEGATES_CLAUSE: Final = frozenset(
    """not no never cannot nobody none nothing nowhere neither hardly barely rarely seldom scarcely fail fails failed
    dont doesnt didnt isnt arent wasnt werent wont wouldnt cant couldnt shouldnt havent hasnt hadnt aint mustnt neednt doesent dosnt
    dosent nope unable gone n't""".split()
)
_NEGATES_NEXT: Final = frozenset("without non sans against nor lacking lacks lack absent absence".split())
_FUNCTION: Final = frozenset(
    """a an the this these those it its itself they them their he she his her we us our you your i me my one's ones oneself
    is are was were be been being am do does did done doing have has had having will would shall should can could may might must
    of in on at to from by with for into onto over under about between among through across per via within inside outside during
    toward towards upon along around near beside besides off out up down again here there what how why whose whom
    some any such other others another own same-time both too very much more-or-less quite also only just even still already
    as like e.g eg i.e ie etc vs versus cf e g s t d m re ll ve let lets means mean meaning meant called namely""".split()
)
_FILLER: Final = frozenset(
    """basically actually really simply literally obviously clearly essentially generally usually typically mostly maybe perhaps
    probably possibly well okay ok um uh hmm yeah yes yep right? think guess suppose believe know feel say saying said sure course
    please thanks thank sorry hello hi honestly personally kind sort bit lot stuff anyway anyways like? now question answer mention
    recall remember afaik imo imho nearly almost roughly pretty fairly somewhat kinda sorta certainly definitely indeed naturally""".split()
)
_LIGHT: Final = frozenset(
    """model network data use get make give take work thing way type technique method approach algorithm function value case problem
    task point go come look want need become put set system good new time possible call happen help kind allow want would part
    number amount many mean_ result form idea concept main different important process perform people person every each all
    whole first next #1 #2 apply able hold keep tell show end have contain"""
    .split()
)  # fmt: skip
_VERBS: Final = frozenset(
    """is are was were be been am do does did has have had will would can could should must may might gets get got gives give
    given makes make made takes take took taken uses use used using goes go went needs need needed works work becomes become means
    keeps keep kept helps help lets let allows allow depends depend learns learn learned learnt trains train trained training
    adds add added subtracts divides divide divided multiplies multiply computes compute computed calculates calculate predicts
    predict predicted reduces reduce reduced increases increase increased decreases decrease decreased grows grow shrinks shrink
    prevents prevent avoids avoid causes cause leads lead produces produce returns return outputs maps map turns turn converts
    convert transforms transform applies apply applied sees see seen looks look sums sum averages average normalises normalise
    normalizes normalize standardises scales scale shifts shift updates update updated moves move changes change stays stay remains
    remain holds hold fits fit passes pass passed splits split shares share stores store forgets forget remembers starts start
    ends end stops stop drops drop dropped removes remove removed ignores ignore skips skip picks pick chooses choose selects
    select compares compare measures measure tells tell shows show says captures capture extracts extract contains contain
    includes include consists represents represent describes describe happens happen vanish vanishes explode explodes saturates
    saturate overfits overfit underfits generalises generalise generalizes penalises penalise penalizes shrinks covers cover
    slides slide follows follow runs run feeds feed flows flow comes come wants want finds find tries try knows know acts act
    behaves behave improves improve hurts hurt speeds slows costs cost saves save equals equal lies lie ranges range treats treat
    decides decide controls control smooths smooth focuses focus attend attends encode encodes decode decodes pad pads padded
    puts put pushes push pulls pull squashes squeeze squeezes squash collapses collapse combines combine connects connect
    consider requires require suffers suffer loses lose doubles halves fix fixes fixed solves solve solved cures cure penalises participates participate generalises replaces replace copies copy samples draws draw
    minimises minimise minimizes maximises maximise optimises optimise optimizes converges converge oscillates diverges diverge
    cannot don't doesn't won't isn't aren't dont doesnt isnt wont cant can't didn't it's that's there's they're you're you'd
    you'll we're we'd it'll""".split()
)
# One concept each; the first word names it.
_SYNONYMS: Final = """
network net nets nn
filter kernel
weight parameter param params
sample example datapoint observation record
image picture img photo
label annotation annotate tag
feature attribute
predict prediction forecast
classify classification classifier categorise
class category
neuron unit node
average mean avg
begin start commence
loss cost
error mistake misclassify misclassified
compute calculate computation calc evaluate
remove delete discard eliminate drop throw
ignore skip disregard omit
keep retain preserve maintain remain stay
change modify alter vary
whole entire complete full
randomly random stochastic
merge combine aggregate join
multiply product multiplication
sum add plus total addition
subtract minus subtraction
gradient derivative slope grad differentiate differentiable
backprop backpropagation backpropagate
probability prob chance likelihood probable
distribution distributed
infinity infinite inf
accuracy acc accurate
sequence seq
border edge boundary rim margin
centre middle central center
position location place spot
size resolution dimension dimensional width height
output result outcome
convert transform turn
squash squeeze compress
choose select pick decide chosen
common usual typical standard
reason why
repeat again
store save
split partition cut
step timestep
quick_ rapid_
manual handcrafted manually handmade
machine computer
many several multiple lot
amount number count quantity
share shared tie tied
need require necessary must
dead die dies dying died
noise noisy
combination combine
similar alike resemble resembles
target goal objective aim
dataset corpus
sentence text document
human person people
depend rely
activate fire fires
slide sweep scan
copy duplicate
vector array
matrix matrices
level degree extent
penalty penalise penalize punish
freeze frozen froze
sparse sparsity
stable_ stability
differ vary
solve solution
attention attend
overfit overfitting memorise memorize
contain include comprise
describe define definition
information info
method technique approach
"""
# Each line: a concept, the words with sign +, the words with sign -.
_OPPOSITES: Final = """
more: increase more higher high grow rise raise amplify gain greater enlarge expand extra surge growth climb cause induce worsen aggravate upsample | decrease less fewer downsample subsample lower low reduce shrink lessen diminish fall fell mitigate prevent suppress counter counteract fight combat alleviate minimise minimize lowered reduction curb tame cure avoid
size: large big huge larger bigger wide wider enormous | small tiny little smaller tinier narrow
speed: fast quick rapid accelerate faster quicker speedup | slow slower
order: before early earlier prior first beforehand | after late later afterwards behind last final end
good: good better improve best helpful beneficial benefit | bad worse worst degrade hurt harm harmful
strong: strong powerful stronger | weak weaker
depth: deep deeper depth | shallow shallower
same: same identical equal unchanged | different distinct unequal
linear: linear linearity affine straight | nonlinear nonlinearity nonlinearities curved
possible: possible able feasible possible can | impossible unable infeasible unfeasible cannot
depends: dependent correlated depend | independent uncorrelated independently
share: shared joint tied | separate own individual separately
parallel: parallel simultaneous simultaneously concurrently | sequential sequentially serial
phase: train training | test inference testing deployment
fitting: overfit overfitting memorise memorize | underfit underfitting
pass: forward feedforward | backward backwards
extreme: maximum max maximal maximise maximize | minimum min minimal
reach: global globally | local locally
sign: positive | negative
coding: encoder encode encoding | decoder decode decoding
sparse: sparse sparsity | dense
motion: dynamic dynamically | static statically fixed frozen
convex: convex convexity | nonconvex
supervised: supervised | unsupervised
explode: explode exploding blow | vanish vanishing disappear
hard: hard difficult tough | easy easily easier
complexity: complex complicated sophisticated | simple simpler
cost: expensive costly pricey | cheap inexpensive cheaper
stable: stable stability robust steady | unstable instability
length: long longer | short shorter
distance: far distant | near close nearby
right: right correct true correctly | wrong incorrect false wrongly incorrectly untrue
always: always guaranteed guarantee | never
discrete: discrete categorical | continuous
direct: generative | discriminative
known: known familiar | unknown unfamiliar
biased: biased | unbiased
balanced: balanced | imbalanced unbalanced skewed
symmetric: symmetric symmetrical | asymmetric
padded: padded padding pad | unpadded
row: row rows horizontal | column columns
side: left | right_
top: top upper above | bottom below
"""
_NEGATABLE: Final = re.compile(
    r"un(label|supervis|stabl|bias|bound|correl|chang|normal|regular|train|structur|balanc|limit|equal|necess|import|relat|scal|weight"
    r"|shuffl|activ|pad|known|seen|use|like|certain|even|avail|reliab|interpret|fair|need|connect|tie|direct|constrain)"
)
_IRREGULAR: Final = {
    "fwd": "forward", "bwd": "backward", "enc": "encoder", "dec": "decoder", "reg": "regularisation", "init": "initialise",
    "dim": "dimension", "dims": "dimension", "rec": "reconstruction", "iters": "iteration", "iter": "iteration", "attn": "attention",
    "att": "attention", "feats": "feature", "feat": "feature", "err": "error", "errs": "error", "val": "validation", "imgs": "image",
    "clf": "classifier", "deriv": "derivative", "derivs": "derivative", "mult": "multiply", "mults": "multiply", "hid": "hidden",
    "opt": "optimiser", "eval": "evaluation", "dist": "distribution", "seqs": "sequence", "vec": "vector", "vecs": "vector",
    "mat": "matrix", "mats": "matrix", "lin": "linear", "prob": "probability", "probs": "probability", "sup": "supervised",
    "unsup": "unsupervised", "avg": "average", "temp": "temperature", "sim": "similar", "recon": "reconstruction", "num": "number",
    "comp": "compute", "expl": "explode", "bs": "batch", "wd": "decay", "coef": "coefficient", "coeffs": "coefficient", "hyp": "hyperbolic",
    "chose": "choose", "goes": "go", "grew": "grow", "grown": "grow", "fell": "fall", "fallen": "fall", "shrank": "shrink", "shrunk": "shrink",
    "rose": "rise", "risen": "rise", "learnt": "learn", "gave": "give", "given": "give", "took": "take", "taken": "take",
    "kept": "keep", "held": "hold", "lost": "lose", "made": "make", "got": "get", "went": "go", "gone": "go", "forgot": "forget",
    "forgotten": "forget", "threw": "throw", "drew": "draw", "drawn": "draw", "fed": "feed", "built": "build", "sent": "send",
    "found": "find", "wrote": "write", "written": "write", "broke": "break", "broken": "break", "began": "begin", "saw": "see",
    "thrown": "throw", "begun": "begin", "ran": "run", "left_": "leave", "knew": "know", "became": "become", "came": "come", "said": "say",
    "indices": "index", "matrices": "matrix", "losses": "loss", "maxima": "maximum",
    "minima": "minimum", "axes": "axis", "data": "data", "datum": "data", "axis": "axis", "taught": "teach", "shown": "show",
    "dying": "die", "dies": "die", "died": "die", "means": "means", "mean": "mean", "slower": "slow", "variance": "variance",
    "variances": "variance", "various": "various", "relu": "relu", "relus": "relu", "his": "his", "this": "this",
    "general": "general", "universal": "universal", "university": "university", "feet": "foot", "spent": "spend",
}  # fmt: skip
# Names that a stemmer would turn into another word, with the stem that they keep.
_NAMES: Final = {
    "transformer": "transformer", "transformers": "transformer", "boosting": "boosting", "boosted": "boosting", "boost": "boosting",
    "bagging": "bagging", "bagged": "bagging", "embedding": "embedding", "embeddings": "embedding", "biased": "biasd", "bias": "bias",
    "biases": "bias", "momentum": "momentum", "unbiased": "unbiasd", "generative": "generativ", "boosts": "boosting",
    "pooling": "pool", "ensembling": "ensembl", "news": "news", "adam": "adam", "adamw": "adamw", "tensorflow": "tensorflow",
    "positive": "positiv", "positives": "positiv", "positively": "positiv", "production": "production", "objective": "objectiv",
    "objectives": "objectiv", "identity": "identity", "separable": "separabl", "continuous": "continuous", "costly": "costly",
    "correction": "correction", "corrected": "correction", "object": "object", "objects": "object", "sequential": "sequential",
    "convergence": "converg", "divergence": "diverg", "correlated": "correlat", "correlation": "correlat",
}  # fmt: skip
_NUMBER_WORDS: Final = {
    "zero": 0, "one": 1, "once": 1, "single": 1, "two": 2, "twice": 2, "double": 2, "doubles": 2, "doubled": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "fifty": 50,
    "hundred": 100, "thousand": 1000, "million": 1_000_000, "half": 0.5, "halve": 0.5, "halves": 0.5, "halved": 0.5, "halving": 0.5,
    "quarter": 0.25, "third": 1 / 3, "zeros": 0, "zeroes": 0, "unity": 1, "ones": 1, "thirty": 30, "forty": 40, "fifteen": 15,
}  # fmt: skip
_BRITISH: Final = (
    (re.compile(r"(?<=[a-z]{3})our(?=$|s$|ed$|ing$|al$|hood|able)"), "or"),
    (re.compile(r"(?<=[a-z]{2}[^aeiou])tred$"), "tered"),
    (re.compile(r"(?<=[a-z]{2}[^aeiou])tre(?=$|s$)"), "ter"),
    (re.compile(r"^(labe|mode|cance|trave|signa|channe|leve|tota|para|penci)ll(?=ed|ing|er)"), r"\1l"),
    (re.compile(r"(?<=analy|paral)s(?=e$|ed$|es$|ing$)"), "z"),
    (re.compile(r"^grey"), "gray"),
)
_IZE: Final = re.compile(r"^([a-z]{3,}?)i[sz](?:e|ed|es|er|ers|ing|ation|ations|able)$")
_NOT_IZE: Final = re.compile(
    r"^(?:.*(?:noise|raise|wise|vise|mise|cise|prise|guise|tise|poise|cruise|bruise|praise)(?:d|s|r|rs)?|.*(?:noi|rai|vi|mi|ci|pri|ti|wi)s(?:ed|es|er|ing|able|ation))$"
)
_IS_IZE: Final = re.compile(
    r"(?:opti|mini|maxi|custo|rando|itemi|mini|memori|sanit|quanti|priorit|compart|monet|linear|dynam|atom|econo|syste|hypothe|synthe|stand)"
)
_SUFFIXES: Final = (("ifi", "if"), ("pli", "pl"), ("aliti", "al"), ("iti", "it"))


@lru_cache(maxsize=1)
def _stemmer() -> BaseStemmer:
    """Return the Snowball stemmer; it is loaded on the first word, because importing it costs a tenth of a second.

    A stemmer keeps the word that it works on, so `stem` lets one thread in at a time.
    """
    from snowballstemmer.english_stemmer import EnglishStemmer

    return EnglishStemmer()


_ONE_AT_A_TIME: Final = Lock()


@lru_cache(maxsize=60_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word, the same for British and American spelling."""
    if word in _NAMES:
        return _NAMES[word]
    word = _IRREGULAR.get(word, word)
    for pattern, american in _BRITISH:
        word = pattern.sub(american, word)
    match = _IZE.match(word)
    if match and (_IS_IZE.match(word) or not _NOT_IZE.match(word)):
        return match[1] + "iz"
    with _ONE_AT_A_TIME:
        found: str = _stemmer().stemWord(word)
    for ending, short in _SUFFIXES:
        if found.endswith(ending) and len(found) > len(ending) + 2:
            return found[: -len(ending)] + short
    return found


@lru_cache(maxsize=1)
def _concepts() -> dict[str, tuple[str, int]]:
    """Return concept and sign of every stem that has synonyms or an opposite."""
    table: dict[str, tuple[str, int]] = {}
    for line in _SYNONYMS.strip().splitlines():
        name, *others = line.split()
        for word in (name, *others):
            table.setdefault(stem(word), (stem(name), 1))
    for line in _OPPOSITES.strip().splitlines():
        name, _, sides = line.partition(": ")
        for sign, words in zip((1, -1), sides.split("|"), strict=True):
            for word in words.split():
                table[stem(word)] = (f"{name}±", sign)
    return table


def number(value: float) -> Lexeme:
    """Return the lexeme of a number; equal values are one concept, whatever their spelling (2/3 and 0.667)."""
    return Lexeme(f"#{value:.3g}", light=value in (0, 1, 2))


@lru_cache(maxsize=60_000)
def lexeme(word: str) -> Lexeme:
    """Return what a lower-case word means; the answer is the same for all spellings and forms of the word."""
    word_itself = word if word.endswith("n't") else word.partition("'")[0]
    return _listed(word) or _content(word_itself, verb=word_itself in _VERBS)


def is_content(word: str) -> bool:
    """Tell whether a lower-case word has a meaning of its own, without looking for it: much faster than its lexeme."""
    found = _listed(word)
    return found is None or found.role == Role.CONTENT


def _listed(word: str) -> Lexeme | None:
    """Return what one of the words is that bind the others or stand for a number; None for all others."""
    if "'" in word and not word.endswith("n't"):
        word, _, rest = word.partition("'")
        return Lexeme("", 1, Role.FUNCTION, verb=True) if rest != "s" or word in _FUNCTION else _listed(word)
    verb = word in _VERBS
    if word in ("cannot", "cant", "can't", "impossible", "unable", "couldnt"):
        return Lexeme("possible±", -1, Role.NEGATES_CLAUSE, verb=True, light=True)
    if word in _NEGATES_CLAUSE or word.endswith("n't"):
        return Lexeme("", 1, Role.NEGATES_CLAUSE, verb)
    if word in _NEGATES_NEXT:
        return Lexeme("", 1, Role.NEGATES_NEXT)
    if word in _BOUNDARIES:
        return Lexeme("", 1, Role.BOUNDARY)
    if word in _FUNCTION or word in _FILLER:
        return Lexeme("", 1, Role.FUNCTION if word in _FUNCTION else Role.FILLER, verb)
    if word in _NUMBER_WORDS:
        return number(_NUMBER_WORDS[word])
    return None


def _content(word: str, *, verb: bool) -> Lexeme:
    sign = 1
    root = stem(word)
    if root not in _concepts():
        if word.startswith("non") and len(word) > 6:
            root, sign = stem(word[3:].lstrip("-")), -1
        elif _NEGATABLE.match(word):
            root, sign = stem(word[2:]), -1
    concept, own = _concepts().get(root, (root, 1))
    return Lexeme(concept, own * sign, Role.CONTENT, verb, light=root in _light() or concept in _light())


@lru_cache(maxsize=1)
def _light() -> frozenset[str]:
    return frozenset(stem(word) if word[0] != "#" else word for word in _LIGHT)


def is_known(word: str) -> bool:
    """Tell whether the word is one that this file lists; such words are never repaired."""
    return word in _KNOWN or stem(word) in _concepts()


_KNOWN: Final = (
    _BOUNDARIES | _NEGATES_CLAUSE | _NEGATES_NEXT | _FUNCTION | _FILLER | _LIGHT | _VERBS | _NUMBER_WORDS.keys() | _IRREGULAR.keys()
)
