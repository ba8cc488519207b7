"""What every page asks of its templates a hundred times: texts, addresses and shared names, found with little work."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import flask
from flask import Flask, request
from flask.templating import Environment
from markupsafe import Markup

from engine.web import language

_HOLE = 800_000_017
"""Stands for a value in the pattern of an address; the next ones follow it."""
_WORD = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class Templates(Environment):
    """The names that all templates share are one dictionary: a chain would be walked name by name for every macro."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def register(app: Flask) -> None:
    """After `Babel` and its functions, in whose place these come."""
    app.jinja_env.globals.update(_=said, gettext=said, ngettext=said_of, url_for=address)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The texts of one language that were said already; `dictionary` is where they are from."""

    dictionary: Any
    alone: dict[str, Markup] = field(default_factory=dict)
    with_values: dict[str, Markup] = field(default_factory=dict)


_SPOKEN: dict[int, _Spoken] = {}


def said(text: str, /, **values: object) -> Markup:
    """The text in the reader's language, with values made harmless and put in. `%%` is a per cent sign."""
    spoken = _spoken()
    if values:
        whole = spoken.with_values.get(text)
        if whole is None:
            whole = spoken.with_values[text] = Markup(language.gettext(text))  # noqa: S704 - our own words
        return whole % values
    alone = spoken.alone.get(text)
    if alone is None:
        alone = spoken.alone[text] = Markup(language.gettext(text)) % {}  # noqa: S704
    return alone


def said_of(one: str, many: str, num: int, /, **values: object) -> Markup:
    return Markup(language.plural(one, many, num)) % {"num": num, **values}  # noqa: S704


def _spoken() -> _Spoken:
    dictionary = language.dictionary()
    found = _SPOKEN.get(id(dictionary))
    if found is None or found.dictionary is not dictionary:
        found = _SPOKEN[id(dictionary)] = _Spoken(dictionary)
    return found


def address(endpoint: str, /, **values: Any) -> str:
    """As `flask.url_for`. Where all values are plain numbers and words, only they are new, and the rest is known."""
    if endpoint[0] != "." and all(map(_is_plain, values.values())):
        pattern = _pattern(
            endpoint, tuple([(name, type(value)) for name, value in values.items()]), request.script_root
        )
        if pattern is not None:
            return pattern % values
    return flask.url_for(endpoint, **values)


def _is_plain(value: object) -> bool:
    """Whether a value stands in an address as it is: ids of units, kinds and numbers mostly."""
    return (type(value) is int and value >= 0) or (isinstance(value, str) and _WORD.fullmatch(value) is not None)


@lru_cache(maxsize=1024)
def _pattern(endpoint: str, names: tuple[tuple[str, type], ...], _root: str) -> str | None:
    """None where a value does not stand in the address once and as it is."""
    holes = {name: _HOLE + number for number, (name, _kind) in enumerate(names)}
    values: dict[str, Any] = {name: holes[name] if kind is int else f"h{holes[name]}" for name, kind in names}
    try:
        made = flask.url_for(endpoint, **values).replace("%", "%%")
    except ValueError:  # a number said as a text
        return None
    for name, value in values.items():
        parts = made.split(str(value))
        if len(parts) != 2:
            return None
        made = f"%({name})s".join(parts)
    return made
