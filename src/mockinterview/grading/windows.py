"""The stretches of an answer that may state something: clauses, neighbours and sentences, with all that matching asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockinterview.grading import calibration as cal
from mockinterview.grading.contrast import owners_of
from mockinterview.grading.prepared import FormulaVerdict, Prepared, neighbours, sign_pairs
from mockinterview.grading.reading import Comparison, Reading

Found = tuple[int, int, Reading, int]  # a clause: start, end, what it says, number of its sentence


@dataclass(slots=True)
class Window:
    """A stretch of the answer, `answer[start:end]`, and what it says. `clauses` are the numbers of its clauses."""

    start: int
    end: int
    clauses: tuple[int, ...]
    signs: dict[str, int]
    owners: dict[str, set[str]]
    pairs: dict[tuple[str, str], int]
    neighbours: frozenset[tuple[str, str]]
    formulas: FormulaVerdict | None
    compared: tuple[Comparison, ...]
    mass: float
    words: int
    sentences: int = 1
    context: float = 0.0  # the share of the words around it that the question knows


def windows(prepared: Prepared, found: Sequence[Found], gaps: frozenset[int] = frozenset()) -> list[Window]:
    """Return the clauses, pairs of neighbours and whole sentences as windows.

    `gaps` are clauses behind which something stands that is no evidence: nothing is joined across it.
    """
    owners = owners_of([(reading, sentence) for _, _, reading, sentence in found], prepared.entities)
    singles = [_single(prepared, clause, own, i) for i, (clause, own) in enumerate(zip(found, owners, strict=True))]
    beside = [i for i in range(len(singles) - 1) if i not in gaps]
    joined = [_join(prepared, singles[i : i + 2]) for i in beside]
    for i, window in zip(beside, joined, strict=True):
        window.sentences += found[i][3] != found[i + 1][3]
    result = singles + joined + _sentences(prepared, singles, [sentence for _, _, _, sentence in found], gaps)
    _add_context(prepared, singles, result)
    return result


def _sentences(prepared: Prepared, singles: Sequence[Window], numbers: Sequence[int], gaps: frozenset[int]) -> list[Window]:
    """Return the sentences of three clauses or more that are not too long for one statement."""
    inside: dict[int, list[Window]] = {}
    for window, number in zip(singles, numbers, strict=True):
        inside.setdefault(number, []).append(window)
    whole = [parts for parts in inside.values() if len(parts) > 2 and gaps.isdisjoint(p.clauses[0] for p in parts[:-1])]
    return [_join(prepared, parts) for parts in whole if sum(p.words for p in parts) <= cal.LONG_SENTENCE]


def _add_context(prepared: Prepared, singles: Sequence[Window], found: Sequence[Window]) -> None:
    """Note for each window which share of the words around it the question knows."""
    counts = [(sum(c in prepared.weights for c in w.signs), len(w.signs)) for w in singles]
    for window in found:
        around = counts[max(window.clauses[0] - cal.AROUND, 0) : window.clauses[-1] + 1 + cal.AROUND]
        window.context = sum(known for known, _ in around) / max(sum(total for _, total in around), 1)


def _single(prepared: Prepared, clause: Found, owners: dict[str, set[str]], at: int) -> Window:
    start, end, reading, _ = clause
    formulas = prepared.weigh(reading.formulas) if reading.formulas else None
    pairs, beside, mass = sign_pairs(reading), neighbours(reading), prepared.mass(reading)
    return Window(start, end, (at,), reading.signs, owners, pairs, beside, formulas, reading.compared, mass, reading.words)


def _join(prepared: Prepared, parts: Sequence[Window]) -> Window:
    signs: dict[str, int] = {}
    owners: dict[str, set[str]] = {}
    pairs: dict[tuple[str, str], int] = {}
    for part in parts:
        for concept, sign in part.signs.items():
            signs[concept] = sign if signs.get(concept, sign) == sign else 0
        for concept, names in part.owners.items():
            owners[concept] = owners[concept] | names if concept in owners else names
        for pair, sign in part.pairs.items():
            pairs[pair] = sign if pairs.get(pair, sign) == sign else 0
    said = [p.formulas for p in parts if p.formulas]
    formulas = FormulaVerdict.merged(said) if said else None
    beside = frozenset[tuple[str, str]]().union(*(p.neighbours for p in parts))
    inside, compared = tuple(i for p in parts for i in p.clauses), tuple(c for p in parts for c in p.compared)
    mass = sum(map(prepared.weight, signs)) + bool(formulas)
    words = sum(p.words for p in parts)
    return Window(parts[0].start, parts[-1].end, inside, signs, owners, pairs, beside, formulas, compared, mass, words)
