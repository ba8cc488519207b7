"""Every route says who may use it. One without a policy answers nobody, and a test finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

from engine.people import ACTS

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"
KNOWN = frozenset({PUBLIC, SIGNED_IN, *ACTS})
MARK = "maplebridge_policy"

UNMARKED = {"static": PUBLIC}
"""Endpoints that Flask itself brings."""


def policy(name: str) -> Callable[[View], View]:
    """`public`, `signed_in`, or an act of `people.ACTS` that one of the asker's roles must allow somewhere.

    Whether they may do it to *this* case or task is decided by the verb, on its row.
    """
    if name not in KNOWN:
        raise ValueError(f"There is no policy {name!r}.")

    def mark(view: View) -> View:
        setattr(view, MARK, name)
        return view

    return mark


def policy_of(app: Flask, endpoint: str | None) -> str | None:
    """The policy of an endpoint; None for one that has none."""
    if endpoint is None:
        return PUBLIC
    if endpoint in UNMARKED:
        return UNMARKED[endpoint]
    return getattr(app.view_functions.get(endpoint), MARK, None)
