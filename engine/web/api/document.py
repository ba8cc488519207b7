"""The OpenAPI document: what every operation shares, and the last touches flask-openapi3 has no words for."""

from __future__ import annotations

import copy
import json
from http import HTTPStatus
from typing import Any

from flask import Response, current_app
from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.utils import parse_rule
from pydantic import BaseModel

from engine.people import scopes
from engine.web.api.door import API
from engine.web.api.problems import KIND, of_faults
from engine.web.api.told import Problem
from engine.web.policy import PUBLIC, policy_of, scope_of

VERSION = "1"
DESCRIPTION = """\
The same acts as the pages, for machines. A token speaks for a person or a service account: it sees and may do exactly
what they see and may do, and where it was narrowed to scopes, only what these are for. Each operation names its scope.
What may not be seen answers like what does not exist (404).

Every refusal is `application/problem+json` with a stable `code`; its `detail` follows `Accept-Language` (zh, en).
Every POST takes an `Idempotency-Key`: the same key with the same body within 48 hours gives the first answer again
and acts only once. An act that was refused leaves nothing behind, and its key is free again.
A list answers `items` and `next`; send `next` as `cursor` for the page that follows, until it is null.
`RateLimit` says how many requests are left in this minute, `RateLimit-Policy` how many there are; more are answered
with 429 and `Retry-After`.
"""
CASES = Tag(name="cases", description="Filing, finding and reading cases.")
ACTS = Tag(name="acts on a case", description="What people do beside their tasks.")
TASKS = Tag(name="tasks", description="The work list: claim, hand over, complete.")
PAPERS = Tag(name="documents", description="Photos, papers and signatures of cases.")
PLACES = Tag(name="places", description="The tree of units.")
SYSTEM = Tag(name="system", description="Health, and this document.")

SAID = {
    400: "The body or the address cannot be read: not JSON, a field missing, unknown or of the wrong type.",
    401: "No token, or one that is unknown or over.",
    403: "None of the bearer's roles allows this here, or the token lacks the scope.",
    404: "No such thing, or not to be seen by this bearer.",
    409: "The world moved on: look again, then decide anew.",
    413: "The body is larger than 256 kB, or a file larger than this installation takes.",
    415: "The body is not application/json, or not multipart/form-data where a file is sent.",
    422: "It reads well but cannot be taken; `errors` names every field.",
    429: "Too many requests; `Retry-After` says in how many seconds there is room.",
    503: "Not just now; `Retry-After` says when to come again.",
}
LOOK = (400, 401, 403, 404, 422, 429, 503)
ACT = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 visible ASCII characters. Send the same key again after a lost answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "6f1c3f0e-0d5b-4c0e-9b4e-1f6f6f1f2a11",
}


Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]


def refusals(statuses: tuple[int, ...]) -> dict[str | int | HTTPStatus, Any]:
    """The problem+json responses of an operation."""
    return {
        status: {
            "description": SAID[status],
            "content": {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


SHARED = {str(status): response for status, response in refusals(tuple(SAID)).items()}
"""Refusals, told once: every operation names those that it may answer."""
for waiting in ("429", "503"):
    SHARED[waiting]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def prepare(app: OpenAPI) -> None:
    """Before the first operation is registered."""
    app.info = Info(title="Maplebridge", version=VERSION, description=DESCRIPTION)
    app.security_schemes = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of a person or a service account: `Authorization: Bearer mb_…`. Scopes: "
            + " ".join(f"`{scope}` {says}" for scope, says in scopes.SCOPES.items()),
        }
    }
    app.validation_error_status = "400"
    app.validation_error_model = Problem
    app.validation_error_callback = of_faults


def must_be_scoped(app: OpenAPI) -> None:
    """Raises ValueError for an operation that is not open to everybody and names no scope: nobody starts with one."""
    for rule in app.url_map.iter_rules():
        needs_one = rule.endpoint.startswith(f"{API}.") and policy_of(app, rule.endpoint) != PUBLIC
        if needs_one and scope_of(app, rule.endpoint) is None:
            raise ValueError(f"The operation {rule.endpoint} at {rule.rule} names no scope.")


def document() -> dict[str, Any]:
    """OpenAPI 3.1, made once per application."""
    app: Any = current_app
    found: dict[str, Any] | None = app.extensions.get("maplebridge_openapi")
    if found is None:
        found = _completed(copy.deepcopy(app.api_doc), _scopes_of(app))
        app.extensions["maplebridge_openapi"] = found
    return found


def as_response() -> Response:
    return Response(json.dumps(document(), ensure_ascii=False), content_type="application/json")


def _scopes_of(app: OpenAPI) -> dict[tuple[str, str], str]:
    """(method, path as the document writes it) → the scope of the operation."""
    return {
        (method.lower(), parse_rule(rule.rule)): scope
        for rule in app.url_map.iter_rules()
        if (scope := scope_of(app, rule.endpoint)) is not None
        for method in rule.methods or ()
    }


def _completed(made: dict[str, Any], scope_at: dict[tuple[str, str], str]) -> dict[str, Any]:
    made["components"].setdefault("parameters", {})["IdempotencyKey"] = KEY
    made["components"]["responses"] = SHARED
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            scope = scope_at.get((method, path))
            operation["security"] = [] if scope is None else [{"bearer": [scope]}]
            operation["responses"].setdefault("400", {})  # flask-openapi3 4.3 says plain JSON there
            if method == "post":
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
                for status, response in operation["responses"].items():
                    if status.startswith("2"):
                        response.setdefault("headers", {})["Idempotency-Replayed"] = {
                            "description": "`true` when this is the answer to an earlier request with the same key.",
                            "schema": {"type": "string"},
                        }
            for status, response in operation["responses"].items():
                if status == "400" or KIND in response.get("content", ()):
                    operation["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    for schema in made["components"]["schemas"].values():
        schema.pop("$defs", None)
    return made
