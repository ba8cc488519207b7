"""Keeping the register: organisations, their mediators and rooms. Every change is a line of the operators' log."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.errors import Invalid, NotFound
from engine.mediation.model import EVERYTHING, Area, Kind, Mediator, Organisation, Room, RoomKind, Subject
from engine.people import Membership, Person, Viewer, operator_log
from engine.territory import OFFICE, Unit, open_office, units_by_id

LETTER = "o"
"""Offices that mediate: `LHQ.MZ.o12`."""
CATEGORY = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*|\*", re.ASCII)
MOST_AT_ONCE = 999
LANGUAGES = ("mandarin", "cantonese", "hakka", "teochew", "english", "sign")
Words = Mapping[str, str]
NEEDED: Words = {"zh": "请填写。", "en": "Please fill this in."}


@dataclass(frozen=True, slots=True)
class OrganisationIn:
    """What is said of an organisation. `areas` are unit ids, `subjects` categories or `*`."""

    name_zh: str
    name_en: str
    kind: str
    areas: tuple[str, ...]
    subjects: tuple[str, ...] = (EVERYTHING,)
    capacity: int = 10
    phone: str | None = None
    address: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class MediatorIn:
    """`username` links an account, which is asked from then on; `weekdays` are figures, Monday 1. `to_on` is the last
    day on which they can be had.
    """

    name_zh: str
    name_en: str
    phone: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    weekdays: str = "12345"
    username: str | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class RoomIn:
    """A neighbour room names the named room it belongs to."""

    name_zh: str
    name_en: str
    kind: str
    unit_id: str
    capacity: int
    address: str | None = None
    parent_id: int | None = None


def may_keep(viewer: Viewer | None, unit_id: str) -> bool:
    """`unit_id` is the seat or the organisation itself. None is the command line."""
    return viewer is None or viewer.may("mediation.keep", unit_id)


def get_organisation(session: Session, unit_id: str) -> tuple[Organisation, Unit]:
    """Raises NotFound."""
    found = session.execute(
        select(Organisation, Unit).join(Unit, Unit.id == Organisation.unit_id).where(Organisation.unit_id == unit_id)
    ).first()
    if found is None:
        raise NotFound("organisation.unknown", "There is no such organisation.", organisation=unit_id)
    return found[0], found[1]


def faults_of(said: OrganisationIn, places: Mapping[str, Unit], organisations: Collection[str]) -> dict[str, Words]:
    """What is wrong, by field. `places` and `organisations` are those that are there. Pure."""
    wrong = _name_faults(said.name_zh, said.name_en) | _length_faults(said.phone, said.address)
    if said.kind not in set(Kind):
        wrong["kind"] = _one_of(Kind)
    missing = [each for each in said.areas if each not in places or places[each].tier == OFFICE]
    if not said.areas:
        wrong["areas"] = NEEDED
    elif missing:
        wrong["areas"] = {"zh": f"没有这个地点：{missing[0]}。", "en": f"There is no place {missing[0]}."}
    odd = [each for each in said.subjects if not CATEGORY.fullmatch(each)]
    if not said.subjects or odd:
        wrong["subjects"] = {
            "zh": "类别应形如 property.fee，或用 *。",
            "en": "A category looks like property.fee, or is *.",
        }
    if not 1 <= said.capacity <= MOST_AT_ONCE:
        wrong["capacity"] = {"zh": f"1 至 {MOST_AT_ONCE}。", "en": f"1 to {MOST_AT_ONCE}."}
    if said.parent_id and said.parent_id not in organisations:
        wrong["parent_id"] = {"zh": "没有这个组织。", "en": "There is no such organisation."}
    return wrong


def mediator_faults(said: MediatorIn, *, has_account: bool) -> dict[str, Words]:
    """What is wrong, by field; `has_account`: the user name is somebody's. Pure."""
    wrong = _name_faults(said.name_zh, said.name_en, longest=80) | _length_faults(said.phone, None)
    if not said.weekdays or set(said.weekdays) - set("1234567"):
        wrong["weekdays"] = {
            "zh": "请选择可值班的日子，数字 1 至 7 表示周一至周日。",
            "en": "Choose the days on which they can be had, figures 1 to 7.",
        }
    if any(not CATEGORY.fullmatch(each) for each in said.skills):
        wrong["skills"] = {"zh": "类别应形如 property.fee。", "en": "A category looks like property.fee."}
    if any(each not in LANGUAGES for each in said.languages):
        wrong["languages"] = _one_of(LANGUAGES)
    if said.username and not has_account:
        wrong["username"] = {"zh": "没有这个账号。", "en": "There is no such account."}
    return wrong


def add_organisation(
    session: Session, seat_id: str, said: OrganisationIn, *, viewer: Viewer | None, now: datetime
) -> Organisation:
    """Opens an office at the seat and puts it into the register. Raises Invalid, NotAllowed, NotFound."""
    if viewer is not None:
        viewer.must("mediation.keep", seat_id)
    _refuse(_asked_faults(session, said))
    unit = open_office(session, seat_id, LETTER, said.name_zh.strip(), said.name_en.strip())
    organisation = Organisation(unit_id=unit.id, kind=said.kind, capacity=said.capacity)
    session.add(organisation)
    _write(session, organisation, unit, said)
    operator_log.log(session, viewer, "organisation.opened", f"unit:{unit.id}", now=now, facts={"kind": said.kind})
    return organisation


def change_organisation(
    session: Session, unit_id: str, said: OrganisationIn, *, viewer: Viewer | None, now: datetime
) -> None:
    """Its seat stays: whoever moves is closed and opened anew."""
    organisation, unit = get_organisation(session, unit_id)
    if viewer is not None:
        viewer.must("mediation.keep", unit_id)
    wrong = _asked_faults(session, said)
    if said.parent_id == unit_id:
        wrong["parent_id"] = {"zh": "不能隶属于自己。", "en": "It cannot belong to itself."}
    _refuse(wrong)
    _write(session, organisation, unit, said)
    operator_log.log(session, viewer, "organisation.changed", f"unit:{unit_id}", now=now)


def close_organisation(session: Session, unit_id: str, *, viewer: Viewer | None, now: datetime, today: date) -> None:
    """Nothing new goes there; what it mediates it brings to an end. Idempotent."""
    _organisation, unit = get_organisation(session, unit_id)
    if viewer is not None:
        viewer.must("mediation.keep", unit_id)
    if unit.valid_to is None:
        unit.valid_to = today
        operator_log.log(session, viewer, "organisation.closed", f"unit:{unit_id}", now=now)
        session.flush()


def add_mediator(session: Session, unit_id: str, said: MediatorIn, *, viewer: Viewer | None, now: datetime) -> Mediator:
    """With an account they become a mediator of the organisation: its work is offered to them."""
    get_organisation(session, unit_id)
    if viewer is not None:
        viewer.must("mediation.keep", unit_id)
    person = _checked_mediator(session, said)
    mediator = Mediator(organisation_id=unit_id)
    session.add(mediator)
    _write_mediator(session, mediator, said, person)
    subject = f"mediator:{mediator.id}"
    operator_log.log(session, viewer, "mediator.added", subject, now=now, facts={"unit": unit_id, "name": said.name_zh})
    if person is not None:
        _join(session, person, unit_id, viewer=viewer, now=now)
    return mediator


def change_mediator(
    session: Session, mediator_id: int, said: MediatorIn, *, viewer: Viewer | None, now: datetime
) -> Mediator:
    """An account that is linked stays a mediator of the organisation until an operator takes the role."""
    mediator = get_mediator(session, mediator_id)
    if viewer is not None:
        viewer.must("mediation.keep", mediator.organisation_id)
    person = _checked_mediator(session, said)
    _write_mediator(session, mediator, said, person)
    operator_log.log(session, viewer, "mediator.changed", f"mediator:{mediator_id}", now=now)
    if person is not None:
        _join(session, person, mediator.organisation_id, viewer=viewer, now=now)
    return mediator


def get_mediator(session: Session, mediator_id: int) -> Mediator:
    found = session.get(Mediator, mediator_id)
    if found is None:
        raise NotFound("mediator.unknown", "There is no such mediator.", mediator=mediator_id)
    return found


def get_room(session: Session, room_id: int) -> Room:
    found = session.get(Room, room_id)
    if found is None:
        raise NotFound("room.unknown", "There is no such room.", room=room_id)
    return found


def add_room(session: Session, unit_id: str, said: RoomIn, *, viewer: Viewer | None, now: datetime) -> Room:
    """Raises Invalid for a neighbour room without its named room."""
    get_organisation(session, unit_id)
    if viewer is not None:
        viewer.must("mediation.keep", unit_id)
    _refuse(_room_faults(session, said, unit_id))
    room = Room(organisation_id=unit_id)
    session.add(room)
    _write_room(room, said)
    session.flush()
    operator_log.log(session, viewer, "room.added", f"room:{room.id}", now=now, facts={"unit": unit_id})
    return room


def change_room(session: Session, room_id: int, said: RoomIn, *, viewer: Viewer | None, now: datetime) -> Room:
    room = get_room(session, room_id)
    if viewer is not None:
        viewer.must("mediation.keep", room.organisation_id)
    wrong = _room_faults(session, said, room.organisation_id)
    if said.parent_id == room_id:
        wrong["parent_id"] = {"zh": "不能隶属于自己。", "en": "It cannot belong to itself."}
    _refuse(wrong)
    _write_room(room, said)
    session.flush()
    operator_log.log(session, viewer, "room.changed", f"room:{room_id}", now=now)
    return room


def close_room(session: Session, room_id: int, *, viewer: Viewer | None, now: datetime, today: date) -> None:
    """From today on it is not booked any more. Idempotent."""
    room = get_room(session, room_id)
    if viewer is not None:
        viewer.must("mediation.keep", room.organisation_id)
    if room.closed_on is None:
        room.closed_on = today
        session.flush()
        operator_log.log(session, viewer, "room.closed", f"room:{room_id}", now=now)


def _write(session: Session, organisation: Organisation, unit: Unit, said: OrganisationIn) -> None:
    unit.name_zh, unit.name_en = said.name_zh.strip(), said.name_en.strip()
    organisation.kind, organisation.capacity = said.kind, said.capacity
    organisation.phone, organisation.address = said.phone or None, said.address or None
    organisation.parent_id = said.parent_id or None
    session.flush()
    _replace(session, Area, organisation.unit_id, said.areas, lambda each: Area(unit_id=each))
    _replace(session, Subject, organisation.unit_id, said.subjects, lambda each: Subject(category=each))


def _replace(
    session: Session,
    table: type[Area] | type[Subject],
    unit_id: str,
    wanted: Collection[str],
    made: Callable[[str], Area | Subject],
) -> None:
    session.execute(delete(table).where(table.organisation_id == unit_id))
    for each in dict.fromkeys(wanted):
        row = made(each)
        row.organisation_id = unit_id
        session.add(row)
    session.flush()


def _asked_faults(session: Session, said: OrganisationIn) -> dict[str, Words]:
    """Two statements."""
    parent = said.parent_id and session.get(Organisation, said.parent_id)
    return faults_of(said, units_by_id(session, said.areas), [parent.unit_id] if parent else ())


def _checked_mediator(session: Session, said: MediatorIn) -> Person | None:
    """The account that is meant, if one is. Raises Invalid."""
    person = None
    if said.username:
        username = said.username.strip().lower()
        person = session.scalars(select(Person).where(Person.username == username, Person.active)).first()
    _refuse(mediator_faults(said, has_account=person is not None))
    return person


def _write_mediator(session: Session, mediator: Mediator, said: MediatorIn, person: Person | None) -> None:
    mediator.name_zh, mediator.name_en = said.name_zh.strip(), said.name_en.strip()
    mediator.phone = said.phone or None
    mediator.skills, mediator.languages = list(said.skills), list(said.languages)
    mediator.weekdays = "".join(sorted(set(said.weekdays)))
    mediator.to_on = said.to_on
    mediator.person_id = None if person is None else person.id
    session.flush()


def _join(session: Session, person: Person, unit_id: str, *, viewer: Viewer | None, now: datetime) -> None:
    if session.get(Membership, (person.id, unit_id, "mediator")) is None:
        session.add(Membership(person_id=person.id, unit_id=unit_id, role="mediator"))
        facts = {"unit": unit_id, "role": "mediator"}
        operator_log.log(session, viewer, "role.given", f"person:{person.id}", now=now, facts=facts)
        session.flush()


def _room_faults(session: Session, said: RoomIn, organisation_id: str) -> dict[str, Words]:
    wrong = _name_faults(said.name_zh, said.name_en)
    if said.kind not in set(RoomKind):
        wrong["kind"] = {"zh": "请选择类型。", "en": "Choose a kind."}
    place = session.get(Unit, said.unit_id)
    if place is None or place.tier == OFFICE:
        wrong["unit_id"] = {"zh": "没有这个地点。", "en": "There is no such place."}
    if not 1 <= said.capacity <= MOST_AT_ONCE:
        wrong["capacity"] = {"zh": f"1 至 {MOST_AT_ONCE}。", "en": f"1 to {MOST_AT_ONCE}."}
    parent = None if said.parent_id is None else session.get(Room, said.parent_id)
    belongs = parent is not None and parent.organisation_id == organisation_id and parent.kind == RoomKind.NAMED
    if (said.kind == RoomKind.NEIGHBOUR) != belongs or (said.parent_id is not None and not belongs):
        wrong["parent_id"] = {
            "zh": "亲邻调解屋须隶属于本组织的品牌调解室，其他类型不填。",
            "en": "A neighbour room belongs to a named room of this organisation; other rooms to none.",
        }
    return wrong


def _write_room(room: Room, said: RoomIn) -> None:
    room.name_zh, room.name_en, room.kind = said.name_zh.strip(), said.name_en.strip(), said.kind
    room.unit_id, room.capacity, room.address = said.unit_id, said.capacity, said.address or None
    room.parent_id = said.parent_id


def _name_faults(zh: str, en: str, *, longest: int = 120) -> dict[str, Words]:
    too_long = {"zh": f"请填写，最多 {longest} 个字符。", "en": f"Needed, at most {longest} characters."}
    return {key: too_long for key, name in (("name_zh", zh), ("name_en", en)) if not 0 < len(name.strip()) <= longest}


def _length_faults(phone: str | None, address: str | None) -> dict[str, Words]:
    lengths = (("phone", phone, 40), ("address", address, 300))
    return {
        key: {"zh": f"最多 {longest} 个字符。", "en": f"At most {longest} characters."}
        for key, value, longest in lengths
        if len(value or "") > longest
    }


def _one_of(values: Iterable[str]) -> Words:
    listed = ", ".join(values)
    return {"zh": f"须为 {listed}。", "en": f"Only of these: {listed}."}


def _refuse(wrong: Mapping[str, Words]) -> None:
    if wrong:
        raise Invalid("register.invalid", f"Something is missing or wrong: {', '.join(wrong)}.", fields=dict(wrong))
