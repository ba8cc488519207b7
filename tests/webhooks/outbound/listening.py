"""A receiver on this machine that answers what it is told to, and keeps what it got."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.engine.outward.receivers import receiver, request_of


@contextmanager
def listening(status: int = 200, said: str = "thanks") -> Iterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        got.append(request_of(connection))
        body = said.encode()
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    with receiver(answer) as port:
        yield f"http://127.0.0.1:{port}/in", got
