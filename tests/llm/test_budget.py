"""Token counts that are rarely too low, learn from the server, and never go to the network."""

import hashlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockinterview import budget
from mockinterview.budget import TokenCounter, estimate, fetch_encoding, halves
from mockinterview.errors import SettingsError
from mockinterview.ports import Message


def prompt(text):
    """Return a prompt of one message."""
    return [Message("user", text)]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The quick brown fox jumps over the lazy dog.", 9, 12),
        ("x_hat = (x - mu_B)/sqrt(var_B + eps)", 16, 26),
        ("梯度消失问题", 4, 9),
        ("Затухающий градиент", 5, 12),
        ("3.14159", 3, 5),
        ("", 0, 0),
        ("\n\n\n", 1, 3),
    ],
)
def test_the_estimate_knows_scripts(text, low, high):
    """Prose, code, CJK, Cyrillic and digits cost what large vocabularies make of them."""
    assert low <= estimate(text) <= high


def test_a_report_corrects_the_count():
    """After some reports the expected number is what the server counts."""
    counter = TokenCounter()
    text = prompt("a sentence about gradients " * 30)
    first = counter.expected(text)
    for _ in range(20):
        assert not counter.learn(text, int(first * 1.4))
    assert counter.expected(text) == pytest.approx(first * 1.4, rel=0.02)
    assert counter.count(text) > counter.expected(text)


def test_absurd_reports_have_bounds():
    """A factor beyond 0.7 to 2.5 is more likely a wrong report."""
    counter = TokenCounter()
    counter.learn(prompt("word " * 100), 100_000)
    assert counter.factor == 2.5


def test_a_cut_prompt_is_told_and_not_learnt():
    """Far fewer tokens than expected mean that the prompt was cut; short prompts prove nothing."""
    counter = TokenCounter()
    assert counter.learn(prompt("word " * 4000), 1000)
    assert counter.factor == 1.0
    assert not counter.learn(prompt("word " * 100), 20)


def test_a_damaged_table_is_never_given_to_tiktoken(tmp_path, monkeypatch):
    """A damaged table counts as missing: tiktoken would delete it and fetch it again, which may hang."""
    monkeypatch.setattr("tiktoken.get_encoding", lambda name: pytest.fail("tiktoken was asked"))
    for file, _ in budget._TABLES.values():
        (tmp_path / file).write_bytes(b"damaged")
    assert TokenCounter("gpt-4o", tmp_path).source == "estimate"


def test_an_intact_table_is_used(tmp_path, monkeypatch):
    """A table whose content is what it should be makes counts exact for its own models."""
    words = [bytes([byte]) for byte in range(256)] + [b" word"]
    monkeypatch.setattr("tiktoken.get_encoding", lambda name: _encoding(name, words))
    monkeypatch.setitem(budget._TABLES, "o200k_base", ("table", hashlib.sha256(b"content").hexdigest()))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    (tmp_path / "table").write_bytes(b"content")
    counter = TokenCounter("gpt-4o", tmp_path)
    assert counter.source == "o200k_base"
    assert counter.expected(prompt(" word word<|endoftext|>")) == 2 + len("<|endoftext|>") + budget.PER_MESSAGE
    assert (counter.margin, TokenCounter("llama3", tmp_path).margin) == (1.0, budget.MARGIN)


def _encoding(name, words):
    import tiktoken

    ranks = {word: rank for rank, word in enumerate(words[:256])}
    for end in range(2, 6):
        ranks[b" word"[:end]] = len(ranks)
    return tiktoken.Encoding(name, pat_str=r" ?\w+|.", mergeable_ranks=ranks, special_tokens={"<|endoftext|>": len(ranks)})


def test_fetching_has_a_time_limit(tmp_path, monkeypatch):
    """Where packets are dropped tiktoken waits for minutes; the command does not."""

    def hang(command, **more):
        raise subprocess.TimeoutExpired(command, more["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(SettingsError, match="did not arrive within 3 seconds"):
        fetch_encoding("o200k_base", tmp_path, timeout=3)


def test_a_failed_fetch_and_an_unknown_table_say_why(tmp_path, monkeypatch):
    """The last line of the failure is passed on; unknown names are not even tried."""
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nConnectionError: no route")
    monkeypatch.setattr(subprocess, "run", lambda *args, **more: failed)
    with pytest.raises(SettingsError, match="ConnectionError: no route"):
        fetch_encoding("o200k_base", tmp_path)
    with pytest.raises(SettingsError, match="no encoding 'o300k'"):
        fetch_encoding("o300k", tmp_path)


def test_halves_are_cut_where_a_reader_would():
    """Between paragraphs, else sentences, else words."""
    assert halves("One two. Three.\n\nFour five. Six.") == ("One two. Three.", "Four five. Six.")
    assert halves("One two three. Four five six.") == ("One two three.", "Four five six.")
    assert halves("one two three four") == ("one two", "three four")


@given(st.text())
def test_halves_lose_nothing_but_the_space_between(text):
    """All characters of the text are in one of the halves."""
    left, right = halves(text)
    assert text.startswith(left)
    assert text.endswith(right)
    assert not text[len(left) : len(text) - len(right)].strip()
