"""Finding cases among those a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from engine.cases import ENDED, Case
from engine.deadlines import Deadline, DeadlineState
from engine.people import Viewer
from engine.tasks import visible_cases
from engine.territory import Unit, ancestors, units_by_id

PAGE = 30
LONGEST_SEARCH = 60
LAST = "\U0010ffff"
"""Sorts after everything a text can go on with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: `state` is open, closed or all; `light` is green, yellow or red; `text` begins a number or
    stands in a title. `before` is the cursor: only cases filed before that id."""

    state: str = "open"
    tier: str = ""
    light: str = ""
    text: str = ""
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
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of cases, latest first, each with its running tier clock and its place, highest unit first."""

    rows: Sequence[tuple[Case, Deadline | None, Sequence[Unit]]]
    holders: Mapping[str, Unit]
    next: int | None


def find_cases(session: Session, viewer: Viewer, wanted: Wanted, *, now: datetime, most: int = PAGE) -> Found:
    """Two queries, whatever is asked for."""
    rows = session.execute(_query(viewer, wanted, now).limit(most + 1)).all()
    following = rows[most - 1][0].id if len(rows) > most else None
    rows = rows[:most]
    ids = {unit for case, _ in rows for unit in (*ancestors(case.place_id), case.holder_id)}
    units = units_by_id(session, ids)
    return Found(
        [(case, clock, [units[u] for u in reversed(ancestors(case.place_id)) if u in units]) for case, clock in rows],
        units,
        following,
    )


def _query(viewer: Viewer, wanted: Wanted, now: datetime) -> Select[Case, Deadline]:
    clock = and_(
        Deadline.case_id == Case.id,
        Deadline.step == "handle",
        Deadline.visit_seq == Case.visit_seq,
        Deadline.state.in_((DeadlineState.ARMED.value, DeadlineState.PAUSED.value)),
    )
    query = select(Case, Deadline).outerjoin(Deadline, clock).where(visible_cases(viewer)).order_by(Case.id.desc())
    ended = Case.state.in_(sorted(ENDED))
    if wanted.state != "all":
        query = query.where(ended if wanted.state == "closed" else ~ended)
    if wanted.tier:
        query = query.where(Case.tier == wanted.tier)
    if wanted.light:
        running = Deadline.state == DeadlineState.ARMED.value
        by_light = {
            "red": Deadline.due_at <= now,
            "yellow": and_(Deadline.due_at > now, Deadline.warn_at <= now),
            "green": and_(Deadline.due_at > now, Deadline.warn_at > now),
        }
        query = query.where(running, by_light[wanted.light])
    if wanted.text:
        if wanted.text.isascii() and any(sign.isdigit() for sign in wanted.text):
            start = wanted.text.upper()
            query = query.where(Case.number >= start, Case.number < start + LAST)
        else:
            query = query.where(Case.title.contains(wanted.text, autoescape=True))
    if wanted.before is not None:
        query = query.where(Case.id < wanted.before)
    return query
