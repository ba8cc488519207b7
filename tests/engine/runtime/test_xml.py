"""Hostile and broken files: each is refused with a code and a place, quickly, and nothing is fetched or expanded."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.errors import Invalid
from engine.runtime.xml import LARGEST_FILE, local_name, namespace, read_xml

BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
HOSTILE: list[tuple[str, bytes]] = [
    ("xml.doctype", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    ("xml.doctype", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><a/>'),
    ("xml.doctype", b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]><a/>'),
    ("xml.doctype", f"<!DOCTYPE a [{BOMB}]><a>&l9;</a>".encode()),
    ("xml.doctype", b'<?xml version="1.0"?>\n<!-- harmless -->\n<?pi ?><!DOCTYPE a><a/>'),
    ("xml.doctype", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16")),
    ("xml.doctype", "\ufeff<!DOCTYPE a><a/>".encode()),
    ("xml.doctype", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16")),
    ("xml.doctype", b'<!ENTITY x "y"><a/>'),
    ("xml.malformed", b"<a>&secret;</a>"),
    ("xml.malformed", b'<a><![CDATA[<!DOCTYPE a>]]></a><!DOCTYPE a>'),
    ("xml.malformed", b"<a><b></a>"),
    ("xml.malformed", b"<a"),
    ("xml.malformed", b"<a/><b/>"),
    ("xml.malformed", b'{"xml": false}'),
    ("xml.malformed", b"<a x='1' x='2'/>"),
    ("xml.malformed", b"<q:a/>"),
    ("xml.malformed", b"<!--" * 1_000),
    ("xml.malformed", b"<?" * 1_000),
    ("xml.malformed", b"<a>&#x0;</a>"),
    ("xml.characters", b"<a>\x00</a>"),
    ("xml.characters", "<a>\u0001</a>".encode()),
    ("xml.characters", "<a/>".encode("utf-16-le")),
    ("xml.encoding", b"<a b='\xe9'/>"),
    ("xml.encoding", b'<?xml version="1.0" encoding="utf-7"?><a/>'),
    ("xml.encoding", b'<?xml version="1.0" encoding="rot13"?><a/>'),
    ("xml.encoding", b"\xff\xfe<"),
    ("xml.encoding", b"\x89PNG\r\n\x1a\n"),
    ("xml.encoding", b"PK\x03\x04\xff\xff"),
    ("xml.empty", b""),
    ("xml.empty", b" \n\t"),
    ("xml.too_large", b" " * (LARGEST_FILE + 1)),
    ("xml.too_many_tags", b"<a>" + b"<b/>" * 300_000 + b"</a>"),
    ("xml.too_deep", b"<a>" * 200 + b"</a>" * 200),
    ("xml.too_deep", b"<a>" * 100_000),
]  # fmt: skip


@pytest.mark.parametrize(("code", "data"), HOSTILE, ids=[f"{code}:{n}" for n, (code, _) in enumerate(HOSTILE)])
def test_a_hostile_or_broken_file_is_refused_at_once(code: str, data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Invalid) as refused:
        read_xml("evil.bpmn", data)
    assert refused.value.code == code
    assert refused.value.facts["file"] == "evil.bpmn"
    assert "evil.bpmn" in refused.value.sentence
    assert time.process_time() - began < 2


@pytest.mark.parametrize("data", [data for _, data in HOSTILE if len(data) > 20])
def test_every_truncation_is_read_or_refused_but_never_breaks(data: bytes) -> None:
    for end in range(0, min(len(data), 200), 7):
        try:
            read_xml("cut.bpmn", data[:end])
        except Invalid as refused:
            told = refused.code
        else:
            told = ""
        assert told == "" or told.startswith("xml.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252", "gb18030", "iso-8859-1"])
def test_honest_encodings_are_read_with_their_lines(encoding: str) -> None:
    said = "é" if encoding in ("windows-1252", "iso-8859-1") else "枫桥"
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<a xmlns="urn:a">\n  <!-- note -->\n  <b name="{said}"/></a>'
    root = read_xml("a.bpmn", text.encode(encoding))
    assert [(local_name(one.tag), namespace(one.tag), one.sourceline) for one in root.iter()] == [
        ("a", "urn:a", 2),
        ("b", "urn:a", 4),
    ]
    assert root[0].get("name") == said


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(Invalid) as refused:
        read_xml("a.bpmn", b"<a>\n  <b>\n</a>")
    assert refused.value.facts["line"] == 3
    with pytest.raises(Invalid) as refused:
        read_xml("a.bpmn", b"<!-- two\nlines -->\n<!DOCTYPE a><a/>")
    assert refused.value.facts["line"] == 3


def test_includes_stylesheets_and_schemas_are_left_alone(tmp_path: Path) -> None:
    asked: list[str] = []

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    secret = tmp_path / "secret"
    secret.write_text("canary-7781")
    with HTTPServer(("127.0.0.1", 0), Trap) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        root = read_xml(
            "a.bpmn",
            f'<?xml-stylesheet href="{url}/s.xsl"?><a xmlns:xi="http://www.w3.org/2001/XInclude" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a {url}/a.xsd">'
            f'<xi:include href="file://{secret}"/><xi:include href="{url}/i"/></a>'.encode(),
        )
        for evil in (f'<!DOCTYPE a SYSTEM "{url}/d"><a/>', f'<!DOCTYPE a [<!ENTITY x SYSTEM "{url}/e">]><a>&x;</a>'):
            with pytest.raises(Invalid):
                read_xml("a.bpmn", evil.encode())
        server.shutdown()
        thread.join()
    assert asked == []
    assert b"canary" not in etree.tostring(root)


def test_the_limit_counts_bytes_before_anything_is_read() -> None:
    assert read_xml("a.bpmn", b"<a/>", limit_bytes=4).tag == "a"
    with pytest.raises(Invalid, match=r"more than the 3"):
        read_xml("a.bpmn", b"<a/>", limit_bytes=3)
