"""The one blueprint of the operator's pages, and how its forms are read."""

from __future__ import annotations

from flask import Blueprint, request

from engine.errors import Invalid
from engine.territory import table_text

pages = Blueprint("operations", __name__)


def text(key: str) -> str:
    return request.form.get(key, "").strip()


def file_or_text(key: str) -> str:
    """What was uploaded, or what the page before carried along. Raises Invalid for nothing, or for what is no text."""
    upload = request.files.get(key)
    if upload is None or not upload.filename:
        carried = request.form.get(key, "")
        if carried.strip():
            return carried
        fields = {key: {"zh": "请选择文件。", "en": "Choose a file."}}
        raise Invalid("file.missing", "No file was sent.", fields=fields)
    return table_text(upload.read())
