"""Who outside is told of what: thin messages, and nothing about what they must not see."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

import webhooks
from engine import deliveries, notify, outbox, people
from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.deliveries import Delivery
from engine.process import OUTWARD
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District
from webhooks import outbound
from webhooks.outbound.keeping import Wanted, make, pause, remove
from webhooks.outbound.kinds import KINDS, NOT_TOLD

ROOT = "the installation's own secret"
BASE = "https://maple.example"


def follow(
    district: District, clock: ManualClock, unit: str = "LHQ", kinds: Sequence[str] = tuple(KINDS), name: str = "oa"
) -> int:
    with district.store.transaction() as session:
        operator = people.viewer_of(session, district.people["operator"])
        wanted = Wanted(name, f"https://{name}.example/", kinds, unit)
        return make(session, wanted, ROOT, viewer=operator, now=clock.now()).subscription.id


def told(district: District) -> list[dict[str, Any]]:
    with district.store.reading() as session:
        return [json.loads(each.body) for each in session.query(Delivery).order_by(Delivery.id)]


def post(
    district: District, clock: ManualClock, topic: str, facts: dict[str, Any] | None = None, **case: Any
) -> tuple[int, outbox.Parcel]:
    with district.store.transaction() as session:
        made = town.add_case(session, now=clock.now(), **case)
        parcel = outbox.Parcel(1, f"{made.id}:3:{topic}:", made.id, topic, facts or {}, clock.now(), 1)
        return outbound.post(session, [parcel], public_url=BASE), parcel


def test_every_act_that_is_told_outside_is_offered_or_left_out_on_purpose() -> None:
    assert KINDS.keys() | NOT_TOLD >= OUTWARD
    assert not KINDS.keys() & NOT_TOLD


def test_a_message_says_which_case_and_where_it_stands(district: District, clock: ManualClock) -> None:
    follow(district, clock)
    facts = {
        "from": {"tier": "grid", "unit": "LHQ.MZ.01.01.01"},
        "to": {"tier": "zone", "unit": "LHQ.MZ.01.01"},
        "reason": "overdue",
        "visit": 2,
        "words": "王小明说",
    }
    count, parcel = post(district, clock, "case.raised", facts, holder="LHQ.MZ.01.01", title="王小明家漏水")
    assert count == 1
    (event,) = told(district)
    case_id = parcel.case_id
    assert event == {
        "specversion": "1.0",
        "id": event["id"],
        "source": BASE,
        "type": "case.raised",
        "subject": "LHQ-20260302-0001",
        "time": "2026-03-02T01:00:00.000Z",
        "datacontenttype": "application/json",
        "sequence": "3",
        "data": {
            "case": "LHQ-20260302-0001",
            "state": "handling",
            "tier": "zone",
            "unit": "LHQ.MZ.01.01",
            "from": facts["from"],
            "to": facts["to"],
            "reason": "overdue",
            "links": {"page": f"{BASE}/cases/{case_id}", "api": f"{BASE}/api/v1/cases/{case_id}"},
        },
    }
    assert "." not in event["id"]
    with district.store.transaction() as session:
        assert outbound.post(session, [parcel], public_url=BASE) == 0, "a second time is harmless"
        later = outbox.Parcel(1, parcel.key, case_id, parcel.topic, {}, clock.now() + timedelta(days=1), 1)
        assert outbound.post(session, [later], public_url=BASE) == 1, "after a restore it is another event"


def test_old_deliveries_are_forgotten_in_portions_so_that_a_node_that_stops_need_not_wait(
    district: District, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries.keeping, "FORGOTTEN_AT_ONCE", 2)
    follow(district, clock)
    for _ in range(3):
        post(district, clock, "case.raised")
    with district.store.transaction() as session:
        session.execute(update(Delivery).values(state="delivered", done_at=clock.now()))
    clock.advance(timedelta(days=district.config.outbound.keep_days, seconds=1))
    job = next(each for each in outbound.jobs(district.store, district.world, clock) if each.name == "old-deliveries")
    assert job.in_portions
    assert [job.run() for _ in range(3)] == [2, 1, 0]


HOSTILE = "王小明 13800138000 <script>"


@pytest.mark.parametrize("topic", list(KINDS))
def test_no_text_of_a_person_leaves_whatever_the_facts_say(district: District, clock: ManualClock, topic: str) -> None:
    follow(district, clock)
    words = ("from", "to", "reason", "reason_code", "result", "step", "severity", "what", "words", "by")
    post(district, clock, topic, dict.fromkeys(words, HOSTILE) | {"due_at": "2026-03-03T01:00:00+00:00"})
    (event,) = told(district)
    body = json.dumps(event, ensure_ascii=False)
    assert not any(each in body for each in ("王小明", "13800138000", "script", "漏水"))


def test_more_time_is_told_as_the_new_instant(district: District, clock: ManualClock) -> None:
    follow(district, clock)
    post(district, clock, "clock.extended", {"step": "handle", "by": "5wd", "to": "2026-03-09T10:00:00+00:00"})
    assert told(district)[0]["data"]["due_at"] == "2026-03-09T10:00:00Z"


def test_a_subscription_hears_of_its_own_unit_and_kinds_only(district: District, clock: ManualClock) -> None:
    for name, unit, kinds in (
        ("all", "LHQ", ["case.filed", "case.closed"]),
        ("mz", "LHQ.MZ", ["case.filed"]),
        ("gl", "LHQ.GL", ["case.filed"]),
        ("closed", "LHQ.MZ", ["case.closed"]),
    ):
        follow(district, clock, unit, kinds, name)
    assert post(district, clock, "case.filed")[0] == 2
    assert post(district, clock, "case.filed", place="LHQ.GL.01.01.01")[0] == 2
    assert post(district, clock, "case.filed", holder="LHQ")[0] == 2, "its place stays where it was"
    assert post(district, clock, "comment.made")[0] == 0


def test_nobody_hears_of_confidential_cases(district: District, clock: ManualClock) -> None:
    follow(district, clock)
    assert [post(district, clock, topic, confidential=True)[0] for topic in KINDS] == [0] * len(KINDS)


def test_a_unit_complained_about_hears_nothing_and_others_not_who_it_is(district: District, clock: ManualClock) -> None:
    follow(district, clock, "LHQ", name="all")
    follow(district, clock, "LHQ.MZ.01", name="accused")
    follow(district, clock, "LHQ.MZ.01.01", name="below")
    with district.store.transaction() as session:
        case = town.add_case(session, now=clock.now(), holder="LHQ.MZ", walled=True)
        session.add(Party(case_id=case.id, role="respondent", name="社区", type="organisation", unit_id="LHQ.MZ.01"))
        session.flush()
        facts = {"from": {"tier": "community", "unit": "LHQ.MZ.01"}, "to": {"tier": "street", "unit": "LHQ.MZ"}}
        parcel = outbox.Parcel(1, f"{case.id}:1:case.raised:", case.id, "case.raised", facts, clock.now(), 1)
        assert outbound.post(session, [parcel], public_url=BASE) == 1
    (event,) = told(district)
    assert "from" not in event["data"]
    assert event["data"]["unit"] == "LHQ.MZ"


def test_what_happens_while_it_is_paused_is_kept_and_after_its_removal_it_is_not(
    district: District, clock: ManualClock
) -> None:
    id_ = follow(district, clock)
    with district.store.transaction() as session:
        operator = people.viewer_of(session, district.people["operator"])
        pause(session, id_, viewer=operator, now=clock.now())
    assert post(district, clock, "case.filed")[0] == 1
    with district.store.transaction() as session:
        remove(session, id_, viewer=operator, now=clock.now())
        assert session.query(deliveries.Receiver).count() == 0
    assert post(district, clock, "case.filed")[0] == 0


def test_a_case_through_the_product_reaches_the_queue(district: District, clock: ManualClock) -> None:
    follow(district, clock, "LHQ.MZ")
    town.file_case(district, clock)

    def both(session: Any, parcels: Sequence[outbox.Parcel]) -> None:
        outbound.post(session, parcels, public_url=BASE)

    Scheduler(district.store, district.world, clock, name="test", post=both).send_outbox()
    (event,) = (each for each in told(district) if each["type"] == "case.filed")
    with district.store.reading() as session:
        assert session.query(Case).filter_by(number=event["subject"]).count() == 1


def test_many_messages_are_posted_by_as_many_statements_as_one(district: District, clock: ManualClock) -> None:
    follow(district, clock)
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    def statements(count: int) -> int:
        with district.store.transaction() as session:
            units = ("LHQ.MZ.01", "LHQ.MZ") * count
            ids = [town.add_case(session, now=clock.now(), holder=unit).id for unit in units]
            parcels = [outbox.Parcel(1, f"{id_}:1:case.filed:", id_, "case.filed", {}, clock.now(), 1) for id_ in ids]
            event.listen(session.get_bind(), "before_cursor_execute", note)
            asked.clear()
            assert notify.post(session, parcels, tiers=district.world.tiers) == 2 * count
            notify.spread(session, parcels, calendar=district.world.calendar, now=clock.now())
            webhooks.post(session, parcels, district.world)
            event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(asked)

    assert statements(1) == statements(20) < 15
    assert len(told(district)) == 42
