"""Diagrams and tables as parts. Everything in the file is in some part, so that no change stays unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from engine.design.difference.model import Part

SPACES = {
    "http://www.omg.org/spec/BPMN/20100524/MODEL": "",
    "http://camunda.org/schema/1.0/bpmn": "camunda:",
    "http://camunda.org/schema/1.0/dmn": "camunda:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
}
PLACES = frozenset({"BPMNDiagram", "DMNDI"})
OWNERS = frozenset(
    {
        "definitions",
        "process",
        "collaboration",
        "participant",
        "lane",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "callActivity",
        "sequenceFlow",
        "messageFlow",
        "association",
        "textAnnotation",
        "group",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "message",
        "escalation",
        "error",
        "signal",
        "dataStore",
        "decision",
        "input",
        "output",
        "rule",
        "inputData",
        "knowledgeSource",
        "businessKnowledgeModel",
    }
)
NAMED = frozenset({"property", "inputParameter", "outputParameter", "field", "entry"})
CELLS = frozenset({"inputEntry", "outputEntry", "annotationEntry"})


def parts_of_model(root: Any) -> dict[str, Part]:
    """The parts of a `.bpmn` or `.dmn` file by id; the file itself is the part of its `definitions`."""
    reader = _Reader()
    reader.take(root, "", "", "")
    reader.lanes()
    reader.ends()
    for place in root:
        if isinstance(place.tag, str) and _local(place.tag) in PLACES:
            reader.drawing(place, "drawing")
    return reader.parts


class _Reader:
    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self._nodes: dict[str, Any] = {}
        self._file = ""

    def take(self, node: Any, within: str, inside: str, sequence: str) -> None:
        kind = _local(node.tag)
        key = _free(node.get("id") or kind, self.parts)
        self._file = self._file or key
        name = node.get("name") or node.get("label") or _said(node, "description") or _said(node, "text")
        part = Part(key, kind, name, within, sequence, labels=_columns(node) if kind == "rule" else {})
        self.parts[key] = part
        self._nodes[key] = node
        if inside:
            part.values["inside"] = inside
        within = key if kind in ("process", "decision") else within
        self._values(node, "", part, within, skip_id=True)

    def _values(self, node: Any, path: str, part: Part, within: str, *, skip_id: bool = False) -> None:
        for name, value in node.attrib.items():
            if not (skip_id and name == "id"):
                part.values[f"{path}@{_short(name)}"] = value
        text = (node.text or "").strip()
        if text:
            part.values[path or "#"] = text
        children = [child for child in node if isinstance(child.tag, str)]
        if not children:
            return
        counts, seen = Counter(child.tag for child in children), Counter[str]()
        for child in children:
            local = _local(child.tag)
            if _is_owner(child):
                sequence = f"{within}/{local}" if local in ("rule", "input", "output") else ""
                self.take(child, within, "" if part.kind in ("definitions", "collaboration") else part.key, sequence)
                continue
            if local in PLACES or (local in ("incoming", "outgoing", "flowNodeRef") and not child.attrib):
                continue
            place = f"{path}/{_short(child.tag)}".lstrip("/")
            if local in NAMED and child.get("name"):
                place += f"[{child.get('name')}]"
            seen[place] += 1
            if seen[place] > 1 or (counts[child.tag] > 1 and local in CELLS):
                place += f"[{seen[place]}]"
            part.values.setdefault(place, "")
            self._values(child, place, part, within)

    def lanes(self) -> None:
        """In which lane an element lies is its own matter, so that a new element does not change its lane."""
        for key, part in list(self.parts.items()):
            if part.kind != "lane":
                continue
            for held in _refs(self._nodes[key], "flowNodeRef"):
                if held in self.parts:
                    self.parts[held].values["lane"] = part.name or key
                else:
                    part.values[f"flowNodeRef {held}"] = held

    def ends(self) -> None:
        """`incoming` and `outgoing` repeat what the flows say; only where they contradict them they are a value."""
        flows = [node for node in self._nodes.values() if _local(node.tag) == "sequenceFlow"]
        for side, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            said: dict[str, set[str]] = {}
            for flow in flows:
                said.setdefault(flow.get(end) or "", set()).add(flow.get("id") or "")
            for key, node in self._nodes.items():
                astray = set(_refs(node, side)) ^ said.get(key, set()) if _refs(node, side) else set()
                if astray:
                    self.parts[key].values[side] = ", ".join(sorted(astray))

    def drawing(self, place: Any, path: str) -> None:
        """How an element is drawn belongs to it; what is drawn of nothing belongs to the file."""
        counts = Counter[str]()
        own = self.parts[self._file]
        for name, value in place.attrib.items():
            own.values[f"{path}@{_short(name)}"] = value
        for child in place:
            if not isinstance(child.tag, str):
                continue
            about = child.get("bpmnElement") or child.get("dmnElementRef") or ""
            local = _local(child.tag)
            if local in ("BPMNPlane", "DMNDiagram"):
                self.drawing(child, f"{path}/{local}")
                continue
            part = self.parts.get(about, own)
            counts[f"{about}/{local}"] += 1
            label = "" if part is not own else about
            self._values(child, f"drawing/{local}{label}[{counts[f'{about}/{local}']}]", part, "")


def _is_owner(node: Any) -> bool:
    local = _local(node.tag)
    known = local in OWNERS or local.endswith(("Task", "Gateway")) or local == "task"
    return bool(node.get("id")) and (known or (local.endswith("Event") and not local.endswith("Definition")))


def _columns(rule: Any) -> dict[str, str]:
    """`inputEntry[2]` → the label of the second input column."""
    found: dict[str, str] = {}
    table = rule.getparent()
    for column, cell in (("input", "inputEntry"), ("output", "outputEntry")):
        heads = [child for child in table if isinstance(child.tag, str) and _local(child.tag) == column]
        for number, head in enumerate(heads, 1):
            label = head.get("label") or head.get("name") or str(number)
            found[f"{cell}[{number}]" if len(heads) > 1 else cell] = label
    return found


def _refs(node: Any, local: str) -> list[str]:
    return [(child.text or "").strip() for child in node if isinstance(child.tag, str) and _local(child.tag) == local]


def _said(node: Any, local: str) -> str:
    return next(iter(_refs(node, local)), "")


def _free(key: str, taken: dict[str, Part]) -> str:
    """Ids that stand twice are refused by the check; here each keeps its own part."""
    return key if key not in taken else next(f for f in _numbered(key) if f not in taken)


def _numbered(key: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{key} ({number})"
        number += 1


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


@lru_cache(maxsize=4096)
def _short(tag: str) -> str:
    space, _, local = tag.lstrip("{").rpartition("}")
    if not space or "/DMN/" in space:
        return local
    return f"{SPACES[space]}{local}" if space in SPACES else f"{{{space}}}{local}"
