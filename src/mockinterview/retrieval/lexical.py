"""Ranking by words alone. This file hides how words are weighted and how typing errors in a query are repaired.

A text is scored by the likelihood of the query under its language model: the sum over the query's terms t of
log(1 + p(t | text) / p(t | bank)), which is Jelinek-Mercer smoothing with lambda = 1/2 (Zhai & Lafferty, "A Study of
Smoothing Methods for Language Models", 2004).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from heapq import nlargest
from itertools import chain

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
        self._words = {key: words(piece.text) for key, piece in self.pieces.items()}
        self._terms = {key: terms(said) for key, said in self._words.items()}
        self._whole = _TermIndex(_mixtures(self.pieces, self._terms))

    @cached_property
    def _parts(self) -> _TermIndex:
        return _TermIndex({key: _shares((found,)) for key, found in self._terms.items()})

    @cached_property
    def _repair(self) -> Callable[[str], str]:
        return _speller(self._words.values())

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
        scores = dict(whole) if "question" in wanted else {}
        for key, score in self._parts.scores(found).items() if wanted - {"question"} else ():
            piece = self.pieces[key]
            if piece.kind != "question" and piece.kind in wanted:
                scores[key] = score + whole[piece.question_key]
        return scores


def best(pieces: Mapping[str, Piece], scores: Mapping[str, float], k: int) -> list[Passage]:
    """Return the `k` best pieces as search results; of equal ones, the first in the order of their keys."""
    keys = nlargest(k, sorted(scores), key=scores.__getitem__)
    return [pieces[key].found(scores[key]) for key in keys]


# --- the weighting of words -------------------------------------------------------------------------------------------


class _TermIndex:
    """The terms of all texts with what each adds to a score."""

    def __init__(self, models: Mapping[str, Mapping[str, float]]) -> None:
        common: dict[str, float] = defaultdict(float)
        for model in models.values():
            for term, share in model.items():
                common[term] += share
        self._gains: dict[str, list[tuple[str, float]]] = {term: [] for term in common}
        for key, model in models.items():
            for term, share in model.items():
                self._gains[term].append((key, math.log1p(share * len(models) / common[term])))

    def scores(self, query: Iterable[str]) -> dict[str, float]:
        """Return the score of every text that has a term of the query; a term that is said twice counts once."""
        scores: dict[str, float] = defaultdict(float)
        for term in set(query):
            for key, gain in self._gains.get(term, ()):
                scores[key] += gain
        return scores


def _mixtures(all_pieces: Mapping[str, Piece], found: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
    """Return p(term | question) for each question: of its wording, title, points, misconceptions and answer, mixed evenly.

    Even, because no other weights did better by more than chance on 147 paraphrased queries.
    """
    fields: dict[str, dict[str, list[str]]] = {}
    for key, piece in all_pieces.items():
        title = {"title": terms(piece.question_id.split("-"))}
        fields.setdefault(piece.question_key, title).setdefault(piece.kind, []).extend(found[key])
    return {key: _shares(tuple(kinds.values())) for key, kinds in fields.items()}


def _shares(fields: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return p(term), the mean over the fields of each term's share in them."""
    shares: dict[str, float] = defaultdict(float)
    for found in fields:
        for term, count in Counter(found).items():
            shares[term] += count / max(len(found), _SHORT) / len(fields)
    return shares


# --- typing errors ----------------------------------------------------------------------------------------------------


def _speller(texts: Iterable[Sequence[str]]) -> Callable[[str], str]:
    """Return a function that gives the nearest known word: one edit away, or two for words of eight letters or more.

    Edits are those of optimal string alignment: a letter added, left out, changed, or two neighbours exchanged.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    counts = Counter(chain.from_iterable(texts))
    vocabulary = sorted({*counts, *named_words()}, key=lambda word: (-counts[word], word))
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
            (distance, match[0] != lower[0], -counts[match], match)
            for length in lengths
            for match, distance, _ in process.extract(lower, by_length[length], scorer=OSA.distance, score_cutoff=edits)
        ]
        return min(near)[3] if near else word

    return nearest
