"""Score cards: a verdict as sign and word, the claim, the quote, the correction. All of it is shown literally."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from types import MappingProxyType

from textual import events
from textual.content import Content
from textual.css.styles import RulesMap
from textual.geometry import Size
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widget import Widget

from mockinterview.grading.score import EXERCISE
from mockinterview.interview.state import Talk, Thread
from mockinterview.models import Assessment, PointDisputed, PointVerdict, Question, Verdict
from mockinterview.report import MORE_TO_IT, SIGNS, corrections, new_to, notes, open_text, result_text, score_text, so_far_text
from mockinterview.sanitize import clean
from mockinterview.tui.formulas import readable
from mockinterview.tui.keys import label

STYLES: dict[Verdict, str] = {
    "hit": "bold $text-success",
    "partial": "bold $text-warning",
    "miss": "bold $text-muted",
    "contradicted": "bold $text-error",
}
CLOSED = {
    "done": "",
    "skipped": "skipped",
    "not_shown": "not answered",
    "dont_know": "not known",
    "time": "time is over",
    "ended": "ended early",
}
WIDTHS_KEPT = 3
COLUMN = 15  # cells for sign and word; "! contradicted" is the longest
Row = tuple[str, str, Content]  # sign and word, their style, the text beside them; no sign for a line over the whole width


class Card(Widget):
    """Rows with a narrow left column; the right one wraps beside it, at any width."""

    DEFAULT_CSS = "Card { height: auto; width: 1fr; }"

    def __init__(self, rows: Sequence[Row], classes: str = "", *, column: int = COLUMN, id: str | None = None) -> None:  # noqa: A002
        super().__init__(classes=classes, id=id)
        self.rows = tuple(rows)
        self._column = column
        self._wrapped: dict[int, list[Content]] = {}

    def show(self, rows: Sequence[Row]) -> None:
        """Show other rows from now on."""
        self.rows = tuple(rows)
        self._wrapped.clear()
        self.refresh(layout=True)

    @property
    def plain(self) -> str:
        """The text of the card, one line a row."""
        return "\n".join(f"{sign:<{self._column}}{text.plain}" if sign else text.plain for sign, _, text in self.rows)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Return the number of lines at a width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Return all lines at the present width."""
        return Content("\n").join(self._lines(self.content_size.width))

    def on_resize(self, _: events.Resize) -> None:
        """Wrap anew."""
        self.refresh()

    def _lines(self, width: int) -> list[Content]:
        # Textual asks for the height at every layout, with and without room for a scroll bar; a long talk has thousands of lines.
        if width not in self._wrapped:
            if len(self._wrapped) >= WIDTHS_KEPT:
                self._wrapped.clear()
            room = max(width, 2 * self._column)
            self._wrapped[width] = [line for row in self.rows for line in _wrapped(row, room, self._column)]
        return self._wrapped[width]


class Hanging(Visual):
    """A row as an entry of a list: what wraps stands below the text and not below the sign."""

    def __init__(self, row: Row, column: int = COLUMN) -> None:
        self._row, self._column = row, column

    @property
    def plain(self) -> str:
        """The text on one line."""
        return f"{self._row[0]:<{self._column}}{self._row[2].plain}"

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Return the lines at a width."""
        return self._at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Return the width without any wrapping, in cells."""
        return self._column + self._row[2].cell_length

    def get_height(self, rules: RulesMap, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Return the number of lines at a width."""
        return len(list(_wrapped(self._row, max(width, 2 * self._column), self._column)))

    def _at(self, width: int) -> Content:
        return Content("\n").join(_wrapped(self._row, max(width, 2 * self._column), self._column))


def _wrapped(row: Row, width: int, column: int) -> Iterator[Content]:
    sign, style, text = row
    if not sign:
        yield from text.wrap(width)
        return
    indent = " " * (len(sign) - len(sign.lstrip()))
    signs = wrap(sign, column - 1, subsequent_indent=indent)
    for left, line in zip_longest(signs, text.wrap(width - column)):
        yield Content.assemble((f"{left or '':<{column}}", style), line or "")


def answer_rows(thread: Thread, assessment: Assessment, expected: float | None = None) -> list[Row]:
    """Return the card of an answer while its question is open: what was shown, and of the rest only how much it is.

    The claim of a missed or half-shown point and the correction of a belief would give away what a follow-up is after. `expected`
    is the result of the exercise that was answered.
    """
    if assessment.says_nothing:  # it is asked again, so there is no standing to tell
        return [_head(" ".join(notes(assessment)), _markers([assessment]))]
    missed = len(thread.missed_core())
    head = _head(so_far_text(thread.score_after, missed), _markers([assessment]))
    rows = [head, *(_line(note) for note in notes(assessment))]
    for verdict in new_to(assessment, thread.earned_before):
        rows += _shown_point(thread.question, verdict)
    if expected is not None:
        rows.append(("= expected", STYLES["miss"], Content(result_text(thread.question, expected))))
    if missed and assessment.score is not None:
        rows.append(("- open", STYLES["miss"], Content(open_text(missed))))
    return rows


def closing_rows(thread: Thread, own: Mapping[str, PointDisputed] = MappingProxyType({})) -> list[Row]:
    """Return the card of a question that is done: every core point and every mistake, with its correction.

    One that was skipped may still be taken up again, so its card tells nothing of them. `own` are the candidate's own marks.
    """
    closed = thread.closed
    assert closed is not None  # only closed questions have this card
    if thread.untouched and not thread.parent:
        told = f". {label('back')} comes back to it while the interview lasts; the report tells what was expected."
        return [("", "", Content.assemble((clean(f"Skipped: {thread.question.id}"), "bold"), (told, "dim")))]
    late = "" if closed.at_once == closed.after_follow_up else f" at once, {score_text(closed.after_follow_up)} after follow-up"
    why = f" ({CLOSED[closed.reason]})" if CLOSED[closed.reason] else ""
    markers = _markers([mark.assessment for mark in thread.marks])
    head = _head(f"Done: {thread.question.id}{why}: {score_text(closed.at_once)}{late}", markers)
    ways = f"{label('model_answer')} shows the model answer, {label('dispute')} disputes a mark."
    return [head, *point_rows(thread, own), *([("", "", Content.styled(ways, "dim"))] if thread.answers else [])]


def disputes(talk: Talk, question_id: str) -> dict[str, PointDisputed]:
    """Return the candidate's own last mark on each disputed point of a question."""
    own = (e for e in talk.events if isinstance(e, PointDisputed) and e.question_id == question_id)
    return {event.point_id: event for event in own}


def dispute_text(event: PointDisputed, about: str = "") -> str:
    """Return a dispute in one sentence that says whose mark it is; without `about` it stands below the point that it is about."""
    point = f": {about}" if about else ""
    why = f" ({event.reason})" if event.reason else ""
    return f"your own mark, which changes no score: {SIGNS[event.verdict]}{point}{why}"


def dispute_line(question: Question, event: PointDisputed) -> str:
    """Return a dispute in one sentence that names question and point, for where neither of them is near."""
    claims = {point.id: point.claim for point in question.points}
    return f"{question.id}: {dispute_text(event, claims.get(event.point_id, event.point_id))}"


def point_rows(thread: Thread, own: Mapping[str, PointDisputed] = MappingProxyType({})) -> list[Row]:
    """Return a question's points with their last verdicts, bonus points only where they were earned, and its corrections.

    Without any mark nothing was missed: the core points are what was expected. `own` are the candidate's own marks, which stand
    below those of the grader.
    """
    if not thread.graded:
        return [("- expected", STYLES["miss"], Content(readable(clean(point.claim)))) for point in thread.question.core]
    rows: list[Row] = []
    for point in thread.question.points:
        verdict = thread.verdicts.get(point.id, "miss")
        if point.kind == "core" or verdict != "miss":
            late = _late(thread, point.id)
            bonus = " (bonus)" if point.kind == "bonus" else ""
            rows += _verdict(verdict, f"{point.claim}{bonus}{late}", _evidence(thread, point.id))
            rows += [(" ", "", Content(clean(dispute_text(own[point.id]))))] if point.id in own else []
    for stated in {m.id: m for mark in thread.marks for m in mark.assessment.misconceptions}.values():
        rows.append(("! mistaken", STYLES["contradicted"], _quote(stated.evidence)))
        rows += [(" ", "", Content(readable(clean(right)))) for right in corrections(thread.question, [stated.id])]
    return rows


def _late(thread: Thread, point_id: str) -> str:
    if thread.verdicts.get(point_id) == "hit" and point_id in thread.hinted:
        return " (after a hint)"
    return " (after follow-up)" if point_id in thread.late else ""


def _markers(assessments: Sequence[Assessment]) -> list[str]:
    """Return who marked these, each once."""
    return list(dict.fromkeys(a.graded_by for a in assessments if a.judged))


def _head(told: str, marked_by: Sequence[str]) -> Row:
    marks = f"   marked by {', '.join(marked_by)}" if marked_by else ""
    return "", "", Content.assemble((clean(told), "bold"), (clean(marks), "dim"))


def _line(text: str) -> Row:
    return "", "", Content(clean(text))


def _shown_point(question: Question, verdict: PointVerdict) -> list[Row]:
    if verdict.id == EXERCISE:
        return _verdict(verdict.verdict, "the result of the exercise", verdict.evidence)
    if verdict.verdict == "partial":
        return _verdict("partial", MORE_TO_IT, verdict.evidence)
    claims = {point.id: point.claim for point in question.points}
    return _verdict("hit", claims.get(verdict.id, verdict.id), verdict.evidence) if verdict.verdict == "hit" else []


def _verdict(verdict: Verdict, told: str, evidence: str) -> list[Row]:
    rows: list[Row] = [(SIGNS[verdict], STYLES[verdict], Content(readable(clean(told))))]
    return [*rows, (" ", "", _quote(evidence))] if evidence else rows


def _quote(evidence: str) -> Content:
    return Content.assemble(("you said: ", "dim"), (f"“{readable(' '.join(clean(evidence).split()))}”", "italic"))


def _evidence(thread: Thread, point_id: str) -> str:
    quotes = [p.evidence for mark in thread.marks for p in mark.assessment.points if p.id == point_id and p.evidence]
    return quotes[-1] if quotes else ""
