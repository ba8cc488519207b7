"""Organisations or mediators as a table: what it would change is shown first, then done.

Organisations: `seat, kind, name_zh, name_en, areas` and where wanted `id, subjects, capacity, phone, address, parent`.
Mediators: `organisation, name_zh, name_en` and where wanted `phone, skills, languages, weekdays, username`. Several
values of a cell are set apart by spaces. Whoever the table leaves out stays as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine.mediation.keeping import (
    MediatorIn,
    OrganisationIn,
    Words,
    add_mediator,
    add_organisation,
    change_mediator,
    change_organisation,
    faults_of,
    mediator_faults,
)
from engine.mediation.model import EVERYTHING, Area, Mediator, Organisation, Subject
from engine.people import Person, Viewer
from engine.territory import OFFICE, Fault, Unit, place_of, read_table, refusal, units_by_id

ORGANISATIONS = (
    *("id", "seat", "kind", "name_zh", "name_en", "areas", "subjects"),
    *("capacity", "phone", "address", "parent"),
)
MEDIATORS = ("organisation", "name_zh", "name_en", "phone", "skills", "languages", "weekdays", "username")


@dataclass(frozen=True, slots=True)
class Change:
    """One line: who it is about, and the row that is there already, if one is."""

    row: int
    unit_id: str
    """The seat of a new organisation; the organisation itself otherwise."""
    name_zh: str
    name_en: str
    said: OrganisationIn | MediatorIn
    known: str | int | None


@dataclass(frozen=True, slots=True)
class RegisterPlan:
    """What a table would do. `what` is `organisations` or `mediators`."""

    what: str
    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    same: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed)


def plan_register(session: Session, text: str) -> RegisterPlan:
    """Changes nothing. Raises Invalid `register.invalid` with every fault by row and column."""
    first = text.lstrip("\ufeff").partition("\n")[0].split(",")
    return _plan_organisations(session, text) if "seat" in map(str.strip, first) else _plan_mediators(session, text)


def import_register(session: Session, text: str, *, viewer: Viewer | None, now: datetime) -> RegisterPlan:
    """Does what `plan_register` shows, all or nothing. Call `world.forget_people` after the commit."""
    plan = plan_register(session, text)
    for change in (*plan.added, *plan.changed):
        if isinstance(change.said, MediatorIn):
            if change.known is None:
                add_mediator(session, change.unit_id, change.said, viewer=viewer, now=now)
            else:
                change_mediator(session, int(change.known), change.said, viewer=viewer, now=now)
        elif change.known is None:
            add_organisation(session, change.unit_id, change.said, viewer=viewer, now=now)
        else:
            change_organisation(session, str(change.known), change.said, viewer=viewer, now=now)
    return plan


def _plan_organisations(session: Session, text: str) -> RegisterPlan:
    faults: list[Fault] = []
    lines = read_table(text, ORGANISATIONS, ("seat", "kind", "name_zh", "name_en", "areas"), faults)
    there = {
        organisation.unit_id: (organisation, unit)
        for organisation, unit in session.execute(
            select(Organisation, Unit).join(Unit, Unit.id == Organisation.unit_id)
        )
    }
    by_name = {(place_of(unit.id), unit.name_zh): unit.id for _organisation, unit in there.values()}
    areas = _several(session.execute(select(Area.organisation_id, Area.unit_id)).all())
    subjects = _several(session.execute(select(Subject.organisation_id, Subject.category)).all())
    named = {each for _row, cells in lines for each in (cells["seat"], *cells["areas"].split())}
    places = {id_: unit for id_, unit in units_by_id(session, named).items() if unit.valid_to is None}
    changes: list[tuple[Change, bool]] = []
    seen: set[tuple[str, str]] = set()
    for row, cells in lines:
        said = OrganisationIn(
            cells["name_zh"],
            cells["name_en"],
            cells["kind"],
            tuple(cells["areas"].split()),
            tuple(cells["subjects"].split()) or (EVERYTHING,),
            _whole(row, "capacity", cells["capacity"], faults) or 10,
            cells["phone"] or None,
            cells["address"] or None,
            cells["parent"] or None,
        )
        known = cells["id"] or by_name.get((cells["seat"], cells["name_zh"]))
        faults += _organisation_faults(row, cells, said, there, places)
        if (cells["seat"], cells["name_zh"]) in seen:
            faults.append(Fault(row, "name_zh", "此组织出现两次。", "This organisation stands in the file twice."))
        seen.add((cells["seat"], cells["name_zh"]))
        same = False
        if known in there:
            organisation, unit = there[str(known)]
            now = (unit.name_zh, unit.name_en, organisation.kind, organisation.capacity, organisation.phone or None)
            then = (said.name_zh, said.name_en, said.kind, said.capacity, said.phone)
            same = now == then and (organisation.address or None, organisation.parent_id) == (
                said.address,
                said.parent_id,
            )
            same = same and set(areas.get(unit.id, ())) == set(said.areas)
            same = same and set(subjects.get(unit.id, ())) == set(said.subjects)
        target = str(known) if known else cells["seat"]
        changes.append((Change(row, target, said.name_zh, said.name_en, said, known), same))
    if faults:
        raise refusal("register.invalid", faults)
    return _planned("organisations", changes)


def _organisation_faults(
    row: int,
    cells: Mapping[str, str],
    said: OrganisationIn,
    there: Collection[str],
    places: Mapping[str, Unit],
) -> list[Fault]:
    faults = _in_row(row, faults_of(said, places, there))
    if cells["id"] and cells["id"] not in there:
        faults.append(
            Fault(row, "id", "没有这个组织；新增时请留空。", "There is no such organisation; leave it empty.")
        )
    seat = places.get(cells["seat"])
    if seat is None or seat.tier == OFFICE:
        faults.append(Fault(row, "seat", f"没有这个地点：{cells['seat']}。", f"There is no place {cells['seat']}."))
    return faults


def _plan_mediators(session: Session, text: str) -> RegisterPlan:
    faults: list[Fault] = []
    lines = read_table(text, MEDIATORS, ("organisation", "name_zh", "name_en"), faults)
    there = set(session.scalars(select(Organisation.unit_id)))
    known = {(each.organisation_id, each.name_zh): each for each in session.scalars(select(Mediator))}
    names = {cells["username"].lower() for _row, cells in lines if cells["username"]}
    found = session.execute(select(Person.username, Person.id).where(Person.username.in_(sorted(names)), Person.active))
    accounts = dict(found.all())
    changes: list[tuple[Change, bool]] = []
    for row, cells in lines:
        said = MediatorIn(
            cells["name_zh"],
            cells["name_en"],
            cells["phone"] or None,
            tuple(cells["skills"].split()),
            tuple(cells["languages"].split()),
            cells["weekdays"] or "12345",
            cells["username"].lower() or None,
        )
        if cells["organisation"] not in there:
            faults.append(Fault(row, "organisation", "没有这个组织。", "There is no such organisation."))
        faults += _in_row(row, mediator_faults(said, has_account=said.username in accounts))
        row_there = known.get((cells["organisation"], said.name_zh))
        if row_there is not None:
            said = replace(said, to_on=row_there.to_on)
        same = row_there is not None and (
            row_there.name_en == said.name_en
            and (row_there.phone or None) == said.phone
            and tuple(row_there.skills) == said.skills
            and tuple(row_there.languages) == said.languages
            and row_there.weekdays == "".join(sorted(set(said.weekdays)))
            and row_there.person_id == (accounts.get(said.username) if said.username else None)
        )
        number = None if row_there is None else row_there.id
        changes.append((Change(row, cells["organisation"], said.name_zh, said.name_en, said, number), same))
    if faults:
        raise refusal("register.invalid", faults)
    return _planned("mediators", changes)


def _in_row(row: int, wrong: Mapping[str, Words]) -> list[Fault]:
    columns = {"parent_id": "parent"}
    return [Fault(row, columns.get(field, field), words["zh"], words["en"]) for field, words in wrong.items()]


def _planned(what: str, changes: Sequence[tuple[Change, bool]]) -> RegisterPlan:
    added = tuple(change for change, _same in changes if change.known is None)
    changed = tuple(change for change, same in changes if change.known is not None and not same)
    return RegisterPlan(what, added, changed, sum(same for _change, same in changes))


def _several(rows: Iterable[Row[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for unit_id, value in rows:
        found.setdefault(unit_id, []).append(value)
    return found


def _whole(row: int, column: str, cell: str, faults: list[Fault]) -> int | None:
    if not cell:
        return None
    if not cell.isdecimal() or not 1 <= int(cell[:6]) <= 999:
        faults.append(Fault(row, column, "须为 1 至 999 的整数。", "A whole number from 1 to 999."))
        return None
    return int(cell)
