"""Looking at XML: names, ids, lines, references."""

from __future__ import annotations

from typing import Any

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"


def line_of(node: Any) -> int:
    return node.sourceline or 0


def local(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def reference_name(reference: str | None) -> str:
    """References are qualified names: `tns:Message_1` means Message_1."""
    return (reference or "").rsplit(":", 1)[-1]


def nearest_id(node: etree._Element) -> str:
    """The id of the element on the diagram that `node` belongs to."""
    one: etree._Element | None = node
    while one is not None:
        if one.get("id") and not local(one).endswith(("EventDefinition", "Expression", "Characteristics")):
            return str(one.get("id"))
        one = one.getparent()
    return ""


def process_id(node: etree._Element) -> str:
    process = next(node.iterancestors(f"{BPMN}process"), None)
    return "" if process is None else process.get("id", "")


def item_name(many: etree._Element, tag: str) -> str | None:
    item = many.find(f"{BPMN}{tag}")
    return None if item is None else item.get("name") or item.get("id")
