"""Mail over real connections: plain, STARTTLS and TLS, signing in, refusals, one connection for many."""

from __future__ import annotations

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import pytest
from pydantic import SecretStr

from engine.config import SmtpConfig
from engine.notify.smtp import MailRefused, MailServer, build
from tests.engine.notify.mailbox import mail_server
from tests.engine.outward.receivers import certified

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def config(port: int, security: Literal["starttls", "tls", "none"] = "none", user: str = "") -> SmtpConfig:
    return SmtpConfig(
        host="127.0.0.1",
        port=port,
        security=security,
        user=user,
        password=SecretStr("open sesame"),
        sender="desk@office.example",
    )


def a_mail(
    server: SmtpConfig, to: str = "lin@office.example", *, key: str = "news.1.2", html: str | None = None
) -> EmailMessage:
    return build(server, to, "第一件\n换行", "楼上漏水\n.\n一行只有一个点", key=key, at=AT, html=html)


def test_a_mail_says_the_same_in_text_and_html_and_keeps_its_id() -> None:
    with mail_server() as box:
        used = config(box.port)
        server = MailServer(used)
        server.send(a_mail(used, html="<p>楼上漏水 &amp; more</p>"))
        server.send(a_mail(used))
        server.close()
    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"] == "<news.1.2@office.example>"
    assert (first["Subject"], first["To"]) == ("第一件 换行", "lin@office.example")
    assert first["Auto-Submitted"] == "auto-generated"
    plain, rich = first.get_body(("plain",)), first.get_body(("html",))
    assert plain is not None
    assert plain.get_content().split() == ["楼上漏水", ".", "一行只有一个点"]
    assert rich is not None
    assert "&amp;" in rich.get_content()
    assert box.connections == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_password_goes_over_an_encrypted_connection_only(
    tmp_path: Path, security: Literal["starttls", "tls"]
) -> None:
    shown, trust = certified(tmp_path)
    trust.check_hostname = False  # the certificate is of receiver.example
    with mail_server(tls=shown, at_once=security == "tls") as box:
        used = config(box.port, security, user="desk")
        server = MailServer(used, trust=trust)
        server.send(a_mail(used))
        server.close()
        assert (box.was_encrypted, box.signed_in) == (True, [("desk", "open sesame")])
        with pytest.raises(ssl.SSLError):
            MailServer(used).send(a_mail(used))
    assert len(box.mails) == 1


def test_without_starttls_nothing_is_said_to_a_server_that_should_have_it() -> None:
    with mail_server() as box:
        used = config(box.port, "starttls", user="desk")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            MailServer(used).send(a_mail(used))
    assert (box.signed_in, box.mails) == ([], [])


@pytest.mark.parametrize(("said", "for_good"), [("550 nobody here", True), ("451 later", False)])
def test_one_refused_address_keeps_no_other_mail_waiting(said: str, for_good: bool) -> None:
    with mail_server() as box:
        box.refuses["gone@office.example"] = said
        used = config(box.port)
        server = MailServer(used)
        with pytest.raises(MailRefused) as refused:
            server.send(a_mail(used, "gone@office.example"))
        server.send(a_mail(used))
        server.close()
    assert refused.value.for_good is for_good
    assert (len(box.mails), box.connections) == (1, 1)


def test_an_answer_names_the_mail_it_answers() -> None:
    used = config(1)
    mail = build(used, "x@y.example", "s", "t", key="k", at=AT, answers="<their.mail@y.example>")
    assert mail["In-Reply-To"] == mail["References"] == "<their.mail@y.example>"
    assert build(used, "x@y.example", "s", "t", key="k", at=AT, answers="<a>\r\nBcc: z")["In-Reply-To"] is None
