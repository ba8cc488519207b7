"""Every element and attribute of a file, held against the table in `engine.runtime.support`."""

from __future__ import annotations

import re
from typing import Any

from engine.runtime.check.report import Report
from engine.runtime.support import (
    ATTRIBUTES,
    BOOLEANS,
    BPMN,
    CAMUNDA,
    CAMUNDA_WORDS,
    DRAWING,
    ELEMENTS,
    INSIDE,
    OTHER_ENGINES,
    PLACES,
    SPIFF,
    SPIFF_WORDS,
    XSI,
    Word,
)
from engine.runtime.xml import local_name, namespace

_XML = "http://www.w3.org/XML/1998/namespace"
_MARKUP = re.compile("</?[a-zA-Z!][^>]{0,40}|&#?[a-zA-Z0-9]{1,8};|[\u202a-\u202e\u2066-\u2069]")
_HARMLESS_METADATA = ("elementname",)
_PACKAGING = frozenset(
    {"packageName", "version", "adHoc", "bgcolor", "bordercolor", "fontcolor", "fontsize", "selectable", "dtype"}
)
"""What other engines write about packages, versions and looks."""


def check_words(root: Any, report: Report) -> None:
    """Report what is refused, and what has no effect here. What is refused is not entered."""
    todo = [root]
    while todo:
        element = todo.pop()
        if not isinstance(element.tag, str) or namespace(element.tag) in DRAWING:
            continue
        entered = _check_element(element, report)
        if entered:
            _check_name(element, report)
            _check_attributes(element, report)
            todo.extend(reversed(element))


def _check_name(element: Any, report: Report) -> None:
    """Pages show a name as it is written; what looks like markup, or turns the reading direction, misleads people."""
    for attribute in ("name", "label"):
        if bad := _MARKUP.search(element.get(attribute) or ""):
            message = f"The {attribute} holds {bad[0]!r}, which is shown as it stands."
            report.warning(element, "bpmn.markup_in_name", message, "Write plain words.")


def _check_element(element: Any, report: Report) -> bool:
    space, name = namespace(element.tag), local_name(element.tag)
    if space == BPMN:
        if name == "extension" and element.get("mustUnderstand") in ("true", "1"):
            report.error(element, "bpmn.must_understand", "The file demands an extension that is not known here.")
            return False
        holder = element.getparent()
        around = local_name(holder.tag) if holder is not None else ""
        if around not in INSIDE.get(name, (around,)):
            report.error(
                element, "bpmn.element_place", f"A {name} cannot stand inside a {around}.", "Move or delete it."
            )
            return False
        return _judge(
            element,
            ELEMENTS.get(name),
            f"bpmn:{name}",
            Word("refused", "it is not an element of BPMN 2.0", "Look for a misspelling.", "bpmn.unknown_element"),
            report,
        )
    if space == CAMUNDA:
        unknown = Word("refused", "this extension is not known here", "Leave it out.", "camunda.unknown")
        return _judge(element, CAMUNDA_WORDS.get(name), f"camunda:{name}", unknown, report)
    if space == SPIFF:
        unknown = Word("refused", "this extension is not executed here", "Draw it in BPMN.", "spiff.unsupported")
        return _judge(element, SPIFF_WORDS.get(name), f"spiffworkflow:{name}", unknown, report)
    if space in OTHER_ENGINES:
        if element.get("name") not in _HARMLESS_METADATA:
            _refuse_engine(element, f"{OTHER_ENGINES[space]}:{name}", report)
        return False
    report.warning(
        element, "extension.unknown", f'The extension "{name}" of {space or "no namespace"} has no effect here.'
    )
    return False


def _check_attributes(element: Any, report: Report) -> None:
    space = namespace(element.tag)
    for attribute, value in element.attrib.items():
        owner, name = namespace(attribute), local_name(attribute)
        if owner in DRAWING or owner in (XSI, _XML):
            continue
        if owner == "" and space == BPMN:
            unknown = Word(
                "refused", "it is not an attribute of BPMN 2.0", "Look for a misspelling.", "bpmn.unknown_attribute"
            )
            if _judge(element, ATTRIBUTES.get(name), name, unknown, report, value):
                _check_use(element, name, value, report)
        elif CAMUNDA in (owner, space) and owner in ("", CAMUNDA):
            unknown = Word("refused", "this extension is not known here", "Leave it out.", "camunda.unknown")
            _judge(element, CAMUNDA_WORDS.get(name), f"camunda:{name}", unknown, report, value)
        elif owner in OTHER_ENGINES:
            if not _is_harmless(name):
                _refuse_engine(element, f"{OTHER_ENGINES[owner]}:{name}", report)
        elif owner == SPIFF and name not in SPIFF_WORDS:
            report.error(
                element, "spiff.unsupported", f"spiffworkflow:{name}: this extension is not executed here.", ""
            )
        elif owner not in ("", BPMN, SPIFF):
            report.warning(element, "extension.unknown", f'The attribute "{name}" of {owner} has no effect here.')


def _check_use(element: Any, name: str, value: str, report: Report) -> None:
    """An attribute that is known, but misplaced or misspelled, would be passed over in silence."""
    kind = local_name(element.tag)
    if name in PLACES and kind not in PLACES[name] and not (name in BOOLEANS and value == "false"):
        message = f"{name} means nothing on a {kind}."
        report.error(element, "bpmn.attribute_place", message, f"It belongs on: {', '.join(sorted(PLACES[name]))}.")
    if name in BOOLEANS and value not in ("true", "false"):
        report.error(
            element, "bpmn.boolean", f'{name}="{value[:20]}" is neither true nor false.', "Write true or false."
        )
    if name in ("startQuantity", "completionQuantity"):
        whole = value.isdecimal() and 1 <= int(value[:9]) < 1_000
        if not whole or (kind == "receiveTask" and value != "1"):
            message = f'{name}="{value[:20]}" is not executed on a {kind}.'
            report.error(element, "bpmn.quantity", message, "A whole number from 1; on a receive task only 1.")


def _is_harmless(name: str) -> bool:
    word = CAMUNDA_WORDS.get(name)
    return name in _PACKAGING or (word is not None and word.verdict == "ignored")


def _judge(element: Any, word: Word | None, name: str, unknown: Word, report: Report, value: str | None = None) -> bool:
    """Whether to look inside."""
    word = word or unknown
    if word.verdict in ("executed", "ignored") or (value is not None and value.strip() in word.harmless):
        return True
    shown = f'{name}="{value[:60]}"' if value is not None and word.harmless else name
    if word.verdict == "noted":
        report.warning(element, word.code, f"{shown} {word.says}.", word.hint)
    else:
        report.error(element, word.code, f"{shown}: {word.says}.", word.hint)
    return False


def _refuse_engine(element: Any, name: str, report: Report) -> None:
    report.error(
        element,
        "extension.engine",
        f"{name} belongs to another engine and would have no effect here.",
        "Use the camunda: properties that the support matrix lists.",
    )
