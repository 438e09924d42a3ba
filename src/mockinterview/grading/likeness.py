"""How much closer an answer comes to the bank's ways to deny a point than to its ways to say it.

What turns a fact round has almost the words of the fact, so neither shared words nor a small reader tells the two apart. But people who
have it wrong say it in ways of their own, and the bank collects those, too (`Point.denials`): what is compared here is order and letters,
small words and signs included, for "not", "up" and "than" are all the difference, and in notes "<", "↓" and the arrow.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from mockinterview.grading.lexicon import stem
from mockinterview.grading.reading import Clause

RECENT: Final = 64  # points whose ways to say them are kept ready: those of about ten questions
VERBATIM: Final = 0.999  # all words in their order
_ARROW: Final = re.compile(r"[-=]+>|⇒")
_WORD: Final = re.compile(r"\w+|[<>=≠≈≤≥≪≫∞↑↓→←↔×·∝∈∉+*/^]|(?<!\w)-(?=[\w.∞])")  # a minus, and no hyphen


class Likeness(NamedTuple):
    """How alike an answer and the nearest denial are, 0 to 1, in letters and in the order of words, and how much more than the nearest saying."""

    letters: float = 0.0
    letters_more: float = 0.0
    words: float = 0.0
    words_more: float = 0.0
    denial: str = ""

    @property
    def numbers(self) -> tuple[float, float, float, float]:
        """The four similarities, without the denial."""
        return self[:4]

    @property
    def is_saying(self) -> bool:
        """Whether a stretch of the answer is a saying of the bank, word for word, and none is a denial."""
        return self.words_more < 0 and self.words - self.words_more > VERBATIM


class _Ways(NamedTuple):
    """Ways to put something: as they stand, in plain letters, and as stems."""

    texts: tuple[str, ...]
    plain: tuple[str, ...]
    stems: tuple[tuple[str, ...], ...]


def likeness(said: Sequence[Clause], right: tuple[str, ...], wrong: tuple[str, ...]) -> Likeness:
    """Return how alike the clauses, each alone and beside the next, are to `wrong` and to `right`; all 0 where one of them is empty.

    In letters and in words it is the Indel similarity: twice the longest common subsequence, as a share of both lengths.
    """
    if not (said and right and wrong):
        return Likeness()
    stretches = _ways(tuple(_stretches(said)))
    (_, letters, words), (nearest, denied, denied_words) = (_alike(stretches, _kept(ways)) for ways in (right, wrong))
    return Likeness(denied, denied - letters, denied_words, denied_words - words, nearest)


def _stretches(said: Sequence[Clause]) -> Iterable[str]:
    texts = [clause.text for clause in said]
    return itertools.chain(texts, (f"{one} {two}" for one, two in itertools.pairwise(texts)))


def _alike(stretches: _Ways, ways: _Ways) -> tuple[str, float, float]:
    """Return the way that is most like one of the stretches in the order of its words, and the similarities in letters and in words."""
    from rapidfuzz import fuzz, process
    from rapidfuzz.distance import Indel

    letters = max(process.extractOne(one, ways.plain, scorer=fuzz.ratio)[1] for one in stretches.plain) / 100
    found = [process.extractOne(one, ways.stems, scorer=Indel.normalized_similarity) for one in stretches.stems]
    _, words, at = max(found, key=lambda one: one[1])
    return ways.texts[at], letters, words


def _ways(texts: tuple[str, ...]) -> _Ways:
    words = [_WORD.findall(_ARROW.sub("→", text.lower()).replace("−", "-")) for text in texts]
    return _Ways(texts, tuple(map(" ".join, words)), tuple(tuple(map(stem, one)) for one in words))


_kept = lru_cache(maxsize=2 * RECENT)(_ways)
