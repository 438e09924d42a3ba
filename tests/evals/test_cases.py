"""Case files: mistakes are named with file and line; what a bank cannot serve is left out with the reason."""

import shutil


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
