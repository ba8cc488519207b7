"""One call to somebody else's address: no redirects, no proxies, TLS checked, a limit for all of it."""

from __future__ import annotations

import contextlib
import functools
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpcore2

from engine.outward.addresses import Inside
from engine.outward.network import Deadline, Guarded, NameUnknown, Resolver, addresses_of, look_up
from engine.outward.refusals import Unreached, unreached
from engine.outward.targets import Target, read_target

READ_AT_MOST = 4096
SECONDS = 10.0
AGENT = "Maplebridge"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is the beginning of it as text, whatever it was; show it as text only."""

    status: int
    body: str
    ms: int
    retry_after: str | None = None
    """The header of that name, as it was sent."""

    @property
    def ok(self) -> bool:
        """2xx. A redirect is none: it is not followed."""
        return 200 <= self.status < 300


class Outward:
    """Calls addresses under the rules of one installation; threads may share it.

    `inside` lists what an operator has allowed (`outbound.inside` in config.yaml). `trust` is what certificates are
    checked against; None: what the machine trusts.
    """

    def __init__(
        self, inside: Iterable[str] = (), *, resolve: Resolver = look_up, trust: ssl.SSLContext | None = None
    ) -> None:
        self._inside = Inside.of(inside)
        self._resolve = resolve
        self._trust = trust

    def check(self, url: str, *, seconds: float = 3.0) -> str:
        """The address in its one plain form, to be saved. Raises Refused for one that may not be called.

        Resolves the name, so do not call it in a transaction. A name that is not known (now) is let through: it is
        looked up whenever it is called.
        """
        target = read_target(url, self._inside)
        with contextlib.suppress(NameUnknown, httpcore2.ConnectTimeout):
            self._addresses(target, Deadline(seconds))
        return target.url

    def plain(self, url: str) -> str:
        """The address in its one plain form, as `check` gives it; looks nothing up. Raises Refused."""
        return read_target(url, self._inside).url

    def send(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
        seconds: float = SECONDS,
        most: int = READ_AT_MOST,
    ) -> Answer:
        """Sends and reads the first `most` bytes of what comes back; never longer than `seconds` for all of it.

        Raises Refused where the address may not be called, Unreached where nothing (whole) came back.
        """
        started = time.monotonic()
        target = read_target(url, self._inside)
        deadline = Deadline(seconds)
        try:
            return self._call(target, body, headers, method, deadline, started, most)
        except httpcore2.TimeoutException as fault:
            raise _unreached("outward.time", started) from fault
        except NameUnknown as fault:
            raise _unreached("outward.name", started) from fault
        except httpcore2.NetworkError as fault:
            raise _unreached(_network_fault(fault), started) from fault
        except (httpcore2.ProtocolError, ssl.SSLError, OSError) as fault:
            raise _unreached("outward.tls" if isinstance(fault, ssl.SSLError) else "outward.answer", started) from fault

    def _call(
        self,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
        method: str,
        deadline: Deadline,
        started: float,
        most: int,
    ) -> Answer:
        guarded = Guarded(inside=self._inside, plain=target.scheme == "http", resolve=self._resolve, deadline=deadline)
        origin = httpcore2.URL(target.url).origin
        sent = {
            "Host": target.authority,
            "User-Agent": AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        with (
            httpcore2.HTTPConnection(
                origin, ssl_context=self._trust or _machines_trust(), network_backend=guarded
            ) as connection,
            connection.stream(method, target.url, headers=list(sent.items()), content=body) as response,
        ):
            read = b""
            for chunk in response.iter_stream():
                read += chunk
                if len(read) >= most:
                    break
            return Answer(
                response.status,
                read[:most].decode("utf-8", errors="replace"),
                _ms(started),
                _header(response.headers, b"retry-after"),
            )

    def _addresses(self, target: Target, deadline: Deadline) -> list[str]:
        plain = target.scheme == "http"
        return addresses_of(target.host, inside=self._inside, plain=plain, resolve=self._resolve, deadline=deadline)


@functools.cache
def _machines_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    return next((value.decode("latin-1")[:100] for key, value in headers if key.lower() == name), None)


def _network_fault(fault: Exception) -> str:
    """`ConnectError` is said of a certificate, too."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "outward.tls"
        cause = cause.__cause__ or cause.__context__
    return "outward.connection" if isinstance(fault, httpcore2.ConnectError) else "outward.answer"


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _unreached(code: str, started: float) -> Unreached:
    return unreached(code, ms=_ms(started))
