"""Reports for other programs and people: JUnit XML, Markdown for a pull request, one self-contained HTML page, an Inspect log.

Everything shown comes from models, candidates and corpora, so all of it is escaped here, in the one place for each format.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from mockinterview.evals.baseline import Flip, described
from mockinterview.evals.figures import headline_grading, number, suites_of
from mockinterview.evals.measures import BINS, BY_KEY
from mockinterview.evals.outcome import Outcome, as_document
from mockinterview.evals.results import Result
from mockinterview.evals.screen import interval
from mockinterview.sanitize import clean

SHOWN: Final = 25  # flips in a pull-request comment
_NOT_XML: Final = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGN: Final = {"held": "✅", "failed": "❌", "underpowered": "⚠️"}


# --- JUnit ----------------------------------------------------------------------------------------------------------


def as_junit(outcome: Outcome) -> str:
    """Return JUnit XML: one suite of gates, where each gate is a test, and one per suite of cases that the run lost."""
    gates = [_gate_test(v.gate, v.status, v.why, v.flips) for v in outcome.verdicts]
    lost = [
        f"<testcase classname={_attribute(r.suite)} name={_attribute(r.case)}><error message={_attribute(r.ungraded)}/></testcase>"
        for r in outcome.results
        if r.ungraded and not r.graded_by
    ]
    failures = sum(v.status == "failed" for v in outcome.verdicts)
    skipped = sum(v.status == "underpowered" for v in outcome.verdicts)
    return "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites tests="{len(gates) + len(lost)}" failures="{failures}" errors="{len(lost)}" skipped="{skipped}">',
        f'<testsuite name="mockinterview eval" tests="{len(gates)}" failures="{failures}" errors="0" skipped="{skipped}">',
        *gates, "</testsuite>",
        f'<testsuite name="ungraded" tests="{len(lost)}" failures="0" errors="{len(lost)}">', *lost, "</testsuite>",
        "</testsuites>", "",
    ])  # fmt: skip


def _gate_test(gate: str, status: str, why: str, flips: Sequence[Flip]) -> str:
    body = "\n".join(f"{f.suite}/{f.case}: {f.what}\n  before: {f.before}\n  after:  {f.after}" for f in flips)
    inner = {
        "failed": f"<failure message={_attribute(why)}>{_xml(body)}</failure>",
        "underpowered": f"<skipped message={_attribute(why)}/>",
    }.get(status, "")
    return f'<testcase classname="gates" name={_attribute(gate)}>{inner}</testcase>'


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("", clean(text)))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", clean(text)))


# --- Markdown -------------------------------------------------------------------------------------------------------


def as_markdown(outcome: Outcome) -> str:
    """Return a comment for a pull request: the verdict first, then the gates that moved, the flips, the figures."""
    return "\n".join([*_md_verdict(outcome), *_md_gates(outcome), *_md_flips(outcome), *_md_figures(outcome)]) + "\n"


def _md_verdict(outcome: Outcome) -> Iterator[str]:
    said = {0: "✅ held", 1: "❌ got worse", 3: "⚠️ is incomplete"}[outcome.exit_code]
    yield f"## Evaluation {said}"
    yield ""
    model = _md(outcome.manifest.model)
    yield f"{outcome.spent.results} results, {outcome.spent.ungraded} ungraded; graded by {model}, bank `{outcome.manifest.bank}`."
    yield ""


def _md_gates(outcome: Outcome) -> Iterator[str]:
    moved = [v for v in outcome.verdicts if v.status != "held"]
    held = len(outcome.verdicts) - len(moved)
    if moved:
        yield from ("| gate | outcome | why |", "|---|---|---|")
        yield from (f"| {_md(v.gate)} | {_SIGN[v.status]} {v.status} | {_md(v.why)} |" for v in moved)
        yield ""
    yield f"{held} of {len(outcome.verdicts)} gates held."
    yield ""


def _md_flips(outcome: Outcome) -> Iterator[str]:
    if outcome.comparison is None:
        return
    worse, better = outcome.comparison.worse, outcome.comparison.better
    yield f"Against the baseline: **{len(worse)} worse, {len(better)} better** of {outcome.comparison.cases} cases."
    yield ""
    if worse:
        yield from ("| case | what | before | after |", "|---|---|---|---|")
        yield from (f"| {_md(f.suite)}/{_md(f.case)} | {_md(f.what)} | {_md(f.before)} | {_md(f.after)} |" for f in worse[:SHOWN])
        yield ""


def _md_figures(outcome: Outcome) -> Iterator[str]:
    yield "<details><summary>Figures</summary>"
    for suite in suites_of(outcome.results):
        yield from ("", f"**{suite}**", "", "| figure | value | 95 % interval | n |", "|---|---|---|---|")
        for key, estimate in outcome.figures.items():
            if BY_KEY[key].suite == suite:
                yield f"| {BY_KEY[key].name} | {number(estimate.value)} | {interval(estimate)} | {estimate.number} |"
    yield from ("", "</details>")


def _md(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no links, no mentions, no cell or line ends."""
    flat = html.escape(" ".join(clean(text).split()), quote=False)
    return re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", flat).replace("@", "@\u200b")


# --- HTML -----------------------------------------------------------------------------------------------------------


def as_html(outcome: Outcome) -> str:
    """Return one page that needs nothing else: the document of the run as data, and a script that draws tables and plots."""
    document = as_document(outcome)
    document["scores"] = _scores(outcome)
    document["calibration"] = _calibration(outcome)
    # Inside <script> only "</" and "<!--" could end the data, so no "<" stays in it.
    data = json.dumps(document, ensure_ascii=True).replace("<", "\\u003c")
    page = (files("mockinterview.evals") / "page.html").read_text(encoding="utf-8")
    return page.replace("/*DATA*/null", data)


def _scores(outcome: Outcome) -> list[list[Any]]:
    graded = (r for r in headline_grading(outcome.results) if r.score is not None and r.expected_score is not None)
    return [[r.expected_score, r.score, r.case] for r in graded]


def _calibration(outcome: Outcome) -> list[list[float]]:
    """Return per tenth of probability: the mean probability of a hit, the share of hits, the number of points."""
    row = BY_KEY["grading.calibration_error"].row
    sums = [0.0] * (3 * BINS)
    for found in map(row, headline_grading(outcome.results)):
        sums = sums if found is None else [a + b for a, b in zip(sums, found, strict=True)]
    return [
        [round(sums[BINS + i] / sums[i], 4), round(sums[2 * BINS + i] / sums[i], 4), sums[i]] for i in range(BINS) if sums[i]
    ]  # fmt: skip


# --- Inspect AI -----------------------------------------------------------------------------------------------------


def as_inspect(outcome: Outcome) -> str:
    """Return the run as an Inspect AI log (JSON, log format 2), so that `inspect view` opens it.

    A result is a sample, each point, check and rank of it a score: "C" right, "I" wrong. Results without an outcome are left
    unscored. The figures stand in the results.
    """
    manifest = outcome.manifest
    started = manifest.started or datetime.now(UTC).isoformat(timespec="seconds")
    log = {
        "version": 2,
        "status": "success" if outcome.complete else "cancelled",
        "eval": {
            "created": started, "task": "mockinterview", "task_version": manifest.package,
            "dataset": {"name": ", ".join(suites_of(outcome.results)), "samples": len(outcome.results)},
            "model": f"{manifest.backend}/{manifest.model}", "config": {"epochs": manifest.epochs},
            "metadata": manifest.model_dump(mode="json"),
        },
        "results": {
            "total_samples": len(outcome.results), "completed_samples": len(outcome.results) - outcome.spent.ungraded,
            "scores": [_inspect_figures(outcome, suite) for suite in suites_of(outcome.results)],
        },
        "stats": {"started_at": started, "completed_at": datetime.now(UTC).isoformat(timespec="seconds")},
    }  # fmt: skip
    # The samples are written one by one: as Python objects all of them together take ten times the room of their text.
    samples = ", ".join(json.dumps(_inspect_sample(result), ensure_ascii=False) for result in outcome.results)
    return f'{json.dumps(log, ensure_ascii=False)[:-1]}, "samples": [{samples}]}}'


def _inspect_figures(outcome: Outcome, suite: str) -> dict[str, Any]:
    chosen = {BY_KEY[key].name: e.value for key, e in outcome.figures.items() if BY_KEY[key].suite == suite}
    return {"name": suite, "scorer": suite, "metrics": {name: {"name": name, "value": value} for name, value in chosen.items()}}


def _inspect_sample(result: Result) -> dict[str, Any]:
    expected = "\n".join(f"{mark.point}: {mark.expected}" for mark in result.points)
    scores = {
        clean(what): {"value": "C" if right else "I", "explanation": clean(described([result], what))}
        for what, right in result.outcomes().items()
    }
    return {
        "id": f"{result.suite}/{result.case}", "epoch": result.epoch + 1, "input": f"{result.question}: {result.case}",
        "target": expected or result.question, "scores": {} if result.ungraded else scores, "total_time": result.seconds,
        "metadata": {"kind": result.kind, "topic": result.topic, "part": result.part, "ungraded": clean(result.ungraded),
                     "score": result.score, "expected_score": result.expected_score},
    }  # fmt: skip
