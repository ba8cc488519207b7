"""Postings as a table: what it would change is shown first, then done.

Columns: `kind, username, unit, from_on` and where wanted `to_on, rank, duties` (several set apart by spaces). A line
whose posting stands already changes nothing but its last day, which ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.people import Person, Viewer
from engine.staffing.model import Kind, Posting
from engine.staffing.postings import ROLE, PostingIn, end_posting, faults_of, post_person
from engine.territory import Fault, Unit, day_in, read_table, refusal, units_by_id

COLUMNS = ("kind", "username", "unit", "from_on", "to_on", "rank", "duties")
FIELD = {"person": "username", "unit": "unit", "to_on": "to_on", "from_on": "from_on", "rank": "rank"}


@dataclass(frozen=True, slots=True)
class Line:
    row: int
    said: PostingIn
    person: Person
    unit: Unit


@dataclass(frozen=True, slots=True)
class PostingPlan:
    """`ended` are standing postings that get a last day."""

    added: tuple[Line, ...]
    ended: tuple[tuple[Line, int], ...]
    same: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.ended)


def plan_postings(session: Session, text: str, *, today: date) -> PostingPlan:
    """Changes nothing. Raises Invalid `postings.invalid` with every fault by row and column. Three statements."""
    faults: list[Fault] = []
    lines = read_table(text, COLUMNS, COLUMNS[:4], faults)
    usernames = sorted({cells["username"].lower() for _row, cells in lines})
    people = {each.username: each for each in session.scalars(select(Person).where(Person.username.in_(usernames)))}
    units = units_by_id(session, {cells["unit"] for _row, cells in lines})
    standing = {
        (each.kind, each.person_id, each.unit_id): each
        for each in session.scalars(
            select(Posting).where(Posting.to_on.is_(None), Posting.person_id.in_({p.id for p in people.values()}))
        )
    }
    added: list[Line] = []
    ended: list[tuple[Line, int]] = []
    same = 0
    seen: set[tuple[str, int, str]] = set()
    for row, cells in lines:
        person, unit = people.get(cells["username"].lower()), units.get(cells["unit"])
        said = _said(row, cells, person, faults, today)
        known = standing.get((said.kind, said.person_id, said.unit_id))
        checked = said if known is None else replace(said, from_on=known.from_on, to_on=None)
        for field, words in faults_of(checked, person, unit, today=today).items():
            faults.append(Fault(row, FIELD.get(field, field), words["zh"], words["en"]))
        key = (said.kind, said.person_id, said.unit_id)
        if key in seen:
            faults.append(
                Fault(row, "username", "此人此单位出现两次。", "This person and unit stand in the file twice.")
            )
        seen.add(key)
        if person is None or unit is None:
            continue
        line = Line(row, said, person, unit)
        if known is None:
            added.append(line)
        elif said.to_on is not None:
            if said.to_on < known.from_on:
                faults.append(Fault(row, "to_on", "结束日期早于开始日期。", "It ends before it begins."))
            elif said.kind in ROLE and said.to_on > today:
                faults.append(Fault(row, "to_on", "请填今天或更早的日期。", "It ends today or earlier."))
            ended.append((line, known.id))
        else:
            same += 1
    if faults:
        raise refusal("postings.invalid", faults)
    return PostingPlan(tuple(added), tuple(ended), same)


def import_postings(session: Session, text: str, *, viewer: Viewer | None, now: datetime, today: date) -> PostingPlan:
    """Does what `plan_postings` shows, all or nothing. Call `world.forget_people` after the commit."""
    plan = plan_postings(session, text, today=today)
    for line, posting_id in plan.ended:
        assert line.said.to_on is not None
        end_posting(session, posting_id, to_on=line.said.to_on, why="", viewer=viewer, now=now, today=today)
    for line in plan.added:
        post_person(session, line.said, viewer=viewer, now=now, today=today)
    return plan


def _said(row: int, cells: Mapping[str, str], person: Person | None, faults: list[Fault], today: date) -> PostingIn:
    if not cells["from_on"]:
        faults.append(Fault(row, "from_on", "请填写。", "This is needed."))
    if cells["kind"] not in set(Kind):
        listed = ", ".join(Kind)
        faults.append(Fault(row, "kind", f"须为 {listed}。", f"It must be one of {listed}."))
    return PostingIn(
        cells["kind"],
        0 if person is None else person.id,
        cells["unit"],
        day_in(row, "from_on", cells["from_on"], faults) or today,
        day_in(row, "to_on", cells["to_on"], faults),
        cells["rank"] or None,
        tuple(cells["duties"].split()),
    )
