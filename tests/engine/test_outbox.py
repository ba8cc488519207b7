"""What must leave, and what keeps all of it back."""

from datetime import timedelta

from engine import outbox
from engine.clock import ManualClock
from engine.outbox import OutboxEntry
from engine.store import Store
from tests.web import district as town


def test_while_it_is_held_nothing_is_claimed_and_then_all_of_it_once(store: Store, clock: ManualClock) -> None:
    district = town.settle(store, now=clock.now())
    town.file_case(district, clock)
    with store.transaction() as session:
        assert outbox.held(session) is None
        outbox.hold(session, "put back from monday.zip", now=clock.now())
        clock.advance(timedelta(hours=1))
        outbox.hold(session, "a second reason", now=clock.now())
    with store.transaction() as session:
        assert outbox.claim(session, now=clock.now(), most=10) == []
        held = outbox.held(session)
        assert held is not None
        assert (held.why, clock.now() - held.since) == ("put back from monday.zip", timedelta(hours=1))
        assert outbox.let_go(session)
        assert not outbox.let_go(session)
    with store.transaction() as session:
        keys = [parcel.key for parcel in outbox.claim(session, now=clock.now(), most=10)]
        assert len(keys) == len(set(keys)) == session.query(OutboxEntry).count() > 0
        assert outbox.claim(session, now=clock.now(), most=10) == []
