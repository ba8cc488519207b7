"""Reads `.form` files: a subset of the form-js schema, so that Camunda Modeler and the form-js editor edit them.

A component type or a rule outside the subset is refused by name when the file is read, never ignored. English words
stand in `properties.label_en` (`text_en`, `description_en`) of a component and in `label_en` of an option. A filepicker
with the property `drawn` = `true` is a signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite, nan
from typing import Any

from engine.errors import Invalid, Refusal
from engine.strict_json import read_json
from engine.tasks.conditions import Condition, read_condition
from engine.tasks.fields import (
    CHOOSING,
    LONGEST_LINE,
    LONGEST_TEXT,
    MOST_OPEN_REPEATS,
    SOURCES,
    TYPES,
    Choice,
    Field,
    Group,
    Note,
    Part,
    Words,
    fields_of,
)
from engine.tasks.forms import Form

LARGEST_FORM = 500_000
_VALIDATIONS = frozenset({"required", "minLength", "maxLength", "pattern", "min", "max", "validationType"})
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


def read_form(name: str, data: bytes) -> Form:
    """Raises Invalid `form.unreadable` or `form.schema`; `facts["problems"]` lists all of (place, sentence)."""
    if len(data) > LARGEST_FORM:
        raise Invalid("form.too_large", f"{name} has more than {LARGEST_FORM:,} bytes.", problems=[])
    try:
        raw = read_json(data, most=LARGEST_FORM)
    except Invalid as refusal:
        raise Invalid("form.unreadable", f"{name}: {refusal.sentence}", problems=[]) from refusal
    if not isinstance(raw.get("components"), list):
        raise Invalid("form.schema", f"{name} is not a form: it has no list of components.", problems=[])
    problems: list[tuple[str, str]] = []
    try:
        parts = tuple(_parts(raw["components"], (), problems, depth=0))
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise Invalid("form.schema", f"{name} says something of the wrong kind: {error}.", problems=problems) from error
    fields: dict[str, Field] = {}
    for field in fields_of(parts):
        if field.key in fields:
            problems.append((field.key, "the key is used twice"))
        fields[field.key] = field
    if problems:
        listed = "; ".join(f"{place}: {sentence}" if place else sentence for place, sentence in problems)
        raise Invalid("form.schema", f"{name}: {listed}", problems=problems)
    return Form(name, str(raw.get("id") or name), parts, fields)


def _parts(
    components: list[Any], hide: tuple[Condition, ...], problems: list[tuple[str, str]], *, depth: int
) -> Iterator[Part]:
    for number, component in enumerate(components, 1):
        place = f"component {number}"
        if not isinstance(component, dict):
            problems.append((place, "is not a table"))
            continue
        place = str(component.get("key") or component.get("id") or place)
        kind = component.get("type")
        if kind not in TYPES:
            problems.append((place, f"the type {kind!r} is not supported; supported are {', '.join(sorted(TYPES))}"))
            continue
        own = _hide(component, place, problems)
        around = hide + own
        if kind == "group":
            if depth > 3:
                problems.append((place, "groups may be nested four deep"))
                continue
            label = _words(component, "label")
            yield Group(
                label, tuple(_parts(component.get("components") or [], around, problems, depth=depth + 1)), around
            )
        elif kind == "text":
            yield Note(_words(component, "text") or Words("", ""), around)
        else:
            field = _field(component, str(kind), place, around, problems)
            if field is not None:
                yield field


def _hide(component: Mapping[str, Any], place: str, problems: list[tuple[str, str]]) -> tuple[Condition, ...]:
    conditional = component.get("conditional")
    if not conditional:
        return ()
    text = conditional.get("hide") if isinstance(conditional, dict) else None
    if not isinstance(text, str):
        problems.append((place, "conditional knows only `hide` with a text"))
        return ()
    try:
        return (read_condition(text),)
    except Refusal as refusal:
        problems.append((place, refusal.sentence))
        return ()


def _field(
    component: Mapping[str, Any], kind: str, place: str, hide: tuple[Condition, ...], problems: list[tuple[str, str]]
) -> Field | None:
    key = component.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        problems.append((place, "the key must be a word of letters, digits and _"))
        return None
    validate = component.get("validate") or {}
    problems += [(key, f"the rule {rule!r} is not supported") for rule in sorted(set(validate) - _VALIDATIONS)]
    pattern = _pattern(validate.get("pattern"), key, problems)
    subtype = component.get("subtype", "date") if kind == "datetime" else None
    if subtype not in (None, "date", "time", "datetime"):
        problems.append((key, f"the subtype {subtype!r} is not date, time or datetime"))
    validation_type = validate.get("validationType") or None
    if validation_type not in (None, "custom", "phone", "email"):
        problems.append((key, f"the validation type {validation_type!r} is not phone or email"))
    choices, source = _choices(component, kind, key, problems)
    label = _words(component, "dateLabel" if kind == "datetime" and component.get("dateLabel") else "label")
    least, most, shortest, longest = (
        _number(validate.get(rule), rule, key, problems) for rule in ("min", "max", "minLength", "maxLength")
    )
    longest = min(longest or _longest(kind), LONGEST_TEXT)
    for low, high in ((least, most), (shortest, longest)):
        if low is not None and high is not None and low > high:
            problems.append((key, f"no answer fits: it must be at least {low:g} and at most {high:g}"))
    return Field(
        key=key,
        type=kind,
        label=label or Words(key, key),
        description=_words(component, "description"),
        required=bool(validate.get("required")),
        shortest=int(shortest or 0),
        longest=int(longest),
        pattern=pattern,
        kind=subtype or (validation_type if validation_type != "custom" else None),
        least=least,
        most=most,
        decimals=int(_number(component.get("decimalDigits"), "decimalDigits", key, problems) or 0),
        choices=choices,
        source=source,
        default=component.get("defaultValue"),
        hide=hide,
        drawn=kind == "filepicker" and (component.get("properties") or {}).get("drawn") == "true",
        columns=_columns(component),
    )


def _columns(component: Mapping[str, Any]) -> int:
    columns = (component.get("layout") or {}).get("columns")
    return columns if isinstance(columns, int) and 1 <= columns <= 16 else 16


def _pattern(written: Any, key: str, problems: list[tuple[str, str]]) -> re.Pattern[str] | None:
    """A pattern runs on what strangers typed, so one that could take for ever is refused: see `MOST_OPEN_REPEATS`."""
    if not written:
        return None
    text = str(written)
    if re.search(r"\)[*+{]", text) or len(re.findall(r"(?<!\\)(?:[*+]|\{\d*,\})", text)) > MOST_OPEN_REPEATS:
        problems.append((key, f"the pattern repeats a bracket, or has more than {MOST_OPEN_REPEATS} open repeats"))
        return None
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        problems.append((key, f"the pattern cannot be read: {error}"))
        return None


def _longest(kind: str) -> int:
    return LONGEST_TEXT if kind == "textarea" else LONGEST_LINE


def _choices(
    component: Mapping[str, Any], kind: str, key: str, problems: list[tuple[str, str]]
) -> tuple[tuple[Choice, ...], str | None]:
    if kind not in CHOOSING:
        return (), None
    source = component.get("valuesKey")
    if source is not None:
        if source not in SOURCES:
            problems.append((key, f"valuesKey {source!r} is not one of {', '.join(sorted(SOURCES))}"))
        return (), str(source)
    values = component.get("values")
    if not isinstance(values, list) or not values:
        problems.append((key, "it needs values or a valuesKey"))
        return (), None
    choices = []
    for value in values:
        if not isinstance(value, dict) or not all(isinstance(value.get(each), str) for each in ("value", "label")):
            problems.append((key, "every option needs a label and a value, both texts"))
            return (), None
        choices.append(Choice(value["value"], Words(value["label"], str(value.get("label_en") or value["label"]))))
    if len({choice.value for choice in choices}) != len(choices):
        problems.append((key, "two options have the same value"))
    return tuple(choices), None


def _words(component: Mapping[str, Any], what: str) -> Words | None:
    zh = component.get(what)
    if not isinstance(zh, str) or not zh.strip():
        return None
    properties = component.get("properties") or {}
    english = properties.get("label_en" if what == "dateLabel" else f"{what}_en")
    return Words(zh.strip(), str(english).strip() if english else zh.strip())


def _number(written: Any, rule: str, key: str, problems: list[tuple[str, str]]) -> float | None:
    """What a rule says; one that is no number would hold nobody to anything, and nobody would know."""
    if written in (None, ""):
        return None
    try:
        said = float(written)
    except (ArithmeticError, TypeError, ValueError):
        said = nan
    if isfinite(said):
        return said
    problems.append((key, f"the rule {rule!r} needs a number, not {written!r}"))
    return None
