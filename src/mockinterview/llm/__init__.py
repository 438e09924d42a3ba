"""The only door to language models: OpenAI-compatible servers and GGUF files. `open_model` is where one begins."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mockinterview.budget import TokenCounter
from mockinterview.errors import SettingsError
from mockinterview.llm.door import Door
from mockinterview.llm.keys import OPENAI_HOST, find_key
from mockinterview.llm.model import Model
from mockinterview.llm.patience import Patience, Wait
from mockinterview.llm.probe import Found, accept, probe, probe_all
from mockinterview.models import BackendSettings

__all__ = ["Found", "Model", "Wait", "find_key", "open_model", "probe", "probe_all"]

OPENAI_WINDOW: Final = 128_000  # tokens; the smallest window of the models that OpenAI serves


def open_model(
    settings: BackendSettings,
    *,
    encodings: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    patience: Patience | None = None,
) -> Model:
    """Return a model that is there: its server was asked once, its file was loaded. May be called inside a running event loop.

    `encodings` is the folder with tiktoken's tables. Raises SettingsError where the settings cannot work, BackendError where the
    server cannot be reached, refuses the key or has no such model.
    """
    if settings.gguf:
        return _gguf(settings, patience)
    if urlsplit(settings.base_url).scheme not in ("http", "https") or not urlsplit(settings.base_url).hostname:
        raise SettingsError(
            f"Backend '{settings.name}' has no usable address: '{settings.base_url}'.",
            "Set base_url: http://host:port/v1.",
        )
    from mockinterview.llm.server import ServerDoor

    key = find_key(settings, environment)
    found = _probed(settings, key)
    complete = accept(settings, found)
    window = OPENAI_WINDOW if urlsplit(settings.base_url).hostname == OPENAI_HOST else found.window
    return Model(
        complete,
        ServerDoor(complete, key),
        counter=TokenCounter(complete.model, encodings),
        patience=patience,
        window=window,
    )


def _gguf(settings: BackendSettings, patience: Patience | None) -> Model:
    from mockinterview.llm.gguf import GgufDoor

    door = GgufDoor(settings)
    typed: Door = door
    return Model(settings, typed, patience=patience, window=door.window)


def _probed(settings: BackendSettings, key: str) -> Found:
    """Probe from a thread of its own: the caller may stand inside an event loop, or outside of any."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, probe(settings, key, settings.connect_timeout)).result()
