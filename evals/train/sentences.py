"""Exports all-MiniLM-L6-v2 as int8 ONNX for retrieval: token vectors out, pooling is done by `retrieval.embedding`.

    python evals/train/sentences.py --out src/mockinterview/retrieval/model
    python tools/vectors.py                    # then the vectors of the shipped bank

Needs what `train.py` needs. Nothing is trained here: these are the published weights (Apache-2.0), quantised.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parent))

from encoder import encoder_path, export_int8


class TokenVectors(nn.Module):
    """The encoder without its pooling."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(path, local_files_only=True, attn_implementation="eager")

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Return vectors of shape (batch, tokens, 384)."""
        return self.encoder(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


def main() -> int:
    """Export; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(encoder_path(), local_files_only=True)
    export_int8(TokenVectors(encoder_path()).eval(), tokenizer, options.out, {0: "batch", 1: "tokens"})
    print("written to", options.out, (options.out / "model.onnx").stat().st_size // 2**10, "KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
