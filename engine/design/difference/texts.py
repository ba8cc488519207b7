"""Forms, limits and keywords as parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.design.difference.model import Part
from engine.strict_yaml import read_yaml

ANY = "default"


def parts_of_form(data: bytes) -> dict[str, Part]:
    """The fields of a `.form` file by key, and the form itself under its id."""
    schema = json.loads(data)
    form = str(schema.get("id") or "form")
    parts = {f"form {form}": Part(f"form {form}", "form", form, values=dict(_flat(schema, "", "components")))}
    for component, inside in _components(schema, ""):
        key = str(component.get("key") or component.get("path") or component.get("id") or len(parts))
        number = 1
        while (free := key if number == 1 else f"{key} ({number})") in parts:
            number += 1
        values = dict(_flat(component, "", "components"))
        if inside:
            values["inside"] = inside
        label = str(component.get("label") or component.get("text") or key)
        english = (component.get("properties") or {}).get("label_en")
        parts[free] = Part(free, "field", f"{label} / {english}" if english else label, form, inside or "form", values)
    return parts


def parts_of_limits(data: bytes) -> dict[str, Part]:
    """One part for each step and tier."""
    raw = read_yaml(data.decode("utf-8"), "limits.yaml").value
    parts: dict[str, Part] = {}
    for step, value in raw.items():
        for tier, length in (value if isinstance(value, dict) else {ANY: value}).items():
            key = f"{step}.{tier}"
            parts[key] = Part(key, "limit", str(tier), str(step), values={"length": str(length)})
    return parts


def parts_of_keywords(data: bytes) -> dict[str, Part]:
    raw = read_yaml(data.decode("utf-8"), "keywords.yaml").value
    return {
        str(category): Part(str(category), "category", str(category), values={"words": ", ".join(map(str, words))})
        for category, words in raw.items()
    }


def _components(place: dict[str, Any], inside: str) -> Iterator[tuple[dict[str, Any], str]]:
    for component in place.get("components") or []:
        yield component, inside
        yield from _components(component, str(component.get("key") or component.get("id") or inside))


def _flat(value: Any, path: str, without: str) -> Iterator[tuple[str, str]]:
    """Place → text, for everything in it; options are known by what they store, other lists by position."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key != without or path:
                yield from _flat(each, f"{path}/{key}".lstrip("/"), without)
    elif isinstance(value, list):
        for number, each in enumerate(value, 1):
            known = each.get("value") if isinstance(each, dict) else None
            yield from _flat(each, f"{path}[{number if known is None else known}]", without)
        yield f"{path}#", ", ".join(str(each.get("value")) if isinstance(each, dict) else str(each) for each in value)
    else:
        yield path, "" if value is None else json.dumps(value, ensure_ascii=False).strip('"')
