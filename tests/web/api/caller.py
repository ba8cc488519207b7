"""A machine that talks to the API: JSON in and out, a token, and every answer held against the OpenAPI document."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from openapi_schema_validator import OAS31Validator
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

MATTER: dict[str, Any] = {
    "channel": "hotline_12345",
    "kind": "dispute",
    "category": "neighbour.leak",
    "title": "楼上漏水",
    "description": "楼上卫生间漏水半年,多次沟通未果。",
    "place_id": "LHQ.MZ.01.01.01",
    "parties": [
        {"role": "applicant", "name": "谢女士", "phone": "13800138000", "address": "1号楼", "protected": True},
        {"role": "respondent", "name": "许某"},
    ],
}
"""An ordinary matter of grid 1 in Minzhi Street."""


class Caller:
    def __init__(self, app: Flask, token: str | None) -> None:
        self.app = app
        self.token = token
        self.client = app.test_client(use_cookies=False)

    def send(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        check: bool = True,
        files: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> TestResponse:
        """`files` are the parts of a multipart body instead of a JSON one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            named.setdefault("Authorization", f"Bearer {self.token}")
        named.setdefault("Accept-Language", "en")
        sent = (
            {"json": body}
            if files is None
            else {
                "data": encode_multipart(dict(files), "part")[1],
                "content_type": "multipart/form-data; boundary=part",
            }
        )
        answer = self.client.open(address, method=method, headers=named, **sent)
        if check:
            must_be_as_documented(self.app, method, answer)
        return answer

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.send("GET", address, **headers)

    def post(self, address: str, body: Any, **headers: str) -> TestResponse:
        return self.send("POST", address, body, **headers)

    def put(self, address: str, **headers: str) -> TestResponse:
        return self.send("PUT", address, **headers)

    def delete(self, address: str, **headers: str) -> TestResponse:
        return self.send("DELETE", address, **headers)

    def add(self, address: str, data: bytes = b"what was seen", name: str = "note.txt", **more: str) -> TestResponse:
        """Sends a file as a document; `more` are fields beside it, and headers with a capital letter."""
        headers = {key: value for key, value in more.items() if key[0].isupper()}
        fields = {key: value for key, value in more.items() if key not in headers}
        return self.send("POST", address, files={"file": FileStorage(io.BytesIO(data), name), **fields}, **headers)

    def file(self, **changed: Any) -> str:
        """Files a matter and gives its number."""
        answer = self.post("/api/v1/cases", {**MATTER, **changed})
        assert answer.status_code == 201, answer.text
        return str(answer.json["number"])


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document, as anybody gets it."""
    known = app.extensions.get("test_document")
    if known is None:
        known = app.extensions["test_document"] = app.test_client().get("/api/v1/openapi.json").json
    return known


def must_be_as_documented(app: Flask, method: str, answer: TestResponse) -> None:
    """The status, the media type and the body are those the document promises for this operation."""
    doc = document(app)
    operation = operation_of(doc, method, answer.request.path)
    if operation is None:
        assert answer.status_code in (404, 405), answer.status_code
        schema: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
        assert answer.mimetype == "application/problem+json"
    else:
        promised = operation["responses"].get(str(answer.status_code))
        assert promised is not None, f"{answer.status_code} is not documented: {answer.text}"
        if "$ref" in promised:
            promised = doc["components"]["responses"][promised["$ref"].rpartition("/")[2]]
        assert answer.mimetype in promised["content"], f"{answer.mimetype} is not documented"
        schema = promised["content"][answer.mimetype]["schema"]
    if schema.get("format") == "binary":
        return
    OAS31Validator({**schema, "components": doc["components"]}).validate(json.loads(answer.text))


def operation_of(doc: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    exact = sorted(doc["paths"], key=lambda rule: "{" in rule)
    for rule in exact:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", rule), path):
            found: dict[str, Any] | None = doc["paths"][rule].get(method.lower())
            return found
    return None
