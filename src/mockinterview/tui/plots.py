"""Plots of the progress screen as text, drawn by plotext. The only file that knows it.

plotext itself and not textual-plotext: that has had no release since 2024 and asks for a plotext below 6, which is the present one.
Its colours are left out: the theme of the app gives colour, and every series has a sign of its own, so that none is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

AT_ONCE, AFTER = "o", "+"  # signs of the two series
SCORES = (0, 10)
LEAST = 40  # columns of the narrowest plot
_one_at_a_time = Lock()  # plotext has one figure for the whole process


def score_lines(labels: Sequence[str], at_once: Sequence[float | None], after: Sequence[float | None], width: int) -> str:
    """Return two lines over the weeks that `labels` name: scores (0-10) at once and after follow-up; None leaves a gap."""

    def draw(figure: Any) -> None:
        for sign, scores in ((AFTER, after), (AT_ONCE, at_once)):
            known = [(place, score) for place, score in enumerate(scores) if score is not None]
            signal = figure.signal([place for place, _ in known], [score for _, score in known], marker=sign)
            if len(known) > 1:
                signal.lines()
            figure.draw(signal)
        figure.ruler(1, 0).lim(*SCORES)
        figure.ruler(1, 0).ticks([0, 5, 10])
        every = max(1, len(labels) * 7 // width + 1)
        figure.ruler(0, 0).ticks(list(range(0, len(labels), every)), list(labels[::every]))

    return _drawn(draw, width, 12)


def score_bars(scores: Mapping[str, float], width: int) -> str:
    """Return a bar for each name, from 0 to 10, the first one on top."""

    def draw(figure: Any) -> None:
        names = list(scores)[::-1]
        labels = [f"{name} {scores[name]:g}" for name in names]
        figure.draw(figure.bar(labels, [scores[name] for name in names], orientation="h", width=0.4))
        figure.ruler(0, 0).lim(*SCORES)
        figure.ruler(0, 0).ticks([0, 5, 10])

    return _drawn(draw, width, 2 * len(scores) + 3)


def count_bars(counts: Mapping[str, int], width: int) -> str:
    """Return a column for each name with its whole number."""

    def draw(figure: Any) -> None:
        most = max(counts.values(), default=0) or 1
        figure.draw(figure.bar(list(counts), list(counts.values()), width=0.5))
        figure.ruler(1, 0).lim(0, most)
        figure.ruler(1, 0).ticks(sorted({0, (most + 1) // 2, most}))

    return _drawn(draw, width, 9)


def _drawn(draw: Any, width: int, height: int) -> str:
    import plotext

    with _one_at_a_time:
        plotext.terminal.limit(False, False)  # noqa: FBT003 - in a browser there is no terminal to read a size from
        plotext.figure.clear()
        plotext.figure.plot_size(max(width, LEAST), height)
        draw(plotext.figure)
        text: str = plotext.uncolorize(str(plotext.figure.build()))
    return "\n".join(line.rstrip() for line in text.rstrip("\n").split("\n"))
