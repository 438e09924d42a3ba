"""What the cross-encoder read, kept by content: a run after a change reads anew only what the change touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from mockinterview.errors import EncoderError
from mockinterview.evals.replies import ReplyStore
from mockinterview.evals.run import reading_hash
from mockinterview.evals.spending import note_failure
from mockinterview.grading.neural import Claim, Logits, Reader


class RememberedReader(Reader):
    """A reader that looks into the store, where there is one, before it reads. Raises StorageError where that cannot be used.

    Where it cannot read, words alone would decide; so the failure is noted with the case, which then has no outcome.
    """

    def __init__(self, inner: Reader, store: ReplyStore | None) -> None:
        self._inner, self._store = inner, store
        self.version = inner.version
        self._made_by = reading_hash()

    def pairs(self, triples: Sequence[tuple[str, Claim, str]]) -> list[tuple[str, str]]:
        """Return the two texts that are read of each (question, claim, answer)."""
        return self._inner.pairs(triples)

    def read(self, first: str, answer: str) -> Logits:
        """Return the reading of a premise and an answer, from the store where it is kept."""
        key = hashlib.sha256(json.dumps([self.version, self._made_by, first, answer]).encode()).hexdigest()
        kept = self._store.get(key) if self._store else None
        if kept is None:
            kept = self._read(first, answer)
            if self._store:
                self._store.put(key, kept)
        return Logits(*kept)

    def _read(self, first: str, answer: str) -> Logits:
        try:
            return self._inner.read(first, answer)
        except EncoderError as error:
            note_failure(error)
            raise
