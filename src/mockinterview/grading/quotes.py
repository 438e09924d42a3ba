"""Finds the words of an answer that a model claims to quote. No quote, no credit: this file decides what counts as one.

A quote counts where a stretch of the answer is at least 92 % like it (`rapidfuzz.fuzz.partial_ratio_alignment`) after both were
brought to one form: NFKC, lower case, plain quotes and dashes, single spaces; and where it has the same words: each word of the
quote stands in the stretch, long ones but for a slip of spelling (80 % alike), and the stretch has no negation that the quote
leaves out. 92 % forgives one wrong character in about twelve. What is stored is the answer's own stretch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from mockinterview.grading.reading import read

LIKENESS: Final = 92.0  # per cent
FORMULA: Final = "="
SAME_WORD: Final = 80.0  # per cent
LONG_WORD: Final = 5  # letters; in shorter words a slip makes another word
SHORTEST: Final = 4  # letters and digits; below, anything is found anywhere
LONGEST: Final = 600  # characters of a quote that are compared; longer ones are no quotes but copies

_OPPOSITE: Final = re.compile(r"(?<![^\W_])(?:non|un|in|im|dis|anti|de)-?$")  # a beginning that turns the rest of the word round
LONGEST_OPPOSITE: Final = 5  # characters of such a beginning with its hyphen
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_NEGATION: Final = re.compile(r"not?|never|without|nor|none|\w+n't")
_SAME: Final = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "‹": "<", "›": ">", "⁅": "[", "⁆": "]", "∶": ":",
    }
)  # fmt: skip


def find_quote(quote: str, answer: str, question: str = "") -> str:
    """Return the verbatim piece of `answer` that `quote` quotes, or "" where it does not occur there.

    What occurs in the question as well is no evidence: repeating it shows nothing.
    """
    from rapidfuzz.fuzz import partial_ratio_alignment

    wanted, _ = _plain(quote.strip(" \t\n\"'`“”‘’.…"))
    if sum(map(str.isalnum, wanted)) < SHORTEST or len(wanted) > LONGEST or wanted in _plain(question)[0]:
        return ""
    text, places = _plain(answer)
    start = _stands_at(wanted, text)
    end = start + len(wanted)
    if start < 0:
        found = partial_ratio_alignment(wanted, text, score_cutoff=LIKENESS)
        # A short answer inside a long quote is alike as well, but then most of the quote is not in it.
        if found is None or len(text) < len(wanted):
            return ""
        start, end = _whole_words(text, found.dest_start, found.dest_end)
        if _turned_round(text, start) or not _same_words(wanted, text[start:end]):
            return ""
    start, end = _whole_words(text, start, end)
    return answer[places[start] : places[end - 1] + 1].strip()


def bears_on(quote: str, references: Sequence[str]) -> bool:
    """Tell whether a quote can be about a point at all: it shares a content word or number with one of its references.

    Measured on the 1106 labelled answers of evals/cases/grading: 59 % of the clauses of answers that miss a point have nothing in
    common with it (11,526 of 19,680), and for 1.7 % of the points that are hit (40 of 2,290: misspelt words, other languages) no
    clause of the answer has. So it stops a judge that gives one true quote for everything, and hardly ever an honest one.
    """
    said = _concepts(quote)
    return FORMULA in said or any(not said.isdisjoint(_concepts(reference)) for reference in references)


@lru_cache(maxsize=20_000)
def _concepts(text: str) -> frozenset[str]:
    """Return what a text is about for the embedded grader: concepts and numbers, and whether there is a formula in it."""
    reading = read(text)
    content = {token.concept for token in reading.tokens if not token.light or token.concept.startswith("#")}
    return frozenset(content | {FORMULA} if reading.formulas else content)


@lru_cache(maxsize=64)  # one answer is compared with a quote for every point
def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Return the text in the form that is compared, and for each of its characters its place in the original."""
    if text.isascii() and text.isprintable() and "`" not in text and text == " ".join(text.split()):
        return text.lower(), range(len(text))
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for form in unicodedata.normalize("NFKC", character.translate(_SAME)).lower():
            if form.isspace():
                if plain and plain[-1] != " ":
                    plain.append(" ")
                    places.append(place)
            elif form.isprintable():
                plain.append(form)
                places.append(place)
    return "".join(plain), places


def _same_words(quote: str, stretch: str) -> bool:
    """Tell whether a quote says what the stretch says: however alike two texts look, one word or number may turn the meaning."""
    quoted, said = _WORD.findall(quote), set(_WORD.findall(stretch))
    if {word for word in said if _NEGATION.fullmatch(word)} - set(quoted):
        return False
    return all(
        word in said or (len(word) >= LONG_WORD and word.isalpha() and any(_alike(word, other) for other in said))
        for word in quoted
    )


def _alike(word: str, other: str) -> bool:
    """Tell whether two words are one but for a slip; "linear" and "nonlinear" are not."""
    from rapidfuzz.fuzz import ratio

    short, long = sorted((word, other), key=len)
    opposite = long.endswith(short) and _OPPOSITE.fullmatch(long.removesuffix(short))
    return not opposite and ratio(word, other) >= SAME_WORD


def _stands_at(wanted: str, text: str) -> int:
    """Return where the quote stands in the text, but not behind a prefix that turns it round ("stable" in "unstable"), or -1."""
    start = text.find(wanted)
    while start > 0 and _turned_round(text, start):
        start = text.find(wanted, start + 1)
    return start


def _turned_round(text: str, place: int) -> bool:
    """Tell whether a prefix that turns a word round stands right before a place in a text."""
    return _OPPOSITE.search(text, max(0, place - LONGEST_OPPOSITE), place) is not None


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the stretch widened to whole words, so that the stored evidence can be read."""
    while start > 0 and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end
