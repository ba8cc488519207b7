"""Chinese unless the person, or this browser, has chosen English."""

from __future__ import annotations

from typing import Any

import flask_babel
from flask import request

from engine.web.context import locale, maybe_viewer, world

COOKIE = "language"
OFFERED = ("zh_CN", "en")


def chosen_language() -> str:
    viewer = maybe_viewer()
    wanted = request.cookies.get(COOKIE)
    for each in (
        viewer.locale if viewer else None,
        wanted if wanted in OFFERED else None,
        str(world().config.locale),
    ):
        if each:
            return "en" if each.lower().startswith("en") else "zh_CN"
    return "zh_CN"


def bilingual(name: str) -> str:
    """A name of a diagram, `签收 / Sign in`, in the reader's language."""
    zh, _slash, en = name.partition(" / ")
    return zh if locale().startswith("zh") or not en else en


def _(text: str, **values: Any) -> str:
    """The text in the reader's language."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    return str(flask_babel.ngettext(one, many, num, **values))
