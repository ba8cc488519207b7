"""Finding cases among those a person may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, select
from sqlalchemy.orm import Session

from engine import search, tasks
from engine.cases import ENDED, Case, is_complex
from engine.deadlines import Deadline, DeadlineState
from engine.people import Viewer
from engine.store import NUMBERS, among
from engine.tasks import visible_cases
from engine.territory import Unit, ancestors, units_by_id

PAGE = 30
LONGEST_SEARCH = search.LONGEST
LAST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: `state` is open, closed or all; `light` is green, yellow or red; `text` is searched for;
    `complex` leaves only what is marked so.

    `before` is the cursor: only cases filed before that id.
    """

    state: str = "open"
    tier: str = ""
    light: str = ""
    text: str = ""
    complex: bool = False
    before: int | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Wanted:
        """From an address; what makes no sense is passed over."""
        before = asked.get("before", "")
        return cls(
            state=asked.get("state", "open") if asked.get("state") in ("open", "closed", "all") else "open",
            tier=asked.get("tier", "")[:32],
            light=asked.get("light", "") if asked.get("light") in ("green", "yellow", "red") else "",
            text=asked.get("q", "").strip()[:LONGEST_SEARCH],
            complex=asked.get("complex") == "1",
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of cases, latest first, each with its running tier clock and its place, highest unit first."""

    rows: Sequence[tuple[Case, Deadline | None, Sequence[Unit]]]
    holders: Mapping[str, Unit]
    next: int | None


def find_cases(session: Session, viewer: Viewer, wanted: Wanted, *, now: datetime, most: int = PAGE) -> Found:
    """A few queries, whatever is asked for. A page may be short although `next` leads further back."""
    if wanted.text:
        return _searched(session, viewer, wanted, now, most)
    if wanted.complex:
        few = select(Case.id).where(*_conditions(wanted, now))
        cases, following = _newest(session, Case.id.in_(few), visible_cases(viewer, one=few), most=most)
    elif tasks.sees_nothing_secret(viewer) and (wanted.state == "closed" or tasks.sees_a_part(viewer)):
        asked = search.Asked("", state=wanted.state, before=wanted.before)
        cases, following = search.newest(session, viewer, asked, where=list(_conditions(wanted, now)), most=most)
    else:  # whoever sees the whole tree needs no set of ids: the newest cases are theirs
        cases, following = _newest(session, visible_cases(viewer), *_conditions(wanted, now), most=most)
    units = units_by_id(session, {unit for case in cases for unit in (*ancestors(case.place_id), case.holder_id)})
    clocks = _clocks(session, cases)
    return Found(
        [
            (case, clocks.get(case.id), [units[u] for u in reversed(ancestors(case.place_id)) if u in units])
            for case in cases
        ],
        units,
        following,
    )


def _newest(session: Session, *where: ColumnElement[bool], most: int) -> tuple[list[Case], int | None]:
    cases = list(session.scalars(select(Case).where(*where).order_by(Case.id.desc()).limit(most + 1)))
    return cases[:most], cases[most - 1].id if len(cases) > most else None


def _searched(session: Session, viewer: Viewer, wanted: Wanted, now: datetime, most: int) -> Found:
    asked = search.Asked(wanted.text, state=wanted.state, before=wanted.before)
    hits = search.find(session, viewer, asked, where=list(_conditions(wanted, now)), most=most)
    clocks = _clocks(session, [hit.case for hit in hits.rows])
    rows = [(hit.case, clocks.get(hit.case.id), hit.place) for hit in hits.rows]
    return Found(rows, hits.holders, hits.next)


def _clocks(session: Session, cases: Sequence[Case]) -> Mapping[int, Deadline]:
    ids = [case.id for case in cases if case.closed_at is None]
    return {clock.case_id: clock for clock in session.scalars(_RUNNING, {"cases": ids})} if ids else {}


CLOCK = and_(
    Deadline.case_id == Case.id,
    Deadline.step == "handle",
    Deadline.visit_seq == Case.visit_seq,
    Deadline.state.in_((DeadlineState.ARMED.value, DeadlineState.PAUSED.value)),
)
"""The tier clock of a case, while there is one."""
_RUNNING = select(Deadline).join(Case, CLOCK).where(among(Case.id, bindparam("cases", type_=NUMBERS)))


def _conditions(wanted: Wanted, now: datetime) -> Iterator[ColumnElement[bool]]:
    ended = Case.state.in_(sorted(ENDED))
    if wanted.state != "all":
        yield ended if wanted.state == "closed" else ~ended
    if wanted.tier:
        yield Case.tier == wanted.tier
    if wanted.light:
        by_light = {
            "red": Deadline.due_at <= now,
            "yellow": and_(Deadline.due_at > now, Deadline.warn_at <= now),
            "green": and_(Deadline.due_at > now, Deadline.warn_at > now),
        }
        running = Deadline.state == DeadlineState.ARMED.value
        yield exists().where(CLOCK, running, by_light[wanted.light]).correlate(Case)
    if wanted.complex:
        yield is_complex()
    if wanted.before is not None or wanted.complex:
        yield Case.id < (wanted.before or LAST_ID)  # SQLite goes into the index of complex cases by a range only
