"""The command line as it is documented in the README. Nothing is imported here that a `--help` does not need."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from mockinterview import __version__

Run = Callable[[argparse.Namespace], int]
LEVELS = ("foundation", "intermediate", "advanced")


def _lazily(module: str, function: str) -> Run:
    """Return a command that imports its module only when it runs."""

    def run(arguments: argparse.Namespace) -> int:
        command: Run = getattr(import_module(f"mockinterview.cli.{module}"), function)
        return command(arguments)

    return run


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="mockinterview",
        description="A mock interviewer for deep-learning interviews. Without a command it opens the app.",
    )
    parser.add_argument("--version", action="version", version=f"mockinterview {__version__}")
    parser.set_defaults(run=_lazily("interviews", "start"), **_start_defaults())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _interviews(commands)
    _grading(commands)
    _corpus(commands)
    _evals(commands)
    _house(commands)
    return parser


def _start_defaults() -> dict[str, object]:
    names = (
        "level", "count", "minutes", "mode", "format", "seed", "about", "backend", "judge", "base_url", "model", "corpus", "jd",
    )  # fmt: skip
    return {**dict.fromkeys(names), "topic": [], "question": [], "plain": False, "jsonl": False, "direct": False}


def _interviews(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    start = commands.add_parser("start", help="start an interview")
    start.add_argument("--topic", action="append", default=[], metavar="T", help="a topic of the bank; may be repeated")
    start.add_argument("--about", metavar="TEXT", help='a subject in your own words: "something about gradients"')
    start.add_argument("--jd", type=Path, metavar="FILE", help="a job description (plain text): the questions that it calls for")
    start.add_argument("--level", choices=LEVELS, help="only questions of this level (default: rising)")
    start.add_argument("-n", "--count", type=int, metavar="N", help="number of questions (default: 5)")
    start.add_argument("--minutes", type=float, metavar="M", help="end at the first question after M minutes")
    start.add_argument("--mode", choices=("practice", "exam"), help="score cards and hints now, or all at the end")
    start.add_argument("--format", choices=("phone", "onsite"), help="words only, or formulas and worked examples too")
    start.add_argument("--question", action="append", default=[], metavar="ID", help="exactly this question; may be repeated")
    start.add_argument("--seed", type=int, metavar="S", help="the same seed gives the same interview")
    _backend_flags(start)
    _front_end_flags(start)
    start.set_defaults(run=_lazily("interviews", "start"), direct=True)
    resume = commands.add_parser("resume", help="go on with an interview that was not finished")
    resume.add_argument("session", nargs="?", metavar="SESSION", help="its id (default: the latest unfinished one)")
    _backend_flags(resume)
    _front_end_flags(resume)
    resume.set_defaults(run=_lazily("interviews", "resume"))
    _review(commands)
    sessions = commands.add_parser("sessions", help="list, show, search, compare, mark again, export or delete past interviews")
    _sessions(sessions.add_subparsers(title="actions", metavar="ACTION", required=True))


def _review(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    review = commands.add_parser("review", help="ask again what is due (spaced repetition)")
    review.add_argument("--list", action="store_true", help="only show what is due and when the next is")
    review.add_argument("--json", action="store_true", help="with --list: one JSON document")
    review.add_argument("-n", "--count", type=int, metavar="N", help="at most N questions (default: the setting `count`)")
    review.add_argument("--seed", type=int, metavar="S", help="the same seed gives the same wording")
    _backend_flags(review)
    _front_end_flags(review)
    review.set_defaults(run=_lazily("review", "review"))


def _sessions(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listing = actions.add_parser("list", help="all sessions, newest first")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    listing.set_defaults(run=_lazily("sessions", "list_sessions"))
    show = actions.add_parser("show", help="the transcript of a session")
    show.add_argument("session", metavar="ID")
    show.add_argument("--corpus", type=Path, metavar="DIR", help="a bank of your own")
    show.set_defaults(run=_lazily("sessions", "show"))
    export = actions.add_parser("export", help="write a session to stdout or a file")
    export.add_argument("session", metavar="ID")
    export.add_argument("--format", choices=("md", "json", "html", "anki"), default="md")
    export.add_argument("-o", "--output", type=Path, metavar="FILE")
    export.add_argument("--corpus", type=Path, metavar="DIR", help="a bank of your own")
    export.set_defaults(run=_lazily("sessions", "export"))
    _history(actions)
    delete = actions.add_parser("delete", help="delete a session for good")
    delete.add_argument("session", metavar="ID")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    delete.set_defaults(run=_lazily("sessions", "delete"))


def _history(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    def action(name: str, text: str) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=text)
        parser.add_argument("--json", action="store_true", help="one JSON document")
        parser.set_defaults(run=_lazily("history", name))
        return parser

    action("search", "where something was said, in questions and answers").add_argument("text", nargs="+", metavar="TEXT")
    compare = action("compare", "two sessions, point by point, for the questions that both have")
    compare.add_argument("before", metavar="ID")
    compare.add_argument("after", metavar="ID")
    compare.add_argument("--corpus", type=Path, metavar="DIR", help="a bank of your own")
    regrade = action("regrade", "mark a session again with another grader; the stored marks stay")
    regrade.add_argument("session", metavar="ID")
    _backend_flags(regrade)
    progress = action("progress", "scores by week and topic, and what becomes due")
    progress.add_argument("--corpus", type=Path, metavar="DIR", help="a bank of your own")


def _grading(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    grade = commands.add_parser("grade", help="grade one answer, or a file of answers")
    grade.add_argument("question", nargs="?", metavar="QUESTION", help="id of the question")
    grade.add_argument("answer", nargs="?", metavar="ANSWER", help="the answer; '-' or nothing reads it from stdin")
    grade.add_argument("--batch", type=Path, metavar="FILE.jsonl", help='lines of {"id", "question", "answer"}; - reads stdin')
    grade.add_argument("--jobs", type=int, default=1, metavar="N", help="answers graded at the same time (default: 1)")
    grade.add_argument("--json", action="store_true", help="one JSON document")
    grade.add_argument("--explain", action="store_true", help="show what decided each verdict (embedded grader)")
    _backend_flags(grade)
    grade.set_defaults(run=_lazily("grade", "grade"))


def _corpus(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    corpus = commands.add_parser("corpus", help="look into the question bank and check it")
    actions = corpus.add_subparsers(title="actions", metavar="ACTION", required=True)

    def action(name: str, function: str, text: str) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=text)
        parser.add_argument("--json", action="store_true", help="one JSON document")
        parser.add_argument("--corpus", type=Path, metavar="DIR", help="a bank of your own")
        parser.set_defaults(run=_lazily("corpus", function))
        return parser

    listing = action("list", "list_questions", "all questions")
    listing.add_argument("--topic", action="append", default=[], metavar="T")
    listing.add_argument("--level", choices=LEVELS)
    show = action("show", "show", "one question with its points")
    show.add_argument("question", metavar="ID")
    search = action("search", "search", "find questions by meaning and wording")
    search.add_argument("query", metavar="QUERY")
    search.add_argument("-k", type=int, default=5, metavar="K", help="number of results (default: 5)")
    check = action("check", "check", "prove what a program can prove about a bank")
    check.add_argument("--documents", type=Path, metavar="DIR", help="also compare with the source documents (*.txt in DIR)")
    action("coverage", "coverage", "which question covers which number of the source documents")
    action("graph", "graph", "the graph of follow-ups, as Mermaid or JSON")


def _evals(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("eval", help="did the grading or the interviewing get worse, and where?")
    parser.add_argument("suite", nargs="*", metavar="SUITE", help="grading, floor, metamorphic, interview, retrieval, or a path; "
                        "or an action: bless [RUN], noise, add SESSION")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="list the cases and run nothing")
    for name, text in (("question", "only this question"), ("topic", "only this topic"), ("kind", "only this kind of case")):
        parser.add_argument(f"--{name}", action="append", default=[], metavar=name[0].upper(), help=f"{text}; may be repeated")
    parser.add_argument("--sample", type=int, metavar="N", help="N cases, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--epochs", type=int, default=1, metavar="N", help="how often each case is run (default: 1)")
    parser.add_argument("--jobs", type=int, metavar="N", help="cases at the same time (default: 20, embedded: one a core)")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="ray: over the cluster of RAY_ADDRESS")
    parser.add_argument("--case-timeout", type=float, default=120.0, metavar="S", help="seconds a case may take (default: 120)")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with this baseline")
    parser.add_argument("--gates", type=Path, metavar="FILE", help="thresholds (default: evals/gates.toml)")
    parser.add_argument("--resume", nargs="?", const="", metavar="RUN", help="go on with a run (default: the latest)")
    reports = {
        "json": "everything as JSON", "junit": "JUnit XML: each gate is a test", "markdown": "a comment for a pull request",
        "html": "one self-contained page", "inspect": "a log for the viewer of Inspect AI",
    }  # fmt: skip
    for name, text in reports.items():
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write {text}; - is stdout")
    parser.add_argument("--dry-run", action="store_true", help="count requests, tokens and cost; ask nobody")
    parser.add_argument("--max-cost", type=float, metavar="C", help="stop once the requests have cost this much")
    parser.add_argument("--no-cache", action="store_true", help="ask again what was asked before")
    parser.add_argument("--replay", action="store_true", help="take every reply from the cache; needs no key and no server")
    parser.add_argument("--changed", metavar="REV", help="only questions whose files changed since a git revision")
    _evals_places(parser)
    _backend_flags(parser)
    parser.set_defaults(run=_lazily("evals", "evaluate"))


def _evals_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", help="where runs are kept")
    parser.add_argument("--evals", type=Path, metavar="DIR", help="a folder with cases/, gates.toml and baselines/")
    parser.add_argument("--to", type=Path, metavar="FILE", help="bless, add: the file to write to")


def _house(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    models = commands.add_parser("models", help="which language models are there, and whether they work")
    models.add_argument("--json", action="store_true", help="one JSON document")
    models.add_argument("--test", metavar="B", help="grade one real answer with this backend")
    models.add_argument("--fetch-encoding", metavar="NAME", help="fetch a token table for exact counts: o200k_base, cl100k_base")
    _backend_flags(models)
    models.set_defaults(run=_lazily("models", "models"))
    doctor = commands.add_parser("doctor", help="check this installation and say what to mend")
    doctor.add_argument("--json", action="store_true", help="one JSON document")
    doctor.add_argument("--repair", action="store_true", help="first save what can be read of a damaged session log")
    doctor.set_defaults(run=_lazily("doctor", "doctor"))
    serve = commands.add_parser("serve", help="the app in a browser (needs the extra `web`)")
    serve.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen at (default: this machine only)")
    serve.add_argument("--port", type=int, default=8765, metavar="P", help="port to listen at; 0 takes a free one (default: 8765)")
    _backend_flags(serve)
    serve.set_defaults(run=_lazily("serve", "serve"))
    config = commands.add_parser("config", help="show the settings and where they came from")
    actions = config.add_subparsers(title="actions", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="each setting, its value and its source")
    show.add_argument("--json", action="store_true", help="one JSON document")
    show.set_defaults(run=_lazily("doctor", "config_show"))
    actions.add_parser("path", help="where the settings file belongs").set_defaults(run=_lazily("doctor", "config_path"))


def _backend_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("models and bank")
    group.add_argument("--backend", metavar="B", help='"embedded" (default), a name from config.toml, or gguf:FILE')
    group.add_argument("--judge", metavar="B", help='grade with another backend; "words": embedded, without the neural layer')
    group.add_argument("--base-url", metavar="URL", help="address of an OpenAI-compatible server")
    group.add_argument("--model", metavar="NAME", help="model to ask for there")
    group.add_argument("--corpus", type=Path, metavar="DIR", help="a bank of your own")


def _front_end_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--plain", action="store_true", help="plain lines instead of the app")
    group.add_argument("--jsonl", action="store_true", help="every event as one line of JSON")
