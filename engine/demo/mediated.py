"""Who mediates in the demonstration: 190 organisations, people and rooms as rows; what happens to cases, by verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import mediation, process
from engine.cases import Case, parties_of
from engine.main import Application
from engine.mediation import EVERYTHING, Area, Mediator, MediatorIn, Organisation, Room, Subject
from engine.people import Person, Viewer, demo_people, members, viewer_of
from engine.process import World
from engine.store import table_of
from engine.tasks import Task, TaskState
from engine.territory import OFFICE, Unit

SEED = 190
INDUSTRY = (
    ("物业管理纠纷调解委员会", "Property Mediation Committee", "property"),
    ("医疗纠纷调解委员会", "Medical Mediation Committee", "medical"),
    ("劳动争议调解委员会", "Labour Mediation Committee", "labour"),
    ("消费纠纷调解委员会", "Consumer Mediation Committee", "consumer"),
)
ADMINISTRATIVE = (
    *(("劳动保障", "labour"), ("市场监管", "consumer"), ("公安", "neighbour")),
    *(("城建", "construction"), ("司法", "contract"), ("教育", "education")),
)
LAWYERS = 17
PEOPLES = 132
NAMED = "张书政调解室", "Zhang Shuzheng's Mediation Room"
HOUSES = 3
Places = Mapping[str, tuple[str, str]]
Drawn = tuple[str, str, str, str, str, str]
"""Seat, Chinese, English, kind, area and subject of an organisation."""


def mediate(application: Application, *, now: datetime) -> None:
    """Adds what is told above to a district that has lived; nothing where no mediator is offered."""
    with application.store.transaction() as session:
        offered = [(person, each) for person, each in demo_people(session) if each.role == "mediator"]
        if not offered:
            return
        person, place = offered[0][0], offered[0][1].unit_id
        committee = _organisations(session, place, Random(SEED))
        known = MediatorIn(
            person.name_zh,
            person.name_en,
            skills=("neighbour", "property"),
            languages=("mandarin", "hakka"),
            username=person.username,
        )
        mediator = mediation.add_mediator(session, committee, known, viewer=None, now=now)
        application.world.forget_people()
        _cases(session, application.world, committee, mediator, place, now, application.config.tz)


def _organisations(session: Session, place: str, chance: Random) -> str:
    """Writes all of them; gives the people's committee of the demo's community."""
    top = place.split(".")[0]
    high = Unit.id.not_like("%.%.%.%"), Unit.tier != OFFICE
    places = {
        unit: (zh, en) for unit, zh, en in session.execute(select(Unit.id, Unit.name_zh, Unit.name_en).where(*high))
    }
    names = session.execute(select(Person.name_zh, Person.name_en).order_by(Person.id).limit(600)).all()
    rows: dict[type, list[dict[str, Any]]] = {each: [] for each in (Unit, Organisation, Area, Subject, Mediator, Room)}
    numbers: dict[str, int] = {}
    found = ""
    for seat, zh, en, kind, area, subject in _drawn(top, place, places, chance):
        numbers[seat] = numbers.get(seat, 0) + 1
        unit_id = f"{seat}.o{numbers[seat]}"
        unit = {"id": unit_id, "parent_id": seat, "tier": OFFICE, "seq": numbers[seat], "name_zh": zh, "name_en": en}
        rows[Unit].append(unit)
        rows[Organisation].append({"unit_id": unit_id, "kind": kind, "capacity": chance.choice((6, 8, 10, 15))})
        rows[Area].append({"organisation_id": unit_id, "unit_id": area})
        rows[Subject].append({"organisation_id": unit_id, "category": subject})
        rows[Mediator] += _people(unit_id, subject, names, chance)
        if zh.endswith("人民调解委员会"):
            found = unit_id if seat == place else found
            rows[Room].append(
                _room(unit_id, seat, f"{places[seat][0]}调解室", f"{places[seat][1]} room", "ordinary", 12)
            )
    for table, values in rows.items():
        session.execute(insert(table_of(table)), values)
    _named_room(session, place)
    return found


def _drawn(top: str, place: str, places: Places, chance: Random) -> Iterator[Drawn]:
    streets = sorted(unit for unit in places if unit.count(".") == 1)
    communities = sorted(unit for unit in places if unit.count(".") == 2)
    for zh, en, subject in INDUSTRY:
        yield top, zh, en, "industry", top, subject
    yield place, *NAMED, "named", place, EVERYTHING
    for street in streets:
        zh, en = places[street]
        for number, (what, subject) in enumerate(ADMINISTRATIVE, 1):
            name = f"{en}: administrative mediation {number}"
            yield street, f"{zh}{what}行政调解室", name, "administrative", street, subject
    for number in range(LAWYERS):
        zh, en = places[street := streets[number % len(streets)]]
        nth = number // len(streets) + 1
        yield street, f"{zh}律师调解工作室{nth}", f"{en}: lawyers {nth}", "lawyer", street, "contract"
    for unit in [*streets, *communities]:
        zh, en = places[unit]
        yield unit, f"{zh}人民调解委员会", f"{en}: people's committee", "peoples", unit, EVERYTHING
    for number in range(1, PEOPLES - len(streets) - len(communities) + 1):
        zh, en = places[unit := chance.choice(communities)]
        yield unit, f"{zh}企业调解组织{number}", f"{en}: company mediation {number}", "peoples", unit, "labour"


def _people(unit_id: str, subject: str, names: Sequence[Any], chance: Random) -> Iterator[dict[str, Any]]:
    for _number in range(chance.choice((1, 2, 3))):
        zh, en = chance.choice(names)
        spoken = ["mandarin", *chance.sample(("cantonese", "hakka", "teochew", "english"), chance.choice((0, 1)))]
        yield {
            "organisation_id": unit_id,
            "name_zh": zh,
            "name_en": en,
            "skills": [] if subject == EVERYTHING else [subject],
            "languages": spoken,
            "weekdays": chance.choice(("12345", "135", "24", "1234567")),
        }


def _room(unit_id: str, seat: str, zh: str, en: str, kind: str, capacity: int) -> dict[str, Any]:
    about = {"organisation_id": unit_id, "unit_id": seat, "name_zh": zh, "name_en": en}
    return {**about, "kind": kind, "capacity": capacity, "address": "党群服务中心"}


def _named_room(session: Session, place: str) -> None:
    """The room that bears a name, with the neighbour houses around it."""
    owner = session.scalars(select(Organisation).where(Organisation.kind == "named")).one()
    room = Room(**_room(owner.unit_id, place, *NAMED, "named", 10))
    session.add(room)
    session.flush()
    for number in range(1, HOUSES + 1):
        house = _room(owner.unit_id, place, f"亲邻调解屋{number}", f"Neighbour house {number}", "neighbour", 6)
        session.add(Room(**house, parent_id=room.id))
    session.flush()


def _cases(
    session: Session, world: World, committee: str, mediator: Mediator, place: str, now: datetime, tz: tzinfo
) -> None:
    """Three disputes of the community go to its committee: one waits for its answer, two are accepted and booked."""
    at_work = Task.form == "handle", Task.state == TaskState.OPEN.value, Task.claimed_by.is_(None)
    disputes = Case.kind == "dispute", Case.place_id.like(f"{place}%"), ~Case.walled, ~Case.confidential
    wanted = select(Task).join(Case, Case.id == Task.case_id).where(*at_work, *disputes)
    room = session.scalars(select(Room.id).where(Room.unit_id == place).order_by(Room.id)).first()
    assert mediator.person_id is not None
    own = viewer_of(session, mediator.person_id)
    for number, task in enumerate(session.scalars(wanted.order_by(Task.due_at.desc(), Task.id).limit(3)).all()):
        handled = {
            "action_type": "talk",
            "happened_at": now.isoformat(),
            "findings": "双方愿意调解",
            "outcome": "mediate",
        }
        holder = _one_of(session, task)
        process.complete_task(session, world, task.id, handled, viewer=holder, now=now)
        parties = [str(party.id) for party in parties_of(session, task.case_id)]
        chosen = {"organisation": committee, "chosen_by": "parties", "participants": parties}
        _answer(session, world, task.case_id, "mediation_organisation", chosen, now)
        if number == 0 or room is None:
            continue
        accepted = {"decision": "accept", "mediator": str(mediator.id)}
        _answer(session, world, task.case_id, "mediation_acceptance", accepted, now, own)
        starts_at = datetime.combine(now.astimezone(tz).date() + timedelta(days=number), time(9, 30), tz)
        while not mediation.works_on(mediator, starts_at.date()):
            starts_at += timedelta(days=1)
        starts_at += timedelta(hours=2 * number)
        process.book_session(
            session,
            task.case_id,
            room,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=90),
            people=4,
            mediator_id=mediator.id,
            viewer=own,
            now=now,
        )


def _answer(
    session: Session,
    world: World,
    case_id: int,
    form: str,
    answers: Mapping[str, Any],
    now: datetime,
    viewer: Viewer | None = None,
) -> None:
    task = session.scalars(
        select(Task).where(Task.case_id == case_id, Task.form == form, Task.state == TaskState.OPEN.value)
    ).one()
    process.complete_task(session, world, task.id, answers, viewer=viewer or _one_of(session, task), now=now)


def _one_of(session: Session, task: Task) -> Viewer:
    return viewer_of(session, members(session, task.unit_id, task.role_names)[0].id)
