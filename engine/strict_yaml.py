"""YAML as people mean it: no surprising types, no key given twice, and a line number for everything.

Only plain scalars get a type, and only null, true/false, whole and decimal numbers: `14:00`, `no` and `2024-10-01` stay
text (YAML 1.1 would make them 840, false and a date). Anchors, aliases, tags and several documents are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from engine.errors import Invalid

YamlPath = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

LONGEST_TEXT = 500_000
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says: `value` in plain Python, `lines` by path (a key's own line), `problems` (line, path, words)."""

    value: Any
    lines: dict[YamlPath, int] = field(default_factory=dict)
    problems: list[tuple[int, YamlPath, str]] = field(default_factory=list)

    def line(self, path: YamlPath) -> int | None:
        """The line of a path, or of the nearest thing above it that stands in the text."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def read_yaml(text: str, name: str) -> Document:
    """Reads a text; what breaks the house rules is collected in `problems`, for the caller to report with its own.

    Raises Invalid (`yaml.broken`, with `line`) for what is no YAML at all; `name` is how messages call the text.
    """
    if len(text) > LONGEST_TEXT:
        raise Invalid("yaml.too_large", f"{name} has more than {LONGEST_TEXT:,} characters.", file=name, line=0)
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except RecursionError as error:
        raise Invalid("yaml.too_deep", f"{name} is nested too deeply.", file=name, line=0) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        where = f"{name}, line {line}" if line else name
        words = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise Invalid("yaml.broken", f"{where}: this is not YAML: {words}.", file=name, line=line) from error
    if root is None:
        return Document(None)
    document = Document(None)
    return Document(_plain(root, (), document, set()), document.lines, document.problems)


def show_path(path: YamlPath) -> str:
    """A path as people write it: `server.port`, `tiers[2].id`."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


def _plain(node: yaml.Node, path: YamlPath, document: Document, seen: set[int]) -> Any:
    line = document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:
        document.problems.append((line, path, "anchors and aliases are not used here; write the value again"))
        return None
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        if node.tag != "tag:yaml.org,2002:map":
            document.problems.append((line, path, f"tags are not used here: {node.tag}"))
        return _mapping(node, path, document, seen)
    if isinstance(node, yaml.SequenceNode):
        if node.tag != "tag:yaml.org,2002:seq":
            document.problems.append((line, path, f"tags are not used here: {node.tag}"))
        return [_plain(child, (*path, place), document, seen) for place, child in enumerate(node.value)]
    if node.tag not in ("tag:yaml.org,2002:str", "!"):
        document.problems.append((line, path, f"tags are not used here: {node.tag}"))
    text: str = node.value
    return _scalar(text) if isinstance(node, yaml.ScalarNode) and node.style is None else text


def _mapping(node: yaml.MappingNode, path: YamlPath, document: Document, seen: set[int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append((line, path, "a key must be a plain word"))
            continue
        key = key_node.value
        if key in result:
            first = document.lines[(*path, key)]
            document.problems.append((line, (*path, key), f"the key is given twice, first on line {first}"))
            continue
        document.lines[(*path, key)] = line
        result[key] = _plain(value_node, (*path, key), document, seen)
    return result


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
