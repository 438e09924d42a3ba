"""Ranking by words alone. This file hides how words are weighted and how typing errors in a query are repaired.

A text is scored by the likelihood of the query under its language model: the sum over the query's terms t of
log(1 + p(t | text) / p(t | bank)), which is Jelinek-Mercer smoothing with lambda = 1/2 (Zhai & Lafferty, "A Study of
Smoothing Methods for Language Models", 2004).
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from heapq import nlargest

from mockinterview.models import Bank
from mockinterview.ports import Passage, PassageKind
from mockinterview.retrieval.passages import Piece, pieces
from mockinterview.retrieval.words import named_words, stem, terms, words

_SHORT = 8  # a text counts as at least so many terms long, or one word that fits would be everything
ALL_KINDS = frozenset[PassageKind](("question", "point", "misconception", "model_answer"))
_SPELT = 4  # words of fewer letters are left as they are; those of twice as many may have two errors
_LONGEST = 4000  # characters of a query that are read


class LexicalRetriever:
    """Searches a bank by words, in memory and without any file; implements `ports.Retriever`. Thread-safe."""

    def __init__(self, bank: Bank) -> None:
        self.pieces = {piece.key: piece for piece in pieces(bank)}
        self._counts = Counter[str]()
        self._terms: list[list[str]] = []  # of each piece
        for piece in self.pieces.values():
            said = words(piece.text)
            self._counts.update(said)
            self._terms.append(terms(said))
        fields = _fields(self.pieces.values(), self._terms)
        self._places = {key: at for at, key in enumerate(fields)}  # of the questions in the index of whole questions
        self._whole = _TermIndex(_shares(tuple(kinds.values())) for kinds in fields.values())

    @cached_property
    def _parts(self) -> _TermIndex:
        return _TermIndex(_shares((found,)) for found in self._terms)

    @cached_property
    def _of_kind(self) -> dict[PassageKind, list[tuple[int, str, int]]]:
        """The place, the key and the question's place of all pieces of a kind."""
        found: dict[PassageKind, list[tuple[int, str, int]]] = {kind: [] for kind in ALL_KINDS}
        for at, piece in enumerate(self.pieces.values()):
            found[piece.kind].append((at, piece.key, self._places[piece.question_key]))
        return found

    @cached_property
    def _repair(self) -> Callable[[str], str]:
        return _speller(self._counts)

    @property
    def status(self) -> str:
        """How searching works, in one sentence."""
        return "lexical: by words, without vectors."

    def search(self, query: str, k: int = 5, kinds: Iterable[PassageKind] = ()) -> list[Passage]:
        """Return the best `k` passages, best first, of the given kinds (all, where none is given); none may fit."""
        return best(self.pieces, self.scores(self.repaired(query), kinds), k)

    def questions(self, query: str, k: int = 5) -> list[Passage]:
        """Return the best `k` distinct questions for a query, best first; none may fit."""
        return self.search(query, k, ("question",))

    def repaired(self, query: str) -> str:
        """Return a query with each word that nobody knows replaced by the nearest word of the bank, if one is near."""
        return re.sub(r"[^\W_]+", lambda found: self._repair(found[0]), query[:_LONGEST])

    def scores(self, query: str, kinds: Iterable[PassageKind] = ()) -> dict[str, float]:
        """Return the score of each piece of the given kinds that shares a term with the query, by key."""
        wanted = frozenset(kinds) or ALL_KINDS
        found = terms(words(query))
        whole = self._whole.scores(found)
        scores = {key: whole[at] for key, at in self._places.items() if whole[at]} if "question" in wanted else {}
        parts = self._parts.scores(found) if wanted - {"question"} else []
        for kind in wanted - {"question"}:
            scores |= {key: parts[at] + whole[question] for at, key, question in self._of_kind[kind] if parts[at]}
        return scores


def best(pieces: Mapping[str, Piece], scores: Mapping[str, float], k: int) -> list[Passage]:
    """Return the `k` best pieces as search results; of equal ones, the first in the order of their keys."""
    least = min(nlargest(k, scores.values()), default=0.0)
    keys = sorted((key for key, score in scores.items() if score >= least), key=lambda key: (-scores[key], key))
    return [pieces[key].found(scores[key]) for key in keys[:k]]


# --- the weighting of words -------------------------------------------------------------------------------------------


class _TermIndex:
    """The terms of all texts with what each adds to a score; texts have numbers. In arrays: as objects they took 30 MB."""

    def __init__(self, models: Iterable[Mapping[str, float]]) -> None:
        self._gains: dict[str, tuple[array[int], array[float]]] = {}
        self._texts = 0
        for model in models:
            for term, share in model.items():
                if term not in self._gains:
                    self._gains[term] = array("I"), array("d")
                places, shares = self._gains[term]
                places.append(self._texts)
                shares.append(share)
            self._texts += 1
        for _, shares in self._gains.values():
            common = sum(shares)
            for at, share in enumerate(shares):
                shares[at] = math.log1p(share * self._texts / common)

    def scores(self, query: Iterable[str]) -> list[float]:
        """Return the score of every text, 0 for one without any term of the query; a term that is said twice counts once."""
        scores = [0.0] * self._texts
        for term in dict.fromkeys(query):
            for at, gain in zip(*self._gains.get(term, ((), ())), strict=True):
                scores[at] += gain
        return scores


def _fields(found: Iterable[Piece], found_terms: Iterable[list[str]]) -> dict[str, dict[str, list[str]]]:
    """Return the terms of each question: of its wording, title, points, misconceptions and answer.

    They are mixed evenly, because no other weights did better by more than chance on 147 paraphrased queries.
    """
    fields: dict[str, dict[str, list[str]]] = {}
    for piece, said in zip(found, found_terms, strict=True):
        if piece.question_key not in fields:
            fields[piece.question_key] = {"title": terms(piece.question_id.split("-"))}
        fields[piece.question_key].setdefault(piece.kind, []).extend(said)
    return fields


def _shares(fields: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return p(term), the mean over the fields of each term's share in them."""
    shares: dict[str, float] = defaultdict(float)
    for found in fields:
        for term, count in Counter(found).items():
            shares[term] += count / max(len(found), _SHORT) / len(fields)
    return shares


# --- typing errors ----------------------------------------------------------------------------------------------------


def _speller(counts: Mapping[str, int]) -> Callable[[str], str]:
    """Return a function that gives the nearest known word: one edit away, or two for words of eight letters or more.

    Edits are those of optimal string alignment: a letter added, left out, changed, or two neighbours exchanged.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    vocabulary = sorted({*counts, *named_words()}, key=lambda word: (-counts.get(word, 0), word))
    known = {stem(word) for word in vocabulary}
    by_length: dict[int, list[str]] = defaultdict(list)
    for word in vocabulary:
        by_length[len(word)].append(word)

    def nearest(word: str) -> str:
        lower = word.lower()
        if len(word) < _SPELT or not word.isalpha() or stem(lower) in known:
            return word
        edits = 1 if len(word) < 2 * _SPELT else 2
        lengths = range(len(word) - edits, len(word) + edits + 1)
        near = [
            (distance, match[0] != lower[0], -counts.get(match, 0), match)
            for length in lengths
            for match, distance, _ in process.extract(lower, by_length[length], scorer=OSA.distance, score_cutoff=edits)
        ]
        return min(near)[3] if near else word

    return nearest
