"""How the process is watched: its log, figures for Prometheus, and traces for OpenTelemetry."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from engine.config.frozen import Values

SHORTEST_TOKEN = 24


def _networks(written: tuple[str, ...]) -> tuple[str, ...]:
    for each in written:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError(f"{each!r} is no network: write 10.0.0.0/8 or one address") from None
    return written


def _endpoint(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^/@\s]+/\S*", url):
        raise ValueError("write the whole address, for example http://127.0.0.1:4318/v1/traces")
    return url


def _token(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value()) < SHORTEST_TOKEN:
        raise ValueError(f"write at least {SHORTEST_TOKEN} characters, or none")
    return secret


class LogsConfig(Values):
    form: Literal["json", "text"] = "json"
    """One JSON object per line for machines, or one plain line for people."""
    requests: bool = True
    """Whether each request that was answered is a line."""
    error_texts: bool = False
    """Whether unexpected errors are written with their text, which may quote what people typed."""


class MetricsConfig(Values):
    networks: Annotated[tuple[str, ...], AfterValidator(_networks)] = ("127.0.0.0/8", "::1/128")
    """Who may read /metrics without a token: addresses that ask by themselves, not through a proxy."""
    token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")
    """Whoever sends it as a bearer token may read /metrics from anywhere; empty: nobody."""


class TelemetryConfig(Values):
    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    """The address at which a collector takes traces over OTLP/HTTP; empty: none are recorded."""
    share: Annotated[float, Field(gt=0, le=1, strict=False)] = 1.0
    """So much of all traces is recorded, each of them whole."""
