"""Training pairs (claim, answer, label) from the bank and from the gold answers of the training questions.

Labels are distributions over LABELS: where all that is known is that an answer earns nothing (a misconception beside a point), the
mass is spread over "miss" and "contradicted". Answers are drawn from questions of the training part alone (`mockinterview.evals.parts`);
bank files from those, or from all (`train.py --whole-bank`): the shipped model may know how the bank says things, but no gold answer.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mockinterview.evals.parts import part
from mockinterview.grading.neural import Claim, premise
from mockinterview.models import Bank, Misconception, Point, Question

TURNED_ROUND = (
    Path(__file__).resolve().parent / "turned.jsonl"
)  # answers in which every point is the wrong way round, in eight voices
LABELS = ("hit", "partial", "miss", "contradicted")
HIT, PARTIAL, MISS, CONTRADICTED = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
NO_CREDIT = (0, 0, 0.5, 0.5)
NOT_BELIEVED = (0, 0, 0.7, 0.3)
SHARE_WITH_SAYINGS = 0.65
EXCHANGED = 0.7  # of the texts turned round that have two of a kind: those in which the two change places
BRIEF = ("minimal", "reversed", "voices")
TURNED = "reversed"  # the files of statements about one claim each, right ones beside others that turn the same fact round
VOICED = "voices"  # the files of such statements in one voice: those about all claims of a question are the lines of an answer
WHOLE = ("tangle", "natural", "evasion", "hedge", "reversed")
RIGHT = 2  # of the ways to say a point, those that are learnt beside its denials
Said = dict[str, list[tuple[str, str]]]  # statements with their verdicts, by point
BY_NAME = dict(zip(LABELS, (HIT, PARTIAL, MISS, CONTRADICTED), strict=True))

FLIPS = (
    ("increases", "decreases"), ("increase", "decrease"), ("larger", "smaller"), ("bigger", "smaller"), ("higher", "lower"),
    ("more", "less"), ("faster", "slower"), ("before", "after"), ("always", "never"), ("reduces", "raises"), ("reduce", "raise"),
    ("grows", "shrinks"), ("grow", "shrink"), ("vanish", "explode"), ("vanishes", "explodes"), ("vanishing", "exploding"),
    ("left", "right"), ("input", "output"), ("training", "test"), ("first", "last"), ("positive", "negative"), ("linear", "nonlinear"),
    ("supervised", "unsupervised"), ("max", "min"), ("maximum", "minimum"), ("high", "low"), ("large", "small"), ("many", "few"),
    ("fixed", "learned"), ("encoder", "decoder"), ("forward", "backward"), ("up", "down"), ("with", "without"), ("same", "different"),
    ("overfitting", "underfitting"), ("overfit", "underfit"), ("forget", "input"), ("wide", "narrow"), ("deep", "shallow"),
    ("early", "late"), ("add", "remove"), ("adds", "removes"), ("on", "off"), ("all", "none"), ("cheap", "expensive"),
)  # fmt: skip
# Two of a kind: where both stand in a sentence, exchanging them turns it round, and one in the other's place alone may not.
KINDS = (
    *FLIPS, ("bias", "variance"), ("precision", "recall"), ("sigmoid", "tanh"), ("mean", "variance"), ("batch", "layer"), ("query", "key"),
    ("validation", "training"), ("test", "training"), ("underfits", "overfits"), ("rows", "columns"), ("l1", "l2"), ("cell", "hidden"),
    ("generator", "discriminator"), ("noise", "signal"), ("clean", "corrupted"), ("early", "later"), ("weights", "activations"),
    ("loss", "accuracy"), ("width", "depth"), ("row", "column"), ("momentum", "rmsprop"), ("numerator", "denominator"), ("zero", "one"),
    ("labelled", "unlabelled"), ("lstm", "gru"), ("cnn", "rnn"), ("keras", "pytorch"), ("parameters", "hyperparameters"),
    ("classification", "regression"), ("true", "false"), ("horizontal", "vertical"), ("local", "global"), ("short", "long"),
)  # fmt: skip
SWAP = {a: b for pair in FLIPS for a, b in (pair, pair[::-1])}
NEGATE = (
    (r"\b(is|are|was|were|can|could|does|do|will|would|should|must|has)\b(?! not|n't)", r"\1 not"),
    (r"\b(it|they|this|that|you|we|one) (\w+s)\b", r"\1 does not \2"),
)
UNDO_NEGATION = ((r"\b(is|are|was|were|can|could|does|do|will|would|should)(?: not|n'?t)\b", r"\1"), (r"\bcannot\b", "can"), (r"\bnever\b", "always"), (r"\bno\b", "a"), (r"\bnot\b ", ""))  # fmt: skip

DENIALS = ("some people say that {}, but that is false", "{} - no, that is a myth", "it is wrong that {}", "i was told {}, which is not true", "i don't believe that {}",
           "the opposite of this is the case: {}", "people often claim that {}. they are mistaken")  # fmt: skip
AFFIRMATIONS = ("some people deny it, but {}", "i was told {}, and that is true", "it is no myth that {}", "not sure, but i think {}", "{}, right?",
                "i guess {}", "it's often overlooked that {}")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """One training example; `weight` scales its loss."""

    first: str
    answer: str
    label: tuple[float, ...]
    weight: float = 1.0


class Makes:
    """Makes pairs as the reader will see them: with sayings of the claim where the bank has some, and often without any."""

    def __init__(self, rng: random.Random, *, sayings: bool = True) -> None:
        self.rng, self._share = rng, SHARE_WITH_SAYINGS if sayings else 0.0

    def of(
        self, ask: str, target: Point | Misconception | Claim | str, answer: str, label: tuple[float, ...], weight: float = 1.0
    ) -> Pair:
        """Return a pair. A saying that stands in the answer is kept from the reader: finding it there would be no reading."""
        text, says = _claim(target)
        if says and self.rng.random() >= self._share:
            says = ()
        return Pair(premise(ask, Claim(text, tuple(s for s in says if s not in answer)), answer), answer, label, weight)

    def beside(self, ask: str, claim: Claim, answer: str, label: tuple[float, ...]) -> Pair:
        """Return a pair as the reader meets it in use: with sayings that stand in the answer."""
        return Pair(premise(ask, claim if self._share else Claim(claim.text), answer), answer, label)


def _claim(target: Point | Misconception | Claim | str) -> Claim:
    match target:
        case Point():
            return Claim(target.claim, target.says)
        case Misconception():
            return Claim(target.belief, target.says)
        case str():
            return Claim(target)
    return target


def bank_pairs(bank: Bank, ids: set[str], make: Makes) -> Iterator[Pair]:
    """Yield pairs made from the bank files of the questions `ids`."""
    questions = [q for q in bank if q.id in ids]
    for question in questions:
        yield from _own_words(question, make)
        yield from _composed(question, make, number=14)
        yield from _without_bonus(question, make, number=3)
        yield from _beliefs(question, make)
        yield from _neighbours(question, questions, make)
        yield from _claimless(question, make)


def _own_words(question: Question, make: Makes) -> Iterator[Pair]:
    rng = make.rng
    for point in question.points:
        others = [s for p in question.points if p.id != point.id for s in p.says]
        for say in point.says:
            yield make.of(question.ask, point, say, HIT)
            flipped = contradict(say, rng)
            if flipped:
                yield make.of(question.ask, point, flipped, CONTRADICTED)
        for say in rng.sample(others, min(len(others), len(point.says))):
            yield make.of(question.ask, point, say, MISS)
        yield make.of(question.ask, point, question.ask, MISS)
        flipped = contradict(point.claim, rng)
        if flipped:
            yield make.of(question.ask, point, flipped, CONTRADICTED)


def _composed(question: Question, make: Makes, number: int) -> Iterator[Pair]:
    """Yield answers put together from what people say of several points: some shown, some left out, some contradicted."""
    rng = make.rng
    for _ in range(number):
        shown, pieces = {}, []
        for point in rng.sample(question.points, rng.randint(1, min(4, len(question.points)))):
            say = rng.choice(point.says)
            flipped = contradict(say, rng) if rng.random() < 0.2 else None
            shown[point.id] = CONTRADICTED if flipped else HIT
            pieces.append(flipped or say)
        if question.misconceptions and rng.random() < 0.3:
            pieces.append(rng.choice(rng.choice(question.misconceptions).says))
        rng.shuffle(pieces)
        answer = joined(pieces, rng)
        picked = rng.sample(question.points, min(3, len(question.points)))
        for point in picked:
            yield make.of(question.ask, point, answer, shown.get(point.id, MISS))


def _without_bonus(question: Question, make: Makes, number: int) -> Iterator[Pair]:
    """Yield full answers that say every core point and nothing beyond: what comes near a bonus point does not state it."""
    rng = make.rng
    bonus = [point for point in question.points if point.kind == "bonus"]
    for _ in range(number if bonus else 0):
        pieces = [rng.choice(point.says) for point in question.core]
        rng.shuffle(pieces)
        yield make.of(question.ask, rng.choice(bonus), joined(pieces, rng), MISS)


def _beliefs(question: Question, make: Makes) -> Iterator[Pair]:
    """Yield misconceptions: they earn no point, contradict their correction, and are hits of the belief read as a claim."""
    rng = make.rng
    for wrong in question.misconceptions:
        for say in wrong.says:
            yield make.of(question.ask, rng.choice(question.points), say, NO_CREDIT)
            yield make.of(question.ask, wrong, say, HIT)
        yield make.of(question.ask, wrong, wrong.correction, CONTRADICTED, weight=3.0)
        yield make.of(question.ask, wrong.correction, wrong.belief, CONTRADICTED)
        yield make.of(question.ask, wrong.correction, rng.choice(wrong.says), CONTRADICTED)
        say = rng.choice(rng.choice(question.points).says)
        yield make.of(question.ask, wrong, say, NOT_BELIEVED)
        yield make.of(question.ask, wrong, f"some people believe that {wrong.says[0]}, but that is wrong", CONTRADICTED)


def _neighbours(question: Question, questions: list[Question], make: Makes) -> Iterator[Pair]:
    rng = make.rng
    for point in question.points:
        other = rng.choice(questions)
        if other.id != question.id:
            yield make.of(question.ask, point, rng.choice(rng.choice(other.points).says), MISS)
    for point in question.core:
        yield make.of(question.ask, point, question.model_answer, HIT)
    # A full answer is as often one to another question: else its fluency alone would be taken for the claim.
    elsewhere = [q for q in questions if q.topic != question.topic]
    for target in (*question.points, *question.misconceptions):
        for other in rng.sample(elsewhere, 2):
            yield make.of(question.ask, target, _some_of(other.model_answer, rng), MISS)


def _some_of(text: str, rng: random.Random) -> str:
    """Return a text or, as often, some of its sentences in their order."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    if rng.random() < 0.5:
        return text
    kept = sorted(rng.sample(range(len(sentences)), rng.randint(1, len(sentences))))
    return " ".join(sentences[i] for i in kept)


def _claimless(question: Question, make: Makes) -> Iterator[Pair]:
    """Yield what has the right words and claims nothing: bags of keywords, shuffled sentences, and claims told as others' mistakes."""
    rng = make.rng
    picked = rng.sample(question.points, min(4, len(question.points)))
    said = [rng.choice(point.says) for point in picked]
    words = [w for text in said for w in re.findall(r"[\w-]+", text) if len(w) > 3]
    rng.shuffle(words)
    bag = rng.choice([" ", ", ", "\n"]).join(dict.fromkeys(words))
    mixed = " ".join(rng.sample(every := question.model_answer.split(), len(every)))
    for point in picked:
        yield make.of(question.ask, point, bag, MISS)
        yield make.of(question.ask, point, mixed, MISS)
    for point, text in zip(picked, said, strict=True):
        yield make.of(question.ask, point, rng.choice(DENIALS).format(text), (0, 0, 0.2, 0.8))
        yield make.of(question.ask, point, rng.choice(AFFIRMATIONS).format(text), HIT)


def gold_pairs(bank: Bank, gold: list[dict], ids: set[str], weight: float, make: Makes) -> Iterator[Pair]:
    """Yield one pair per point of every gold answer to the questions `ids`, and one per misconception."""
    for case in gold:
        if case["question"] not in ids or not case["answer"].strip():
            continue
        question = bank.get(case["question"])
        for point in question.points:
            yield make.of(question.ask, point, case["answer"], BY_NAME[case["points"][point.id]], weight)
        for wrong in question.misconceptions:
            label = HIT if wrong.id in case["misconceptions"] else NOT_BELIEVED
            yield make.of(question.ask, wrong, case["answer"], label, weight / 2)


def answers_to(file: Path, *parts: str) -> list[dict]:
    """Return the lines of a file of answers, those to the questions of some parts."""
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if part(line["question"]) in parts]


def written(folder: Path) -> list[dict]:
    """Return the lines of the files of answers, each with the name of its file."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found += [{**line, "file": path.stem} for line in lines]
    return found


def written_pairs(lines: list[dict], bank: Bank, weight: float, make: Makes, share: float = 1.0) -> Iterator[Pair]:
    """Yield the pairs of the answers written for training alone (`evals/train/answers/`).

    A line without a question text answers a question of the bank or of another line. Short answers that are about one point each
    (`BRIEF`) say nothing of the others: of those misses a few are enough. A `share` of the answers is taken, and all of `WHOLE`.
    An answer without `misconceptions` was not labelled for them.
    """
    rubric = _rubrics(lines, bank)
    everything = [(line["id"], case["answer"]) for line in lines if not line["file"].startswith(BRIEF) for case in line["answers"]]
    for line in lines:
        ask, points, beliefs = _rubric(line) if "ask" in line else rubric(line["id"])
        for target in points.values():
            elsewhere, answer = make.rng.choice(everything)
            if elsewhere != line["id"] and make.rng.random() < share:
                yield make.of(ask, target, answer, MISS, weight)
        for case in line["answers"]:
            if make.rng.random() >= share and not line["file"].startswith(WHOLE):
                continue
            labels = {key: case["points"].get(key, "miss") for key in points}
            for key in _thinned(labels, make.rng) if line["file"].startswith(BRIEF) else labels:
                yield make.of(ask, points[key], case["answer"], BY_NAME[labels[key]], weight)
            for key, belief in beliefs.items() if "misconceptions" in case else ():
                if key in case["misconceptions"]:
                    yield make.of(ask, belief, case["answer"], HIT, weight)
                elif make.rng.random() < 0.5:
                    yield make.of(ask, belief, case["answer"], NOT_BELIEVED, weight / 2)


def claim_pairs(bank: Bank, ids: set[str], lines: list[dict], make: Makes) -> Iterator[Pair]:
    """Yield claims as answers: each states itself, said with its meaning turned round it contradicts itself, and no other one states it.

    Without the first kind a reader learns from the second that what has the very words of a claim contradicts it. Claims are those of
    the questions `ids` of the bank, and of the questions that the lines bring themselves.
    """
    rubrics = [_rubric_of_bank(question) for question in bank if question.id in ids]
    rubrics += [_rubric(line) for line in lines if "ask" in line]
    for ask, points, _ in rubrics:
        claims = list(points.values())
        for claim in claims:
            yield make.of(ask, claim, as_typed(claim.text, make.rng), HIT)
            beside = make.rng.choice(claims)
            if beside is not claim:
                both = [claim.text, beside.text] if make.rng.random() < 0.5 else [beside.text, claim.text]
                yield make.of(ask, claim, " ".join(both), HIT)
                yield make.of(ask, claim, as_typed(beside.text, make.rng), MISS)
            if flipped := contradict(claim.text, make.rng):
                yield make.of(ask, claim, as_typed(flipped, make.rng), CONTRADICTED)


def said_pairs(bank: Bank, ids: set[str], make: Makes, number: int) -> Iterator[Pair]:
    """Yield sayings as answers, `number` of a point, beside themselves: as they stand they state the point, turned round they deny it.

    Elsewhere a saying that stands in the answer is kept from the reader, so that one almost like the answer would always be the twin of
    something turned round, and the bank's own sayings would be read as contradictions.
    """
    rng = make.rng
    for question in (q for q in bank if q.id in ids):
        for point in question.points:
            others = [p for p in question.points if p is not point]
            for say in rng.sample(point.says, min(number, len(point.says))):
                yield make.beside(question.ask, _claim(point), as_typed(say, rng), HIT)
                if flipped := contradict(say, rng):
                    yield make.beside(question.ask, _claim(point), as_typed(flipped, rng), CONTRADICTED)
            yield make.beside(question.ask, _claim(point), as_typed(rng.choice(rng.choice(others).says), rng), MISS)


def turned_pairs(lines: list[dict], bank: Bank, make: Makes) -> Iterator[Pair]:
    """Yield the statements of the files TURNED, alone and put together: each beside right ones that say the same in almost its words."""
    rubric = _rubrics(lines, bank)
    for line in (line for line in lines if line["file"].startswith(TURNED)):
        ask, points, _ = rubric(line["id"])
        said = _by_point(line["answers"])
        claims = {
            key: Claim(points[key].text, (*points[key].says, *(text for text, name in said[key] if name == "hit"))) for key in said
        }
        yield from _beside_twins(ask, claims, said, make)


def denied_pairs(bank: Bank, ids: set[str], make: Makes) -> Iterator[Pair]:
    """Yield the denials of the bank's points, alone and put together, each beside right ones: as many as `RIGHT` sayings of its point."""
    for question in (q for q in bank if q.id in ids):
        points = [point for point in question.points if point.denials]
        said = {
            point.id: [(text, "hit") for text in make.rng.sample(point.says, RIGHT)]
            + [(text, "contradicted") for text in point.denials]
            for point in points
        }
        yield from _beside_twins(question.ask, {point.id: _claim(point) for point in points}, said, make)


def voiced_pairs(lines: list[dict], bank: Bank, make: Makes) -> Iterator[Pair]:
    """Yield the statements of the files VOICED, alone and put together to answers in one voice, beside right ones in all voices.

    Where a voice has no right statement of a claim, sayings of the bank stand for it, as many as `RIGHT`.
    """
    rubric = _rubrics(lines, bank)
    cases: dict[str, list[dict]] = {}
    for line in (line for line in lines if line["file"].startswith(VOICED)):
        cases.setdefault(line["id"], []).extend(line["answers"])
    for name, own in cases.items():
        ask, points, _ = rubric(name)
        right = {key: tuple(text for text, verdict in said if verdict == "hit") for key, said in _by_point(own).items()}
        claims = {key: Claim(points[key].text, (*points[key].says, *right[key])) for key in right}
        for voice in sorted({case["voice"] for case in own}):
            said = _by_point([case for case in own if case["voice"] == voice])
            for key, statements in said.items():
                if all(verdict != "hit" for _, verdict in statements):
                    statements += [(text, "hit") for text in make.rng.sample(points[key].says, RIGHT)]
            yield from _beside_twins(ask, {key: claims[key] for key in said}, said, make)


def _beside_twins(ask: str, claims: dict[str, Claim], said: Said, make: Makes) -> Iterator[Pair]:
    """Yield the statements about each claim, alone, as they are typed, and put together."""
    for key, claim in claims.items():
        for text, name in said[key]:
            yield make.of(ask, claim, text, BY_NAME[name])
            yield make.beside(ask, claim, as_typed(text, make.rng), BY_NAME[name])
    yield from _put_together(ask, claims, said, make)


def _by_point(cases: list[dict]) -> Said:
    """Return the statements about each point with their verdicts."""
    found: Said = {}
    for case in cases:
        for key, name in case["points"].items():
            found.setdefault(key, []).append((case["answer"], name))
    return found


def _put_together(ask: str, claims: dict[str, Claim], said: Said, make: Makes) -> Iterator[Pair]:
    """Yield answers of several statements, twice as many as there are claims: right throughout, turned round throughout, or mixed.

    Each stands beside the claims it is about, and beside one that it does not mention.
    """
    rng = make.rng
    for _ in range(2 * len(claims)):
        kept = rng.choice([("hit",), ("contradicted",), LABELS])
        shown = {
            key: rng.choice([one for one in said[key] if one[1] in kept] or said[key])
            for key in rng.sample(list(claims), min(len(claims), rng.randint(2, 4)))
        }
        answer = joined([text for text, _ in shown.values()], rng)
        for key, (_, name) in shown.items():
            yield make.beside(ask, claims[key], answer, BY_NAME[name])
        if absent := [key for key in claims if key not in shown]:
            yield make.beside(ask, claims[rng.choice(absent)], answer, MISS)


def as_typed(text: str, rng: random.Random) -> str:
    """Return a sentence as it stands, or as somebody types it: in small letters, without the full stop, behind a few words."""
    opening = rng.choice(["", "", "i think ", "i'd say ", "well, ", "so "])
    return rng.choice([text, opening + text[:1].lower() + text[1:], opening + text.lower().rstrip(".")])


def whole_pairs(
    bank: Bank, gold: list[dict], lines: list[dict], ids: set[str], rng: random.Random, *, general: int, elsewhere: int
) -> list[Pair]:
    """Return pairs that are about a whole answer: the question with all its core claims, and the share of them with each verdict.

    Of the answers to questions that the bank does not have `general` are taken, and `elsewhere` answers stand beside the core claims
    of another question, of which they state nothing. Gold answers are those to the questions `ids`; all questions of the bank have
    their model answer, and one of another topic.
    """
    found = [
        _whole(_core(bank.get(case["question"])), case["answer"], case["points"], 2.0)
        for case in gold
        if case["question"] in ids and case["answer"].strip() and "other_language" not in case["flags"]
    ]
    known, own = _whole_answers(bank, lines)
    drawn = known + rng.sample(own, general)
    found += [_whole(core, case["answer"], case["points"]) for core, case in drawn]
    pool, questions = known + own, list(bank)
    for _ in range(elsewhere):
        core, case = rng.choice(pool)
        other = _core(rng.choice(questions)) if rng.random() < 0.5 else rng.choice(pool)[0]
        found += [_whole(other, case["answer"], {})] if other[0] != core[0] else []
    for question in (q for q in questions if q.model_answer):
        found.append(_whole(_core(question), question.model_answer, {p.id: "hit" for p in question.core}))
        far = rng.choice([q for q in questions if q.topic != question.topic and q.model_answer])
        found.append(_whole(_core(question), far.model_answer, {}))
    rng.shuffle(found)
    return found


Core = tuple[str, dict[str, tuple[str, float]]]  # the question, and claim and weight of its core points by id


def _core(question: Question) -> Core:
    return question.ask, {p.id: (p.claim, p.weight) for p in question.core}


def _whole_answers(bank: Bank, lines: list[dict]) -> tuple[list[tuple[Core, dict]], list[tuple[Core, dict]]]:
    """Return the answers to questions of the bank, and those to questions of the lines themselves; none about a single point."""
    asked = {line["id"]: line for line in reversed(lines) if "ask" in line}
    known, own = [], []
    for line in (line for line in lines if not line["file"].startswith(BRIEF)):
        source = line if "ask" in line else asked.get(line["id"])
        core = (source["ask"], {p["id"]: (p["claim"], 1.0) for p in source["points"]}) if source else _core(bank.get(line["id"]))
        (own if source else known).extend((core, case) for case in line["answers"])
    return known, own


def _whole(core: Core, answer: str, verdicts: dict[str, str], weight: float = 1.0) -> Pair:
    ask, points = core
    shares = dict.fromkeys(LABELS, 0.0)
    for key, (_, worth) in points.items():
        shares[verdicts.get(key, "miss")] += worth
    total = sum(shares.values())
    return Pair(
        " | ".join([ask, *(claim for claim, _ in points.values())]), answer, tuple(s / total for s in shares.values()), weight
    )


Rubric = tuple[str, dict[str, Claim], dict[str, Claim]]  # question, points and misconceptions by id


def _rubric(line: dict) -> Rubric:
    claims, beliefs = (
        {one["id"]: Claim(one[name], tuple(one.get("says", ()))) for one in line[kind]}
        for kind, name in (("points", "claim"), ("misconceptions", "belief"))
    )
    return line["ask"], claims, beliefs


def _rubrics(lines: list[dict], bank: Bank) -> Callable[[str], Rubric]:
    """Return what finds the rubric of a question by its id: in the lines, which bring some of their own, or in the bank."""
    own = {line["id"]: _rubric(line) for line in reversed(lines) if "ask" in line}
    return lambda name: own.get(name) or _rubric_of_bank(bank.get(name))


def _rubric_of_bank(question: Question) -> Rubric:
    return question.ask, {p.id: _claim(p) for p in question.points}, {m.id: _claim(m) for m in question.misconceptions}


def _thinned(labels: dict[str, str], rng: random.Random) -> list[str]:
    said = [key for key, label in labels.items() if label != "miss"]
    missed = [key for key, label in labels.items() if label == "miss"]
    return said + rng.sample(missed, min(len(missed), len(said) + 1))


def contradict(text: str, rng: random.Random) -> str | None:
    """Return the text with its meaning turned round by one systematic change, or None where none applies."""
    if rng.random() < EXCHANGED and (changed := _exchange(text, rng)):
        return changed
    changes = [_flip_direction, _undo_negation, _change_number, _negate]
    rng.shuffle(changes)
    return next((changed for change in changes if (changed := change(text, rng)) and changed != text), None)


def _flip_direction(text: str, rng: random.Random) -> str | None:
    found = [m for m in re.finditer(r"[A-Za-z]+", text) if m[0].lower() in SWAP]
    if not found:
        return None
    match = rng.choice(found)
    return text[: match.start()] + SWAP[match[0].lower()] + text[match.end() :]


def _exchange(text: str, rng: random.Random) -> str | None:
    """Return the text with two of a kind in each other's places, or None where it has no two."""
    found = {m[0].lower(): m for m in re.finditer(r"[A-Za-z0-9]+", text)}
    pairs = [(found[a], found[b]) for a, b in KINDS if a in found and b in found]
    if not pairs:
        return None
    first, second = sorted(rng.choice(pairs), key=re.Match.start)
    return text[: first.start()] + second[0] + text[first.end() : second.start()] + first[0] + text[second.end() :]


def _negate(text: str, rng: random.Random) -> str | None:
    if re.search(r"\b(not|no|never|without|n't|cannot)\b|n't", text):
        return None
    return next((re.sub(p, r, text, count=1) for p, r in NEGATE if re.search(p, text)), f"it is not true that {text}")


def _undo_negation(text: str, rng: random.Random) -> str | None:
    return next((re.sub(p, r, text, count=1) for p, r in UNDO_NEGATION if re.search(p, text)), None)


def _change_number(text: str, rng: random.Random) -> str | None:
    found = list(re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", text))
    if not found:
        return None
    match = rng.choice(found)
    value = float(match[0])
    changed = rng.choice([value + 1, value * 2, value + 3, max(value - 1, 0.0)])
    return text[: match.start()] + f"{changed:g}" + text[match.end() :] if changed != value else None


def joined(pieces: list[str], rng: random.Random) -> str:
    """Return pieces put together as people do: sentences, commas, "and", new lines."""
    glue = rng.choice([". ", ". ", "; ", ", and ", "\n", ", ", ". also, "])
    opening = rng.choice(["", "", "", "well, ", "i think ", "so ", "ok so basically "])
    return opening + glue.join(pieces)
