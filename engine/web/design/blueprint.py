"""The one blueprint of the designer's pages, and how its forms are read."""

from __future__ import annotations

from flask import Blueprint, request

pages = Blueprint("design", __name__)


def text(key: str) -> str:
    return request.form.get(key, "").strip()
