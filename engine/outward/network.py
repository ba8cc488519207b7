"""The connection itself: resolve once, judge every address, dial exactly those, and let nothing outlast its time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from httpcore2 import (
    SOCKET_OPTION,
    ConnectError,
    ConnectTimeout,
    NetworkBackend,
    NetworkStream,
    ReadTimeout,
    SyncBackend,
    WriteTimeout,
)

from engine.outward.addresses import Inside, is_open
from engine.outward.refusals import refused

Resolver = Callable[[str], Sequence[str]]
"""The addresses of a name, best first; raises OSError where there are none."""


def look_up(host: str) -> Sequence[str]:
    """As the machine resolves names."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class NameUnknown(ConnectError):
    """There is no such name."""


class Deadline:
    """The instant at which everything about a call ends, however busy the other side keeps us."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.begin(seconds)

    def begin(self, seconds: float) -> None:
        """From now on, for the next call over the same connection."""
        self._ends = time.monotonic() + seconds

    def left(self, otherwise: type[Exception]) -> float:
        """So many seconds; raises `otherwise` when there are none."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise otherwise("the time for the whole call is over")
        return seconds


def addresses_of(host: str, *, inside: Inside, plain: bool, resolve: Resolver, deadline: Deadline) -> list[str]:
    """The addresses of a host, each of which may be called. Raises Refused if one may not.

    `plain`: it is called by http, which only what is allowed inside may be.
    """
    found = _resolved(host, resolve, deadline)
    for each in found:
        address = ip_address(each)
        allowed = inside.allows(host, address)
        if not allowed and not is_open(address):
            raise refused("outward.inside")
        if plain and not allowed:
            raise refused("outward.scheme")
    return found


def _resolved(host: str, resolve: Resolver, deadline: Deadline) -> list[str]:
    """A resolver has no time limit of its own, so it is waited for from outside."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    found: list[str] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            found.extend(resolve(host))
        except BaseException as fault:
            faults.append(fault)

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(deadline.left(ConnectTimeout))
    if asking.is_alive():
        raise ConnectTimeout("the name was not resolved in time")
    if faults and not isinstance(faults[0], OSError):
        raise faults[0]
    if faults or not found:
        raise NameUnknown(host)
    return [each.partition("%")[0] for each in found]


class Guarded(NetworkBackend):
    """Dials what `addresses_of` lets through, under one deadline for connecting, shaking hands, sending and reading."""

    def __init__(self, *, inside: Inside, plain: bool, resolve: Resolver, deadline: Deadline) -> None:
        self._inside, self._plain, self._resolve, self._deadline = inside, plain, resolve, deadline
        self._dial = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        addresses = addresses_of(
            host, inside=self._inside, plain=self._plain, resolve=self._resolve, deadline=self._deadline
        )
        for position, address in enumerate(addresses):
            share = self._deadline.left(ConnectTimeout) / (len(addresses) - position)
            try:
                return _Timed(self._dial.connect_tcp(address, port, timeout=share), self._deadline)
            except (ConnectError, ConnectTimeout):
                if position == len(addresses) - 1:
                    raise
        raise NameUnknown(host)


class _Timed(NetworkStream):
    """A stream whose every wait ends with the deadline: one byte a second is not an answer."""

    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        left = self._deadline.left(ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
