"""Small text encoders in ONNX: the sentence model of the search and the reader of the grader. The one door to onnxruntime.

A folder has `model.onnx` (inputs `input_ids`, `attention_mask` and, where it has one, `token_type_ids`) and `tokenizer.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mockinterview.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# onnxruntime reports home unless it is told not to before it is imported; chromadb may import it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
AT_ONCE: Final = 384  # tokens
BLOCK: Final = 1 << 20  # bytes


class OnnxEncoder:
    """An encoder and its tokenizer. Thread-safe; loading takes a few tenths of a second.

    `threads` are those of one run, 0 for all cores. Raises EncoderError where a file or a library is missing or damaged.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._folder = folder
        self.digest = digest(folder)
        self._session = _session(folder / MODEL, threads)
        self._tokenizer = _tokenizer(folder / TOKENIZER)
        self._begin, self._end = (self._mark(name) for name in ("[CLS]", "[SEP]"))
        self._inputs = {given.name for given in self._session.get_inputs()}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text, without those that mark its ends."""
        # half a surrogate pair, which a terminal can send, is no text for the tokenizer
        sound = [text.encode("utf-8", "replace").decode() for text in texts]
        # one by one: a batch is spread over threads, which takes longer than two short texts (0.57 instead of 0.33 ms)
        return [self._tokenizer.encode(text, add_special_tokens=False).ids for text in sound]

    def run(
        self, firsts: Sequence[Sequence[int]], seconds: Sequence[Sequence[int]] = ()
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the first output for a batch of texts or pairs, and its mask (batch, tokens): 1 where a token is real.

        The batch goes through the model in slices of about `AT_ONCE` tokens: what a run needs besides the weights grows with
        its tokens and is never given back (4 rows of 246 tokens: 39 MB in slices of 984, 15 MB in slices of 246, as fast).
        """
        import numpy as np

        heads = [[*self._begin, *first, *self._end] for first in firsts]
        tails = [[*second, *self._end] for second in seconds] or [[] for _ in heads]
        shape = len(heads), max(len(head) + len(tail) for head, tail in zip(heads, tails, strict=True))
        given = {name: np.zeros(shape, dtype=np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
        for row, (head, tail) in enumerate(zip(heads, tails, strict=True)):
            given["input_ids"][row, : len(head) + len(tail)] = [*head, *tail]
            given["attention_mask"][row, : len(head) + len(tail)] = 1
            given["token_type_ids"][row, len(head) : len(head) + len(tail)] = 1
        rows = max(AT_ONCE // shape[1], 1)
        slices = [{n: array[at : at + rows] for n, array in given.items() if n in self._inputs} for at in range(0, shape[0], rows)]
        try:
            outputs = [self._session.run(None, part)[0] for part in slices]
        except _onnx_errors() as error:
            raise EncoderError(f"The model in {self._folder} cannot be run ({error}).") from error
        return np.concatenate(outputs), given["attention_mask"]

    def _mark(self, name: str) -> list[int]:
        found = self._tokenizer.token_to_id(name)
        return [] if found is None else [found]


def digest(folder: Path) -> str:
    """Return the hash of an encoder's two files, 64 hexadecimal digits, without loading it. Raises EncoderError."""
    found = hashlib.sha256()
    try:
        for name in (MODEL, TOKENIZER):
            with (folder / name).open("rb") as file:
                for block in iter(partial(file.read, BLOCK), b""):
                    found.update(block)
    except OSError as error:
        raise EncoderError(f"The model in {folder} cannot be read ({error}).") from error
    return found.hexdigest()


def _session(file: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except (ImportError, OSError) as error:
        raise EncoderError(f"The model {file} cannot be used ({error}).") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    try:
        # from the file: bytes would stand in memory twice while the model is built from them
        # the fused SkipLayerNormalization is six times as slow as the two steps it stands for (15 % of a run)
        return onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
        )
    except _onnx_errors() as error:
        raise EncoderError(f"The model {file} cannot be used ({error}).") from error


def _onnx_errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises: its own exceptions have no base of their own."""
    state = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    own = (thing for thing in vars(state).values() if isinstance(thing, type) and issubclass(thing, Exception))
    return (*own, RuntimeError, ValueError)


def _tokenizer(file: Path) -> Any:
    try:
        from tokenizers import Tokenizer

        text = file.read_text(encoding="utf-8")
        json.loads(text)["model"]["vocab"]  # what is no tokenizer makes the library raise a bare Exception
        tokenizer = Tokenizer.from_str(text)
    except (ImportError, OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"The tokenizer {file} cannot be used ({error}).") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
