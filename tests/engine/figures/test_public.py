"""What is published about a month gives no small count away, neither by itself nor together with the totals."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import ManualClock
from engine.figures import LEAST, keep_month, keep_months, public_months, total_of, without_small
from engine.store import Store
from tests.web import district as town

COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 12), min_size=1)


def test_counts_that_may_be_told() -> None:
    for counts, told in (
        ({"a": 7, "b": 0, "c": 5}, {"a": 7, "b": 0, "c": 5}),
        ({"a": 2, "b": 9, "c": 6}, {"a": None, "b": 9, "c": None}),
        ({"a": 1, "b": 1, "c": 8, "d": 20}, {"a": None, "b": None, "c": None, "d": 20}),
        ({"a": 3, "b": 4, "c": 8}, {"a": None, "b": None, "c": 8}),
        ({"a": 3}, {"a": None}),
        ({"a": 3, "b": 0}, {"a": None, "b": 0}),
        ({}, {}),
    ):
        assert without_small(counts) == told, counts
    assert (total_of({"a": 3, "b": 1}), total_of({"a": 3, "b": 2}), total_of({})) == (None, 5, 0)


@given(COUNTS)
@settings(max_examples=200, deadline=None)
def test_nothing_hidden_can_be_reckoned_from_what_is_told(counts: dict[str, int]) -> None:
    """Whoever knows the rule, the total and all that is told still finds two values at least for each hidden count."""
    told, total = without_small(counts), total_of(counts)
    assert all(number is None or number == 0 or number >= LEAST for number in told.values())
    hidden = [key for key, number in told.items() if number is None]
    if not hidden or total is None:
        return
    left = total - sum(number for number in told.values() if number is not None)
    possible = [
        values
        for values in product(range(1, left + 1), repeat=min(len(hidden), 4))
        if sum(values) == left or (len(hidden) > 4 and sum(values) < left)
    ]
    for at in range(min(len(hidden), 4)):
        assert len({values[at] for values in possible}) >= 2, (counts, told)


def test_a_month_is_kept_once_as_it_stood_at_its_end(each_store: Store, clock: ManualClock) -> None:
    district = town.settle(each_store, now=clock.now())
    with each_store.transaction() as session:
        for number in range(9):
            place = "LHQ.MZ.01.01.01" if number < 7 else "LHQ.GL.01.01.01"
            town.add_case(session, now=clock.now(), filed=timedelta(days=10 + number), place=place)
        town.add_case(session, now=clock.now(), filed=timedelta(days=10), confidential=True)
    assert keep_months(each_store, district.world, clock) == 1  # February, the month of the first case
    with each_store.reading() as session:
        (kept,) = public_months(session)
        assert kept.month == date(2026, 2, 1)
        received = kept.told["received"]
        assert received["total"] == 9
        assert received["by_place"] == {"LHQ.MZ": None, "LHQ.GL": None, "other": 0}
        assert received["by_category"] == {"neighbour": 9}
        assert kept.told["places"]["LHQ.MZ"] == ["民治街道", "Minzhi Street"]
        before = kept.told
    with each_store.transaction() as session:
        town.add_case(session, now=clock.now(), filed=timedelta(days=10))
        assert keep_month(session, district.world, now=clock.now()) is None
    with each_store.reading() as session:
        assert [each.told for each in public_months(session)] == [before]
