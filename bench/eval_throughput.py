"""How fast `mockinterview eval` works off 500 model-graded cases, what a second run costs, and what faults and a kill do to it.

    python bench/eval_throughput.py [--cases 500] [--latency 0.1] [--jobs 20]

A server on loopback answers after a fixed latency. Prints one JSON document: seconds from first to last request against the ideal,
seconds of the whole command, requests, peak memory (MB), the same for a cached run, for 5 % faults, and for a run killed at half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml

from mockinterview.bank.load import data_dir

QUESTION = "regularisation/dropout"


class Judge:
    """An OpenAI-compatible server in a thread of its own: replies with verdicts for whatever schema it is given."""

    def __init__(self, latency: float, faults: float = 0.0) -> None:
        self.latency, self.faults, self.rng = latency, faults, random.Random(7)
        self.times: list[float] = []
        self.prompts: dict[str, int] = {}
        self.good = 0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.Event().wait()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                sizes = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(sizes[0]) if sizes else b""
                await self._answer(head.split(b" ", 2)[1], body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, path: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        if path.endswith(b"/models"):
            return await self._send(writer, 200, {"object": "list", "data": [{"id": "judge", "object": "model"}]})
        if not path.endswith(b"/chat/completions"):
            return await self._send(writer, 404, {"error": {"message": "not found"}})
        self.times.append(time.perf_counter())
        await asyncio.sleep(self.latency)
        if self.rng.random() < self.faults:
            return await self._send(writer, self.rng.choice((429, 500)), {"error": {"message": "not now"}})
        asked = json.loads(body)
        self.good += 1
        self.prompts[asked["messages"][-1]["content"]] = self.prompts.get(asked["messages"][-1]["content"], 0) + 1
        schema = asked["response_format"]["json_schema"]["schema"]
        message = {"role": "assistant", "content": json.dumps(_reply(schema))}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": len(body) // 4, "completion_tokens": 60, "total_tokens": len(body) // 4 + 60}
        data = {"id": "c", "object": "chat.completion", "created": 0, "model": "judge", "choices": [choice], "usage": usage}
        return await self._send(writer, 200, data)

    async def _send(self, writer: asyncio.StreamWriter, code: int, data: object) -> None:
        body = json.dumps(data).encode()
        writer.write(f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()


def _reply(schema: dict) -> object:
    if "enum" in schema:
        return "hit"
    if schema.get("type") == "object":
        return {name: _reply(inner) for name, inner in schema["properties"].items()}
    return "random units are switched off"


def write_suite(folder: Path, cases: int) -> None:
    """Write `cases` gold answers to one question."""
    question = yaml.safe_load((data_dir("corpus") / "questions" / f"{QUESTION}.yaml").read_text(encoding="utf-8"))
    labels = {point["id"]: "hit" for point in question["points"]}
    rows = [
        {"id": f"c{n}", "question": question["id"], "points": labels,
         "answer": f"In run {n} I saw that random units are switched off while the net trains, and all of them work at test time."}
        for n in range(cases)
    ]  # fmt: skip
    (folder / "cases" / "grading").mkdir(parents=True)
    (folder / "gates.toml").write_text("", encoding="utf-8")
    (folder / "cases" / "grading" / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


class Place:
    """A folder with a suite and a home; runs the command in it."""

    def __init__(self, root: Path, cases: int, jobs: int) -> None:
        self.root, self.jobs = root, jobs
        write_suite(root / "evals", cases)

    def start(self, judge: Judge, *more: str) -> subprocess.Popen:
        """Start the command against a server."""
        command = [
            sys.executable, "-m", "mockinterview", "eval", "grading",
            "--evals", str(self.root / "evals"), "--out", str(self.root / "runs"),
            "--backend", "bench", "--base-url", f"http://127.0.0.1:{judge.port}/v1", "--model", "judge", "--jobs", str(self.jobs),
            "--json", str(self.root / "report.json"), *more,
        ]  # fmt: skip
        environment = {**os.environ, "MOCKINTERVIEW_HOME": str(self.root / "home")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without compiled files every import takes twice as long
        errors = None if os.environ.get("BENCH_LOUD") else subprocess.DEVNULL
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)

    def run(self, judge: Judge, *more: str) -> dict:
        """Run the command to its end and return what it took."""
        begun = time.perf_counter()
        process = self.start(judge, *more)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        spent = json.loads((self.root / "report.json").read_text(encoding="utf-8"))["spent"]
        between = judge.times[-1] - judge.times[0] + judge.latency if judge.times else 0.0
        return {
            "exit": os.waitstatus_to_exitcode(status), "whole_s": round(wall, 2), "first_to_last_s": round(between, 2),
            "requests": len(judge.times), "graded": spent["results"] - spent["ungraded"], "lost": spent["lost"],
            "asked_twice": sum(n > 1 for n in judge.prompts.values()),
            "peak_mb": round(usage.ru_maxrss / 1024), "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        }  # fmt: skip


def killed_at_half(place: Place, cases: int, latency: float) -> dict:
    """Kill a run half-way with SIGKILL, then resume it without the cache."""
    judge = Judge(latency)
    process = place.start(judge, "--no-cache")
    while judge.good < cases // 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    stored = sum(file.read_bytes().count(b"\n") for file in (place.root / "runs").glob("*/results.jsonl"))
    rest = Judge(latency)
    return {"stored_before": stored, **place.run(rest, "--no-cache", "--resume")}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--jobs", type=int, default=20)
    given = parser.parse_args()
    found = {"ideal_s": given.cases * given.latency / given.jobs}
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, tempfile.TemporaryDirectory() as three:
        place = Place(Path(one), given.cases, given.jobs)
        judge = Judge(given.latency)
        found["first_run"] = place.run(judge)
        judge.times, judge.prompts = [], {}
        found["cached_run"] = place.run(judge)
        found["faults_5_percent"] = Place(Path(two), given.cases, given.jobs).run(Judge(given.latency, faults=0.05))
        found["resumed"] = killed_at_half(Place(Path(three), given.cases, given.jobs), given.cases, given.latency)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
