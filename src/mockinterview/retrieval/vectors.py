"""The vectors of all pieces of a bank, kept by Chroma. This file hides Chroma: how it starts, breaks, locks and is mended.

The index is a cache: whatever is wrong with it, it is thrown away and built again from the bank.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mockinterview.errors import RetrievalError
from mockinterview.retrieval.embedding import Embedder, unit_rows
from mockinterview.retrieval.passages import Piece, content_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

# onnxruntime, which chromadb may import, reports home unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

Progress = Callable[[int, int], None]

_SCHEMA = 1
_COLLECTION = "bank"
_BATCH = 100  # a larger one stalls all other threads for more than a tenth of a second
_SAME = 0.01  # cosine distance up to which two vectors are one
_PATIENCE = 60.0  # seconds to wait for another process that is building


class VectorIndex:
    """The vectors of a bank's pieces, for looking up neighbours. Made by `open_vectors`; thread-safe."""

    def __init__(self, client: Client, collection: Collection, embed: Embedder) -> None:
        self._client = client
        self._collection = collection
        self._embed = embed
        self._kept: dict[tuple[tuple[str, ...], int], tuple[list[str], NDArray[np.float64]]] = {}

    def similarities(self, text: str, kinds: Sequence[str], k: int) -> dict[str, float]:
        """Return the cosine similarity (-1 to 1) of the `k` pieces nearest to a text, of the given kinds, by key.

        Raises RetrievalError where the index has broken since it was opened.
        """
        vector = self._embed([text])[0]
        keys, rows = self._few(tuple(kinds), k)
        if keys:
            return dict(zip(keys, (rows @ unit_rows([vector])[0]).tolist(), strict=True))
        with _translated():
            found = self._collection.query(
                query_embeddings=cast("Any", [vector]),
                n_results=k,
                where=cast("Any", {"kind": {"$in": list(kinds)}}),
                include=["distances"],
            )
        distances = (found["distances"] or [[]])[0]
        return {key: 1.0 - distance for key, distance in zip(found["ids"][0], distances, strict=True)}

    def _few(self, kinds: tuple[str, ...], k: int) -> tuple[list[str], NDArray[np.float64]]:
        """Return keys and unit vectors of all pieces of some kinds where they are no more than `k`, else none; they are kept.

        Where a filter lets 147 of 27,000 pieces through, comparing them all is faster than the graph's search, and exact.
        """
        if (kinds, k) not in self._kept:
            with _translated():
                found = self._collection.get(where=cast("Any", {"kind": {"$in": list(kinds)}}), limit=k + 1, include=["embeddings"])
            few = 0 < len(found["ids"]) <= k
            self._kept[kinds, k] = (found["ids"], unit_rows(found["embeddings"])) if few else ([], unit_rows([[]]))
        return self._kept[kinds, k]

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()


def open_vectors(pieces: Mapping[str, Piece], folder: Path, embed: Embedder, progress: Progress | None = None) -> VectorIndex:
    """Return the index in `folder`, brought up to date with the pieces; `progress(done, total)` counts new vectors.

    Only what changed is embedded. One process at a time is in here, others wait. A damaged index, and one that another
    embedder made, is built anew, once. Raises RetrievalError where Chroma cannot be used at all.
    """
    with _alone(folder):
        try:
            return _open(pieces, folder, embed, progress)
        except _BrokenIndexError:
            _discard(folder)
        try:
            return _open(pieces, folder, embed, progress)
        except _BrokenIndexError as error:
            raise RetrievalError(f"The index in {folder} cannot be built: {error.message}", error.hint) from error


class _BrokenIndexError(RetrievalError):
    """Chroma complained, or the index is not what it should be."""


def _open(pieces: Mapping[str, Piece], folder: Path, embed: Embedder, progress: Progress | None) -> VectorIndex:
    client = _client(folder)
    try:
        with _translated():
            collection = _collection(client, f"{_SCHEMA}|{embed.name}|{embed.dimensions}")
            _synchronise(collection, pieces, embed, progress or (lambda _done, _total: None))
            _check(collection, pieces)
    except BaseException:
        client.close()
        raise
    return VectorIndex(client, collection, embed)


# --- the contents -----------------------------------------------------------------------------------------------------


def _collection(client: Client, fingerprint: str) -> Collection:
    """Return the collection; Chroma itself would take vectors of another embedder without a word."""
    from chromadb.errors import NotFoundError

    try:
        collection = client.get_collection(_COLLECTION, embedding_function=None)
    except NotFoundError:
        metadata = {"hnsw:space": "cosine", "fingerprint": fingerprint}
        return client.create_collection(_COLLECTION, metadata=metadata, embedding_function=None)
    if (collection.metadata or {}).get("fingerprint") != fingerprint:
        raise _BrokenIndexError("The index was made by another embedder.")
    return collection


def _synchronise(collection: Collection, pieces: Mapping[str, Piece], embed: Embedder, progress: Progress) -> None:
    wanted = {key: content_hash(piece.text, *(pieces[part].text for part in piece.parts)) for key, piece in pieces.items()}
    stored = dict[str, object]()
    for start in range(0, collection.count(), _BATCH):
        got = collection.get(include=["metadatas"], limit=_BATCH, offset=start)
        stored.update((key, (data or {}).get("hash")) for key, data in zip(got["ids"], got["metadatas"] or (), strict=True))
    for batch in _batches([key for key in stored if key not in wanted]):
        collection.delete(ids=batch)
    changed = [key for key, digest in wanted.items() if stored.get(key) != digest]
    # Questions come last, in batches of their own: their vectors are made from those of their parts.
    plain, made = ([key for key in changed if bool(pieces[key].parts) is whole] for whole in (False, True))
    done = 0
    for batch in (*_batches(plain), *_batches(made)):
        vectors = _vectors(collection, pieces, batch, embed)
        metadatas = [{"kind": pieces[key].kind, "hash": wanted[key]} for key in batch]
        collection.upsert(ids=batch, embeddings=cast("Any", vectors), metadatas=cast("Any", metadatas))
        done += len(batch)
        progress(done, len(changed))


def _vectors(collection: Collection, pieces: Mapping[str, Piece], keys: Sequence[str], embed: Embedder) -> list[list[float]]:
    """Return the vectors of a batch; that of a question is the mean of its own and its parts', which tells it best."""
    own = embed([pieces[key].text for key in keys])
    needed = list(dict.fromkeys(part for key in keys for part in pieces[key].parts))
    stored = dict[str, Sequence[float]]()
    for batch in _batches(needed):
        got = collection.get(ids=batch, include=["embeddings"])
        stored.update(zip(got["ids"], cast("Any", got["embeddings"]), strict=True))
    if not stored.keys() >= set(needed):
        raise _BrokenIndexError("The index has lost vectors.")
    return [_mean([vector, *(stored[part] for part in pieces[key].parts)]) for key, vector in zip(keys, own, strict=True)]


def _mean(vectors: Sequence[Sequence[float]]) -> list[float]:
    if len(vectors) == 1:
        return list(vectors[0])
    total = [math.fsum(column) for column in zip(*vectors, strict=True)]
    length = math.hypot(*total) or 1.0
    return [float(value / length) for value in total]


def _check(collection: Collection, pieces: Mapping[str, Piece]) -> None:
    """Look a stored vector up: a lost vector or a broken file of the index shows here, not in the middle of a talk."""
    if collection.count() != len(pieces):
        raise _BrokenIndexError("The index has lost entries.")
    if pieces:
        key = next(iter(pieces))
        got = collection.get(ids=[key], include=["embeddings"])
        found = collection.query(query_embeddings=cast("Any", got["embeddings"]), n_results=1, include=["distances"])
        if (found["distances"] or [[2.0]])[0][0] > _SAME:
            raise _BrokenIndexError("The index does not find what is in it.")


def _batches(keys: Sequence[str]) -> Iterable[list[str]]:
    return (list(keys[start : start + _BATCH]) for start in range(0, len(keys), _BATCH))


# --- Chroma -----------------------------------------------------------------------------------------------------------


def _client(folder: Path) -> Client:
    """Return Chroma's client. Chroma reads `.env` and many environment variables when it is imported and may choke on them."""
    try:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
    except (ImportError, ValueError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        hint = "If this folder has a file `.env` of another program, start mockinterview elsewhere."
        raise RetrievalError(f"Chroma cannot start ({type(error).__name__}: {reason}).", hint) from error
    with _translated():
        return cast("Client", chromadb.PersistentClient(path=str(_store(folder)), settings=settings))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn whatever Chroma raises into `_BrokenIndexError`; what our own code raises passes."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise _BrokenIndexError(f"Chroma failed ({type(error).__name__}: {reason}).", "Search works by words meanwhile.") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes out: two writers at once lose vectors without a word, and may hang the next start."""
    import filelock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / "index.lock", thread_local=False)
        lock.acquire(timeout=_PATIENCE)
    except filelock.Timeout as error:
        raise RetrievalError("Another mockinterview is building the index.", "Start again when it is done.") from error
    except (OSError, NotImplementedError) as error:
        raise RetrievalError(f"The index folder {folder} cannot be used ({error}).", "Make it writable.") from error
    try:
        yield
    finally:
        lock.release()


def _store(folder: Path) -> Path:
    return folder / "chroma"


def _discard(folder: Path) -> None:
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()  # or Chroma would hand out the client that failed once more
    try:
        shutil.rmtree(_store(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        raise RetrievalError(f"The damaged index in {folder} cannot be deleted ({error}).", "Delete that folder.") from error
