"""The edge for people: routes parse, call one verb, answer. The only place besides webhooks that knows Flask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from flask import Blueprint
    from flask_openapi3.openapi import OpenAPI

    from engine.clock import Clock
    from engine.notify import Teller
    from engine.process import World
    from engine.store import Store


def create_app(
    store: Store,
    world: World,
    clock: Clock,
    *,
    beyond: Sequence[Blueprint] = (),
    leaving: threading.Event | None = None,
) -> OpenAPI:
    """All pages on one database, as a WSGI application. Imported late: who only compiles words needs no pages."""
    from engine.web import app

    return app.create_app(store, world, clock, beyond=beyond, leaving=leaving)


def words_of_news(store: Store, world: World, clock: Clock) -> Teller:
    """What puts news into the words of a channel. Imported late: there is mostly nothing to say."""
    from engine.web import told

    return told.Words(store, world, clock)
