"""`models`: which language models are there, exactly why one is not, a real graded answer as a test, and token tables."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict

from mockinterview.budget import fetch_encoding
from mockinterview.cli.compose import EMBEDDED, Workshop
from mockinterview.cli.output import put_json, put_lines
from mockinterview.config import LOCAL_PRESETS, backend_settings
from mockinterview.errors import BackendError, SettingsError, UsageError
from mockinterview.grading.judge import Trial, try_out
from mockinterview.llm import Found, Model, find_key, probe_all
from mockinterview.models import BackendSettings


def models(arguments: argparse.Namespace) -> int:
    """Probe all known addresses at once, test one backend, or fetch a token table. Exit code 3 where a tested backend fails."""
    if arguments.test and not arguments.backend:
        arguments.backend = arguments.test  # address and model among the flags are those of the backend under test
    workshop = Workshop.from_arguments(arguments)
    if arguments.fetch_encoding:
        put_lines([str(fetch_encoding(arguments.fetch_encoding, workshop.folders.encodings))])
        return 0
    if arguments.test:
        return _test(workshop, arguments.test, as_json=arguments.json)
    return _list(workshop, as_json=arguments.json)


def _list(workshop: Workshop, *, as_json: bool) -> int:
    found = asyncio.run(_in_order(list(known_backends(workshop))))
    if as_json:
        put_json([asdict(each) for each in found])
    else:
        put_lines(line for each in found for line in _lines(each))
    return 0


def known_backends(workshop: Workshop) -> Iterator[BackendSettings]:
    """Yield the backends of the settings and the presets on this machine; a remote address is asked only where it is set up."""
    settings = workshop.settings
    names = dict.fromkeys([*settings.backends, *LOCAL_PRESETS])
    if settings.backend not in (EMBEDDED, *names) and not settings.backend.startswith("gguf:"):
        names[settings.backend] = None
    yield from (table for name in names if (table := backend_settings(settings, name)).base_url)


async def probed(backends: Iterable[BackendSettings]) -> AsyncIterator[Found]:
    """Yield what is found at each address, as it answers; one whose key cannot be used is not asked, and keeps no other from it."""
    keyed = []
    for table in backends:
        try:
            keyed.append((table, find_key(table)))
        except SettingsError as error:
            yield Found(table.name, table.base_url, "denied", why=error.message.removesuffix("."))
    async for found in probe_all(keyed):
        yield found


async def _in_order(backends: list[BackendSettings]) -> list[Found]:
    """Return what was found, live ones first, each group in the order of the settings."""
    order = {table.name: number for number, table in enumerate(backends)}
    found = [each async for each in probed(backends)]
    return sorted(found, key=lambda each: (each.state != "live", order[each.name]))


def _lines(found: Found) -> Iterator[str]:
    yield f"{found.name:<12} {found.base_url:<32} {found.state if found.state == 'live' else found.why}"
    window = f"   (context window: {found.window} tokens)" if found.window else ""
    yield from (f"    --backend {found.name} --model {name}{window}" for name in found.models)
    if found.state == "live" and found.why:
        yield f"    {found.why}"


def _test(workshop: Workshop, name: str, *, as_json: bool) -> int:
    if name == EMBEDDED:
        raise UsageError("The embedded grader needs no test of a model.", "Name a backend; `mockinterview models` lists them.")
    grader = workshop.model_grader(name)
    question = next((q for q in workshop.bank if q.model_answer), next(iter(workshop.bank)))
    trial = asyncio.run(try_out(grader, question))
    model = workshop.chat_model(name)
    if as_json:
        put_json(_as_data(name, model, trial))
    else:
        put_lines(_trial_lines(name, model, trial))
    if not trial.works:
        raise BackendError(f"{model.name} did not grade the answer. {trial.assessment.note}", "Try another model or server.")
    return 0


def _as_data(name: str, model: Model, trial: Trial) -> dict[str, object]:
    return {
        "backend": name, "model": model.name, "works": trial.works, "seconds": round(trial.seconds, 3), **asdict(trial.usage),
        "structured": model.structured, "context_window": model.context_window, "notices": list(model.notices),
        "assessment": trial.assessment.as_line(),
    }  # fmt: skip


def _trial_lines(name: str, model: Model, trial: Trial) -> Iterator[str]:
    used, cost = trial.usage, f", cost {trial.usage.cost:.4f}" if trial.usage.cost else ""
    yield f"backend           {name}, model {model.name}"
    yield f"graded by         {trial.assessment.graded_by}"
    yield f"time              {trial.seconds:.2f} s"
    yield f"tokens            {used.prompt_tokens} in, {used.completion_tokens} out, {used.requests} request(s){cost}"
    yield f"structured output {model.structured or 'does not work'}"
    yield f"context window    {model.context_window} tokens (counts: {model.counter.source})"
    yield f"score             {trial.assessment.score}"
    yield from (f"note              {text}" for text in model.notices)
