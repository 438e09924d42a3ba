"""Models in process. The first tests run everywhere with a stand-in for llama-cpp-python; the last ones with the real one."""

import asyncio
import importlib.util
import subprocess
import sys
import threading
import types
from typing import ClassVar

import httpx2
import pytest
from conftest import Stand, form
from tiny_gguf import write_tiny_gguf

from mockinterview.errors import BackendError, PromptTooLongError, SettingsError
from mockinterview.grading.judge import ModelGrader, read_opinion, schema_for
from mockinterview.interview.loop import Interview
from mockinterview.interview.model_voice import ModelInterviewer
from mockinterview.llm import open_model
from mockinterview.models import AnswerGraded, BackendSettings, FollowUpAsked, InterviewFinished, Plan
from mockinterview.ports import Message

needs_llama = pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="needs the extra 'llama'")
ASKED = [Message("user", "Well?")]


class FakeLlama:
    """What the door needs of llama_cpp.Llama; `script` holds the pieces of the next reply, or an error."""

    script = ('{"n"', ": 1}")
    forms: ClassVar[list] = []
    broken = False
    running = threading.Event()

    def __init__(self, **settings):
        if FakeLlama.broken:
            raise ValueError("Failed to load model from file")

    def tokenize(self, text, add_bos, special):
        """One token per word."""
        return text.split()

    def create_chat_completion(self, messages, max_tokens, temperature, response_format, stream):
        """Yield the script as chunks."""
        FakeLlama.forms.append(response_format)
        for piece in FakeLlama.script:
            if isinstance(piece, Exception):
                raise piece
            FakeLlama.running.set()
            yield {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
        yield {"choices": [{"delta": {}, "finish_reason": "stop"}]}


@pytest.fixture
def file(tmp_path):
    """Return a file that passes for a model."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    return path


@pytest.fixture
def fake(monkeypatch, file):
    """Put the stand-in in place and return a function that opens the model."""
    module = types.ModuleType("llama_cpp")
    module.Llama = FakeLlama
    monkeypatch.setitem(sys.modules, "llama_cpp", module)
    monkeypatch.setattr(FakeLlama, "forms", [])
    monkeypatch.setattr(FakeLlama, "running", threading.Event())
    return lambda: open_model(settings(file))


def settings(file, **more):
    """Return the settings for a file."""
    return BackendSettings(name=f"gguf:{file}", gguf=str(file), model="tiny", **more)


async def test_the_schema_becomes_a_grammar(fake):
    """llama-cpp-python knows json_object with a schema; the strict schema is handed over in that form."""
    model = fake()
    assert await model.complete_json(ASKED, {"type": "object"}, lambda data: data["n"], max_tokens=9) == 1
    assert FakeLlama.forms == [{"type": "json_object", "schema": {"type": "object"}}]
    assert (model.usage.prompt_tokens, model.usage.completion_tokens) == (1, 2)


async def test_a_stream_has_no_grammar(fake, monkeypatch):
    """Words come as they are made."""
    monkeypatch.setattr(FakeLlama, "script", ["So ", "what?"])
    assert [piece async for piece in fake().stream(ASKED, max_tokens=9)] == ["So ", "what?"]
    assert FakeLlama.forms == [None]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (ValueError("Requested tokens (5000) exceed context window of 4096"), PromptTooLongError),
        (RuntimeError("decode"), BackendError),
    ],
)
async def test_failures_of_llama_cpp(fake, monkeypatch, failure, error):
    """They become errors with a hint."""
    monkeypatch.setattr(FakeLlama, "script", [failure])
    with pytest.raises(error) as caught:
        await fake().complete_json(ASKED, {}, dict, max_tokens=9)
    assert caught.value.hint


async def test_leaving_stops_the_thread(fake, monkeypatch):
    """Cancelling ends the generation at its next token."""
    made = []

    class Endless:
        def __iter__(self):
            while True:
                made.append(1)
                yield "again "

    monkeypatch.setattr(FakeLlama, "script", Endless())
    model = fake()
    async for _ in (stream := model.stream(ASKED, max_tokens=1000)):
        break
    await stream.aclose()
    with model.door._lock:  # free again: the thread has ended
        assert made


def test_what_is_missing_is_said(file, fake, monkeypatch):
    """The file, the extra, a file that is no model."""
    with pytest.raises(SettingsError, match="no model file"):
        open_model(settings(file.parent / "other.gguf"))
    monkeypatch.setattr(FakeLlama, "broken", True)
    with pytest.raises(BackendError, match="cannot load"):
        fake()
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(SettingsError, match="extra 'llama'") as caught:
        fake()
    assert "mockinterview[llama]" in caught.value.hint


# --- with the real llama.cpp ----------------------------------------------------------------------------------------


class MemoryLog:
    """A session log in memory."""

    def __init__(self):
        self.stored = []

    def append(self, session_id, event):
        """Keep the event."""
        self.stored.append(event)

    def events(self, session_id):
        """Return what was kept."""
        return self.stored


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Return a GGUF file with random weights."""
    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


async def hold(model, prompts, bank):
    """Hold a whole interview, stopped and resumed after its first answer, and return its events."""
    log = MemoryLog()
    grader, voice = ModelGrader(model, prompts, Stand(), form), ModelInterviewer(model, prompts, bank)
    talk = Interview("s", bank, log, grader, voice)
    await talk.start(Plan(questions=("dropout",), count=1, seed=3))
    await talk.reply("It switches off neurons at random while training.")
    talk = Interview.resume("s", bank, log, grader, voice)
    await talk.advance()
    for _ in range(6):
        if talk.finished:
            break
        await talk.reply("I think that is all that I can say about the subject.")
    if not talk.finished:
        await talk.command("end")
    return log.stored


def check(events):
    """Assert what holds whatever nonsense the model has said."""
    assert isinstance(events[-1], InterviewFinished)
    marks = [event.assessment for event in events if isinstance(event, AnswerGraded)]
    assert marks
    assert all(mark.graded_by in ("tiny", "embedded", "arithmetic") for mark in marks)
    assert all(point.evidence for mark in marks for point in mark.points if point.verdict in ("hit", "partial"))
    asked = [event.text for event in events if isinstance(event, FollowUpAsked)]
    assert all(text.isprintable() and "?" in text for text in asked)
    assert not any("zero" in text.lower() for text in asked)


@needs_llama
async def test_grammar_makes_every_reply_valid(tiny, question):
    """Random weights, and yet every reply has the shape of the schema."""
    model = open_model(settings(tiny, context_window=4096))
    for _ in range(3):
        read = await model.complete_json(
            [Message("user", "Judge: it switches off neurons.")], schema_for(question),
            lambda data: read_opinion(data, question, "it switches off neurons"), max_tokens=1500, temperature=1.0,
        )  # fmt: skip
        assert set(read.points) == {"zeroes", "ensemble", "rate"}


@needs_llama
async def test_a_whole_interview_in_process(tiny, prompts, bank):
    """Nonsense verdicts, and an interview that is well-formed, safe and resumable."""
    check(await hold(open_model(settings(tiny, context_window=8192)), prompts, bank))


@needs_llama
async def test_a_whole_interview_over_its_server(tiny, prompts, bank, tmp_path):
    """The same over HTTP, where json_schema is refused and json_object with a schema is taken."""
    port = _free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(tiny), "--port", str(port), "--n_ctx", "8192"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:  # noqa: ASYNC220
        try:
            await _up(port)
            table = BackendSettings(name="here", base_url=f"http://127.0.0.1:{port}/v1", model="", context_window=8192)
            model = open_model(table)
            events = await hold(model, prompts, bank)
        finally:
            process.terminate()
    names = {event.assessment.graded_by for event in events if isinstance(event, AnswerGraded)}
    assert names <= {model.name, "embedded", "arithmetic"}
    assert isinstance(events[-1], InterviewFinished)


def _free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


async def _up(port):
    async with httpx2.AsyncClient(trust_env=False) as client:
        for _ in range(600):
            try:
                await client.get(f"http://127.0.0.1:{port}/v1/models")
            except httpx2.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return
    pytest.fail("the server of llama-cpp-python did not start")
