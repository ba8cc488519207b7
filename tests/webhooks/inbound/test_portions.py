"""What was accepted is settled in portions: new, newer, known otherwise and refused side by side, once each."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, text, update

from engine.cases import Case, parties_of
from engine.clock import ManualClock
from engine.store import table_of
from tests.web import district as town
from tests.web.district import District
from tests.webhooks.inbound.sender import Sender, order
from webhooks.inbound import Delivery, Matter, State

Settle = Callable[[], int]


def states(district: District) -> list[str]:
    with district.store.reading() as session:
        return list(session.scalars(select(Delivery.state).order_by(Delivery.id)))


def test_a_portion_holds_whatever_comes_together(
    sender: Sender, connected: District, settle: Settle, clock: ManualClock
) -> None:
    with connected.store.transaction() as session:
        typed = town.add_case(session, now=clock.now(), number="LHQ-20260302-9001", external_no="SZ-typed").id
    for body in (
        order(no="SZ-1", revision=1),
        order(no="SZ-1", revision=3, title="第三版"),
        order(no="SZ-1", revision=2, title="第二版"),
        order(no="SZ-2"),
        order(no="SZ-typed", title="另一路已录入"),
        order(no="SZ-unread"),
    ):
        assert sender.hotline(body).status_code == 202
    with connected.store.transaction() as session:  # as if the rules had become others since it came
        unread = update(Delivery).where(Delivery.external_no == "SZ-unread")
        session.execute(unread.values(body=b'{"order": {}}'))
    assert settle() == 6
    assert states(connected) == [
        State.FILED,
        State.UPDATED,
        State.OLDER,
        State.FILED,
        State.FILED,
        State.REFUSED,
    ]
    with connected.store.reading() as session:
        cases = {case.external_no: case for case in session.scalars(select(Case))}
        assert (cases["SZ-1"].title, cases["SZ-typed"].id) == ("第三版", typed)
        assert "SZ-unread" not in cases
        first = session.get_one(Matter, ("hotline", "SZ-1"))
        assert first.party_ids == [party.id for party in parties_of(session, cases["SZ-1"].id)]
        refused = session.scalars(select(Delivery).where(Delivery.state == State.REFUSED)).one()
        assert refused.faults is not None
        assert refused.faults[0]["path"] == "/order/no"
        assert refused.body is not None


def test_what_brings_a_portion_to_fall_is_put_off_alone(
    sender: Sender, connected: District, settle: Settle, clock: ManualClock
) -> None:
    with connected.store.transaction() as session:
        table = table_of(Case).name
        session.execute(
            text(
                f"CREATE TRIGGER no_room BEFORE INSERT ON \"{table}\" WHEN NEW.external_no = 'SZ-2' "
                "BEGIN SELECT RAISE(ABORT, 'no room for it'); END"
            )
        )
    for number in (1, 2, 3):
        sender.hotline(order(no=f"SZ-{number}"))
    assert settle() == 3
    assert states(connected) == [State.FILED, State.WAITING, State.FILED]
    with connected.store.transaction() as session:
        waits = session.scalars(select(Delivery).where(Delivery.state == State.WAITING)).one()
        assert (waits.attempts, waits.code, waits.next_at > clock.now()) == (1, "IntegrityError", True)
        session.execute(text("DROP TRIGGER no_room"))
        clock.set(waits.next_at)
    assert settle() == 1
    assert states(connected) == [State.FILED] * 3
