"""Matches the clauses of an answer with the points and misconceptions of a question, and says why in numbers.

An inverted index finds, for each window (a clause, two neighbouring clauses, a sentence), the references that share concepts
with it; only the best few are looked at closely. The result per target is the window that says it best, with its features.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from mockinterview.grading import calibration as cal
from mockinterview.grading.calibration import Features
from mockinterview.grading.contrast import owners_of
from mockinterview.grading.formulas import Formula
from mockinterview.grading.prepared import Prepared, Reference, Target, neighbours, sign_pairs
from mockinterview.grading.reading import Comparison, Reading

Found = tuple[int, int, Reading, int]  # a clause: start, end, what it says, number of its sentence


@dataclass(slots=True)
class Window:
    """A stretch of the answer that may state something: `answer[start:end]` and what it says."""

    start: int
    end: int
    signs: dict[str, int]
    owners: dict[str, set[str]]
    pairs: dict[tuple[str, str], int]
    neighbours: frozenset[tuple[str, str]]
    formulas: tuple[Formula, ...]
    mass: float
    words: int
    clauses: tuple[int, ...]
    compared: tuple[Comparison, ...]
    known: float = 0.0
    context: float = 0.0
    aside: float = 0.0
    sentences: int = 1


@dataclass(frozen=True, slots=True)
class Match:
    """The best window of one target: its features and the probability that the target is stated, and stated wrongly."""

    target: Target
    window: Window | None = None
    reference: Reference | None = None
    features: Features = Features()
    topic: float = 0.0  # the window speaks of this
    conflict: float = 0.0  # and says the opposite

    @property
    def hit(self) -> float:
        """The probability that the target is stated."""
        return self.topic * (1 - self.conflict)

    @property
    def contradicted(self) -> float:
        """The probability that the opposite is stated."""
        return self.topic * self.conflict


# --- windows --------------------------------------------------------------------------------------------------------


def windows(prepared: Prepared, found: Sequence[Found]) -> list[Window]:
    """Return the clauses, pairs of neighbours and whole sentences as windows."""
    owners = owners_of([(reading, sentence) for _, _, reading, sentence in found], prepared.entities)
    singles = [_single(prepared, clause, own, i) for i, (clause, own) in enumerate(zip(found, owners, strict=True))]
    joined = [_join(prepared, singles[i : i + 2]) for i in range(len(singles) - 1)]
    for i, window in enumerate(joined):
        window.sentences += found[i][3] != found[i + 1][3]
    sentences: dict[int, list[Window]] = {}
    for window, (_, _, _, sentence) in zip(singles, found, strict=True):
        sentences.setdefault(sentence, []).append(window)
    long = [_join(prepared, parts) for parts in sentences.values() if len(parts) > 2 and sum(p.words for p in parts) <= cal.LONG_SENTENCE]
    found_windows = singles + joined + long
    _add_context(prepared, singles, found_windows)
    return found_windows


def _add_context(prepared: Prepared, singles: Sequence[Window], found: Sequence[Window]) -> None:
    """Note for each window which share of its words, and of the clauses next to it, the question knows."""
    counts = [(sum(c in prepared.weights for c in w.signs), len(w.signs)) for w in singles]
    words = {c for w in singles for c in w.signs}
    aside = max(cal.ABOUT - sum(c in prepared.weights for c in words) / len(words), 0.0) if words else 0.0
    for window in found:
        first, last = window.clauses[0], window.clauses[-1] + 1
        window.aside = aside
        window.known = _share(counts[first:last])
        window.context = _share(counts[max(first - cal.AROUND, 0) : last + cal.AROUND])


def _share(counts: Sequence[tuple[int, int]]) -> float:
    return sum(known for known, _ in counts) / max(sum(total for _, total in counts), 1)


def _single(prepared: Prepared, clause: Found, owners: dict[str, set[str]], at: int) -> Window:
    start, end, reading, _ = clause
    mass = prepared.mass(reading)
    pairs, beside = sign_pairs(reading), neighbours(reading)
    return Window(start, end, reading.signs, owners, pairs, beside, reading.formulas, mass, reading.words, (at,), reading.compared)


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
    beside = frozenset[tuple[str, str]]().union(*(p.neighbours for p in parts))
    formulas = tuple(f for p in parts for f in p.formulas)
    mass, words = sum(map(prepared.weight, signs)) + bool(formulas), sum(p.words for p in parts)
    inside, compared = tuple(i for p in parts for i in p.clauses), tuple(c for p in parts for c in p.compared)
    return Window(parts[0].start, parts[-1].end, signs, owners, pairs, beside, formulas, mass, words, inside, compared)


# --- matching -------------------------------------------------------------------------------------------------------


def match(prepared: Prepared, found: Sequence[Window], bare: Collection[int] = ()) -> list[Match]:
    """Return for each target of the question its best match among the windows.

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
    return result


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
    return f.formula == 1.0 or worded > cal.VERBATIM or (worded >= cal.BARE_ALIGN and f.order >= cal.BARE_ORDER)


def judge(prepared: Prepared, window: Window) -> dict[int, Match]:
    """Return the matches of one window, by target. Points know how much better a misconception explains the window, and vice versa."""
    candidates = _candidates(prepared, window)
    typical = _typical(prepared, window)
    first, second = _two_best(typical.values())
    found: dict[int, Match] = {}
    for at, target in enumerate(prepared.targets):
        own = typical.get(at, 0.0)
        common = Features(known=window.known, context=window.context, aside=window.aside, affinity=own, margin=own - (second if own == first else first))
        scored = candidates.get(at, ())
        if scored:
            key = sum(target.keys.get(c, 0.0) for c in window.signs)
            common = replace(common, key=key, against=_against(prepared, window, target))
        if window.formulas and target.formulas.formulas:
            common = _with_formulas(prepared, common, window, target)
        if common.formula or common.formula_clash or (scored and scored[0][0] >= cal.LEAST_LIKELY):
            found[at] = _best_reference(prepared, window, target, scored, common)
    return _with_rivals(prepared, found)


def _candidates(prepared: Prepared, window: Window) -> dict[int, list[tuple[float, int]]]:
    """Return for each target its references that share concepts with the window, best first, with a rough score."""
    shared: dict[int, float] = {}
    for concept in window.signs:
        for at, weight, _ in prepared.postings.get(concept, ()):
            shared[at] = shared.get(at, 0.0) + weight
    if window.formulas:
        for at in prepared.with_formulas:
            if any(map(prepared.targets[prepared.references[at].target].formulas.agrees, window.formulas)):
                shared[at] = shared.get(at, 0.0) + 1.0
    found: dict[int, list[tuple[float, int]]] = {}
    spread = cal.TIE / (window.mass + 0.1)
    for at, weight in shared.items():
        reference = prepared.references[at]
        found.setdefault(reference.target, []).append((weight / reference.total + weight * spread, at))
    for scored in found.values():
        scored.sort(reverse=True)
    return found


def _typical(prepared: Prepared, window: Window) -> dict[int, float]:
    """Return for each target how typical the window's words are of it."""
    found: dict[int, float] = {}
    for concept in window.signs:
        for at, gain in prepared.typical.get(concept, ()):
            found[at] = found.get(at, 0.0) + gain
    return found


def _two_best(values: Iterable[float]) -> tuple[float, float]:
    first, second, *_ = (*sorted(values, reverse=True)[:2], 0.0, 0.0)
    return first, second


def _with_formulas(prepared: Prepared, common: Features, window: Window, target: Target) -> Features:
    """Return the features with what formulas say: half an agreement where the formula is short or belongs to other targets, too."""
    book = target.formulas
    agreed = [f for f in window.formulas if book.agrees(f)]
    points = [t for t in prepared.targets if t.kind == "point" and t.formulas.formulas]
    true = [f for f in window.formulas if any(t.formulas.agrees(f) for t in points)]
    clashes = not agreed and any(book.contradicts(f) for f in window.formulas if f not in true)
    others = [t for t in prepared.targets if t is not target and t.formulas.formulas and t.kind != target.kind]
    own = [f for f in agreed if book.size(f) >= cal.TELLING_FORMULA and not any(t.formulas.agrees(f) for t in others)]
    strength = 1.0 if own else 0.5 if agreed else 0.0  # a short one needs words beside it
    return replace(common, formula=strength, formula_clash=float(clashes))


def _best_reference(prepared: Prepared, window: Window, target: Target, scored: Sequence[tuple[float, int]], common: Features) -> Match:
    if len(scored) > 1:
        second = prepared.references[scored[1][1]]
        common = replace(common, support=sum(prepared.weight(c) for c in second.reading.signs if c in window.signs) / second.total)
    looks = [_look(prepared, window, target, prepared.references[at], common) for _, at in scored[: cal.CLOSE_LOOKS]]
    if not looks:
        return _match(target, window, None, common)
    closest = max(looks, key=lambda m: m.topic)
    # the closest wording decides whether the window agrees; a looser one may not excuse a contradiction
    return max((m for m in looks if m.topic >= cal.AS_CLOSE * closest.topic), key=lambda m: m.hit)


def _look(prepared: Prepared, window: Window, target: Target, reference: Reference, common: Features) -> Match:
    theirs = reference.reading.signs
    shared = [c for c in theirs if c in window.signs]
    mass = sum(map(prepared.weight, shared)) + (common.formula > 0 and bool(reference.reading.formulas)) or 1e-9
    near = [pair for pair in reference.neighbours if pair[0] in window.signs and pair[1] in window.signs]
    clash = _sign_clash(prepared, window, reference, shared)
    needed = target.numbers & theirs.keys()
    foreign, replaced = _other_numbers(prepared, window, target, reference)
    features = Features(
        recall=mass / reference.total,
        precision=min(mass / max(window.mass, 1e-9), 1.0),
        affinity=common.affinity,
        margin=common.margin,
        order=sum(pair in window.neighbours for pair in near) / len(near) if near else 0.0,
        mass=mass,
        shared=len(shared),
        key=common.key,
        bound=sum(bool(sign) and window.pairs.get(pair) == sign for pair, sign in reference.pairs.items()),
        support=common.support,
        known=common.known,
        context=common.context,
        aside=common.aside,
        formula=common.formula,
        formula_clash=common.formula_clash,
        sign_clash=clash / mass,
        clash_mass=clash,
        against=common.against,
        reversed=float(bool(window.compared) and _is_reversed(window, target)),
        flip=float(clash > 0),
        role_clash=_role_clash(prepared, window, target, reference, shared) / mass,
        number_clash=float(foreign and bool(needed) and not needed & window.signs.keys()),
        number_miss=float(foreign),
        number_replaced=float(replaced),
    )
    return _match(target, window, reference, features)


def _match(target: Target, window: Window, reference: Reference | None, features: Features) -> Match:
    return Match(target, window, reference, features, cal.topic(features, target.kind, target.has_says), cal.conflict(features))


def _with_rivals(prepared: Prepared, found: dict[int, Match]) -> dict[int, Match]:
    """Return the matches with what a better explanation of the window takes from them: a belief from a point, a point from a belief.

    A window that states one point is true, so it contradicts no other.
    """
    points = max((m.hit for at, m in found.items() if prepared.targets[at].kind == "point"), default=0.0)
    beliefs = max((m.hit for at, m in found.items() if prepared.targets[at].kind == "misconception"), default=0.0)
    result = {}
    for at, one in found.items():
        rival = (beliefs if one.target.kind == "point" else points) - one.hit
        if rival > 0:
            features = replace(one.features, rival=rival)
            one = replace(one, features=features, conflict=cal.conflict(features))  # noqa: PLW2901 - the same match, corrected
        if one.target.kind == "point" and one.contradicted > one.hit and points > beliefs:
            one = replace(one, topic=one.topic * (1 - points))  # noqa: PLW2901
        result[at] = one
    return result


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


def _is_reversed(window: Window, target: Target) -> bool:
    """Tell whether both compare the same things, but the other way round: "A is faster than B", "B is faster than A"."""
    for mine in window.compared:
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
    return foreign, bool(strange) and alike


def _within(given: str, known: Iterable[str]) -> bool:
    """Tell whether a number lies between two of a reference: "64" agrees with "32 to 512"."""
    try:
        values = [float(c[1:]) for c in known]
        return len(values) > 1 and min(values) < float(given[1:]) < max(values)
    except ValueError:  # a shape such as 5x5
        return False
