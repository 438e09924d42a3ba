"""What both layers make of every gold answer: one row per point and one per misconception. Used to fit and to ablate."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "evals" / "train")]

from reader import NeuralReader  # noqa: E402

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.cli.compose import bank_texts  # noqa: E402
from mockinterview.evals.parts import part  # noqa: E402
from mockinterview.grading.embedded import EmbeddedGrader, _judge  # noqa: E402
from mockinterview.models import Bank, Question  # noqa: E402

GOLD = ROOT / "evals" / "cases" / "grading" / "gold.jsonl"


def rows(bank: Bank, parts: set[str], model: Path, *, claims_only: bool = False) -> list[dict[str, Any]]:
    """Return the rows of all gold answers of some parts: lexical features, neural scores, and the label."""
    grader, reader = EmbeddedGrader(vocabulary=bank_texts(bank)), NeuralReader(model)
    cases = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    cases = [c for c in cases if part(c["question"]) in parts and c["answer"].strip()]
    found = []
    for case in cases:
        question = bare(bank.get(case["question"])) if claims_only else bank.get(case["question"])
        matches = _judge(grader.prepare(question), case["answer"]).matches
        texts = {p.id: p.claim for p in question.points} | {m.id: m.belief for m in question.misconceptions}
        claims = [texts[m.target.id] for m in matches]
        readings = reader.read(question.ask, claims, case["answer"])
        for match, reading in zip(matches, readings, strict=True):
            label = case["points"][match.target.id] if match.target.kind == "point" else match.target.id in case["misconceptions"]
            found.append(
                {
                    "id": case["id"], "question": question.id, "part": part(question.id), "kind": case["kind"], "target": match.target.id,
                    "of": match.target.kind, "label": label, "hit": match.hit, "contradicted": match.contradicted,
                    "topic": match.topic, **dataclasses.asdict(match.features), **{f"n_{k}": v for k, v in dataclasses.asdict(reading).items()},
                }
            )  # fmt: skip
    return found


def bare(question: Question) -> Question:
    """Return a question as a bank without `says` would have it: claims and beliefs alone."""
    return question.model_copy(
        update={
            "points": tuple(p.model_copy(update={"says": ()}) for p in question.points),
            "misconceptions": tuple(m.model_copy(update={"says": ()}) for m in question.misconceptions),
        }
    )


if __name__ == "__main__":
    bank_ = load_bank(ROOT / "corpus").bank
    out = rows(bank_, set(sys.argv[2].split(",")), Path(sys.argv[1]), claims_only="--claims" in sys.argv)
    Path(sys.argv[3]).write_text(json.dumps(out))
    print(len(out), "rows")
