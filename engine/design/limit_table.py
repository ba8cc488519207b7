"""limits.yaml as a table of cells, and cells written back into the text: comments, order and the rest stay.

A step is a row, its columns are tiers and `default`; a step that only says `24h` has that as its default. Writing is
done on the text itself, at the places where the YAML reader saw the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from engine.errors import Invalid, Refusal
from engine.runtime import DUE, read_xml

Cell = tuple[str, str]
"""A step and a tier, or what else the step is divided by."""
Entry = tuple[yaml.ScalarNode, yaml.ScalarNode]

ANY = "default"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
PLAIN = re.compile(r"[A-Za-z0-9]{1,40}", re.ASCII)
LARGEST_TABLE = 64_000
"""Characters; nobody reads a longer one as a table."""


@dataclass(frozen=True, slots=True)
class LimitTable:
    """`cells` as they are written, right or wrong; `steps` in the order of the file, each with its columns."""

    steps: Mapping[str, tuple[str, ...]]
    cells: Mapping[Cell, str]


def read_limit_table(name: str, data: bytes) -> LimitTable:
    """Raises Invalid `limits.no_table`, with `line`, for a text that is not steps and lengths."""
    steps: dict[str, tuple[str, ...]] = {}
    cells: dict[Cell, str] = {}
    for key, value in _steps(name, _text(name, data)):
        entries = _entries(name, value)
        lengths = {ANY: value} if entries is None else {tier.value: length for tier, length in entries}
        steps[key.value] = tuple(lengths)
        cells |= {(key.value, tier): str(length.value) for tier, length in lengths.items()}
    return LimitTable(steps, cells)


def write_limits(name: str, data: bytes, wanted: Mapping[Cell, str]) -> bytes:
    """The text with these cells in it. An empty one is taken out, and a step without any cell goes as a whole.

    Cells that are not named stay. Raises as `read_limit_table` does, and Invalid `limits.word` for a new step, tier or
    length that is no word.
    """
    text = _text(name, data)
    now = read_limit_table(name, data).cells
    changes = {cell: length for cell, length in wanted.items() if length != now.get(cell, "")}
    for (step, tier), length in sorted(changes.items(), key=lambda change: not change[1]):  # what goes, goes last
        new = (step, tier) not in now
        for word in (step, tier) if new else ():
            if not WORD.fullmatch(word):
                raise Invalid("limits.word", f"{word!r} is no name: letters, digits and _.", word=word)
        if length and not PLAIN.fullmatch(length):
            raise Invalid("limits.word", f"{length!r} is no length.", word=length)
        text = _with_cell(name, text, step, tier, length)
    return text.encode()


def askers(files: Mapping[str, bytes], path: str) -> Mapping[str, tuple[str, ...]]:
    """Step → the names of what stands under its clock, in the diagrams beside the limits at `path`."""
    found: dict[str, dict[str, None]] = {}
    for diagram in sorted(each for each in files if each.endswith(".bpmn") and _folder(each) == _folder(path)):
        try:
            root = read_xml(diagram, files[diagram])
        except Refusal:
            continue
        names = {each.get("id"): each.get("name") for each in root.iter(f"{BPMN}*") if each.get("id")}
        for timer in root.iter(f"{BPMN}timerEventDefinition"):
            owner = timer.getparent()
            name = names.get(owner.get("attachedToRef")) or owner.get("name") or owner.get("id") or ""
            for step, _tiered in DUE.findall("".join(timer.itertext())):
                found.setdefault(step, {})[name] = None
    return {step: tuple(names) for step, names in found.items()}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _with_cell(name: str, text: str, step: str, tier: str, length: str) -> str:
    found = next(((key, value) for key, value in _steps(name, text) if key.value == step), None)
    if found is None:
        before = text if not text or text.endswith("\n") else f"{text}\n"
        return f"{before}{step}: {_in_one_line({tier: length})}\n"
    key, value = found
    entries = _entries(name, value)
    written = {ANY: value.value} if entries is None else {each.value: found.value for each, found in entries}
    after = {each: found for each, found in {**written, tier: length}.items() if found}
    if not after:
        return _without_lines(text, key.start_mark.index, value.end_mark.index if entries is None else _end(entries))
    if entries is None or value.flow_style:
        return _put(text, value, _in_one_line(after))
    return _in_block(text, entries, tier, length)


def _in_block(text: str, entries: list[Entry], tier: str, length: str) -> str:
    """Of a step whose tiers stand on lines of their own; a new one comes before `default`, which stays the last."""
    place = next((entry for entry in entries if entry[0].value == tier), None)
    if place is not None:
        key, value = place
        return _put(text, value, length) if length else _without_lines(text, key.start_mark.index, value.end_mark.index)
    line = f"{' ' * entries[0][0].start_mark.column}{tier}: {length}\n"
    default = next((key for key, _value in entries if key.value == ANY), None)
    if default is not None:
        at = text.rfind("\n", 0, default.start_mark.index) + 1
        return text[:at] + line + text[at:]
    at = text.find("\n", _end(entries)) + 1
    return text[:at] + line + text[at:] if at else f"{text}\n{line}"


def _in_one_line(lengths: Mapping[str, str]) -> str:
    if set(lengths) == {ANY}:
        return lengths[ANY]
    default = {ANY: lengths[ANY]} if ANY in lengths else {}
    others = {tier: length for tier, length in lengths.items() if tier != ANY}
    return "{" + ", ".join(f"{tier}: {length}" for tier, length in {**others, **default}.items()) + "}"


def _put(text: str, node: yaml.Node, said: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start and text[start - 1] == ":" else ""  # an empty value stands right behind its colon
    return text[:start] + space + said + text[end:]


def _without_lines(text: str, start: int, end: int) -> str:
    begins = text.rfind("\n", 0, start) + 1
    return text[:begins] + text[(text.find("\n", end) + 1) or len(text) :]


def _end(entries: list[Entry]) -> int:
    return int(entries[-1][1].end_mark.index)


def _steps(name: str, text: str) -> Iterator[tuple[yaml.ScalarNode, Any]]:
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _no_table(name, mark.line + 1 if mark else 1) from error
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise _no_table(name, 1)
    seen: set[object] = set()
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode) or {key.value, id(value)} & seen:
            raise _no_table(name, key.start_mark.line + 1)
        seen |= {key.value, id(value)}
        yield key, value


def _entries(name: str, value: Any) -> list[Entry] | None:
    """Tier and length of a step that is divided; None for one length."""
    if isinstance(value, yaml.ScalarNode):
        return None
    entries = value.value if isinstance(value, yaml.MappingNode) else []
    plain = all(isinstance(node, yaml.ScalarNode) for entry in entries for node in entry)
    if (
        not entries
        or not plain
        or len({key.value for key, _ in entries}) + len({id(v) for _, v in entries}) < 2 * len(entries)
    ):
        raise _no_table(name, value.start_mark.line + 1)
    return list(entries)


def _text(name: str, data: bytes) -> str:
    text = data.decode("utf-8", "surrogateescape")
    if len(text) > LARGEST_TABLE or re.search("[\udc80-\udcff\x00]", text):
        raise _no_table(name, 1)
    return text


def _no_table(name: str, line: int) -> Invalid:
    return Invalid("limits.no_table", f"{name}, line {line}: not a table of steps and lengths.", file=name, line=line)
