"""A mail server in a thread that speaks as much SMTP as smtplib asks of it, and group robots that answer as told."""

from __future__ import annotations

import base64
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mailbox:
    """What arrived, and how the server behaves: `refuses` maps an address or `*` to what RCPT answers."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    was_encrypted: bool = False
    refuses: dict[str, str] = field(default_factory=dict)
    needs_password: bool = False


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, at_once: bool = False) -> Iterator[Mailbox]:
    """`tls` offers STARTTLS, or speaks TLS from the first byte where `at_once`."""
    box = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            box.connections += 1
            if at_once and tls is not None:
                self._encrypt(tls)
            self.say("220 mail.example")
            while line := self.rfile.readline():
                words = line.decode().strip()
                verb = words.split(":", 1)[0].split(" ", 1)[0].upper()
                if verb == "QUIT":
                    return self.say("221 bye")
                getattr(self, f"on_{verb.lower()}", self.on_other)(words)

        def on_ehlo(self, _words: str) -> None:
            self.say("250-mail.example")
            if tls is not None and not isinstance(self.connection, ssl.SSLSocket):
                self.say("250-STARTTLS")
            self.say("250 AUTH PLAIN")

        def on_starttls(self, _words: str) -> None:
            assert tls is not None
            self.say("220 go on")
            self._encrypt(tls)

        def on_auth(self, words: str) -> None:
            _nobody, user, password = base64.b64decode(words.split()[2]).decode().split("\0")
            box.signed_in.append((user, password))
            self.say("235 welcome" if password == "open sesame" else "535 no")

        def on_rcpt(self, words: str) -> None:
            address = words.partition("<")[2].partition(">")[0]
            self.say(box.refuses.get(address) or box.refuses.get("*") or "250 ok")

        def on_data(self, _words: str) -> None:
            self.say("354 go on")
            read = b""
            while not read.endswith(b"\r\n.\r\n"):
                read += self.rfile.readline()
            mail = message_from_bytes(read[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            box.mails.append(mail)
            self.say("250 taken")

        def on_other(self, _words: str) -> None:
            self.say("250 ok")

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def _encrypt(self, context: ssl.SSLContext) -> None:
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            box.was_encrypted = True

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A client that breaks off is what some tests are about."""

    with Server(("127.0.0.1", 0), Session) as server:
        box.port = server.server_address[1]
        with _serving(server):
            yield box


@dataclass
class Robots:
    """What was called: path with query, headers, body; `answers` is what the next ones hear, the last one for ever."""

    port: int = 0
    calls: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=lambda: [(200, {"errcode": 0, "code": 0})])

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def robots() -> Iterator[Robots]:
    there = Robots()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            there.calls.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            status, said = there.answers.pop(0) if len(there.answers) > 1 else there.answers[0]
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.port = server.server_address[1]
    with server, _serving(server):
        yield there


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(5)
