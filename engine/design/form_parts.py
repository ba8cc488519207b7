"""A form file as a list of parts that are added, moved, changed and removed, for the editor of forms.

It stays a form-js schema that Camunda Modeler opens: what this editor does not know of a part is left as it stands.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Invalid, NotFound
from engine.strict_json import must_be_harmless, read_json
from engine.tasks import CHOOSING, LARGEST_FORM, TYPES

Component = dict[str, Any]
Place = tuple[int, ...]
"""Where a part stands: its number in the form, then within each group."""

DEEPEST = 4
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FormPart:
    """`first` and `last` say whether it can go up or down among its neighbours."""

    place: Place
    component: Mapping[str, Any]
    first: bool
    last: bool

    @property
    def type(self) -> str:
        return str(self.component.get("type") or "")

    @property
    def label(self) -> str:
        said = self.component.get("text" if self.type == "text" else "label")
        return said.strip() if isinstance(said, str) else ""

    @property
    def english(self) -> str:
        return _get_property(self.component, "text_en" if self.type == "text" else "label_en")

    @property
    def key(self) -> str:
        return str(self.component.get("key") or "")


def read_form_parts(name: str, data: bytes) -> Component:
    """The document. Raises Invalid `form.no_parts` for what is no form with a list of parts in it."""
    try:
        document = read_json(data, most=LARGEST_FORM) if len(data) <= LARGEST_FORM else {}
    except Invalid:
        document = {}
    if not _well_built(document.get("components"), 0):
        raise Invalid("form.no_parts", f"{name} is no form that can be shown in parts.", file=name)
    return document


def write_form_parts(document: Component) -> bytes:
    """As Camunda Modeler writes it, so that a part that was not touched stays as it was."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def blank_form(name: str, *, fresh: str) -> bytes:
    """A form with one question."""
    head = {"type": "default", "id": name, "executionPlatform": "Camunda Platform", "schemaVersion": 18}
    return write_form_parts({"components": [_new("textarea", fresh, set())], **head})


def parts_in(document: Component) -> list[FormPart]:
    """Every part, those of a group behind it."""
    return list(_parts(document["components"], ()))


def part_at(document: Component, place: Place) -> FormPart:
    """Raises NotFound."""
    for part in parts_in(document):
        if part.place == place:
            return part
    raise NotFound("form.no_part", "There is no such part in this form.")


def add_part(document: Component, kind: str, *, after: Place, fresh: str) -> tuple[Component, Place]:
    """A new part behind the one at `after`, first within it when that is a group, last in the form for `()`.

    `fresh` is a word of its own for the new part. Raises Invalid for a type that forms do not have.
    """
    if kind not in TYPES:
        raise Invalid("form.type", f"{kind!r} is no type of a field.", type=kind)
    changed = copy.deepcopy(document)
    if not after:
        place: Place = (len(changed["components"]),)
    elif part_at(changed, after).type == "group" and len(after) < DEEPEST:
        place = (*after, 0)
    else:
        place = (*after[:-1], after[-1] + 1)
    _siblings(changed, place).insert(place[-1], _new(kind, fresh, {part.key for part in parts_in(changed)}))
    return changed, place


def move_part(document: Component, place: Place, by: int) -> tuple[Component, Place]:
    """One up (-1) or down (1) among its neighbours; at the end nothing moves."""
    part_at(document, place)
    changed = copy.deepcopy(document)
    siblings = _siblings(changed, place)
    at = place[-1] + by
    if not 0 <= at < len(siblings):
        return changed, place
    siblings.insert(at, siblings.pop(place[-1]))
    return changed, (*place[:-1], at)


def remove_part(document: Component, place: Place) -> Component:
    part_at(document, place)
    changed = copy.deepcopy(document)
    del _siblings(changed, place)[place[-1]]
    return changed


def change_part(document: Component, place: Place, said: Mapping[str, str], options: Sequence[Option]) -> Component:
    """With what a page of fields says: see `said_of`. Empty takes a setting out.

    Raises NotFound, and Invalid for a text that cannot be stored.
    """
    part = part_at(document, place)
    changed = copy.deepcopy(document)
    component = _siblings(changed, place)[place[-1]]
    for name, text in said.items():
        if name in settings_of(part.type):
            _SET.get(name, _set_plain)(component, name, text.strip())
    if part.type in CHOOSING and "valuesKey" not in component:
        _set_options(component, options)
    must_be_harmless(changed, most=LARGEST_FORM)
    return changed


Option = tuple[str, str, str]
"""Value, Chinese, English."""


def said_of(part: FormPart) -> dict[str, str]:
    """What the page of fields says of a part: a text for each of `settings_of` its type."""
    return {name: _GET.get(name, _get_plain)(part.component, name) for name in settings_of(part.type)}


def options_of(part: FormPart) -> list[Option]:
    values = part.component.get("values")
    found = [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
    return [tuple(str(each.get(name) or "") for name in ("value", "label", "label_en")) for each in found]  # type: ignore[misc]


def settings_of(kind: str) -> tuple[str, ...]:
    """What can be set of a part of this type, in the order in which it is asked."""
    if kind == "text":
        return ("text", "text_en", "hide")
    if kind == "group":
        return ("label", "label_en", "hide")
    own: dict[str, tuple[str, ...]] = {
        "textfield": ("minLength", "maxLength", "pattern", "validationType", "columns"),
        "textarea": ("minLength", "maxLength"),
        "number": ("min", "max", "decimalDigits", "columns"),
        "datetime": ("subtype", "columns"),
        "filepicker": ("drawn",),
        "select": ("valuesKey", "defaultValue", "columns"),
        "radio": ("valuesKey", "defaultValue"),
        "checklist": ("valuesKey",),
        "taglist": ("valuesKey",),
    }
    return ("label", "label_en", "description", "description_en", "key", "required", *own.get(kind, ()), "hide")


def _new(kind: str, fresh: str, taken: set[str]) -> Component:
    made: Component = {"type": kind, "id": f"Field_{fresh}", "layout": {"row": f"Row_{fresh}", "columns": None}}
    if kind == "text":
        return {"text": "说明", **made, "properties": {"text_en": "Note"}}
    if kind == "group":
        return {"label": "分组", "components": [], **made, "showOutline": True, "properties": {"label_en": "Group"}}
    made |= {"label": "新问题", "properties": {"label_en": "New question"}}
    made["key"] = next(key for key in (f"field_{number}" for number in range(1, len(taken) + 2)) if key not in taken)
    if kind == "datetime":
        made |= {"subtype": "date", "dateLabel": "新问题"}
    if kind in CHOOSING:
        made["values"] = [
            {"label": f"选项{number}", "value": f"option_{number}", "label_en": f"Option {number}"} for number in (1, 2)
        ]
    return made


def _set_plain(component: Component, name: str, text: str) -> None:
    _put(component, name, text)


def _set_label(component: Component, name: str, text: str) -> None:
    if text != _get_label(component, name):
        _put(component, name, text)
        if component.get("type") == "datetime":
            _put(component, "dateLabel", text)


def _set_property(component: Component, name: str, text: str) -> None:
    _put_in(component, "properties", name, "true" if name == "drawn" and text else text)


def _set_rule(component: Component, name: str, text: str) -> None:
    _put_in(
        component,
        "validate",
        name,
        True if name == "required" and text else _typed(text) if name != "pattern" else text,
    )


def _set_number(component: Component, name: str, text: str) -> None:
    _put(component, name, _typed(text))


def _set_hide(component: Component, _name: str, text: str) -> None:
    condition = text if text.startswith("=") or not text else f"={text}"
    _put_in(component, "conditional", "hide", condition)


def _set_columns(component: Component, _name: str, text: str) -> None:
    if str(_get_columns(component, "")) != text:
        narrow = text.isdecimal() and len(text) < 3 and int(text) < 16
        component.setdefault("layout", {})["columns"] = int(text) if narrow else None


def _set_source(component: Component, name: str, text: str) -> None:
    _put(component, name, text)
    if text:
        component.pop("values", None)


def _set_options(component: Component, options: Sequence[Option]) -> None:
    before = {
        value: each for each in component.get("values") or [] if isinstance(each, dict) for value in [each.get("value")]
    }
    made = []
    for value, zh, en in options:
        if value or zh or en:
            option = {**before.get(value, {}), "label": zh, "value": value}
            _put(option, "label_en", en)
            made.append(option)
    component["values"] = made


def _get_plain(component: Mapping[str, Any], name: str) -> str:
    value = component.get(name)
    return "" if value is None else str(value)


def _get_label(component: Mapping[str, Any], name: str) -> str:
    shown = "dateLabel" if component.get("type") == "datetime" and component.get("dateLabel") else name
    return _get_plain(component, shown)


def _get_property(component: Mapping[str, Any], name: str) -> str:
    return _get_plain(component.get("properties") or {}, name)


def _get_rule(component: Mapping[str, Any], name: str) -> str:
    value = (component.get("validate") or {}).get(name)
    return "" if value is None or value is False else "true" if value is True else str(value)


def _get_hide(component: Mapping[str, Any], _name: str) -> str:
    return _get_plain(component.get("conditional") or {}, "hide")


def _get_columns(component: Mapping[str, Any], _name: str) -> str:
    return _get_plain(component.get("layout") or {}, "columns") or "16"


_PROPERTIES = ("label_en", "text_en", "description_en", "drawn")
_RULES = ("required", "minLength", "maxLength", "pattern", "validationType", "min", "max")
_SET: Mapping[str, Callable[[Component, str, str], None]] = {
    **dict.fromkeys(_PROPERTIES, _set_property),
    **dict.fromkeys(_RULES, _set_rule),
    "label": _set_label,
    "decimalDigits": _set_number,
    "hide": _set_hide,
    "columns": _set_columns,
    "valuesKey": _set_source,
}
_GET: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    **dict.fromkeys(_PROPERTIES, _get_property),
    **dict.fromkeys(_RULES, _get_rule),
    "label": _get_label,
    "hide": _get_hide,
    "columns": _get_columns,
}


def _put(holder: Component, name: str, value: Any) -> None:
    if value in ("", None):
        holder.pop(name, None)
    elif str(holder.get(name)) != str(value):
        holder[name] = value


def _put_in(component: Component, holder: str, name: str, value: Any) -> None:
    inner = component.get(holder) or {}
    _put(inner, name, value)
    if inner:
        component[holder] = inner
    else:
        component.pop(holder, None)


def _typed(text: str) -> Any:
    if not NUMBER.fullmatch(text):
        return text  # the check says what is wrong with it
    return float(text) if "." in text else int(text)


def _parts(components: list[Component], above: Place) -> Iterator[FormPart]:
    for number, component in enumerate(components):
        place = (*above, number)
        yield FormPart(place, component, number == 0, number == len(components) - 1)
        yield from _parts(component.get("components") or [], place)


def _siblings(document: Component, place: Place) -> list[Component]:
    components: list[Component] = document["components"]
    for number in place[:-1]:
        components = components[number].setdefault("components", [])
    return components


def _well_built(components: Any, depth: int) -> bool:
    """Whether places lead somewhere; what else is wrong is told by the check."""
    return isinstance(components, list) and all(
        isinstance(each, dict)
        and all(isinstance(each.get(name) or {}, dict) for name in ("properties", "validate", "conditional", "layout"))
        and ("components" not in each or (depth < DEEPEST and _well_built(each["components"], depth + 1)))
        for each in components
    )
