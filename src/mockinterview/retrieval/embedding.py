"""Turning texts into vectors. This file hides how a vector comes about: hashed words, or a sentence model in ONNX."""

from __future__ import annotations

import math
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mockinterview.encoders import MODEL, OnnxEncoder, digest
from mockinterview.errors import EncoderError, RetrievalError
from mockinterview.retrieval.passages import content_hash
from mockinterview.retrieval.words import STOP_WORDS, terms, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_DIR = Path(__file__).resolve().parent / "model"
_KNOWN = "vectors.npz"
IDLE = 30.0  # seconds without a text to embed, after which the model is let go
_AT_ONCE = 16  # texts that the model reads together
_REMEDY = "Delete it, or put the whole model there again; without it, search works by words."


class Embedder(Protocol):
    """Turns texts into vectors of length 1. Two embedders with one `name` must give the same vectors for the same text."""

    @property
    def name(self) -> str:
        """What made the vectors, with its version: an index made by another one is built anew."""

    @property
    def dimensions(self) -> int:
        """The length of each vector."""

    @property
    def weight(self) -> float:
        """How much its similarities count beside the ranking by words, which counts 1."""

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text, in order; raise RetrievalError where that is impossible."""


class HashedEmbedder:
    """Words and pieces of words, hashed into 1024 signed buckets: no model, no network, the same everywhere.

    Such vectors know spelling, not meaning. They find nothing that words do not find, hence the small weight.
    """

    name = "hashed-1"
    dimensions = 1024
    weight = 0.1

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text; that of a text without words is zero except for its first element."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for feature, value in _features(text):
            bucket = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
            vector[(bucket >> 1) % self.dimensions] += value if bucket & 1 else -value
        length = math.sqrt(sum(value * value for value in vector))
        return [value / length for value in vector] if length else [1.0, *vector[1:]]


def _features(text: str, share_of_letters: float = 0.3) -> Iterator[tuple[str, float]]:
    said = words(text)
    for term, count in Counter(terms(said)).items():
        yield term, 1 + math.log(count)
    for word in said:
        if word not in STOP_WORDS:
            grams = [f"<{word}>"[start : start + size] for size in (3, 4) for start in range(len(word) + 3 - size)]
            for gram in grams:
                yield f"#{gram}", share_of_letters / math.sqrt(len(grams))


class OnnxEmbedder:
    """A sentence model such as all-MiniLM-L6-v2, exported to ONNX: mean of the token vectors, length 1.

    `folder` has `model.onnx` (inputs `input_ids`, `attention_mask` and, where it has one, `token_type_ids`; first output
    token vectors) and `tokenizer.json`. Pooling and the limit of 256 tokens are those of the model's card. `vectors.npz`,
    where it is there, has the vectors of the shipped bank: its index needs no model then. The model itself is loaded when
    a text needs it, and let go again when none has for a while, for it takes 60 MB. Raises RetrievalError where the files
    are missing or, as soon as they are needed, damaged.
    """

    weight = 1.0
    _LONGEST = 256

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with _translated():
            self.name = f"onnx-1-{digest(folder)[:12]}"
        self._encoder: OnnxEncoder | None = None
        self._turn = threading.Lock()
        self._idle: threading.Timer | None = None
        self._rows, self._known = _known_vectors(folder / _KNOWN)
        self.dimensions = self._known.shape[1] if self._rows else len(self(["dimensions"])[0])

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text; raise RetrievalError where the model cannot be run."""
        keys = [content_hash(text) for text in texts]
        vectors: dict[int, list[float]] = {n: self._known[self._rows[k]].tolist() for n, k in enumerate(keys) if k in self._rows}
        unknown = [number for number in range(len(texts)) if number not in vectors]
        order = sorted(unknown, key=lambda number: len(texts[number]))  # like with like, to pad little
        for start in range(0, len(order), _AT_ONCE):
            chosen = order[start : start + _AT_ONCE]
            vectors.update(zip(chosen, self._vectors([texts[number] for number in chosen]), strict=True))
        return [vectors[number] for number in range(len(texts))]

    def _vectors(self, texts: Sequence[str]) -> list[list[float]]:
        with self._turn, _translated():
            self._encoder = encoder = self._encoder or OnnxEncoder(self._folder)
            tokens, mask = encoder.run([ids[: self._LONGEST - 2] for ids in encoder.ids(texts)])
            self._let_go_later()
        return _pooled(tokens, mask)

    def _let_go_later(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = threading.Timer(IDLE, self._let_go)
        self._idle.daemon = True
        self._idle.start()

    def _let_go(self) -> None:
        with self._turn:
            self._encoder = None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except EncoderError as error:
        raise RetrievalError(error.message, _REMEDY) from error


def default_embedder(folder: Path) -> Embedder:
    """Return the sentence model in `folder` where there is one, else the hashed vectors.

    Raises RetrievalError where a model is there and cannot be used: that is said, not passed over.
    """
    return OnnxEmbedder(folder) if (folder / MODEL).is_file() else HashedEmbedder()


def known_vectors_file(embedder: OnnxEmbedder, texts: Sequence[str], file: Path) -> None:
    """Write the vectors of texts, as 16-bit floats by content hash, for `OnnxEmbedder` to read."""
    import numpy as np

    np.savez(file, keys=np.array([content_hash(text) for text in texts]), vectors=np.array(embedder(texts), dtype=np.float16))


def _known_vectors(file: Path) -> tuple[dict[str, int], NDArray[np.float32]]:
    """Return the row of each content hash, and the stored vectors; none where there is no file or it is damaged.

    They only save time. As arrays they take 3 MB, as lists of numbers it was 27.
    """
    import numpy as np

    try:
        with np.load(file, allow_pickle=False) as stored:
            vectors = stored["vectors"].astype(np.float32)
            rows = {key: row for row, key in enumerate(stored["keys"].tolist())}
            return (rows, vectors) if vectors.shape[:1] == (len(rows),) and vectors.ndim == 2 else ({}, vectors)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}, np.zeros((0, 0), dtype=np.float32)


def _pooled(tokens: NDArray[np.float32], mask: NDArray[np.int64]) -> list[list[float]]:
    import numpy as np

    weights = mask[:, :, None].astype(np.float32)
    means = (tokens * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
    vectors: list[list[float]] = unit_rows(means).astype(np.float32).tolist()
    return vectors


def unit_rows(rows: Any) -> NDArray[np.float64]:
    """Return the rows of a matrix at length 1, in double precision; a row of zeros stays one."""
    import numpy as np

    matrix = np.asarray(rows, dtype=np.float64)
    unit: NDArray[np.float64] = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
    return unit
