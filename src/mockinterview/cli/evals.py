"""`eval`: runs the suites against a backend, compares with a baseline, and says by its exit code whether anything got worse."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockinterview.bank.load import data_dir
from mockinterview.cli.compose import EMBEDDED, OFFLINE, Workshop, warn
from mockinterview.cli.output import put_json, put_lines
from mockinterview.config import Settings, backend_settings
from mockinterview.errors import BackendError, UsageError
from mockinterview.evals.baseline import Comparison, compare, read_baseline, write_baseline
from mockinterview.evals.cases import Cases, Choice, gold_lines, load_cases
from mockinterview.evals.examine import Examiner, Subjects
from mockinterview.evals.gates import Gates, judge, read_gates
from mockinterview.evals.noise import Noise, noise_of
from mockinterview.evals.outcome import BACKEND_GONE, Outcome, as_document, figures_of
from mockinterview.evals.results import Result
from mockinterview.evals.run import Job, Manifest, RunFolder, cases_hash, code_hash, grader_hash, jobs_of, prompts_hash, run_jobs
from mockinterview.sanitize import escape_json
from mockinterview.storage import write_whole

if TYPE_CHECKING:
    from mockinterview.evals.replies import ReplyStore

INTERRUPTED = 130
LEFT_OUT_SHOWN = 3
NOISE_EPOCHS = 5
WORTH_PROCESSES = 400  # cases; starting a process takes a second
MODEL_WIDTH = 20  # requests at a time, where --jobs says nothing
# Of a manifest: what a mark depends on.
GRADES: Final = {"package", "backend", "model", "votes", "bank", "prompts", "grader", "code"}


def evaluate(arguments: argparse.Namespace) -> int:
    """Run the chosen suites, or do what an action in their place says; return the exit code."""
    if arguments.suite and arguments.suite[0] in ACTIONS:
        return ACTIONS[arguments.suite[0]](arguments)
    return _evaluate(arguments)


def _evaluate(arguments: argparse.Namespace) -> int:
    plan = _planned(arguments)
    plan.workshop.warn_of_faults()
    if arguments.list:
        return _list(plan.cases, as_json=arguments.json == "-")
    if arguments.dry_run:
        with plan.opened:
            return _dry_run(plan, arguments)
    for line in plan.cases.left_out[:LEFT_OUT_SHOWN]:
        warn(f"left out: {line}")
    _gates(plan, arguments)  # a fault in them is told before the work and not behind it
    with plan.opened:
        folder, outcome = _run(plan, arguments)
    _report(outcome, arguments)
    if outcome.interrupted:
        sys.stderr.write(f"Interrupted; every result is kept. --resume {folder.path.name} goes on.\n")
        return INTERRUPTED
    return outcome.exit_code


def _gates(plan: _Plan, arguments: argparse.Namespace) -> Gates:
    return read_gates(arguments.gates or plan.root / "gates.toml")


@dataclass(slots=True)
class _Plan:
    """What a run is going to do; `opened` closes what was opened for it."""

    workshop: Workshop
    cases: Cases
    manifest: Manifest
    root: Path
    runs: Path
    opened: ExitStack = field(default_factory=ExitStack)


def _planned(arguments: argparse.Namespace) -> _Plan:
    workshop = Workshop.from_arguments(arguments)
    root = _root(arguments)
    if arguments.changed:
        arguments.question = [*arguments.question, *changed_questions(workshop, arguments.changed)]
    cases = load_cases(root / "cases", workshop.bank, _choice(arguments))
    if not cases.chosen:
        raise UsageError("No case fits that choice.", "`mockinterview eval --list` shows all cases.")
    if arguments.epochs < 1:
        raise UsageError(f"--epochs {arguments.epochs} is no number of epochs.", "Give a number from 1 on.")
    runs = arguments.out or workshop.folders.data / "evals"
    return _Plan(workshop, cases, _manifest(workshop, cases, arguments), root, runs)


def _root(arguments: argparse.Namespace) -> Path:
    root: Path = arguments.evals or data_dir("evals")
    if not (root / "cases").is_dir():
        raise UsageError(f"There are no suites below {root}.", "--evals DIR names a folder with cases/, gates.toml and baselines/.")
    return root


def _choice(arguments: argparse.Namespace) -> Choice:
    return Choice(
        suites=tuple(arguments.suite), questions=tuple(arguments.question), topics=tuple(arguments.topic),
        kinds=tuple(arguments.kind), sample=arguments.sample, seed=arguments.seed,
    )  # fmt: skip


def changed_questions(workshop: Workshop, revision: str) -> list[str]:
    """Return the questions whose files changed since a git revision; raise UsageError where git cannot tell."""
    import subprocess

    folder = (workshop.settings.corpus or data_dir("corpus")) / "questions"
    command = ["git", "-C", str(folder), "diff", "--name-only", "--relative", revision, "--", "."]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a fixed program, no shell
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise UsageError(f"git cannot compare with '{revision}': {said.strip()}", "Name a commit, a branch or a tag.") from error
    names = [Path(line).stem for line in found.stdout.splitlines() if line.endswith(".yaml")]
    if not names:
        raise UsageError(f"No question changed since '{revision}'.", "Leave out --changed to run all cases.")
    return names


def _manifest(workshop: Workshop, cases: Cases, arguments: argparse.Namespace) -> Manifest:
    settings = workshop.settings
    judge_name = settings.judge or settings.backend
    return Manifest(
        package=workshop.version, backend=judge_name, model=_model(settings, judge_name), votes=settings.judge_votes,
        interviewer=settings.backend, interviewer_model=_model(settings, settings.backend),
        deterministic={judge_name, settings.backend} <= {*OFFLINE}, bank=workshop.bank.fingerprint,
        prompts=prompts_hash(data_dir("prompts"), settings.prompts), grader=grader_hash(), code=code_hash(),
        cases=cases_hash(cases.chosen), epochs=arguments.epochs, jobs=arguments.epochs * len(cases.chosen),
        whole=_choice(arguments).whole,
    )  # fmt: skip


def _model(settings: Settings, name: str) -> str:
    """Return which model stands behind a backend, with what else in its table can change a reply."""
    if name in OFFLINE:
        return name
    table = backend_settings(settings, name)
    window = f", window {table.context_window}" if table.context_window else ""
    return f"{table.model or name}{f', temperature {table.temperature:g}' if table.temperature else ''}{window}"


def _list(cases: Cases, *, as_json: bool) -> int:
    if as_json:
        put_json([{"suite": c.suite, "id": c.id, "question": c.question, "topic": c.topic, "kind": c.kind} for c in cases.chosen])
    else:
        put_lines(f"{c.suite:<12} {c.kind:<20} {c.id}" for c in cases.chosen)
    return 0


def _dry_run(plan: _Plan, arguments: argparse.Namespace) -> int:
    """Say what a run would ask, without asking: requests that are not in the cache, tokens, cost."""
    jobs = jobs_of(plan.cases.chosen, plan.manifest.epochs)
    found: list[Result] = []

    def take(result: Result) -> bool:
        found.append(result)
        return True

    if not plan.manifest.deterministic:
        asyncio.run(run_jobs(jobs, _examiner(plan, arguments), 1, take))
    total = figures_of(found)[1]
    put_json({
        "cases": len(plan.cases.chosen), "epochs": plan.manifest.epochs, "requests": total.requests,
        "prompt_tokens": total.prompt_tokens, "completion_tokens": total.completion_tokens, "cost": total.cost,
    })  # fmt: skip
    return 0


# --- running --------------------------------------------------------------------------------------------------------


def _run(plan: _Plan, arguments: argparse.Namespace) -> tuple[RunFolder, Outcome]:
    resumed = arguments.resume is not None
    folder = RunFolder.resume(plan.runs, arguments.resume, plan.manifest) if resumed else RunFolder.create(plan.runs, plan.manifest)
    done = folder.done() if resumed else frozenset()
    jobs = jobs_of(plan.cases.chosen, plan.manifest.epochs)
    left = [job for job in jobs if job.key not in done]
    complete, interrupted = True, False
    try:
        complete = _execute(plan, arguments, left, folder, done=len(jobs) - len(left))
    except KeyboardInterrupt:
        complete, interrupted = False, True
    finally:
        folder.close()
    results = folder.stored(job.key for job in jobs)
    return folder, _outcome(plan, arguments, results, folder, complete=complete, interrupted=interrupted)


def _execute(plan: _Plan, arguments: argparse.Namespace, jobs: Sequence[Job], folder: RunFolder, *, done: int) -> bool:
    from mockinterview.evals.screen import progress

    with progress(done + len(jobs), done=done) as advance:
        take = _taker(folder, advance, arguments)
        if arguments.engine == "ray":
            from mockinterview.evals.spread import over_ray

            return over_ray(jobs, partial(examiner_of, _portable(arguments)), _width(plan, arguments), take)
        workers = _processes(plan, arguments, jobs)
        if workers > 1:
            from mockinterview.evals.spread import over_processes

            with ThreadPoolExecutor(1) as beside:  # the cases that search come last: by then there is an index
                building = beside.submit(_build_index, plan.workshop, jobs)
                going = over_processes(jobs, partial(examiner_of, _portable(arguments)), workers, take)
                building.result()
            return going
        examiner = _examiner(plan, arguments)
        _build_index(plan.workshop, jobs)
        gc.freeze()  # the bank and the libraries stay: the collector need not walk through them
        return asyncio.run(run_jobs(jobs, examiner, _width(plan, arguments), take))


def _processes(plan: _Plan, arguments: argparse.Namespace, jobs: Sequence[Job]) -> int:
    """Return in how many processes to run: only computing gains from it, and only where there is much of it."""
    if not plan.manifest.deterministic or len(jobs) < WORTH_PROCESSES:
        return 1
    return int(arguments.jobs or os.cpu_count() or 1)


def _portable(arguments: argparse.Namespace) -> argparse.Namespace:
    """Return the arguments as another process can have them: without the command itself, with `--changed` already looked up."""
    return argparse.Namespace(**{**vars(arguments), "run": None, "changed": None})


def examiner_of(arguments: argparse.Namespace) -> Examiner:
    """Return the examiner for the arguments of a command: what a worker process or a Ray worker begins with."""
    return _examiner(_planned(arguments), arguments)


def _examiner(plan: _Plan, arguments: argparse.Namespace) -> Examiner:
    return Examiner(_subjects(plan, arguments), arguments.case_timeout)


def _width(plan: _Plan, arguments: argparse.Namespace) -> int:
    """Return how many cases are under way in one process: waiting overlaps, computing does not."""
    return 1 if plan.manifest.deterministic else int(arguments.jobs or MODEL_WIDTH)


def _taker(folder: RunFolder, advance: Callable[[], None], arguments: argparse.Namespace) -> Callable[[Result], bool]:
    """Return what stores a result and tells whether the run may go on; `--max-cost` ends it."""
    spent = 0.0

    def take(result: Result) -> bool:
        nonlocal spent
        folder.append(result)
        advance()
        spent += result.cost
        return arguments.max_cost is None or spent < arguments.max_cost

    return take


def _use_model(plan: _Plan, arguments: argparse.Namespace) -> None:
    """Put the models of the settings, opened for an evaluation, in the place of those for an interview."""
    workshop, settings = plan.workshop, plan.workshop.settings
    judge_name = settings.judge or settings.backend
    if {judge_name, settings.backend} <= {*OFFLINE}:
        return
    from mockinterview.evals.backend import Manner, RememberedGrader, opened, steady_fence
    from mockinterview.grading.judge import ModelGrader, form_of

    kept = None if arguments.no_cache else _store(plan, "replies.db")
    manner = Manner(kept, arguments.replay, arguments.dry_run, _width(plan, arguments))
    names = {judge_name, settings.backend} - {*OFFLINE}
    models = {name: opened(backend_settings(settings, name), manner, workshop.folders.encodings) for name in names}
    if judge_name not in OFFLINE:
        embedded = workshop.words_grader  # steps in for a model that is gone, and such a case counts as ungraded
        workshop.grader = ModelGrader(
            models[judge_name], workshop.prompts, embedded, form_of(embedded), retriever=workshop.quick_retriever,
            votes=settings.judge_votes, fence=steady_fence,
        )  # fmt: skip
        judge_settings = backend_settings(settings, judge_name)
        if kept and settings.judge_votes == 1 and judge_settings.temperature == 0 and not arguments.dry_run:
            about = f"{judge_settings.base_url} {judge_settings.model} {plan.manifest.model_dump_json(include=GRADES)}"
            workshop.grader = RememberedGrader(workshop.grader, kept, about)
    if settings.backend != EMBEDDED:
        from mockinterview.interview.model_voice import ModelInterviewer

        workshop.interviewer = ModelInterviewer(
            models[settings.backend], workshop.prompts, workshop.bank, fence=steady_fence
        )  # fmt: skip


def _subjects(plan: _Plan, arguments: argparse.Namespace) -> Subjects:
    workshop = plan.workshop
    _use_model(plan, arguments)
    if plan.manifest.backend == EMBEDDED:
        _watch_reader(plan, arguments)
    return Subjects(
        bank=workshop.bank, grader=workshop.grader, interviewer=workshop.interviewer, reader=workshop.words_grader,
        retriever=cache(lambda: workshop.retriever), quick_retriever=workshop.quick_retriever,
        deterministic=plan.manifest.deterministic,
    )  # fmt: skip


def _watch_reader(plan: _Plan, arguments: argparse.Namespace) -> None:
    """Put a memory, which notes failures, before the cross-encoder; raise BackendError where that is not there to be examined."""
    from mockinterview.evals.readings import RememberedReader

    combiner = plan.workshop.embedded_grader.combiner
    if combiner is None:
        raise BackendError("The embedded grader lacks its neural layer.", "`--judge words` examines the words alone.")
    combiner.reader = RememberedReader(combiner.reader, None if arguments.no_cache else _store(plan, "readings.db"))


def _store(plan: _Plan, name: str) -> ReplyStore:
    """Return a store in the cache, which is closed with the run."""
    from mockinterview.evals.replies import ReplyStore

    store = ReplyStore(plan.workshop.folders.cache / name)
    plan.opened.callback(store.close)
    return store


def _build_index(workshop: Workshop, jobs: Sequence[Job]) -> None:
    """Open the search index where a case needs it, so that it is built once and not in the time of a case."""
    if any(job.case.suite == "retrieval" for job in jobs):
        _ = workshop.retriever


def _outcome(
    plan: _Plan, arguments: argparse.Namespace, results: Sequence[Result], folder: RunFolder, *, complete: bool, interrupted: bool
) -> Outcome:
    figures, spent = figures_of(results)
    comparison = _compared(plan, arguments, results) if complete else None
    gates = _gates(plan, arguments)
    verdicts = judge(gates, figures, comparison, deterministic=plan.manifest.deterministic) if complete else []
    return Outcome(
        manifest=plan.manifest, results=results, figures=figures, verdicts=verdicts, spent=spent, comparison=comparison,
        left_out=plan.cases.left_out, complete=complete, folder=str(folder.path / "results.jsonl"), interrupted=interrupted,
    )  # fmt: skip


def _compared(plan: _Plan, arguments: argparse.Namespace, results: Sequence[Result]) -> Comparison | None:
    if arguments.baseline is None:
        return None
    return compare(read_baseline(arguments.baseline), plan.manifest, results, whole=_choice(arguments).whole)


def _report(outcome: Outcome, arguments: argparse.Namespace) -> None:
    """Write the reports that were asked for; the tables go to stdout unless a report does."""
    from mockinterview.evals.screen import show

    places: dict[str, str] = {name: place for name in REPORTS if (place := getattr(arguments, name))}
    for name, place in places.items():
        _write(place, REPORTS[name](outcome))
    show(outcome, sys.stderr if "-" in places.values() else sys.stdout)


def _as_json(outcome: Outcome) -> str:
    return escape_json(json.dumps(as_document(outcome), ensure_ascii=False, indent=1)) + "\n"


def _later(name: str) -> Callable[[Outcome], str]:
    """Return a report of `evals.reports`, imported when it is written."""

    def made(outcome: Outcome) -> str:
        from mockinterview.evals import reports

        text: str = getattr(reports, f"as_{name}")(outcome)
        return text

    return made


REPORTS: Final[dict[str, Callable[[Outcome], str]]] = {
    "json": _as_json, "junit": _later("junit"), "markdown": _later("markdown"), "html": _later("html"),
    "inspect": _later("inspect"),
}  # fmt: skip


def _write(place: str, text: str) -> None:
    """Write a report to a file, or to stdout where it is "-"."""
    if place == "-":
        sys.stdout.write(text)
        return
    try:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}.", "Choose another file.") from error


# --- baselines ------------------------------------------------------------------------------------------------------


def _bless(arguments: argparse.Namespace) -> int:
    """Make the latest run (or the named one) the baseline; raise UsageError where results are missing."""
    workshop = Workshop.from_arguments(arguments)
    runs = arguments.out or workshop.folders.data / "evals"
    folder = RunFolder.named(runs, _operand(arguments, required=False))
    manifest = folder.manifest()
    if missing := folder.missing():
        message = f"{missing} of the {manifest.jobs or 'expected'} results of run {folder.path.name} are missing."
        raise UsageError(message, f"Finish it with --resume {folder.path.name}, then bless it.")
    if not (manifest.whole or arguments.to):
        raise UsageError(
            f"Run {folder.path.name} took only some cases of its suites.", "Run all of them, or name a file with --to."
        )
    results = folder.stored(folder.done())
    file = arguments.to or _root(arguments) / "baselines" / f"{_file_name(manifest)}.json"
    write_baseline(file, manifest, results)
    put_lines([f"{file}: {len(results)} results of run {folder.path.name}. Commit it."])
    return 0


def _file_name(manifest: Manifest) -> str:
    """Return the name of a baseline: who graded, and where somebody else interviewed, who did."""
    alone = manifest.interviewer == manifest.backend or {manifest.interviewer, manifest.backend} <= {*OFFLINE}
    name = manifest.backend if alone else f"{manifest.interviewer}-judged-by-{manifest.backend}"
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)


def _noise(arguments: argparse.Namespace) -> int:
    """Run the cases several times and say how far the judge differs from itself."""
    arguments.suite = arguments.suite[1:] or ["grading"]
    arguments.epochs = arguments.epochs if arguments.epochs > 1 else NOISE_EPOCHS
    plan = _planned(arguments)
    paired = _gates(plan, arguments).paired  # a fault in them is told before the work here, too
    with plan.opened:
        _, outcome = _run(plan, arguments)
    found = noise_of(outcome.results, paired)
    if arguments.json:
        _write(arguments.json, json.dumps(asdict(found), indent=1) + "\n")
    else:
        put_lines(_noise_lines(found))
    return INTERRUPTED if outcome.interrupted else BACKEND_GONE if outcome.spent.lost or not outcome.complete else 0


def _noise_lines(found: Noise) -> Iterator[str]:
    yield f"{100 * found.flip_rate:.1f} % of {found.outcomes} outcomes differ between two of {found.epochs} epochs."
    for need in found.needs:
        seen = f"one epoch finds a loss of {need.detectable:.3f} with 80 % power"
        yield f"{need.figure:<28} {seen}; {need.tolerated:g} needs {need.epochs} epoch(s)"


def _add(arguments: argparse.Namespace) -> int:
    """Make gold cases of the points that were disputed in a session."""
    from mockinterview.evals.disputes import disputed_cases

    workshop = Workshop.from_arguments(arguments)
    session = workshop.store.resolve(_operand(arguments))
    cases = list(disputed_cases(session, workshop.store.events(session), workshop.bank))
    if not cases:
        raise UsageError(f"Nothing was disputed in session {session}.", "Dispute a verdict on the score card first.")
    file = arguments.to or _root(arguments) / "cases" / "grading" / "disputed.jsonl"
    added = {case.id: case.model_dump_json() for case in cases}
    kept = [line for name, line in gold_lines(file) if name not in added] if file.exists() else []
    with suppress(OSError):  # writing says what is wrong with the folder
        file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, "".join(f"{line}\n" for line in [*kept, *added.values()]), "Choose another file with --to.")
    put_lines([f"{file}: {len(cases)} case(s) added. Read their labels: they are the candidate's own.", *(c.id for c in cases)])
    return 0


def _operand(arguments: argparse.Namespace, *, required: bool = True) -> str:
    """Return what stands behind the action: the name of a run or of a session."""
    if len(arguments.suite) > 1:
        return str(arguments.suite[1])
    if required:
        raise UsageError(f"`eval {arguments.suite[0]}` needs a name behind it.", "`mockinterview eval --help` shows the usage.")
    return ""


ACTIONS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {"bless": _bless, "noise": _noise, "add": _add}
