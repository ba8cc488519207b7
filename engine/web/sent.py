"""What a browser sent, in the shape that `Form.check` wants."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.tasks import Form
from engine.web.once import BESIDE


def sent(form: Form, pairs: MultiDict[str, str], *, beside: Collection[str] = BESIDE) -> dict[str, Any]:
    """A text per field, or a list for one with many answers. Strange keys stay in: the form refuses them by name."""
    fields = form.fields
    return {
        key: pairs.getlist(key) if key in fields and fields[key].many else pairs[key]
        for key in pairs
        if key not in beside
    }
