"""The door to every OpenAI-compatible server. The one file that imports `openai`, and the one that knows what its failures mean."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from mockinterview.errors import BackendError, PromptTooLongError
from mockinterview.llm.door import Delta, FormRefusedError, PassingError, Reply, Request
from mockinterview.llm.keys import OPENAI_HOST
from mockinterview.models import BackendSettings
from mockinterview.sanitize import clean

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, AsyncOpenAI

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS: Final = frozenset(
    {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length", "authorization"}
)
_OVERFLOW: Final = re.compile(
    r"context (size|length|window)|maximum context|prompt is too long|too many tokens|exceeds? .{0,40}context", re.IGNORECASE
)
_FORM: Final = re.compile(r"response_format|json_schema|json_object|structured|grammar|guided", re.IGNORECASE)
_QUOTA: Final = re.compile(r"insufficient_quota|billing", re.IGNORECASE)
_LONGEST_REASON: Final = 300  # characters of a server's own message that are passed on


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


class ServerDoor:
    """Chat completions at `settings.base_url`. Sends `key` there and nowhere else: no redirects, no headers from elsewhere."""

    def __init__(self, settings: BackendSettings, key: str) -> None:
        self.settings = settings
        self._key = key
        self._client: AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._host = urlsplit(settings.base_url).hostname or ""
        self._refused: set[str] = set()
        self._tokenizes = self._host != OPENAI_HOST

    # --- requests -------------------------------------------------------------------------------------------------

    async def reply(self, request: Request) -> Reply:
        """Return the whole reply; it has to be there within the read timeout."""
        limit = self.settings.connect_timeout + self.settings.read_timeout
        with _translated(self.settings, request.form is not None):
            async with asyncio.timeout(limit):  # a body that trickles never trips the timeout of a single read
                completion = await self._create(request, stream=False)
        return _whole(_completion(completion))

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        """Yield the reply piece by piece. An end without `finish` means that the reply was broken off."""
        with _translated(self.settings, request.form is not None):
            chunks = await self._create(request, stream=True)
            if not hasattr(chunks, "__aiter__"):
                raise _not_a_server()
            try:
                async for chunk in chunks:
                    for delta in _deltas(chunk):
                        yield delta
            finally:
                await chunks.close()

    async def _create(self, request: Request, *, stream: bool) -> Any:
        """Send the request; a parameter that the server refuses is left out from then on (reasoning models know no temperature)."""
        from openai import BadRequestError

        for _ in range(3):
            try:
                return await self._send(self._arguments(request, stream=stream))
            except BadRequestError as error:
                if not self._leave_out(str(error)):
                    raise
        return await self._send(self._arguments(request, stream=stream))

    async def _send(self, arguments: dict[str, Any]) -> Any:
        """Return a stream of chunks, or the whole reply as it came: the SDK would walk through it all, a fifth of a request."""
        if arguments.get("stream"):
            return await self._opened().chat.completions.create(**arguments)
        return await self._opened().post("/chat/completions", body=arguments, cast_to=object)

    def _arguments(self, request: Request, *, stream: bool) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self.settings.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "temperature": request.temperature,
            # Ollama knows `max_tokens` alone; OpenAI's reasoning models know `max_completion_tokens` alone.
            "max_completion_tokens" if self._host == OPENAI_HOST else "max_tokens": request.max_tokens,
        }
        if stream:
            arguments |= {"stream": True, "stream_options": {"include_usage": True}}
        if request.form is not None:
            arguments["response_format"] = request.form
        return {name: value for name, value in arguments.items() if name not in self._refused}

    def _leave_out(self, message: str) -> bool:
        named = {name for name in ("temperature", "stream_options") if name in message} - self._refused
        self._refused |= named
        return bool(named)

    async def tokens(self, text: str) -> int | None:
        """Return the count of the server's own tokenizer (`/tokenize` of llama.cpp and vLLM), or None where it has none."""
        if not self._tokenizes:
            return None
        parts = urlsplit(self.settings.base_url)
        url = urlunsplit((parts.scheme, parts.netloc, "/tokenize", "", ""))
        body = {"content": text, "prompt": text, "model": self.settings.model}
        try:
            with _translated(self.settings, with_form=False):
                found = await self._opened().post(url, body=body, cast_to=object)
        except BackendError:
            self._tokenizes = False
            return None
        counted = _token_count(found)
        self._tokenizes = counted is not None
        return counted

    # --- the client -----------------------------------------------------------------------------------------------

    def _opened(self) -> AsyncOpenAI:
        """Return the one client of this event loop: a client for each request would cost a connection each."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client, self._loop = self._new_client(), loop
        return self._client

    def _new_client(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

        url = self.settings.base_url
        timeout = httpx2.Timeout(self.settings.read_timeout, connect=self.settings.connect_timeout)
        # With a proxy in the environment, requests to this machine would go there.
        http = DefaultAsyncHttpx2Client(
            trust_env=not is_loopback(url),
            follow_redirects=False,
            timeout=timeout,
            event_hooks={"request": [self._strip]},
        )
        return AsyncOpenAI(api_key=self._key or "none", base_url=url, max_retries=0, timeout=timeout, http_client=http)

    async def _strip(self, request: httpx2.Request) -> None:
        """Leave only the headers that a request needs: the SDK adds some from OPENAI_* variables, which belong to OpenAI alone."""
        if self._host != OPENAI_HOST:
            for name in set(request.headers) - _HEADERS:
                del request.headers[name]
        if not self._key:
            request.headers.pop("authorization", None)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.close()
        self._client = None


# --- what came back -------------------------------------------------------------------------------------------------


def _completion(found: Any) -> dict[str, Any]:
    """Return the completion, also where the content type was wrong and the SDK has handed over the bare text."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            raise _not_a_server() from None
    if not isinstance(found, dict) or not _first(found.get("choices")):
        raise PassingError(_error_within(found) or "The server sent a reply without any text.", "Try again, or another model.")
    return found


def _first(choices: Any) -> dict[str, Any]:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _whole(completion: dict[str, Any]) -> Reply:
    choice = _first(completion["choices"])
    message, usage = _object(choice.get("message")), _object(completion.get("usage"))
    text = message.get("content") or ""
    if not isinstance(text, str) or not text.strip():
        # Some servers put what a reasoning model says under a schema here and leave the content empty.
        text = str(message.get("reasoning_content") or message.get("reasoning") or "")
    return Reply(text, str(choice.get("finish_reason") or ""), _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(usage: dict[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) else None


def _deltas(chunk: Any) -> Iterator[Delta]:
    usage = getattr(chunk, "usage", None)
    if usage:
        yield Delta(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens)
    for choice in getattr(chunk, "choices", None) or ():
        delta = choice.delta
        if delta is None:
            continue
        if delta.content:
            yield Delta(delta.content)
        elif getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None):
            yield Delta(thinking=True)
        if choice.finish_reason:
            yield Delta(finish=choice.finish_reason)


def _token_count(found: Any) -> int | None:
    if isinstance(found, dict) and isinstance(found.get("count"), int):
        return int(found["count"])
    if isinstance(found, dict) and isinstance(found.get("tokens"), list):
        return len(found["tokens"])
    return None


# --- what failures mean ---------------------------------------------------------------------------------------------


@contextmanager
def _translated(settings: BackendSettings, with_form: bool) -> Iterator[None]:  # noqa: FBT001
    """Turn every failure of the SDK into a BackendError whose hint helps."""
    import openai

    where = f"{settings.name} ({settings.base_url})"
    try:
        yield
    except (openai.APITimeoutError, TimeoutError) as error:
        # Not worth repeating: whoever was waited for that long would be waited for that long again.
        raise BackendError(
            f"{where} did not answer within {settings.read_timeout:g} s.",
            "Raise read_timeout, or take a smaller model.",
        ) from error
    except openai.APIStatusError as error:
        raise _status(settings, where, error, with_form=with_form) from error
    except openai.APIConnectionError as error:
        reason = clean(str(error.__cause__ or error))[:_LONGEST_REASON] or "the connection broke off"
        raise PassingError(f"{where} cannot be reached: {reason}.", "Start the server, or use `--backend embedded`.") from error
    except openai.APIError as error:
        raise PassingError(f"{where} reported: {clean(error.message)[:_LONGEST_REASON]}.", "See the server's own log.") from error
    except json.JSONDecodeError as error:
        raise PassingError(f"{where} sent a reply that is cut off or no JSON.", "See the server's own log.") from error
    except UnicodeDecodeError as error:
        raise PassingError(f"{where} sent a reply that is no text.", "See the server's own log.") from error


def _status(settings: BackendSettings, where: str, error: APIStatusError, *, with_form: bool) -> BackendError:
    status, said = error.status_code, clean(_error_within(error.body) or error.message)[:_LONGEST_REASON]
    if _OVERFLOW.search(said) and status in (400, 413, 422, 500):
        return PromptTooLongError(f"The prompt is too long for {where}: {said}", "Give it a larger context window.")
    if with_form and status in (400, 404, 415, 422, 500, 501) and _FORM.search(said):
        return FormRefusedError(f"{where} does not know this form of output.", "A simpler form is tried.")
    match status:
        case 401 | 403:
            variable = settings.key_env or "key_env in its table"
            return BackendError(f"{where} refuses the key.", f"Set {variable} to a key that is valid there.")
        case 404:
            return BackendError(
                f"{where} knows no model '{settings.model}' or has no chat completions there: {said}",
                "`mockinterview models` lists what it has; the address usually ends in /v1.",
            )
        case 429 if _QUOTA.search(said):
            return BackendError(f"{where} has no quota left: {said}", "Check the account, or use `--backend embedded`.")
    if status in (408, 409, 425, 429) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return PassingError(f"{where} answers with HTTP {status}.", "Wait a little and try again.", _retry_after(error))
    return BackendError(f"{where} answers with HTTP {status}: {said}", "Check the settings of this backend.")


def _retry_after(error: APIStatusError) -> float | None:
    """Return the seconds of a Retry-After header; the form with a date is too rare here to be read."""
    try:
        return max(float(error.response.headers.get("retry-after", "")), 0.0)
    except ValueError:
        return None


def _error_within(body: Any) -> str:
    inner = body.get("error", body) if isinstance(body, dict) else getattr(body, "error", None)
    said = inner.get("message", "") if isinstance(inner, dict) else inner
    return said if isinstance(said, str) else ""


def _not_a_server() -> BackendError:
    return BackendError(
        "What answers there is no OpenAI-compatible server but a web page or plain text.",
        "Check base_url: it usually ends in /v1; a captive portal or proxy may be in between.",
    )
