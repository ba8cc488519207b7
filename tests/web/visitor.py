"""A browser without a screen: keeps cookies, and sends the token of the last page with every form."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from flask import Flask
from werkzeug.test import TestResponse

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TAG = re.compile(r"<[^>]+>")
_SPACE = re.compile(r"\s+")


class Visitor:
    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def get(self, address: str, **headers: str) -> TestResponse:
        answer = self.client.get(address, headers=headers)
        self._note(answer)
        return answer

    def post(
        self,
        address: str,
        fields: Mapping[str, str | Sequence[str]] | None = None,
        *,
        token: bool = True,
        method: str = "POST",
    ) -> TestResponse:
        data: dict[str, str | Sequence[str]] = dict(fields or {})
        if token:
            data["csrf_token"] = self.token
        answer = self.client.open(address, method=method, data=data)
        self._note(answer)
        return answer

    def _note(self, answer: TestResponse) -> None:
        for value in answer.headers.values():
            value.encode("latin-1")  # a server can send no other
        if answer.mimetype == "text/html":
            found = _TOKEN.search(answer.text)
            if found:
                self.token = html.unescape(found.group(1))


def in_english(visitor: Visitor, page: str = "/notices") -> Visitor:
    """Reads English from now on, and has opened a page: forms send its token."""
    visitor.client.set_cookie("language", "en")
    visitor.get(page)
    return visitor


def words(answer: TestResponse) -> str:
    """What a person reads: the page's text in one line."""
    body = answer.text.partition("<main")[2].partition(">")[2] or answer.text
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", body)))
