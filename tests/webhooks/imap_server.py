"""A small IMAP server of our own, over TLS, in a thread: what a mailbox needs of RFC 3501, and ways of going wrong."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSWORD = "correct horse battery"
DATE = "02-Mar-2026 08:30:00 +0800"
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|\(([^)]*)\)|(\S+)')

# A certificate for 127.0.0.1 that vouches for itself until 2120, and its key; both open nothing.
KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguzIxJHdgCU25VrzozgL/tYeQC5VzTNHrTgVJPkc25dChRANC"
    "AAQVjM8zL4BeRVMeT6FmnOCLBhUjrLS/0l0hDmo18blwupGE9nnvY7zCgLAJ0/sMcn5enqAMmx6oCPsUKrH66cKc"
)  # fmt: skip
CERTIFICATE = (
    "MIIBbTCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxtYWlsYm94IHRlc3QwIBcNMjAwMTAxMDAwMDAwWhgP"
    "MjEyMDAxMDEwMDAwMDBaMBcxFTATBgNVBAMMDG1haWxib3ggdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBWMzzMv"
    "gF5FUx5PoWac4IsGFSOstL/SXSEOajXxuXC6kYT2ee9jvMKAsAnT+wxyfl6eoAybHqgI+xQqsfrpwpyjTjBMMA8GA1UdEwEB"
    "/wQFMAMBAf8wHQYDVR0OBBYEFEPPhrqMRGTH/iRHLEb/YvderFXeMBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9zdDAKBggq"
    "hkjOPQQDAgNIADBFAiEAhI5vQAdOY+T3lsZz4JC7MHBABIXL9cRJfMTSsGs7NvgCICtPspg/88OASKX9ZjwIc3WvUFk2FRMy"
    "q7wMCLBJG1ux"
)  # fmt: skip


@dataclass
class Kept:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


class Server(socketserver.ThreadingTCPServer):
    """`dies_at` is a command at which it hangs up once; `refuses` are commands that it says no to."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, trust: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.trust = trust
        self.folders: dict[str, list[Kept]] = {"INBOX": []}
        self.capabilities = "IMAP4rev1 MOVE UIDPLUS"
        self.dies_at = ""
        self.refuses: set[str] = set()
        self.asked: list[str] = []
        self._last = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def lay(self, raw: bytes) -> Kept:
        self._last += 1
        kept = Kept(self._last, raw)
        self.folders["INBOX"].append(kept)
        return kept

    def get_request(self) -> tuple[Any, Any]:
        plain, address = super().get_request()
        return self.trust.wrap_socket(plain, server_side=True), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of a test."""


class _Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say(f"* OK [CAPABILITY {self.server.capabilities}] ready")
        while line := self.rfile.readline().decode("ascii", "replace").rstrip("\r\n"):
            tag, *words = ["".join(each) for each in _WORD.findall(line)]
            command = words[0].upper()
            if command == "UID":
                command, words = words[1].upper(), words[1:]
            self.server.asked.append(command)
            if command == self.server.dies_at:
                self.server.dies_at = ""
                return
            if command in self.server.refuses:
                self._say(f"{tag} NO not here")
                continue
            done = getattr(self, f"_{command.lower()}")(*words[1:])
            self._say(f"{tag} {done or 'OK done'}")
            if command == "LOGOUT":
                return

    def _say(self, line: str, literal: bytes | None = None) -> None:
        self.wfile.write(line.encode() + b"\r\n")
        if literal is not None:
            self.wfile.write(literal + b")\r\n")

    def _capability(self) -> None:
        self._say(f"* CAPABILITY {self.server.capabilities}")

    def _login(self, user: str, password: str) -> str:
        return "OK in" if password == PASSWORD else "NO [AUTHENTICATIONFAILED] wrong password"

    def _logout(self) -> None:
        self._say("* BYE")

    def _select(self, folder: str) -> str:
        if folder not in self.server.folders:
            return "NO there is no such folder"
        self._folder = self.server.folders[folder]
        self._say(f"* {len(self._folder)} EXISTS")
        return "OK [READ-WRITE] selected"

    def _search(self, *_what: str) -> None:
        unread = [str(each.uid) for each in self._folder if r"\Seen" not in each.flags]
        self._say(f"* SEARCH {' '.join(unread)}".rstrip())

    def _fetch(self, uid: str, what: str) -> None:
        for at, each in enumerate(self._folder, 1):
            if each.uid != int(uid):
                continue
            if "RFC822.SIZE" in what:
                self._say(f'* {at} FETCH (UID {uid} RFC822.SIZE {len(each.raw)} INTERNALDATE "{DATE}")')
                return
            data = each.raw.split(b"\r\n\r\n")[0][:65536] if "HEADER" in what else each.raw
            self._say(f"* {at} FETCH (UID {uid} BODY[] {{{len(data)}}}", data)

    def _store(self, uid: str, _how: str, flags: str) -> None:
        for each in self._folder:
            if each.uid == int(uid):
                each.flags |= set(flags.split())

    def _create(self, folder: str) -> str:
        if folder in self.server.folders:
            return "NO it exists"
        self.server.folders[folder] = []
        return "OK made"

    def _copy(self, uid: str, folder: str) -> None:
        self.server.folders[folder] += [Kept(900 + each.uid, each.raw) for each in self._folder if each.uid == int(uid)]

    def _move(self, uid: str, folder: str) -> None:
        self._copy(uid, folder)
        self._folder[:] = [each for each in self._folder if each.uid != int(uid)]

    def _expunge(self, uid: str) -> None:
        self._folder[:] = [each for each in self._folder if each.uid != int(uid) or r"\Deleted" not in each.flags]


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Server, Path]]:
    """The server, and the file that vouches for it."""
    certificate, key = folder / "vouches.pem", folder / "own.pem"
    certificate.write_text(_pem("CERTIFICATE", CERTIFICATE), encoding="ascii")
    key.write_text(_pem("PRIVATE KEY", KEY), encoding="ascii")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate, key)
    with Server(trust) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server, certificate
        finally:
            server.shutdown()
            thread.join()


def _pem(what: str, text: str) -> str:
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {what}-----\n{lines}\n-----END {what}-----\n"
