"""A district with a mail server, robots, and the courier between them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine import notify, outbox
from engine.clock import ManualClock
from engine.config import NotifyConfig, SmtpConfig
from engine.notify import Medium, Timing
from engine.outward import Outward
from engine.people import viewer_of
from engine.web.told import Words
from tests.engine.notify.mailbox import Mailbox, Robots, mail_server, robots
from tests.web import district as town
from tests.web.district import District

GRID = "LHQ.MZ.01.01.01"
ALL = tuple(kind.value for kind in notify.Kind)


class Post:
    """A district with a mail server, robots, and the courier between them."""

    def __init__(self, district: District, clock: ManualClock, box: Mailbox, there: Robots, words: Words) -> None:
        self.district, self.clock, self.box, self.there, self.words = district, clock, box, there, words
        smtp = SmtpConfig(host="127.0.0.1", port=box.port, security="none", sender="desk@office.example")
        self.config = NotifyConfig(smtp=smtp, dingtalk=there.base, wecom=there.base, feishu=there.base)
        self.courier = self.another()

    def another(self) -> notify.Courier:
        """The courier of another node."""
        here = self.district
        outward = Outward(("127.0.0.1",))
        return notify.Courier(here.store, self.clock, self.config, self.words, robots=outward, webhooks=outward)

    def channel(
        self,
        of: str,
        medium: Medium = Medium.EMAIL,
        to: str | None = None,
        *,
        kinds: tuple[str, ...] = ALL,
        timing: Timing | None = None,
        locale: str = "zh_CN",
    ) -> int:
        """Of a person by name or of a unit by id, confirmed."""
        unit = of if of.isupper() or "." in of else None
        with self.district.store.transaction() as session:
            viewer = viewer_of(session, self.district.people["operator" if unit else of])
            at = to or f"{of.lower()}@office.example"
            made = notify.add_channel(
                session, medium, at, unit_id=unit, locale=locale, viewer=viewer, now=self.clock.now()
            )
            made.confirmed_at = self.clock.now()
            choice = notify.Choice(kinds, timing or Timing(), locale)
            notify.change_channel(session, made, choice, viewer=viewer, now=self.clock.now())
            return made.id

    def happens(self, case_id: int, act: str = "case.told", *, key: str = "", **facts: Any) -> int:
        """An act of a case reaches the notices; gives how many messages it makes."""
        with self.district.store.transaction() as session:
            key = key or f"{case_id}:{act}:{len(session.scalars(select(notify.Notice.id)).all())}"
            return self._post(session, outbox.Parcel(1, key, case_id, act, facts, self.clock.now(), 1))

    def _post(self, session: Any, parcel: outbox.Parcel) -> int:
        world = self.district.world
        notify.post(session, [parcel], tiers=world.tiers)
        return notify.spread(session, [parcel], calendar=world.calendar, now=self.clock.now())

    def mails(self) -> list[tuple[str, str]]:
        """Whatever is due leaves; (to, subject) of all that ever arrived, in order of arrival."""
        self.courier.work()
        return [(mail["To"], mail["Subject"]) for mail in self.box.mails]

    def rows(self, model: Any) -> list[Any]:
        with self.district.store.reading() as session:
            return list(session.scalars(select(model).order_by(model.id)))


@pytest.fixture(scope="session")
def _teller() -> dict[str, Words]:
    """Made once: its templates take longer than most tests."""
    return {}


@pytest.fixture
def post(district: District, clock: ManualClock, _teller: dict[str, Words]) -> Iterator[Post]:
    clock.set(datetime(2026, 3, 3, 2, 0, tzinfo=UTC))  # a Tuesday, ten in the morning
    words = _teller.setdefault("words", Words(district.store, district.world, clock))
    words.stand_on(district.store, district.world, clock)
    with mail_server() as box, robots() as there:
        yield Post(district, clock, box, there, words)


@pytest.fixture
def case_id(district: District, clock: ManualClock) -> int:
    with district.store.transaction() as session:
        return town.add_case(session, title="谢女士家漏水", now=clock.now()).id
