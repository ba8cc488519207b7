"""Receiving: who came, what was said and promised, and the instruction that begins a process with a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engine import intake, process, tasks
from engine.cases import Case, lock_case, wall_of
from engine.errors import REQUIRED, Conflict, Invalid, too_long
from engine.intake import Filing, PartyIn
from engine.people import Viewer
from engine.process import World
from engine.receptions.booking import booking_in
from engine.receptions.model import Booking, Reception
from engine.receptions.rows import lock_reception
from engine.territory import Unit, ancestors, is_within, line_of, offices_below

PROCESS = "p_reception"
CHANNEL = "leader_reception"
KINDS = ("help", "complaint", "dispute", "petition", "suggestion", "consult")
LONGEST = 2000
LONGEST_TITLE = 60
MOST_PERSONS = 1000
EARLY = timedelta(hours=12)
"""So much before it begins may somebody be received."""


@dataclass(frozen=True, slots=True)
class Received:
    """`kind`, `category` and `place_id` count where no case exists yet."""

    persons: int | None
    statements: str
    promise: str
    instruction: str
    owner_unit_id: str
    kind: str = "help"
    category: str = ""
    place_id: str = ""


def receive(
    session: Session,
    world: World,
    reception_id: int,
    booking_id: int,
    received: Received,
    *,
    viewer: Viewer,
    now: datetime,
) -> Booking:
    """Records a visit, files the matter where it is no case yet, and hands it to its owner with seven working days.

    Raises NotFound, NotAllowed, Conflict when it was recorded already, Invalid naming every field.
    """
    reception, booking = _open(session, reception_id, booking_id, viewer, now)
    place_id = received.place_id or reception.community_id or reception.unit_id
    if booking.case_id is not None:
        tasks.see_case(session, viewer, booking.case_id)
        case = lock_case(session, booking.case_id)
        _check(session, reception, received, case.place_id, case)
    else:
        _check(session, reception, received, place_id, None)
        case = _file(session, world, booking, received, place_id, viewer=viewer, now=now)
    facts = {
        "reception": reception.id,
        "leader": reception.leader_id,
        "persons": received.persons,
        "promise": received.promise.strip(),
        "text": received.instruction.strip(),
        "to": {"unit": received.owner_unit_id},
    }
    process.record(session, case, "reception.received", actor_id=viewer.person_id, now=now, facts=facts)
    data = {
        "to_unit": received.owner_unit_id,
        "office": reception.unit_id,
        "leader": f"{reception.unit_id}#{reception.leader_id}",
    }
    instance = process.begin(session, world, case, PROCESS, actor_id=viewer.person_id, now=now, data=data)
    booking.case_id, booking.name, booking.phone = case.id, None, None
    booking.arrived, booking.persons = True, received.persons
    booking.statements, booking.promise = received.statements.strip(), received.promise.strip()
    booking.instruction, booking.owner_unit_id = received.instruction.strip(), received.owner_unit_id
    booking.received_at, booking.received_by, booking.instance_id = now, viewer.person_id, instance.id
    session.flush()
    return booking


def note_absence(session: Session, reception_id: int, booking_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Records that whoever was booked did not come."""
    _reception, booking = _open(session, reception_id, booking_id, viewer, now)
    booking.arrived, booking.received_at, booking.received_by = False, now, viewer.person_id
    session.flush()


def owners(session: Session, reception: Reception, place_id: str, case: Case | None = None) -> Sequence[Unit]:
    """Who may be instructed: the units of the place's line below the leader's own and itself, then its offices."""
    line = [unit for unit in reversed(line_of(session, place_id)) if is_within(unit.id, reception.unit_id)]
    offices = offices_below(session, ancestors(reception.unit_id))
    found = {unit.id: unit for unit in (*line, *offices)}
    if case is not None:
        wall = wall_of(session, case)
        found = {id_: unit for id_, unit in found.items() if not wall.shuts_out(id_)}
    return list(found.values())


def _open(
    session: Session, reception_id: int, booking_id: int, viewer: Viewer, now: datetime
) -> tuple[Reception, Booking]:
    reception = lock_reception(session, viewer, reception_id)
    viewer.must("reception.receive", reception.unit_id)
    booking = booking_in(session, reception, booking_id, viewer)
    if booking.arrived is not None or booking.cancelled_at is not None or reception.cancelled_at is not None:
        raise Conflict("reception.received", "This was recorded already.", booking=booking.id)
    if reception.starts_at > now + EARLY:
        raise Conflict("reception.ahead", "This reception is still ahead.", reception=reception.id)
    return reception, booking


def _file(
    session: Session,
    world: World,
    booking: Booking,
    received: Received,
    place_id: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> Case:
    """A leader has no right to file, but what they receive is filed: as an automatic channel; the history names them
    in the entry of the reception."""
    several = received.persons is not None and received.persons > 1
    filing = Filing(
        channel=CHANNEL,
        kind=received.kind,
        category=received.category or "unsorted",
        title=" ".join(booking.matter.split())[:LONGEST_TITLE],
        description=f"{booking.matter}\n\n{received.statements.strip()}",
        place_id=place_id,
        received_at=now,
        facts={"people_count": received.persons},
        parties=(
            PartyIn("applicant", booking.name or "—", type="group" if several else "person", phone=booking.phone),
        ),
    )
    return intake.file_case(session, world, filing, viewer=viewer if viewer.may("case.file") else None, now=now)


def _check(session: Session, reception: Reception, received: Received, place_id: str, case: Case | None) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    for field in ("statements", "promise", "instruction"):
        value = getattr(received, field)
        if not value.strip():
            wrong[field] = REQUIRED
        elif len(value) > LONGEST:
            wrong[field] = too_long(LONGEST)
    if received.persons is None or not 1 <= received.persons <= MOST_PERSONS:
        wrong["persons"] = {"zh": "请填写来访人数。", "en": "Write how many came."}
    if case is None and received.kind not in KINDS:
        wrong["kind"] = {"zh": "请选择类型。", "en": "Choose a kind."}
    if case is None and not is_within(place_id, reception.unit_id):
        wrong["place_id"] = {"zh": "请选择辖区内的地点。", "en": "Choose a place of this area."}
    elif received.owner_unit_id not in {unit.id for unit in owners(session, reception, place_id, case)}:
        wrong["owner_unit_id"] = {"zh": "请选择承办单位。", "en": "Choose one of the units offered."}
    if wrong:
        raise Invalid("reception.record_invalid", "This cannot be recorded like this.", fields=wrong)
