"""Matches the clauses of an answer with the points and misconceptions of a question, and says why in numbers.

An inverted index finds, for each window (a clause, two neighbouring clauses, a sentence), the references that share concepts
with it; only the best few are looked at closely. The result per target is the window that says it best, with its features.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mockinterview.grading import calibration as cal
from mockinterview.grading.calibration import Features
from mockinterview.grading.likeness import Likeness
from mockinterview.grading.prepared import Prepared, Reference, Target
from mockinterview.grading.windows import Window
from mockinterview.models import Verdict

if TYPE_CHECKING:
    from mockinterview.grading.neural import Logits


@dataclass(slots=True)
class Match:
    """A window of a target: its features, the probabilities that the target is stated in it and that its opposite is, and the verdict."""

    target: Target
    window: Window | None = None
    reference: Reference | None = None
    features: Features = field(default_factory=Features)
    topic: float = 0.0
    hit: float = 0.0
    partial: float = 0.0
    contradicted: float = 0.0
    verdict: Verdict = "miss"  # of a misconception "hit" means that it is stated
    sure: float = 0.0  # how far the probability of a hit lies above the least that one takes
    span: tuple[int, int] | None = None  # the clause that carried the verdict, where that is not the window
    read: tuple[float, ...] = ()  # what the cross-encoder makes of it: a probability per class
    denied: Likeness = field(default_factory=Likeness)
    sentences: Sequence[Logits] = ()  # what it makes of each sentence by itself, where that is read

    def weigh(self) -> None:
        """Work out the probabilities: the window speaks of the target, and says it or the opposite."""
        conflict = cal.conflict(self.features)
        self.hit, self.contradicted = self.topic * (1 - conflict), self.topic * conflict

    def doubt(self, share: float, beliefs: float) -> None:
        """Weigh again, knowing the share of the answer's other points that it contradicts, and the misconceptions that it states."""
        conflict = cal.doubted(cal.conflict(self.features), share, beliefs)
        self.hit, self.contradicted = self.topic * (1 - conflict), self.topic * conflict

    def settle(self, thresholds: cal.Thresholds) -> None:
        """Give the verdict of the probabilities."""
        self.verdict = thresholds.verdict(self.hit, self.partial, self.contradicted)
        self.sure = self.hit - thresholds.hit


class Matched(NamedTuple):
    """The best match of each target, and the numbers of the clauses that resemble any target at all: the rest is chatter."""

    matches: list[Match]
    telling: frozenset[int]


# --- matching -------------------------------------------------------------------------------------------------------


def match(prepared: Prepared, found: Sequence[Window], bare: Collection[int] = ()) -> Matched:
    """Return for each target of the question its best match among the windows, and which clauses are no mere chatter.

    Windows with a clause of `bare` (rows of words that make no statement) count only where they are worded like a reference. No
    stretch of the answer is both a point and a misconception: the more probable one keeps it, the other looks elsewhere.
    """
    judged = [
        {at: m for at, m in judge(prepared, window).items() if not _touches(window, bare) or _close(m.features)} for window in found
    ]
    first = _best(prepared.targets, judged)
    beliefs = [m for m in first if m.target.kind == "misconception" and m.hit >= cal.BELIEF]
    points = [m for m in first if m.target.kind == "point" and m.hit >= cal.PARTIAL]
    result = []
    for at, one in enumerate(first):
        rivals = beliefs if one.target.kind == "point" else points
        stronger = {i for r in rivals if r.window and r.hit > one.hit for i in r.window.clauses}
        if one.window and one.hit >= cal.PARTIAL and _touches(one.window, stronger):
            left = [{at: m[at]} for m, w in zip(judged, found, strict=True) if at in m and not _touches(w, stronger)]
            one = _best([one.target], [{0: m[at]} for m in left])[0]  # noqa: PLW2901 - the same target, elsewhere
        result.append(one)
    _doubt(result)
    for one in result:
        one.settle(cal.BY_WORDS[one.target.kind])
    return Matched(result, _telling(prepared, found, judged))


def _telling(prepared: Prepared, found: Sequence[Window], judged: Sequence[dict[int, Match]]) -> frozenset[int]:
    """Return the clauses that resemble a target, alone or within their sentence; all where the bank does not tell how people speak."""
    known = any(target.says for target in prepared.targets)
    inside = (
        (w, max((m.topic for m in of.values()), default=0.0)) for w, of in zip(found, judged, strict=True) if w.sentences == 1
    )
    return frozenset(i for window, topic in inside if topic >= cal.CHATTER or not known for i in window.clauses)


def _doubt(found: Sequence[Match]) -> None:
    """Raise the probability of a contradiction in an answer that contradicts most of what else it speaks of, or states beliefs."""
    points = [m for m in found if m.target.kind == "point" and m.window]
    wrong, right = sum(m.contradicted for m in points), sum(m.hit for m in points)
    beliefs = sum(m.hit for m in found if m.target.kind == "misconception" and m.hit >= cal.BELIEF)
    changed = [(m, wrong - m.contradicted, right - m.hit) for m in points]
    for one, others_wrong, others_right in changed:
        one.doubt(others_wrong / (others_wrong + others_right + 0.5), min(beliefs, 2.0) / 2)


def _touches(window: Window, inside: Collection[int]) -> bool:
    return bool(inside) and any(i in inside for i in window.clauses)


def _best(targets: Sequence[Target], judged: Sequence[dict[int, Match]]) -> list[Match]:
    best = [Match(target) for target in targets]
    opposite = best[:]
    for matches in judged:
        for at, one in matches.items():
            if one.hit > best[at].hit:
                best[at] = one
            # two sentences together may say something, but what they seem to deny is mostly each other's
            if one.contradicted > opposite[at].contradicted and one.window and one.window.sentences == 1:
                opposite[at] = one
    return [b if b.hit >= o.contradicted or _stands(b, o) else o for b, o in zip(best, opposite, strict=True)]


def _stands(stated: Match, opposite: Match) -> bool:
    """Tell whether a hit stands beside a clash: what is right in one clause stays right when another looks like its reverse."""
    if stated.window is None or opposite.window is None or stated.hit < cal.HIT:
        return False
    inside, around = set(stated.window.clauses), set(opposite.window.clauses)
    # what a clause says alone, its neighbours do not turn round, if it is most of what is to be said
    alone = inside < around and stated.features.recall >= cal.MOST_OF_IT * opposite.features.recall
    return alone or not inside & around


def _close(f: Features) -> bool:
    worded = min(f.recall, f.precision)
    return (
        f.formula == 1.0
        or (worded > cal.VERBATIM and f.shared <= cal.FEW)
        or (worded >= cal.BARE_ALIGN and f.order >= cal.BARE_ORDER)
    )


def judge(prepared: Prepared, window: Window) -> dict[int, Match]:
    """Return the matches of one window, by target. Points know how much better a misconception explains the window, and vice versa."""
    typical, keys = _gained(prepared.typical, window), _gained(prepared.keys, window)
    first, second = _two_best(typical.values())
    found: dict[int, Match] = {}
    for at, scored in _candidates(prepared, window).items():
        own = typical.get(at, 0.0)
        likely = _likely(prepared, window, at, scored, own, own - (second if own == first else first), keys.get(at, 0.0))
        looks = [_look(prepared, window, prepared.targets[at], *one) for one in likely]
        if looks:
            closest = max(m.topic for m in looks)
            # the closest wording decides whether the window agrees; a looser one may not excuse a contradiction
            found[at] = max((m for m in looks if m.topic >= cal.AS_CLOSE * closest), key=lambda m: m.hit)
    _weigh_rivals(found)
    return found


def _candidates(prepared: Prepared, window: Window) -> dict[int, list[tuple[float, float, int, int]]]:
    """Return for each target its references that share concepts with the window: rough score, shared weight, shared concepts, place."""
    shared: dict[int, tuple[float, int]] = {}
    for concept in window.signs:
        weight = prepared.weights.get(concept)
        for at in prepared.postings.get(concept, ()):
            before, count = shared.get(at, (0.0, 0))
            shared[at] = (before + weight, count + 1)  # type: ignore[operator]  # a posting has a weight
    if window.formulas:
        for at in prepared.with_formulas:
            target, (before, count) = prepared.references[at].target, shared.get(at, (0.0, 0))
            if target in window.formulas.agrees:
                shared[at] = (before + 1.0, count)
            elif target in window.formulas.clashes:
                shared[at] = (before + 1e-9, count)
    found: dict[int, list[tuple[float, float, int, int]]] = {}
    spread = cal.TIE / (window.mass + 0.1)
    for at, (weight, count) in shared.items():
        reference = prepared.references[at]
        rough = weight / reference.total + weight * spread
        if rough >= cal.ROUGHLY or window.formulas:
            found.setdefault(reference.target, []).append((rough, weight, count, at))
    return found


def _gained(gains: dict[str, tuple[tuple[int, float], ...]], window: Window) -> dict[int, float]:
    """Return for each target the sum of what the window's words speak for it."""
    found: dict[int, float] = {}
    for concept in window.signs:
        for at, gain in gains.get(concept, ()):
            found[at] = found.get(at, 0.0) + gain
    return found


def _two_best(values: Iterable[float]) -> tuple[float, float]:
    first, second, *_ = (*sorted(values, reverse=True)[:2], 0.0, 0.0)
    return first, second


def _likely(
    prepared: Prepared,
    window: Window,
    at: int,
    scored: list[tuple[float, float, int, int]],
    affinity: float,
    margin: float,
    key: float,
) -> list[tuple[Reference, Features]]:
    """Return the references worth a closer look, with the features known so far: those that might reach a verdict."""
    target, formulas, found = prepared.targets[at], window.formulas, []
    formula, clash = (formulas.agrees.get(at, 0.0), float(at in formulas.clashes)) if formulas else (0.0, 0.0)
    for _, mass, count, place in sorted(scored, reverse=True)[: cal.CLOSE_LOOKS]:
        reference = prepared.references[place]
        features = Features(
            mass / reference.total, min(mass / window.mass, 1.0), mass, count, affinity, margin, key, formula,
            window.context, order=1.0, bound=3, formula_clash=clash,
        )  # fmt: skip
        if cal.topic(features, target.kind, bool(target.says)) >= cal.LEAST_LIKELY:
            found.append((reference, features))
    return found


def _look(prepared: Prepared, window: Window, target: Target, reference: Reference, f: Features) -> Match:
    """Return the match of a window with a reference; fills in the features that take a closer look."""
    signs = reference.reading.signs
    shared = [c for c in signs if c in window.signs]
    near = [pair for pair in reference.neighbours if pair[0] in window.signs and pair[1] in window.signs]
    f.order = sum(pair in window.neighbours for pair in near) / len(near) if near else 0.0
    f.bound, f.crossed = _bindings(window, reference)
    f.clash_mass = _sign_clash(prepared, window, reference, shared)
    f.sign_clash, f.flip = f.clash_mass / f.mass, float(f.clash_mass > 0)
    f.against = _against(prepared, window, target)
    f.reversed = float(_is_reversed(window, target, reference))
    f.role_clash = _role_clash(prepared, window, target, reference, shared) / f.mass
    foreign, replaced = _other_numbers(prepared, window, target, reference)
    needed = target.numbers & signs.keys()
    f.number_miss, f.number_replaced = float(foreign), float(replaced)
    f.number_clash = float(foreign and bool(needed) and not needed & window.signs.keys())
    one = Match(target, window, reference, f, cal.topic(f, target.kind, bool(target.says)))
    one.weigh()
    return one


def _weigh_rivals(found: dict[int, Match]) -> None:
    """Note what a better explanation of the window takes from a match: a belief from a point, a point from a belief.

    A window that states one point is true, so it contradicts no other.
    """
    points = max((m.hit for m in found.values() if m.target.kind == "point"), default=0.0)
    beliefs = max((m.hit for m in found.values() if m.target.kind == "misconception"), default=0.0)
    for one in found.values():
        rival = (beliefs if one.target.kind == "point" else points) - one.hit
        if rival > 0:
            one.features.rival = rival
            one.weigh()
        if one.target.kind == "point" and one.contradicted > one.hit and points > beliefs:
            one.topic *= 1 - points
            one.weigh()


# --- what contradicts -----------------------------------------------------------------------------------------------


def _sign_clash(prepared: Prepared, window: Window, reference: Reference, shared: Sequence[str]) -> float:
    """Return the weight of shared concepts whose sign differs. Where both signs occur, the neighbours decide.

    Where a negation is matched, what else it reaches does not count: "it can't solve XOR" is "XOR, which it cannot solve". And to
    reduce a thing is to deny it: "no longer vanishes" agrees with "less vanishing".
    """
    total = 0.0
    negated = any(window.signs[c] < 0 and reference.reading.signs[c] < 0 and c[-1] != "±" for c in shared)
    negated = negated or (window.signs.get("possible±", 0) < 0 and reference.reading.signs.get("possible±", 0) < 0)
    for concept in shared:
        mine, theirs = window.signs[concept], reference.reading.signs[concept]
        if mine * theirs < 0:
            opposite = concept[-1] == "±" or not negated
            if opposite and window.pairs.get((concept, "more±")) != -1 and reference.pairs.get((concept, "more±")) != -1:
                total += prepared.weight(concept)
        elif mine * theirs == 0 and concept[-1] == "±":
            total += prepared.weight(concept) * _pair_clash(window, reference, concept)
    return total


def _bindings(window: Window, reference: Reference) -> tuple[int, int]:
    """Return how many bound opposites ("less variance") window and reference have with the same sign, and with different ones."""
    same = differ = 0
    for pair, sign in reference.pairs.items():
        mine = window.pairs.get(pair, 0)
        same += mine * sign > 0
        differ += mine * sign < 0
    return same, differ


def _pair_clash(window: Window, reference: Reference, concept: str) -> float:
    same = differ = 0
    for pair, sign in reference.pairs.items():
        if pair[1] == concept and sign and window.pairs.get(pair):
            same += sign == window.pairs[pair]
            differ += sign != window.pairs[pair]
    return differ / (same + differ) if differ else 0.0


def _role_clash(prepared: Prepared, window: Window, target: Target, reference: Reference, shared: Sequence[str]) -> float:
    """Return the weight of shared concepts that are said of another thing than in the reference, or in all that name one."""
    if not window.owners:
        return 0.0
    total = 0.0
    known = reference.owners if reference.entities else target.owners
    for concept in shared:
        mine, theirs = window.owners.get(concept), known.get(concept) or reference.owners.get(concept)
        if mine and theirs and mine.isdisjoint(theirs):
            total += prepared.weight(concept)
    return total


def _against(prepared: Prepared, window: Window, target: Target) -> float:
    """Return the weight of the target's typical words that the window has in the polarity that none of its references has."""
    signs, polarity = window.signs, target.polarity
    return sum(
        prepared.weight(c) * min(target.affinity[c], 1.0)
        for c, sign in signs.items()
        if sign and polarity.get(c, sign) != sign and window.pairs.get((c, "more±")) != -1
    )


def _is_reversed(window: Window, target: Target, reference: Reference) -> bool:
    """Tell whether both compare the same things, but the other way round: "A is faster than B", "B is faster than A".

    What the reference at hand compares in the same way is not turned round, whatever others of the target say.
    """
    for mine in window.compared:
        if mine in reference.reading.compared:
            continue
        for theirs in target.compared:
            crossed = (mine[0] & theirs[3]) - theirs[0] and (mine[3] & theirs[0]) - mine[0]
            straight = (mine[0] & theirs[0]) - theirs[3] and (mine[3] & theirs[3]) - theirs[0]
            if mine[1] == theirs[1] and ((crossed and mine[2] == theirs[2]) or (straight and mine[2] != theirs[2])):
                return True
    return False


def _other_numbers(prepared: Prepared, window: Window, target: Target, reference: Reference) -> tuple[bool, bool]:
    """Tell whether a number is there that neither reference nor question has, and whether the wording is the same but for a number."""
    theirs = reference.reading.numbers
    if not theirs & target.numbers - window.signs.keys():
        return False, False
    strange = [c for c in window.signs if c[0] == "#" and c not in theirs and not (reference.is_range and _within(c, theirs))]
    foreign = any(c not in prepared.asked and c not in cal.IDLE_NUMBERS for c in strange)
    words = [c for c in window.signs if c[0] != "#"]
    known = [c for c in reference.reading.signs if c[0] != "#"]
    same = sum(map(prepared.weight, set(words) & set(known)))
    alike = 2 * same >= cal.SAME_WORDING * (sum(map(prepared.weight, words)) + sum(map(prepared.weight, known)))
    return foreign, bool(strange) and (alike or _another_stands_there(window, target, strange))


def _another_stands_there(window: Window, target: Target, strange: Sequence[str]) -> bool:
    """Tell whether a number stands beside the word beside which the target's own one stands: "padding 2" for "padding 3"."""
    beside = {a if b in strange else b for a, b in window.neighbours if (a in strange) != (b in strange)}
    return not beside.isdisjoint(target.numbered)


def _within(given: str, known: Iterable[str]) -> bool:
    """Tell whether a number lies between two of a reference: "64" agrees with "32 to 512"."""
    try:
        values = [float(c[1:]) for c in known]
        return len(values) > 1 and min(values) < float(given[1:]) < max(values)
    except ValueError:  # a shape such as 5x5
        return False
