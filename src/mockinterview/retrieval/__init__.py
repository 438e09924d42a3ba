"""Finding pieces of the bank by wording and by meaning."""

from mockinterview.retrieval.embedding import MODEL_DIR, Embedder, HashedEmbedder, OnnxEmbedder, default_embedder
from mockinterview.retrieval.hybrid import HybridRetriever, open_index
from mockinterview.retrieval.lexical import LexicalRetriever

__all__ = [
    "MODEL_DIR",
    "Embedder",
    "HashedEmbedder",
    "HybridRetriever",
    "LexicalRetriever",
    "OnnxEmbedder",
    "default_embedder",
    "open_index",
]
