"""Who stands for what in the demonstration: 61 member units, people sent to grids, a delegate, a task force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from engine import process, staffing
from engine.cases import Case
from engine.main import Application
from engine.people import Person, Viewer, demo_people, members, viewer_of
from engine.staffing import DUTIES, Kind, MemberUnit, Posting, PostingIn, forces
from engine.store import table_of
from engine.territory import OFFICE, Unit

SEED = 61
BUREAUX = Path(__file__).parent / "bureaux.txt"
"""The names of the 61 member units, one a line."""
WITHOUT = 23
"""Every member unit of so many has no officer."""
NAME = "信访法治化实体工作专班 / Task force on hard petitions"
PURPOSE = "政法、公安、检察、法院、司法、信访联合办理疑难事项。 / Six organs handle hard matters together."
DECIDED = "听取三件疑难事项进展，明确牵头单位。 / Heard three hard matters; lead units are named."


def stand_for(application: Application, *, now: datetime) -> None:
    """Adds what is told above to a district that has lived; nothing where no mediator is offered."""
    chance, today = Random(SEED), now.astimezone(application.config.tz).date()
    with application.store.transaction() as session:
        place = next((each.unit_id for _person, each in demo_people(session) if each.role == "mediator"), None)
        if place is None:
            return
        _member_units(session, place.split(".")[0], chance, today)
        _sent_to_grids(session, place, chance, today)
        _named(session, place, now, today)
        _force(session, place, now)
    application.world.forget_people()


def _newcomers(session: Session, names: Sequence[tuple[str, str, str]], *, offered: bool = False) -> list[int]:
    """Adds people by user name and names; gives their ids. They follow those whom the simulation numbered itself."""
    first = (session.scalar(select(func.max(Person.id))) or 0) + 1
    ids = list(range(first, first + len(names)))
    rows = [
        {"id": id_, "username": username, "name_zh": zh, "name_en": en, "active": True, "offered_in_demo": offered}
        for id_, (username, zh, en) in zip(ids, names, strict=True)
    ]
    session.execute(insert(table_of(Person)), rows)
    return ids


def _drawn(session: Session, prefix: str, count: int, chance: Random) -> list[int]:
    known = session.execute(select(Person.name_zh, Person.name_en).order_by(Person.id).limit(600)).all()
    names = [chance.choice(known) for _number in range(count)]
    return _newcomers(session, [(f"{prefix}.{n}", zh, en) for n, (zh, en) in enumerate(names, 1)])


def _member_units(session: Session, top: str, chance: Random, today: date) -> None:
    units: list[dict[str, Any]] = []
    posted = []
    names = BUREAUX.read_text(encoding="utf-8").split()
    for number, (name, officer) in enumerate(
        zip(names, _drawn(session, "officer", len(names), chance), strict=True), 1
    ):
        unit_id = f"{top}.d{number}"
        unit = {"id": unit_id, "parent_id": top, "tier": OFFICE, "seq": number, "name_zh": f"区{name}"}
        units.append({**unit, "name_en": f"Member unit {number}"})
        rank = "staff" if number == 40 else chance.choice(("deputy_section", "section", "deputy_division"))
        if number % WITHOUT:
            begun = today - timedelta(days=300 + number)
            posted.append({**_posted(Kind.OFFICER, officer, unit_id, begun), "rank": rank, "duties": []})
    session.execute(insert(table_of(Unit)), units)
    session.execute(insert(table_of(MemberUnit)), [{"unit_id": each["id"]} for each in units])
    session.execute(insert(table_of(Posting)), posted)


def _sent_to_grids(session: Session, place: str, chance: Random, today: date) -> None:
    grids = _grids(session, place)
    posted = []
    for number, person_id in enumerate(_drawn(session, "member", 4 * len(grids), chance)):
        begun = today - timedelta(days=chance.randrange(20, 500))
        duties = chance.sample(DUTIES, chance.choice((1, 2)))
        posted.append({**_posted(Kind.MEMBER, person_id, grids[number // 4], begun), "duties": duties})
    if posted:
        session.execute(insert(table_of(Posting)), posted)


def _grids(session: Session, place: str) -> Sequence[str]:
    below = Unit.id.like(f"{place}.%"), Unit.tier == "grid"
    return session.scalars(select(Unit.id).where(*below).order_by(Unit.id)).all()


def _posted(kind: Kind, person_id: int, unit_id: str, since: date) -> dict[str, Any]:
    noted = datetime.combine(since, time(1), tzinfo=UTC)
    return {"kind": kind.value, "person_id": person_id, "unit_id": unit_id, "from_on": since, "noted_at": noted}


def _named(session: Session, place: str, now: datetime, today: date) -> None:
    """Leaders linked to communities; a delegate and an instructor, whom the sign-in page offers."""
    top, street = place.split(".")[0], place.rpartition(".")[0]
    leaders = [*members(session, top, ("leader",)), *members(session, street, ("leader",))]
    communities = session.scalars(select(Unit.id).where(Unit.parent_id == street, Unit.tier != OFFICE)).all()
    wanted = [(Kind.LEADER, leaders[n % len(leaders)].id, unit) for n, unit in enumerate(sorted(communities))]
    names = (("delegate.1", "温代表", "Delegate Wen"), ("instructor.1", "程指导", "Instructor Cheng"))
    delegate, instructor = _newcomers(session, names, offered=True)
    wanted += [(Kind.DELEGATE, delegate, grid) for grid in _grids(session, place)[:1]]
    wanted.append((Kind.INSTRUCTOR, instructor, place))
    for kind, person_id, unit in wanted:
        said = PostingIn(kind.value, person_id, unit, today - timedelta(days=90))
        staffing.post_person(session, said, viewer=None, now=now, today=today)


def _force(session: Session, place: str, now: datetime) -> None:
    """A task force of the district with three open cases of the street, and the log of a meeting."""
    top, street = place.split(".")[0], place.rpartition(".")[0]
    leader = _first(session, top, "leader")
    meets = "每周三上午 / Wednesday mornings"
    force = forces.set_up(session, top, NAME, PURPOSE, meets, leader.person_id, viewer=leader, now=now)
    others = [*members(session, top, ("petition_officer",))[:2], *members(session, street, ("leader",))[:1]]
    for person in others:
        forces.add_member(session, force.id, person.id, viewer=leader, now=now)
    open_cases = Case.place_id.like(f"{street}.%"), Case.closed_at.is_(None), ~Case.walled, ~Case.confidential
    hard = select(Case.id).where(*open_cases).order_by(Case.severity.desc(), Case.id).limit(3)
    for case_id in session.scalars(hard).all():
        process.give_to_force(session, case_id, force.id, viewer=leader, now=now)
    forces.note_meeting(
        session,
        force.id,
        held_at=now - timedelta(days=6),
        place="区信访局会议室 / Petition bureau",
        present=[leader.person_id, *(person.id for person in others)],
        decided=DECIDED,
        next_on=(now + timedelta(days=1)).date(),
        viewer=leader,
        now=now,
    )


def _first(session: Session, unit_id: str, role: str) -> Viewer:
    return viewer_of(session, members(session, unit_id, (role,))[0].id)
