"""The JSON API under /api/v1, /healthz and /health/ready: the same acts as the pages, for bearer tokens."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from engine.web.api import acts, case_acts, cases, document, drafts, health, papers, parties, places, problems, tasks
from engine.web.api.blueprint import api
from engine.web.api.blueprint import health as health_pages
from engine.web.api.door import is_api, know_bearer
from engine.web.api.health import LEAVING
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Cursor, row
from engine.web.api.shapes import told as tell
from engine.web.api.told import Told

__all__ = ["LEAVING", "Acted", "Cursor", "Room", "Told", "hang_on", "is_api", "know_bearer", "problems", "row", "tell"]

PARTS = (cases, case_acts, parties, papers, tasks, drafts, places, health, acts)
"""Importing them has given the blueprints their operations."""


def hang_on(app: OpenAPI) -> None:
    """Gives the application the API. `know_bearer` must run between looking at the cookie and keeping the policy."""
    document.prepare(app)
    for each in (api, health_pages):
        app.register_api(each)
    document.must_be_scoped(app)
    app.extensions["csrf"].exempt(api)
