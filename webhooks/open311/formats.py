"""Answers in both forms of the specification: XML without a namespace, and JSON by the Spark convention. Pure.

A list in JSON is in XML an element that holds one element for each of its members.
Source: GeoReport v2, "Format Support", and "JSON and XML Conversion, the Spark Convention".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
KINDS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
MEMBERS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What one member of each list is called in XML."""
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML has no sign for."""


def write(form: str, root: str, content: Any) -> str:
    """`form` is json or xml; `content` consists of mappings, sequences, texts, numbers, truths and None."""
    if form == "json":
        return json.dumps(content, ensure_ascii=False)
    return DECLARATION + str(etree.tostring(_element(root, content), encoding="unicode"))


def _element(name: str, content: Any) -> Any:
    made = etree.Element(name)
    if isinstance(content, Mapping):
        made.extend([_element(key, value) for key, value in content.items()])
    elif isinstance(content, Sequence) and not isinstance(content, str):
        made.extend([_element(MEMBERS[name], each) for each in content])
    elif isinstance(content, bool):
        made.text = "true" if content else "false"
    elif content is not None:
        made.text = _UNWRITABLE.sub("", str(content))
    return made
