"""Puts both layers together: what the words say (`matching`) and what the cross-encoder reads (`neural`), as calibrated probabilities.

A multinomial logistic regression with its thresholds, fitted by `evals/train/combiner.py` on the gold answers of the combine
questions, for points with denials, for banks with `says` alone, and for claims alone. Its numbers travel with the model that they
were fitted to.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from mockinterview.errors import EncoderError
from mockinterview.grading import calibration as cal
from mockinterview.grading.likeness import likeness
from mockinterview.grading.matching import Match
from mockinterview.grading.neural import MODEL_DIR, Claim, Logits, Reader
from mockinterview.grading.prepared import Target
from mockinterview.grading.reading import Clause

CLASSES: Final = ("hit", "partial", "miss", "contradicted")
WORDS: Final = "constant topic conflict hit hit2 contradicted recall precision formula rival window context elsewhere".split()
READER: Final = "n_hit n_partial n_contradicted p_hit p_contradicted others_hit others_wrong beliefs both".split()
DENIED: Final = "denied_letters denied_letters_more denied_words denied_words_more".split()
OTHERS_DENIED: Final = "others_denied_letters others_denied_words".split()
SENTENCES: Final = "sentence_hit sentence_rival sentences_hit sentences_contradicted".split()
FEATURES: Final = (
    *WORDS,
    *READER,
    *DENIED,
    *OTHERS_DENIED,
    *SENTENCES,
    *cal.TOPIC_FEATURES[1:],
    *(f"c_{name}" for name in cal.CONFLICT_FEATURES[1:]),
)
KINDS: Final = ("point denials", "point says", "point claims", "misconception says", "misconception claims")
# Of the words' probability that the answer speaks of the target: what is below it is not read (`worth_reading` tells what that loses).
UNLIKE: Final = {"point": 0.15, "misconception": 0.4}
CLEAR: Final = 0.6  # of the same probability: from here on a stretch is clearly about one point ...
BESIDE: Final = 0.3  # ... and read for others only from here on
WHOLE: Final = 0.95  # share of a saying's words from which on it is read wherever they stand: 14 of 20 such points were hit;
MOSTLY, AMONG_MORE = 0.6, 0.3  # so were 17 of 26 that were mostly said in a stretch of which they are less than this
NEIGHBOURS: Final = 1  # sentences on either side of those that resemble the target are read, too; without, F1 falls by 0.02
UNREAD: Final = 0.04  # of the points that are not read, this share was stated all the same (combine questions)
# Of the words' probability that a window speaks of the target: below it all is read, and the reader chooses the quote.
WEAK: Final = 0.25
FAR: Final = 8.0  # differences of logits beyond are as good as this
FARTHEST: Final = 0.3  # of the shares of an answer's words that are the question's; lower ones are as telling
_NUMBERS: Final = "combiner.json"


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights per class (rows in the order of CLASSES, columns of FEATURES) and the thresholds of the verdicts."""

    weights: tuple[tuple[float, ...], ...]
    thresholds: cal.Thresholds

    def probabilities(self, row: Sequence[float]) -> tuple[float, ...]:
        """Return the probability of each class."""
        return _softmax([sum(w * x for w, x in zip(weights, row, strict=True)) for weights in self.weights])


class Combiner:
    """Reads an answer with the cross-encoder and weighs both layers. Raises EncoderError where a file is missing or damaged.

    Not `guided` by the words it reads everything, to be measured alone.
    """

    def __init__(self, folder: Path = MODEL_DIR, *, guided: bool = True) -> None:
        self.reader, self._guided = Reader(folder), guided
        try:
            self.fits = fits(json.loads((folder / _NUMBERS).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"The numbers {folder / _NUMBERS} cannot be read ({error}).") from error

    def decide(self, question: str, found: Sequence[Match], clauses: Sequence[Clause], own: float) -> None:
        """Set the probabilities, the verdict and the clause of every match that is read.

        `clauses` are what may count as evidence, `own` is the share of the answer's words that are this question's.
        """
        read, readings = readings_of(self.reader, question, found, clauses, guided=self._guided)
        points = [one for one in found if one.target.kind == "point"]
        for one, reading, row in zip(read, readings, rows(read, readings, len(points), own), strict=True):
            one.read = _softmax(reading)
            fit = self.fits[_kind(one.target)]
            likely = one.topic
            one.hit, one.partial, miss, one.contradicted = fit.probabilities(row)
            if one.denied.is_saying:  # of the bank's claims the reader takes one in a hundred for its opposite
                one.hit, one.contradicted = one.hit + one.contradicted, 0.0
            one.topic = max(likely, 1 - miss)
            one.settle(fit.thresholds)
            if one.verdict != "miss" and likely < WEAK:
                one.span = self._carrier(question, one, clauses)
        for one in points:
            one.hit = one.hit if one.read else max(one.hit, UNREAD)

    def _carrier(self, question: str, one: Match, clauses: Sequence[Clause]) -> tuple[int, int]:
        """Return the clause that says most what the verdict is about."""
        side = CLASSES.index(one.verdict)
        readings = self.reader.read_all([(question, claim_of(one), clause.text) for clause in clauses])
        best = max(range(len(clauses)), key=lambda i: readings[i][side] - readings[i].miss)
        return clauses[best].start, clauses[best].end


def readings_of(
    reader: Reader, question: str, found: Sequence[Match], clauses: Sequence[Clause], *, guided: bool = True
) -> tuple[list[Match], list[Logits]]:
    """Return the matches that are read, and what the cross-encoder makes of the part of the answer that is about each of them.

    What that part has in common with the ways to deny a point is noted in its match. A point of which the bank has nothing but the
    claim is read with the whole answer, for words are a poor guide to it, and with each sentence. Not `guided` by the words, all
    matches are read with the whole answer.
    """
    read = worth_reading(found) if guided else list(found)
    parts = [about(one, clauses) if guided and not _is_claim_alone(one) else clauses for one in read]
    readings = reader.read_all([(question, claim_of(one), evidence(part)) for one, part in zip(read, parts, strict=True)])
    sentences = [evidence(list(inside)) for _, inside in itertools.groupby(clauses, key=attrgetter("sentence"))]
    for one, part, reading in zip(read, parts, readings, strict=True):
        one.denied = likeness(part, (one.target.text, *one.target.says), one.target.denials)
        if _is_claim_alone(one):  # a single sentence is the whole answer, which was read
            told = [(question, claim_of(one), text) for text in sentences]
            one.sentences = reader.read_all(told) if len(told) > 1 else [reading]
    return read, readings


def _is_claim_alone(one: Match) -> bool:
    return one.target.kind == "point" and not one.target.says


def worth_reading(found: Sequence[Match]) -> list[Match]:
    """Return what the cross-encoder is to read; the rest stays as the words have it, which is a miss.

    Where the bank tells how people say a point and little in the answer resembles any of it, reading finds little: below 0.15 ten of
    twenty hits found were right, below 0.3 half of those found in a stretch that is clearly about another point, and F1 is the same
    without; of the misconceptions found below 0.4 none was held (combine questions). All of it would take twice the time. An answer
    that resembles no point at all may be in words that the bank does not have, so there all points are read, as where it has nothing
    but claims; and a point is read that is said in full, whatever else is said beside it ("valid: no padding, output smaller").
    """
    near = {id(one) for one in found if _is_said(one) or one.topic >= _least(one, found)}
    strange = not any(id(one) in near for one in found if one.target.kind == "point")
    return [one for one in found if id(one) in near or _is_claim_alone(one) or (strange and one.target.kind == "point")]


def _is_said(one: Match) -> bool:
    """Tell whether the answer has the words of a point's saying, among however many others."""
    recall, amid = one.features.recall, one.features.precision < AMONG_MORE
    return one.target.kind == "point" and recall >= (MOSTLY if amid else WHOLE)


def _least(one: Match, found: Sequence[Match]) -> float:
    return BESIDE if _is_anothers(one, found) else UNLIKE[one.target.kind]


def _is_anothers(one: Match, found: Sequence[Match]) -> bool:
    """Tell whether a stretch is clearly about another point than this one."""
    if one.window is None or one.target.kind != "point":
        return False
    own = set(one.window.clauses)
    clear = (m for m in found if m is not one and m.target.kind == "point" and m.topic >= CLEAR)
    return any(m.window and not own.isdisjoint(m.window.clauses) for m in clear)


def _kind(target: Target) -> str:
    """Return for what kind of target, and of bank, a fit is needed."""
    told = "claims" if not target.says else "denials" if target.denials else "says"
    return f"{target.kind} {told}"


def claim_of(one: Match) -> Claim:
    """Return what is read of a match's target."""
    return Claim(one.target.text, one.target.says)


def about(one: Match, clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Return the sentences that resemble the target, with their neighbours; all clauses where none clearly does.

    The rest of a long answer would only distract from the claim: chatter around it moved the score.
    """
    window = one.window if one.topic >= WEAK else None
    inside = [c.sentence for c in clauses if window and c.start < window.end and c.end > window.start]
    if not inside:
        return clauses
    return [c for c in clauses if min(inside) - NEIGHBOURS <= c.sentence <= max(inside) + NEIGHBOURS]


def evidence(clauses: Sequence[Clause]) -> str:
    """Return the clauses as the text that is read."""
    return " ".join(clause.text if clause.text[-1:] in ".!?;:," else f"{clause.text}." for clause in clauses)


def rows(found: Sequence[Match], readings: Sequence[Logits], number: int, own: float) -> list[list[float]]:
    """Return the features of each match that was read, in the order of FEATURES.

    The question has `number` points; `own` is the share of the answer's words that are this question's (`Subjects.own_share`).
    """
    chances = [_softmax(reading) for reading in readings]
    points = [(p[0], p[3]) for m, p in zip(found, chances, strict=True) if m.target.kind == "point"]
    beliefs = sum(p[0] for m, p in zip(found, chances, strict=True) if m.target.kind == "misconception")
    right, wrong = sum(p[0] for p in points), sum(p[1] for p in points)
    around, elsewhere, result = max(number - 1, 1), -math.log(max(own, FARTHEST)), []
    for one, reading, chance in zip(found, readings, chances, strict=True):
        mine = chance if one.target.kind == "point" else (0.0, 0.0, 0.0, 0.0)
        row = _row(one, reading, chance, (right - mine[0]) / around, (wrong - mine[3]) / around, beliefs, elsewhere)
        result.append([*row, *one.denied.numbers, *_denied_elsewhere(one, found), *of_sentences(one, found), *_of_words(one)])
    return result


def of_sentences(one: Match, found: Sequence[Match]) -> tuple[float, ...]:
    """Return the features SENTENCES: how clearly one sentence states the target, and another point of `found`; the mean of all sentences.

    What states another point better is no evidence for this one. All are 0 where no sentences are read.
    """
    if not one.sentences:
        return (0.0,) * len(SENTENCES)
    states = [_stated(reading) for reading in one.sentences]
    at = states.index(max(states))
    rival = max((_stated(m.sentences[at]) for m in found if m is not one and m.sentences), default=-FAR)
    chances = [_softmax(reading) for reading in one.sentences]
    return states[at], rival, fmean(p[0] for p in chances), fmean(p[3] for p in chances)


def _stated(reading: Logits) -> float:
    return _clipped(reading.hit - reading.miss)


def _denied_elsewhere(one: Match, found: Sequence[Match]) -> tuple[float, float]:
    """Return how much closer the answer comes to denials than to sayings in the other points that are read, on average.

    Whoever has the rest the wrong way round has this point so, too, more likely than not.
    """
    others = [m.denied for m in found if m is not one and m.target.kind == one.target.kind == "point"]
    if not others:
        return 0.0, 0.0
    return fmean(d.letters_more for d in others), fmean(d.words_more for d in others)


def _of_words(one: Match) -> list[float]:
    return [*cal.topic_features(one.features)[1:], *cal.conflict_features(one.features)[1:]]


def _row(
    one: Match, reading: Logits, chance: Sequence[float], right: float, wrong: float, beliefs: float, elsewhere: float
) -> list[float]:
    f = one.features
    topic, conflict = _logit(one.topic), _logit(one.contradicted / one.topic) if one.topic else 0.0
    hit, partial, against = (_clipped(x - reading.miss) for x in (reading.hit, reading.partial, reading.contradicted))
    return [
        1.0, topic, conflict, one.hit, one.hit * one.hit, one.contradicted, f.recall, f.precision, f.formula, f.rival, float(one.window is not None),
        f.context, elsewhere, hit, partial, against, chance[0], chance[3], right, wrong, min(beliefs, 2.0), chance[0] * one.hit,
    ]  # fmt: skip


def fits(numbers: dict[str, Any]) -> dict[str, Fit]:
    """Return the fits of combiner.json by kind of target and of bank; raise ValueError, KeyError or TypeError where they are none."""
    if numbers["features"] != list(FEATURES):
        raise ValueError("it was fitted to other features")
    return {name: _fit(numbers[name]) for name in KINDS}


def _fit(one: dict[str, Any]) -> Fit:
    weights = tuple(tuple(map(float, row)) for row in one["weights"])
    if len(weights) != len(CLASSES) or {len(row) for row in weights} != {len(FEATURES)}:
        raise ValueError("the weights do not fit the features")
    return Fit(weights, cal.Thresholds(**one["thresholds"]))


def _softmax(logits: Sequence[float]) -> tuple[float, ...]:
    top = max(logits)
    parts = [math.exp(x - top) for x in logits]
    return tuple(part / sum(parts) for part in parts)


def _logit(p: float) -> float:
    p = min(max(p, 0.01), 0.99)
    return math.log(p / (1 - p))


def _clipped(x: float) -> float:
    return max(-FAR, min(x, FAR))
