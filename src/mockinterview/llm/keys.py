"""Where the key of a backend comes from: the environment variable that its table names, else the keyring. Never shown or logged."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from mockinterview.errors import SettingsError
from mockinterview.models import BackendSettings

SERVICE: Final = "mockinterview"
OPENAI_KEY: Final = "OPENAI_API_KEY"
OPENAI_HOST: Final = "api.openai.com"
FLAG_KEY: Final = "MOCKINTERVIEW_API_KEY"


def find_key(settings: BackendSettings, environment: Mapping[str, str] = os.environ) -> str:
    """Return the key that was set for this backend's own address, or "" (local servers need none).

    Raises SettingsError where the table would send the OpenAI key to another host.
    """
    host = urlsplit(settings.base_url).hostname or ""
    if settings.key_env == OPENAI_KEY and host != OPENAI_HOST:
        message = f"The key in {OPENAI_KEY} belongs to {OPENAI_HOST}; backend '{settings.name}' is at {host}."
        raise SettingsError(message, f"Put the key for {host} into a variable of its own and name that one in key_env.")
    key = environment.get(settings.key_env, "") if settings.key_env else ""
    return key.strip() or _from_keyring(settings)


def _from_keyring(settings: BackendSettings) -> str:
    """Return the key that the keyring has for this backend. An address given by a flag has no entry there: it could be any."""
    if settings.key_env == FLAG_KEY:
        return ""
    try:
        keyring = importlib.import_module("keyring")
        failures = importlib.import_module("keyring.errors")
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE, settings.name) or ""
    except failures.NoKeyringError:  # a computer without a desktop
        return ""
    except failures.KeyringError as error:
        raise SettingsError(f"The keyring cannot be read: {error}.", f"Unlock it, or set key_env for '{settings.name}'.") from error
