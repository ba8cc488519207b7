"""Rows of several tables in one statement, for a page that would otherwise ask once for a handful of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, literal, select, union_all
from sqlalchemy.orm import Session


class Together:
    """Made of (entity with an `id`, condition) pairs, once; asked with what the conditions have bound."""

    def __init__(self, *wanted: tuple[type[Any], ColumnElement[bool]]) -> None:
        entities = [entity for entity, _ in wanted]
        ids = union_all(
            *(
                select(literal(number).label("which"), entity.id.label("id")).where(condition)
                for number, (entity, condition) in enumerate(wanted)
            )
        ).subquery()
        statement = select(*entities).select_from(ids)
        for number, entity in enumerate(entities):
            statement = statement.outerjoin(entity, and_(ids.c.which == number, entity.id == ids.c.id))
        self._statement = statement.order_by(ids.c.which, ids.c.id)
        self._many = len(entities)

    def lists(self, session: Session, **given: Any) -> list[list[Any]]:
        """A list for each entity, in their order; each by id."""
        rows = session.execute(self._statement, given).all()
        return [[row[number] for row in rows if row[number] is not None] for number in range(self._many)]
