"""A raw mail as what somebody wrote: sender, subject, text, attachments, and whether a machine wrote it. Pure.

Hostile mail is bounded before it is parsed: by lines, by how often it nests, by its head. What a parser makes of the
rest is looked at part by part, without recursion.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from typing import Any

from webhooks.mailbox.charsets import LONGEST_HEADER, decoded, header_text, readable, seen
from webhooks.mailbox.flatten import flatten

MOST_LINES = 700_000
MOST_NESTED = 60
MOST_PARTS = 300
LARGEST_HEAD = 256 * 1024
MOST_ATTACHMENTS = 30
MOST_HOPS = 30
LONGEST_TEXT = 200_000
_NESTS = re.compile(rb"boundary\s*=|^content-type:\s*message/", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_ADDRESS = re.compile(r"[^\s@<>\"(),;:\\\[\]]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}", re.ASCII)
_MACHINES = frozenset({"mailer-daemon", "postmaster"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ANSWER = re.compile(r"^\s*(?:(?:re|aw|fw|fwd|回复|答复|转发)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE)


class Unreadable(Exception):
    """A mail that is not read; `why` is a word: lines, nested, head, parts, broken."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """`tags` are what stands behind a plus in the addresses it was sent to; `machine` says why it is no person's."""

    message_id: str
    subject: str
    sender_name: str
    sender: str | None
    tags: tuple[str, ...]
    text: str
    attachments: tuple[Attachment, ...]
    machine: str | None

    @property
    def bare_subject(self) -> str:
        """Without what mailers put before an answer."""
        return _ANSWER.sub("", self.subject).strip()


def key_of(raw: bytes) -> str:
    """What tells a mail from every other one, however it came: its Message-ID, who, what and when, and its body.

    Two of the same Message-ID that say something else are two; the way that a mail took is no part of it.
    """
    head, body = _halves(raw)
    named = {b"message-id", b"from", b"subject", b"date"}
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head[:LARGEST_HEAD]).splitlines()
    kept = sorted(line for line in lines if line.partition(b":")[0].strip().lower() in named)
    said = b"\n".join([*kept, b"", *body.rstrip().splitlines()]) if kept else raw
    return hashlib.sha256(said).hexdigest()


def read(raw: bytes, *, ours: frozenset[str] = frozenset()) -> Letter:
    """`ours` are our own addresses, in small letters: mail from them is a loop. Raises Unreadable and nothing else."""
    if raw.count(b"\n") > MOST_LINES:
        raise Unreadable("lines")
    head, _body = _halves(raw)
    if len(head) > LARGEST_HEAD:
        raise Unreadable("head")
    if sum(1 for _ in _NESTS.finditer(raw)) > MOST_NESTED:
        raise Unreadable("nested")
    if not re.search(rb"^(?:from|subject|message-id|date):", head, re.IGNORECASE | re.MULTILINE):
        raise Unreadable("broken")
    try:
        return _read(BytesParser().parsebytes(raw), ours)
    except Unreadable:
        raise
    except Exception as fault:  # the library raises whatever a hostile mail provokes; nothing else is called here
        raise Unreadable("broken") from fault


def _read(message: Message, ours: frozenset[str]) -> Letter:
    name, written = parseaddr(_first(message, "From"))
    sender = written.lower() if _ADDRESS.fullmatch(written) else None
    text, attachments = _contents(message)
    return Letter(
        message_id=header_text(_first(message, "Message-ID"))[:250],
        subject=header_text(_first(message, "Subject")),
        sender_name=header_text(name)[:120],
        sender=sender,
        tags=_tags(message),
        text=text,
        attachments=attachments,
        machine=_machine(message, sender, ours),
    )


def _said(message: Message, name: str) -> list[str]:
    """A header as often as it stands there, as it was written: the library would lose bytes that say no charset."""
    return [
        readable(str(value))[:LONGEST_HEADER] for each, value in message.raw_items() if each.lower() == name.lower()
    ]


def _first(message: Message, name: str) -> str:
    return next(iter(_said(message, name)), "")


def _tags(message: Message) -> tuple[str, ...]:
    names = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
    written = [value for name in names for value in _said(message, name)[:5]]
    found: list[str] = []
    for _name, address in getaddresses(written)[:50]:
        found += address.rpartition("@")[0].split("+")[1:]
    return tuple(dict.fromkeys(each.strip() for each in found if each.strip()))


def _machine(message: Message, sender: str | None, ours: frozenset[str]) -> str | None:
    """Source: RFC 3834 (Auto-Submitted), RFC 3464 (reports of delivery), RFC 2919 (List-Id), and common practice."""

    def said(name: str) -> str:
        return str(message.get(name, "")).strip().lower()

    if sender in ours or len(message.get_all("Received", [])) > MOST_HOPS:
        return "loop"
    by_daemon = (sender or "").partition("@")[0] in _MACHINES
    if said("Return-Path") == "<>" or message.get_content_type() == "multipart/report" or by_daemon:
        return "bounce"
    if said("Auto-Submitted").partition(";")[0].strip() not in ("", "no"):
        return "automatic"
    if said("X-Autoreply") or said("X-Autorespond") or said("X-Autogenerated"):
        return "automatic"
    if said("Precedence") in _BULK or said("List-Id") or said("List-Unsubscribe"):
        return "bulk"
    return None


def _contents(message: Message) -> tuple[str, tuple[Attachment, ...]]:
    plain: list[str] = []
    marked: list[str] = []
    attachments: list[Attachment] = []
    for part in _leaves(message):
        _make_readable(part)
        kind, name = part.get_content_type(), _file_name(part)
        data = _payload(part)
        if part.get_content_disposition() != "attachment" and not name and kind in ("text/plain", "text/html"):
            text = seen(decoded(data, part.get_content_charset()))
            (plain if kind == "text/plain" else marked).append(text)
        elif data and len(attachments) < MOST_ATTACHMENTS:
            attachments.append(Attachment(name or f"{kind.replace('/', '.')}", data))
    text = "\n\n".join(each.strip() for each in plain if each.strip())
    if not text:
        text = "\n\n".join(filter(None, (flatten(each) for each in marked)))
    return re.sub(r"\n{3,}", "\n\n", text).strip()[:LONGEST_TEXT], tuple(attachments)


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in the order of the mail; forwarded mails are looked into."""
    waiting: list[Message] = [message]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MOST_PARTS:
            raise Unreadable("parts")
        inner: Any = part.get_payload()
        if isinstance(inner, list):
            waiting.extend(reversed([each for each in inner if isinstance(each, Message)]))
        else:
            yield part


def _make_readable(part: Message) -> None:
    """Names of files in bytes that say no charset."""
    for name in ("Content-Disposition", "Content-Type"):
        for said in _said(part, name)[:1]:
            if not said.isascii():
                part.replace_header(name, said)


def _file_name(part: Message) -> str:
    try:
        return header_text(part.get_filename())
    except (ValueError, LookupError, TypeError):  # a name in parts that do not fit together
        return ""


def _payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    end = _HEAD_END.search(raw)
    return (raw, b"") if end is None else (raw[: end.start()], raw[end.end() :])
