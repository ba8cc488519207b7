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
from pydantic import BaseModel

from engine.web.api.problems import KIND, of_faults
from engine.web.api.told import Problem

VERSION = "1"
DESCRIPTION = """\
The same acts as the pages, for machines. A token speaks for a person: it sees and may do exactly what that person
sees and may do. What may not be seen answers like what does not exist (404).

Every refusal is `application/problem+json` with a stable `code`; its `detail` follows `Accept-Language` (zh, en).
Every POST takes an `Idempotency-Key`: the same key with the same body within 48 hours gives the first answer again
and acts only once. An act that was refused leaves nothing behind, and its key is free again.
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
    403: "None of the person's roles allows this here.",
    404: "No such thing, or not to be seen by this person.",
    409: "The world moved on: look again, then decide anew.",
    413: "The body is larger than 256 kB, or a file larger than this installation takes.",
    415: "The body is not application/json, or not multipart/form-data where a file is sent.",
    422: "It reads well but cannot be taken; `errors` names every field.",
    503: "Not just now; `Retry-After` says when to come again.",
}
LOOK = (400, 401, 403, 404, 503)
ACT = (400, 401, 403, 404, 409, 413, 415, 422, 503)
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 visible ASCII characters. Send the same key again after a lost answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "6f1c3f0e-0d5b-4c0e-9b4e-1f6f6f1f2a11",
}


Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]


def refusals(statuses: tuple[int, ...]) -> Responses:
    """The problem+json responses of an operation."""
    return {
        status: {
            "description": SAID[status],
            "content": {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def prepare(app: OpenAPI) -> None:
    """Before the first operation is registered."""
    app.info = Info(title="Maplebridge", version=VERSION, description=DESCRIPTION)
    app.security_schemes = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of a person: `Authorization: Bearer mb_…`.",
        }
    }
    app.validation_error_status = "400"
    app.validation_error_model = Problem
    app.validation_error_callback = of_faults


def document() -> dict[str, Any]:
    """OpenAPI 3.1, made once per application."""
    app: Any = current_app
    found: dict[str, Any] | None = app.extensions.get("maplebridge_openapi")
    if found is None:
        found = _completed(copy.deepcopy(app.api_doc))
        app.extensions["maplebridge_openapi"] = found
    return found


def as_response() -> Response:
    return Response(json.dumps(document(), ensure_ascii=False), content_type="application/json")


def _completed(made: dict[str, Any]) -> dict[str, Any]:
    made["components"].setdefault("parameters", {})["IdempotencyKey"] = KEY
    for path in made["paths"].values():
        for method, operation in path.items():
            operation["responses"]["400"] = refusals((400,))[400]  # flask-openapi3 4.3 says plain JSON there
            if method == "post":
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
                for status, response in operation["responses"].items():
                    if status.startswith("2"):
                        response.setdefault("headers", {})["Idempotency-Replayed"] = {
                            "description": "`true` when this is the answer to an earlier request with the same key.",
                            "schema": {"type": "string"},
                        }
    for schema in made["components"]["schemas"].values():
        schema.pop("$defs", None)
    return made
