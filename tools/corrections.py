"""Writes docs/corrections.md from the bank: what popular interview notes get wrong, what is right, and where it stands.

python tools/corrections.py          write the page
python tools/corrections.py --check  exit 1 where the page is not what the bank says
"""

from __future__ import annotations

import sys
from pathlib import Path

from mockinterview.bank.coverage import load_sources
from mockinterview.bank.load import load_bank
from mockinterview.models import Bank, Question

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "corrections.md"
INTRODUCTION = """# What interview notes get wrong

Five widely copied collections of deep-learning interview questions were the starting point of this bank. They are often wrong,
out of date, or contradict each other. For each question below: beliefs that they print or invite, and what is right. The
numbers are those under which the documents ask the question. This page is made from the bank (`python tools/corrections.py`).
"""


def page(bank: Bank) -> str:
    """Return the page as Markdown."""
    sources = load_sources(ROOT / "corpus")
    titles = [f"- **{key}**: {title}" for key, title in (sources.titles.items() if sources else ())]
    parts = [INTRODUCTION, "\n".join(titles) + "\n"]
    for topic in bank.topics:
        corrected = [q for q in bank if q.topic == topic and q.corrects and q.misconceptions]
        if corrected:
            parts += [f"## {topic}\n", *map(_entry, corrected)]
    return "\n".join(parts)


def _entry(question: Question) -> str:
    places = ", ".join(f"{s.doc} #{s.label}" for s in question.sources) or "inside another answer"
    lines = [f"### {question.ask}", "", f"`{question.id}` · {places} · {', '.join(question.corrects)}", ""]
    for wrong in question.misconceptions:
        lines += [f"- *Not so:* {wrong.belief}", f"  *Right:* {wrong.correction}"]
    if question.note:
        lines += ["", f"Recast: {question.note}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the page; return the exit code."""
    wanted = page(load_bank(ROOT / "corpus").bank)
    if "--check" in sys.argv:
        return int(PAGE.read_text(encoding="utf-8") != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(wanted.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
