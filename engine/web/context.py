"""What a route needs: the store, the world, one instant per request, and who is asking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from flask import current_app, g, request
from flask_babel import get_locale
from sqlalchemy.orm import Session

from engine import process
from engine.clock import Clock
from engine.errors import NotAllowed, Unavailable
from engine.people import Viewer
from engine.process import World
from engine.store import Store, foreign_errors
from engine.web.pace import Pace

KEY = "maplebridge"


@dataclass(frozen=True, slots=True)
class Edge:
    store: Store
    world: World
    clock: Clock
    pace: Pace = field(default_factory=Pace)


def edge() -> Edge:
    return cast(Edge, current_app.extensions[KEY])


def world() -> World:
    return edge().world


def now() -> datetime:
    """The same instant throughout a request."""
    try:
        return cast(datetime, g.now)
    except AttributeError:
        g.now = edge().clock.now()
        return cast(datetime, g.now)


def today() -> date:
    """The day of the request where the district is."""
    try:
        return cast(date, g.today)
    except AttributeError:
        g.today = now().astimezone(world().calendar.tz).date()
        return cast(date, g.today)


def for_paper() -> None:
    """This answer is printed and read on another day: nothing in it is said to be today, and each day has its year."""
    g.paper = True


def on_paper() -> bool:
    return "paper" in g


def viewer() -> Viewer:
    """Who is asking. Routes with a policy other than `public` always have one."""
    found = maybe_viewer()
    if found is None:
        raise NotAllowed("sign_in.needed", "Please sign in first.")
    return found


def maybe_viewer() -> Viewer | None:
    return cast("Viewer | None", g.get("viewer"))


@contextmanager
def acting() -> Iterator[Session]:
    """One act, one transaction; the look, if there was one, ends before it.

    When a diagram is at fault, nothing of the act is kept, and its case becomes an incident.
    """
    stop_looking()
    try:
        with edge().store.transaction() as session:
            yield session
    except Unavailable as refusal:
        if refusal.code.startswith("store."):
            raise  # another transaction would fare no better, and wait as long again
        with edge().store.transaction() as session:
            process.set_aside(session, refusal, now=now())
        raise


@contextmanager
def looking() -> Iterator[Session]:
    """The request's one look at the database: opened on first use, shared, closed after the answer."""
    if "session" not in g:
        g.look = edge().store.reading()
        g.session = g.look.__enter__()
    with foreign_errors():
        yield g.session


def stop_looking(_error: BaseException | None = None) -> None:
    look = g.pop("look", None)
    g.pop("session", None)
    if look is not None:
        look.__exit__(None, None, None)


def locale() -> str:
    """The reader's language, asked once in a request; `language.speaking` changes it for a while."""
    try:
        return cast(str, g.locale)
    except AttributeError:
        g.locale = str(get_locale())
        return cast(str, g.locale)
    except RuntimeError:  # outside of an application: a thread of the scheduler
        return "zh_CN"


def address() -> str:
    return request.remote_addr or "unknown"
