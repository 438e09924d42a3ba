"""What the cross-encoder read, kept by content: a run after a change reads anew only what the change touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from mockinterview.evals.replies import ReplyStore
from mockinterview.grading.neural import Claim, Logits, Reader


class RememberedReader(Reader):
    """A reader that looks into the store before it reads. Raises StorageError where the store cannot be used.

    What is read together is kept together: the 8-bit activations are scaled over a batch, so a part would be read differently.
    """

    def __init__(self, inner: Reader, store: ReplyStore) -> None:
        self._inner, self._store = inner, store
        self.version = inner.version

    def read_all(self, triples: Sequence[tuple[str, Claim, str]]) -> list[Logits]:
        """Return one reading per (question, claim, answer), from the store where they are kept."""
        key = hashlib.sha256(json.dumps([self.version, triples]).encode()).hexdigest()
        kept = self._store.get(key)
        if kept is None:
            kept = self._inner.read_all(triples)
            self._store.put(key, kept)
        return [Logits(*row) for row in kept]
