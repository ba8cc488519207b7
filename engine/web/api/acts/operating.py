"""What operators do: accounts, roles, units, working days, incidents, sign-ins, and steps moved by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from flask import g
from pydantic import Field
from sqlalchemy.orm import Session

from engine import notify, outbox, people, process, tasks
from engine.people import OperatorEntry
from engine.territory import Unit, every_unit
from engine.web.api.acts.mediating import Table
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Cursor, Whole, row
from engine.web.api.told import Told
from engine.web.context import now, viewer, world

OPERATIONS = Room("operations", "Accounts, units and the system.", read="operations:read", write="operations:write")
Id = Annotated[str, Field(max_length=64)]
Reason = Annotated[str, Field(max_length=500)]
Sheet = Annotated[str, Field(max_length=200_000)]


ENTRY = row("LogEntry", OperatorEntry, "id at actor_id act subject reason facts")
UNIT = row("Unit", Unit, "id parent_id tier seq name_zh name_en valid_from valid_to")


class Trouble(Told):
    """A case that a fault holds up."""

    instance_id: int
    case: str
    process_id: str
    said: str
    attempts: int


class SignInTold(Told):
    """A browser that is signed in."""

    handle: str
    person_id: int
    username: str


class Count(Told):
    count: int


class Goes(Told):
    goes_on: bool = Field(description="False when it failed again.")


class YearLoaded(Told):
    """A table of working days, and how many clocks it moves."""

    moved: int
    applied: bool


class MovedTold(Told):
    """What a move by hand does to a case."""

    ended_tasks: list[list[str]]
    new_tasks: list[list[str]]
    ended_clocks: list[str]
    new_clocks: list[str]


def forget() -> None:
    world().forget_people()


# --- the log, sign-ins, units, working days --------------------------------------------------------------------------


@OPERATIONS.look("/operations/log", "readLog", "system.operate", "The operators' log, latest first", lists=ENTRY)
def read_log(session: Session, *, subject: Annotated[str, Field(max_length=80)] = "", cursor: Cursor = "") -> Any:
    hidden = tasks.numbers_shut_out(viewer())
    return people.operator_log.entries(
        session, subject=subject or None, before=int(cursor) if cursor else None, hidden=hidden
    )


@OPERATIONS.look("/operations/sign-ins", "listSignIns", "system.operate", "Browsers signed in now", lists=SignInTold)
def list_sign_ins(session: Session) -> Any:
    idle = timedelta(minutes=world().config.server.session_idle_minutes)
    rows = people.living_sign_ins(session, now=now(), idle=idle)
    return [
        SignInTold(handle=each.handle, person_id=person.id, username=person.username) for each, person in rows
    ], None


@OPERATIONS.act(
    "/operations/sign-ins/<handle>/ending", "endSignIn", "system.operate", "Sign a browser out", tells=Acted
)
def end_sign_in(session: Session, handle: str) -> Any:
    if people.end_sign_in(session, handle):
        people.operator_log.log(session, viewer(), "sign_in.ended", f"sign-in:{handle}", now=now())
    return Acted()


@OPERATIONS.look("/operations/units", "listUnits", "system.operate", "Every unit, closed ones too", lists=UNIT)
def list_units(session: Session, *, cursor: Cursor = "") -> Any:
    begin, size = int(cursor or 0), 500
    found = list(every_unit(session))
    return found[begin : begin + size], begin + size if len(found) > begin + size else None


@OPERATIONS.act(
    "/operations/units",
    "importUnits",
    "system.operate",
    "Change the units by a table",
    tells=Table,
    description="CSV as `/operations/units.csv` gives it. Without `apply` it only says what would change.",
    after=forget,
)
def import_units(session: Session, *, table: Sheet, apply: bool = False) -> Any:
    if apply:
        plan = process.import_units(session, world(), table, viewer=viewer(), now=now())
    else:
        plan = process.plan_units(session, world(), table, now=now())
    changes = plan.changes
    changed = len(changes.renamed) + len(changes.moved) + len(changes.closed) + len(changes.reopened)
    return Table(added=len(changes.added), changed=changed, same=changes.same, applied=apply)


@OPERATIONS.act(
    "/operations/calendar",
    "loadYear",
    "system.operate",
    "Load the working days of a year",
    tells=YearLoaded,
    description="A year table. Without `apply` it only says how many clocks it would move.",
    after=lambda: _take_calendar(),
)
def load_year(session: Session, *, table: Sheet, apply: bool = False) -> Any:
    if apply:
        after, moves = process.load_year(session, world(), table, viewer=viewer(), now=now())
        g.calendar = after
    else:
        _after, moves = process.plan_year(session, world(), table, viewer=viewer(), now=now())
    return YearLoaded(moved=len(moves), applied=apply)


def _take_calendar() -> None:
    """The world reckons with the table once it is kept."""
    if (after := g.pop("calendar", None)) is not None:
        world().calendar = after


# --- incidents and moves ---------------------------------------------------------------------------------------------


@OPERATIONS.look(
    "/operations/incidents", "listIncidents", "system.operate", "Cases that a fault holds up", lists=Trouble
)
def list_incidents(session: Session) -> Any:
    return [
        Trouble(
            instance_id=each.instance_id,
            case=each.case_number,
            process_id=each.process_id,
            said=each.said,
            attempts=each.attempts,
        )
        for each in process.troubles(session, viewer=viewer())
    ], None


@OPERATIONS.act(
    "/operations/incidents/<int:instance_id>/retry", "retryIncident", "system.operate", "Try a case again", tells=Goes
)
def retry(session: Session, instance_id: int) -> Any:
    return Goes(goes_on=process.retry(session, world(), instance_id, viewer=viewer(), now=now()))


@OPERATIONS.act(
    "/operations/incidents/retries",
    "retryCause",
    "system.operate",
    "Try all cases again that failed for one cause",
    tells=Count,
)
def retry_cause(session: Session, *, said: Annotated[str, Field(max_length=4000)]) -> Any:
    return Count(count=process.retry_cause(session, world(), said, viewer=viewer(), now=now()))


@OPERATIONS.act(
    "/operations/moves/preview",
    "previewMove",
    "case.move_token",
    "What a move by hand would do",
    tells=MovedTold,
    description="Acted, and taken back at once.",
)
def preview_move(session: Session, *, instance_id: Whole, token: Id, target: Id, seen: Whole) -> Any:
    return _moved(
        process.preview_move(session, world(), instance_id, token, target, seen=seen, viewer=viewer(), now=now())
    )


@OPERATIONS.act(
    "/operations/moves",
    "moveStep",
    "case.move_token",
    "Move a case to another step by hand",
    tells=MovedTold,
    description="`seen` is the revision of the instance that was looked at.",
)
def move_token(session: Session, *, instance_id: Whole, token: Id, target: Id, seen: Whole, reason: Reason) -> Any:
    return _moved(
        process.move_token(
            session, world(), instance_id, token, target, seen=seen, reason=reason, viewer=viewer(), now=now()
        )
    )


def _moved(found: process.Moved) -> MovedTold:
    return MovedTold(
        ended_tasks=[list(each) for each in found.ended_tasks],
        new_tasks=[list(each) for each in found.new_tasks],
        ended_clocks=list(found.ended_clocks),
        new_clocks=[step for step, _at in found.new_clocks],
    )


# --- what leaves -----------------------------------------------------------------------------------------------------


@OPERATIONS.act(
    "/operations/messages/<int:sending_id>/retry",
    "retryMessage",
    "system.operate",
    "Send a message again that was given up",
    tells=Acted,
)
def retry_message(session: Session, sending_id: int) -> Any:
    notify.try_again(session, sending_id, viewer=viewer(), now=now())
    return Acted()


@OPERATIONS.act(
    "/operations/messages/<int:sending_id>/dropping",
    "dropMessage",
    "system.operate",
    "Put a message away for good",
    tells=Acted,
)
def drop_message(session: Session, sending_id: int) -> Any:
    notify.let_be(session, sending_id, viewer=viewer(), now=now())
    return Acted()


@OPERATIONS.act(
    "/operations/hold/ending",
    "endHold",
    "system.operate",
    "Send what was held after a restore",
    tells=Acted,
)
def end_hold(session: Session) -> Any:
    if outbox.let_go(session):
        people.operator_log.log(session, viewer(), "deliveries.released", "deliveries", now=now())
    return Acted()
