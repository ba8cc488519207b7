"""What there is to count: cases received, cases closed, stays that ended, clocks that came due, acts. Each one query.

Everything is told as it was known at an instant (`Ask.as_of`), out of what is only ever added to or never changes once
it has ended: the history, stays that were left, clocks that are over. So a figure asked for an instant in the past
stays what it was, whatever becomes of its cases later. Three things need care for that:

- A case that was given back is no longer closed, and its row forgets that it ever was; the history does not.
- A clock that is stopped or given more time is due later. One whose time had come by the instant asked about cannot be
  moved any more, and all others are not counted yet.
- A case may be sorted into another category; the history tells what it was before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

from engine.cases import RESPONDENT, RISES, Case, Party, Visit
from engine.deadlines import Deadline
from engine.history import ENDS, FIGURED, HistoryEntry
from engine.reports.figures import below
from engine.reports.metric import Ask
from engine.store import Instant

PETITIONS = ("petition", "petition_simple")
PETITION_PROCESSES = ("p_petition", "p_petition_simple")
ACCEPTANCE = ("petition_accept", "simple_accept")
PROACTIVE = ("inspection", "tea_talk", "leader_reception", "return_visit")
"""Channels by which the district goes to people before they come."""
SETTLED = (
    *("agreement_oral", "agreement_written", "fulfilled", "partly_fulfilled", "explained"),
    *("resolved", "answered", "adopted", "substantively_resolved"),
)
"""Results of a matter that was resolved. Withdrawn, merged, passed on, guided elsewhere, not supported are none."""

_text = type_coerce(HistoryEntry.facts, Text)


class Population:
    """The rows that an `Ask` is about. Metrics that share one are counted from one reading of it."""

    def __init__(self, ask: Ask, name: str = "asked") -> None:
        self.ask = ask
        self._name = name

    @cached_property
    def received(self) -> CTE:
        """id, kind, channel, again, settled: what came in, and whether it stands resolved by then."""
        rows = select(
            Case.id,
            Case.kind,
            Case.channel,
            _again().label("again"),
            self.closed_then(Case.id.expression, SETTLED).label("settled"),
        )
        return (
            rows.where(self.ask.period.holds(Case.received_at.expression), Case.received_at <= self.ask.as_of)
            .where(Case.filed_at <= self.ask.as_of, self.wanted())
            .cte(f"received_{self._name}")
        )

    @cached_property
    def closed(self) -> CTE:
        """id, at, kind, category, settled, again: closings of the period that nobody had undone by then."""
        return (
            select(
                HistoryEntry.case_id.label("id"),
                HistoryEntry.at,
                Case.kind,
                Case.category,
                says_one_of(_text, "result", SETTLED).label("settled"),
                _again().label("again"),
            )
            .join(Case, Case.id == HistoryEntry.case_id)
            .where(FIGURED, _is("case.closed"), self._happened())
            .where(~self._given_back(HistoryEntry), self.wanted())
            .cte(f"closed_{self._name}")
        )

    @cached_property
    def left(self) -> CTE:
        """id, case_id, tier, how, entered_at, left_at: stays at a tier that ended."""
        how = case(
            (Visit.left_reason == "closed", "closed"),
            (Visit.left_reason.in_(sorted(RISES)), "up"),
            (Visit.left_reason == "return_down", "back"),
            else_="other",
        )
        return (
            select(Visit.id, Visit.case_id, Visit.tier, how.label("how"), Visit.entered_at, Visit.left_at)
            .join(Case, Case.id == Visit.case_id)
            .where(Visit.left_at.is_not(None), self.ask.period.holds(Visit.left_at.expression))
            .where(Visit.left_at <= self.ask.as_of, self.wanted())
            .cte(f"left_{self._name}")
        )

    @cached_property
    def due(self) -> CTE:
        """id, step, process, in_time: clocks whose time came; of those that lost their object before, nothing.

        A clock that stands still is not due. Whoever answers at the very instant is in time.
        """
        moot = and_(Deadline.state == literal_column("'cancelled'"), Deadline.closed_at < Deadline.due_at)
        in_time = and_(Deadline.state == literal_column("'met'"), Deadline.closed_at <= Deadline.due_at)
        rows = (
            select(Deadline.case_id.label("id"), Deadline.step, Deadline.process, in_time.label("in_time"))
            .join(Case, Case.id == Deadline.case_id)
            .where(Deadline.step.in_(CLOCKS), self.ask.period.holds(Deadline.due_at.expression))
            .where(Deadline.due_at <= self.ask.as_of, self.wanted())
        )
        over = rows.where(Deadline.closed_at.is_not(None), not_(moot))
        not_yet_fired = rows.where(Deadline.state == literal_column("'armed'"))
        return union_all(over, not_yet_fired).cte(f"due_{self._name}")

    def acts(self, *acts: str, says: Sequence[str] = ()) -> Select[Any]:
        """Ids of cases to which one of the acts (of `history.FIGURED`) happened in the period, each once.

        `says` narrows them: the stored facts hold one of these texts.
        """
        rows = (
            select(HistoryEntry.case_id.label("id"))
            .join(Case, Case.id == HistoryEntry.case_id)
            .where(FIGURED, _is(*acts), self._happened(), self.wanted())
            .distinct()
        )
        return rows.where(or_(*(_text.like(f"%{each}%") for each in says))) if says else rows

    def ever(self, *acts: str) -> Select[Any]:
        """Ids of cases to which one of the acts had happened by then, at any time."""
        return select(HistoryEntry.case_id).where(FIGURED, _is(*acts), self._known())

    def came_back(self) -> ColumnElement[bool]:
        """On `closed`: whether its petitioner came again with the same category soon after."""
        closed, later, mine, theirs = self.closed.c, aliased(Case), aliased(Party), aliased(Party)
        return (
            select(literal_column("1"))
            .select_from(mine)
            .join(theirs, and_(theirs.phone == mine.phone, theirs.case_id != mine.case_id))
            .join(later, and_(later.id == theirs.case_id, later.category == closed.category))
            .where(mine.case_id == closed.id, mine.phone.is_not(None), mine.role != RESPONDENT)
            .where(later.received_at > closed.at, later.filed_at <= self.ask.as_of)
            .where(later.received_at <= days_after(closed.at, self.ask.repeat_days))
            .correlate(self.closed)
            .exists()
        )

    def wanted(self) -> ColumnElement[bool]:
        """On `Case`: what the viewer may see of the area, the category and the channel that are asked for.

        The place is wrapped so that no index on it is tempting: the days narrow more, whatever the area.
        """
        place = func.coalesce(Case.place_id.expression, "")
        found = and_(below(place, self.ask.within.unit_id), self.ask.within.seen())
        if self.ask.channel is not None:
            found = and_(found, Case.channel == self.ask.channel)
        if self.ask.category is not None:
            found = and_(found, self._sorted_into(self.ask.category))
        return found

    def closed_then(self, case_id: ColumnElement[Any], results: Collection[str]) -> ColumnElement[bool]:
        """Whether a case was closed by then with one of the results, and not given back."""
        ends = aliased(HistoryEntry)
        return (
            select(ends.case_id)
            .where(ends.case_id == case_id, ENDS, ends.act == literal_column("'case.closed'"))
            .where(ends.at <= self.ask.as_of, ~self._given_back(ends))
            .where(says_one_of(type_coerce(ends.facts, Text), "result", results))
            .exists()
        )

    def _sorted_into(self, category: str) -> ColumnElement[bool]:
        """Whether a case lay in a category then: where it was sorted anew since, what the first such act says."""
        since, other = aliased(HistoryEntry), aliased(HistoryEntry)
        sorted_since = select(since.case_id).where(
            FIGURED, since.act == literal_column("'case.sorted'"), since.at > self.ask.as_of
        )
        earlier = (
            select(other.case_id)
            .where(FIGURED, other.case_id == since.case_id, other.act == literal_column("'case.sorted'"))
            .where(other.at > self.ask.as_of, other.seq < since.seq)
        )
        was = _lies_in(type_coerce(since.facts, Text), category)
        were = sorted_since.where(~earlier.exists(), was)
        now = or_(Case.category == category, Case.category.like(category + ".%"))
        return or_(and_(now, Case.id.not_in(sorted_since)), Case.id.in_(were))

    def _happened(self) -> ColumnElement[bool]:
        return and_(self.ask.period.holds(HistoryEntry.at.expression), self._known())

    def _known(self) -> ColumnElement[bool]:
        return HistoryEntry.at <= self.ask.as_of

    def _given_back(self, closing: Any) -> ColumnElement[bool]:
        """Whether a closing was undone by then."""
        back = aliased(HistoryEntry)
        undone = select(back.case_id).where(
            back.case_id == closing.case_id, ENDS, back.act == literal_column("'case.reopened'")
        )
        return undone.where(back.seq > closing.seq, back.at <= self.ask.as_of).exists()


CLOCKS = (*ACCEPTANCE, "handle", "case_outer", "ack", "contact", "urgent_contact", "supervision_reply")


def _is(*acts: str) -> ColumnElement[bool]:
    """Written out, so that queries meet the partial index."""
    return HistoryEntry.act.in_([literal_column(f"'{act}'") for act in acts])


def says_one_of(facts: ColumnElement[str], key: str, values: Collection[str]) -> ColumnElement[bool]:
    """Whether stored facts hold one of some plain values: they are canonical JSON, the same text on both databases."""
    return or_(*(facts.like(f'%"{key}":"{value}"%') for value in values))


def _again() -> ColumnElement[bool]:
    """Whether it was known when it was filed that the same people had come before."""
    facts = type_coerce(Case.facts, Text)
    none = or_(facts.like('%"repeat_count":0,%'), facts.like('%"repeat_count":0}%'))
    return and_(facts.like('%"repeat_count":%'), not_(none))


def _lies_in(facts: ColumnElement[str], category: str) -> ColumnElement[bool]:
    return or_(facts.like(f'%"from":"{category}"%'), facts.like(f'%"from":"{category}.%'))


class days_after(FunctionElement[Any]):
    """The instant so many days after another one."""

    type = Instant()
    inherit_cache = True

    def __init__(self, at: ColumnElement[Any], days: int) -> None:
        super().__init__(at, literal(days))


@compiles(days_after, "sqlite")
def _on_sqlite(element: days_after, compiler: Any, **given: Any) -> str:
    at, days = (compiler.process(each, **given) for each in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {at}, {days} || ' days')"


@compiles(days_after, "postgresql")
def _on_postgresql(element: days_after, compiler: Any, **given: Any) -> str:
    at, days = (compiler.process(each, **given) for each in element.clauses)
    return f"({at} + make_interval(days => {days}))"
