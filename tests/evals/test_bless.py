"""A baseline comes from a whole run, says who did what in it, and is not mistaken for another one."""

import json

import pytest

from mockinterview.evals.baseline import Baseline, compare, read_baseline
from mockinterview.evals.cases import Cases
from mockinterview.evals.results import Result
from mockinterview.evals.run import Manifest, RunFolder

ABOUT = {"suite": "floor", "label": "l", "question": "dropout", "topic": "regularisation", "kind": "k"}


@pytest.fixture
def stored(house):
    """Return a function that stores a run of some results."""

    def store(*results, **manifest):
        folder = RunFolder.create(house.out, Manifest(**manifest))
        for result in results:
            folder.append(Result(**ABOUT, **result))
        folder.close()
        return folder

    return store


def test_a_run_with_a_lost_result_is_not_blessed(house, stored, capsys):
    """One graded and one lost result are no baseline of one; after --resume, the second try counts."""
    folder = stored({"case": "a", "graded_by": "judge"}, {"case": "b", "ungraded": "gone"}, backend="judge", jobs=2)
    assert house.run("bless") == 2
    assert "1 of the 2 results" in capsys.readouterr().err
    assert not (house.evals / "baselines").exists()
    folder.append(Result(**ABOUT, case="b", graded_by="judge"))
    folder.close()
    assert house.run("bless") == 0


def test_a_lost_result_counts_in_a_run_of_an_older_release(house, stored):
    """Such a run did not write how many jobs it had."""
    stored({"case": "a", "graded_by": "judge"}, {"case": "b", "ungraded": "gone"}, backend="judge")
    assert house.run("bless") == 2


def test_an_interrupted_run_is_not_blessed(house, stored):
    """Jobs that the run never came to are missing."""
    stored({"case": "a", "graded_by": "embedded"}, jobs=3)
    assert house.run("bless") == 2


def test_an_answer_that_the_grader_declined_is_a_result(house, stored):
    """The grader said that it cannot tell; that is an outcome."""
    stored({"case": "a", "ungraded": "in German", "graded_by": "embedded"}, jobs=1)
    assert house.run("bless") == 0


def test_a_filtered_run_is_blessed_only_where_a_file_is_named(house):
    """A choice of kinds must not take the place of the whole baseline."""
    house.cases("floor", *({"id": f"f{n}", "kind": "ab"[n], "answer": "fine", "questions": 2} for n in range(2)))
    assert house.run("--kind", "a") == 0
    assert house.run("bless") == 2
    assert house.run("bless", "--to", str(house.root / "a.json")) == 0
    assert len(read_baseline(house.root / "a.json").results) == 2


@pytest.mark.parametrize(
    ("interviewer", "judge", "name"),
    [("ollama", "embedded", "ollama-judged-by-embedded"), ("ollama", "ollama", "ollama"), ("embedded", "words", "words"),
     ("embedded", "ollama", "embedded-judged-by-ollama")],
)  # fmt: skip
def test_who_interviewed_is_in_the_name_of_the_file(house, stored, interviewer, judge, name):
    """A model as interviewer before the embedded grader does not overwrite the baseline of the embedded grader."""
    stored({"case": "a", "graded_by": "x"}, interviewer=interviewer, backend=judge, jobs=1)
    assert house.run("bless") == 0
    assert [file.stem for file in (house.evals / "baselines").iterdir()] == [name]


def manifest_of(flags):
    """Return the manifest that a run with these flags would write."""
    from mockinterview.cli.arguments import build_parser
    from mockinterview.cli.compose import Workshop
    from mockinterview.cli.evals import _manifest

    arguments = build_parser().parse_args(["eval", *flags])
    return _manifest(Workshop.from_arguments(arguments), Cases(), arguments)


def test_a_run_tells_all_who_took_part(house, monkeypatch):
    """Interviewer and judge with their models, from flags and from tables, and how many votes decide."""
    config = house.root / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        'judge_votes = 3\n[backends.one]\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "qwen"\n'
        '[backends.two]\nbase_url = "http://127.0.0.1:2/v1"\nmodel = "llama"\ntemperature = 0.3\n'
    )
    mixed = manifest_of(["--backend", "one", "--judge", "embedded"])
    assert (mixed.interviewer, mixed.interviewer_model, mixed.backend, mixed.model) == ("one", "qwen", "embedded", "embedded")
    assert not mixed.deterministic
    both = manifest_of(["--backend", "one", "--judge", "two"])
    assert (both.interviewer_model, both.backend, both.model, both.votes) == ("qwen", "two", "llama, temperature 0.3", 3)
    config.write_text(config.read_text().replace("qwen", "other"))
    assert manifest_of(["--backend", "one", "--judge", "embedded"]).same_work != mixed.same_work


def test_the_shipped_prompts_count_beside_the_own_ones(house, monkeypatch):
    """A folder of prompts takes the place of some of them only."""
    shipped, own = house.root / "shipped", house.root / "own"
    for folder in (shipped, own):
        folder.mkdir()
        (folder / "judge.md").write_text("judge")
    monkeypatch.setenv("MOCKINTERVIEW_PROMPTS", str(own))
    monkeypatch.setattr("mockinterview.cli.evals.data_dir", lambda _: shipped)
    before = manifest_of([]).prompts
    (shipped / "interviewer.md").write_text("another one")
    assert manifest_of([]).prompts != before


def test_a_baseline_of_an_older_release_can_be_read(house):
    """What its release did not record is neither missing nor called changed."""
    old = {
        "format": 1, "package": "0.1.0", "backend": "embedded", "model": "embedded", "deterministic": True, "bank": "b",
        "prompts": "p", "grader": "g", "cases": "c", "epochs": 1,
    }  # fmt: skip
    result = Result(**ABOUT, case="a", graded_by="embedded")
    text = f'{{"manifest": {json.dumps(old)},\n"results": [\n{result.model_dump_json()}\n]}}\n'
    (house.root / "old.json").write_text(text)
    baseline = read_baseline(house.root / "old.json")
    now = Manifest.model_validate({**old, "code": "new", "bank": "other"})
    assert compare(Baseline(baseline.manifest, baseline.results), now, [result]).changed == {"bank": ("b", "other")}
