"""Whether a column is one of some values, as one parameter whatever their number.

An `IN` with a parameter for each value is a text of its own for every length: the library writes it anew, the driver
reads it anew and the database plans it anew each time. This one is written, read and planned once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Boolean, Dialect, Integer, SelectBase, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Listed(TypeDecorator[Iterable[Any]]):
    """Several values as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.of) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        listed = list(value or ())
        return listed if dialect.name == "postgresql" else json.dumps(listed)


NUMBERS, TEXTS = Listed(Integer()), Listed(Text())


class among(FunctionElement[bool]):
    """`values` are the values themselves, or a parameter of type `NUMBERS` or `TEXTS` that is given later.

    They may be a query as well: of no great many, each looked up in an index of the column. PostgreSQL reckons with
    more of them than there are, and would rather read all of a small index.
    """

    name = "among"
    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, values: BindParameter[Any] | SelectBase | Iterable[Any]) -> None:
        if isinstance(values, SelectBase):
            values = values.scalar_subquery()
        elif not isinstance(values, BindParameter):
            values = listed(values, NUMBERS if isinstance(column.type, Integer) else TEXTS)
        super().__init__(column, values)

    def self_group(self, against: Any = None) -> Any:
        """A condition already: SQLite would be asked whether it equals 1, and then no index would do."""
        return self


def listed(values: Iterable[Any], kind: Listed = NUMBERS) -> BindParameter[Any]:
    """The values as a parameter, for conditions that name them more than once."""
    return bindparam("listed", list(values), type_=kind, unique=True)


@compiles(among, "postgresql")
def _in_array(element: Any, compiler: Any, **given: Any) -> str:
    column, values = (compiler.process(each, **given) for each in element.clauses)
    return f"{column} = ANY ({values})" if _are_given(element) else f"{column} = ANY (ARRAY {values})"


@compiles(among, "sqlite")
def _in_json(element: Any, compiler: Any, **given: Any) -> str:
    column, values = (compiler.process(each, **given) for each in element.clauses)
    if not _are_given(element):
        return f"{column} IN {values}"
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - the library's own words


def _are_given(element: Any) -> bool:
    return isinstance([*element.clauses][1], BindParameter)
