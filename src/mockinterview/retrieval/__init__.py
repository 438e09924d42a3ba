"""Finding pieces of the bank by wording and by meaning."""

from mockinterview.retrieval.embedding import Embedder, HashedEmbedder, OnnxEmbedder, default_embedder
from mockinterview.retrieval.hybrid import HybridRetriever, open_index
from mockinterview.retrieval.lexical import LexicalRetriever

__all__ = [
    "Embedder",
    "HashedEmbedder",
    "HybridRetriever",
    "LexicalRetriever",
    "OnnxEmbedder",
    "default_embedder",
    "open_index",
]
