"""Models made from the engine's own values: of what is told from rows and columns, of what is asked from signatures."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, create_model
from pydantic.fields import FieldInfo
from sqlalchemy.orm import Session

from engine import tasks
from engine.web.api.asked import Body, Query
from engine.web.api.told import Told
from engine.web.context import viewer
from engine.web.numbers import LARGEST, MOST_PAGES

Verb = Callable[..., Any]
PARAMETER = re.compile(r"<(?:(?P<kind>int|string\([^)]*\)|path):)?(?P<name>\w+)>")
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = 20_000


def _sane(at: datetime) -> datetime:
    if not FIRST <= at < LAST:
        raise ValueError("must lie between 1970 and 2200")
    return at


def _sane_day(on: date) -> date:
    if not FIRST.date() <= on < LAST.date():
        raise ValueError("must lie between 1970 and 2200")
    return on


Moment = Annotated[AwareDatetime, AfterValidator(_sane)]
Day = Annotated[date, AfterValidator(_sane_day)]
Whole = Annotated[int, Field(ge=0, le=LARGEST)]
Text = Annotated[str, Field(max_length=LONGEST)]
BOUNDED: Mapping[Any, Any] = {datetime: Moment, date: Day, int: Whole, str: Text}
"""What the engine's own values are taken as: no larger than a column holds, no day outside the calendar."""
Cursor = Annotated[str, Field(pattern=r"^[0-9]{0,9}$", description="`next` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=100)]


class FromJson(Body):
    """Read as JSON, where a day is a text and a list may become a tuple, and all else keeps its type."""

    @classmethod
    def model_validate(cls, obj: Any, **_named: Any) -> Self:
        return cls.model_validate_json(json.dumps(obj))


# --- what is told ----------------------------------------------------------------------------------------------------


def row(name: str, table: type[Any], columns: str, says: str = "", /, **more: Any) -> type[Told]:
    """A model of some columns of a table, in that order, and what it tells besides: `more` maps names to types.

    `case:case_id` tells the number of that case, or null where the viewer does not see it.
    """
    hints = {**_hints(table)}
    told_fields: dict[str, Any] = {}
    cases: dict[str, str] = {}
    for column in columns.split():
        field, _colon, of = column.partition(":")
        if of:
            cases[field], told_fields[field] = of, (str | None, Field(description="The case's number, if you see it."))
        else:
            told_fields[field] = (hints[field], ...)
    told_fields |= {field: (kind, ...) for field, kind in more.items()}
    made: type[Told] = create_model(name, __base__=Told, __doc__=says or None, **told_fields)
    CASES[made] = cases
    return made


CASES: dict[type[BaseModel], Mapping[str, str]] = {}
"""Model → which of its fields is the number of a case, and the column with the case's id."""


def told(session: Session, model: type[BaseModel], rows: Iterable[Any], **more: Any) -> list[Any]:
    """Rows, mappings, or models that are told already, each with `more`. One statement for the cases of all."""
    rows = list(rows)
    cases = CASES.get(model, {})
    raw = [each for each in rows if not isinstance(each, model)]
    wanted = [value for each in raw for column in cases.values() if (value := _of(each, column)) is not None]
    seen = tasks.seen_cases(session, viewer(), wanted) if wanted else {}
    return [
        each if isinstance(each, model) else model.model_validate(_told_of(model, each, seen, more)) for each in rows
    ]


def _told_of(model: type[BaseModel], row: Any, seen: Mapping[int, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    cases = CASES.get(model, {})
    said = {name: more[name] if name in more else _of(row, name) for name in model.model_fields if name not in cases}
    for name, column in cases.items():
        case = seen.get(_of(row, column) or 0)
        said[name] = None if case is None else case.number
    return said


def _of(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name)


def _hints(table: type[Any]) -> dict[str, Any]:
    found = get_type_hints(table)
    return (
        {name: get_args(kind)[0] if get_args(kind) else kind for name, kind in found.items()}
        if not is_dataclass(table)
        else found
    )


def page_of_rows(cursor: str, size: int, rows_of: Callable[[int], Sequence[Any]]) -> tuple[Sequence[Any], int | None]:
    """The rows of a list that is asked for by the number of its page, one more than it shows; and the next number."""
    page = int(cursor or 1)
    rows = rows_of(max(page, 1)) if page <= MOST_PAGES else ()
    return rows[:size], page + 1 if len(rows) > size else None


@cache
def page_of(model: type[BaseModel]) -> type[BaseModel]:
    following = (str | None, Field(description="`cursor` of the following page; null on the last one."))
    name = f"{model.__name__}Page"
    return create_model(name, __base__=Told, items=(list[model], ...), next=following)  # type: ignore[valid-type, arg-type]


# --- what is asked ---------------------------------------------------------------------------------------------------


def models_of(
    verb: Verb, id: str, address: str, base: type[BaseModel]
) -> tuple[type[BaseModel] | None, type[BaseModel] | None]:
    """The models of the address and of the keywords; None where there are none."""
    hints = get_type_hints(verb, include_extras=True)
    named = f"{id[0].upper()}{id[1:]}"
    places: dict[str, Any] = {
        found["name"]: (int if found["kind"] == "int" else str, ...) for found in PARAMETER.finditer(address)
    }
    _session, *arguments = inspect.signature(verb).parameters.values()
    if [each.name for each in arguments if each.kind is not each.KEYWORD_ONLY] != list(places):
        raise TypeError(f"The arguments of {id} are not those of its address.")
    path = create_model(f"{named}Path", **places) if places else None
    words: dict[str, Any] = {}
    for each in arguments:
        if each.kind is not each.KEYWORD_ONLY:
            continue
        if each.name == GIVEN:
            words |= _fields_of(hints[each.name])
        else:
            words[each.name] = (_bounded(hints[each.name]), ... if each.default is each.empty else each.default)
    if not words:
        return path, None
    made = create_model(f"{named}{'Query' if base is Query else 'Body'}", __base__=base, **words)
    if GIVEN in hints:
        MADE_OF[made] = hints[GIVEN]
    return path, made


GIVEN = "given"
MADE_OF: dict[type[BaseModel], type[Any]] = {}
"""Model of a body → the dataclass that its fields make."""


def _fields_of(made: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(made, include_extras=True)
    found: dict[str, Any] = {}
    for each in fields(made):
        default: Any = ...
        if each.default is not MISSING:
            default = each.default
        elif each.default_factory is not MISSING:
            default = FieldInfo(default_factory=each.default_factory)
        found[each.name] = (_bounded(hints[each.name]), default)
    return found


def _bounded(kind: Any) -> Any:
    """The same type, with bounds on its texts, numbers, instants and days."""
    if kind in BOUNDED:
        return BOUNDED[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return Union[tuple(_bounded(each) for each in inner)]  # noqa: UP007 - made while running
    if origin in COLLECTIONS:
        bounded = tuple(each if each is Ellipsis else _bounded(each) for each in inner)
        return Annotated[(list if origin is Collection else origin)[bounded], Field(max_length=MOST)]
    return kind


COLLECTIONS = (Collection, list, tuple, set, frozenset, dict, Sequence, Mapping)
MOST = 1000


def values_of(path: BaseModel | None) -> tuple[Any, ...]:
    return () if path is None else tuple(value for _name, value in path)


def keywords_of(sent: BaseModel | None) -> dict[str, Any]:
    if sent is None:
        return {}
    words = dict(sent)
    made = MADE_OF.get(type(sent))
    if made is None:
        return words
    own = {each.name for each in fields(made)}
    rest = {name: value for name, value in words.items() if name not in own}
    return {**rest, GIVEN: made(**{name: value for name, value in words.items() if name in own})}
