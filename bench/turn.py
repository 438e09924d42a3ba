"""What our code adds to a graded turn, and how soon a streamed word is on the screen; the server is on loopback.

    python bench/turn.py [ROUNDS]

Prints the time of a direct SDK call with the same payload and of a whole graded turn (look at the form, prompt, budget, request,
quotes, score); then the delay from a word's arrival in this process to its being yielded; then the delay from its arrival to the
screen update that shows it, in the real app without a terminal (120x40, its bank, store and model from the settings) while words
stream every 30 ms, the first of them at once or after the 0.3 s that a quick model takes for it: at once it meets the layout of the
card of the answer. The search index is ready by then. Beside that a bare Textual app that puts a word into a Static or behind a
Markdown. A screen update is counted when its escape sequences are made, which is what a terminal would be sent. The load of the
machine is told with the figures.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "llm"))

import loopback  # noqa: E402  (the scripted server lives with the tests)

import mockinterview.tui  # noqa: E402, F401  (sets what Textual reads at its import, which the bare apps come first with)
from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.cli import GARBAGE  # noqa: E402
from mockinterview.grading.embedded import EmbeddedGrader  # noqa: E402
from mockinterview.grading.judge import ModelGrader, form_of  # noqa: E402
from mockinterview.interview.model_voice import ModelInterviewer  # noqa: E402
from mockinterview.llm.model import Model  # noqa: E402
from mockinterview.llm.server import ServerDoor  # noqa: E402
from mockinterview.models import BackendSettings, Move, Question  # noqa: E402
from mockinterview.ports import Scene  # noqa: E402
from mockinterview.prompts import Prompts  # noqa: E402

SPOKEN = "Take one neuron and 32 pictures. What is done to its 32 numbers?"
TARGET_RATIO, TARGET_MS = 1.5, 30.0
BETWEEN = 0.03  # seconds between two streamed words
FIRST = 0.3  # seconds that a quick model takes for its first word
TYPING = 0.2  # seconds before an answer is sent, in which the app does what it does while nobody waits
QUIET = 0.7  # load average up to which the machine is called quiet; the bench itself makes some
PATIENCE = 120.0
ANSWER = (
    "so in training you subtract the batch mean and divide by the batch std for each channel, then there is gamma and beta which "
    "are learned. at test time you use the running averages. it makes training faster because you can use a bigger learning rate, "
    "and it is a bit like a regulariser."
)


def main() -> int:
    """Run both parts and print their figures; with `serve`, be the server, which needs an interpreter lock of its own."""
    if sys.argv[1:2] == ["serve"]:
        return _serve_talk(float(sys.argv[3])) if "talk" in sys.argv else _serve()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    bank = load_bank(ROOT / "corpus").bank
    question = bank.get("batch-normalisation")
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        settings = BackendSettings(name="bench", base_url=server.stdout.readline().strip(), model="scripted", context_window=16384)
        model, prompts = Model(settings, ServerDoor(settings, "")), Prompts(ROOT / "prompts")
        embedded = EmbeddedGrader(bank)
        asyncio.run(_turns(rounds, model, question, ModelGrader(model, prompts, embedded, form_of(embedded))))
        asyncio.run(_stream(max(rounds // 5, 20), ModelInterviewer(model, prompts, bank), question))
        server.terminate()
    _screens(max(rounds // 2, 20))
    return 0


def _serve() -> int:
    """Answer judge requests with good quotes and streams with the question, until the parent ends this process."""
    question = load_bank(ROOT / "corpus").bank.get("batch-normalisation")
    short, long = (loopback.say(json.dumps(_reply(question, answer))) for answer in (ANSWER, question.model_answer))
    server, streamed = loopback.Loopback(), loopback.say(SPOKEN)

    def act(handler: loopback.Handler, body: dict[str, object]) -> None:
        act = streamed if body.get("stream") else short if ANSWER[:40] in str(body["messages"]) else long
        act(handler, body)

    server.otherwise = act
    print(server.url, flush=True)
    signal.pause()
    return 0


async def _turns(rounds: int, model: Model, question: Question, grader: ModelGrader) -> None:
    """Time direct calls and graded turns in turn, so that both see the same load of the machine."""
    door = model.door
    sent: list[dict[str, object]] = []
    arguments = door._arguments  # type: ignore[attr-defined]  # noqa: SLF001
    door._arguments = lambda *a, **k: sent.append(arguments(*a, **k)) or sent[-1]  # type: ignore[attr-defined]  # noqa: SLF001
    for label, answer in (("54 words", ANSWER), ("137 words", question.model_answer)):
        await grader.grade(question, answer)
        payload, client = sent[-1], door._opened()  # type: ignore[attr-defined]  # noqa: SLF001  (same payload, same pool)
        direct, turns = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            await client.chat.completions.create(**payload)
            direct.append(time.perf_counter() - started)
            started = time.perf_counter()
            mark = await grader.grade(question, answer)
            turns.append(time.perf_counter() - started)
            assert mark.graded_by == "scripted"
        call, turn = statistics.median(direct), statistics.median(turns)
        print(
            f"answer of {label:<9} direct call p50 {1000 * call:5.2f} ms, graded turn p50 {1000 * turn:5.2f} ms: "
            f"added {(turn - call) / call:.2f} x the call (target < {TARGET_RATIO})"
        )


def _reply(question: Question, answer: str) -> dict[str, object]:
    """Return what a good judge sends: a stretch of eight words as quote for every point, and no misconception."""
    words = answer.split()
    quotes = [" ".join(words[at : at + 8]) for at in range(0, 6 * len(question.points), 6)]
    points = {p.id: {"quote": quote, "verdict": "hit"} for p, quote in zip(question.points, quotes, strict=True)}
    return {"points": points, "misconceptions": {m.id: {"quote": ""} for m in question.misconceptions}}


async def _stream(rounds: int, voice: ModelInterviewer, question: Question) -> None:
    """Time from the moment at which the SDK hands over the first word to the moment at which `say` yields one."""
    move = Move(origin="probe", question_id=question.id, target="standardise", text=SPOKEN)
    scene = Scene(question=question, seed=1, turn=1)
    arrived: list[float] = []
    inner = voice.model.door.stream  # type: ignore[attr-defined]

    async def watched(request):  # noqa: ANN001, ANN202
        first = True
        async for delta in inner(request):
            if first and delta.text:
                arrived.append(time.perf_counter())
                first = False
            yield delta

    voice.model.door.stream = watched  # type: ignore[attr-defined]
    delays = []
    for _ in range(rounds):
        pieces = voice.say(move, scene)
        await anext(pieces)
        delays.append(1000 * (time.perf_counter() - arrived[-1]))
        async for _ in pieces:
            pass
    p95 = sorted(delays)[int(0.95 * (len(delays) - 1))]
    print(f"first streamed word          p95 {p95:6.2f} ms from its arrival to its being yielded (target < {TARGET_MS:g})")


# --- on the screen --------------------------------------------------------------------------------------------------


def _screens(rounds: int) -> None:
    """Print the delays of the bare apps and of the product's."""
    gc.set_threshold(*GARBAGE)  # as the command does
    load = os.getloadavg()[0]
    quiet = "a quiet moment" if load <= QUIET else "NOT a quiet moment"
    print(f"to the screen (load average {load:.2f} on {os.cpu_count()} cores: {quiet}; target p95 <= {TARGET_MS:g} ms)", flush=True)
    for kind in ("Static", "Markdown"):
        _tell(f"bare app, {kind}", asyncio.run(_bare(kind, rounds)))
    for told, first in (("first word at once", 0.0), (f"first word after {FIRST:g} s", FIRST)):
        with (
            tempfile.TemporaryDirectory() as home,
            subprocess.Popen([sys.executable, __file__, "serve", "talk", str(first)], stdout=subprocess.PIPE, text=True) as server,
        ):
            assert server.stdout is not None
            os.environ["MOCKINTERVIEW_HOME"] = home
            try:
                _tell(told, asyncio.run(_product(server.stdout.readline().strip(), rounds)))
            finally:
                server.terminate()


def _tell(name: str, delays: list[float]) -> None:
    p95 = statistics.quantiles(delays, n=20, method="inclusive")[-1]
    print(
        f"  {name:<26} median {statistics.median(delays):6.1f} ms  p95 {p95:6.1f} ms  max {max(delays):6.1f} ms  of {len(delays)}",
        flush=True,
    )


class Watch:
    """Tells how long words take from their arrival to a screen update that holds them."""

    def __init__(self, app: Any) -> None:
        self.delays: list[float] = []
        self._waiting: dict[str, float] = {}
        display = app._display  # noqa: SLF001 - the one place through which all updates go

        def watched(screen: Any, renderable: Any) -> None:
            display(screen, renderable)
            batched = app._batch_count  # noqa: SLF001 - nothing is sent then
            if self._waiting and not batched and hasattr(renderable, "render_segments"):
                self._look(re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", renderable.render_segments(app.console)))

        app._display = watched  # noqa: SLF001

    def arrived(self, word: str) -> None:
        """Start the clock of a word."""
        self._waiting[word] = time.perf_counter()

    @property
    def pending(self) -> bool:
        """Whether a word is not on the screen yet."""
        return bool(self._waiting)

    def _look(self, text: str) -> None:
        for word in [word for word in self._waiting if word in text]:
            self.delays.append(1000 * (time.perf_counter() - self._waiting.pop(word)))


def _words() -> Iterator[str]:
    """Yield words that stand nowhere else and that the guard of the interviewer lets through at once."""
    return (f"Zq{''.join(letters)}" for letters in itertools.product("bcdfghjkmnpqrstvwxz", repeat=3))


async def _until(holds: Callable[[], object]) -> None:
    end = time.perf_counter() + PATIENCE
    while not holds():
        if time.perf_counter() > end:
            raise SystemExit("The app did not get any further.")
        await asyncio.sleep(0.01)


async def _bare(kind: str, rounds: int) -> list[float]:
    """Return the delays of an app that does nothing but show words, which come from another thread as in the product."""
    from textual.app import App
    from textual.containers import VerticalScroll
    from textual.message import Message
    from textual.widgets import Markdown, Static

    class Came(Message):
        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

    class Bare(App[None]):
        def compose(self) -> Any:
            with VerticalScroll():
                yield Static("ready") if kind == "Static" else Markdown("")

        async def on_came(self, event: Any) -> None:
            if kind == "Static":
                self.query_one(Static).update(event.word)
            else:
                self.query_one(VerticalScroll).anchor()
                await self.query_one(Markdown).append(f"{event.word}\n\n")

    app = Bare()
    async with app.run_test(size=(120, 40)):
        watch = Watch(app)
        for word in itertools.islice(_words(), rounds):
            watch.arrived(word)
            threading.Thread(target=app.post_message, args=(Came(word),)).start()
            await _until(lambda: not watch.pending)
            await asyncio.sleep(BETWEEN)
        return watch.delays


async def _product(url: str, rounds: int) -> list[float]:
    """Return the delays of the first words of follow-ups in the real app."""
    from mockinterview.cli.app import load
    from mockinterview.cli.arguments import build_parser
    from mockinterview.tui.app import InterviewApp
    from mockinterview.tui.core import Launch, Wishes
    from mockinterview.tui.talk import InterviewScreen

    flags = ["start", "--backend", "bench", "--base-url", url, "--model", "scripted", "--count", "100", "--seed", "1"]
    core = load(build_parser().parse_args(flags))
    app = InterviewApp(lambda: core, Launch(Wishes(count=100, seed=1), direct=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await _until(lambda: isinstance(app.screen, InterviewScreen) and not app.screen.busy and app.screen.talk.events)
        await _until(lambda: any(w.group == "index" for w in app.workers))
        await _until(lambda: not any(w.group == "index" for w in app.workers))
        watch, screen = Watch(app), app.screen
        _note_arrivals(watch)
        while len(watch.delays) < rounds and not screen.talk.finished:
            await pilot.pause(TYPING)
            screen.editor.text = f"What I can say is this. {ANSWER}"
            await pilot.press("enter")
            await _until(lambda: not screen.busy and not watch.pending)
        return watch.delays


def _note_arrivals(watch: Watch) -> None:
    """Start the clock of the first word of every stream when the SDK hands it over."""
    inner = ServerDoor.stream

    async def watched(self: ServerDoor, request: Any) -> AsyncIterator[Any]:
        first = True
        async with aclosing(inner(self, request)) as deltas:
            async for delta in deltas:
                if first and delta.text:
                    watch.arrived(delta.text.strip())
                    first = False
                yield delta

    ServerDoor.stream = watched  # type: ignore[assignment,method-assign]


def _serve_talk(first: float) -> int:
    """Judge that the first point alone was said, choose the first move, and stream questions that each begin with a new word."""
    server, words = loopback.Loopback(), _words()

    def act(handler: loopback.Handler, body: dict[str, Any]) -> None:
        if body.get("stream"):
            time.sleep(first)
            _trickle(handler, [next(words), *SPOKEN.split()])
        else:
            schema = body["response_format"]["json_schema"]["schema"]["properties"]
            loopback.say(json.dumps(_choice_or_marks(schema)), usage=None)(handler, body)

    server.otherwise = act
    print(server.url, flush=True)
    signal.pause()
    return 0


def _choice_or_marks(schema: dict[str, Any]) -> dict[str, Any]:
    if "choice" in schema:
        return {"choice": 1}
    quote = {"quote": "in training you subtract the batch mean", "verdict": "hit"}
    missed = {"quote": "", "verdict": "miss"}
    points = {p: missed if number else quote for number, p in enumerate(schema["points"]["properties"])}
    stated = schema.get("misconceptions", {}).get("properties", {})
    return {"points": points, **({"misconceptions": {m: {"quote": ""} for m in stated}} if stated else {})}


def _trickle(handler: loopback.Handler, words: list[str]) -> None:
    """Stream words as a model does: one after another with a pause."""
    loopback._begin_stream(handler)  # noqa: SLF001 - the server's own way to write
    for word in words:
        loopback._chunk(handler, {"content": f"{word} "})  # noqa: SLF001
        time.sleep(BETWEEN)
    loopback._chunk(handler, {}, "stop")  # noqa: SLF001
    handler.wfile.write(b"data: [DONE]\n\n")


if __name__ == "__main__":
    sys.exit(main())
