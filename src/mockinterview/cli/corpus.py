"""`corpus`: look into the bank and check it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mockinterview.bank.coverage import coverage as coverage_table
from mockinterview.bank.coverage import graph as follow_up_graph
from mockinterview.bank.coverage import load_sources, mermaid
from mockinterview.cli.compose import Workshop, warn
from mockinterview.cli.output import put_json, put_lines
from mockinterview.errors import UsageError

if TYPE_CHECKING:
    from mockinterview.models import Question


def list_questions(arguments: argparse.Namespace) -> int:
    """List the questions, all or those of topics and a level."""
    workshop = _workshop(arguments)
    for topic in arguments.topic:
        workshop.bank.check_topic(topic)
    found = [
        q for q in workshop.bank if q.topic in (arguments.topic or workshop.bank.topics) and arguments.level in (None, q.level)
    ]
    if arguments.json:
        put_json([{"id": q.id, "topic": q.topic, "level": q.level, "ask": q.ask} for q in found])
    else:
        width = max((len(q.id) for q in found), default=0)
        put_lines(f"{q.id:<{width}}  {q.level:<12}  {q.ask}" for q in found)
    return _exit_code(workshop)


def show(arguments: argparse.Namespace) -> int:
    """Show one question with everything in it."""
    question = _workshop(arguments).bank.get(arguments.question)
    if arguments.json:
        put_json(question.model_dump(mode="json"))
    else:
        put_lines(_question_lines(question))
    return 0


def _question_lines(question: Question) -> list[str]:
    lines = [f"{question.id}  ({question.topic}, {question.level})", "", question.ask, ""]
    for point in question.points:
        lines += [f"{point.kind} {point.weight}  {point.id}: {point.claim}"]
        lines += [f"          says: {says}" for says in point.says]
        lines += [f"          denies: {denial}" for denial in point.denials]
    lines += ["", "Misconceptions:"]
    lines += [f"  {m.id}: {m.belief}\n    right: {m.correction}" for m in question.misconceptions]
    lines += ["", "Leads to:"]
    lines += [f"  {edge.to} ({edge.origin}, {edge.when})" for edge in question.follow_ups]
    lines += ["", "Model answer:", question.model_answer, question.formulas]
    return lines


def search(arguments: argparse.Namespace) -> int:
    """Search the bank by meaning and wording."""
    if arguments.k < 1:
        raise UsageError(f"-k {arguments.k} is no number of results.", "Give a number from 1 on.")
    workshop = _workshop(arguments)
    found = workshop.retriever.questions(arguments.query, k=arguments.k)
    if arguments.json:
        put_json([{"question": p.question_id, "score": round(p.score, 4)} for p in found])
    else:
        put_lines(f"{p.score:.3f}  {p.question_id:<34} {workshop.bank.get(p.question_id).ask}" for p in found)
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Prove what a program can prove about the bank; exit code 1 where something is wrong."""
    from mockinterview.bank.check import check_bank

    workshop = _workshop(arguments, quiet=True)
    sources = load_sources(workshop.settings.corpus)
    findings = check_bank(workshop.bank, sources, workshop.words_grader, arguments.documents)
    faults = workshop.loaded_bank.faults
    if arguments.json:
        put_json(
            {
                "questions": len(workshop.bank),
                "faults": [{"file": str(f.file), "line": f.line, "field": f.field, "reason": f.reason} for f in faults],
                "findings": [{"question": f.question, "problem": f.problem} for f in findings],
            }
        )
    else:
        put_lines([*map(str, faults), *map(str, findings)])
        put_lines([f"{len(workshop.bank)} questions, {len(faults)} broken files, {len(findings)} findings."])
    return 1 if faults or findings else 0


def coverage(arguments: argparse.Namespace) -> int:
    """Tell which question covers which number of the source documents; exit code 1 where a number is left."""
    workshop = _workshop(arguments)
    table = coverage_table(workshop.bank, load_sources(workshop.settings.corpus))
    missing = [f"{doc} number {number}" for doc, row in table.items() for number, found in row.items() if found is None]
    if arguments.json:
        put_json(table)
    else:
        put_lines(f"{doc} {number:>5}  {found or 'NOT COVERED'}" for doc, row in table.items() for number, found in row.items())
    for name in missing:
        warn(f"not covered: {name}")
    return 1 if missing else 0


def graph(arguments: argparse.Namespace) -> int:
    """Print the graph of follow-ups."""
    bank = _workshop(arguments).bank
    if arguments.json:
        put_json({"nodes": [{"id": q.id, "topic": q.topic, "level": q.level} for q in bank], "edges": follow_up_graph(bank)})
    else:
        put_lines([mermaid(bank)])
    return 0


def _workshop(arguments: argparse.Namespace, *, quiet: bool = False) -> Workshop:
    workshop = Workshop.from_arguments(arguments)
    if not quiet:
        workshop.warn_of_faults()
    return workshop


def _exit_code(workshop: Workshop) -> int:
    return 1 if workshop.loaded_bank.faults else 0
