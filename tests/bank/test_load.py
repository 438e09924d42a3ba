"""Reading a bank: faults are named with file, line and field, and the rest still loads."""

import json
import shutil

import pytest

from mockinterview.bank import load
from mockinterview.bank.load import load_bank, write_parsed
from mockinterview.errors import BankError

GOOD = """\
id: {id}
topic: cnn
level: foundation
ask: "What is it?"
points:
  - id: one
    claim: "It is one."
"""


@pytest.fixture
def corpus(tmp_path):
    """Return a folder with one good question."""
    folder = tmp_path / "questions" / "cnn"
    folder.mkdir(parents=True)
    (folder / "good.yaml").write_text(GOOD.format(id="good"))
    return tmp_path


def faults_of(corpus, name: str, text: str):
    """Return the faults of a bank with one more file, which is left out."""
    (corpus / "questions" / "cnn" / f"{name}.yaml").write_text(text)
    loaded = load_bank(corpus)
    assert [q.id for q in loaded.bank] == ["good"]
    return loaded.faults


def test_minimal_question_is_enough(corpus):
    """Five fields make a question: people can bring their own bank."""
    (question,) = load_bank(corpus).bank
    assert (question.core[0].weight, question.points[0].kind) == (1, "core")


@pytest.mark.parametrize(
    ("change", "line", "field", "reason"),
    [
        (("level: foundation", "level: expert"), 3, "level", "foundation"),
        (("topic: cnn", "topic: rnn"), 2, "topic", "folder"),
        (("    claim", "    clam"), 7, "points.0.clam", "not permitted"),
        (("id: other", "id: Other_one"), 1, "id", "pattern"),
        (('ask: "What is it?"', "ask: [What is it?"), 5, "", "not YAML"),
    ],
)
def test_fault_names_line_and_field(corpus, change, line, field, reason):
    """A fault says where it is; only its own file is left out."""
    faults = faults_of(corpus, "other", GOOD.format(id="other").replace(*change))
    assert {fault.file.name for fault in faults} == {"other.yaml"}
    assert (line, field) in [(fault.line, fault.field) for fault in faults if reason in fault.reason]


def test_wrong_file_name_duplicate_and_dangling_follow_up(corpus):
    """The id is the file's name, and a follow-up into nowhere is named while its question stays."""
    assert "called" in faults_of(corpus, "renamed", GOOD.format(id="other"))[0].reason
    (corpus / "questions" / "cnn" / "renamed.yaml").unlink()
    (corpus / "questions" / "cnn" / "good.yaml").write_text(GOOD.format(id="good") + "follow_ups: [{to: nowhere}]\n")
    loaded = load_bank(corpus)
    assert "nowhere" in loaded.faults[0].reason
    assert len(loaded.bank) == 1


def test_empty_folder_is_a_clear_error(tmp_path):
    """No questions at all is an error that says what a bank looks like."""
    with pytest.raises(BankError, match=r"questions/<topic>/<id>\.yaml"):
        load_bank(tmp_path)


def test_cache_is_used_and_follows_changes(corpus, tmp_path):
    """The parsed bank is read from the cache until a file changes; a damaged cache is only slow."""
    cache = tmp_path / "cache"
    first = load_bank(corpus, cache)
    (stored,) = cache.glob("bank-*.json")
    assert load_bank(corpus, cache).bank.fingerprint == first.bank.fingerprint
    stored.write_text("{ not json")
    assert len(load_bank(corpus, cache).bank) == 1
    (corpus / "questions" / "cnn" / "more.yaml").write_text(GOOD.format(id="more"))
    assert len(load_bank(corpus, cache).bank) == 2


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a copy of the package, as far as it is code that reads a bank; parsed banks are stamped with it."""
    package = tmp_path / "site-packages" / "mockinterview"
    for name in ("bank/load.py", "models.py", "grading/arithmetic.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(load._PACKAGE / name, package / name)
    monkeypatch.setattr(load, "_PACKAGE", package)
    return package


def change(file):
    """Change a file of Python."""
    file.write_text(file.read_text(encoding="utf-8") + "# another rule\n", encoding="utf-8")


@pytest.mark.parametrize("rules", ["bank/load.py", "models.py", "grading/arithmetic.py"])
def test_a_bank_parsed_by_other_rules_is_not_read(corpus, tmp_path, package, rules):
    """Faults, fields and the fingerprint are made by code: what a release with other code found is worth nothing."""
    load_bank(corpus, tmp_path / "cache")
    (stored,) = (tmp_path / "cache").glob("bank-*.json")
    stored.write_text(
        json.dumps({**json.loads(stored.read_text()), "faults": [["cnn/good.yaml", 1, "id", "found by the old rules"]]})
    )
    assert [fault.reason for fault in load_bank(corpus, tmp_path / "cache").faults] == ["found by the old rules"]
    change(package / rules)
    assert load_bank(corpus, tmp_path / "cache").faults == ()


def test_the_parsed_bank_of_the_build_is_read(corpus, package, monkeypatch):
    """Wherever the package has been moved since: the stamp is made of contents alone."""
    monkeypatch.setattr(load, "data_dir", lambda name: corpus)
    write_parsed(corpus, package / "_data" / load.PARSED)
    monkeypatch.setattr(load, "_PACKAGE", package.rename(package.with_name("moved")))
    monkeypatch.setattr(load, "_read_files", lambda files: pytest.fail("the files were read"))
    assert [q.id for q in load_bank().bank] == ["good"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("date", b"id: 2024-99-99", "month must be"),
        ("bytes", b"\xff\xfe", "decode"),
        ("empty", b"", "valid dictionary"),
        ("deep", b"[" * 5000, ""),
        ("exercise", GOOD.format(id="exercise").encode() + b"exercise: {ask: '{n}?', draw: {n: [1]}, answer: n / 0}", "n / 0"),
        (
            "nothing",
            GOOD.format(id="nothing").encode() + b"exercise: {ask: '?', draw: {n: [1]}, answer: n, where: [n > 1]}",
            "every",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_a_fault(corpus, name, content, reason):
    """Whatever is in a file, it is named and the rest still loads; an exercise must be computable before it is put."""
    file = corpus / "questions" / "cnn" / f"{name}.yaml"
    file.write_bytes(content)
    loaded = load_bank(corpus)
    assert [q.id for q in loaded.bank] == ["good"]
    assert loaded.faults[0].file == file
    assert reason in loaded.faults[0].reason


def test_links_into_nowhere_and_folders(corpus):
    """A file that cannot be read is a fault; a folder that is called like a file is none."""
    (corpus / "questions" / "cnn" / "folder.yaml").mkdir()
    (corpus / "questions" / "cnn" / "link.yaml").symlink_to("nowhere")
    (fault,) = load_bank(corpus).faults
    assert (fault.file.name, "cannot be read" in fault.reason) == ("link.yaml", True)


def test_cached_faults_name_the_files_of_this_bank(corpus, tmp_path):
    """Two folders with the same files share a cache, not the names of each other's files."""
    (corpus / "questions" / "cnn" / "broken.yaml").write_text("ask: [")
    load_bank(corpus, tmp_path / "cache")
    copy = tmp_path / "copy"
    shutil.copytree(corpus / "questions", copy / "questions")
    (fault,) = load_bank(copy, tmp_path / "cache").faults
    assert fault.file == copy / "questions" / "cnn" / "broken.yaml"


def test_shipped_bank_has_no_faults():
    """Every shipped file loads."""
    loaded = load_bank()
    assert not loaded.faults
    assert len(loaded.bank) >= 147
