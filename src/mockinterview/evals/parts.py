"""Which question belongs to which part. Split by question, never by answer; by a hash, so that nobody chose it.

train    what the neural layer learns from
combine  what the combiner and all thresholds are fitted on
test     its answers are never fitted on; the headline figures come from them
"""

from __future__ import annotations

import hashlib
from typing import Literal

Part = Literal["train", "combine", "test"]
TRAIN, COMBINE = 0.5, 0.68  # of the hash's range, up to which a question belongs to the part


def part(question_id: str) -> Part:
    """Return the part of a question: about 50 % train, 18 % combine, 32 % test."""
    place = int(hashlib.sha256(f"mockinterview:{question_id}".encode()).hexdigest()[:8], 16) / 2**32
    return "train" if place < TRAIN else "combine" if place < COMBINE else "test"
