"""One call to somebody else's address: no redirects, no proxies, TLS checked, a limit for all of it."""

from __future__ import annotations

import contextlib
import functools
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Self

import httpcore2

from engine.outward.addresses import Inside
from engine.outward.network import Deadline, Guarded, NameUnknown, Resolver, addresses_of, look_up
from engine.outward.refusals import Unreached, unreached
from engine.outward.targets import Target, read_target

READ_AT_MOST = 4096
SECONDS = 10.0
KEPT_S = 30.0
"""So long a connection is kept at most: then its address is looked up and judged again."""
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


class Line:
    """A connection that stays from one call to the next, as long as the other side keeps it. For one thread.

    It was judged as every other when it was dialled, and leads nowhere else. A call that finds it broken is made again
    over a new one, so that the other side may see one message twice. To be closed, or used in a `with`.
    """

    def __init__(self) -> None:
        self.deadline = Deadline()
        self._connection: httpcore2.HTTPConnection | None = None
        self._until = 0.0

    def kept(self, target: Target) -> httpcore2.HTTPConnection | None:
        """What can be used once more."""
        found = self._connection
        if found is None:
            return None
        is_good = found.is_available() and not found.has_expired() and time.monotonic() < self._until
        if is_good and found.can_handle_request(httpcore2.URL(target.url).origin):
            return found
        self.close()
        return None

    def hold(self, connection: httpcore2.HTTPConnection) -> httpcore2.HTTPConnection:
        self.close()
        self._connection, self._until = connection, time.monotonic() + KEPT_S
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
        line: Line | None = None,
    ) -> Answer:
        """Sends and reads the first `most` bytes of what comes back; never longer than `seconds` for all of it.

        `line` is used for several calls, one after the other. Raises Refused where the address may not be called,
        Unreached where nothing (whole) came back.
        """
        started = time.monotonic()
        target = read_target(url, self._inside)
        sent = {
            "Host": target.authority,
            "User-Agent": AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close" if line is None else "keep-alive",
            **headers,
        }
        call = partial(_call, method, target.url, list(sent.items()), body, started=started, most=most)
        try:
            if line is not None:
                return self._over(line, target, call, seconds)
            with Line() as once:
                return self._over(once, target, call, seconds)
        except httpcore2.TimeoutException as fault:
            raise _unreached("outward.time", started) from fault
        except NameUnknown as fault:
            raise _unreached("outward.name", started) from fault
        except httpcore2.NetworkError as fault:
            raise _unreached(_network_fault(fault), started) from fault
        except (httpcore2.ProtocolError, ssl.SSLError, OSError) as fault:
            raise _unreached("outward.tls" if isinstance(fault, ssl.SSLError) else "outward.answer", started) from fault

    def _over(
        self, line: Line, target: Target, call: Callable[[httpcore2.HTTPConnection], Answer], seconds: float
    ) -> Answer:
        line.deadline.begin(seconds)
        try:
            kept = line.kept(target)
            if kept is not None:
                with contextlib.suppress(httpcore2.NetworkError, httpcore2.ProtocolError):
                    return call(kept)  # else it was closed over there, after the last answer
            return call(line.hold(self._dialled(target, line.deadline)))
        except BaseException:
            line.close()
            raise

    def _dialled(self, target: Target, deadline: Deadline) -> httpcore2.HTTPConnection:
        guarded = Guarded(inside=self._inside, plain=target.scheme == "http", resolve=self._resolve, deadline=deadline)
        origin = httpcore2.URL(target.url).origin
        trust = self._trust or _machines_trust()
        return httpcore2.HTTPConnection(origin, ssl_context=trust, network_backend=guarded)

    def _addresses(self, target: Target, deadline: Deadline) -> list[str]:
        plain = target.scheme == "http"
        return addresses_of(target.host, inside=self._inside, plain=plain, resolve=self._resolve, deadline=deadline)


def _call(
    method: str,
    url: str,
    headers: list[tuple[str, str]],
    body: bytes,
    connection: httpcore2.HTTPConnection,
    *,
    started: float,
    most: int,
) -> Answer:
    with connection.stream(method, url, headers=headers, content=body) as response:
        read = b""
        for chunk in response.iter_stream():
            read += chunk
            if len(read) >= most:
                break
        text = read[:most].decode("utf-8", errors="replace")
        return Answer(response.status, text, _ms(started), _header(response.headers, b"retry-after"))


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
