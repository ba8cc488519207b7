"""Messages to a running case find it by either number, and wait until it waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import process
from engine.cases import Case, CaseState
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.people import viewer_of
from tests.web import district as town
from tests.web.district import District
from tests.webhooks.inbound.sender import PAYLOADS, Sender, order
from webhooks.inbound import Delivery, State, wake

Settle = Callable[[], int]
NO = "SZ12345-20260302-00817"


def said(no: str = NO, **more: Any) -> dict[str, Any]:
    return {"order": {"no": no, "supplement": "来电人补充了录音。", **more}}


def material(sender: Sender, *, id: str = "m-1", **more: Any) -> Any:
    return sender.hotline(said(**more), id=id, to="hotline/messages/m_material")


def the_case(district: District) -> Case:
    with district.store.reading() as session:
        return session.scalars(select(Case).order_by(Case.id)).one()


def acts(district: District) -> list[str]:
    with district.store.reading() as session:
        return list(session.scalars(select(HistoryEntry.act).order_by(HistoryEntry.case_id, HistoryEntry.seq)))


def message_row(district: District) -> Delivery:
    with district.store.reading() as session:
        return session.scalars(select(Delivery).where(Delivery.message.is_not(None))).one()


@pytest.fixture
def filed(sender: Sender, connected: District, settle: Settle) -> Case:
    sender.hotline(order())
    settle()
    return the_case(connected)


def test_what_arrives_is_noted_at_once_and_counts_once(
    sender: Sender, connected: District, filed: Case, settle: Settle, clock: ManualClock
) -> None:
    for _ in range(3):
        answer = material(sender)
        assert (answer.status_code, answer.json["number"]) == (202, filed.number)
    for _ in range(4):
        clock.advance(timedelta(minutes=11))
        settle()
    assert acts(connected).count("material.supplied") == 1
    row = message_row(connected)
    assert (row.state, row.code) == (State.WAITING, "message.not_awaited")


def test_a_matter_is_withdrawn_by_its_source(sender: Sender, connected: District, filed: Case) -> None:
    answer = sender.hotline(said(reason="来电人说已解决"), to="hotline/messages/m_withdraw")
    assert (answer.status_code, answer.json["state"]) == (200, "delivered"), answer.text
    assert the_case(connected).state == CaseState.WITHDRAWN
    assert message_row(connected).body is None
    with connected.store.reading() as session:
        arrived = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "message.arrived")).one()
    assert arrived.facts["reason"] == "来电人说已解决"


def test_a_message_that_overtakes_its_report_waits_for_it(
    sender: Sender, connected: District, settle: Settle, clock: ManualClock
) -> None:
    early = sender.hotline(said(), id="m-1", to="hotline/messages/m_withdraw")
    assert (early.status_code, early.json["number"]) == (202, None)
    sender.hotline(order())
    clock.advance(timedelta(seconds=30))
    settle()
    assert the_case(connected).state == CaseState.WITHDRAWN


def test_a_case_that_begins_to_wait_takes_what_was_kept(
    sender: Sender, connected: District, filed: Case, settle: Settle, clock: ManualClock
) -> None:
    """Whatever happens to the case has its messages tried anew, long before their turn."""
    material(sender)
    wait_for_the_petitioner(connected, clock, filed)
    assert the_case(connected).state == CaseState.WAITING_PETITIONER
    assert settle() == 0, "its turn is later"
    with connected.store.transaction() as session:
        wake(session, [filed.id], now=clock.now())
    settle()
    assert message_row(connected).state == State.DELIVERED
    assert the_case(connected).state == CaseState.HANDLING
    assert acts(connected).count("material.supplied") == 1


def wait_for_the_petitioner(district: District, clock: ManualClock, case: Case) -> None:
    contacted = {"contacted_at": clock.now().isoformat(), "method": "phone", "reached": "yes", "summary": "已联系"}
    happened = {"action_type": "call", "happened_at": clock.now().isoformat(), "findings": "等录音", "outcome": "wait"}
    for answers in ({"action": "sign"}, contacted, happened):
        task = town.open_task(district, case.id)
        with district.store.transaction() as session:
            viewer = viewer_of(session, district.people["grid"], now=clock.now())
            process.complete_task(session, district.world, task.id, answers, viewer=viewer, now=clock.now())


def test_what_no_case_ever_waits_for_expires_in_sight(
    sender: Sender, connected: District, filed: Case, settle: Settle, clock: ManualClock
) -> None:
    material(sender)
    clock.advance(timedelta(days=15))
    settle()
    row = message_row(connected)
    assert (row.state, row.case_id) == (State.EXPIRED, filed.id)
    assert row.body is not None


def test_only_declared_messages_and_own_cases(
    sender: Sender, connected: District, filed: Case, settle: Settle, clock: ManualClock
) -> None:
    assert sender.hotline(said(), to="hotline/messages/m_merge").status_code == 404
    assert sender.hotline(said(), to="hotline/messages/m_severity_jump").status_code == 404
    terminal = (PAYLOADS / "terminal.form").read_bytes().strip()
    sender.terminal(terminal)
    foreign = sender.hotline(said(no="T:T07-000413"), id="x", to="hotline/messages/m_withdraw")
    nobody = sender.hotline(said(no="never heard of"), id="y", to="hotline/messages/m_withdraw")
    assert foreign.json["number"] is nobody.json["number"] is None
    assert foreign.status_code == nobody.status_code == 202
    settle()
    with connected.store.reading() as session:
        assert set(session.scalars(select(Case.state))) & {CaseState.WITHDRAWN} == set()


def test_a_message_without_its_words_is_refused(sender: Sender, filed: Case) -> None:
    answer = sender.hotline({"order": {"no": NO}}, to="hotline/messages/m_material")
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == ["/order/supplement"]
