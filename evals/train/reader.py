"""The neural layer: a small cross-encoder that reads (question and claim, answer) and says hit, partial, miss or contradicted.

It is MiniLM-L6 (22 M parameters, int8 ONNX), fine-tuned by `train.py`. An experiment so far: the product does not use it yet;
`docs/grading.md` has the figures.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockinterview.errors import GradingError

WINDOW = 150  # tokens of the answer read at once; longer answers are read in overlapping windows, the best one counts
STRIDE = 100
BATCH = 8  # pairs read at once: larger batches gain nothing on a CPU


@dataclass(frozen=True, slots=True)
class Reading:
    """What the cross-encoder makes of an answer with regard to a claim: four log-odds-like scores (logits)."""

    hit: float
    partial: float
    miss: float
    contradicted: float


class NeuralReader:
    """Reads claims against answers. Thread-safe; loading takes about a third of a second, so do it in the background."""

    def __init__(self, folder: Path) -> None:
        """Load the model; raise GradingError where the file or a library is missing or damaged."""
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise GradingError(f"The neural layer needs {error.name}.", "pip install onnxruntime tokenizers") from error
        try:
            self._card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise GradingError(f"The model in {folder} cannot be read: {error}.", "Install mockinterview again.") from error

    @property
    def version(self) -> str:
        """What the model calls itself, for the record of a run."""
        return f"minilm-v{self._card['version']}"

    def read(self, question: str, claims: Sequence[str], answer: str) -> list[Reading]:
        """Return one reading per claim; of a long answer, that of the window that states the claim best."""
        windows = self._windows(answer)
        pairs = [(self._first(question, claim), window) for claim in claims for window in windows]
        rows = [row for start in range(0, len(pairs), BATCH) for row in self._run(pairs[start : start + BATCH])]
        per_claim = (rows[i * len(windows) : (i + 1) * len(windows)] for i in range(len(claims)))
        return [max(found, key=lambda r: r.hit - r.miss) for found in per_claim]

    def _first(self, question: str, claim: str) -> list[int]:
        text = f"{question} {claim}" if self._card["question"] else claim
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids[: self._card["max_tokens"] - 32]

    def _windows(self, answer: str) -> list[list[int]]:
        ids = self._tokenizer.encode(answer, add_special_tokens=False).ids
        if len(ids) <= WINDOW:
            return [ids]
        return [ids[start : start + WINDOW] for start in range(0, len(ids) - STRIDE // 2, STRIDE)]

    def _run(self, pairs: Sequence[tuple[list[int], list[int]]]) -> list[Reading]:
        import numpy as np

        begin, end = (self._tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))
        rows = [([begin, *a, end, *b, end], len(a) + 2) for a, b in pairs]
        longest = max(len(ids) for ids, _ in rows)
        feed: dict[str, Any] = {
            name: np.zeros((len(rows), longest), dtype=np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")
        }
        for i, (ids, first) in enumerate(rows):
            feed["input_ids"][i, : len(ids)] = ids
            feed["attention_mask"][i, : len(ids)] = 1
            feed["token_type_ids"][i, first : len(ids)] = 1
        (logits,) = self._session.run(None, feed)
        return [Reading(*map(float, row)) for row in logits]
