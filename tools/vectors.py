"""Writes the sentence vectors of the shipped bank beside the sentence model, so that a first index takes seconds.

    python tools/vectors.py

Stale vectors do no harm: a text that is not in the file is embedded when the index is built. Renew them after a change of the bank.
"""

from __future__ import annotations

import sys

from mockinterview.bank.load import load_bank
from mockinterview.retrieval import MODEL_DIR, OnnxEmbedder
from mockinterview.retrieval.embedding import known_vectors_file
from mockinterview.retrieval.passages import pieces


def main() -> int:
    """Write the file; return the exit code."""
    texts = [piece.text for piece in pieces(load_bank().bank)]
    known_vectors_file(OnnxEmbedder(MODEL_DIR), texts, MODEL_DIR / "vectors.npz")
    print(f"{len(texts)} vectors, {(MODEL_DIR / 'vectors.npz').stat().st_size // 2**10} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
