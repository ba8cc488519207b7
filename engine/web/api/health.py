"""Is it alive: for load balancers and monitoring, without sign-in and without any case's data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib.metadata import version

from flask import Response, current_app
from sqlalchemy.orm import Session

from engine import deadlines, documents
from engine.errors import NotFound, Unavailable
from engine.web.api.acting import show
from engine.web.api.blueprint import api, health
from engine.web.api.document import SYSTEM, as_response
from engine.web.api.told import Beat, CalendarState, Health, Late, Ready
from engine.web.context import edge, looking, now, stop_looking, world
from engine.web.heartbeat import last_beat
from engine.web.policy import policy

LEAVING = "maplebridge.leaving"
RED_AFTER = timedelta(seconds=60)


@health.get(
    "/healthz",
    tags=[SYSTEM],
    operation_id="health",
    summary="Is it alive",
    description="200 when healthy, 503 when no scheduler has beaten for a minute, a deadline waits longer than a "
    "minute, or the database or the folder of documents takes nothing.",
    responses={200: Health, 503: Health},
)
@policy("public")
def healthz() -> Response:
    try:
        told = _look()
    except Unavailable as refusal:
        stop_looking()
        told = Health(
            status="failing",
            database=refusal.code,
            documents=_said(_documents),
            scheduler=Beat(last_beat_at=None, age_s=None),
            oldest_unprocessed_deadline=None,
            calendar=_calendar(),
            release=None,
            version=version("maplebridge"),
        )
    response = show(told, 200 if told.status == "ok" else 503)
    if told.status != "ok":
        response.headers["Retry-After"] = "5"
    return response


@health.get(
    "/health/ready",
    tags=[SYSTEM],
    operation_id="ready",
    summary="Does it take requests",
    description="200 when this process may be given requests; 503 when its database or the folder of documents "
    "does not answer, is read-only or full, and from the moment it was told to stop, while it still answers.",
    responses={200: Ready, 503: Ready},
)
@policy("public")
def ready() -> Response:
    if current_app.extensions[LEAVING].is_set():
        return _ready("leaving")
    try:
        with looking() as session:
            _database(session)
        _documents()
    except Unavailable as refusal:
        stop_looking()
        return _ready(refusal.code)
    return _ready("ready")


@api.get(
    "/openapi.json",
    tags=[SYSTEM],
    operation_id="openapi",
    summary="This document",
    security=[],
    responses={200: {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}},
)
@policy("public")
def openapi() -> Response:
    return as_response()


def _ready(state: str) -> Response:
    return show(Ready(status=state), 200 if state == "ready" else 503)


def _database(session: Session) -> None:
    edge().store.must_take_acts(session, room_bytes=world().config.server.least_free_bytes)


def _documents() -> None:
    documents.must_take_files(world().config.documents, room_bytes=world().config.server.least_free_bytes)


def _said(look: Callable[[], None]) -> str:
    try:
        look()
    except Unavailable as refusal:
        return refusal.code
    return "ok"


def _look() -> Health:
    at = now()
    with looking() as session:
        database, papers = _said(partial(_database, session)), _said(_documents)
        beat = last_beat(session)
        oldest = deadlines.oldest_unprocessed(session, now=at)
        try:
            release = world().releases.current(session).id
        except NotFound:
            release = None
    silent = beat is None or at - beat > RED_AFTER
    late = oldest is not None and at - oldest > RED_AFTER
    return Health(
        status="failing" if silent or late or (database, papers) != ("ok", "ok") else "ok",
        database=database,
        documents=papers,
        scheduler=Beat(last_beat_at=beat, age_s=None if beat is None else (at - beat).total_seconds()),
        oldest_unprocessed_deadline=None
        if oldest is None
        else Late(due_at=oldest, late_s=(at - oldest).total_seconds()),
        calendar=_calendar(),
        release=release,
        version=version("maplebridge"),
    )


def _calendar() -> CalendarState:
    calendar = world().calendar
    today = now().astimezone(calendar.tz).date()
    return CalendarState(loaded_until=calendar.loaded_until, missing_year=calendar.missing_year(today))
