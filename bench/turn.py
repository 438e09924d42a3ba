"""What our code adds to a graded turn, and how soon a streamed word is passed on; the server is on loopback and answers at once.

    python bench/turn.py [ROUNDS]

Prints the time of a direct SDK call with the same payload and of a whole graded turn (look at the form, prompt, budget, request,
quotes, score); then the delay from a word's arrival in this process to its being yielded.
"""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "llm"))

import loopback  # noqa: E402  (the scripted server lives with the tests)

from mockinterview.bank.load import load_bank  # noqa: E402
from mockinterview.cli.compose import bank_texts  # noqa: E402
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
ANSWER = (
    "so in training you subtract the batch mean and divide by the batch std for each channel, then there is gamma and beta which "
    "are learned. at test time you use the running averages. it makes training faster because you can use a bigger learning rate, "
    "and it is a bit like a regulariser."
)


def main() -> int:
    """Run both parts and print their figures; with `serve`, be the server, which needs an interpreter lock of its own."""
    if sys.argv[1:] == ["serve"]:
        return _serve()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    bank = load_bank(ROOT / "corpus").bank
    question = bank.get("batch-normalisation")
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        settings = BackendSettings(name="bench", base_url=server.stdout.readline().strip(), model="scripted", context_window=16384)
        model, prompts = Model(settings, ServerDoor(settings, "")), Prompts(ROOT / "prompts")
        embedded = EmbeddedGrader(vocabulary=bank_texts(bank))
        asyncio.run(_turns(rounds, model, question, ModelGrader(model, prompts, embedded, form_of(embedded))))
        asyncio.run(_stream(max(rounds // 5, 20), ModelInterviewer(model, prompts, bank), question))
        server.terminate()
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


if __name__ == "__main__":
    sys.exit(main())
