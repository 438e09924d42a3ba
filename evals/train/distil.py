"""Makes a smaller reader of a trained one: fewer layers, narrower ones, taught to say what the large one says, and exports it.

    python evals/train/distil.py --teacher W/model.pt --out S --layers 0 1 2 3 4 --inner 768 --whole-bank --limit 9000 --share 0.03 --seed 21

What is left out is chosen by measure: of a layer's inner units those stay whose output varies most. The student then learns from the
teacher's probabilities and logits (Hinton et al. 2015, Ba & Caruana 2014) and, a fifth, from the labels. Needs what train.py needs.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "evals" / "train")]

from encoder import encoder_path  # noqa: E402
from pairs import (  # noqa: E402
    LABELS,
    TURNED,
    TURNED_ROUND,
    VOICED,
    Makes,
    Pair,
    answers_to,
    claim_pairs,
    denied_pairs,
    said_pairs,
    turned_pairs,
    voiced_pairs,
    whole_pairs,
    written,
)

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.evals.parts import part  # noqa: E402
from mockinterview.grading.combiner import FAR  # noqa: E402
from mockinterview.models import Bank  # noqa: E402
from train import (  # noqa: E402
    ANSWERS,
    BATCH_TOKENS,
    LENGTHS,
    CrossEncoder,
    batches,
    blend,
    export,
    faster,
    lengths,
    load,
    options_of_pairs,
    pairs_of,
    state_of,
)

UNTAUGHT = {  # what the teacher knows nothing of, or reads wrongly
    "claims": "claims said as they stand and turned round",
    "said": "sayings said beside themselves, as they stand and turned round",
    "turned": "statements beside their twins (`answers/reversed-*`)",
    "voiced": "statements in one voice, right and turned round (`answers/voices-*`, `turned.jsonl`)",
    "denied": "denials of the bank's points, beside ways to say them",
}
HARD = 0.2  # share of the labels in what the student learns; the rest are the teacher's probabilities
LOGITS = 0.1  # weight of the squared difference of the centred logits
FROZEN = 1  # layers from below that stay as the teacher has them
GENERAL = 3000  # of the pairs about whole answers: those to questions that the bank does not have ...
ELSEWHERE = 4000  # ... and those that stand beside another question
SAID = 8  # sayings of a point that are learnt as answers
SAMPLE = 512  # pairs by which the inner units are ranked


def main() -> int:
    """Shrink, distil and export; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--teacher", type=Path, required=True, help="a model.pt or model.onnx")
    parser.add_argument("--init", type=Path, help="a student's model.pt to go on from")
    parser.add_argument("--blend", type=Path, help="a student's model.pt whose weights are averaged with the taught ones")
    parser.add_argument("--whole", action="store_true", help="learn from pairs about whole answers, too")
    parser.add_argument(
        "--labels", action="store_true", help="take the teacher's weights to start from, and learn from the labels alone"
    )
    for name, what in UNTAUGHT.items():
        parser.add_argument(f"--{name}", type=int, default=0, help=f"learn from so many {what}, too, drawn by chance")
    parser.add_argument("--pairs", type=int, help="learn from so many of the pairs, drawn by chance")
    parser.add_argument("--layers", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="those of the teacher's that stay")
    parser.add_argument("--inner", type=int, default=768, help="inner units that stay in each of them")
    options_of_pairs(parser)
    parser.set_defaults(lr=2.5e-4, epochs=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    bank = load_bank(ROOT / "corpus").bank
    pairs = pairs_of(bank, options, without=(TURNED, VOICED) if options.turned else (VOICED,))
    pairs = random.Random(options.seed).sample(pairs, options.pairs or len(pairs))
    untaught = about_whole_answers(bank, options) if options.whole else []
    untaught += beside_twins(bank, options)
    tokenizer = AutoTokenizer.from_pretrained(encoder_path(), local_files_only=True)
    teacher = load(options.teacher).eval()
    kept = units(teacher, pairs[:SAMPLE], tokenizer, options.inner)
    student = load(options.init) if options.init else shrunken(load(options.teacher), options.layers, kept)
    lessons = pairs + untaught
    taught = torch.full((len(lessons), len(LABELS)), torch.nan)
    if not options.labels:
        taught[: len(pairs)] = corrected(logits_of(teacher, pairs, tokenizer), pairs)
    distil(student, lessons, taught, options, tokenizer)
    if options.blend:
        blend(student, state_of(options.blend, student))
    told = {"pairs": len(lessons), "bank": bank.fingerprint, "layers": options.layers, "inner": options.inner}
    export(student.eval(), tokenizer, options, told)
    return 0


def about_whole_answers(bank: Bank, options: argparse.Namespace) -> list[Pair]:
    """Return the pairs about whole answers, of which the teacher knows nothing."""
    gold = [json.loads(line) for line in options.gold.read_text().splitlines()]
    ids, rng = {q.id for q in bank if part(q.id) == "train"}, random.Random(options.seed)
    return whole_pairs(bank, gold, written(ANSWERS), ids, rng, general=GENERAL, elsewhere=ELSEWHERE)


def beside_twins(bank: Bank, options: argparse.Namespace) -> list[Pair]:
    """Return the pairs of what states a claim and what turns it round in almost the same words, which the teacher reads wrongly."""
    ids = {q.id for q in bank if options.whole_bank or part(q.id) == "train"}
    rng, lines = random.Random(options.seed), written(ANSWERS)
    make = Makes(rng, sayings=options.sayings)
    made = {
        "claims": claim_pairs(bank, ids, lines, make),
        "said": said_pairs(bank, ids, make, SAID),
        "turned": turned_pairs(lines, bank, make),
        "voiced": voiced_pairs(lines + turned_answers(), bank, make),
        "denied": denied_pairs(bank, ids, make),
    }
    pools = [(list(pairs), number) for name, pairs in made.items() if (number := getattr(options, name))]
    return [pair for pool, number in pools for pair in rng.sample(pool, min(number, len(pool)))]


def turned_answers() -> list[dict]:
    """Return the whole answers turned round (`turned.jsonl`) to the train questions, as lines of a file of statements."""
    return [
        {"id": case["question"], "file": VOICED,
         "answers": [{"answer": text, "voice": case["voice"], "points": {key: "contradicted"}} for key, text in case["points"].items()]}
        for case in answers_to(TURNED_ROUND, "train")
    ]  # fmt: skip


def units(teacher: CrossEncoder, pairs: Sequence[Pair], tokenizer, number: int) -> list[torch.Tensor]:
    """Return, per layer, the `number` inner units that move its output most: spread of the unit times length of its output column."""
    layers = teacher.encoder.encoder.layer
    spread = [torch.zeros(layer.intermediate.dense.out_features) for layer in layers]

    def watch(at: int):
        return layers[at].intermediate.register_forward_hook(lambda _, __, out: spread[at].add_(out.detach().float().std((0, 1))))

    hooks = [watch(at) for at in range(len(layers))]
    for start in range(0, len(pairs), 16):
        read(teacher, encoded(pairs[start : start + 16], 128, tokenizer))
    for hook in hooks:
        hook.remove()
    ranks = [s * layer.output.dense.weight.detach().norm(dim=0) for s, layer in zip(spread, layers, strict=True)]
    return [rank.topk(number).indices.sort().values for rank in ranks]


def shrunken(model: CrossEncoder, layers: Sequence[int], kept: Sequence[torch.Tensor]) -> CrossEncoder:
    """Return the model with these layers and these inner units alone."""
    for at in layers:
        layer = model.encoder.encoder.layer[at]
        up, down = layer.intermediate.dense, layer.output.dense
        narrow = nn.Linear(up.in_features, len(kept[at])), nn.Linear(len(kept[at]), down.out_features)
        narrow[0].load_state_dict({"weight": up.weight[kept[at]], "bias": up.bias[kept[at]]})
        narrow[1].load_state_dict({"weight": down.weight[:, kept[at]], "bias": down.bias})
        layer.intermediate.dense, layer.output.dense = narrow
    model.encoder.encoder.layer = nn.ModuleList([model.encoder.encoder.layer[at] for at in layers])
    return model


@torch.no_grad()
def logits_of(teacher: CrossEncoder, pairs: Sequence[Pair], tokenizer) -> torch.Tensor:
    """Return the teacher's logits, (pairs, 4)."""
    needed = lengths(pairs, tokenizer)
    found = torch.zeros(len(pairs), 4)
    for length in LENGTHS:
        own = [at for at, n in enumerate(needed) if n == length]
        for start in range(0, len(own), size := 2 * BATCH_TOKENS // length):
            part = own[start : start + size]
            found[part] = read(teacher, encoded([pairs[at] for at in part], length, tokenizer))
    return found


def corrected(said: torch.Tensor, pairs: Sequence[Pair]) -> torch.Tensor:
    """Return the teacher's logits, and no number where it credits what the label denies: its mistakes are not to be learnt."""
    labels = torch.tensor([pair.label for pair in pairs], dtype=torch.float)
    wrong = (said.argmax(-1) == LABELS.index("hit")) & (labels[:, LABELS.index("contradicted")] >= 0.5)
    return said.masked_fill(wrong.unsqueeze(-1), torch.nan)


def distil(student: CrossEncoder, pairs: list[Pair], taught: torch.Tensor, options: argparse.Namespace, tokenizer) -> None:
    """Teach the student what the teacher makes of the pairs; where that is not a number, the labels."""
    for layer in student.encoder.encoder.layer[:FROZEN]:
        layer.requires_grad_(requires_grad=False)
    where, rng = {id(pair): at for at, pair in enumerate(pairs)}, random.Random(options.seed)
    steps = options.epochs * len(batches(pairs, random.Random(0), tokenizer))
    optimiser = torch.optim.AdamW([p for p in student.parameters() if p.requires_grad], lr=options.lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.lr, total_steps=int(steps * 1.02) + 5, pct_start=0.1)
    student.train()
    started, done = time.monotonic(), 0
    for _ in range(options.epochs):
        for length, batch in batches(pairs, rng, tokenizer):
            said = read(student, encoded(batch, length, tokenizer))
            difference = loss(said, taught[[where[id(pair)] for pair in batch]], batch)
            difference.backward()
            nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            done += 1
            if done % 200 == 0:
                left = (time.monotonic() - started) / done * (steps - done) / 60
                print(f"step {done}/{steps} loss {float(difference.detach()):.3f} left {left:.1f} min", flush=True)


def loss(said: torch.Tensor, taught: torch.Tensor, batch: Sequence[Pair]) -> torch.Tensor:
    """Return how far the student's logits are from the teacher's and from the labels, weighted by pair."""
    weights = torch.tensor([pair.weight for pair in batch])
    labels = torch.tensor([pair.label for pair in batch], dtype=torch.float)
    untaught = taught.isnan().any(-1)
    taught = taught.nan_to_num()  # a gradient through NaN would be one even where it is not chosen
    targets = (1 - HARD) * taught.softmax(-1) + HARD * labels
    alone = -(labels * said.log_softmax(-1)).sum(-1)
    each = LOGITS * (centred(said) - centred(taught)).square().mean(-1) - (targets * said.log_softmax(-1)).sum(-1)
    each = torch.where(untaught, alone, each)
    return (each * weights).sum() / weights.sum()


def centred(logits: torch.Tensor) -> torch.Tensor:
    """Return logits as differences from their mean, clipped."""
    return (logits - logits.mean(-1, keepdim=True)).clamp(-FAR, FAR)


def encoded(batch: Sequence[Pair], length: int, tokenizer):
    """Return pairs as tensors of one length in tokens."""
    return tokenizer(
        [p.first for p in batch], [p.answer for p in batch],
        padding="max_length", truncation="longest_first", max_length=length, return_tensors="pt",
    )  # fmt: skip


def read(model: CrossEncoder, batch) -> torch.Tensor:
    """Return logits of shape (batch, 4)."""
    with faster("cpu"):
        return model(batch["input_ids"], batch["attention_mask"], batch["token_type_ids"]).float()


if __name__ == "__main__":
    sys.exit(main())
