"""Finding pieces of a bank: by words, by vectors, with typing errors, and with an index that is damaged or in use."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import filelock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockinterview import encoders
from mockinterview.errors import RetrievalError
from mockinterview.models import Bank, Misconception, Point, Question
from mockinterview.retrieval import (
    HashedEmbedder,
    HybridRetriever,
    LexicalRetriever,
    OnnxEmbedder,
    default_embedder,
    open_index,
    vectors,
)
from mockinterview.retrieval.apart import build_apart
from mockinterview.retrieval.embedding import MODEL_DIR, known_vectors_file
from mockinterview.retrieval.words import stem, terms, words

ROOT = Path(__file__).resolve().parents[1]


def question(name: str, ask: str, claims: Sequence[str], belief: str, answer: str) -> Question:
    """Return a question with one point per claim and one misconception."""
    return Question(
        id=name,
        topic="test",
        level="foundation",
        ask=ask,
        points=tuple(Point(id=f"p{n}", claim=claim) for n, claim in enumerate(claims)),
        misconceptions=(Misconception(id="wrong", belief=belief),),
        model_answer=answer,
    )


QUESTIONS = (
    question(
        "dropout",
        "What does dropout do during training?",
        ["Dropout sets random activations to zero in each training step.", "It keeps units from relying on each other."],
        "Dropout removes the weights for good.",
        "Each step silences a random share of the units, so none can rely on another; it works as a regulariser.",
    ),
    question(
        "learning-rate",
        "What happens when the learning rate is far too large?",
        ["The loss diverges or jumps about.", "A rate that is too small makes training slow."],
        "A larger learning rate always trains faster and better.",
        "With too large a step the updates overshoot the minimum and the loss diverges; too small a rate crawls.",
    ),
    question(
        "conv-output-size",
        "What size has the output of a convolution?",
        ["The output is floor((n + 2p - f) / s) + 1 per side.", "Padding makes it larger, stride smaller."],
        "The output always has the size of the input.",
        "Take the input size, add twice the padding, subtract the filter, divide by the stride, and add one.",
    ),
    question(
        "vanishing-gradient",
        "Why do gradients vanish in deep networks?",
        ["The chain rule multiplies many factors below one.", "Saturated sigmoids have derivatives near zero."],
        "Gradients vanish because the loss is zero.",
        "Backpropagation multiplies one factor per layer; with saturated sigmoids they are small and early layers starve.",
    ),
)


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Return a small bank."""
    return Bank(QUESTIONS)


@pytest.fixture(scope="module")
def lexical(bank: Bank) -> LexicalRetriever:
    """Return a search by words over it."""
    return LexicalRetriever(bank)


@pytest.fixture
def opened() -> Any:
    """Return `open_index`, for which whatever it opened is closed in the end."""
    all_opened: list[HybridRetriever] = []

    def open_and_remember(*arguments: Any, **options: Any) -> HybridRetriever:
        all_opened.append(open_index(*arguments, **options))
        return all_opened[-1]

    yield open_and_remember
    for retriever in all_opened:
        retriever.close()


class Counting(HashedEmbedder):
    """Hashed vectors that remember what they were asked for."""

    def __init__(self, name: str = "counting") -> None:
        self.name = name
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors and note the texts."""
        self.texts += texts
        return super().__call__(texts)


class Meaning:
    """Vectors that know which question a text is about by a code word that occurs in no text of the bank."""

    name = "meaning"
    dimensions = len(QUESTIONS)
    weight = 1.0

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the unit vector of the question that a text belongs to."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        shares = [float((text == "zzz dropout" and q.id == "dropout") or text in q.model_dump_json()) for q in QUESTIONS]
        return [share / math.hypot(*shares) for share in shares] if any(shares) else [0.5] * self.dimensions


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("step size", "the learning rate"),
        ("a convnet", "convolutional neural networks"),
        ("normalisation", "normalizing"),
        ("What are the drawbacks?", "disadvantage"),
        ("mini batches", "minibatch"),
        ("naïve", "naive"),
    ],
)
def test_one_thing_has_one_name(one: str, other: str) -> None:
    """Abbreviations, synonyms, inflections, accents and both spellings become the same terms."""
    assert terms(words(one)) == terms(words(other)) != []


def test_different_things_stay_different() -> None:
    """What only looks alike keeps its own name, and stop words carry nothing."""
    assert terms(words("recurrent network")) != terms(words("convolutional network"))
    assert stem("loss") != stem("logs")
    assert terms(words("what is it that you would do about this?")) == []


# --- search by words --------------------------------------------------------------------------------------------------

PARAPHRASES = [
    ("randomly switching off neurons", "dropout"),
    ("the step size is much too big", "learning-rate"),
    ("dimensions of the feature map after a filter with stride and padding", "conv-output-size"),
    ("why do early layers hardly learn with saturated logistic functions", "vanishing-gradient"),
]


@pytest.mark.parametrize(("query", "expected"), PARAPHRASES)
def test_paraphrases_find_their_question(lexical: LexicalRetriever, query: str, expected: str) -> None:
    """A question is found by what it is about, in words that it does not use."""
    assert lexical.questions(query)[0].question_id == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("drpoout", "dropout"),
        ("lerning raet", "learning-rate"),
        ("convoluton outptu", "conv-output-size"),
        ("gradeints", "vanishing-gradient"),
    ],
)
def test_typing_errors_are_repaired(lexical: LexicalRetriever, query: str, expected: str) -> None:
    """One error in a word, of any sort, changes nothing."""
    assert lexical.questions(query)[0].question_id == expected


def test_known_words_are_not_repaired(lexical: LexicalRetriever) -> None:
    """Words that the bank, the language or the field knows stay as they are, and so do short ones, numbers and signs."""
    for query in ("What would the GAN do? n-f+1, 28x28", "zero net; epoch", "Dropout!"):
        assert lexical.repaired(query) == query


@pytest.mark.parametrize("query", ["", "   ", "?!", "xqzzyk", "the of and", "\x00", "\ud800"])
def test_nothing_is_found_for_nothing(lexical: LexicalRetriever, query: str) -> None:
    """A query without a known word has no result, rather than any."""
    assert lexical.questions(query) == lexical.search(query) == []


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_a_query_is_data(text: str) -> None:
    """No text breaks the search or changes what another part of the query finds."""
    retriever = _shared()
    for query in (text, f'dropout {text} "AND" NEAR( * OR : {{'):
        assert len(retriever.questions(query, 2)) <= 2
    assert "dropout" in [p.question_id for p in retriever.questions(f'dropout "AND" NEAR( * OR : {{ {text}', 4)]


def _shared(kept: list[LexicalRetriever] = []) -> LexicalRetriever:  # noqa: B006 - kept from one example to the next
    if not kept:
        kept.append(LexicalRetriever(Bank(QUESTIONS)))
    return kept[0]


def test_a_long_answer_finds_its_question(lexical: LexicalRetriever) -> None:
    """An answer of any length is a query."""
    answer = QUESTIONS[3].model_answer + " so to speak" * 5000
    assert lexical.questions(answer)[0].question_id == "vanishing-gradient"


def test_kinds_are_kept_apart(lexical: LexicalRetriever) -> None:
    """Only what was asked for is found, with its own text and id."""
    (wrong,) = lexical.search("the weights are removed for good", 1, ["misconception"])
    assert (wrong.question_id, wrong.kind, wrong.item_id) == ("dropout", "misconception", "wrong")
    assert wrong.text == "Dropout removes the weights for good."
    (point,) = lexical.search("many factors smaller than one are multiplied", 1, ["point"])
    assert (point.question_id, point.item_id) == ("vanishing-gradient", "p0")
    kinds = {passage.kind for passage in lexical.search("dropout step", 50)}
    assert kinds == {"question", "point", "misconception", "model_answer"}


def test_results_are_ordered_and_cut(lexical: LexicalRetriever) -> None:
    """At most `k` results, best first, each question once."""
    found = lexical.questions("loss gradient learning", 3)
    assert len(found) <= 3
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert len({p.question_id for p in found}) == len(found)
    assert lexical.questions("dropout", 0) == []


def run(code: str, *arguments: object, cwd: Path | None = None, **environment: str) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    prelude = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
    return subprocess.run(
        [sys.executable, "-c", prelude + code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | environment,
    ).stdout.strip()


BANK_CODE = f"""
from mockinterview.models import Bank, Question
from pathlib import Path
bank = Bank([Question.model_validate_json(line) for line in {[q.model_dump_json() for q in QUESTIONS]!r}])
"""


def test_search_by_words_needs_no_slow_library() -> None:
    """Chroma, numpy and onnxruntime stay out until an index is opened."""
    code = BANK_CODE + (
        "from mockinterview.retrieval import LexicalRetriever\n"
        "assert LexicalRetriever(bank).questions('drpout')\n"
        "print([name for name in ('chromadb', 'numpy', 'onnxruntime', 'tokenizers') if name in sys.modules])"
    )
    assert run(code) == "[]"


# --- vectors ----------------------------------------------------------------------------------------------------------


def test_hashed_vectors_have_length_one_and_no_memory() -> None:
    """Equal texts give equal vectors in every process; texts with words in common are near."""
    embed = HashedEmbedder()
    texts = ["dropout in training", "training with dropout", "output of a convolution", "", "漢字 \ud800"]
    made = embed(texts)
    assert all(len(vector) == embed.dimensions == 1024 for vector in made)
    assert all(math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-9) for vector in made)
    near, far = (sum(a * b for a, b in zip(made[0], made[n], strict=True)) for n in (1, 2))
    assert near > 0.5 > far
    code = (
        "from mockinterview.retrieval import HashedEmbedder\nimport hashlib, json\n"
        "print(hashlib.sha256(json.dumps(HashedEmbedder()(['dropout in training'])).encode()).hexdigest())"
    )
    assert run(code, PYTHONHASHSEED="1") == run(code, PYTHONHASHSEED="2")


class Session:
    """Stands in for an ONNX session: a token's vector is (its id, 1)."""

    def get_inputs(self) -> list[Any]:
        """Name the inputs."""
        return [type("Input", (), {"name": name})() for name in ("input_ids", "attention_mask")]

    def run(self, _: None, given: dict[str, Any]) -> list[Any]:
        """Return token vectors and check what came in."""
        import numpy as np

        assert set(given) == {"input_ids", "attention_mask"}
        ids = given["input_ids"].astype(np.float32)
        return [np.stack([ids, np.ones_like(ids)], axis=2)]


def write_tokenizer(folder: Path) -> None:
    """Write a tokenizer that knows three words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "loss": 2, "rate": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")


def unit(*values: float) -> list[float]:
    """Return values as a vector of length 1."""
    return [value / math.hypot(*values) for value in values]


def test_a_sentence_vector_is_the_mean_of_its_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding takes no part in the mean; the vector has length 1; what is no Unicode is replaced."""
    write_tokenizer(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"stand-in")
    monkeypatch.setattr(encoders, "_session", lambda *_: Session())
    embed = default_embedder(tmp_path)
    assert isinstance(embed, OnnxEmbedder)
    assert embed.dimensions == 2
    made = embed(["loss rate", "loss loss loss rate", "\ud800"])
    for vector, expected in zip(made, [unit(3, 1), unit(2.5, 1), unit(1, 1)], strict=True):
        assert vector == pytest.approx(expected, abs=1e-6)
    assert embed([]) == []
    name = embed.name
    (tmp_path / "model.onnx").write_bytes(b"another")
    assert OnnxEmbedder(tmp_path).name != name


def test_a_real_onnx_model_is_run(tmp_path: Path) -> None:
    """A model file with one embedding table gives the means of its rows."""
    onnx = pytest.importorskip("onnx")
    import numpy as np

    table = onnx.numpy_helper.from_array(np.array([[9, 9], [1, 0], [3, 4], [0, 0], [1, 1]], dtype=np.float32), "table")
    shape = ["batch", "tokens"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["table", "input_ids"], ["vectors"])],
        "tiny",
        [onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, shape)],
        [onnx.helper.make_tensor_value_info("vectors", onnx.TensorProto.FLOAT, [*shape, 2])],
        [table],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    write_tokenizer(tmp_path)
    made = OnnxEmbedder(tmp_path)(["loss", "loss rate"])
    assert made[0] == pytest.approx(unit(3, 4), abs=1e-6)
    assert made[1] == pytest.approx(unit(2, 2.5), abs=1e-6)


@pytest.mark.parametrize("tokenizer", [None, "no json", "{}", "[]", '{"model": {}}'])
def test_a_broken_tokenizer_is_said(tmp_path: Path, tokenizer: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing or damaged tokenizer is one clear sentence with the remedy."""
    monkeypatch.setattr(encoders, "_session", lambda *_: Session())
    (tmp_path / "model.onnx").write_bytes(b"stand-in")
    if tokenizer is not None:
        (tmp_path / "tokenizer.json").write_text(tokenizer)
    with pytest.raises(RetrievalError, match="tokenizer") as caught:
        default_embedder(tmp_path)
    assert "Delete it" in caught.value.hint


def test_a_broken_model_is_said(tmp_path: Path) -> None:
    """A damaged model is not passed over; no model at all means hashed vectors."""
    assert isinstance(default_embedder(tmp_path), HashedEmbedder)
    write_tokenizer(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    with pytest.raises(RetrievalError, match=r"model\.onnx"):
        default_embedder(tmp_path)


def test_the_model_is_loaded_late_and_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts whose vectors are stored need no model; one that is loaded goes again, and comes back when a text needs it."""
    sessions: list[Session] = []
    monkeypatch.setattr(encoders, "_session", lambda *_: sessions.append(Session()) or sessions[-1])
    write_tokenizer(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"stand-in")
    known_vectors_file(OnnxEmbedder(tmp_path), ["loss", "rate"], tmp_path / "vectors.npz")
    sessions.clear()
    embed = OnnxEmbedder(tmp_path)
    stored = embed(["rate", "loss"])
    assert (embed.dimensions, sessions) == (2, [])
    assert len(embed(["loss rate"])) == 1
    embed._let_go()
    embed(["loss loss rate"])
    assert len(sessions) == 2
    assert embed(["rate", "loss"]) == stored


def test_an_index_is_built_apart(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """Another process builds the index and tells how far it is; here nothing is left to do but open it."""
    seen = list[tuple[int, int]]()
    build_apart(bank, tmp_path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (PIECES, PIECES)
    embed = default_embedder(MODEL_DIR)
    index = opened(bank, tmp_path, embed=embed, progress=lambda *_: pytest.fail("nothing was new"))
    assert index.status.startswith("hybrid")


def test_an_index_that_cannot_be_built_apart_says_why(bank: Bank, tmp_path: Path) -> None:
    """The reason comes from the other process, with what to expect meanwhile."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RetrievalError, match="index folder") as caught:
        build_apart(bank, tmp_path / "file", lambda *_: None)
    assert "by words" in caught.value.hint


# --- the index --------------------------------------------------------------------------------------------------------

PIECES = 4 * (1 + 2 + 1 + 1)


def test_an_index_is_built_once_and_then_reused(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """The first start embeds everything and reports it, the second nothing."""
    embed, seen = Counting(), list[tuple[int, int]]()
    first = opened(bank, tmp_path, embed=embed, progress=lambda done, total: seen.append((done, total)))
    assert first.status.startswith("hybrid")
    assert seen[-1] == (PIECES, PIECES)
    assert len(embed.texts) == PIECES
    first.close()
    again = opened(bank, tmp_path, embed=(later := Counting()), progress=lambda *_: pytest.fail("nothing was new"))
    assert later.texts == []
    assert [again.questions(query)[0].question_id for query, _ in PARAPHRASES] == [expected for _, expected in PARAPHRASES]


def test_only_what_changed_is_embedded_again(tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """A changed point costs itself and its question; a question that is gone is found no more."""
    opened(Bank(QUESTIONS), tmp_path, embed=Counting()).close()
    point = Point(id="p0", claim="Dropout silences a random share of the units.")
    changed = QUESTIONS[0].model_copy(update={"points": (point, *QUESTIONS[0].points[1:])})
    embed = Counting()
    retriever = opened(Bank([changed, *QUESTIONS[1:3]]), tmp_path, embed=embed)
    assert embed.texts == [point.claim, QUESTIONS[0].ask]
    assert retriever.status.startswith("hybrid")
    assert "vanishing-gradient" not in {p.question_id for p in retriever.search("why do gradients vanish", 50)}


def test_vectors_find_what_words_do_not(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """A query that shares no word with the bank is answered by meaning, and by meaning alone."""
    retriever = opened(bank, tmp_path, embed=Meaning())
    assert LexicalRetriever(bank).questions("zzz dropout zzz")[0].question_id == "dropout"
    assert retriever.questions("zzz dropout", 1)[0].question_id == "dropout"
    assert retriever.search("?!", 5, ["point"]) is not None


def test_hashed_vectors_invent_nothing(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """Gibberish and emptiness have no result in the hybrid search either."""
    retriever = opened(bank, tmp_path)
    for query in ("", "   ", "xqzzyk jjwv", "\x00"):
        assert retriever.questions(query) == retriever.search(query) == []


def test_another_embedder_means_another_index(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """Vectors of two embedders are never mixed: the index is built anew."""
    opened(bank, tmp_path, embed=Counting("one")).close()
    embed = Counting("two")
    assert opened(bank, tmp_path, embed=embed).status.startswith("hybrid")
    assert len(embed.texts) == PIECES


def scramble_start(store: Path) -> None:
    """Overwrite the head of Chroma's database."""
    with (store / "chroma.sqlite3").open("r+b") as file:
        file.write(b"\xff" * 4096)


def truncate(store: Path) -> None:
    """Cut Chroma's database short."""
    with (store / "chroma.sqlite3").open("r+b") as file:
        file.truncate(5000)


def empty(store: Path) -> None:
    """Empty Chroma's database, which Chroma itself takes for a new one."""
    (store / "chroma.sqlite3").write_bytes(b"")


def replace(store: Path) -> None:
    """Put a file where Chroma's folder was."""
    shutil.rmtree(store)
    store.write_text("not a folder")


@pytest.mark.parametrize("damage", [scramble_start, truncate, empty])
def test_a_damaged_index_is_built_again(
    bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever], damage: Callable[[Path], None]
) -> None:
    """Whatever is wrong with the files, the next start works, with all vectors."""
    opened(bank, tmp_path, embed=Counting()).close()
    damage(tmp_path / "chroma")
    embed = Counting()
    retriever = opened(bank, tmp_path, embed=embed)
    assert retriever.status.startswith("hybrid")
    assert len(embed.texts) == PIECES
    assert retriever.questions("vanishing gradients")[0].question_id == "vanishing-gradient"


def test_an_index_that_cannot_be_kept_means_words_alone(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """No folder, or a file in its place: search works by words and says why."""
    (tmp_path / "file").write_text("")
    blocked = tmp_path / "blocked"
    opened(bank, blocked).close()
    replace(blocked / "chroma")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", blocked):
        retriever = opened(bank, folder)
        assert retriever.status.startswith("lexical: by words alone. ")
        assert "cannot be" in retriever.status
        assert retriever.questions("drpoout")[0].question_id == "dropout"


def test_a_build_in_another_process_is_waited_for(
    bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one process writes; one that has waited long enough searches by words and says why."""
    monkeypatch.setattr(vectors, "_PATIENCE", 0.05)
    with filelock.FileLock(tmp_path / "index.lock"):
        waiting = opened(bank, tmp_path)
    assert "Another mockinterview" in waiting.status
    assert waiting.questions("dropout")[0].question_id == "dropout"
    assert opened(bank, tmp_path).status.startswith("hybrid")


def test_two_processes_build_at_once(tmp_path: Path) -> None:
    """Both come out with a whole index."""
    code = BANK_CODE + (
        "from mockinterview.retrieval import open_index\n"
        "index = open_index(bank, Path(sys.argv[1]))\n"
        "print(index.status.split(':')[0], index._vectors._collection.count())"
    )
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(run(code, tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [f"hybrid {PIECES}"] * 2


def test_a_killed_build_is_finished_by_the_next_start(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """A process that dies between two batches leaves nothing that the next one cannot use."""
    code = BANK_CODE + (
        "import os, signal\nfrom mockinterview.retrieval import open_index, vectors\n"
        "vectors._BATCH = 5\n"
        "open_index(bank, Path(sys.argv[1]), progress=lambda done, total: os.kill(os.getpid(), signal.SIGKILL))"
    )
    with pytest.raises(subprocess.CalledProcessError):
        run(code, tmp_path)
    seen: list[tuple[int, int]] = []
    retriever = opened(bank, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert retriever.status.startswith("hybrid")
    assert seen[-1] == (PIECES - 5, PIECES - 5)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00binary", b"CHROMA_SERVER_HTTP_PORT=not-a-number\n"])
def test_a_foreign_env_file_does_not_stop_the_search(tmp_path: Path, content: bytes) -> None:
    """Chroma reads `.env` where it starts and chokes on that of another program; search then works by words."""
    (tmp_path / ".env").write_bytes(content)
    code = BANK_CODE + (
        "from mockinterview.retrieval import open_index\n"
        "index = open_index(bank, Path(sys.argv[1]))\n"
        "print(index.status); assert index.questions('drpoout')[0].question_id == 'dropout'"
    )
    status = run(code, tmp_path / "index", cwd=tmp_path)
    assert status.startswith("lexical: by words alone. Chroma cannot start")
    assert ".env" in status
    assert "\n" not in status


@pytest.mark.parametrize(("broken", "few"), [("get", 200), ("query", 1)])
def test_an_index_that_breaks_in_use_is_given_up(
    bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever], monkeypatch: pytest.MonkeyPatch, broken: str, few: int
) -> None:
    """The search that met the damage, where it compares all or asks the graph, is answered by words, and the status tells."""
    retriever = opened(bank, tmp_path)
    monkeypatch.setattr("mockinterview.retrieval.hybrid._NEIGHBOURS", few)
    from chromadb.errors import InternalError

    def fail(*_: object, **__: object) -> None:
        raise InternalError("Error loading hnsw index")

    monkeypatch.setattr(retriever._vectors._collection, broken, fail)
    assert retriever.questions("drpoout")[0].question_id == "dropout"
    assert retriever.status.startswith("lexical: by words alone. Chroma failed")
    assert retriever.questions("dropout")[0].question_id == "dropout"


def test_several_threads_search_at_once(bank: Bank, tmp_path: Path, opened: Callable[..., HybridRetriever]) -> None:
    """Every thread gets its own right answers."""
    retriever = opened(bank, tmp_path)
    wrong: list[str] = []

    def search() -> None:
        wrong.extend(q for q, expected in PARAPHRASES * 3 if retriever.questions(q)[0].question_id != expected)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert retriever.status.startswith("hybrid")


def test_nothing_phones_home(tmp_path: Path) -> None:
    """The reporting of onnxruntime is off before it can be imported, and Chroma's own embedding function is never made."""
    code = BANK_CODE + (
        "from mockinterview.retrieval import open_index\nimport json, os\n"
        "index = open_index(bank, Path(sys.argv[1]))\n"
        "index.questions('dropout')\n"
        "print(json.dumps([os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules, index.status[:6]]))"
    )
    environment = {"HOME": str(tmp_path / "home"), "ORT_DISABLE_TELEMETRY": "1"}
    assert json.loads(run(code, tmp_path / "index", **environment)) == ["1", False, "hybrid"]
    assert not (tmp_path / "home" / ".cache").exists()
