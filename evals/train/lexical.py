"""Fits the numbers of the lexical layer and writes them into grading/calibration.py: `python evals/train/lexical.py [--write]`.

Learned from: the gold answers of the train questions, and the bank itself. From the bank: every `says` alone, with 40 % of its content
words dropped, and taken out of its question and matched against what remains (own point: yes, all others: no); model answers and
`says` of other questions (no); and `says` made wrong (negated, direction flipped, number changed, names swapped). Nothing of the
questions of the parts `combine` and `test` beyond their bank files is looked at. Weights of the features of "speaks of this" are
kept non-negative, so that more agreement never lowers a verdict. Repeatable: fixed seed; run it twice, as the choice of the best
window depends on the weights.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src")]

from pairs import answers_to  # noqa: E402

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.grading import calibration as cal  # noqa: E402
from mockinterview.grading.contrast import key  # noqa: E402
from mockinterview.grading.embedded import EmbeddedGrader, judged_by_words  # noqa: E402
from mockinterview.grading.lexicon import Role, lexeme  # noqa: E402
from mockinterview.grading.matching import Match, match  # noqa: E402
from mockinterview.grading.prepared import Prepared, Vocabulary  # noqa: E402
from mockinterview.grading.reading import clauses  # noqa: E402
from mockinterview.grading.subjects import Subjects  # noqa: E402
from mockinterview.grading.windows import windows  # noqa: E402
from mockinterview.models import Bank, Question  # noqa: E402

GOLD = ROOT / "evals" / "cases" / "grading" / "gold.jsonl"
NUMBERS = ROOT / "src" / "mockinterview" / "grading" / "calibration.py"
# How much a row counts. Other questions' answers count most of the bank's rows: that is the floor against flattery.
TOPIC_WEIGHTS = {"gold": 4.0, "self": 0.1, "drop": 0.3, "loo": 0.3, "model": 0.3, "other": 3.0}
CONFLICT_WEIGHTS = {"gold": 2.0, "self": 0.3, "drop": 0.3, "loo": 0.3, "model": 0.3, "wrong": 0.3, "loo-wrong": 0.15}
REPLACED = 2.3  # at least: hardly an answer to learn from exchanges a number (F1 0.001 lower for it), and none such may pass
FOLDS, DROPPED = 4, 0.4
OPPOSITES = """increase decrease;increases decreases;more less;larger smaller;bigger smaller;large small;higher lower;high low;faster slower;fast slow
before after;first last;always never;reduces increases;reduce increase;lowers raises;same different;up down;better worse;shrinks grows;prevents causes
fewer more;cheap expensive;cheaper costlier;positive negative;linear nonlinear;deep shallow;deeper shallower;parallel sequential;training test
vanish explode;easy hard;easier harder;independent dependent;overfitting underfitting;strong weak;long short;longer shorter;unsupervised supervised
forward backward;stable unstable;maximise minimise;max min;local global;correct wrong"""
FLIPPED = {a: b for pair in re.split(r"[;\n]", OPPOSITES) for a, b in (pair.split(), pair.split()[::-1])}
VERBS = "reduces makes gives keeps needs helps uses adds has takes learns gets works depends means lets allows prevents shares updates computes maps"


class Row(NamedTuple):
    """One target as matched in one text: where it comes from, what it is, and its features."""

    source: str
    question: str
    kind: str
    label: str  # hit, miss or contradicted
    features: cal.Features


# --- texts ----------------------------------------------------------------------------------------------------------


def negated(said: str) -> str | None:
    """Return a statement with one negation taken out or put in."""
    for pattern, new in (
        (r"\bcannot\b|\bcan'?t\b", "can"), (r"\b(does|do|is|are|did|was|were|would|has|have)(?: not\b|n'?t\b)", r"\1"),
        (r"\bnot (?!only)", ""), (r"\bnever\b", "always"), (r"\bwithout\b", "with"),
        (r"\b(is|are|was|were|can|will|would|should|must|does|do)\b(?!')", r"\1 not"), (rf"\b({VERBS.replace(' ', '|')})\b", r"does not \1"),
    ):  # fmt: skip
        if re.search(pattern, said):
            return re.sub(pattern, new, said, count=1)
    return None


def flipped(said: str, rng: random.Random) -> str | None:
    """Return a statement with one direction word turned into its opposite."""
    places = [m for m in re.finditer(r"[A-Za-z]+", said) if m[0].lower() in FLIPPED]
    if not places:
        return None
    m = rng.choice(places)
    return said[: m.start()] + FLIPPED[m[0].lower()] + said[m.end() :]


def renumbered(said: str, rng: random.Random) -> str | None:
    """Return a statement with one number changed."""
    places = list(re.finditer(r"(?<![\w.^])\d+(?![\w.])", said))
    if not places:
        return None
    m = rng.choice(places)
    return said[: m.start()] + str(int(m[0]) + rng.choice([2, 3, 5])) + said[m.end() :]


def swapped(said: str, names: dict[str, str], rng: random.Random) -> str | None:
    """Return a statement with the things of the question exchanged; `names` are their words, by key."""
    found = [(m, key(lexeme(m[0].lower()).concept, lexeme(m[0].lower()).sign)) for m in re.finditer(r"[A-Za-z0-9]+", said)]
    found = [(m, k) for m, k in found if k in names]
    inside = sorted({k for _, k in found})
    others = sorted(names.keys() - set(inside))
    if not inside or (len(inside) == 1 and not others):
        return None
    new = {inside[0]: names[rng.choice(others)]} if len(inside) == 1 else {inside[0]: names[inside[1]], inside[1]: names[inside[0]]}
    for m, k in reversed(found):
        said = said[: m.start()] + new.get(k, m[0]) + said[m.end() :]
    return said


def thinned(said: str, rng: random.Random) -> str:
    """Return a statement without about 40 % of its content words."""
    kept = [w for w in said.split() if lexeme(re.sub(r"\W", "", w.lower()) or "a").role != Role.CONTENT or rng.random() > DROPPED]
    return " ".join(kept) if len(kept) > 1 else said


def reduced(question: Question, says: Callable[[tuple[str, ...]], tuple[str, ...]], **points: tuple[str, ...]) -> Question:
    """Return a question with fewer `says`, and with these fields of its points."""
    return question.model_copy(
        update={
            "points": tuple(p.model_copy(update={"says": says(p.says), **points}) for p in question.points),
            "misconceptions": tuple(m.model_copy(update={"says": says(m.says)}) for m in question.misconceptions),
        }
    )


def bare(question: Question) -> Question:
    """Return a question as a bank without `says` and denials would have it: claims and beliefs alone."""
    return reduced(question, lambda _: (), denials=())


# --- rows -----------------------------------------------------------------------------------------------------------


def matched(prepared: Prepared, text: str) -> list[Match]:
    """Return the matches of a text, without the gate."""
    return match(
        prepared, windows(prepared, [(c.start, c.end, prepared.read_answer(c.text), c.sentence) for c in clauses(text)])
    ).matches


def rows_of(
    source: str, question: Question, text: str, prepared: Prepared, own: str = "", *, only: str = "", label: str = "hit"
) -> Iterable[Row]:
    """Return a row per target (or for one): the label for the text's own target, miss for all others."""
    for m in matched(prepared, text):
        if only in ("", m.target.id):
            yield Row(source, question.id, m.target.kind, label if m.target.id == own else "miss", m.features)


def bank_rows(bank: Bank, *, claims_only: bool) -> Iterable[Row]:
    """Return the rows that the bank itself gives."""
    rng, questions, subjects = random.Random(1), list(bank), Subjects(bank)
    vocabulary = Vocabulary.of(bank)
    for question in questions:
        full = Prepared(bare(question) if claims_only else question, vocabulary)
        names = _names(question, full)
        items = [*question.points, *question.misconceptions]
        if not claims_only:
            for item in items:
                for said in item.says:
                    yield from rows_of("self", question, said, full, item.id)
                    yield from rows_of("drop", question, thinned(said, rng), full, item.id)
                    yield from _wrong("wrong", question, item, said, prepared=full, names=names, rng=rng)
        for fold in range(1 if claims_only else FOLDS):
            left = (
                full
                if claims_only
                else Prepared(reduced(question, lambda s, k=fold: tuple(x for i, x in enumerate(s) if i % 6 != k)), vocabulary)
            )
            for item in items:
                for said in item.says[:FOLDS] if claims_only else item.says[fold::6]:
                    yield from rows_of("loo", question, said, left, item.id)
                    yield from _wrong("loo-wrong", question, item, said, prepared=left, names=names, rng=rng)
        near = [o for o in questions if o.topic == question.topic and o.id != question.id]
        for other in rng.sample(near, min(1, len(near))) + rng.sample([o for o in questions if o.topic != question.topic], 3):
            if not subjects.elsewhere(question.id, other.model_answer):  # else the gate bars it
                yield from rows_of("other", question, other.model_answer, full)
            for point in rng.sample(list(other.points), 2):
                yield from rows_of("other", question, rng.choice(point.says), full)
        core = {p.id for p in question.core}
        for m in matched(full, question.model_answer):
            if m.target.id in core or m.target.kind == "misconception":
                yield Row("model", question.id, m.target.kind, "hit" if m.target.kind == "point" else "miss", m.features)


def _wrong(
    source: str, question: Question, item: object, said: str, *, prepared: Prepared, names: dict[str, str], rng: random.Random
) -> Iterable[Row]:
    if item not in question.points:
        return
    for text in (negated(said), flipped(said, rng), renumbered(said, rng), swapped(said, names, rng)):
        if text and text != said:
            yield from rows_of(source, question, text, prepared, item.id, only=item.id, label="contradicted")


def _names(question: Question, prepared: Prepared) -> dict[str, str]:
    """Return the commonest word for each of the things that a question sets against each other."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item in (*question.points, *question.misconceptions):
        for word in re.findall(r"[a-z0-9]+", " ".join(item.says).lower()):
            name = key(lexeme(word).concept, lexeme(word).sign)
            if name in prepared.entities:
                found[name][word] += 1
    return {name: words.most_common(1)[0][0] for name, words in found.items()}


def gold_rows(bank: Bank, *, claims_only: bool) -> Iterable[Row]:
    """Return the rows of the gold answers of the train questions, through the gate as the grader does it."""
    grader = EmbeddedGrader(bank)
    for case in answers_to(GOLD, "train"):
        if "other_language" in case["flags"] or not case["answer"].strip():
            continue
        question = bank.get(case["question"])
        question = bare(question) if claims_only else question
        for m in judged_by_words(grader.prepare(question), case["answer"])[0].matches:
            stated = "hit" if m.target.id in case["misconceptions"] else "miss"
            label = case["points"][m.target.id] if m.target.kind == "point" else stated
            yield Row("gold", question.id, m.target.kind, label, m.features)


# --- fitting --------------------------------------------------------------------------------------------------------


def fitted(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return the weights of a logistic regression with a ridge of 1 (not on the constant), by Newton's method."""
    b, ridge = np.zeros(x.shape[1]), np.r_[1e-6, np.ones(x.shape[1] - 1)]
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ b, -30, 30)))
        b -= np.linalg.solve((x * (w * p * (1 - p))[:, None]).T @ x + np.diag(ridge), x.T @ (w * (p - y)) + ridge * b)
    return b


def non_negative(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return weights of which none but the constant is negative: offending features are left out, worst first."""
    used = np.ones(x.shape[1], bool)
    while True:
        b = np.zeros(x.shape[1])
        b[used] = fitted(x[:, used], y, w)
        wrong = [i for i in range(1, len(b)) if b[i] < 0]
        if not wrong:
            return b
        used[min(wrong, key=lambda i: b[i] * x[:, i].std())] = False


def topic_weights(rows: list[Row], kind: str) -> np.ndarray:
    """Return the weights of "the window speaks of this"."""
    kept = [r for r in rows if r.kind == kind and r.source in TOPIC_WEIGHTS]
    y = np.array([float(r.label != "miss") for r in kept])
    return non_negative(
        np.array([cal.topic_features(r.features) for r in kept]), y, np.array([TOPIC_WEIGHTS[r.source] for r in kept])
    )


def conflict_weights(rows: list[Row]) -> np.ndarray:
    """Return the weights of "and says the opposite", without that of a rival, which is set by hand, as is the least for a number."""
    kept = [r for r in rows if r.kind == "point" and r.label in ("hit", "contradicted") and r.source in CONFLICT_WEIGHTS]
    kept = [r for r in kept if r.features.recall > (0.15 if r.source == "gold" else 0.2)]
    x = np.array([(*cal.conflict_features(r.features), r.features.rival) for r in kept])
    y = np.array([float(r.label == "contradicted") for r in kept])
    found = fitted(x, y, np.array([CONFLICT_WEIGHTS[r.source] for r in kept]))[:-1]
    replaced = cal.CONFLICT_FEATURES.index("number_replaced")
    found[replaced] = max(found[replaced], REPLACED)
    return found


def written(text: str, start: str, numbers: np.ndarray) -> str:
    """Return the source text with the numbers behind `start` replaced."""
    new = start + "(" + ", ".join(f"{x:.2f}".rstrip("0").rstrip(".") if abs(x) >= 0.005 else "0" for x in map(float, numbers)) + ")"
    text, count = re.subn(re.escape(start) + r"\([^()]*\)", lambda _: new, text)
    if count != 1:
        raise SystemExit(f"{start} is not there once")
    return text


def main() -> None:
    """Fit all numbers, print them, and write them where asked to."""
    bank, text = load_bank(ROOT / "corpus").bank, NUMBERS.read_text(encoding="utf-8")
    for claims_only in (False, True):
        rows = [*bank_rows(bank, claims_only=claims_only), *gold_rows(bank, claims_only=claims_only)]
        for kind in ("point", "misconception"):
            numbers = topic_weights(rows, kind)
            print(
                kind,
                "claims only" if claims_only else "with says",
                dict(zip(cal.TOPIC_FEATURES, numbers.round(2).tolist(), strict=True)),
            )
            text = written(text, f'("{kind}", {not claims_only}): ', numbers)
        if not claims_only:
            numbers = conflict_weights(rows)
            print("conflict", dict(zip(cal.CONFLICT_FEATURES, numbers.round(2).tolist(), strict=True)))
            text = written(text, "_CONFLICT: Final[tuple[float, ...]] = ", numbers)
    if "--write" in sys.argv:
        NUMBERS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
