"""Where the people of the demonstration are told: a leader's address waits for its code, which no server brought."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine import notify
from engine.main import Application
from engine.notify import Choice, Medium, Rhythm, Sending, SendingState, Timing
from engine.people import Viewer, demo_people, viewer_of

NIGHT = Timing(Rhythm.DAILY, 8 * 60 + 30, 21 * 60, 7 * 60, quiet_days_off=True)
WANTED = ("urgent", "asked", "overdue", "mention", "supervision")


def tell_people(application: Application, *, now: datetime) -> None:
    """Nothing of it leaves: the address is not confirmed, and the code for it was given up a day ago."""
    asked_at = now - timedelta(days=1)
    with application.store.transaction() as session:
        leader = next((person for person, chief in demo_people(session) if chief.role == "leader"), None)
        if leader is None:
            return
        viewer: Viewer = viewer_of(session, leader.id)
        address = f"{leader.username}@office.example"
        channel = notify.add_channel(
            session, Medium.EMAIL, address, unit_id=None, locale=application.config.locale, viewer=viewer, now=asked_at
        )
        choice = Choice(WANTED, NIGHT, application.config.locale)
        notify.change_channel(session, channel, choice, viewer=viewer, now=asked_at)
        code = Sending(
            key=f"code.{channel.id}.demo",
            channel_id=channel.id,
            subject="Maplebridge",
            body="",
            state=SendingState.GIVEN_UP.value,
            created_at=asked_at,
            next_at=asked_at,
            attempts=10,
            ended_at=now - timedelta(hours=15),
            trouble=notify.NO_SERVER,
        )
        session.add(code)
