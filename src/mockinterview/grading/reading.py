"""Reads text: cuts an answer into clauses (with their places in the original) and turns a clause into signed concepts.

This file hides everything about spelling: Unicode, LaTeX, code, spoken phrases, negation and its reach.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mockinterview.grading.formulas import Formula, Span, formulas_in, spoken_to_symbols
from mockinterview.grading.lexicon import Lexeme, Role, lexeme, number

LONG_CLAUSE: Final = 26  # words; a longer stretch without punctuation is cut, so that evidence stays a quote one can check
JOINED_WORDS: Final = 2  # spaces that a statement beside a comma has at least: three words
WRAPPED_LINE: Final = 55  # characters from which a line is taken for wrapped text and not for a note
RECENT: Final = 500  # texts of the bank whose readings are kept: those of a few questions
MAX_ANSWER: Final = 20_000  # characters that are read; nobody types more, and hostile input stays cheap

Resolve = Callable[[str], Lexeme]


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of the answer: `text` is `answer[start:end]`; clauses of one sentence share its number."""

    start: int
    end: int
    text: str
    sentence: int


@dataclass(frozen=True, slots=True)
class Token:
    """A content word: its concept and sign (negation included), and the part of the clause in which it stands."""

    concept: str
    sign: int
    part: int
    light: bool = False


Comparison = tuple[frozenset[str], str, int, frozenset[str]]  # what, is more or less what, sign, than what


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clause says. `signs` has each concept once: +1, -1, or 0 where the clause has both."""

    tokens: tuple[Token, ...]
    signs: dict[str, int]
    formulas: tuple[Formula, ...]
    words: int
    functions: int
    verbs: int
    negations: int
    compared: tuple[Comparison, ...] = ()
    refers: bool = True  # it opens with a word that refers back ("it", "this", "so")

    @property
    def numbers(self) -> frozenset[str]:
        """The concepts that are numbers or shapes such as 5x5."""
        return frozenset(c for c in self.signs if c[0] == "#")


# --- normalising ----------------------------------------------------------------------------------------------------

_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta", "λ": "lambda", "μ": "mu",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ω": "omega", "Σ": "sum ", "∑": "sum ", "Π": "prod ", "∏": "prod ",
    "∞": "infinity", "∂": "d", "∇": "grad ", "√": "sqrt ", "×": " x ", "·": " * ", "⋅": " * ", "÷": "/", "−": "-", "–": "-", "—": " - ",
    "≤": " <= ", "≥": " >= ", "≠": " is not ", "≈": " ~ ", "→": " gives ", "⇒": " gives ", "←": " = ", "½": "0.5", "⌊": "floor(",
    "⌋": ")", "⌈": "ceil(", "⌉": ")", "²": "^2", "³": "^3", "⁻¹": "^-1", "’": "'", "‘": "'", "“": '"', "”": '"', "…": " ",
    "ŷ": "yhat", "x̂": "xhat", "∈": " in ", "⊂": " subset ", "⊆": " subset ", "∝": " proportional ", "±": " plus-minus ", "⊙": " * ", "∘": " hadamard ",
}  # fmt: skip
_GREEK_AT: Final = re.compile("|".join(map(re.escape, sorted(_GREEK, key=len, reverse=True))))
_LATEX_WORDS: Final[dict[str, str]] = {
    "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "approx": "~", "to": " gives ", "rightarrow": " gives ", "Rightarrow": " gives ",
    "infty": "infinity", "lfloor": "floor(", "rfloor": ")", "lceil": "ceil(", "rceil": ")",
}  # fmt: skip
_LATEX: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"\\(?:d|t)?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\sqrt\s*\{([^{}]*)\}"), r"sqrt(\1)"),
    (re.compile(r"\\(?:text|mathrm|mathbf|mathbb|operatorname|textbf|textit|hat|bar|tilde|vec|boldsymbol)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:cdot|times|ast)\b"), " * "),
    (re.compile(r"\\(?:leq?|geq?|approx|to|rightarrow|Rightarrow|infty|lfloor|rfloor|lceil|rceil)\b"), lambda m: _LATEX_WORDS[m[0][1:]]),
    (re.compile(r"\\(?:left|right|big|Big|quad|,|;|!|\s)"), " "),
    (re.compile(r"_\{([^{}]*)\}"), lambda m: "_" + re.sub(r"[^A-Za-z0-9]", "", m[1])),
    (re.compile(r"\^\{([^{}]*)\}"), r"^(\1)"),
    (re.compile(r"\\([A-Za-z]+)"), r"\1"),
    (re.compile(r"[{}$\\]"), " "),
)  # fmt: skip
_ARROW: Final = re.compile(r"-+>|=+>")
_PHRASES: Final = {
    "stochastic gradient descent": "sgd", "learning rates?|lrs?|step size": "learningrate", "neural networks?|neural nets?|nns?": "network",
    "deep learning": "deeplearning", "dl": "deeplearning", "machine learning|ml": "machinelearning",
    "artificial intelligence": "ai", "conv(?:olutional)?[ -](?:neural )?net(?:work)?s?|convnets?|cnns": "cnn",
    "recurrent (?:neural )?net(?:work)?s?|rnns": "rnn", "lstms": "lstm", "grus": "gru", "gans": "gan",
    "fully[ -]connected(?: layers?)?|dense layers?|fc(?: layers?)?": "denselayer", "feed[ -]forward": "feedforward",
    "over[ -]fit(s|ting|ted)?": r"overfit\1", "under[ -]fit(s|ting|ted)?": r"underfit\1", "mini[ -]batch(es|ing)?": r"minibatch",
    "cross[ -]entropy": "crossentropy", "mean squared error": "mse", "batch[ -]?norm|bn": "batch normalisation",
    "layer[ -]?norm|ln": "layer normalisation", "instance[ -]?norm": "instance normalisation", "group[ -]?norm": "group normalisation",
    "held[ -]out|hold[ -]out": "heldout", "at the same time|at once": "simultaneous", "gd": "gradient descent", "conv": "convolution", "convs": "convolutions", "ce": "crossentropy",
    "nll": "negative log likelihood", "aug": "augmentation", "wd": "weight decay", "bs": "batch size", "ae": "autoencoder", "aes": "autoencoder",
    "sig": "sigmoid", "lrelu": "leaky relu", "gbdts?|gbms?": "gradient boosted trees", "rf": "random forest", "ds": "dataset",
    "logreg|log reg": "logistic regression", "linreg|lin reg": "linear regression", "mae": "mean absolute error", "dof": "degree of freedom",
    "one after (?:another|the other)|one by one|in sequence|one at a time|in turn": "sequential",
    "(?:go|goes|going|went) up": "increases", "(?:go|goes|going|went|come|comes|brings?|drives?|drove|pushe?s?) down": "decreases",
    "speed(?:s|ed|ing)? up": "accelerate", "slow(?:s|ed|ing)? down": "slow", "bl(?:ow|ows|ew|own|owing) up": "explode",
    "dies? out|died out": "vanish", "due to|because of|cuz|coz|bc|b/c|cause of": "because", "in order to": "to", "as well(?: as)?": "and",
    "such as|for (?:example|instance)|e\\.g\\.?|i\\.e\\.?": " ", "not (?:only|just|merely|simply|necessarily)": "also",
    "no matter|regardless of": "whatever", "no longer": "not", "no doubt|no wonder|no problem": " ",
    "instead of|rather than|as opposed to|free of|in place of": "without", "in contrast to|unlike|compared (?:to|with)": "while",
    "w/o": "without", "w/": "with", "and/or": "or", "is equal to": "equals", "(?:kind|sort) of": " ", "data sets?": "dataset",
    "time[ -]steps?": "timestep", "data points?": "datapoint", "hyper[ -]parameters?|hparams?": "hyperparameter",
    "soft[ -]max": "softmax", "drop[ -]out": "dropout", "back[ -]?prop(?:agation)?": "backprop", "self[ -]attention": "self attention",
    "pre[ -]train(ed|ing)?": r"pretrain\1", "fine[ -]tun(e|ed|ing)": r"finetun\1", "down[ -]sampl(e|es|ed|ing)": r"downsampl\1",
    "up[ -]sampl(e|es|ed|ing)": r"upsampl\1", "zero[ -]cent(?:er|re)d": "zerocentered", "non[ -](?=[a-z]{4})": "non", "un[ -](?=[a-z]{4})": "un",
    "one another|each other": " ", "the other way (?:a)?round|vice versa": " ", "whether or not|or not|why not|if not": " ",
    "don'?t know|do not know|no idea": " ", "rectified linear units?|rectifier": "relu", "l ?1": "l1", "l ?2": "l2", "all over": " ",
    "([a-z]{3,})-free": r"sans \1", "not sure(?: if| whether| that)?": " ", "can not": "cannot", "more or less": " ", "at all": " ", "of course": " ", "right now|right away|right after": "after",
    "per ?cent": "%", "lower ?case": "lowercase", "have to|has to": "need", "a lot(?: of)?|lots of|plenty of": "many",
}  # fmt: skip
_PHRASE: Final = re.compile(
    rf"(?<![a-z0-9])(?:{'|'.join('(?:' + p.replace('(?', chr(0)).replace('(', '(?:').replace(chr(0), '(?') + ')' for p in _PHRASES)})(?![a-z0-9])"
)
_SHAPE: Final = re.compile(
    r"\b(\d+|one|two|three|four|five|six|seven|eight|nine|ten|[a-z](?= (?:x|by) [a-z]\b)) ?(?:x|by) ?"
    r"(\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b(?! ?[*=+/])"
)
_NEGATIVE: Final = re.compile(
    r"(^|\b(?:to|from|between|is|gives|gets|get|becomes|range|of) )(?:minus|negative) (\d|one\b|two\b|infinity\b)"
)
_DIGITS: Final = dict(zip("zero one two three four five six seven eight nine ten".split(), map(str, range(11)), strict=True))
_TOKEN: Final = re.compile(
    r"#[\dx.]+|-?\d+(?:,\d{3})+|(?:(?<![\w)])-)?(?:\d+(?:\.\d+)?|\.\d+)(?:e-?\d+|[kmb]\b|(?=[a-z]))? ?%?|[a-z]+(?:_[a-z0-9]+)*(?:'[a-z]+)?\d*|[,:;()?!]|\.(?= )"
)
_FRACTION: Final = re.compile(r"(?<![\w./])(\d{1,15}) ?/ ?(\d{1,15})(?![\w/.])")
_SCALE: Final = {"k": 1e3, "m": 1e6, "b": 1e9}


def normalise(text: str) -> str:
    """Return the text in lower-case ASCII as far as it has such a form: NFKC, LaTeX, Greek letters, arrows, set phrases."""
    if not text.isascii():
        text = _GREEK_AT.sub(lambda m: _GREEK[m[0]], text)
        text = unicodedata.normalize("NFKC", text)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if "\\" in text or "$" in text or "{" in text:
        for pattern, replacement in _LATEX:
            text = pattern.sub(replacement, text)
    text = _ARROW.sub(" gives ", text.replace("`", " ").replace("**", "^") if "`" in text or "**" in text else text).lower()
    return _phrases(" ".join(text.replace("@", " matmul ").split()))


_SIGN: Final = re.compile(r"([<>])=? ?0(?![\d.])")
_NEW_SUBJECT: Final = re.compile(
    r"(?<=[a-z0-9]) (?=(?:it|they|we|you|i|he|she)(?: (?:is|are|was|were|has|have|had|can|could|do|does|did|will|would|should|must|may|might|cannot|can't|don't|doesn't|didn't|isn't|aren't|won't)\b|'[a-z])"
    r"|i (?:think|guess|believe|suppose)\b)|(?<=\bno) (?=its\b)"
)


def _phrases(text: str) -> str:
    if "0" in text:
        text = _SIGN.sub(lambda m: " positive " if m[1] == ">" else " negative ", text)
    text = _NEW_SUBJECT.sub(" , ", text)  # "data it has not seen": the negation does not reach back over a new subject
    text = _PHRASE.sub(lambda m: _replacement(m[0]), text)
    if "minus " in text or "negative " in text:
        text = _NEGATIVE.sub(lambda m: f"{m[1]}-{_DIGITS.get(m[2], m[2])}", text)
    return _SHAPE.sub(lambda m: f" #{_DIGITS.get(m[1], m[1])}x{_DIGITS.get(m[2], m[2])} ", text)


@lru_cache(maxsize=2048)
def _replacement(phrase: str) -> str:
    """Return what stands for a set phrase; the groups of its pattern are filled in."""
    matches = ((re.fullmatch(pattern, phrase), new) for pattern, new in _PHRASES.items())
    return next((match.expand(new) for match, new in matches if match), phrase)


# --- clauses --------------------------------------------------------------------------------------------------------

_CUT: Final = re.compile(
    r"""(?=[.!?;:,\s•])(?:(?P<sentence>(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)(?<!\bcf)(?<!\bca)(?<!\bresp)[.!?]+["')\]*]*(?=\s|$)|;|•)
    |(?P<line>(?<![ \t])[ \t]*\r?\n\s*(?P<mark>(?:[-*•·+]|\(?(?:\d+|[a-h])[.)]|\#+)\s+)?)
    |(?P<clause>,\s+(?=(?:but|because|while|whereas|so|which|and|then|since|although|though|where|if|when|it|its|it's|this|that|there|you
      |we|they|he|she|not|the|a|an|thus|hence|therefore|however|unlike|otherwise|i|yet|or|for|as|with|without|no)\b)
    |(?<!\s)\s+(?=[bwasthm])(?=(?:because|whereas|while|but|although|so\ that|therefore|which\ means|meaning|since|hence|thus
      |so\ (?:the|a|an|it|you|we|they|each|every|no|all|there|that|this|only|gradients?|weights?)
      |to\ (?:avoid|prevent|reduce|fight|combat|lower|improve|stop|make|keep|get))\b)
    |(?P<comma>,\s+)|(?P<and>(?<!\s)\s+(?=(?:and|or)\s+(?P<next>[a-z']+)))
    |(?<!\s)\s+(?:--+|—|–)\s+|(?<=[a-z]{2})\s+-\s+(?=[a-zA-Z]{2})|:\s+))""",
    re.VERBOSE | re.IGNORECASE,
)
_BULLET: Final = re.compile(r"\s*(?:[-*•·]|\(?\d+[.)])\s+")
_STRETCH: Final = re.compile(r"[^,;.!?\n]*")
_SPARE: Final = re.compile(r"\s(?=(?:and|so|then|which|or|because|that|if|when)\b)", re.IGNORECASE)
_TRIM: Final = " \t\r\n,;:*•·>|\u00a0\u200b\ufeff"


def clauses(answer: str) -> list[Clause]:
    """Return the clauses of an answer in order, each a verbatim piece of it; clauses without a letter or digit are left out.

    A single line break ends a sentence where the line is short, as in notes; in wrapped text it is a space.
    """
    found: list[Clause] = []
    text = answer[:MAX_ANSWER]
    bullet = _BULLET.match(text)
    start, sentence = bullet.end() if bullet else 0, 0
    for match in _CUT.finditer(text):
        if match["clause"] and match["clause"][0] == ":" and len(text[start : match.start()].split()) <= 3:
            continue  # "Bagging: ..." is a label, not a clause
        if match["line"] and _is_wrapped(text, match):
            continue
        if (match["comma"] or match["and"]) and not _is_joint(text, start, match):
            continue
        found += _pieces(text, start, match.start(), sentence)
        start = match.end()
        sentence += not match["clause"]
    found += _pieces(text, start, len(text), sentence)
    return found


def _is_joint(text: str, start: int, joint: re.Match[str]) -> bool:
    """Tell whether a comma or an "and" joins two statements and not two words: both sides are long enough, "and" leads to a verb."""
    if joint["and"] and not lexeme(joint["next"].lower()).verb:
        return False
    after = _STRETCH.match(text, joint.end())
    if after is None or after[0].count(" ") < JOINED_WORDS:
        return False
    return text[start : joint.start()].count(" ") >= JOINED_WORDS


def _is_wrapped(text: str, break_: re.Match[str]) -> bool:
    """Tell whether a line break only wraps a long line: no bullet or empty line follows, and the line before is long and open."""
    line = text[text.rfind("\n", 0, break_.start()) + 1 : break_.start()]
    return not break_["mark"] and break_["line"].count("\n") == 1 and len(line) >= WRAPPED_LINE and line[-1] not in ".:;!?"


def _pieces(text: str, start: int, end: int, sentence: int) -> Iterable[Clause]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip(_TRIM))
    piece = piece.strip(_TRIM)
    if not any(map(str.isalnum, piece)):
        return
    if piece.count(" ") < LONG_CLAUSE:
        yield Clause(start, start + len(piece), piece, sentence)
        return
    middle = _middle(piece)
    yield from _pieces(text, start, start + middle, sentence)
    yield from _pieces(text, start + middle, start + len(piece), sentence)


def _middle(piece: str) -> int:
    """Return where to cut a long stretch: at a conjunction near its middle, else at the space nearest to it."""
    half = len(piece) // 2
    places = [m.start() + 1 for m in _SPARE.finditer(piece, len(piece) // 5, len(piece) * 4 // 5)]
    spaces = [m.start() + 1 for m in re.finditer(r"\s", piece) if m.start() > 0]
    return min(places or spaces, key=lambda at: abs(at - half))


# --- reading one clause ---------------------------------------------------------------------------------------------


def read(text: str, resolve: Resolve = lexeme) -> Reading:
    """Return what a piece of text says. `resolve` looks a word up; it may repair spelling against a question's words."""
    plain = normalise(text)
    formulas, spans = formulas_in(plain)
    return _Reader(resolve).read(_without(plain, spans), formulas)


def _without(plain: str, spans: tuple[Span, ...]) -> str:
    """Return the text without the letters and operators of its formulas; words and numbers in them still count as words."""
    if not spans:
        return plain
    rewritten = spoken_to_symbols(plain)
    pieces, at = [], 0
    for start, end, symbolic in spans:
        noise = _SYMBOLS if symbolic else _OPERATORS
        pieces += [rewritten[at:start], " ", noise.sub(" ", rewritten[start:end]), " "]
        at = end
    return "".join([*pieces, rewritten[at:]])


def _comparison(tokens: Sequence[Token], than: int) -> tuple[Comparison, ...]:
    """Return what is compared with what: the last opposite word before "than" ("faster"), and the words before and after."""
    measures = [t for t in tokens[max(than - 3, 0) : than] if t.concept.endswith("±")]
    if not measures:
        return ()
    before = frozenset(t.concept for t in tokens[:than] if t is not measures[-1])
    return ((before, measures[-1].concept, measures[-1].sign, frozenset(t.concept for t in tokens[than : than + 4])),)


_REFERS: Final = re.compile(
    r"\W*(?:it|its|they|them|their|this|that|these|those|which|here|so|and|then|also|thus|hence|but|because|both|each|such|there|the (?:former|latter|first|second|other))\b"
)
_SYMBOLS: Final = re.compile(r"\b[a-z]{1,2}\d?\b|\d[\d.,]*[a-z]?|[^a-z_ ]")
_OPERATORS: Final = re.compile(r"(?<![\d.,])-(?=\d)|[^a-z0-9_ .,-]| - ")


@lru_cache(maxsize=RECENT)
def read_whole(text: str) -> Reading:
    """Return what a text of several clauses says, as one reading. A question put in other words still says most of the same."""
    readings = [read(clause.text) for clause in clauses(text)] or [read(text)]
    tokens: list[Token] = []
    for reading in readings:
        first = tokens[-1].part + 1 if tokens else 0
        tokens += [Token(t.concept, t.sign, t.part + first, t.light) for t in reading.tokens]
    counts = [sum(column) for column in zip(*((r.words, r.functions, r.verbs, r.negations) for r in readings), strict=True)]
    formulas = tuple(f for r in readings for f in r.formulas)
    compared = tuple(c for r in readings for c in r.compared)
    return Reading(tuple(tokens), _signs(tokens), formulas, counts[0], counts[1], counts[2], counts[3], compared)


def _signs(tokens: Iterable[Token]) -> dict[str, int]:
    signs: dict[str, int] = {}
    for token in tokens:
        signs[token.concept] = token.sign if signs.get(token.concept, token.sign) == token.sign else 0
    return signs


class _Reader:
    """Walks over the words of one clause and keeps track of what is negated."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.tokens: list[tuple[str, int, int, bool]] = []
        self.flipped: set[int] = set()  # parts of the clause whose verb is negated
        self.part = self.next_negated = self.words = self.functions = self.verbs = self.negations = 0
        self.too = False
        self.than: int | None = None  # how many content words stand before "than"

    def read(self, text: str, formulas: tuple[Formula, ...]) -> Reading:
        if "/" in text:
            text = _FRACTION.sub(lambda m: f"{int(m[1]) / max(int(m[2]), 1):.4g}", text)
        for match in _TOKEN.finditer(text):
            word = match[0]
            first = word[0]
            if first.isalpha():
                self._word(word)
            elif first in ",:;()?!" or word == ".":
                self._boundary()
            else:
                self._number(word)
        self._boundary()
        given = {c for c, _, _, _ in self.tokens}
        for formula in formulas:  # the value of "10000 / 200", unless it is written there, too
            if formula.value is not None and not formula.stated and number(formula.value).concept not in given:
                self._content(number(formula.value))
        tokens = tuple(Token(c, -s if p in self.flipped else s, p, light) for c, s, p, light in self.tokens)
        compared = _comparison(tokens, self.than) if self.than is not None else ()
        refers = _REFERS.match(text) is not None
        return Reading(tokens, _signs(tokens), formulas, self.words, self.functions, self.verbs, self.negations, compared, refers)

    def _boundary(self) -> None:
        self.part += 1
        self.next_negated = 0

    def _word(self, word: str) -> None:
        entry = self.resolve(word)
        self.words += 1
        self.verbs += entry.verb
        role = entry.role
        if word == "than":
            self.than = len(self.tokens)
        if role == Role.CONTENT:
            self._content(entry)
        elif role == Role.BOUNDARY:
            self._boundary()
            self.functions += 1
        else:
            self.functions += role != Role.FILLER
            if entry.verb and role == Role.FUNCTION and self.next_negated < 9:
                self.next_negated = 0  # "without control it can ...": a verb ends what "without" denies
            self._negation(word, entry)

    def _content(self, entry: Lexeme) -> None:
        sign = entry.sign
        if self.next_negated:
            sign = -sign
            self.next_negated -= 1
        self.tokens.append((entry.concept, sign, self.part, entry.light))

    def _negation(self, word: str, entry: Lexeme) -> None:
        if entry.role == Role.NEGATES_CLAUSE:
            self.negations += 1
            if entry.concept:
                self.tokens.append((entry.concept, entry.sign * (-1 if self.part in self.flipped else 1), self.part, True))
            if word == "no":
                # "no neuron can rely on it" negates all that follows, "there is no output" the next words; a comma ends both
                self.next_negated = 2 if any(t[2] == self.part for t in self.tokens) or self.verbs else 99
            else:
                self.flipped ^= {self.part}
        elif entry.role == Role.NEGATES_NEXT:
            self.negations += 1
            self.next_negated = 1 if word in ("sans", "non", "against") else 2
        elif word == "too":
            self.too = True
        elif word == "to" and self.too:  # "too large to fit": it does not fit
            self.too, self.next_negated = False, 99

    def _number(self, word: str) -> None:
        self.words += 1
        if word[0] == "#":
            self._content(Lexeme(word))
            return
        match = re.match(r"-?[\d,]*\.?\d*(?:e-?\d+)?", word)
        assert match is not None  # the pattern may be empty, it always matches
        scale = 0.01 if word.endswith("%") else _SCALE.get(word.strip()[-1], 1.0)
        try:
            value = float(match[0].replace(",", "")) * scale
        except (ValueError, OverflowError):
            return
        self._content(number(value))
