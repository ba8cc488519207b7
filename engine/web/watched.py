"""Every request is watched: it has an id, is one line of the log, and is counted and timed for `/metrics`."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any, cast

import structlog
from flask import Flask, Response, current_app, g, request

from engine import logs, telemetry
from engine.web.context import world
from engine.web.meter import Meter

log = structlog.get_logger("web")

HEADER = "X-Request-Id"
METER = "maplebridge.meter"

ACTS = {
    "filing.file": "filing",
    "public.file": "filing",
    "api.file_case": "filing",
    "tasks.complete": "step",
    "api.complete": "step",
}
"""Endpoints that file a case or complete a step. With pages they are what the capacity is reckoned from."""


def register(app: Flask) -> None:
    """First of all that looks at a request, and last of all that sees its answer."""
    app.extensions[METER] = Meter()
    app.before_request(_begin)
    app.after_request(_told)
    app.teardown_request(_end)
    app.log_exception = _fault  # type: ignore[method-assign, assignment]


def meter(app: Flask) -> Meter:
    return cast(Meter, app.extensions[METER])


def route_class() -> str:
    """The family of pages a request belongs to: few of them, and nothing of what stands in the address."""
    if request.endpoint is None:
        return "unknown"
    return request.blueprint or request.endpoint


def _begin() -> None:
    g.begun = perf_counter()
    structlog.contextvars.clear_contextvars()
    g.request_id = logs.request_id(request.headers.get(HEADER))
    facts: dict[str, Any] = {"request": g.request_id}
    case_id = (request.view_args or {}).get("case_id")
    if case_id is not None:
        facts["case"] = case_id
    structlog.contextvars.bind_contextvars(**facts)
    if telemetry.is_on():
        route = request.url_rule.rule if request.url_rule else None
        ids = {f"maplebridge.{name}": id for name, id in facts.items()}
        g.trace = telemetry.request(request.method, route, request.headers.get("traceparent"), **ids)
        g.traced = g.trace.__enter__()


def _end(_error: BaseException | None = None) -> None:
    trace = g.pop("trace", None)
    if trace is not None:
        trace.__exit__(None, None, None)


def _told(response: Response) -> Response:
    if "begun" not in g:  # refused before anything looked at it
        return response
    seconds = perf_counter() - g.begun
    response.headers[HEADER] = g.request_id
    found = meter(current_app)
    found.answered(route_class(), request.method, response.status_code, seconds)
    if "traced" in g:
        g.traced(response.status_code)
    if response.status_code < 400:
        act = _act(response)
        if act is not None:
            found.acted(act, seconds)
    if request.endpoint != "static" and world().config.logs.requests:
        log.info(
            "request",
            endpoint=request.endpoint,
            method=request.method,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
    return response


def _act(response: Response) -> str | None:
    if request.method == "POST":
        return ACTS.get(request.endpoint or "")
    return "page" if request.method == "GET" and response.mimetype == "text/html" else None


def _fault(found: Any) -> None:
    """In place of Flask's line, which quotes the address."""
    log.error("request.failed", endpoint=request.endpoint, method=request.method, exc_info=found or sys.exc_info())
