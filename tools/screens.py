"""Make the pictures of each screen in docs/screens, from the shipped bank and the embedded grader.

    python tools/screens.py [FOLDER]

The pictures are SVG without any font or address to load. The session is held in a folder that is thrown away.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
ANSWER = "The output is n plus 2p minus f, divided by the stride, rounded down, plus one; padding keeps the borders."


async def until(pilot: Any, holds: Callable[[], object]) -> None:
    """Let the app run until a condition holds."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not holds():
        if asyncio.get_running_loop().time() > end:
            raise SystemExit("A screen did not come.")
        await pilot.pause(0.05)
    await pilot.pause(0.2)


async def picture(app: Any, folder: Path, name: str) -> None:
    """Write what is on screen."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", app.export_screenshot(title="mockinterview"), flags=re.DOTALL)
    folder.joinpath(f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"{name}.svg")


async def walk(folder: Path) -> None:
    """Go through all screens."""
    from mockinterview.cli.app import load
    from mockinterview.cli.arguments import build_parser
    from mockinterview.tui.app import InterviewApp

    app = InterviewApp(lambda: load(build_parser().parse_args([])))
    async with app.run_test(size=(100, 32)) as pilot:
        await until(pilot, lambda: getattr(app.screen, "_ready", False))
        await picture(app, folder, "start")
        await interview(app, pilot, folder)
        await pilot.press("p")
        await until(pilot, lambda: getattr(app.screen, "shown", None))
        await picture(app, folder, "history")
        await pilot.press("f7")
        await until(pilot, lambda: "Score by topic" in str(app.screen.query_one("#progress").render()))
        await picture(app, folder, "progress")


async def interview(app: Any, pilot: Any, folder: Path) -> None:
    """Hold an interview over one question and end it; leaves the report on screen."""
    from mockinterview.tui.core import Wishes
    from mockinterview.tui.start import StartScreen

    app.screen.post_message(StartScreen.Begin(Wishes(questions=("conv-output-size",), count=1, format="onsite", seed=1)))
    await until(pilot, lambda: hasattr(app.screen, "talk") and app.screen.talk.number == 1 and not app.screen.busy)
    app.screen.editor.text, app.screen.editor.board.text = ANSWER, "(7 + 2*0 - 5) / 1 + 1 = 3"
    await picture(app, folder, "whiteboard")
    await shot_after(app, pilot, folder, "interview", lambda: pilot.press("enter"))
    await pilot.press("escape", *"/end", "enter")
    await until(pilot, lambda: app.screen.talk.asked_to_end and not app.screen.busy)
    await pilot.press(*"yes", "enter")
    await until(pilot, lambda: type(app.screen).__name__ == "ReportScreen")
    await picture(app, folder, "report")
    await pilot.press("enter")
    await until(pilot, lambda: type(app.screen).__name__ == "QuestionPanel")
    await picture(app, folder, "question")
    await pilot.press("d")
    await until(pilot, lambda: type(app.screen).__name__ == "DisputePanel")
    await picture(app, folder, "dispute")
    await pilot.press("escape")


async def shot_after(app: Any, pilot: Any, folder: Path, name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Take a picture once a step is done with."""
    before = len(app.screen.talk.events)
    await step()
    await until(pilot, lambda: len(app.screen.talk.events) > before + 1 and not app.screen.busy)
    await picture(app, folder, name)


def main() -> int:
    """Make all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["MOCKINTERVIEW_HOME"] = home
        sys.path.insert(0, str(ROOT / "src"))
        asyncio.run(walk(folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
