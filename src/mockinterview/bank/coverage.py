"""Which question covers which number of the source documents, and how the follow-ups hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from mockinterview.bank.load import data_dir
from mockinterview.errors import BankError
from mockinterview.models import Bank


@dataclass(frozen=True, slots=True)
class Sources:
    """What `sources.yaml` says: the documents' numbers, the concepts by topic, and the documented follow-ups (from, to)."""

    titles: Mapping[str, str]
    numbers: Mapping[str, tuple[str, ...]]
    concepts: Mapping[str, tuple[str, ...]]
    follow_ups: tuple[tuple[str, str], ...]


def load_sources(corpus: Path | None = None) -> Sources | None:
    """Return the contents of `sources.yaml`, or None where a bank has none; raise BankError where it is damaged."""
    file = (corpus or data_dir("corpus")) / "sources.yaml"
    if not file.is_file():
        return None
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        return Sources(
            {key: doc["title"] for key, doc in data["documents"].items()},
            {key: tuple(doc["numbers"]) for key, doc in data["documents"].items()},
            {topic: tuple(ids) for topic, ids in data["concepts"].items()},
            tuple((edge["from"], edge["to"]) for edge in data["follow_ups"]),
        )
    except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BankError(f"{file} cannot be read: {error}.", "Restore it from the repository.") from error


def coverage(bank: Bank, sources: Sources | None) -> dict[str, dict[str, str | None]]:
    """Return for each document and number the id of the question that covers it, or None."""
    table: dict[str, dict[str, str | None]] = {
        doc: dict.fromkeys(numbers) for doc, numbers in (sources.numbers.items() if sources else ())
    }
    for question in bank:
        for source in question.sources:
            table.setdefault(source.doc, {})[source.label] = question.id
    return table


def graph(bank: Bank) -> list[dict[str, str]]:
    """Return the follow-ups as edges with `from`, `to`, `when` and `origin`."""
    return [{"from": q.id, "to": edge.to, "when": edge.when, "origin": edge.origin} for q in bank for edge in q.follow_ups]


def mermaid(bank: Bank) -> str:
    """Return the graph of follow-ups as a Mermaid flowchart; documented edges are thick."""
    lines = ["flowchart LR"]
    for topic in bank.topics:
        lines.append(f"  subgraph {topic}")
        lines += [f"    {q.id}" for q in bank if q.topic == topic]
        lines.append("  end")
    for edge in graph(bank):
        arrow = "==>" if edge["origin"] == "documented" else "-->"
        label = "" if edge["when"] == "always" else f"|{edge['when'].replace(':', ' ')}|"
        lines.append(f"  {edge['from']} {arrow}{label} {edge['to']}")
    return "\n".join(lines)


def pieces(bank: Bank) -> list[set[str]]:
    """Return the connected pieces of the graph of follow-ups, largest first, directions left aside."""
    neighbours: dict[str, set[str]] = {q.id: set() for q in bank}
    for edge in graph(bank):
        if edge["to"] in neighbours:
            neighbours[edge["from"]].add(edge["to"])
            neighbours[edge["to"]].add(edge["from"])
    found: list[set[str]] = []
    left = set(neighbours)
    while left:
        piece, frontier = set[str](), {min(left)}
        while frontier:
            piece |= frontier
            frontier = {n for node in frontier for n in neighbours[node]} - piece
        found.append(piece)
        left -= piece
    return sorted(found, key=len, reverse=True)
