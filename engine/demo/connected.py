"""A connected system: the hotline's account, so that operators see what one looks like."""

from __future__ import annotations

from datetime import datetime

from engine.main import Application
from engine.people import demo_people, services, viewer_of
from engine.people.services import Service


def open_hotline(lived: Application, *, now: datetime) -> None:
    """Does nothing where no operator is offered. Its token is nobody's: what it opens with was told to no one."""
    with lived.store.transaction() as session:
        found = (person.id for person, membership in demo_people(session) if membership.role == "operator")
        operator_id = next(found, None)
        if operator_id is None:
            return
        operator = viewer_of(session, operator_id)
        top = operator.units(["operator"])[0]
        hotline = Service(
            "hotline-12345",
            "12345 热线平台",
            "Hotline 12345",
            top,
            ["dispatcher"],
            ["cases:read", "cases:file"],
            "Files what people call about, and asks how it stands.",
        )
        made = services.open_service(session, hotline, viewer=operator, now=now)
        services.issue_token(session, made.person_id, "production", ends_at=None, viewer=operator, now=now)
