"""Some values are one parameter, whatever their number, and mean the same on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select

from engine.store import NUMBERS, TEXTS, Store, among
from engine.territory import Unit


@pytest.fixture
def units(each_store: Store) -> Store:
    with each_store.transaction() as session:
        for seq, id_ in enumerate(("A", "A.B", "A.C")):
            session.add(Unit(id=id_, parent_id=None, tier="district", seq=seq, name_zh=id_, name_en=id_))
    return each_store


def test_values_parameters_and_queries_are_looked_up(units: Store) -> None:
    later = select(Unit.id).where(among(Unit.id, bindparam("wanted", type_=TEXTS))).order_by(Unit.id)
    numbers = select(Unit.id).where(among(Unit.seq, bindparam("wanted", type_=NUMBERS))).order_by(Unit.id)
    of_query = select(Unit.id).where(among(Unit.id, select(Unit.id).where(Unit.seq > 0))).order_by(Unit.id)
    with units.reading() as session:
        assert session.scalars(select(Unit.id).where(among(Unit.id, ["A.B", "it's"]))).all() == ["A.B"]
        assert session.scalars(select(Unit.id).where(among(Unit.id, []))).all() == []
        assert session.scalars(later, {"wanted": {"A.C", "A"}}).all() == ["A", "A.C"]
        assert session.scalars(numbers, {"wanted": (2,)}).all() == ["A.C"]
        assert session.scalars(of_query).all() == ["A.B", "A.C"]
