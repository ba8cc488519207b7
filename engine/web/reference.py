"""The reference of the API as pages, made from the OpenAPI document: for people, without a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template
from markupsafe import Markup, escape

from engine.errors import NotFound
from engine.people import scopes
from engine.web.api.document import document
from engine.web.policy import policy

pages = Blueprint("reference", __name__)

DEEPEST = 3
KEPT = "maplebridge_reference"
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table: `name` is the way to it from the top, `parties[].role`."""

    name: str
    kind: str
    needed: bool
    says: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    says: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    says: str
    scope: str | None
    parameters: Sequence[Field]
    body: Sequence[Field]
    answers: Sequence[Answer]
    refusals: Sequence[str]
    example: str


@dataclass(frozen=True, slots=True)
class Section:
    """Operations that stand under one heading; `slug` is its address."""

    slug: str
    name: str
    says: str
    operations: Sequence[Operation]


@pages.app_template_filter("coded")
def coded(said: str) -> Markup:
    """What stands between backticks is code."""
    parts = enumerate(said.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(each) if n % 2 else escape(each) for n, each in parts)


@pages.get("/api/docs")
@policy("public")
def show() -> str:
    doc = document()
    paragraphs = [each.replace("\n", " ") for each in doc["info"]["description"].strip().split("\n\n")]
    return render_template(
        "reference/index.html",
        sections=_sections(),
        paragraphs=paragraphs,
        scopes=scopes.SCOPES,
        version=doc["openapi"],
    )


@pages.get("/api/docs/<slug>")
@policy("public")
def section(slug: str) -> str:
    found = next((each for each in _sections() if each.slug == slug), None)
    if found is None:
        raise NotFound("section.unknown", "The reference has no such part.")
    return render_template("reference/section.html", section=found)


def _sections() -> Sequence[Section]:
    """Made once for each application, in the order of the document."""
    kept: dict[str, Any] = current_app.extensions
    if KEPT not in kept:
        kept[KEPT] = tuple(_read(document()))
    found: Sequence[Section] = kept[KEPT]
    return found


def _read(doc: Schema) -> Iterator[Section]:
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in doc["paths"].items():
        for method, each in methods.items():
            by_tag.setdefault(each["tags"][0], []).append(_operation(doc, path, method, each))
    says = {tag["name"]: tag.get("description", "") for tag in doc["tags"]}
    for name, operations in by_tag.items():
        yield Section(re.sub(r"[^a-z]+", "-", name.lower()), name, says.get(name, ""), operations)


def _operation(doc: Schema, path: str, method: str, each: Schema) -> Operation:
    parameters = [_resolved(doc, parameter) for parameter in each.get("parameters", ())]
    content = each.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), "")
    asked: Schema = content[media_type]["schema"] if content else {}
    scope = next((scope for need in each["security"] for scope in need["bearer"]), None)
    answers = [
        _answer(doc, status, response) for status, response in each["responses"].items() if status.startswith("2")
    ]
    return Operation(
        id=each["operationId"],
        method=method.upper(),
        path=path,
        summary=each["summary"],
        says=each.get("description") or "",
        scope=scope,
        parameters=[_parameter(doc, one) for one in parameters],
        body=list(_fields(doc, asked)),
        answers=answers,
        refusals=[status for status in each["responses"] if status >= "4"],
        example=_curl(doc, method.upper(), path, media_type, asked, scope),
    )


def _answer(doc: Schema, status: str, response: Schema) -> Answer:
    content = _resolved(doc, response).get("content", {})
    media_types = ", ".join(content)
    first: Schema = next((each["schema"] for each in content.values()), {})
    return Answer(status, media_types, list(_fields(doc, first)) if "json" in media_types else [])


def _parameter(doc: Schema, one: Schema) -> Field:
    schema = one.get("schema", {})
    says = one.get("description") or _resolved(doc, schema).get("description") or ""
    return Field(f"{one['name']} ({one['in']})", _kind(doc, schema), bool(one.get("required")), says)


def _fields(doc: Schema, schema: Schema, above: str = "", depth: int = 0) -> Iterator[Field]:
    """Those of an object, one after the other, and of what lies within it."""
    schema = _resolved(doc, schema)
    for one in schema.get("oneOf", ()) if "properties" not in schema else ():
        yield from _fields(doc, one, above, depth)
    needed = set(schema.get("required", ()))
    for name, of in schema.get("properties", {}).items():
        yield Field(above + name, _kind(doc, of), name in needed, _says(doc, of))
        inner = _object_in(doc, of)
        if inner is not None and depth < DEEPEST:
            more, many = inner
            yield from _fields(doc, more, f"{above}{name}{'[]' if many else ''}.", depth + 1)


def _object_in(doc: Schema, schema: Schema) -> tuple[Schema, bool] | None:
    """The object that a value is, or that a list of them holds."""
    schema = _plain(doc, schema)
    many = schema.get("type") == "array"
    if many:
        schema = _plain(doc, schema.get("items", {}))
    return (schema, many) if schema.get("properties") else None


def _kind(doc: Schema, schema: Schema) -> str:
    """A type in words: `integer`, `text`, `one of a, b`, `list of text`, `or null`."""
    options = _resolved(doc, schema).get("anyOf")
    if options:
        kinds = [_kind(doc, each) for each in options if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds)) + (" or null" if len(kinds) < len(options) else "")
    schema = _resolved(doc, schema)
    if "enum" in schema:
        return "one of " + ", ".join(str(each) or "nothing" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    match schema.get("type"):
        case "array":
            return f"list of {_kind(doc, schema.get('items', {}))}"
        case "string":
            return {"date-time": "instant", "date": "day", "binary": "file"}.get(schema.get("format", ""), "text")
        case "boolean":
            return "true or false"
        case str(kind):
            return kind
        case _:
            return "any"


def _says(doc: Schema, schema: Schema) -> str:
    """What is said of a value; of nothing that is said of its type anywhere else."""
    said = schema.get("description") or ""
    bounds = [
        f"{word} {_plain(doc, schema)[key]}"
        for key, word in (("maxLength", "at most"), ("minimum", "from"), ("maximum", "to"), ("pattern", "as"))
        if key in _plain(doc, schema) and _plain(doc, schema)[key] != ""
    ]
    return " ".join(filter(None, (said, f"({', '.join(bounds)})" if bounds else "")))


def _plain(doc: Schema, schema: Schema) -> Schema:
    """Without what makes it optional."""
    schema = _resolved(doc, schema)
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return _resolved(doc, options[0]) if len(options) == 1 else schema


def _resolved(doc: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        found: Any = doc
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


# --- examples --------------------------------------------------------------------------------------------------------

SAMPLES: Mapping[str, Any] = {"instant": "2026-03-02T09:00:00+08:00", "day": "2026-03-02", "integer": 1, "number": 1}


def _curl(doc: Schema, method: str, path: str, media_type: str, asked: Schema, scope: str | None) -> str:
    """A command that a shell runs once $BASE and $TOKEN say where and as whom."""
    lines = [f'curl "$BASE{path}"' if method == "GET" else f'curl -X {method} "$BASE{path}"']
    if scope is not None:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if media_type == "multipart/form-data":
        lines.append("-F file=@photo.jpg")
    elif media_type:
        body = json.dumps(_sample(doc, asked), ensure_ascii=False).replace("'", "’")
        lines += ['-H "Content-Type: application/json"', f"-d '{body}'"]
    return " \\\n  ".join(lines)


def _sample(doc: Schema, schema: Schema) -> Any:
    """What is needed and no more; the example of the document where it has one."""
    schema = _plain(doc, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("oneOf"):
        return _sample(doc, schema["oneOf"][0])
    if "properties" in schema:
        return {name: _sample(doc, schema["properties"][name]) for name in schema.get("required", ())}
    kind = _kind(doc, schema)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [""])[0])
    match schema.get("type"):
        case "array":
            return [_sample(doc, schema.get("items", {}))]
        case "object":
            return {}
        case "boolean":
            return True
        case _:
            return SAMPLES.get(kind, "…")
