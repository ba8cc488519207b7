"""The mailbox by IMAP over TLS: what is unread is read without marking it, and marked when it is settled."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from engine.config import MailboxConfig

SECONDS = 30.0
"""An answer that takes longer is given up."""
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_CAME = re.compile(rb'INTERNALDATE "([^"]{20,40})"')


class BoxTrouble(Exception):
    """The box cannot be used now: unreachable, refused, or it answers what it must not."""


class Box:
    """An open folder of a mailbox. Numbers are UIDs, as text."""

    def __init__(self, connection: imaplib.IMAP4, config: MailboxConfig) -> None:
        self._connection = connection
        self._config = config

    def unread(self, most: int) -> list[str]:
        """The first so many, oldest first."""
        (found,) = self._ask("SEARCH", "UNSEEN")[:1] or [b""]
        return [number.decode("ascii") for number in (found or b"").split()[:most]]

    def weigh(self, number: str) -> tuple[int, datetime] | None:
        """Its size in bytes and when the box took it; None for one that is gone."""
        told = b" ".join(
            each if isinstance(each, bytes) else each[0] for each in self._fetch(number, "(RFC822.SIZE INTERNALDATE)")
        )
        size, came = _SIZE.search(told), _CAME.search(told)
        if size is None or came is None:
            return None
        try:
            return int(size[1]), datetime.strptime(came[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
        except (ValueError, UnicodeDecodeError) as fault:
            raise BoxTrouble("The server says no readable date of a mail.") from fault

    def head(self, number: str) -> bytes:
        return self._content(number, "(BODY.PEEK[HEADER]<0.65536>)")

    def content(self, number: str) -> bytes:
        """The whole mail. It stays unread."""
        return self._content(number, "(BODY.PEEK[])")

    def settle(self, number: str) -> None:
        """Marks it read: it is not looked at again."""
        self._ask("STORE", number, "+FLAGS.SILENT", r"(\Seen)")

    def put_aside(self, number: str) -> None:
        """Moves it into the folder of refused mail. Where that cannot be, it stays, read and flagged."""
        folder = f'"{self._config.refused}"'
        try:
            self._connection.create(folder)  # it says no where the folder exists
            if "MOVE" in self._connection.capabilities:
                self._ask("MOVE", number, folder)
                return
            self._ask("COPY", number, folder)
        except BoxTrouble:
            self._ask("STORE", number, "+FLAGS.SILENT", r"(\Seen \Flagged)")
            return
        self._ask("STORE", number, "+FLAGS.SILENT", r"(\Seen \Deleted)")
        if "UIDPLUS" in self._connection.capabilities:  # without it, deleting would take what others have marked
            self._ask("EXPUNGE", number)

    def _content(self, number: str, what: str) -> bytes:
        for each in self._fetch(number, what):
            if isinstance(each, tuple):
                return bytes(each[1])
        return b""

    def _fetch(self, number: str, what: str) -> list[Any]:
        return [each for each in self._ask("FETCH", number, what) if each]

    def _ask(self, command: str, *words: str) -> list[Any]:
        status, data = self._connection.uid(command, *words)
        if status != "OK":
            raise BoxTrouble(f"The server refused {command}: {_said(data)}")
        return list(data)


@contextmanager
def opened(config: MailboxConfig) -> Iterator[Box]:
    """Signs in and opens the folder. Raises BoxTrouble, whatever goes wrong while it is open."""
    try:
        trust = ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)
        connection = imaplib.IMAP4_SSL(config.host, config.port, ssl_context=trust, timeout=SECONDS)
    except (OSError, imaplib.IMAP4.error) as fault:
        raise BoxTrouble(f"{config.host}:{config.port} cannot be reached: {fault}") from fault
    try:
        connection.login(config.user, config.password.get_secret_value())
        status, data = connection.select(f'"{config.folder}"')
        if status != "OK":
            raise BoxTrouble(f"The folder {config.folder} cannot be opened: {_said(data)}")
        yield Box(connection, config)
    except (OSError, imaplib.IMAP4.error) as fault:
        raise BoxTrouble(f"The server ended it: {fault}") from fault
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            connection.logout()
        with suppress(OSError):  # logging out closes nothing where the server is gone already
            connection.shutdown()


def _said(data: Any) -> str:
    return b" ".join(each for each in data if isinstance(each, bytes)).decode("utf-8", "replace")[:200]
