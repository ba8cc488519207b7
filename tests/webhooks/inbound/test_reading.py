"""What was sent becomes one tree, whatever its form; what would hurt is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from engine.config import SourceConfig
from engine.errors import Invalid
from webhooks.inbound import read
from webhooks.inbound.reading import find

RULE = {"path": "/no"}
MAP = dict.fromkeys(("external_no", "kind", "category", "title", "description", "place_id"), RULE)
SIGNED = {"scheme": "token", "secret_env": "A_SECRET"}


def source(form: str = "json", charset: str = "utf-8") -> SourceConfig:
    given = {"name": "them", "channel": "webhook", "format": form, "charset": charset, "signature": SIGNED, "map": MAP}
    return SourceConfig.model_validate(given)


XML = '<?xml version="1.0"?><o:Order xmlns:o="urn:o" no="7"><o:Title>噪音</o:Title><i>1</i><i a="b">2</i></o:Order>'


@pytest.mark.parametrize(
    ("form", "body", "path", "found"),
    [
        ("json", b'{"order": {"no": "7"}}', "/order/no", "7"),
        ("json", b'{"a/b": {"c~d": 1}}', "/a~1b/c~0d", 1),
        ("json", b'{"items": [{"no": 1}, {"no": 2}]}', "/items/1/no", 2),
        ("json", b'{"items": [{"no": 1}, {"no": 2}]}', "/items/no", 1),
        ("json", b'{"items": []}', "/items/0/no", None),
        ("json", b'{"order": null}', "/order/no", None),
        ("json", b'{"order": "7"}', "/order/no", None),
        ("json", b'{"order": {"no": {"deep": 1}}}', "/order/no", None),
        ("xml", XML.encode(), "/Order/Title", "噪音"),
        ("xml", XML.encode(), "/Order/@no", "7"),
        ("xml", XML.encode(), "/Order/i/1", "2"),
        ("xml", XML.encode(), "/Order/i/1/@a", "b"),
        ("xml", XML.encode(), "/Order/Title/0", "噪音"),
        ("form", "no=7&words=漏+水".encode("ascii", "xmlcharrefreplace"), "/no", "7"),
        ("form", b"words=%E6%BC%8F", "/words", "漏"),
    ],
)
def test_paths_lead_to_values(form: str, body: bytes, path: str, found: Any) -> None:
    assert find(read(source(form), body, kind="", charset=""), path) == found


@pytest.mark.parametrize("declared", ["GB18030", "gbk", "GB2312"])
def test_gb18030_is_read_where_it_is_declared(declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><O><N>漏水𠮷</N></O>'
    tree = read(source("xml", "gb18030"), text.encode("gb18030"), kind="text/xml", charset="")
    assert find(tree, "/O/N") == "漏水𠮷"
    for form, body in (("json", '{"N": "漏水"}'.encode("gb18030")), ("form", b"N=%C2%A9%CB%AE")):
        assert find(read(source(form, "gb18030"), body, kind="", charset=""), "/N") == "漏水"
    assert find(read(source("json", "gb18030"), '{"N": "漏"}'.encode(), kind="", charset="utf-8"), "/N") == "漏"


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY c "&a;&a;&a;&a;">]><b>&c;</b>'
REFUSED = [
    ("json", b'{"a": "\\ud800"}', "body.unreadable"),
    ("json", '{"a": "问"}'.encode("gb18030"), "inbound.charset"),
    ("json", b"\xff\xfe{\x00}\x00", "inbound.charset"),
    ("xml", BOMB.encode(), "xml.doctype"),
    ("xml", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml.doctype"),
    ("xml", b"<a>" * 30 + b"</a>" * 30, "body.too_deep"),
    ("xml", b"<a><b></a>", "xml.malformed"),
    ("xml", b'<?xml version="1.0" encoding="GB18030"?><a/>', "inbound.charset"),
    ("xml", b"", "xml.empty"),
    ("form", b"a=1&a=2", "body.unreadable"),
    ("form", b"a=%00", "body.unreadable"),
    ("form", b"a=%FF", "inbound.charset"),
    ("form", b"&".join(b"k%d=1" % number for number in range(2100)), "body.too_many_values"),
]


@pytest.mark.parametrize(("form", "body", "code"), REFUSED, ids=[f"{each[0]}-{each[1][:24]!r}" for each in REFUSED])
def test_what_would_hurt_is_refused(form: str, body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(source(form), body, kind="", charset="")
    assert refused.value.code == code


def test_a_sender_that_says_another_form_or_charset_is_told() -> None:
    for kind, charset, code in (
        ("text/html", "", "content_type.unknown"),
        ("multipart/form-data", "", "content_type.unknown"),
        ("application/json", "gb18030", "inbound.charset"),
        ("application/json", "latin-1", "inbound.charset"),
    ):
        with pytest.raises(Invalid) as refused:
            read(source(), b"{}", kind=kind, charset=charset)
        assert refused.value.code == code
    assert read(source(), b"{}", kind="application/cloudevents+json", charset="UTF-8") == {}
