"""Mail: how one is built, and the connection that brings several of them to the mail server of the installation."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from engine.config import SmtpConfig

SECONDS = 20.0
NAME = "Maplebridge"


class MailRefused(Exception):
    """The server took the connection and refused the mail. `for_good`: it would refuse it again (5xx)."""

    def __init__(self, said: str, *, for_good: bool) -> None:
        super().__init__(said)
        self.for_good = for_good


def build(
    config: SmtpConfig,
    to: str,
    subject: str,
    text: str,
    *,
    key: str,
    at: datetime,
    html: str | None = None,
    answers: str | None = None,
) -> EmailMessage:
    """A mail whose Message-ID follows from `key` alone. `at` is its date."""
    name, _, host = config.sender.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(NAME, name, host)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{key}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    if answers and not any(sign in answers for sign in "\r\n"):
        message["In-Reply-To"] = message["References"] = answers
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


class MailServer:
    """One connection to the server, kept for a round of mails, made anew when it broke."""

    def __init__(self, config: SmtpConfig, *, trust: ssl.SSLContext | None = None) -> None:
        self._config = config
        self._trust = trust
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """Raises MailRefused for this very mail, OSError or smtplib.SMTPException when the server cannot be used."""
        connection = self._connection or self._connect()
        self._connection = None  # only a connection that is known to be whole is used again
        try:
            refused = connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as fault:
            code, said = next(iter(fault.recipients.values()))
            self._keep(connection)
            raise _refused(code, said) from fault
        except smtplib.SMTPDataError as fault:
            self._keep(connection)
            raise _refused(fault.smtp_code, fault.smtp_error) from fault
        except BaseException:
            connection.close()
            raise
        assert not refused, "there is one recipient, and it was taken"
        self._connection = connection

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._connection.quit()
            self._connection = None

    def _keep(self, connection: smtplib.SMTP) -> None:
        try:
            connection.rset()
            self._connection = connection
        except (OSError, smtplib.SMTPException):
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        trust = self._trust or ssl.create_default_context()
        if config.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=SECONDS, context=trust)
        else:
            connection = smtplib.SMTP(config.host, config.port, timeout=SECONDS)
        try:
            if config.security == "starttls":
                connection.starttls(context=trust)
            if config.user:
                connection.login(config.user, config.password.get_secret_value())
        except BaseException:
            connection.close()
            raise
        return connection


@contextlib.contextmanager
def mail_server(config: SmtpConfig, *, trust: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    server = MailServer(config, trust=trust)
    try:
        yield server
    finally:
        server.close()


def _refused(code: int, said: bytes | str) -> MailRefused:
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return MailRefused(f"{code} {words}"[:500], for_good=500 <= code < 600)
