"""The door to a GGUF file in this process, through llama-cpp-python (extra `llama`). The one file that imports `llama_cpp`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mockinterview.errors import BackendError, PromptTooLongError, SettingsError
from mockinterview.llm.door import Delta, Reply, Request
from mockinterview.models import BackendSettings

DEFAULT_WINDOW: Final = 4096
FAILURES: Final = (ValueError, RuntimeError, OSError)  # what llama-cpp-python raises for a prompt or a file that it cannot take
INSTALL: Final = "Install it with `pip install 'mockinterview[llama]'` (builds from source, 10 to 30 minutes)."


class GgufDoor:
    """Chat completions by llama.cpp in a thread of its own; output is held to the schema by a grammar.

    Raises SettingsError where the file or the extra is missing, BackendError where llama.cpp cannot load the file.
    """

    def __init__(self, settings: BackendSettings) -> None:
        self.settings = settings
        self.window = settings.context_window or DEFAULT_WINDOW
        self._lock = threading.Lock()  # a llama context serves one request at a time
        self._llama = self._loaded(Path(settings.gguf).expanduser())

    def _loaded(self, file: Path) -> Any:
        if not file.is_file():
            raise SettingsError(f"There is no model file {file}.", "Correct the path behind gguf:.")
        try:
            llama_cpp = import_module("llama_cpp")
        except ImportError as error:
            raise SettingsError("Models in process need the extra 'llama'.", INSTALL) from error
        try:
            return llama_cpp.Llama(model_path=str(file), n_ctx=self.window, seed=0, verbose=False)
        except (ValueError, OSError, RuntimeError, AssertionError) as error:
            raise BackendError(f"llama.cpp cannot load {file}: {error}.", "Check that the file is a complete GGUF.") from error

    async def tokens(self, text: str) -> int | None:
        """Return the exact number of tokens of a text."""
        return len(self._llama.tokenize(text.encode(), add_bos=True, special=False))

    async def reply(self, request: Request) -> Reply:
        """Return the whole reply with token numbers counted here."""
        pieces = [delta async for delta in self.stream(request)]
        last = pieces[-1] if pieces else Delta()
        text = "".join(delta.text for delta in pieces)
        return Reply(text, last.finish, last.prompt_tokens, last.completion_tokens)

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Yield the reply piece by piece; closing the iterator stops llama.cpp at its next token."""
        loop, queue, stop = asyncio.get_running_loop(), asyncio.Queue[Delta | BaseException | None](), threading.Event()

        def put(item: Delta | BaseException | None) -> None:
            if not stop.is_set():
                loop.call_soon_threadsafe(queue.put_nowait, item)

        worker = threading.Thread(target=self._work, args=(request, put, stop), daemon=True)
        worker.start()
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, FAILURES):
                    raise _translated(item) from item
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()

    def _work(self, request: Request, put: Callable[[Delta | BaseException | None], None], stop: threading.Event) -> None:
        try:
            with self._lock:
                for delta in self._generated(request, stop):
                    put(delta)
        except BaseException as error:  # noqa: BLE001  (handed over to the task that waits, which raises it)
            put(error)
        else:
            put(None)

    def _generated(self, request: Request, stop: threading.Event) -> Iterator[Delta]:
        chunks = self._llama.create_chat_completion(
            messages=[{"role": m.role, "content": m.content} for m in request.messages],
            max_tokens=request.max_tokens, temperature=request.temperature, response_format=_grammar_form(request), stream=True,
        )  # fmt: skip
        prompt = sum(len(self._llama.tokenize(m.content.encode(), add_bos=False, special=False)) for m in request.messages)
        made, finish = 0, ""
        for chunk in chunks:
            choice = chunk["choices"][0]
            text = choice.get("delta", {}).get("content") or ""
            finish = choice.get("finish_reason") or finish
            made += bool(text)
            if text:
                yield Delta(text)
            if stop.is_set():
                return
        yield Delta(finish=finish or "stop", prompt_tokens=prompt, completion_tokens=made)


def _grammar_form(request: Request) -> dict[str, Any] | None:
    """Return the form that llama-cpp-python makes a grammar of: it knows json_object with a schema, not json_schema."""
    if request.form is None:
        return None
    schema = request.form.get("schema") or request.form.get("json_schema", {}).get("schema")
    return {"type": "json_object", "schema": schema}


def _translated(error: BaseException) -> BackendError:
    if "context window" in str(error) or "exceed" in str(error):
        return PromptTooLongError(f"The prompt is too long for the model: {error}.", "Set a larger context_window.")
    return BackendError(f"llama.cpp failed: {error}.", "Check the model file, or use `--backend embedded`.")
