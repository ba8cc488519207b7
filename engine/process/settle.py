"""Makes the tables equal to what the runtime waits for.

The invariant, after any sequence of pushes: open tasks = waiting user tasks, live deadlines = waiting timers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from engine import deadlines, escalation, runtime, search, tasks
from engine.cases import Case, CaseState
from engine.deadlines import Deadline, DeadlineState, parse_length
from engine.errors import Conflict, Invalid
from engine.process import mediating
from engine.process.model import Instance
from engine.process.push import Push
from engine.store import Prepared, failpoint, is_held_back, table_of
from engine.tasks import Task
from engine.territory import is_within

EXPECTS = {
    "ack": "signed_in",
    "contact": "contacted",
    "co_opinion": "answered",
    "sign": "signed",
    "upgrade_decision": "decided",
    "extension_decision": "decided",
    "confirm_triage": "confirmed",
    "waiting_petitioner": "supplied",
    "quality_check": "checked",
    "supervision_reply": "replied",
    "instruction": "answered",
    "instruction_urgent": "answered",
    "petition_route": "routed",
    "petition_accept": "accepted",
    "petition_review": "answered",
    "petition_rereview": "answered",
    "simple_accept": "accepted",
    "emergency_transfer": "transferred",
    "discipline_transfer": "transferred",
    "mediation_acceptance": "accepted",
    "performance_check": "checked",
    "judicial_confirmation": "applied",
    "arbitration_statement": "stated",
    "arbitration": "decided",
    "return_visit": "asked",
    "return_visit_again": "asked",
    "reception_reply": "answered",
    "backlog_ownership": "taken",
    "backlog_plan": "planned",
    "backlog_review": "decided",
    "backlog_revision": "planned",
    "backlog_progress": "reported",
    "backlog_settle": "settled",
    "backlog_acceptance": "checked",
    "backlog_rework": "settled",
}
"""What should have happened when a clock runs out; `ended` for everything else."""

DECIDES = frozenset({"above", "deciding", "top"})
PLAIN = "timer"
"""The length of a clock that is no limit, but a pause drawn on the diagram."""
ARBITRATION, INSTRUCTION = "p_arbitration", "p_instruction"


def settle(
    push: Push, advance: runtime.Advance, *, completed: Task | None = None, fired: Deadline | None = None
) -> list[int]:
    """Writes state, tasks and deadlines of an instance after a push; gives the ids of the tasks now open.

    Raises Conflict when somebody else pushed the same instance meanwhile.
    """
    session, instance, now = push.session, push.instance, push.now
    is_new = instance.revision == 0
    _save(session, instance, advance, now)
    failpoint("state-saved")
    live = {} if is_new else deadlines.clocks_of_instance(session, instance.id)
    waiting = {timer.token: timer for timer in advance.timers}
    reached = {step.element for step in advance.steps if step.kind == "completed"}
    fired_id = None if fired is None else fired.id
    gone = {token: row for token, row in live.items() if token not in waiting and row.id != fired_id}
    met = [row.id for row in gone.values() if row.attached_to in reached]
    deadlines.close(session, met, DeadlineState.MET, now=now)
    deadlines.close(
        session, [row.id for row in gone.values() if row.id not in set(met)], DeadlineState.CANCELLED, now=now
    )
    failpoint("clocks-closed")
    new_timers = [timer for timer in advance.timers if timer.token not in live]
    armed = arm(push, new_timers)
    failpoint("clocks-armed")
    kept = [row for token, row in live.items() if token in waiting]
    clocks = [(row.attached_to, row.step, row.due_at, row.warn_at) for row in kept if row.state == DeadlineState.ARMED]
    clocks += armed
    opened = {} if is_new else tasks.open_tokens(session, instance.id)
    wanted = {task.token: task for task in advance.tasks}
    done = None if completed is None else completed.id
    tasks.withdraw(session, [id_ for token, id_ in opened.items() if token not in wanted and id_ != done], now=now)
    failpoint("tasks-withdrawn")
    fresh = [task for token, task in wanted.items() if token not in opened]
    rows = [_task_row(push, task, clocks) for task in fresh]
    added = tasks.add_tasks(session, rows)
    failpoint("tasks-opened")
    if any(not is_within(push.case.place_id, row["unit_id"]) for row in rows):
        search.index_case(session, push.case)  # units of elsewhere that are asked may find it from now on
    if any(task.form == "decide_upgrade" for task in fresh):
        push.case.state = CaseState.UPGRADE_PENDING
        push.happened("case.noted", {"what": "upgrade_asked"}, state_after(push.case))
    _ask(push, [row for row in rows if is_news(row, push.case.holder_id, after=completed)])
    return [id_ for token, id_ in opened.items() if token in wanted] + added


def is_news(row: Mapping[str, Any], holder_id: str, *, after: Task | None) -> bool:
    """Whether whoever is asked a new task must be told of it, because no other act tells them. Pure.

    A decision of a leader always; else what is asked of others than the holder, unless it follows upon a task that the
    same unit has just completed. Who is heard in an arbitration, or gets an instruction, is told by the act itself.
    """
    if row["process"] == ARBITRATION or (row["process"] == INSTRUCTION and after is None):
        return False
    if row["why"] == "decide":
        return "leader" in row["roles"].strip("|").split("|")
    asked_elsewhere = row["unit_id"] != holder_id or row["claimed_by"] is not None
    return asked_elsewhere and (after is None or after.unit_id != row["unit_id"])


def _ask(push: Push, rows: Sequence[Mapping[str, Any]]) -> None:
    """Tells whoever is asked, step by step; a person who was named, or the unit."""
    for element in dict.fromkeys(row["element"] for row in rows):
        asked = [row for row in rows if row["element"] == element]
        people = sorted({row["claimed_by"] for row in asked if row["claimed_by"] is not None})
        facts: dict[str, Any] = {
            "task": {"zh": asked[0]["name_zh"], "en": asked[0]["name_en"]},
            "roles": sorted(asked[0]["roles"].strip("|").split("|")),
            "people": people,
            "units": sorted({row["unit_id"] for row in asked if row["claimed_by"] is None}),
        }
        due = min((row["due_at"] for row in asked if row["due_at"] is not None), default=None)
        push.happened("task.asked", facts if due is None else {**facts, "due_at": due.isoformat()})


def retime_tasks(session: Session, case_id: int) -> None:
    """Writes the clocks of a case anew onto its open tasks, after a pause, an extension or a calendar change."""
    rows = [row for row in deadlines.live_of_case(session, case_id) if row.state == DeadlineState.ARMED]
    for task in tasks.open_of_case(session, case_id):
        clocks = [(r.attached_to, r.step, r.due_at, r.warn_at) for r in rows if r.instance_id == task.instance_id]
        task.due_step, task.due_at, task.warn_at = _earliest(task.element, clocks)


Clock = tuple[str | None, str, datetime, datetime | None]


_instance = table_of(Instance)
_SAVE = Prepared(
    update(_instance)
    .where(_instance.c.id == bindparam("this"), _instance.c.revision == bindparam("seen"))
    .values({name: bindparam(name) for name in ("state", "revision", "ended_at", "trouble", "trouble_at")})
)


def _save(session: Session, instance: Instance, advance: runtime.Advance, now: datetime) -> None:
    saved = {
        "state": advance.state,
        "revision": instance.revision + 1,
        "ended_at": now if advance.ended else None,
        "trouble": None,
        "trouble_at": None,
    }
    sent = not is_held_back(instance)
    if sent and _SAVE.run(session, {**saved, "this": instance.id, "seen": instance.revision}) != 1:
        raise Conflict("instance.moved_on", "Somebody else moved this case at the same moment; look again.")
    for name, value in saved.items():
        set_committed_value(instance, name, value)


def arm(push: Push, timers: Iterable[runtime.WaitingTimer]) -> list[Clock]:
    calendar, share = push.world.calendar, push.world.config.policy.warn_share
    rows: list[dict[str, Any]] = []
    clocks: list[Clock] = []
    for timer in timers:
        step = timer.step or timer.element
        revived = push.revived.pop(step, None)
        if revived is not None:
            _revive(push, revived, timer)
            clocks.append((timer.attached_to, step, revived.due_at, revived.warn_at))
            continue
        started_at = push.starts.get(step, push.now)
        length = timer.length or PLAIN
        warn_at = None
        if timer.step is not None and timer.length is not None:  # an ISO duration is never warned of
            warn_at = calendar.warn_at(
                started_at, timer.due_at, parse_length(timer.length), share=share, provisional=True
            )
        rows.append(
            {
                "case_id": push.case.id,
                "visit_seq": push.case.visit_seq,
                "instance_id": push.instance.id,
                "token": timer.token,
                "process": timer.process,
                "element": timer.element,
                "attached_to": timer.attached_to,
                "step": step,
                "tier": push.case.tier,
                "place_id": push.case.place_id,
                "expects": EXPECTS.get(step, "ended"),
                "started_at": started_at,
                "length": length,
                "first_due_at": timer.due_at,
                "due_at": timer.due_at,
                "warn_at": warn_at,
                "interrupting": timer.interrupting,
                "provisional": (step, timer.due_at) in push.provisional,
            }
        )
        clocks.append((timer.attached_to, step, timer.due_at, warn_at))
    deadlines.arm(push.session, rows)
    return clocks


def _revive(push: Push, row: Deadline, timer: runtime.WaitingTimer) -> None:
    """The visit's clock goes on under the token that now waits for it, with its pauses and its extension."""
    row.token = timer.token
    row.instance_id = push.instance.id
    row.process = timer.process
    row.element = timer.element
    row.attached_to = timer.attached_to
    row.state = DeadlineState.ARMED.value
    row.closed_at = None
    row.next_at = row.due_at
    push.session.flush()
    deadlines.note_next_due(push.session, row.due_at)


def _task_row(push: Push, task: runtime.WaitingTask, clocks: list[Clock]) -> dict[str, Any]:
    word = task.properties.get("unit", "holder")
    asked, person_id = tasks.split_invitee(unit_for(push, word))
    roles = task.roles or ("lead",)
    unit_id = asked
    if person_id is None:
        unit_id = push.world.nearest_staffed(push.session, asked, roles, push.wall) or asked
    due_step, due_at, warn_at = _earliest(task.element, clocks)
    name_zh, name_en = names_of(task)
    return {
        "case_id": push.case.id,
        "instance_id": push.instance.id,
        "token": task.token,
        "process": task.process,
        "element": task.element,
        "name_zh": name_zh,
        "name_en": name_en,
        "form": task.form,
        "unit_id": unit_id,
        "roles": tasks.pack_roles(roles),
        "item": None if task.item is None else str(task.item),
        "why": task.properties.get("why") or _why(push, task, word),
        "state": tasks.TaskState.OPEN.value,
        "opened_at": push.now,
        "due_at": due_at,
        "warn_at": warn_at,
        "due_step": due_step,
        "claimed_by": person_id,
        "claimed_at": None if person_id is None else push.now,
    }


def names_of(task: runtime.WaitingTask) -> tuple[str, str]:
    """What a task is called, in Chinese and in English."""
    zh, _, en = task.name.partition(" / ")
    return zh or task.element, task.properties.get("title_en") or en or zh or task.element


def _why(push: Push, task: runtime.WaitingTask, word: str) -> str:
    """A unit that a task is asked of by name was invited; whoever takes a signature of each party was not."""
    if task.item is not None and word == str(task.item):
        return "invited"
    return "decide" if word in DECIDES else push.visit.reason


def unit_for(push: Push, word: str) -> str:
    """Which unit a diagram's word means for this case. Raises Invalid for a word that names no unit."""
    case, tiers = push.case, push.world.tiers
    if word in ("", "holder"):
        return case.holder_id
    if word == "above":
        above = escalation.tier_above(case.place_id, case.tier, tiers, push.wall)
        return case.holder_id if above is None else tiers.unit_at(case.place_id, above)
    if word == "top":
        return tiers.unit_at(case.place_id, tiers.top)
    if word == "deciding":
        deciding = push.world.nearest_staffed(push.session, case.holder_id, ("leader",), push.wall)
        return deciding or tiers.unit_at(case.place_id, tiers.top)
    if word == "mediating":
        return mediating.answering(push)
    if word in tiers.names:
        return tiers.unit_at(case.place_id, word)
    if "." in word or word.isupper():
        return word
    known = "holder, above, top, deciding, mediating, a tier or a unit's id"
    raise Invalid("unit.word_unknown", f"{word!r} names no unit: {known}.")


def _earliest(element: str, clocks: Iterable[Clock]) -> tuple[str | None, datetime | None, datetime | None]:
    mine = [(due, step, warn) for attached, step, due, warn in clocks if attached == element or step == "handle"]
    if not mine:
        return None, None, None
    due, step, warn = min(mine, key=lambda clock: clock[0])
    return step, due, warn


def state_after(case: Case) -> dict[str, Any]:
    """The fields of a case that replaying its history must give."""
    return {"state": str(case.state), "tier": case.tier, "holder_id": case.holder_id}
