"""Whatever somebody may do on a page, a program may do: an act without an operation has a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from engine.people import scopes
from engine.web.api.asked import Body, Query
from engine.web.api.document import must_be_scoped
from engine.web.api.told import Told
from engine.web.policy import PUBLIC, policy, policy_of, scope_of
from tests.web.api.caller import document
from tests.web.api.covered import COVERED, LEFT_OUT

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


def rules(app: Flask, *, of_api: bool) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api.") == of_api and policy_of(app, rule.endpoint) != PUBLIC:
            yield rule


def operations(app: Flask) -> Mapping[str, Any]:
    return {each["operationId"]: each for path in document(app)["paths"].values() for each in path.values()}


def test_every_act_of_a_page_is_an_operation_or_says_why_not(app: Flask) -> None:
    """Pages that everybody may see are doors of their own, for citizens and for machines."""
    acts = {rule.endpoint for rule in rules(app, of_api=False) if (rule.methods or set()) & WRITING}
    assert acts - set(COVERED) - set(LEFT_OUT) == set(), "Give each an operation, or a reason in covered.py."
    assert (set(COVERED) | set(LEFT_OUT)) - acts == set(), "There is no such act any more."
    assert not set(COVERED) & set(LEFT_OUT)
    assert set(COVERED.values()) <= set(operations(app))
    assert all(len(reason) > 20 for reason in LEFT_OUT.values())


def test_page_and_operation_ask_for_the_same_right(app: Flask) -> None:
    named = {each: rule.endpoint for rule in rules(app, of_api=True) if (each := operation_at(app, rule))}
    differing = {
        page: (policy_of(app, page), policy_of(app, named[operation]))
        for page, operation in COVERED.items()
        if policy_of(app, page) != policy_of(app, named[operation])
    }
    assert differing == {}


def operation_at(app: Flask, rule: Rule) -> str | None:
    """The id of the operation that a rule of the API answers; an address may have several, by method."""
    path = rule.rule
    for each, methods in document(app)["paths"].items():
        if each.count("/") == path.count("/") and _same(each, path):
            for method, operation in methods.items():
                if method.upper() in (rule.methods or set()):
                    return str(operation["operationId"])
    return None


def _same(documented: str, rule: str) -> bool:
    pairs = zip(documented.split("/"), rule.split("/"), strict=True)
    return all(one == other or (one.startswith("{") and other.startswith("<")) for one, other in pairs)


def test_every_operation_says_what_a_token_must_be_for(app: Flask) -> None:
    said = {id: each["security"] for id, each in operations(app).items()}
    assert {id for id, each in said.items() if not each} <= {"openapi", "health", "alive", "ready"}
    for each in said.values():
        assert not each or (len(each) == 1 and set(each[0]["bearer"]) <= set(scopes.SCOPES))
    assert {scope for each in said.values() if each for scope in each[0]["bearer"]} == set(scopes.SCOPES)


def test_an_operation_without_a_scope_stops_the_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    must_be_scoped(app)  # type: ignore[arg-type]
    monkeypatch.setitem(app.view_functions, "api.readMe", policy("case.read")(lambda: ""))
    with pytest.raises(ValueError, match="names no scope"):
        must_be_scoped(app)  # type: ignore[arg-type]


def test_reading_needs_no_more_than_a_scope_to_read(app: Flask) -> None:
    for rule in rules(app, of_api=True):
        if rule.methods and "GET" in rule.methods:
            assert str(scope_of(app, rule.endpoint)).endswith(":read"), rule.rule


def test_lists_have_one_shape(app: Flask) -> None:
    doc = document(app)
    for id, each in operations(app).items():
        schema = each["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        found = doc["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        if id.startswith("list"):
            assert {"items", "next"} <= set(found), id


def test_no_two_models_have_one_name() -> None:
    """The document names a model once: the second would quietly stand in for the first."""
    found: dict[str, set[type]] = {}
    waiting: list[type] = [Told, Body, Query]
    while waiting:
        for each in waiting.pop().__subclasses__():
            found.setdefault(each.__name__, set()).add(each)
            waiting.append(each)
    assert {name for name, each in found.items() if len(each) > 1} == set()
