"""`grade`: the contract of a batch, and what a single answer prints."""

import json
import subprocess
import sys

import pytest

RIGHT = "zeros are added around the border of the input"


def lines(*items):
    """Return items as JSON lines; text and bytes stay as they are."""
    encoded = (i if isinstance(i, bytes) else json.dumps(i).encode() for i in items)
    return b"\n".join(encoded) + b"\n"


def answer(name, question="padding", said=RIGHT):
    """Return one line of a batch."""
    return {"id": name, "question": question, "answer": said}


def test_bad_lines_stay_in_their_place(run, corpus, tmp_path):
    """Each bad line becomes an error where it stood, the others are graded, blank lines are none; the exit code is 1."""
    file = tmp_path / "batch.jsonl"
    bad = [b"not json", b"[1]", b"null", b'{"id": ' + b"9" * 5000 + b"}", b"[" * 100_000, {"id": "e", "question": "padding"}]
    file.write_bytes(lines(answer("a"), *bad, b"", answer("f", question="paddin"), answer("g")))
    code, out, _ = run("grade", "--batch", file, "--corpus", corpus, "--jobs", "3")
    results = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [r["id"] for r in results] == ["a", None, None, None, None, None, "e", "f", "g"]
    assert ["error" in r for r in results] == [False, *[True] * 7, False]
    assert "Did you mean 'padding'" in results[-2]["error"]
    assert results[0]["score"] == results[-1]["score"] == 10.0


def test_byte_order_mark_and_bytes_that_are_not_text(run, corpus, tmp_path):
    """A file as Windows writes it is read, and bytes that are not UTF-8 are graded as what they are: no words."""
    file = tmp_path / "batch.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + lines(answer("a")) + b'{"id": "b", "question": "padding", "answer": "\xff\xfe"}\r\n')
    code, out, _ = run("grade", "--batch", file, "--corpus", corpus)
    assert code == 0
    assert [json.loads(line)["score"] for line in out.splitlines()] == [10.0, 0.0]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--backend", "openai", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"), 3),
        (("--backend", "opnai"), 2),
        (("--jobs", "0"), 2),
    ],
)
def test_without_a_grader_no_line_is_read(run, corpus, tmp_path, flags, code):
    """A backend that cannot be reached ends the batch with its own exit code, not with an error in each line."""
    file = tmp_path / "batch.jsonl"
    file.write_bytes(lines(answer("a")))
    assert run("grade", "--batch", file, "--corpus", corpus, *flags)[:2] == (code, "")


def test_explanation_is_part_of_the_one_document(run, corpus):
    """`--json` prints one JSON document whatever else is asked for."""
    _, out, _ = run("grade", "padding", RIGHT, "--json", "--explain", "--corpus", corpus)
    assert json.loads(out)["explanation"]


def test_half_a_surrogate_pair_comes_back_as_it_came(home, corpus, tmp_path):
    """JSON may hold what UTF-8 cannot; the line is written the way it was read and the batch goes on."""
    file = tmp_path / "batch.jsonl"
    file.write_text(json.dumps(answer("\ud800")) + "\n" + json.dumps(answer("b", question="\udfff")) + "\n")
    command = [sys.executable, "-m", "mockinterview", "grade", "--batch", str(file), "--corpus", str(corpus)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["\ud800", "b"]
    assert done.returncode == 1


@pytest.mark.parametrize("wrong", ["NaN", "-Infinity", "1e999", '["a"]', '{"a": 1}'])
def test_id_that_no_json_reader_could_take_is_an_error_line(run, corpus, tmp_path, wrong):
    """NaN and the like are no JSON: the line becomes an error in its place, and what is printed can be read by any program."""
    file = tmp_path / "answers.jsonl"
    good = '{"id": 2, "question": "padding", "answer": "zeros around the border of the input"}'
    file.write_text(f'{{"id": {wrong}, "question": "padding", "answer": "zeros"}}\n{good}\n')
    code, out, _ = run("grade", "--batch", file, "--judge", "words", "--corpus", corpus)
    first, second = (json.loads(line, parse_constant=pytest.fail) for line in out.splitlines())
    assert code == 1
    assert first["id"] is None
    assert "line 1" in first["error"]
    assert second["id"] == 2


def test_endless_answer_in_a_batch_is_an_error_line(run, corpus, tmp_path):
    """An answer that is longer than anybody says is named with its length; the rest is graded."""
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({"id": "a", "question": "padding", "answer": "x" * 50_000}) + "\n")
    code, out, _ = run("grade", "--batch", file, "--judge", "words", "--corpus", corpus)
    assert (code, json.loads(out)["id"]) == (1, "a")
    assert "50,000 characters" in json.loads(out)["error"]


def test_what_a_terminal_would_act_on_is_escaped_in_the_results(run, corpus, tmp_path):
    """An id comes back as it came, and no control character reaches the terminal raw."""
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps(answer("a\x9b2J\u202e")) + "\n")
    _, out, _ = run("grade", "--batch", file, "--judge", "words", "--corpus", corpus)
    assert json.loads(out)["id"] == "a\x9b2J\u202e"
    assert not {"\x9b", "\u202e"} & set(out)
