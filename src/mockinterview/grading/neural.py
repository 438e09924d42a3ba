"""The neural layer: a small cross-encoder that reads (question and claim, answer) and says hit, partial, miss or contradicted.

It is a MiniLM (17 M parameters, 5 layers, int8 ONNX), fine-tuned by `evals/train/train.py` and made smaller by `evals/train/distil.py`;
`grading/model/README.md` is its model card.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from mockinterview.encoders import OnnxEncoder
from mockinterview.errors import EncoderError

MODEL_DIR: Final = Path(__file__).resolve().parent / "model"
WINDOW: Final = 150  # tokens of the answer read at once; longer answers are read in overlapping windows, the best one counts
STRIDE: Final = 100
FIRST: Final = 128  # tokens of question, claim and sayings at most; most have fewer
SAYINGS: Final = 2  # of what people say of a point, those nearest to the answer are read with the claim


class Logits(NamedTuple):
    """What the cross-encoder makes of an answer with regard to a claim: four logits, of which only differences mean anything."""

    hit: float
    partial: float
    miss: float
    contradicted: float


class Claim(NamedTuple):
    """A claim or belief, and how people say it; the bank may have none of that."""

    text: str
    says: tuple[str, ...] = ()


_WORD: Final = re.compile(r"\w+")


def premise(question: str, claim: Claim, answer: str) -> str:
    """Return what is read beside the answer: the question, the claim, and the sayings that share most words with the answer."""
    said = set(_WORD.findall(answer.lower()))

    def shared(saying: str) -> float:
        words = set(_WORD.findall(saying.lower()))
        return len(words & said) / max(len(words), 1)

    nearest = sorted(claim.says, key=shared, reverse=True)[:SAYINGS]
    return " | ".join([f"{question} {claim.text}", *nearest])


class Reader:
    """Reads claims against answers. Thread-safe; loading takes a few tenths of a second.

    Raises EncoderError where a file or a library is missing or damaged.
    """

    def __init__(self, folder: Path = MODEL_DIR) -> None:
        # one thread: more would fight with the app for the same few cores
        self._encoder = OnnxEncoder(folder, threads=1)
        try:
            self._sayings = bool(json.loads((folder / "card.json").read_text(encoding="utf-8"))["sayings"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"The card {folder / 'card.json'} cannot be read ({error}).") from error
        self.version = f"minilm-{self._encoder.digest[:8]}"

    def read_all(self, triples: Sequence[tuple[str, Claim, str]]) -> list[Logits]:
        """Return one reading per (question, claim, answer)."""
        return [self.read(*pair) for pair in self.pairs(triples)]

    def pairs(self, triples: Sequence[tuple[str, Claim, str]]) -> list[tuple[str, str]]:
        """Return the two texts that are read of each (question, claim, answer): the premise and the answer."""
        known = triples if self._sayings else [(question, Claim(claim.text), answer) for question, claim, answer in triples]
        return [(premise(*triple), triple[2]) for triple in known]

    def read(self, first: str, answer: str) -> Logits:
        """Return the reading of a premise and an answer; of a long answer, that of the window that states the claim best.

        Each pair runs alone: 8-bit activations are scaled over all that runs together, so company would change what is read, and
        on one core a batch is no faster.
        """
        begin, tokens = self._encoder.ids([first, answer])
        rows = (self._encoder.run([begin[:FIRST]], [window])[0][0].tolist() for window in _windows(tokens))
        return max((Logits(*row) for row in rows), key=lambda r: r.hit - r.miss)


def _windows(ids: list[int]) -> list[list[int]]:
    if len(ids) <= WINDOW:
        return [ids]
    return [ids[start : start + WINDOW] for start in range(0, len(ids) - STRIDE // 2, STRIDE)]
