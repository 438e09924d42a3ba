"""How well the embedded grader grades the test questions: words alone, reader alone, both: `python evals/train/report.py [MODEL]`.

The headline figures of docs/grading.md. Intervals are 95 % bootstrap intervals over questions. Also by kind of answer, by topic, and
the ten worst answers; how far a score moves under changes that change nothing; the families of attack that were held back from all
fitting and tuning; replies to probes, and whole answers in which every point is the wrong way round, or right, in different voices
(`--replies`, `--turned`: only those). `--claims` grades with claims alone, as in a bank that brings no `says`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "evals" / "train")]

from combiner import GOLD, READER, RIGHT, numbers, told  # noqa: E402
from lexical import bare  # noqa: E402
from pairs import TURNED_ROUND, answers_to  # noqa: E402

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.evals.changes import changed  # noqa: E402
from mockinterview.grading.combiner import Combiner, fits  # noqa: E402
from mockinterview.grading.embedded import EmbeddedGrader  # noqa: E402
from mockinterview.grading.neural import MODEL_DIR  # noqa: E402
from mockinterview.grading.score import CREDIT, question_score  # noqa: E402
from mockinterview.models import Bank  # noqa: E402

HELD_BACK = Path(__file__).resolve().parent / "heldback.jsonl"
REPLIES = Path(__file__).resolve().parent / "replies.jsonl"
RESAMPLES = 1000
EVERY = 40  # of the bank's sayings and denials one in so many is said as an answer
Rows = list[dict[str, Any]]


def graded(bank: Bank, grader: EmbeddedGrader, *, claims_only: bool) -> tuple[Rows, float]:
    """Return one row per gold answer of the test questions, and the median of the milliseconds for one."""
    found, took = [], []
    for case in answers_to(GOLD, "test"):
        question = bare(bank.get(case["question"])) if claims_only else bank.get(case["question"])
        grader.prepare(question)
        started = time.perf_counter()
        mark = grader.assess(question, case["answer"])
        took.append(1000 * (time.perf_counter() - started))
        if "other_language" in case["flags"] or mark.score is None:
            continue
        worth = question_score(question, {k: CREDIT[v] for k, v in case["points"].items()}, case["misconceptions"])
        points = [(case["points"][v.id], v.verdict, v.probability or 0.0) for v in mark.points]
        stated = {m.id for m in mark.misconceptions}, set(case["misconceptions"])
        found.append({"id": case["id"], "question": question.id, "topic": question.topic, "kind": case["kind"], "answer": case["answer"],
                      "score": mark.score, "worth": worth, "points": points, "stated": stated})  # fmt: skip
    return found, statistics.median(took)


# --- figures --------------------------------------------------------------------------------------------------------


def _pairs(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    flat = [p for row in rows for p in row["points"]]
    gold, given = np.array([g for g, _, _ in flat]), np.array([v for _, v, _ in flat])
    return gold, given, np.array([p for _, _, p in flat]), gold == "hit"


def f1(rows: Rows) -> float:
    """Return F1 of hit against not hit."""
    _, given, _, true = _pairs(rows)
    hit = given == "hit"
    return float(2 * (hit & true).sum() / max(hit.sum() + true.sum(), 1))


def kappa(rows: Rows) -> float:
    """Return Cohen's kappa of hit against not hit."""
    _, given, _, true = _pairs(rows)
    hit = given == "hit"
    chance = hit.mean() * true.mean() + (1 - hit.mean()) * (1 - true.mean())
    return float(((hit == true).mean() - chance) / (1 - chance + 1e-12))


def weighted_kappa(rows: Rows) -> float:
    """Return the quadratic weighted kappa of whole scores, 0 to 10."""
    a, b = np.array([round(r["score"]) for r in rows]), np.array([round(r["worth"]) for r in rows])
    expected = np.mean((a[:, None] - b[None, :]) ** 2)
    return float(1 - np.mean((a - b) ** 2) / (expected + 1e-12))


def calibration_error(rows: Rows) -> float:
    """Return the expected calibration error of the hit probability, ten bins."""
    _, _, p, true = _pairs(rows)
    bins = np.minimum((p * 10).astype(int), 9)
    return float(sum(abs(p[bins == b].mean() - true[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())))


def share(rows: Rows, of: Callable[[dict[str, Any]], bool], which: Callable[[dict[str, Any]], bool]) -> float:
    """Return the share of the rows `of` that are `which`."""
    chosen = [r for r in rows if of(r)]
    return sum(map(which, chosen)) / len(chosen) if chosen else 0.0


FIGURES: dict[str, Callable[[Rows], float]] = {
    "point F1, hit or not": f1,
    "  precision": lambda rows: float(((g := _pairs(rows))[3] & (g[1] == "hit")).sum() / max((g[1] == "hit").sum(), 1)),
    "  recall": lambda rows: float(((g := _pairs(rows))[3] & (g[1] == "hit")).sum() / max(g[3].sum(), 1)),
    "kappa per point, hit or not": kappa,
    "score, quadratic weighted kappa": weighted_kappa,
    "score, mean absolute error": lambda rows: float(np.mean([abs(r["score"] - r["worth"]) for r in rows])),
    "flattery (worth <= 2, scored >= 5)": lambda rows: share(rows, lambda r: r["worth"] <= 2, lambda r: r["score"] >= 5),
    "harshness (worth >= 8, scored <= 4)": lambda rows: share(rows, lambda r: r["worth"] >= 8, lambda r: r["score"] <= 4),
    "calibration error of the hit probability": calibration_error,
    "misconceptions, precision": lambda rows: _stated(rows, 0),
    "misconceptions, recall": lambda rows: _stated(rows, 1),
}


def _stated(rows: Rows, side: int) -> float:
    both = sum(len(r["stated"][0] & r["stated"][1]) for r in rows)
    return both / max(sum(len(r["stated"][side]) for r in rows), 1)


def interval(rows: Rows, figure: Callable[[Rows], float]) -> tuple[float, float]:
    """Return the 95 % interval of a figure: questions are drawn again with replacement."""
    by_question: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_question[row["question"]].append(row)
    groups, rng = list(by_question.values()), np.random.default_rng(1)
    drawn = [figure([r for i in rng.integers(0, len(groups), len(groups)) for r in groups[i]]) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def by(rows: Rows, name: str) -> Iterable[str]:
    """Yield a line per kind or topic: how many answers, F1 and the mean error of the score."""
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    for group, members in sorted(groups.items()):
        errors = [r["score"] - r["worth"] for r in members]
        yield f"| {group} | {len(members)} | {f1(members):.2f} | {np.mean(np.abs(errors)):.1f} | {np.mean(errors):+.1f} |"


def moved(bank: Bank, grader: EmbeddedGrader, rows: Rows) -> Iterable[str]:
    """Yield how far the scores of the rows move, on average, under changes that leave the meaning alone."""
    for change in ("shuffled", "padded", "typos", "lower_case", "reworded"):
        found = [
            (r, grader.assess(bank.get(r["question"]), changed(change, r["answer"], r["id"])).score) for r in rows if r["answer"]
        ]
        moves = np.array([abs(score - r["score"]) for r, score in found if score is not None])
        yield f"| {change} | {len(moves)} | {moves.mean():.2f} | {(moves > 2).mean():.1%} |"


def reversed_facts(rows: Rows) -> str:
    """Return how many of the points that an answer contradicts earn nothing."""
    given = [verdict for row in rows for gold, verdict, _ in row["points"] if gold == "contradicted"]
    own = [verdict for row in rows if row["kind"] == "reversed" for gold, verdict, _ in row["points"] if gold == "contradicted"]
    return f"Points said the wrong way round that earn nothing: {_lost(given)} in all answers, {_lost(own)} in right answers turned round."


def _lost(verdicts: list[str]) -> str:
    lost = sum(v in ("miss", "contradicted") for v in verdicts)
    return f"{lost} of {len(verdicts)} ({lost / max(len(verdicts), 1):.0%})"


def held_back(bank: Bank, graders: dict[str, EmbeddedGrader]) -> Iterable[str]:
    """Yield, per family of held-back attacks, how many stay at 2 of 10 or below, and the mean score."""
    cases = [json.loads(line) for line in HELD_BACK.read_text(encoding="utf-8").splitlines()]
    for family in sorted({case["family"] for case in cases}):
        own = [case for case in cases if case["family"] == family]
        for name, grader in graders.items():
            scores = [grader.assess(bank.get(case["question"]), case["answer"]).score or 0.0 for case in own]
            low = sum(score <= 2 for score in scores)
            yield f"| {family} | {name} | {low} of {len(own)} | {np.mean(scores):.1f} | {sum(score >= 5 for score in scores)} |"


def replies(bank: Bank, graders: dict[str, EmbeddedGrader]) -> Iterable[str]:
    """Yield how replies to probes are graded: the point that a probe is after, and all other points of its question."""
    for which in (("test",), ("train", "combine")):
        for name, grader in graders.items():
            aimed, beside = [], []
            for case in answers_to(REPLIES, *which):
                question = bank.get(case["question"])
                mark = grader.assess(question.heard_as(question.point(case["probe"]).probe), case["reply"])
                for v in mark.points:
                    row = (case["points"].get(v.id, "miss"), v.verdict, v.probability or 0.0)
                    (aimed if v.id == case["probe"] else beside).append({"points": [row], "kind": case["kind"]})
            unearned = [
                r for r in aimed if r["kind"] in ("wrong", "bluff", "other") and r["points"][0][0] not in ("hit", "partial")
            ]
            got = sum(r["points"][0][1] in ("hit", "partial") for r in unearned)
            cells = (f"{figure(aimed):.3f}" for figure in list(FIGURES.values())[:3])
            yield f"| {', '.join(which)} | {name} | {len(aimed)} | {' | '.join(cells)} | {f1(beside):.3f} | {got} of {len(unearned)} |"


def print_replies(bank: Bank, graders: dict[str, EmbeddedGrader]) -> None:
    """Print the table of `replies`."""
    print("| questions | grader | replies | aimed at: F1 | precision | recall | other points: F1 | credit unearned |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(replies(bank, graders)), "\n")


def voiced(bank: Bank, graders: dict[str, EmbeddedGrader]) -> Iterable[str]:
    """Yield how whole answers are graded that have every point the wrong way round, and right ones, by voice."""
    for sort, file in (("turned round", TURNED_ROUND), ("right", RIGHT)):
        for which in (("test",), ("train", "combine")):
            own = answers_to(file, *which)
            for name, grader in graders.items() if own else ():
                begin = f"| {sort} | {', '.join(which)} | {name}"
                yield from (f"{begin} | {line}" for line in _by_voice(bank, grader, own))


def _by_voice(bank: Bank, grader: EmbeddedGrader, cases: Rows) -> Iterable[str]:
    """Yield how many points of the answers in each voice earn nothing, and how many of all answers score 5 or more."""
    given, scores = defaultdict(list), []
    for case in cases:
        mark = grader.assess(bank.get(case["question"]), told(case["points"].values()))
        for voice in (case["voice"], "all"):
            given[voice] += [mark.verdict(point) for point in case["points"]]
        scores.append(mark.score or 0.0)
    yield from (f"{voice} | {_lost(verdicts)} |" for voice, verdicts in given.items())
    yield f"score 5 or more | {sum(s >= 5 for s in scores)} of {len(scores)} answers |"


def own_words(bank: Bank, graders: dict[str, EmbeddedGrader]) -> Iterable[str]:
    """Yield how the bank's own words are graded as the whole answer to their question: who learns from the reports says them."""
    claims = [(q, p.id, p.claim) for q in bank for p in q.points]
    sayings = [(q, p.id, say) for q in bank for p in q.points for say in p.says][::EVERY]
    denials = [(q, p.id, no) for q in bank for p in q.points for no in p.denials][::EVERY]
    for what, answers in (("claims", claims), ("sayings", sayings), ("denials", denials)):
        for name, grader in graders.items():
            given = [grader.assess(question, text).verdict(point) for question, point, text in answers]
            counts = (given.count(verdict) for verdict in ("hit", "partial", "miss", "contradicted"))
            yield f"| {what} | {name} | {len(given)} | {' | '.join(map(str, counts))} |"


def main() -> None:
    """Print everything as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path, nargs="?", default=MODEL_DIR)
    parser.add_argument("--claims", action="store_true")
    parser.add_argument("--replies", action="store_true")
    parser.add_argument("--turned", action="store_true")
    options = parser.parse_args()
    bank = load_bank(ROOT / "corpus").bank
    words = EmbeddedGrader(bank)
    graders = {"words alone": words, "both": words.with_reader(Combiner(options.model))}
    if not options.turned:
        print_replies(bank, graders)
    if not (options.replies or options.claims):
        print("| answers | questions | grader | voice | points that earn nothing |\n|---|---|---|---|---|")
        print("\n".join(voiced(bank, graders)), "\n")
    if options.replies or options.turned:
        return
    alone = Combiner(options.model, guided=False)
    alone.fits = fits(numbers(bank, options.model, options.model if options.claims else None, READER))
    graders = {"words alone": words, "reader alone": words.with_reader(alone), "both": graders["both"]}
    results = {name: graded(bank, grader, claims_only=options.claims) for name, grader in graders.items()}
    rows = results["both"][0]
    print(
        f"{len(rows)} answers, {len({r['question'] for r in rows})} questions, {'claims only' if options.claims else 'with says'}\n"
    )
    print("| figure | " + " | ".join(results) + " |\n|---|" + "---|" * len(results))
    for name, figure in FIGURES.items():
        cells = [
            f"{figure(found):.3f} ({low:.3f}-{high:.3f})"
            for found, _ in results.values()
            for low, high in [interval(found, figure)]
        ]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print("| milliseconds for an answer (median) | " + " | ".join(f"{took:.1f}" for _, took in results.values()) + " |")
    for name in ("kind", "topic"):
        print(f"\n| {name} | answers | F1 | mean error | bias |\n|---|---|---|---|---|")
        print("\n".join(by(rows, name)))
    print("\n| change | answers | mean move of the score | moved by more than 2 |\n|---|---|---|---|")
    print("\n".join(moved(bank, graders["both"], rows)))
    print("\n" + reversed_facts(rows))
    print("\n| held-back family | grader | at most 2 | mean score | 5 or more |\n|---|---|---|---|---|")
    print("\n".join(held_back(bank, graders)))
    print("\n| the bank's own | grader | answers | hit | partial | miss | contradicted |\n|---|---|---|---|---|---|---|")
    print("\n".join(own_words(bank, graders)))
    print("\nThe ten worst:")
    for row in sorted(rows, key=lambda r: -abs(r["score"] - r["worth"]))[:10]:
        print(f"- {row['id']} ({row['kind']}): worth {row['worth']}, scored {row['score']}: {row['answer'][:160]!r}")


if __name__ == "__main__":
    main()
