"""Raw mail as what somebody wrote: charsets, HTML, machines, and what hostile mail must not do."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from webhooks.mailbox.charsets import decoded, header_text
from webhooks.mailbox.flatten import flatten
from webhooks.mailbox.letter import MOST_PARTS, Letter, Unreadable, key_of, read

PAYLOADS = Path(__file__).parent / "payloads" / "mailbox"
HEAD = b"From: a@example.org\r\nSubject: x\r\nMessage-ID: <1@example.org>\r\n"


def sample(name: str) -> bytes:
    return (PAYLOADS / f"{name}.eml").read_bytes()


def mail(body: bytes, *more: bytes, head: bytes = HEAD) -> bytes:
    return head + b"".join(each + b"\r\n" for each in more) + b"\r\n" + body


def test_gb18030_in_base64() -> None:
    letter = read(sample("gb18030_base64"))
    assert letter.subject == "楼上漏水半年没人管"
    assert (letter.sender_name, letter.sender) == ("王小红", "wangxiaohong@example.org")
    assert letter.text.startswith("书记您好：\n\n和悦社区第1网格1号楼楼上漏水半年")
    assert letter.tags == ("LHQ.MZ.01.01.01",)
    assert (letter.attachments, letter.machine) == ((), None)


def test_big5_html_with_attachments() -> None:
    letter = read(sample("big5_html_with_photo"))
    assert letter.subject == "路燈不亮"
    assert letter.text == "街坊您好，\n\n觀瀾街道 瀾河社區\n\n路燈 不亮\n已經三天 <急>"
    assert [each.name for each in letter.attachments] == ["路燈.png", "setup.exe"]
    assert letter.attachments[0].data.startswith(b"\x89PNG")


def test_bytes_without_a_charset_in_the_head() -> None:
    letter = read(
        "From: 王小红 <w@example.org>\r\nTo: shuji+保密@example.org\r\nSubject: 路灯不亮\r\n"
        'Content-Disposition: attachment; filename="照片.txt"\r\n\r\n灯'.encode("gb18030")
    )
    assert (letter.sender_name, letter.sender, letter.tags) == ("王小红", "w@example.org", ("保密",))
    assert letter.subject == "路灯不亮"
    assert [each.name for each in letter.attachments] == ["照片.txt"]


def test_plain_english() -> None:
    letter = read(sample("plain_english"))
    assert (letter.sender_name, letter.tags) == ("Li, Ming", ("confidential",))
    assert letter.bare_subject == "Unpaid wages at a building site in Guanlan Street"


@pytest.mark.parametrize(
    ("raw", "machine"),
    [
        (sample("automatic_answer"), "automatic"),
        (sample("bounce"), "bounce"),
        (sample("newsletter"), "bulk"),
        (mail(b"x", b"Auto-Submitted: no"), None),
        (mail(b"x", b"Auto-Submitted: auto-generated; why=x"), "automatic"),
        (mail(b"x", b"Return-Path: <>"), "bounce"),
        (mail(b"x", b"X-Autoreply: yes"), "automatic"),
        (mail(b"x", b"Precedence: list"), "bulk"),
        (mail(b"x", *[b"Received: from a by b"] * 31), "loop"),
        (mail(b"x", head=HEAD.replace(b"a@example.org", b"Shuji@lhq.example.org")), "loop"),
        (mail(b"x", head=HEAD.replace(b"a@", b"MAILER-DAEMON@")), "bounce"),
    ],
)
def test_machines_are_told_from_people(raw: bytes, machine: str | None) -> None:
    assert read(raw, ours=frozenset({"shuji@lhq.example.org"})).machine == machine


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("投诉".encode("gb18030"), "gb2312", "投诉"),
        ("朱镕基𠮷".encode("gb18030"), "GBK", "朱镕基𠮷"),
        ("投訴".encode("big5"), "Big5", "投訴"),
        ("投诉".encode(), "gb2312-is-a-lie", "投诉"),
        ("投诉".encode(), "us-ascii", "投诉"),
        ("投诉".encode("gb18030"), None, "投诉"),
        ("投诉".encode("gb18030"), "utf-8", "投诉"),
        (b"caf\xe9 \x80", "iso-8859-1", "café €"),
        (b"x", "idna", "x"),
        (b"x", "unicode_escape", "x"),
        (b"\xff\xff\xff", "utf-8", "���"),
    ],
)
def test_bytes_become_text_whatever_is_declared(data: bytes, declared: str | None, text: str) -> None:
    assert decoded(data, declared) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?5oqV6K+J?= =?gb2312?B?zba7uQ==?=", "投诉投还"),
        ("=?utf-8?Q?a=20b?=\r\n c", "a b c"),
        ("=?utf-8?B?%%%?=", ""),
        ("投诉".encode("gb18030").decode("ascii", "surrogateescape"), "投诉"),
        ("a\x00b\u202ec", "abc"),
        ("=?utf-8?B?" + base64.b64encode(b"x\r\nBcc: y@example.org").decode() + "?=", "x Bcc: y@example.org"),
    ],
)
def test_headers_become_one_line(raw: str, text: str) -> None:
    assert header_text(raw) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
        ("<script>if (a<b) x()</script>then", "then"),
        ("<STYLE>a{}</style >b", "b"),
        ("a<!-- <p> -->b<!-- and so on", "ab"),
        ("<td>1</td><td>2</td>", "1 2"),
        ("a<svg/>b<script src=x>never closed", "ab"),
        ("&lt;script&gt; &amp;&nbsp;&#24248;", "<script> & 庸"),
        ("<a href='x'>word</a", "word"),
        ("<p\nclass=x>a\n  b</p>", "a b"),
    ],
)
def test_html_becomes_what_a_person_reads(markup: str, text: str) -> None:
    assert flatten(markup) == text


def test_a_mail_is_known_by_what_it_says_and_not_by_its_way() -> None:
    raw = sample("gb18030_base64")
    again = raw.replace(b"Received: from mail.example.org", b"Received: from other.example.org")
    assert key_of(raw) == key_of(again) == key_of(raw.replace(b"\r\n", b"\n"))
    assert key_of(raw) != key_of(raw.replace(b"tencent_5F1A2B3C", b"tencent_5F1A2B3D"))
    assert key_of(mail(b"one")) != key_of(mail(b"two")), "one Message-ID, two letters"
    assert key_of(b"no mail") != key_of(b"none either")


def nested(depth: int) -> bytes:
    inner = b"Content-Type: text/plain\r\n\r\ndeep"
    for n in range(depth):
        edge = b"b%d" % n
        inner = b'Content-Type: multipart/mixed; boundary="' + edge + b'"\r\n\r\n--' + edge + b"\r\n" + inner
    return HEAD + inner


def many(parts: int) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return mail(part * parts + b"--b--", b'Content-Type: multipart/mixed; boundary="b"')


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "broken"),
        (b"\x00\x01\x02", "broken"),
        (b"no head at all", "broken"),
        (nested(61), "nested"),
        (HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 61 + b"x", "nested"),
        (many(MOST_PARTS + 1), "parts"),
        (mail(b"\n" * 700_001), "lines"),
        (mail(b"x", b"X: " + b"y" * 300_000), "head"),
    ],
)
def test_hostile_mail_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(raw)
    assert refused.value.why == why


@pytest.mark.parametrize(
    "raw",
    [
        nested(55),
        many(MOST_PARTS - 1),
        mail(b"<" * 1_000_000, b"Content-Type: text/html"),
        mail(b"<!--" * 300_000, b"Content-Type: text/html"),
        mail(b"<script>" * 100_000, b"Content-Type: text/html"),
        mail(b"=" * 1_000_000, b"Content-Transfer-Encoding: quoted-printable"),
        mail(b"!" * 1_000_000, b"Content-Transfer-Encoding: base64"),
        mail(b"x", b"Subject: " + b"=?utf-8?B?5oqV?= " * 10_000),
        mail(b"x", b"To: " + b"a+b@example.org, " * 10_000),
        mail(b"x", b"From: " + b"(" * 50_000),
        mail(b"x", b"Content-Type: text/plain; " + b"a*0*=x; " * 5_000),
        mail(b"x", b"Content-Type: text/plain; charset=" + b"x" * 100_000),
        mail(b"x", b"Content-Disposition: attachment; filename*0*=utf-8''%FF; filename*2*=%FF"),
        mail(b"begin 644 x\r\n!!!\r\nend", b"Content-Transfer-Encoding: x-uuencode"),
    ],
    ids=range(14),
)
def test_hostile_mail_is_read_in_a_moment(raw: bytes) -> None:
    began = time.perf_counter()
    letter = read(raw)
    assert isinstance(letter, Letter)
    assert len(letter.text) <= 200_000
    assert time.perf_counter() - began < 3


def test_an_address_that_is_none_makes_no_sender() -> None:
    for written in (
        b"nobody",
        b"<>",
        b"a@b",
        b'"a b"@example.org',
        b"x" * 65 + b"@example.org",
    ):
        assert read(b"From: " + written + b"\r\nSubject: x\r\n\r\nx").sender is None, written
