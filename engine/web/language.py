"""Chinese unless the person, or this browser, has chosen English."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import flask_babel
from babel import Locale
from flask import g, request
from flask_babel import force_locale
from flask_babel.speaklater import LazyString

from engine.web.context import locale, maybe_viewer, world

COOKIE = "language"
OFFERED = ("zh_CN", "en")
KEPT = ("locale", "dictionary")
"""What a request knows of its language."""


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


def locale_asked() -> Locale:
    """For the library, which would read the name of the language again for every page."""
    return _locale(chosen_language())


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def bilingual(name: str) -> str:
    """A name of a diagram, `签收 / Sign in`, in the reader's language."""
    zh, _slash, en = name.partition(" / ")
    return zh if locale().startswith("zh") or not en else en


def gettext(text: str) -> str:
    return str(dictionary().ugettext(text))


def later(text: str) -> Any:
    """A text of a table, which is said whenever it is shown."""
    return LazyString(gettext, text)


def plural(one: str, many: str, num: int) -> str:
    return str(dictionary().ungettext(one, many, num))


def _(text: str, **values: Any) -> str:
    """The text in the reader's language."""
    return gettext(text) % values if values else gettext(text)


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    return plural(one, many, num) % {"num": num, **values}


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything inside is said in that language."""
    before = {name: g.pop(name) for name in KEPT if name in g}
    try:
        with force_locale(language):
            yield
    finally:
        for name in KEPT:
            g.pop(name, None)
        for name, value in before.items():
            setattr(g, name, value)


def dictionary() -> Any:
    """A page says some hundred sentences, and the library looks for its own dictionary before each of them."""
    try:
        return g.dictionary
    except AttributeError:
        g.dictionary = flask_babel.get_translations()
        return g.dictionary
    except RuntimeError:  # outside of an application
        return flask_babel.get_translations()
