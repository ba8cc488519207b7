"""Another system that follows the district: what it got, what it refused, and what still waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import outbox
from engine.clock import ManualClock
from engine.deliveries import Courier, Worker
from engine.outward import Answer, Outward
from engine.people import viewer_of
from tests.web.district import SECRET, District
from webhooks import outbound
from webhooks.outbound.keeping import Wanted, make
from webhooks.outbound.kinds import KINDS


class _Out(Outward):
    """Takes one message and answers all others with an error page."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = [Answer(200, "ok", 31), Answer(503, "<h1>Service Unavailable</h1>" + "x" * 300, 87)]

    def send(self, url: str, body: bytes, headers: Mapping[str, str], **_more: Any) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def be_followed(district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        operator = viewer_of(session, district.people["operator"])
        wanted = Wanted("省综治平台", "https://platform.example/hooks/maplebridge/" + "a" * 60, list(KINDS), "LHQ")
        make(session, wanted, SECRET, viewer=operator, now=clock.now())
        for act in ("case.filed", "clock.warned", "case.raised"):
            parcel = outbox.Parcel(1, f"1:1:{act}:", 1, act, {}, clock.now(), 1)
            outbound.post(session, [parcel], public_url="")
    Worker(district.store, clock, Courier(_Out(), clock, root=SECRET), chance=lambda: 0).work()
