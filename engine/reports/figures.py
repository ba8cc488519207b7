"""The five numbers of the board: what each counts, and the cases behind it. Live, never from yesterday's count.

A number and its list are made from one condition, so that they cannot differ. Each is counted from one partial index
alone (`ix_case_open`, `ix_case_overdue`, `ix_case_closed`, `ix_visit_rose`, `ix_deadline_tier_clock`), however many
cases there are; what a person may not see is taken away by two small sets.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, assert_never

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from engine.cases import RISES, Case, CaseState, Visit, complaints, walled_cases
from engine.deadlines import Deadline, WorkingCalendar, parse_length
from engine.people import Viewer
from engine.store import NUMBERS, Instant, among
from engine.tasks import all_shut_out_of, outside_wall, shut_out_of
from engine.territory import Unit, ancestors, is_top, subtree_bounds, units_by_id

PAGE = 30
FEW = 100
MOST_PRESSING = 6
RISEN_WITHIN = timedelta(days=7)
CLOSED_WITHIN = timedelta(days=30)
SOON = parse_length("1wd")

NOW, SOON_UNTIL, RISEN_SINCE, CLOSED_SINCE = (
    bindparam(name, type_=Instant) for name in ("now", "soon_until", "risen_since", "closed_since")
)

IS_OPEN = Case.closed_at.is_(None)
A_RISE: list[ColumnElement[str]] = [literal_column(f"'{reason}'") for reason in sorted(RISES)]
"""Written out, so that the database sees that its index holds nothing else."""
UNSOLVED = (CaseState.MERGED.value, CaseState.WITHDRAWN.value)
"""Ended, but not by closing. Asked for in this way so that no index on the state is tempting."""


class Figure(enum.StrEnum):
    """In the order of the board: what is wrong first.

    overdue: open, and the limit of the whole case or of the highest tier has passed.
    soon: open, and the limit at the present tier ends within a working day.
    risen: moved up a tier out of the area within seven days, whatever became of it.
    open: not closed, withdrawn or merged.
    in_time: of the cases closed within thirty days, those whose limit had not passed.
    """

    OVERDUE = "overdue"
    SOON = "soon"
    RISEN = "risen"
    OPEN = "open"
    IN_TIME = "in_time"


@dataclass(frozen=True, slots=True)
class Count:
    """How many; of `in_time`, how many of `out_of`."""

    value: int
    out_of: int | None = None

    @property
    def share(self) -> int | None:
        """In thousandths; None when there is nothing to share."""
        return round(1000 * self.value / self.out_of) if self.out_of else None


Row = tuple[Case, Deadline | None, Sequence[Unit]]


@dataclass(frozen=True, slots=True)
class Behind:
    """A page of the cases behind a number: each with its running tier clock and its place, highest unit first."""

    rows: Sequence[Row]
    units: Mapping[str, Unit]
    total: int
    first: int
    """Which of all the first row is, from 1."""


@dataclass(frozen=True, slots=True)
class Within:
    """Whose cases count: those placed in the subtree of a unit that the viewer may see; of None: everybody's.

    Confidential cases are in no figure.
    """

    unit_id: str
    viewer: Viewer | None = None
    walled: tuple[int, ...] | None = None
    """The cases behind the viewer's wall, once they are known to be few: nearly always none. None: not looked up."""
    published: bool = False
    """Whether everybody may read it, those complained about too: then no case about a unit or a handler counts."""

    @classmethod
    def of(cls, session: Session, unit_id: str, viewer: Viewer) -> Within:
        """For several questions: asks once for the wall. One statement."""
        walled = shut_out_of(session, viewer, most=FEW)
        return cls(unit_id, viewer, None if walled is None else tuple(walled))

    def cases(self) -> ColumnElement[bool]:
        return and_(below(Case.place_id.expression, self.unit_id), self.seen())

    def seen(self) -> ColumnElement[bool]:
        """On `Case`, without regard to its place."""
        return and_(Case.confidential.is_(False), self._outside(Case.id.expression))

    def others(self, place: ColumnElement[Any], case_id: ColumnElement[int]) -> ColumnElement[bool]:
        """On a row of another table that names a place and a case."""
        secret = select(Case.id).where(Case.confidential)
        return and_(below(place, self.unit_id), case_id.not_in(secret), self._outside(case_id))

    def told(self, case_id: ColumnElement[int | None]) -> ColumnElement[bool]:
        """On a row of a register: whether it is about no case, or about one that is not behind the viewer's wall."""
        return or_(case_id.is_(None), self._outside(case_id))

    def hidden(self, session: Session) -> frozenset[int]:
        """The cases behind the viewer's wall, for what was kept and is told without them. No statement where few."""
        if self.viewer is None:
            return frozenset()
        return all_shut_out_of(session, self.viewer) if self.walled is None else frozenset(self.walled)

    def _outside(self, case_id: ColumnElement[Any]) -> ColumnElement[bool]:
        if self.published:
            return case_id.not_in(complaints())
        if self.viewer is None or self.walled == ():
            return true()
        return outside_wall(self.viewer, case_id) if self.walled is None else case_id.not_in(self.walled)


def below(column: ColumnElement[Any], unit_id: str) -> ColumnElement[bool]:
    """Whether a column lies in a subtree, as one range: an id goes on with a dot or not at all (`territory`).

    Below the top lies everything: to compare each of very many rows would only take time.
    """
    if is_top(unit_id):
        return true()
    _first, end = subtree_bounds(unit_id)
    return and_(column >= unit_id, column < end)


def count(session: Session, figure: Figure, within: Within, *, calendar: WorkingCalendar, now: datetime) -> Count:
    """One statement over an index."""
    row = session.execute(_number(figure, within), _instants(calendar, now)).one()
    return Count(row[0] - row[1], row[0]) if figure is Figure.IN_TIME else Count(row[0])


def moving(session: Session, within: Within, *, calendar: WorkingCalendar, now: datetime) -> tuple[Count, Count, Count]:
    """What `count` gives for soon, risen and in_time, in one statement."""
    row = session.execute(_moving(within), _instants(calendar, now)).one()
    return Count(row[2]), Count(row[3]), Count(row[0] - row[1], row[0])


def behind(
    session: Session, figure: Figure, within: Within, *, calendar: WorkingCalendar, now: datetime, page: int = 1
) -> Behind:
    """The cases behind a number, the most pressing first. Four statements."""
    instants = _instants(calendar, now)
    total = session.execute(_number(figure, within), instants).one()[0]
    first = PAGE * (max(page, 1) - 1)
    listed = _ordered(figure, _ids(figure, within)).limit(PAGE).offset(first)
    rows, units = placed(session, session.scalars(listed, instants).all())
    return Behind(rows, units, total, first + 1)


def pressing(session: Session, within: Within, *, calendar: WorkingCalendar, now: datetime) -> Behind:
    """The few cases that press most: what is overdue, the oldest first, then what is due soon. Three statements.

    `total` counts only these.
    """
    found = session.execute(_pressing(within), _instants(calendar, now)).all()
    wanted = [row[0] for row in sorted(found, key=lambda row: (row[2], row[1], row[0]))]
    chosen = list(dict.fromkeys(wanted))[:MOST_PRESSING]
    rows, units = placed(session, chosen)
    return Behind(rows, units, len(chosen), 1)


def with_a_wall(
    session: Session, figure: Figure, *, calendar: WorkingCalendar, now: datetime
) -> Sequence[tuple[int, str, bool]]:
    """Of the cases behind a number anywhere, those that somebody is shut out of: id, place, whether it stands above the
    line. One statement; a case that rose twice may stand there twice."""
    ids = _ids(figure, Within(""))
    (case_id,) = ids.selected_columns
    place = {Figure.SOON: Deadline.place_id, Figure.RISEN: Visit.from_unit_id}.get(figure, Case.place_id)
    above = Case.overdue_at.is_(None) if figure is Figure.IN_TIME else true()
    named = ids.group_by(None).add_columns(place, above).where(case_id.in_(walled_cases()))
    return [(id_, where, bool(counts)) for id_, where, counts in session.execute(named, _instants(calendar, now))]


def soon_until(calendar: WorkingCalendar, now: datetime) -> datetime:
    return calendar.due(now, SOON, provisional=True).at


def _instants(calendar: WorkingCalendar, now: datetime) -> dict[str, datetime]:
    """What the statements below leave open: they are put into words once per area and viewer."""
    return {
        NOW.key: now,
        SOON_UNTIL.key: soon_until(calendar, now),
        RISEN_SINCE.key: now - RISEN_WITHIN,
        CLOSED_SINCE.key: now - CLOSED_WITHIN,
    }


@lru_cache(maxsize=512)
def _number(figure: Figure, within: Within) -> Select[*tuple[int, ...]]:
    ids = _ids(figure, within)
    if figure is Figure.IN_TIME:
        return ids.with_only_columns(func.count(), func.count(Case.overdue_at))
    if figure is Figure.RISEN:  # sorting the ids to count each once is quicker than grouping by them
        return ids.group_by(None).with_only_columns(func.count(Visit.case_id.distinct()))
    return select(func.count()).select_from(ids.subquery())


@lru_cache(maxsize=512)
def _moving(within: Within) -> Select[Any]:
    others = (_number(figure, within).scalar_subquery() for figure in (Figure.SOON, Figure.RISEN))
    return _number(Figure.IN_TIME, within).add_columns(*others)


@lru_cache(maxsize=512)
def _pressing(within: Within) -> CompoundSelect[Any]:
    few = []
    for rank, (figure, since) in enumerate(((Figure.OVERDUE, Case.overdue_at), (Figure.SOON, Deadline.due_at))):
        first = _ordered(figure, _ids(figure, within)).limit(MOST_PRESSING)
        few.append(select(first.add_columns(since.label("at"), literal(rank).label("rank")).subquery()))
    return union_all(*few)


def _ids(figure: Figure, within: Within) -> Select[int]:
    """The ids of the cases behind a number, each once."""
    match figure:
        case Figure.OVERDUE:
            return select(Case.id).where(IS_OPEN, Case.overdue_at.is_not(None), within.cases())
        case Figure.SOON:
            return (
                select(Deadline.case_id)
                .where(Deadline.state == literal_column("'armed'"), Deadline.step == literal_column("'handle'"))
                .where(Deadline.due_at > NOW, Deadline.due_at <= SOON_UNTIL)
                .where(within.others(Deadline.place_id.expression, Deadline.case_id.expression))
            )
        case Figure.RISEN:
            return (
                select(Visit.case_id)
                .where(Visit.seq > literal_column("1"), Visit.reason.in_(A_RISE))
                .where(Visit.entered_at >= RISEN_SINCE, Visit.entered_at <= NOW)
                .where(within.others(Visit.from_unit_id.expression, Visit.case_id.expression))
                .group_by(Visit.case_id)
            )
        case Figure.OPEN:
            return select(Case.id).where(IS_OPEN, within.cases())
        case Figure.IN_TIME:
            return (
                select(Case.id)
                .where(Case.closed_at >= CLOSED_SINCE, Case.closed_at <= NOW)
                .where(Case.state.not_in(UNSOLVED), within.cases())
            )
    assert_never(figure)


def _ordered(figure: Figure, ids: Select[int]) -> Select[int]:
    match figure:
        case Figure.OVERDUE:
            return ids.order_by(Case.overdue_at, Case.id)
        case Figure.SOON:
            return ids.order_by(Deadline.due_at, Deadline.case_id)
        case Figure.RISEN:
            return ids.order_by(func.max(Visit.entered_at).desc(), Visit.case_id)
        case Figure.OPEN:
            return ids.order_by(Case.id)
        case Figure.IN_TIME:
            return ids.order_by(Case.overdue_at.is_(None), Case.closed_at.desc(), Case.id)
    assert_never(figure)


def placed(session: Session, wanted: Sequence[int]) -> tuple[Sequence[Row], Mapping[str, Unit]]:
    """Cases in the order of their ids here, with their tier clocks and places. Two statements."""
    found: dict[int, tuple[Case, Deadline | None]] = {
        case.id: (case, deadline) for case, deadline in session.execute(_WITH_CLOCK, {"cases": wanted})
    }
    rows = [found[each] for each in wanted if each in found]
    units = units_by_id(session, {u for case, _ in rows for u in (*ancestors(case.place_id), case.holder_id)})
    found_places: list[Row] = [
        (case, tier, [units[u] for u in reversed(ancestors(case.place_id)) if u in units]) for case, tier in rows
    ]
    return found_places, units


_CLOCK = and_(Deadline.case_id == Case.id, Deadline.state.in_(("armed", "paused")), Deadline.step == "handle")
_WITH_CLOCK = (
    select(Case, Deadline).outerjoin(Deadline, _CLOCK).where(among(Case.id, bindparam("cases", type_=NUMBERS)))
)
