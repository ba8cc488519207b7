"""The sources of the configuration, and their secrets, which only the environment holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.cases import TYPES
from engine.config import Config, RuleConfig, SourceConfig
from engine.errors import Invalid, NotFound, Unavailable
from engine.intake import CHANNELS, KINDS
from engine.triage import DEFAULTS
from webhooks.inbound import demonstration
from webhooks.inbound.signatures import secret_fault


def sources_of(config: Config) -> tuple[SourceConfig, ...]:
    """The declared ones; a demonstration without any has one to look at."""
    if config.demo and not config.inbound.sources:
        return (demonstration.SOURCE,)
    return config.inbound.sources


def source_of(config: Config, name: str) -> SourceConfig:
    """Raises NotFound `source.unknown`."""
    found = next((each for each in sources_of(config) if each.name == name), None)
    if found is None:
        raise NotFound("source.unknown", "There is no such source.")
    return found


def secrets_of(source: SourceConfig, environment: Mapping[str, str] | None = None) -> list[str]:
    """Those that are set and can be used. Raises Unavailable `source.not_ready` when none is."""
    env = os.environ if environment is None else environment
    scheme = source.signature.scheme
    found = [env.get(name, "").strip() for name in source.signature.secret_env]
    usable = [each for each in found if secret_fault(scheme, each) is None]
    if not usable:
        raise Unavailable("source.not_ready", "This source is not set up yet; an operator has to name its secret.")
    return usable


def must_be_sound(config: Config) -> None:
    """Raises Invalid `config.invalid` naming everything in `inbound` that no rule can follow, with its path."""
    problems = [{"path": path, "problem": said, "suggestion": None} for path, said in _faults(config)]
    if problems:
        lines = "\n".join(f"- {each['path']}: {each['problem']}" for each in problems)
        raise Invalid("config.invalid", f"The configuration cannot be used:\n{lines}", problems=problems)


def unready(sources: Sequence[SourceConfig], environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """(path, sentence) of every secret that is missing or cannot be used. No secret is repeated."""
    found = []
    for at, source in enumerate(sources):
        for index, name in enumerate(source.signature.secret_env):
            value = environment.get(name, "").strip()
            fault = secret_fault(source.signature.scheme, value) if value else "it is not set in the environment"
            if fault:
                found.append((f"inbound.sources[{at}].signature.secret_env[{index}]", f"{name}: {fault}"))
        back = source.write_back
        for index, name in enumerate(() if back is None else back.secret_env):
            value = environment.get(name, "").strip()
            fault = secret_fault("standard", value) if value else "it is not set in the environment"
            if fault:
                found.append((f"inbound.sources[{at}].write_back.secret_env[{index}]", f"{name}: {fault}"))
    return found


def _faults(config: Config) -> Iterator[tuple[str, str]]:
    sources = config.inbound.sources
    yield from _clashes(sources)
    for at, source in enumerate(sources):
        here = f"inbound.sources[{at}]"
        if source.channel not in CHANNELS:
            yield f"{here}.channel", f"there is no channel {source.channel!r}; write one of {', '.join(CHANNELS)}"
        yield from _of_words(f"{here}.map.kind", source.map.kind, KINDS)
        for name in source.map.facts:
            if name not in DEFAULTS or name in ("kind", "channel"):
                yield f"{here}.map.facts.{name}", f"triage knows no fact {name!r}"
        for index, party in enumerate(source.map.parties):
            yield from _of_words(f"{here}.map.parties[{index}].type", party.type, TYPES)


def _clashes(sources: Sequence[SourceConfig]) -> Iterator[tuple[str, str]]:
    for at, source in enumerate(sources):
        for other in sources[:at]:
            here = f"inbound.sources[{at}]"
            if other.name == source.name:
                yield f"{here}.name", f"there are two sources {source.name!r}"
            elif other.channel == source.channel and (
                source.prefix.startswith(other.prefix) or other.prefix.startswith(source.prefix)
            ):
                yield (
                    f"{here}.prefix",
                    f"{other.name!r} has the same channel: give both a prefix, neither the beginning of the other",
                )


def _of_words(path: str, rule: RuleConfig, known: Sequence[str]) -> Iterator[tuple[str, str]]:
    said: dict[str, Any] = {"value": rule.value, "default": rule.default}
    said |= {f"values.{theirs}": ours for theirs, ours in (rule.values or {}).items()}
    for name, word in said.items():
        if word is not None and word not in known:
            yield f"{path}.{name}", f"{word!r} is not one of {', '.join(known)}"
