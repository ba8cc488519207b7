"""Receivers that answer as badly as they can, on this machine."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CERTIFICATE = """
MIIBqzCCAVCgAwIBAgIUe2OdGCMOL2zQODcN2jubOK1+n/UwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQcmVjZWl2ZXIuZXhhbXBsZTAgFw0yNjExMjYwMzAwMjlaGA8y
MTI2MTEwMjAzMDAyOVowGzEZMBcGA1UEAwwQcmVjZWl2ZXIuZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABArUkOYBKOnTBf1gxwHiZ4Ti0y2si7yLwZaK
piUzwyEM813/hPKNtN6W9lAxvNvT+DulKxntBtBq8J+JjKPRcQajcDBuMB0GA1Ud
DgQWBBThGDdkFd0xTHfyyCxOo3WNBdRDcjAfBgNVHSMEGDAWgBThGDdkFd0xTHfy
yCxOo3WNBdRDcjAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHJlY2VpdmVy
LmV4YW1wbGUwCgYIKoZIzj0EAwIDSQAwRgIhAIWXkI5kSd15ZzIGnvaUojqw5tbM
gJrXYGaaksdhTpBiAiEAhNz3LV8bmVJl9D9+M2f9uDoiJX2grqNOo78IqltBjlM=
"""
KEY = """
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglOo/B7IvTWeQAGy2
lPtJTjcF1Ome1Q/qHbGkm7cgC2WhRANCAAQK1JDmASjp0wX9YMcB4meE4tMtrIu8
i8GWiqYlM8MhDPNd/4TyjbTelvZQMbzb0/g7pSsZ7QbQavCfiYyj0XEG
"""
"""Of receiver.example; made for these tests, and opens nothing."""


@contextmanager
def receiver(answer: Callable[[socket.socket], None], *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Gives the port; every connection is answered by `answer`, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    with tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
                        connection.settimeout(5)
                        answer(connection)
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stopped.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a receiver shows, and what somebody who trusts it checks it against."""
    pem = folder / "receiver.pem"
    pem.write_text(_pem("CERTIFICATE", CERTIFICATE) + _pem("PRIVATE KEY", KEY))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(pem)
    trust = ssl.create_default_context(cadata=_pem("CERTIFICATE", CERTIFICATE))
    return shown, trust


def _pem(kind: str, text: str) -> str:
    base64.b64decode(text)
    return f"-----BEGIN {kind}-----\n{text.strip()}\n-----END {kind}-----\n"


def request_of(connection: socket.socket) -> bytes:
    """Everything up to the end of a request whose body has a length."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        (int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
