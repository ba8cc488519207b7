"""The one blueprint of these pages, and how their forms are read."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request

from engine.web.periods import typed_day

pages = Blueprint("staffing", __name__)


def text(key: str) -> str:
    return request.form.get(key, "").strip()


def day(key: str) -> date | None:
    """None for an empty or impossible one."""
    return typed_day(text(key))
