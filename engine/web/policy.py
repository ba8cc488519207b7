"""Every route says who may use it. One without a policy answers nobody, and a test finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

from engine.people import ACTS, scopes

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed_in"
KNOWN = frozenset({PUBLIC, SIGNED_IN, *ACTS})
MARK = "maplebridge_policy"
SCOPE = "maplebridge_scope"

UNMARKED = {"static": PUBLIC}
"""Endpoints that Flask itself brings."""


def policy(name: str, *, scope: str | None = None) -> Callable[[View], View]:
    """`public`, `signed_in`, or an act of `people.ACTS` that one of the asker's roles must allow somewhere.

    Whether they may do it to *this* case or task is decided by the verb, on its row. Operations of the API name the
    scope besides that a token needs which was narrowed.
    """
    if name not in KNOWN:
        raise ValueError(f"There is no policy {name!r}.")
    if scope is not None and scope not in scopes.SCOPES:
        raise ValueError(f"There is no scope {scope!r}.")

    def mark(view: View) -> View:
        setattr(view, MARK, name)
        setattr(view, SCOPE, scope)
        return view

    return mark


def policy_of(app: Flask, endpoint: str | None) -> str | None:
    """The policy of an endpoint; None for one that has none."""
    if endpoint is None:
        return PUBLIC
    if endpoint in UNMARKED:
        return UNMARKED[endpoint]
    return getattr(app.view_functions.get(endpoint), MARK, None)


def scope_of(app: Flask, endpoint: str | None) -> str | None:
    """The scope that a narrowed token needs for an operation; None for what is no operation, or open to everybody."""
    return None if endpoint is None else getattr(app.view_functions.get(endpoint), SCOPE, None)
