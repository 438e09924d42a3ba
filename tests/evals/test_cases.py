"""Case files and gates: mistakes are named with file and line; what a bank cannot serve is left out with the reason."""

import shutil

import pytest


def yaml_cases(house, suite, text):
    """Write the cases of a suite as YAML."""
    folder = house.evals / "cases" / suite
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cases.yaml").write_text(text, encoding="utf-8")


def test_a_mistake_in_yaml_is_named_by_its_line(house, capsys):
    """The line on which the case begins, not its number in the list."""
    yaml_cases(house, "floor", "# attacks\n\n- id: one\n  answer: fine\n  questions: 1\n\n- id: two\n  answr: fine\n")
    assert house.run("floor") == 2
    assert "cases.yaml:7: " in capsys.readouterr().err


def test_yaml_that_is_no_list_is_named_by_its_line(house, capsys):
    """A single case without its dash."""
    yaml_cases(house, "floor", "# attacks\nid: one\nanswer: fine\n")
    assert house.run("floor") == 2
    assert "cases.yaml:2: this is not a list" in capsys.readouterr().err


def test_an_empty_file_and_aliases_are_read(house, capsys):
    """A comment alone holds no case; an alias stands for what it names."""
    yaml_cases(house, "floor", "- &one {id: one, answer: fine, question: dropout}\n- {<<: *one, id: two}\n")
    (house.evals / "cases" / "floor" / "empty.yaml").write_text("# nothing yet\n")
    assert house.run("floor", "--list") == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["one", "two"]


def test_an_unknown_change_is_found_before_anything_runs(house, capsys):
    """The file, the line and the changes that there are."""
    house.cases(
        "metamorphic", {"id": "a", "change": "nothing", "relation": "same"}, {"id": "b", "change": "upset", "relation": "same"}
    )
    assert house.run("metamorphic") == 2
    said = capsys.readouterr().err
    assert "cases.jsonl:2: " in said
    assert "no change 'upset'" in said
    assert not house.out.exists()


def test_a_bank_of_one_topic_has_nothing_elsewhere(house, capsys):
    """A case that needs an answer to a question of another topic is left out with the reason; others run."""
    shutil.rmtree(house.corpus / "questions" / "activations")
    shutil.rmtree(house.corpus / "questions" / "cnn")
    house.cases("floor", {"id": "other", "answer": "{elsewhere}", "questions": 1}, {"id": "fine", "answer": "fine", "questions": 1})
    assert house.run("floor") == 0
    captured = capsys.readouterr()
    assert "left out: floor/other/dropout: the bank has no answer to a question of another topic" in captured.err
    assert "1 results" in captured.out


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[" * 100_000, "recursion"),
        ('{"id": "b", "answer": "fine", "questions": ' + "9" * 5000 + "}", "4300"),
        ('{"id": "b"', "JSON"),
        ('{"id": "b", "answer": "half \\ud83d"}', "surrogate"),
        ('{"id": "b\\ud83d", "answer": "half"}', "id"),
    ],
)
def test_whatever_is_in_a_line_it_is_named(house, capsys, line, why):
    """Too deep, too long a number, no JSON, half a character: one sentence with file and line."""
    house.cases("floor", {"id": "a", "answer": "fine"})
    with (house.evals / "cases" / "floor" / "cases.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert house.run("floor", "--list") == 2
    said = capsys.readouterr().err
    assert "cases.jsonl:2: " in said
    assert why in said


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("9" * 5000, "cases.yaml:3: "),
        ("2024-13-01", "cases.yaml:3: "),
        ('"half \\uD83D"', "cases.yaml:3: half a surrogate pair"),
        ("[" * 5000, "cases.yaml cannot be read"),
    ],
)
def test_whatever_is_in_yaml_it_is_named(house, capsys, value, place):
    """What YAML reads and Python does not is named by the line of its case."""
    yaml_cases(house, "floor", f"- {{id: a, answer: fine}}\n\n- id: b\n  answer: {value}\n")
    assert house.run("floor", "--list") == 2
    assert place in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[paired]\n"grading.verdict_accuracy" = 0\n', "paired.grading.verdict_accuracy: "),
        ('[paired]\n"grading.verdict_accuracy" = -0.1\n', "paired.grading.verdict_accuracy: "),
        ('[paired]\n"grading.verdict_accuracy" = nan\n', "paired.grading.verdict_accuracy: "),
        ('[paired]\n"grading.verdict_accuracy" = inf\n', "paired.grading.verdict_accuracy: "),
        ('[bounds]\n"grading.verdict_accuracy" = {}\n', "'min' or a 'max'"),
        ("level = " + "9" * 5000, "4300"),
        ("level = " + "[" * 5000, "recursion"),
        ("level = \udcff", "utf-8"),
        ("level =", "end of document"),
    ],
)
@pytest.mark.parametrize("action", [[], ["noise"]])
def test_gates_that_cannot_be_used_are_named_before_anything_runs(house, capsys, action, text, why):
    """A loss that must be seen is more than nothing; the file and what is wrong with it, in one line."""
    house.cases("grading", house.gold("dropout", 1, "Random units are switched off.", {}))
    (house.evals / "gates.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert house.run(*action, "grading") == 2
    *_, said, hint = capsys.readouterr().err.strip().splitlines()
    assert "gates.toml are wrong: " in said
    assert why in said
    assert hint.strip() == "docs/evals.md shows the fields."
    assert not house.out.exists()


@pytest.mark.parametrize("number", ["-1", "0"])
def test_a_sample_is_a_number_of_cases(house, capsys, number):
    """Neither a traceback nor the wrong remedy."""
    house.cases("floor", {"id": "a", "answer": "fine"})
    assert house.run("floor", "--sample", number) == 2
    said = capsys.readouterr().err
    assert f"--sample {number} is no number of cases." in said
    assert "Give a number from 1 on." in said
