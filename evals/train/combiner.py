"""Fits the numbers that put both layers together: `python evals/train/combiner.py MODEL [--write]`.

MODEL is a folder that `train.py` wrote. Learned from answers to the combine questions alone (gold, combine.jsonl, and whole answers
that are right, or the wrong way round, throughout: right.jsonl, turned.jsonl), for points with denials, for banks with `says` alone,
and for claims alone. The thresholds are chosen by a cross-validation by question and by the gold answers to the train questions.
Needs scikit-learn.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src")]

from lexical import bare, reduced  # noqa: E402
from pairs import TURNED_ROUND, answers_to  # noqa: E402

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.evals.parts import part  # noqa: E402
from mockinterview.grading import combiner as both  # noqa: E402
from mockinterview.grading.calibration import NEVER, Thresholds  # noqa: E402
from mockinterview.grading.embedded import EmbeddedGrader, judged_by_words  # noqa: E402
from mockinterview.grading.neural import MODEL_DIR, Reader  # noqa: E402
from mockinterview.grading.score import CREDIT  # noqa: E402
from mockinterview.models import Bank, Question  # noqa: E402

GOLD = ROOT / "evals" / "cases" / "grading" / "gold.jsonl"
WRITTEN = Path(__file__).resolve().parent / "combine.jsonl"  # more answers to the combine questions, written for this fit alone
RIGHT = WRITTEN.with_name("right.jsonl")  # whole answers that are right, in two of the voices of `TURNED_ROUND`
FOLDS = 7
ELSEWHERE = 3  # right answers to other questions, per combine question
COLUMN = {name: at for at, name in enumerate(both.FEATURES)}
READER = [COLUMN[name] for name in ("constant", *both.READER[:-1], *both.SENTENCES)]  # of the neural layer, with the constant ...
WORDS = [0, *(at for name, at in COLUMN.items() if at not in READER and name != both.READER[-1])]  # ... of the other
DENIED = {COLUMN[name] for name in (*both.DENIED, *both.OTHERS_DENIED)}  # the columns that compare with denials
KINDS_OF = {  # what is fitted to answers graded with claims alone, or with all that the bank has
    claims_only: [kind for kind in both.KINDS if kind.endswith("claims") == claims_only] for claims_only in (False, True)
}
# Kinds that were written in numbers far beyond their share among real answers, and how much each counts.
ATTACKS = {"hedge": 0.5, "off_topic": 0.5, "tangle": 0.5, "evasion": 0.5, "turned": 0.15, "voiced": 0.3}
PHRASE = 4  # words; shorter sayings are in many answers by chance
AS_GOOD = 0.005  # by which F0.5, or the sum that chooses thresholds, differs by chance alone
ATTACKED = 0.15  # how much the attacks count when thresholds are chosen: from a quarter on they cost usual answers F1 0.003
STRENGTH = {"point": 0.03, "misconception": 0.1}  # C of the regression, chosen by its cross-validated log loss


def cases(bank: Bank) -> list[dict[str, Any]]:
    """Return the labelled answers to the combine questions: gold ones, those written for this fit, and right ones to other questions."""
    return [*_labelled((GOLD, WRITTEN), "combine"), *_voiced(bank), *_elsewhere(bank)]


def gold_of_train() -> list[dict[str, Any]]:
    """Return the gold answers to the train questions, by which thresholds are chosen, too.

    The regression has not seen them, though the reader has: they are easier than new ones, but not for their thresholds.
    """
    return _labelled((GOLD,), "train")


def _labelled(files: Iterable[Path], which: str) -> list[dict[str, Any]]:
    """Return the answers of some files to the questions of a part, but for those in other languages."""
    return [case for file in files for case in answers_to(file, which) if "other_language" not in case["flags"]]


def _voiced(bank: Bank) -> Iterator[dict[str, Any]]:
    """Yield the whole answers that are right or the wrong way round throughout; those with a point that was left open are left out."""
    for file, verdict in ((TURNED_ROUND, "contradicted"), (RIGHT, "hit")):
        for case in answers_to(file, "combine"):
            if len(case["points"]) == len(bank.get(case["question"]).points):
                yield {"id": f"{case['id']}--{verdict}", "question": case["question"], "kind": "voiced", "answer": told(case["points"].values()),
                       "points": dict.fromkeys(case["points"], verdict), "flags": []}  # fmt: skip


def told(statements: Iterable[str]) -> str:
    """Return statements as one answer."""
    return " ".join(text if text[-1] in ".!?" else f"{text}." for text in statements)


def _elsewhere(bank: Bank) -> Iterator[dict[str, Any]]:
    """Yield model answers of train questions of other topics as answers to the combine questions: they state nothing of them.

    Those in which the words find a point after all may state it, and are left out.
    """
    rng, questions, grader = random.Random(1), [q for q in bank if q.model_answer], EmbeddedGrader(bank)
    for question in questions:
        if part(question.id) == "combine":
            others = [q for q in questions if part(q.id) == "train" and q.topic != question.topic]
            for other in rng.sample(others, ELSEWHERE):
                if any(verdict.verdict == "hit" for verdict in grader.assess(question, other.model_answer).points):
                    continue
                yield {"id": f"{question.id}--{other.id}", "question": question.id, "kind": "off_topic", "answer": other.model_answer,
                       "points": {}, "misconceptions": [], "flags": []}  # fmt: skip


def rows(
    bank: Bank, reader: Reader, *, claims_only: bool, guided: bool = True, answers: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Return one row per point and misconception of all answers that have any evidence at all: by default those of `cases`.

    What is not read has no features: `row` is None.
    """
    grader = EmbeddedGrader(bank)
    found = []
    for case in cases(bank) if answers is None else answers:
        question = bare(bank.get(case["question"])) if claims_only else unquoted(bank.get(case["question"]), case["answer"])
        judged, stating = judged_by_words(grader.prepare(question), case["answer"])
        if not stating:
            continue
        read, logits = both.readings_of(reader, question.ask, judged.matches, stating, guided=guided)
        features = {
            id(match): row
            for match, row in zip(read, both.rows(read, logits, len(question.points), judged.findings.own), strict=True)
        }
        for match in judged.matches:
            if match.target.kind == "misconception" and "misconceptions" not in case:
                continue  # not labelled for them
            stated = "hit" if match.target.id in case.get("misconceptions", ()) else "miss"
            label = case["points"].get(match.target.id, "miss") if match.target.kind == "point" else stated
            found.append({"id": case["id"], "question": question.id, "kind": match.target.kind, "target": match.target.id,
                          "label": label, "row": features.get(id(match)), "sort": case["kind"], "weight": ATTACKS.get(case["kind"], 1.0)})  # fmt: skip
    return found


def unquoted(question: Question, answer: str) -> Question:
    """Return the question without the sayings that stand in the answer: the bank took them from it, and no new answer has them."""
    said = _plain(answer)
    return reduced(question, lambda says: tuple(s for s in says if len(s.split()) < PHRASE or _plain(s) not in said))


def _plain(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


def fitted(x: np.ndarray, y: np.ndarray, counts: np.ndarray, kind: str) -> list[list[float]]:
    """Return weights per class for raw features (the regression itself runs on features of unit spread); row i counts `counts[i]`."""
    centre, spread = x.mean(0), x.std(0) + 1e-9
    centre[0], spread[0] = 0.0, 1.0
    model = LogisticRegression(C=STRENGTH[kind], fit_intercept=False, max_iter=5000).fit((x - centre) / spread, y, counts)
    if len(model.classes_) == 2:  # one row speaks for the second class: half of it for each
        coefficients = dict(zip(model.classes_, (-model.coef_[0] / 2, model.coef_[0] / 2), strict=True))
    else:
        coefficients = dict(zip(model.classes_, model.coef_, strict=True))
    table = []
    for name in both.CLASSES:
        raw = coefficients.get(name)
        if raw is None:
            table.append([-30.0] + [0.0] * (x.shape[1] - 1))
            continue
        weights = raw / spread
        weights[0] -= (raw[1:] * centre[1:] / spread[1:]).sum()
        table.append([round(float(w), 4) for w in weights])
    return table


def probabilities(weights: list[list[float]], x: np.ndarray) -> np.ndarray:
    """Return the probabilities of the classes, one row per row of `x`."""
    z = x @ np.array(weights).T
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def cross_validated(data: list[dict[str, Any]], kind: str, used: list[int] | None = None) -> np.ndarray:
    """Return the probabilities for every row from folds that did not see its question; what is not read is a miss."""
    found, read = _misses(data)
    x, y, counts = learnt_from(data, used)
    for train, held in GroupKFold(FOLDS).split(x, y, [d["question"] for d in data if d["row"] is not None]):
        found[read[held]] = probabilities(fitted(x[train], y[train], counts[train], kind), x[held])
    return found


def learnt_from(data: list[dict[str, Any]], used: list[int] | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (rows, features), labels and weights of what is read; columns that are not used are 0."""
    read = [d for d in data if d["row"] is not None]
    x = np.array([d["row"] for d in read])
    if used is not None:
        x = x * np.isin(np.arange(x.shape[1]), used)
    return x, np.array([d["label"] for d in read]), np.array([d["weight"] for d in read])


def chosen(bank: Bank, data: list[dict[str, Any]], p: np.ndarray) -> Thresholds:
    """Return the thresholds with the best sum of point F1, kappa over four verdicts, and 1 less a fifth of the score's error.

    The sum over usual answers is flat (0.005 apart for thresholds of a hit between 0.30 and 0.46); so attacks count, too, a little, and
    the mean of all that are as good as the best is taken: where on a plateau the highest value lies is chance.
    """
    steps = itertools.product(np.arange(0.26, 0.61, 0.02), np.arange(0.3, 0.75, 0.04), np.arange(0.2, 0.61, 0.04))
    tried = [Thresholds(*(round(float(x), 2) for x in step)) for step in steps]
    usual = np.array([d["weight"] == 1 for d in data])
    sums = [_sums(bank, [d for d, one in zip(data, kept, strict=True) if one], p[kept], tried) for kept in (usual, ~usual)]
    values = [one + ATTACKED * two for one, two in zip(*sums, strict=True)]
    good = [t for value, t in zip(values, tried, strict=True) if value >= max(values) - AS_GOOD]
    return Thresholds(*(round(fmean(getattr(t, name) for t in good), 2) for name in ("hit", "partial", "contradicted")))


def predicted(data: list[dict[str, Any]], weights: list[list[float]], used: list[int] | None = None) -> np.ndarray:
    """Return the probabilities for every row from given weights; what is not read is a miss."""
    found, read = _misses(data)
    found[read] = probabilities(weights, learnt_from(data, used)[0])
    return found


def _misses(data: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of a miss for every row, and the places of the rows that are read."""
    read = np.flatnonzero([d["row"] is not None for d in data])
    return np.tile(np.eye(len(both.CLASSES))[both.CLASSES.index("miss")], (len(data), 1)), read


def _sums(bank: Bank, data: list[dict[str, Any]], p: np.ndarray, tried: list[Thresholds]) -> list[float]:
    measure = Figures(bank, data)
    return [(m := measure(p, t))["f1"] + m["kappa4"] - m["mae"] / 5 for t in tried]


class Figures:
    """Measures verdicts against the labels: F1 and kappa per point, and the mean error of the score (points alone)."""

    def __init__(self, bank: Bank, data: list[dict[str, Any]]) -> None:
        self._gold = np.array([both.CLASSES.index(d["label"]) for d in data])
        answers = {key: n for n, key in enumerate(dict.fromkeys(d["id"] for d in data))}
        self._answer = np.array([answers[d["id"]] for d in data])
        weights = {(q.id, point.id): point.weight / sum(c.weight for c in q.core) for q in bank for point in q.points}
        self._weight = np.array([weights[d["question"], d["target"]] for d in data])

    def __call__(self, p: np.ndarray, t: Thresholds) -> dict[str, float]:
        """Return the figures for probabilities of shape (points, classes) and thresholds."""
        given = np.where(p[:, 0] >= t.hit, 0, np.where(p[:, 0] + p[:, 1] >= t.partial, 1, 2))
        given = np.where((p[:, 3] >= t.contradicted) & (p[:, 3] > p[:, 0]), 3, given)
        hit, true = given == 0, self._gold == 0
        return {
            "f1": 2 * (hit & true).sum() / (hit.sum() + true.sum()), "precision": (hit & true).sum() / max(hit.sum(), 1),
            "kappa": _kappa(true.astype(int), hit.astype(int)), "kappa4": _kappa(self._gold, given),
            "mae": float(np.abs(self._scores(given) - self._scores(self._gold)).mean()),
        }  # fmt: skip

    def _scores(self, verdicts: np.ndarray) -> np.ndarray:
        credit = np.array([CREDIT[name] for name in both.CLASSES])[verdicts]  # type: ignore[index]
        return 10 * np.clip(np.bincount(self._answer, self._weight * credit), 0, 1)


def _kappa(a: np.ndarray, b: np.ndarray) -> float:
    table = np.zeros((4, 4))
    np.add.at(table, (a, b), 1)
    table /= table.sum()
    chance = float(table.sum(1) @ table.sum(0))
    return float((np.trace(table) - chance) / (1 - chance))


def misconception_threshold(data: list[dict[str, Any]], p: np.ndarray) -> Thresholds:
    """Return the probability from which a misconception counts as stated: the best F0.5, as a false one costs the candidate points.

    The curve is flat: of those that are as good as the best the lowest is taken, which names most.
    """
    true = np.array([d["label"] == "hit" for d in data])
    values = {}
    for t in np.arange(0.3, 0.81, 0.02):
        k = p[:, 0] >= t
        precision, recall = (k & true).sum() / max(k.sum(), 1), (k & true).sum() / max(true.sum(), 1)
        values[round(float(t), 2)] = 1.25 * precision * recall / max(0.25 * precision + recall, 1e-9)
    best = max(values.values())
    return Thresholds(min(t for t, value in values.items() if value >= best - AS_GOOD), NEVER, NEVER)


def numbers(bank: Bank, model: Path, claims_model: Path | None, used: list[int] | None = None) -> dict[str, Any]:
    """Return what stands in combiner.json, fitted with some columns of the features or with all; print the cross-validated figures.

    The reader alone reads everything, not what the words point to. Without a `claims_model` the shipped numbers for claims stay.
    """
    found: dict[str, Any] = {"features": list(both.FEATURES), **_shipped()}
    everything = range(len(both.FEATURES)) if used is None else used
    for claims_only in (False, True) if claims_model else (False,):
        reader = Reader(claims_model if claims_only and claims_model else model)
        guided = used != READER
        data = rows(bank, reader, claims_only=claims_only, guided=guided)
        more = rows(bank, reader, claims_only=claims_only, guided=guided, answers=gold_of_train())
        for name in KINDS_OF[claims_only]:
            told = [at for at in everything if name == "point denials" or at not in DENIED]
            found[name] = _fit(name, bank, data, more, told)
    return found


def _fit(name: str, bank: Bank, data: list[dict[str, Any]], more: list[dict[str, Any]], used: list[int]) -> dict[str, Any]:
    """Return weights and thresholds fitted to `data` with some columns, thresholds to `more`, too; print the cross-validated figures."""
    kind, _ = name.split()
    own, unseen = ([d for d in each if d["kind"] == kind] for each in (data, more))
    p, weights = cross_validated(own, kind, used), fitted(*learnt_from(own, used), kind)
    if kind == "point":
        # Where nothing is half right a lower threshold of "partial" costs nothing.
        mixed = [at for at, d in enumerate(own) if d["sort"] != "voiced"]
        likely = np.concatenate([p[mixed], predicted(unseen, weights, used)])
        thresholds = chosen(bank, [own[at] for at in mixed] + unseen, likely)
    else:
        thresholds = misconception_threshold(own, p)
    usual = np.array([d["weight"] == 1 for d in own])
    asked = [d for d, one in zip(own, usual, strict=True) if one]
    _tell(name, bank, own, p, thresholds)
    _tell(f"{name}, without {', '.join(sorted(ATTACKS))}", bank, asked, p[usual], thresholds)
    return {"thresholds": thresholds._asdict(), "weights": weights}


def _shipped() -> dict[str, Any]:
    """Return the shipped numbers; features that came later have no weight in them."""
    shipped = json.loads((MODEL_DIR / "combiner.json").read_text(encoding="utf-8"))
    names = shipped.pop("features")
    for one in shipped.values():
        weights = [dict(zip(names, row, strict=True)) for row in one["weights"]]
        one["weights"] = [[row.get(name, 0.0) for name in both.FEATURES] for row in weights]
    return shipped


def _tell(name: str, bank: Bank, own: list[dict[str, Any]], p: np.ndarray, thresholds: Thresholds) -> None:
    gold = np.array([both.CLASSES.index(d["label"]) for d in own])
    read = np.flatnonzero([d["row"] is not None for d in own])
    shown = Figures(bank, own)(p, thresholds) if name.startswith("point") else {}
    figures = {"AUC": roc_auc_score(gold == 0, p[:, 0]), "log loss": -np.log(p[read, gold[read]] + 1e-9).mean(), **shown}
    sys.stdout.write(f"{name}, n {len(own)}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()) + f", {tuple(thresholds)}\n")
    sys.stdout.flush()


def main() -> None:
    """Fit, print the cross-validated figures, and write combiner.json into the model's folder where asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument(
        "--claims-model", type=Path, help="a model that has seen no says; without, the shipped numbers for claims stay"
    )
    parser.add_argument("--only", choices=("words", "reader"), help="fit with the features of one layer, for comparison")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    used = {"words": WORDS, "reader": READER}.get(options.only)
    found = numbers(load_bank(ROOT / "corpus").bank, options.model, options.claims_model, used)
    if options.write:
        (options.model / "combiner.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
