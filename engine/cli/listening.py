"""A server that leaves without a client noticing: it says so, takes what has arrived, and finishes it."""

from __future__ import annotations

import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any

from engine.errors import Unavailable

TAKEN_S = 1.0
"""So long at most it takes what has arrived: more may come all the while."""
QUIET_S = 0.5
"""So long nothing may be under way before the last connections are closed: a request may be on its way still."""


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets. A second signal ends the process at once."""
    told = threading.Event()

    def stop(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        told.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    yield told


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; whoever restarts a node has its port again at once. Raises Unavailable for one that is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(address)
        except OSError:
            found.close()
            raise
    except OSError as error:
        raise Unavailable("server.address", f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    return found


def answer(server: Any, listening: socket.socket, told: threading.Event, *, drain: float, finish: float) -> None:
    """Serves until told to stop; then goes on for `drain` seconds, takes what has arrived, listens no more, and gives
    what is under way `finish` seconds at most. `server` is waitress on the socket `listening`."""
    while not told.is_set():
        _turn(server, 1.0)
    until = monotonic() + drain
    while monotonic() < until:
        _turn(server, 0.1)
    until = monotonic() + TAKEN_S
    while select.select([listening], [], [], 0)[0] and monotonic() < until:
        _turn(server, 0)  # else the kernel would reset who has connected already
    server.del_channel()
    listening.close()
    for channel in list(server.active_channels.values()):
        channel.task_class = partial(_last_of_its_connection, channel.task_class)
    until = monotonic() + finish
    quiet_from = monotonic()
    while monotonic() < until and monotonic() < quiet_from + QUIET_S:
        _turn(server, 0.05)
        if _under_way(server):
            quiet_from = monotonic()
    server.task_dispatcher.shutdown(timeout=1)
    for channel in list(server.active_channels.values()):
        channel.close()
    server.trigger.close()


def _turn(server: Any, timeout: float) -> None:
    server.asyncore.loop(timeout=timeout, map=server._map, use_poll=server.adj.asyncore_use_poll, count=1)


def _last_of_its_connection(task: Any, channel: Any, request: Any) -> Any:
    """Whoever keeps a connection is told with the next answer to ask elsewhere: else it would be cut off in the end."""
    request.headers["CONNECTION"] = "close"
    return task(channel, request)


def _under_way(server: Any) -> bool:
    """Whether some connection is sending a request, waits for its answer, or is being sent it."""
    return any(
        channel.requests or channel.request is not None or channel.total_outbufs_len
        for channel in list(server.active_channels.values())
    )
