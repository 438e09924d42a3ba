"""How it reads: score cards and reports as lines (`lines`), what a transcript holds (`transcript`), its files (`files`)."""

from mockinterview.report.files import TEXTS, as_html, as_json, as_markdown
from mockinterview.report.lines import (
    MORE_TO_IT,
    NOTHING_STATED,
    SIGNS,
    bar,
    closing_lines,
    corrections,
    counts_text,
    new_to,
    notes,
    open_card_lines,
    open_text,
    report_lines,
    result_text,
    score_card_lines,
    score_text,
    so_far_text,
)
from mockinterview.report.transcript import disclosed

__all__ = [
    "MORE_TO_IT",
    "NOTHING_STATED",
    "SIGNS",
    "TEXTS",
    "as_html",
    "as_json",
    "as_markdown",
    "bar",
    "closing_lines",
    "corrections",
    "counts_text",
    "disclosed",
    "new_to",
    "notes",
    "open_card_lines",
    "open_text",
    "report_lines",
    "result_text",
    "score_card_lines",
    "score_text",
    "so_far_text",
]
