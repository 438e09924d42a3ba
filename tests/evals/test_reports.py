"""Reports carry what happened, and nothing in them can act: markup from answers stays text."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

EVIL = "</script><img src=x onerror=alert(1)> ]]> | [click](x) @everyone \x1b[31m"


@pytest.fixture
def broken(house):
    """Return a house whose baseline was better than its bank is now, with hostile text in an answer."""
    point = house.question("dropout")["points"][0]
    house.cases("grading", house.gold("dropout", 1, f"{EVIL} {point['says'][0]}, {point['says'][3]}.", {point["id"]: "hit"}))
    house.cases("floor", {"id": "evil", "answer": EVIL, "questions": 2})
    house.bless()
    house.edit("dropout", lambda data: data["points"][0].update(says=[], claim="Bananas are yellow fruit from Ecuador."))
    return house


def written(house, name):
    """Run with the baseline and return the text of a report."""
    place = house.root / name
    assert house.run("--baseline", str(house.baseline), f"--{name}", str(place)) == 1
    return place.read_text(encoding="utf-8")


def test_junit_shows_each_gate_and_names_the_case(broken):
    """The failed gate is a failure with before and after."""
    root = ET.fromstring(written(broken, "junit"))
    failure = root.find(".//testcase[@name='regression grading/dropout']/failure")
    assert int(root.get("failures")) >= 1
    assert "dropout--1" in failure.text
    assert "after:  miss" in failure.text


def test_markdown_is_short_and_harmless(broken):
    """The verdict comes first; cells are not broken, nobody is mentioned, nothing is a link or a tag."""
    text = written(broken, "markdown")
    assert text.startswith("## Evaluation ❌ got worse")
    assert "dropout--1" in text
    assert "<img" not in text
    assert "[click](" not in text
    assert not re.search(r"@\w", text)


def test_the_page_is_one_file_and_its_data_is_data(broken):
    """No address is loaded, and the only end of the script is its own."""
    text = written(broken, "html")
    assert text.count("</script>") == 1
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?http", text)
    data = json.loads(re.search(r"^const run = (.*);$", text, re.MULTILINE)[1])
    assert data["comparison"]["worse"] == 1
    assert data["scores"]


def test_json_on_stdout_is_all_there_is_on_stdout(broken, capsys):
    """The tables go to stderr, so that a program can read the document."""
    assert broken.run("--json", "-") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["manifest"]["backend"] == "embedded"
    assert "figure" in captured.err


def test_the_inspect_log_has_every_result_as_a_sample(broken):
    """Samples, scores and figures are where Inspect's log format 2 has them."""
    log = json.loads(written(broken, "inspect"))
    sample = next(s for s in log["samples"] if s["id"] == "grading/dropout--1")
    point = broken.question("dropout")["points"][0]["id"]
    assert (log["version"], log["status"], len(log["samples"])) == (2, "success", 3)
    assert (sample["epoch"], sample["scores"][point]["value"]) == (1, "I")
    assert {score["name"] for score in log["results"]["scores"]} == {"grading", "floor"}
