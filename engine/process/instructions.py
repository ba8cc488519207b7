"""What a leader asks of a unit about a case: a process of its own beside it, with a clock, answered and closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Case, lock_case, wall_of
from engine.deadlines import Length
from engine.errors import Conflict, Invalid
from engine.people import ACTS, Viewer, staffed_of
from engine.process.beginning import begin
from engine.process.model import Instruction
from engine.process.push import record
from engine.process.world import World
from engine.tasks import Task
from engine.territory import ancestors, is_within

PROCESS = "p_instruction"
ANSWERS = ("lead", "deputy", "handler", "liaison")
LONGEST = 2000


def instruct(
    session: Session,
    world: World,
    case_id: int,
    text: str,
    *,
    to_unit_id: str | None = None,
    urgent: bool = False,
    viewer: Viewer,
    now: datetime,
) -> Instruction:
    """Gives an instruction to a unit on the case's line, of None: to the one that holds it.

    Raises NotAllowed, Conflict for a closed case, Invalid for an empty text or a unit that cannot be instructed.
    """
    case = lock_case(session, case_id)
    viewer.must("case.instruct", case.place_id, case.holder_id)
    if case.ended:
        raise Conflict("case.ended", f"Case {case.number} is closed.", case=case.id)
    if not text.strip():
        raise _wrong("text", "field.required", "请填写批示内容。", "Write what is to be done.")
    if len(text) > LONGEST:
        raise _wrong("text", "field.long", f"最多 {LONGEST} 字。", f"At most {LONGEST} characters.")
    units = instructable(session, case, viewer)
    to_unit = to_unit_id or next((unit for unit in units if unit in ancestors(case.holder_id)), None)
    if to_unit is None or to_unit not in units:
        raise _wrong("to_unit_id", "instruction.unit", "请选择可以批示的单位。", "Choose one of the units offered.")
    data = {
        "to_unit": to_unit,
        "by_unit": _standing_above(viewer, to_unit),
        "urgent_answer": urgent,
        "sent_back": False,
    }
    record(
        session,
        case,
        "case.instructed",
        actor_id=viewer.person_id,
        now=now,
        facts={"text": text, "unit": to_unit, "urgent": urgent, "to": {"unit": to_unit}},
    )
    instance = begin(session, world, case, PROCESS, actor_id=viewer.person_id, now=now, data=data)
    instruction = Instruction(
        case_id=case.id,
        instance_id=instance.id,
        by_unit_id=data["by_unit"],
        to_unit_id=to_unit,
        text=text,
        urgent=urgent,
        given_by=viewer.person_id,
        given_at=now,
    )
    session.add(instruction)
    session.flush()
    return instruction


def instructable(session: Session, case: Case, viewer: Viewer) -> Sequence[str]:
    """Units the viewer may instruct about a case, the holder first: those of its line, then of the place's line where
    the case is held elsewhere; staffed, and at or below a unit where the viewer leads."""
    if not viewer.may("case.instruct", case.place_id, case.holder_id):
        return []
    wall, leads = wall_of(session, case), viewer.units(ACTS["case.instruct"])
    lines = dict.fromkeys([*ancestors(case.holder_id), *ancestors(case.place_id)])
    line = [unit for unit in lines if any(is_within(unit, each) for each in leads)]
    staffed = staffed_of(session, line, ANSWERS, without=wall.people)
    return [unit for unit in line if unit in staffed and not wall.shuts_out(unit)]


def answer_times(session: Session, world: World) -> tuple[Length | None, Length | None]:
    """How long an answer may take as usual and when it is urgent; None where the limits in force say nothing."""
    limits = world.releases.current(session).limits.get(PROCESS)
    return (None, None) if limits is None else (limits.anywhere("instruction"), limits.anywhere("instruction_urgent"))


def instruction_of(session: Session, task: Task) -> Instruction | None:
    """What a task of an instruction is about; None for any other task, without asking."""
    if task.process != PROCESS:
        return None
    return session.scalars(select(Instruction).where(Instruction.instance_id == task.instance_id)).first()


def _standing_above(viewer: Viewer, unit_id: str) -> str:
    """The highest unit at or above the instructed one where the viewer leads: there the answer comes back to."""
    units = viewer.units(ACTS["case.instruct"])
    return min((unit for unit in units if is_within(unit_id, unit)), key=len)


def _wrong(field: str, code: str, zh: str, en: str) -> Invalid:
    return Invalid(code, en, fields={field: {"zh": zh, "en": en}})
