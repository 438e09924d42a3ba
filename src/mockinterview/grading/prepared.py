"""A question made ready for matching: every way of saying each point and each misconception, read, weighted and indexed once."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from mockinterview.grading import calibration as cal
from mockinterview.grading.contrast import agreed_owners, entities_of, named_in, owners_of, subject_of
from mockinterview.grading.formulas import Formula, FormulaBook, size_of
from mockinterview.grading.lexicon import Lexeme, Role, is_content, is_known, lexeme
from mockinterview.grading.reading import Comparison, Reading, clauses, read, read_whole
from mockinterview.grading.subjects import texts_of
from mockinterview.models import Misconception, Point, Question

TargetKind = Literal["point", "misconception"]
WORD: Final = re.compile(r"[a-z][a-z']*[a-z]|[a-z]")
_SENTENCE_END: Final = re.compile(r"(?<=[.?!])\s+")
CACHED_WORDS: Final = 20_000  # words whose meaning for a question is remembered; then the memory starts afresh


@dataclass(frozen=True, slots=True)
class Reference:
    """One way of saying one target: what it says, and how much its concepts weigh together."""

    target: int
    text: str
    reading: Reading
    total: float
    owners: dict[str, frozenset[str]]
    entities: frozenset[str]
    pairs: dict[tuple[str, str], int]
    neighbours: frozenset[tuple[str, str]]
    is_claim: bool
    is_range: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A point or a misconception with its references, formulas, subject and the concepts that are typical of it."""

    kind: TargetKind
    id: str
    text: str  # the claim or the belief
    references: tuple[int, ...]
    formulas: FormulaBook
    subject: str
    affinity: dict[str, float]
    numbers: frozenset[str]
    numbered: frozenset[str]  # the words beside which these numbers stand
    keys: dict[str, float]
    polarity: dict[str, int]
    compared: tuple[Comparison, ...]
    owners: dict[str, frozenset[str]]
    says: tuple[str, ...]
    denials: tuple[str, ...] = ()
    # the concepts of what is right instead of a belief: of all of it, of each sentence
    corrections: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class FormulaVerdict:
    """What the formulas of a stretch of text mean for each target: agreement (1 telling, 0.5 short or shared) and contradiction."""

    agrees: dict[int, float]
    clashes: frozenset[int]

    @staticmethod
    def merged(parts: Sequence[FormulaVerdict]) -> FormulaVerdict:
        """Return the verdict on several stretches together; what agrees in one does not clash because of another."""
        agrees = {at: max(p.agrees.get(at, 0.0) for p in parts) for p in parts for at in p.agrees}
        return FormulaVerdict(agrees, frozenset().union(*(p.clashes for p in parts)) - agrees.keys())


class Vocabulary:
    """The words of the bank: what counts as a word at all, and as spelled rightly, and which small words stand side by side."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        words, pairs = set[str](), Counter[tuple[str, str]]()
        for text in map(str.lower, texts):  # one by one: all words of a bank at once take 50 MB
            words.update(WORD.findall(text))
            pairs.update(_small_pairs(text))
        self.words = frozenset(words)
        self._table = _repair_table(self.words)
        self._repaired: dict[str, str] = {}
        self._stretches = frozenset(w[i : i + 3] for w in self.words for i in range(len(w) - 2))
        self._pairs = frozenset(pairs) if pairs.total() >= cal.ENOUGH_PAIRS else None

    @classmethod
    def of(cls, questions: Iterable[Question]) -> Vocabulary:
        """Return the words of all texts of some questions."""
        return cls(text for question in questions for text in texts_of(question))

    def nearest(self, word: str) -> str:
        """Return the bank's word that was probably meant, or "" where none is near."""
        found = self._repaired.get(word)
        if found is None:
            found = _nearest(word, self._table)
            if len(self._repaired) >= CACHED_WORDS:
                self._repaired.clear()
            self._repaired[word] = found
        return found

    def __contains__(self, word: str) -> bool:
        """Tell whether the word is one of the bank's or one that the grader knows by itself."""
        return word in self.words or is_known(word)

    def looks_like_word(self, word: str) -> bool:
        """Tell whether an unknown word is made as the bank's words are: most of its letter triples occur there."""
        triples = [word[i : i + 3] for i in range(len(word) - 2)]
        return not triples or sum(t in self._stretches for t in triples) >= cal.WORDLIKE * len(triples)

    def odd_pairs(self, text: str) -> tuple[int, float]:
        """Return how many pairs of small words ("the of", "and .") the bank never has, and their share of all such pairs.

        Shuffled words have many. Without a bank large enough to know what does occur there are none.
        """
        pairs = list(_small_pairs(text)) if self._pairs is not None else []
        odd = sum(pair not in self._pairs for pair in pairs)  # type: ignore[operator]  # there are no pairs without it
        return odd, odd / max(len(pairs), 1)


_SMALL: Final = re.compile(r"[a-z']+|[.,;:!?]")


def _small_pairs(text: str) -> Iterable[tuple[str, str]]:
    """Return the neighbouring pairs of function words and punctuation marks in a lower-case text."""
    words = [".", *_SMALL.findall(text), "."]
    small = list(map(_is_small, words))
    return itertools.compress(itertools.pairwise(words), map(operator.and_, small, small[1:]))


@lru_cache(maxsize=20_000)
def _is_small(word: str) -> bool:
    return not word[0].isalpha() or not is_content(word)


def _readings_of_ask(text: str) -> list[Reading]:
    """Return what a question says: the whole, and each of several sentences that is long enough to be told when it is said back."""
    sentences = _SENTENCE_END.split(text)
    parts = [read_whole(sentence) for sentence in sentences] if len(sentences) > 1 else []
    return [read_whole(text), *(part for part in parts if len(part.signs) >= cal.ECHO_WORDS)]


class Prepared:
    """A question ready for matching. Immutable but for the memory of looked-up words."""

    def __init__(self, question: Question, vocabulary: Vocabulary) -> None:
        self.question = question
        texts = [(point, [point.claim, *point.says]) for point in question.points]
        texts += [(m, [m.belief, *m.says]) for m in question.misconceptions]  # type: ignore[misc]  # both have id
        readings = [[read_whole(text) for text in said] for _, said in texts]
        asked = [reading for text in (question.ask, *question.variants) for reading in _readings_of_ask(text)]
        self.asked: frozenset[str] = frozenset(c for reading in asked for c in reading.signs)
        self.asked_readings = tuple(asked)
        usage = _usage(readings)
        shares = _shares(usage, list(map(len, readings)))
        self.weights = _weights(shares, _light(readings), asked[0].signs.keys(), len(question.points))
        self._concepts = sorted(self.weights)  # sets gave them their order; the same on every machine is wanted
        self.entities = entities_of(question)
        self.words = frozenset(word for text in texts_of(question) for word in WORD.findall(text.lower()))
        self.bank = vocabulary
        self._lexemes: dict[str, Lexeme] = {}
        self._repairs = _repair_table(self.words)
        # What says something as the only word: a good part of the ways to say a point have it ("fine" is in one of thirty), or one is it.
        self.telling = frozenset(c for c, of in shares.items() if max(of.values()) >= cal.TELLING_ALONE) | {
            c for own in readings for reading in own if len(reading.signs) == 1 for c in reading.signs
        }
        self._index(texts, readings, usage, shares)

    def _index(
        self,
        texts: Sequence[tuple[Point | Misconception, list[str]]],
        readings: list[list[Reading]],
        usage: list[Counter[str]],
        shares: dict[str, dict[int, float]],
    ) -> None:
        self.references: list[Reference] = []
        self.targets: list[Target] = []
        everywhere, sizes = Counter[str](), list(map(len, readings))
        for counts in usage:
            everywhere.update(counts)
        for index, ((item, said), read_ones) in enumerate(zip(texts, readings, strict=True)):
            subject = subject_of(read_ones[0], self.entities)
            first = len(self.references)
            numbers = _essential_numbers(said[0], read_ones) - self.asked
            for position, (text, reading) in enumerate(zip(said, read_ones, strict=True)):
                self.references.append(self._reference(index, text, reading, subject, is_claim=position == 0))
            self.targets.append(
                Target(
                    "point" if isinstance(item, Point) else "misconception",
                    item.id,
                    said[0],
                    tuple(range(first, len(self.references))),
                    FormulaBook(formula for reading in read_ones for formula in reading.formulas),
                    subject,
                    _affinity(index, usage, everywhere, sizes),
                    numbers,
                    _beside(numbers, self.references[first:]),
                    _keys(index, usage[index], shares),
                    _polarity(self.references[first:]),
                    tuple(c for reading in read_ones for c in reading.compared),
                    agreed_owners([r.owners for r in self.references[first:] if self.entities & r.entities]),
                    tuple(said[1:]),
                    item.denials if isinstance(item, Point) else (),
                    () if isinstance(item, Point) else self._concepts_of(item.correction),
                )
            )
        self.postings = _postings((at, c) for at, r in enumerate(self.references) if not _says_little(r) for c in r.reading.signs)
        self.with_formulas = tuple(at for at, reference in enumerate(self.references) if reference.reading.formulas)
        self.typical = _gains((at, c, gain * self.weight(c)) for at, t in enumerate(self.targets) for c, gain in t.affinity.items())
        self.keys = _gains((at, c, share) for at, t in enumerate(self.targets) for c, share in t.keys.items())

    def _reference(self, target: int, text: str, reading: Reading, subject: str, *, is_claim: bool) -> Reference:
        total = self.mass(reading)
        owners = {c: frozenset(o) for c, o in owners_of([(reading, 0)], self.entities, subject)[0].items()}
        named, is_range = named_in(reading, self.entities), bool(_RANGE.search(text))
        return Reference(target, text, reading, total, owners, named, sign_pairs(reading), neighbours(reading), is_claim, is_range)

    def weight(self, concept: str) -> float:
        """Return how much a concept counts in this question (0-1): rare ones much, given-away ones little."""
        return self.weights.get(concept, cal.FOREIGN_WEIGHT)

    def weigh(self, formulas: Sequence[Formula]) -> FormulaVerdict:
        """Return what formulas mean for the targets. A formula that is right for one point contradicts no other."""
        books = [(at, t.kind, t.formulas) for at, t in enumerate(self.targets) if t.formulas.formulas]
        agrees: dict[int, float] = {}
        clashes: set[int] = set()
        for formula in formulas:
            right = [(at, kind) for at, kind, book in books if book.agrees(formula)]
            if not any(kind == "point" for _, kind in right):
                clashes |= {at for at, _, book in books if book.contradicts(formula)}
            for at, kind in right:
                telling = size_of(formula) >= cal.TELLING_FORMULA and all(other == kind for _, other in right)
                agrees[at] = max(agrees.get(at, 0.0), 1.0 if telling else 0.5)
        return FormulaVerdict(agrees, frozenset(clashes - agrees.keys()))

    def corrects(self, said: AbstractSet[str], target: Target) -> bool:
        """Tell whether the concepts of a sentence are more those of a belief's correction than of any way to say the belief."""
        beliefs = max(self._alike(said, self.references[at].reading.signs.keys()) for at in target.references)
        return max(self._alike(said, right) for right in target.corrections) > beliefs + cal.CORRECTED

    def _concepts_of(self, text: str) -> tuple[frozenset[str], ...]:
        """Return the concepts of a text, read as an answer is, and those of each of its sentences."""
        sentences: dict[int, set[str]] = defaultdict(set)
        for clause in clauses(text):
            sentences[clause.sentence] |= self.read_answer(clause.text).signs.keys()
        return frozenset[str]().union(*sentences.values()), *map(frozenset, sentences.values())

    def _alike(self, one: AbstractSet[str], other: AbstractSet[str]) -> float:
        """Return the share of the weight of two sets of concepts that they have in common: Dice's coefficient, 0 to 1."""
        both = sum(map(self.weight, one)) + sum(map(self.weight, other))
        return 2 * sum(map(self.weight, one & other)) / both if both else 0.0

    def mass(self, reading: Reading) -> float:
        """Return how much a reading weighs; what formulas say counts as one more word of full weight."""
        return sum(map(self.weight, reading.signs)) + bool(reading.formulas) or 1e-9

    def resolve(self, word: str) -> Lexeme:
        """Return the lexeme of a word of an answer, with its spelling repaired to the question's words where it is unknown."""
        found = self._lexemes.get(word)
        if found is None:
            found = self._look_up(word)
            if len(self._lexemes) >= CACHED_WORDS:
                self._lexemes.clear()
            self._lexemes[word] = found
        return found

    def _look_up(self, word: str) -> Lexeme:
        entry = lexeme(word)
        if entry.role != Role.CONTENT or entry.concept in self.weights or entry.concept[:1] == "#":
            return entry
        if word not in self.bank and word not in self.words:
            repaired = _nearest(word, self._repairs) or self.bank.nearest(word)
            if repaired:
                return lexeme(repaired)
        related = _related(entry.concept, self._concepts)
        return Lexeme(related, entry.sign, entry.role, entry.verb, entry.light) if related else entry

    def is_word(self, word: str) -> bool:
        """Tell whether this is an English or technical word, rightly spelled or nearly so."""
        entry = self.resolve(word)
        known = entry.role != Role.CONTENT or entry.concept in self.weights or word in self.bank or word in self.words
        return known or self.bank.looks_like_word(word)

    def read_answer(self, text: str) -> Reading:
        """Return what a piece of an answer says, in the concepts of this question."""
        return read(text, self.resolve)


def _says_little(reference: Reference) -> bool:
    """Tell whether a reference comes down to one word that means little here: that word alone would count as all of it."""
    return len(reference.reading.signs) == 1 and reference.total < cal.LITTLE and not reference.is_claim


def _postings(entries: Iterable[tuple[int, str]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at, concept in entries:
        found[concept].append(at)
    return {concept: tuple(places) for concept, places in found.items()}


def _gains(entries: Iterable[tuple[int, str, float]]) -> dict[str, tuple[tuple[int, float], ...]]:
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for at, concept, gain in entries:
        if gain > 0:
            found[concept].append((at, gain))
    return {concept: tuple(gains) for concept, gains in found.items()}


# --- weights --------------------------------------------------------------------------------------------------------


def _light(readings: list[list[Reading]]) -> set[str]:
    return {t.concept for read_ones in readings for reading in read_ones for t in reading.tokens if t.light}


def _weights(shares: dict[str, dict[int, float]], light: set[str], asked: Iterable[str], points: int) -> dict[str, float]:
    """Return the weight of each concept: lower the more targets use it, when it is a light word, and when `ask` gave it away."""
    given = frozenset(asked)
    return {
        concept: (1 - cal.SPREAD_LOSS * math.log(max(_spread(by_target, points), 1)) / math.log(points + 1))
        * (cal.LIGHT if concept in light else 1)
        * (cal.GIVEN_AWAY if concept in given else 1)
        for concept, by_target in shares.items()
    }


def _spread(shares: dict[int, float], points: int) -> float:
    """Return in how many targets a concept is at home: each counts by its share of references that have it, beside the largest share.

    A misconception speaks of its point's matter by nature, so it makes a word less typical by less.
    """
    largest = max(shares.values())
    return sum(share / largest * (1 if at < points else cal.MISCONCEPTION_SPREAD) for at, share in shares.items())


def _usage(readings: list[list[Reading]]) -> list[Counter[str]]:
    """Return for each target how many of its references contain each concept."""
    return [Counter(c for reading in read_ones for c in reading.signs) for read_ones in readings]


def _affinity(index: int, usage: list[Counter[str]], everywhere: Counter[str], sizes: list[int]) -> dict[str, float]:
    """Return how typical each concept is of a target: the logarithm of how much more often it is said there than elsewhere."""
    elsewhere = sum(sizes) - sizes[index]
    result = {}
    for concept, count in usage[index].items():
        here = (count + cal.SMOOTHING) / (sizes[index] + 2 * cal.SMOOTHING)
        there = (everywhere[concept] - count + cal.SMOOTHING) / (elsewhere + 2 * cal.SMOOTHING)
        result[concept] = min(max(math.log(here / there), 0.0), cal.MAX_AFFINITY)
    return result


def _shares(usage: list[Counter[str]], sizes: list[int]) -> dict[str, dict[int, float]]:
    """Return for each concept the share of the references of each target that have it."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for at, counts in enumerate(usage):
        for concept, count in counts.items():
            found[concept][at] = count / sizes[at]
    return found


def _keys(index: int, own: Iterable[str], shares: dict[str, dict[int, float]]) -> dict[str, float]:
    """Return for each concept of a target its share there, less the largest share among the other targets."""
    others = {concept: max((share for at, share in shares[concept].items() if at != index), default=0.0) for concept in own}
    return {concept: max(shares[concept][index] - other, 0.0) for concept, other in others.items()}


def _essential_numbers(claim: str, own: list[Reading]) -> frozenset[str]:
    """Return the numbers that must be right: those of the claim, unless it calls them examples, and those that references share."""
    said = Counter(number for reading in own for number in reading.numbers)
    stated = frozenset[str]() if _EXAMPLE.search(claim) else own[0].numbers
    enough = max(cal.SHARED_NUMBER, cal.NUMBER_SHARE * len(own))
    return stated | {number for number, count in said.items() if count >= enough}


def _beside(numbers: frozenset[str], references: Sequence[Reference]) -> frozenset[str]:
    """Return the words that stand beside one of the numbers in two references or more."""
    found = Counter(a if b in numbers else b for r in references for a, b in r.neighbours if (a in numbers) != (b in numbers))
    return frozenset(word for word, count in found.items() if count > 1 and word[0] != "#")


def _polarity(own: Sequence[Reference]) -> dict[str, int]:
    """Return the sign of each concept that the references say in one polarity only: all of them, and the claim or two of them."""
    softened = {concept for one in own for (concept, other), sign in one.pairs.items() if (other, sign) == ("more±", -1)}
    said: dict[str, list[int]] = defaultdict(list)
    for one in own:
        for concept, sign in one.reading.signs.items():
            said[concept].append(sign)
    claim = own[0].reading.signs
    return {
        concept: signs[0]
        for concept, signs in said.items()
        if concept not in softened and len(set(signs)) == 1 and signs[0] and (len(signs) > 1 or concept in claim)
    }


_RANGE: Final = re.compile(r"\d\S*\s*(?:to|and|-|–|\.\.)\s*\d")
_EXAMPLE: Final = re.compile(
    r"\b(?:say|e\.g|about|around|roughly|such as|for example|for instance|typically|often|usually|common)\b", re.IGNORECASE
)


# --- structure of a statement -------------------------------------------------------------------------------------


def sign_pairs(reading: Reading) -> dict[tuple[str, str], int]:
    """Return what the opposite words of a statement are bound to, with their signs.

    With a neighbouring word: ("variance", "more") -> -1 for "less variance". With one another, the sign of the relation: ("more",
    "size") -> -1 for "larger batches, less noise" as well as for "smaller batches, more noise".
    """
    pairs: dict[tuple[str, str], int] = {}
    tokens = reading.tokens
    for index, token in enumerate(tokens):
        if token.concept[-1] != "±":
            continue
        for other in (*tokens[max(index - 2, 0) : index], *tokens[index + 1 : index + 3]):
            if other.part == token.part and other.concept[-1] != "±":
                _bind(pairs, (other.concept, "more±" if token.concept == "size±" else token.concept), token.sign)
        for other in tokens[index + 1 : index + 5]:
            if other.concept[-1] == "±" and other.concept != token.concept and other.part <= token.part + 1:
                first, second = sorted((token.concept, other.concept))
                _bind(pairs, (first, second), token.sign * other.sign)
    return pairs


def _bind(pairs: dict[tuple[str, str], int], key: tuple[str, str], sign: int) -> None:
    pairs[key] = sign if pairs.get(key, sign) == sign else 0


def neighbours(reading: Reading) -> frozenset[tuple[str, str]]:
    """Return the pairs of concepts that stand at most two content words apart in a part of a clause, in their order."""
    tokens = reading.tokens
    return frozenset(
        (a.concept, b.concept)
        for i, a in enumerate(tokens)
        for b in tokens[i + 1 : i + 3]
        if a.concept != b.concept and a.part == b.part
    )


# --- spelling -------------------------------------------------------------------------------------------------------

_REPAIRABLE_FUNCTION_WORDS: Final = (
    "because without should would which while where their there about between cannot doesnt through than then them".split()
)


def _repair_table(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({w for w in words if len(w) > 3} | set(_REPAIRABLE_FUNCTION_WORDS)))


def _nearest(word: str, table: Sequence[str]) -> str:
    """Return the word of the table that was probably meant, or "": one slip in 4 to 7 letters, two in longer words."""
    if len(word) < 4:
        return ""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    allowed = 1 if len(word) < 8 else 2
    found = process.extract(word, table, scorer=OSA.distance, score_cutoff=allowed, limit=4)
    near = [w for w, _, _ in sorted(found, key=lambda f: (f[1], f[0][0] != word[0], f[0]))]
    return next((w for w in near if len(word) > 4 or w[0] == word[0]), "")


def _related(concept: str, known: Iterable[str]) -> str:
    """Return the known concept of which this word is another form ("minibatch" of "batch"), by shared letters, or ""."""
    if len(concept) < 5:
        return ""
    best, closest = cal.SAME_FAMILY, ""
    mine = {concept[i : i + 3] for i in range(len(concept) - 2)}
    for other in known:
        if len(other) < 5 or other[0] == "#":
            continue
        if concept.endswith(other) or other.endswith(concept) or concept.startswith(other):
            return other
        if other[:4] != concept[:4]:
            continue
        theirs = {other[i : i + 3] for i in range(len(other) - 2)}
        alike = 2 * len(mine & theirs) / (len(mine) + len(theirs))
        if alike > best:
            best, closest = alike, other
    return closest
