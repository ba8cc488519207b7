"""Channels on which news is told, for pages that are looked at: one to be confirmed, a group of a unit, one stuck."""

from __future__ import annotations

from engine import notify
from engine.clock import ManualClock
from engine.notify import Medium
from engine.people import viewer_of
from tests.web.district import District


def be_told(district: District, clock: ManualClock) -> None:
    """The lead of a grid adds an address (1) and a group of the grid (2), which does not answer."""
    now = clock.now()
    with district.store.transaction() as session:
        lead = viewer_of(session, district.people["grid"])
        mine = {"unit_id": None, "locale": "zh_CN", "viewer": lead, "now": now}
        notify.add_channel(session, Medium.EMAIL, "lin.xiaodong@office.example", **mine)
        group = notify.add_channel(
            session, Medium.DINGTALK, "0123456789abcdef", **{**mine, "unit_id": "LHQ.MZ.01.01.01"}
        )
        sending = notify.Sending(
            key="test.2",
            channel_id=group.id,
            state=notify.SendingState.GIVEN_UP.value,
            created_at=now,
            next_at=now,
            attempts=10,
            ended_at=now,
            trouble="310000: sign not match, more info at a long address without a space: " + "x" * 80,
        )
        session.add(sending)
