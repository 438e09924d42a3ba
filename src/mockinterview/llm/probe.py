"""Asks an address what is there: the live models, their context window, or exactly why nothing answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from mockinterview.errors import BackendError, SettingsError
from mockinterview.llm.server import is_loopback
from mockinterview.models import BackendSettings
from mockinterview.sanitize import clean

if TYPE_CHECKING:
    import httpx2

PROBE_TIMEOUT: Final = 1.0  # seconds for each address
_WINDOW_FIELDS: Final = ("max_model_len", "loaded_context_length", "context_length", "n_ctx")
State = Literal["live", "refused", "silent", "denied", "redirected", "no_server", "odd"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a probe found: "live" with the model names, else a state and `why` in one sentence. `window` in tokens where known."""

    name: str
    base_url: str
    state: State
    models: tuple[str, ...] = ()
    why: str = ""
    window: int | None = None
    any_model: bool = False  # llama.cpp answers to every name


async def probe(settings: BackendSettings, key: str = "", limit: float = PROBE_TIMEOUT) -> Found:
    """Return what answers at a backend's address within `limit` seconds; never raises for what it may find there."""
    import httpx2

    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx2.AsyncClient(timeout=limit, headers=headers, trust_env=not is_loopback(settings.base_url)) as client:
            async with asyncio.timeout(limit):
                response = await client.get(f"{settings.base_url.rstrip('/')}/models")
            found = _judged(settings, response)
            return found if found.window else await _with_window(client, settings, found, limit)
    except (httpx2.TimeoutException, TimeoutError):
        return _not(settings, "silent", f"something accepts connections there but does not answer within {limit:g} s")
    except httpx2.ConnectError as error:
        return _not(settings, "refused", f"nothing listens there ({_reason(error)})")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return _not(settings, "no_server", f"what answers there does not speak HTTP as it should ({_reason(error)})")


async def probe_all(backends: Iterable[tuple[BackendSettings, str]], limit: float = PROBE_TIMEOUT) -> AsyncIterator[Found]:
    """Yield what is found at each address (backend and key), all asked at the same time, in the order in which they answer."""
    for result in asyncio.as_completed([probe(settings, key, limit) for settings, key in backends]):
        yield await result


def accept(settings: BackendSettings, found: Found) -> BackendSettings:
    """Return the settings with the model filled in where only the server can name it.

    Raises BackendError where the server cannot be used, SettingsError where no model is named and none can be guessed.
    """
    where = f"{settings.name} ({settings.base_url})"
    if found.state in ("refused", "silent"):
        raise BackendError(f"{where} cannot be reached: {found.why}.", "Start the server, or use `--backend embedded`.")
    if found.state == "denied":
        hint = f"Set {settings.key_env or 'key_env in its table'} to a key that is valid there."
        raise BackendError(f"{where}: {found.why}.", hint)
    if found.state in ("no_server", "redirected"):
        raise BackendError(f"{where} cannot be used: {found.why}.", "Check base_url: it usually ends in /v1.")
    if not settings.model:
        return _with_first_model(settings, found, where)
    if found.models and not found.any_model and not any(_same_model(settings.model, name) for name in found.models):
        listed = ", ".join(found.models[:8])
        raise BackendError(f"{where} has no model '{settings.model}'.", f"It has: {listed}.")
    return settings


def _with_first_model(settings: BackendSettings, found: Found, where: str) -> BackendSettings:
    if not found.models or not is_loopback(settings.base_url):
        raise SettingsError(f"No model is named for {where}.", "Name it with --model or `model` in its table.")
    return settings.model_copy(update={"model": found.models[0]})


def _same_model(wanted: str, listed: str) -> bool:
    """Tell whether two names mean one model: Ollama lists "llama3.2:latest" for "llama3.2"."""
    return listed in (wanted, f"{wanted}:latest") or listed.rpartition("/")[2] == wanted


def _judged(settings: BackendSettings, response: httpx2.Response) -> Found:
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _not(settings, "denied", f"it wants another key (HTTP {status})")
    if response.is_redirect:
        return _not(settings, "redirected", "it sends on to another address, where no key is sent")
    if response.is_error:
        return _not(settings, "odd", f"it does not list its models (HTTP {status})")
    try:
        rows = _rows(response.json())
    except ValueError:
        return _not(settings, "no_server", "a web page or plain text answers there, no OpenAI-compatible server")
    names = tuple(clean(str(row["id"])) for row in rows)
    mine = [row for row in rows if not settings.model or _same_model(settings.model, str(row["id"]))] or rows
    local = any(row.get("owned_by") in ("llamacpp", "me") for row in rows)
    window = next((found for row in mine if (found := _window(row))), None)
    return Found(settings.name, settings.base_url, "live", names, "" if names else "it runs but has no model", window, local)


def _rows(body: Any) -> list[dict[str, Any]]:
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise ValueError("no list of models")  # noqa: TRY004
    return [row for row in data if isinstance(row, dict) and row.get("id")]


def _window(row: dict[str, Any]) -> int | None:
    meta = row.get("meta")
    fields = {**row, **(meta if isinstance(meta, dict) else {})}
    return next((fields[name] for name in _WINDOW_FIELDS if isinstance(fields.get(name), int)), None)


async def _with_window(client: httpx2.AsyncClient, settings: BackendSettings, found: Found, limit: float) -> Found:
    """Ask llama.cpp (`/props`) and Ollama (`/api/ps`) for the window that they really give; others do not tell."""
    import httpx2

    if found.state != "live" or not is_loopback(settings.base_url):
        return found
    parts = urlsplit(settings.base_url)
    for path in ("/props", "/api/ps"):
        try:
            async with asyncio.timeout(limit):
                body = (await client.get(urlunsplit((parts.scheme, parts.netloc, path, "", "")))).json()
        except (httpx2.HTTPError, TimeoutError, ValueError):
            continue
        if window := _told_window(body, settings.model):
            return Found(found.name, found.base_url, "live", found.models, found.why, window, found.any_model)
    return found


def _told_window(body: Any, model: str) -> int | None:
    if not isinstance(body, dict):
        return None
    slot = body.get("default_generation_settings")
    if isinstance(slot, dict) and isinstance(slot.get("n_ctx"), int):
        return int(slot["n_ctx"])
    running = [row for row in body.get("models") or () if isinstance(row, dict) and _same_model(model, str(row.get("name", "")))]
    return next((row["context_length"] for row in running if isinstance(row.get("context_length"), int)), None)


def _not(settings: BackendSettings, state: State, why: str) -> Found:
    return Found(settings.name, settings.base_url, state, why=why)


def _reason(error: Exception) -> str:
    return clean(" ".join(str(error).split()))[:120] or type(error).__name__
