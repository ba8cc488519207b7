"""Whom a matter may be handled together with: units and people of its community, those who come to mind first.

From the tier above the community on, member units of the joint conference as well: below it they are asked for by
asking the tier above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import cast

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine import staffing
from engine.cases import Case, Wall
from engine.people import WORKING, Membership, Person
from engine.tasks.fields import Choice, Words
from engine.tasks.model import Task, TaskState
from engine.territory import OFFICE, Tiers, Unit, is_office, name_in_zone, within

RECENT = Words("最近邀请过", "Invited lately")
NEAR = Words("就近单位", "Next to it")
PEOPLE = Words("点名邀请", "People by name")
OTHERS = Words("本社区其他单位", "Other units of the community")
MEMBERS = Words("信联成员单位", "Member units")

PERSON = "#"
"""Between unit and person in the value of a choice: `LHQ.MZ.01#17` asks person 17 in that unit."""
ROUNDS = 5
"""So many of the unit's last invitations are looked at."""
MOST_RECENT = 6


def split_invitee(value: str) -> tuple[str, int | None]:
    """(unit, person or None for everybody who may answer there)."""
    unit, mark, person = value.partition(PERSON)
    return (unit, int(person)) if mark and person.isdecimal() else (value, None)


def invitees(
    session: Session, task: Task, case: Case, tiers: Tiers, wall: Wall, *, on: date | None = None
) -> list[Choice]:
    """Each choice once, under the first heading that fits; without the asking unit and without anybody walled off.

    `on` is the day on which a member unit must have its officer; left out where nobody is to be chosen now.
    """
    units, staff = _community(session, task, case, tiers, wall)
    near = _near(task, case, units)
    known = {unit.id: Choice(unit.id, _label(unit, units, tiers), heading=OTHERS) for unit in units.values()}
    every = {unit: replace(known[unit], heading=NEAR) for unit in near}
    every |= {unit: choice for unit, choice in known.items() if unit not in every}
    every |= {
        choice.value: choice
        for unit in near
        for choice in map(_by_name(unit, known[unit].label), staff.get(unit, {}).values())
    }
    if on is not None and asks_members(task.unit_id, tiers):
        every |= {choice.value: choice for choice in _members(session, task, case, wall, on)}
    for value in _lately(session, task, every):
        every[value] = replace(every[value], heading=RECENT)
    order = {heading: place for place, heading in enumerate((RECENT, NEAR, PEOPLE, MEMBERS, OTHERS))}
    return sorted(every.values(), key=lambda choice: order[choice.heading or OTHERS])


def asks_members(unit_id: str, tiers: Tiers) -> bool:
    """Whether a unit asks departments in by itself: an office, or a place above the community. Pure."""
    if is_office(unit_id) or "community" not in tiers.names:
        return True
    return tiers.index(tiers.tier_of(unit_id)) > tiers.index("community")


def _members(session: Session, task: Task, case: Case, wall: Wall, on: date) -> list[Choice]:
    """The officers of the member units of the place and all above it, each with what the unit answers for."""
    found = []
    for each in staffing.member_units(session, [case.place_id], on=on):
        officer, unit = each.officer, each.unit
        if officer is None or officer.id in wall.people or wall.shuts_out(unit.id) or unit.id == task.unit_id:
            continue
        zh = "，".join(part for part in (officer.name_zh, each.row.duty) if part)
        en = ", ".join(part for part in (officer.name_en, each.row.duty) if part)
        label = Words(f"{unit.name_zh}（{zh}）", f"{unit.name_en} ({en})")
        found.append(Choice(f"{unit.id}{PERSON}{officer.id}", label, heading=MEMBERS))
    return found


def _community(
    session: Session, task: Task, case: Case, tiers: Tiers, wall: Wall
) -> tuple[dict[str, Unit], dict[str, dict[int, Person]]]:
    """Units by id, and who works in each, read together.

    The lowest tier is too many to choose from; of it, only the place itself and its neighbours under one unit.
    """
    community = tiers.unit_at(case.place_id, "community") if "community" in tiers.names else case.place_id
    beside = case.place_id.rpartition(".")[0] if tiers.tier_of(case.place_id) == tiers.lowest else case.place_id
    works = and_(Membership.unit_id == Unit.id, Membership.role.in_(sorted(WORKING)))
    rows = session.execute(
        select(Unit, Person)
        .outerjoin(Membership, works)
        .outerjoin(Person, and_(Person.id == Membership.person_id, Person.active))
        .where(
            within(Unit.id.expression, (community,)),
            Unit.valid_to.is_(None),
            Unit.tier != OFFICE,
            Unit.id != task.unit_id,
            or_(Unit.tier != tiers.lowest, Unit.parent_id == beside),
        )
        .order_by(Unit.id, Person.id)
    ).all()
    units: dict[str, Unit] = {}
    staff: dict[str, dict[int, Person]] = {}
    for unit, found in rows:
        person = cast("Person | None", found)  # a unit in which nobody works
        if wall.shuts_out(unit.id):
            continue
        units[unit.id] = unit
        if person is not None and person.id not in wall.people:
            staff.setdefault(unit.id, {})[person.id] = person
    return units, staff


def _near(task: Task, case: Case, units: Iterable[str]) -> list[str]:
    """The units above the place, nearest first, then those below the asking unit, then its neighbours."""
    ids = list(units)
    above = sorted((each for each in ids if case.place_id.startswith(f"{each}.")), key=len, reverse=True)
    below = [each for each in ids if each.rpartition(".")[0] == task.unit_id]
    beside = [each for each in ids if each.rpartition(".")[0] == task.unit_id.rpartition(".")[0]]
    return list(dict.fromkeys([*above, *below, *beside]))


def _label(unit: Unit, units: Mapping[str, Unit], tiers: Tiers) -> Words:
    above = units.get(unit.parent_id or "")
    return Words(name_in_zone(unit, above, tiers, "zh"), name_in_zone(unit, above, tiers, "en"))


def _by_name(unit_id: str, unit: Words) -> Callable[[Person], Choice]:
    return lambda person: Choice(
        f"{unit_id}{PERSON}{person.id}",
        Words(f"{person.name_zh}（{unit.zh}）", f"{person.name_en} ({unit.en})"),
        heading=PEOPLE,
    )


def _lately(session: Session, task: Task, every: Mapping[str, Choice]) -> list[str]:
    """What the asking unit chose in its last invitations, of what can be chosen now."""
    answers = session.scalars(
        select(Task.answers)
        .where(Task.unit_id == task.unit_id, Task.form == task.form, Task.state == TaskState.COMPLETED.value)
        .order_by(Task.id.desc())
        .limit(ROUNDS)
    )
    chosen = dict.fromkeys(value for each in answers if each for value in each.get("co_units") or [])
    return [value for value in chosen if value in every][:MOST_RECENT]
