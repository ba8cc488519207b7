"""Fields in a Word file: found, said where they stand, and filled. Pure.

A field is its name in double braces, `{{applicant}}` or `{{信访人}}`. What Word spreads over several runs is read as
one. The rules that keep templates simple:

- a value of several lines in a paragraph of its own becomes several paragraphs, alike in form;
- a paragraph whose fields all have nothing to say is left out, with the words around them;
- a table row or paragraph with a field of a party is repeated for every party.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.letters.word import DOCUMENT, Parts, W, roots, write_word

FIELD = re.compile(r"\{\{\s*([^{}\s]{1,64})\s*\}\}")
_LOOSE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|｛|｝")
_BREAKS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": "\t"}
_XML_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file something stands: which part, which paragraph of it (from 1), how the paragraph begins."""

    part: str
    paragraph: int
    in_table: bool
    begins: str


@dataclass(frozen=True, slots=True)
class Found:
    """A field, or with `loose` braces that are none."""

    name: str
    place: Place
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Values:
    """What stands for the fields. `each` holds one mapping per party; a field that is in neither is left empty."""

    one: Mapping[str, str]
    each: Sequence[Mapping[str, str]] = ()
    repeated: frozenset[str] = frozenset()
    """Names of the fields of a party."""


def fields_in(parts: Parts) -> list[Found]:
    """Every field of the file and every loose brace, in the order of the page."""
    found = []
    for name, root in roots(parts).items():
        for number, paragraph in enumerate(_paragraphs(root), 1):
            text = words_of(paragraph)
            place = Place(name, number, _inside(paragraph, "tc") is not None, text.strip()[:24])
            found += [Found(match[1], place) for match in FIELD.finditer(text)]
            found += [Found(match[0], place, loose=True) for match in _LOOSE.finditer(FIELD.sub("", text))]
    return found


def fill(parts: Parts, values: Values) -> bytes:
    """The file with every field replaced by its value. A value that looks like a field stays as it is."""
    filled = roots(parts)
    for root in filled.values():
        written = list(_paragraphs(root))
        _repeat(root, values)
        for paragraph in written:  # none that was made here: what stands in those is a value
            if any(each is root for each in paragraph.iterancestors()):
                _fill_paragraph(paragraph, values.one)
    return write_word(parts, filled)


def words_of(paragraph: Any) -> str:
    return "".join(node.text or "" for node in _own_texts(paragraph))


def _paragraphs(root: Any) -> Iterator[Any]:
    """All of them, in tables and text boxes too. What Word keeps twice for old programs is filled twice."""
    yield from root.iter(f"{W}p")


def _own_texts(paragraph: Any) -> list[Any]:
    """The texts of a paragraph without those of text boxes that hang on it."""
    return [node for node in paragraph.iter(f"{W}t") if _nearest(node) is paragraph]


def _nearest(node: Any) -> Any:
    return next(each for each in node.iterancestors() if each.tag == f"{W}p")


def _inside(paragraph: Any, tag: str) -> Any:
    return next((each for each in paragraph.iterancestors() if each.tag == f"{W}{tag}"), None)


def _repeat(root: Any, values: Values) -> None:
    """Rows and paragraphs with fields of a party, once for each."""
    done: list[Any] = []
    for paragraph in list(_paragraphs(root)):
        names = set(FIELD.findall(words_of(paragraph)))
        if not names & values.repeated:
            continue
        row = _inside(paragraph, "tr")
        pattern = paragraph if row is None else row
        if any(pattern is each for each in done):
            continue
        done.append(pattern)
        for party in values.each:
            one = copy.deepcopy(pattern)
            for inner in [one] if one.tag == f"{W}p" else list(_paragraphs(one)):
                _fill_paragraph(inner, {**values.one, **party}, keep=True)
            pattern.addprevious(one)
        _remove(pattern)


def _fill_paragraph(paragraph: Any, values: Mapping[str, str], *, keep: bool = False) -> None:
    text = words_of(paragraph)
    names = FIELD.findall(text)
    if not names:
        return
    said = {name: _clean(values.get(name, "")) for name in names}
    if not keep and not any(said.values()):
        _remove(paragraph)
        return
    alone = FIELD.fullmatch(text.strip())
    lines = said[names[0]].split("\n") if alone else []
    if len(lines) > 1:
        for line in lines[:-1]:
            one = copy.deepcopy(paragraph)
            _replace(one, {names[0]: line})
            paragraph.addprevious(one)
        said = {names[0]: lines[-1]}
    _replace(paragraph, said)


def _replace(paragraph: Any, said: Mapping[str, str]) -> None:
    """A value stands in the run in which its field began, and looks as that does."""
    nodes = _own_texts(paragraph)
    text = "".join(node.text or "" for node in nodes)
    for match in reversed(list(FIELD.finditer(text))):
        at, value = 0, said[match[1]]
        for node in nodes:
            own = node.text or ""
            begin, end = max(match.start() - at, 0), min(match.end() - at, len(own))
            if begin < end:
                node.text = own[:begin] + value + own[end:]
                node.set(SPACE, "preserve")
                value = ""
            at += len(own)
    for node in nodes:
        _break_lines(node)


def _break_lines(node: Any) -> None:
    lines = (node.text or "").split("\n")
    if len(lines) == 1:
        return
    node.text = lines[0]
    for line in lines[1:]:
        pause, more = copy.deepcopy(node), copy.deepcopy(node)
        pause.tag, pause.text, more.text = f"{W}br", None, line
        pause.attrib.clear()
        node.addnext(pause)
        pause.addnext(more)
        node = more


def _remove(thing: Any) -> None:
    """A cell, header or box must keep one paragraph: the last one is only emptied."""
    parent = thing.getparent()
    if thing.tag == f"{W}p" and len(parent.findall(f"{W}p")) == 1 and parent.tag != f"{W}body":
        for node in _own_texts(thing):
            node.text = ""
        return
    section = thing.find(f"{W}pPr/{W}sectPr")
    if section is not None:  # the end of a section: its page must not be lost with it
        for node in _own_texts(thing):
            node.text = ""
        return
    parent.remove(thing)


def _clean(value: str) -> str:
    return _XML_NEVER.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


# --- the same content as a page


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a letter: `align` is left, center, right or both; `large` for a title; `strong` when all is."""

    words: str
    align: str = "left"
    large: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`span`: over how many columns it reaches."""

    lines: tuple[Line, ...]
    span: int = 1


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of cells."""

    rows: tuple[tuple[Cell, ...], ...]


HEAVY = frozenset({"黑体", "SimHei"})
"""Chinese letters are made heavy by their font rather than by a weight."""
_ALIGNED = {"center": "center", "right": "right", "end": "right", "both": "both", "distribute": "both"}


def blocks_of(parts: Parts) -> list[Line | Grid]:
    """What the body says, for a page: lines and tables in their order. Pictures and boxes stay with the Word file."""
    body = roots(parts)[DOCUMENT].find(f"{W}body")
    found: list[Line | Grid] = []
    for node in [] if body is None else body:
        if node.tag == f"{W}p":
            found.append(_line(node))
        elif node.tag == f"{W}tbl":
            rows = node.findall(f"{W}tr")
            found.append(Grid(tuple(tuple(map(_cell, row.findall(f"{W}tc"))) for row in rows)))
    while found and isinstance(found[-1], Line) and not found[-1].words:
        found.pop()
    return found


def _cell(cell: Any) -> Cell:
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    wide = "" if span is None else str(span.get(f"{W}val"))
    return Cell(tuple(map(_line, cell.iter(f"{W}p"))), int(wide) if wide.isdecimal() and len(wide) < 3 else 1)


def _line(paragraph: Any) -> Line:
    said = ""
    for node in paragraph.iter(f"{W}t", *_BREAKS):
        if _nearest(node) is paragraph and node.getparent().tag == f"{W}r":
            said += _BREAKS.get(node.tag) or node.text or ""
    align = paragraph.find(f"{W}pPr/{W}jc")
    runs = [run for run in paragraph.findall(f"{W}r") if run.find(f"{W}t") is not None]
    sizes = [size for run in runs for size in [run.find(f"{W}rPr/{W}sz")] if size is not None]
    heavy = [run.find(f"{W}rPr/{W}b") is not None or _font(run) in HEAVY for run in runs]
    return Line(
        said,
        _ALIGNED.get("" if align is None else str(align.get(f"{W}val")), "left"),
        large=any(str(size.get(f"{W}val")).isdigit() and int(size.get(f"{W}val")) >= 36 for size in sizes),
        strong=bool(heavy) and all(heavy),
    )


def _font(run: Any) -> str:
    fonts = run.find(f"{W}rPr/{W}rFonts")
    return "" if fonts is None else str(fonts.get(f"{W}eastAsia") or "")
