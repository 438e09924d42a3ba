"""Settings: which there are, what they do, and where each value came from.

Later sources win: the defaults below, `config.toml`, the environment (`MOCKINTERVIEW_*`), flags. Every field has a docstring
under it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mockinterview.errors import SettingsError, nearest_hint
from mockinterview.models import BackendSettings, Format, Level, Mode

ENV_PREFIX = "MOCKINTERVIEW_"
LOCAL_PRESETS: Mapping[str, str] = {
    "ollama": "http://127.0.0.1:11434/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
    "llamacpp": "http://127.0.0.1:8080/v1",
    "vllm": "http://127.0.0.1:8000/v1",
    "jan": "http://127.0.0.1:1337/v1",
}
"""Default addresses of local servers, from their documentation."""
OPENAI_URL = "https://api.openai.com/v1"
WITHOUT_MODEL = ("embedded", "words")
"""The graders of the package itself, which have neither an address nor a model."""


class Settings(BaseModel):
    """All settings of a run. Immutable; made by `load_settings`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    backend: str = "embedded"
    """Who interviews and grades: "embedded", the name of a backend, or "gguf:FILE"."""
    judge: str = ""
    """A backend that grades instead of `backend`; empty for the same one. `backend = "embedded"` from a later source means both."""
    base_url: str = ""
    """The address of `backend`, or of `judge` where that is embedded, if no table in `config.toml` defines it."""
    model: str = ""
    """The model to ask that backend for. From a flag or a variable it goes before the one in its table."""
    corpus: Path | None = None
    """A folder with a bank of your own (`questions/<topic>/<id>.yaml`); unset for the shipped bank."""
    prompts: Path | None = None
    """A folder whose prompt files take the place of the shipped ones of the same name."""
    count: int = Field(default=5, ge=1, le=200)
    """Number of questions of an interview."""
    minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Minutes after which an interview ends at the next question; unset for no limit."""
    level: Level | None = None
    """Level of the questions: foundation, intermediate or advanced; unset for rising levels."""
    mode: Mode = "practice"
    """practice shows a score card after each answer and gives hints; exam shows everything at the end."""
    format: Format = "phone"
    """phone takes words; onsite asks for formulas and worked examples."""
    follow_ups: int = Field(default=3, ge=0, le=3)
    """The most follow-ups that a question may have."""
    judge_votes: Literal[1, 3, 5] = 1
    """How often a model judges an answer; the majority decides."""
    theme: str = "dark"
    """Theme of the app: dark, light, or the name of any Textual theme."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Table `[keys]` that gives actions of the app other keys: `send = "ctrl+s"` ([keys.md](keys.md) has the names)."""
    backends: dict[str, BackendSettings] = Field(default_factory=dict)
    """Tables `[backends.NAME]` with base_url, model, key_env, context_window, timeouts and prices."""

    @field_validator("corpus", "prompts")
    @classmethod
    def _from_home(cls, value: Path | None) -> Path | None:
        """Take "~" for the home folder, as a shell does for flags."""
        return value.expanduser() if value else value

    @field_validator("judge_votes", mode="before")
    @classmethod
    def _number_of_votes(cls, value: object) -> object:
        """Take the digits of an environment variable; a choice among numbers would refuse text."""
        return int(value) if isinstance(value, str) and value.isdecimal() else value


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things are kept. `MOCKINTERVIEW_HOME` puts all of them under one folder."""

    config: Path
    data: Path
    cache: Path

    @property
    def config_file(self) -> Path:
        """The settings file."""
        return self.config / "config.toml"

    @property
    def sessions(self) -> Path:
        """The database of all sessions."""
        return self.data / "sessions.db"

    @property
    def drafts(self) -> Path:
        """What was typed in the app and not sent yet."""
        return self.data / "drafts"

    @property
    def index(self) -> Path:
        """The retrieval index, which can be deleted at any time."""
        return self.cache / "index"

    @property
    def encodings(self) -> Path:
        """The token tables that `mockinterview models --fetch-encoding` brings."""
        return self.cache / "encodings"


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with the source of each value: "default", the file, a variable or "flag"."""

    settings: Settings
    origins: Mapping[str, str]


def folders(environment: Mapping[str, str] = os.environ) -> Folders:
    """Return the folders of this user, without creating any."""
    home = environment.get(f"{ENV_PREFIX}HOME")
    if home:
        base = Path(home)
        return Folders(base / "config", base / "data", base / "cache")
    dirs = platformdirs.PlatformDirs("mockinterview", appauthor=False)
    return Folders(Path(dirs.user_config_dir), Path(dirs.user_data_dir), Path(dirs.user_cache_dir))


def load_settings(
    file: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ
) -> LoadedSettings:
    """Return the settings from file, environment and flags; raise SettingsError that names the source of a wrong value."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    sources = ((_read_file(file), str(file)), (_read_environment(environment), "environment"), (_given(flags), "flag"))
    for source, label in sources:
        for name in _ended(values, source):
            del values[name]
            origins[name] = "default"
        for name, value in source.items():
            if name not in Settings.model_fields:
                hint = nearest_hint(name, Settings.model_fields, "`mockinterview config show` lists all settings.")
                raise SettingsError(f"Unknown setting '{name}' in {label}.", hint)
            values[name] = value
            origins[name] = f"{ENV_PREFIX}{name.upper()}" if label == "environment" else label
    _refuse_another_owner(values, sources)
    return LoadedSettings(_tables_first(_validated(values, origins), origins, str(file)), origins)


def addressed(backend: str, judge: str) -> str:
    """Return whose `base_url` and `model` are: the backend's, the judge's where that takes none (embedded, gguf:FILE), or ""."""
    return next((n for n in (backend, judge) if n and n not in WITHOUT_MODEL and not n.startswith("gguf:")), "")


def _owner(values: Mapping[str, Any]) -> str:
    return addressed(str(values.get("backend") or ""), str(values.get("judge") or ""))


def _ended(values: Mapping[str, Any], source: Mapping[str, Any]) -> set[str]:
    """Return which values end with a later source: the judge with `embedded`, address and model with another backend to ask."""
    alone = source.get("backend") == "embedded" and values.get("judge") not in WITHOUT_MODEL
    ended = {"judge"} if alone else set()
    left = {name: value for name, value in values.items() if name not in ended}
    if _owner(values) not in ("", _owner({**left, **source})):
        ended |= {"base_url", "model"}
    return ended & values.keys()


def _refuse_another_owner(values: Mapping[str, Any], sources: Sequence[tuple[Mapping[str, Any], str]]) -> None:
    """Raise SettingsError where a source gives a judge with address or model, which would go to the backend of an earlier one."""
    owner = _owner(values)
    for source, label in reversed(sources):
        if source.get("backend"):
            return
        meant, given = _owner(source), [name for name in ("base_url", "model") if source.get(name)]
        if meant not in ("", owner) and any(values.get(name) == source[name] for name in given):
            message = f"The address or model from {label} stands beside the judge '{meant}', but belongs to the backend '{owner}'."
            raise SettingsError(message, f"Name the backend as well, or put it into a table [backends.{meant}] of config.toml.")


def _tables_first(settings: Settings, origins: dict[str, str], file: str) -> Settings:
    """Return the settings without the address and model of the file where a table of the same file has its own."""
    table = settings.backends.get(addressed(settings.backend, settings.judge))
    if table is None:
        return settings
    outdone = [name for name in ("base_url", "model") if origins[name] == file and (table.gguf or getattr(table, name))]
    origins.update(dict.fromkeys(outdone, f"[backends.{table.name}]"))
    return settings.model_copy(update=dict.fromkeys(outdone, ""))


def _validated(values: dict[str, Any], origins: Mapping[str, str]) -> Settings:
    tables = values.get("backends", {})
    if isinstance(tables, dict):
        values["backends"] = {name: {"name": name, **table} if isinstance(table, dict) else table for name, table in tables.items()}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        origin = origins.get(str(problem["loc"][0]), "settings")
        raise SettingsError(f"Setting '{field}' from {origin}: {problem['msg']}.", "Correct it and try again.") from error


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error}.", "Check its permissions.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.", "Correct that line.") from error


def _read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings among the variables; keys and folders are not settings."""
    names = {f"{ENV_PREFIX}{name.upper()}": name for name in Settings.model_fields if name not in ("backends", "keys")}
    return {names[variable]: value for variable, value in environment.items() if variable in names and value}


def _given(flags: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (flags or {}).items() if value is not None}


def backend_settings(settings: Settings, name: str) -> BackendSettings:
    """Return the definition of a backend by name; raise SettingsError, naming the nearest, where nothing defines it.

    `gguf:FILE` comes first, then the tables in `config.toml`, then the presets. `base_url` and `model` complete the one that they
    belong to (`addressed`); SettingsError where its table has another address, for its key is meant for that one alone.
    """
    if name.startswith("gguf:"):
        return BackendSettings(name=name, gguf=name.removeprefix("gguf:"), model=Path(name).stem)
    own = name == addressed(settings.backend, settings.judge)
    base_url, model = (settings.base_url, settings.model) if own else ("", "")
    if name in settings.backends:
        return _completed(settings.backends[name], base_url, model)
    if base_url:
        return BackendSettings(name=name, base_url=base_url, model=model, key_env=f"{ENV_PREFIX}API_KEY")
    if name == "openai":
        return BackendSettings(name=name, base_url=OPENAI_URL, model=model, key_env="OPENAI_API_KEY")
    if name in LOCAL_PRESETS:
        return BackendSettings(name=name, base_url=LOCAL_PRESETS[name], model=model)
    known = ["embedded", "openai", *LOCAL_PRESETS, *settings.backends]
    hint = nearest_hint(name, known, f"Backends: {', '.join(dict.fromkeys(known))}, gguf:FILE.")
    raise SettingsError(f"There is no backend '{name}'.", hint)


def _completed(table: BackendSettings, base_url: str, model: str) -> BackendSettings:
    """Return a table with the model that is asked for; the model of a file is that file."""
    if base_url.rstrip("/") not in ("", table.base_url.rstrip("/")):
        where = table.base_url or table.gguf or "no address"
        message = f"base_url names {base_url} for backend '{table.name}', and its table in config.toml {where}."
        raise SettingsError(message, "Leave base_url out, correct the table, or name a backend without one.")
    return table.model_copy(update={"model": model}) if model and not table.gguf else table
