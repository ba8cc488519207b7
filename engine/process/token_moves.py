"""An operator puts a case that went astray somewhere else on its diagram: seen beforehand, with a reason, and told.

Operators read no case: they choose it by its number, and see elements, clocks and units' tasks, no words of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, runtime, tasks
from engine.cases import Case, id_of_number, lock_case
from engine.errors import Conflict, Invalid, NotFound
from engine.history import HistoryEntry
from engine.people import Viewer, operator_log
from engine.process.acts import follow, push_of
from engine.process.locked import lock_instance
from engine.process.model import Instance
from engine.process.services import SERVICES
from engine.process.settle import settle
from engine.process.world import World
from engine.reasons import reason_given
from engine.runtime import Movable

RIGHT = "case.move_token"
WAITS_FOR_EVENTS = frozenset({"eventBasedGateway", "intermediateCatchEvent", "receiveTask"})
"""Where a case waits with its tier clock stopped; whoever takes it away from there lets the clock run on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A process of a case that runs, and where its tokens are; `fault` says why that cannot be told."""

    instance_id: int
    process_id: str
    release_id: int
    revision: int
    tokens: Sequence[Movable]
    set_aside: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class CaseStanding:
    case_id: int
    number: str
    processes: Sequence[Standing]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move does: names of tasks that end and that begin, steps of clocks likewise, acts the history records."""

    ended_tasks: Sequence[tuple[str, str]]
    new_tasks: Sequence[tuple[str, str, str]]
    """Chinese name, English name, unit."""
    ended_clocks: Sequence[str]
    new_clocks: Sequence[tuple[str, datetime]]
    acts: Sequence[str]


def case_standing(session: Session, world: World, number: str, *, viewer: Viewer) -> CaseStanding:
    """Where the processes of a case are, by its number. Raises NotFound, NotAllowed."""
    viewer.must(RIGHT)
    number = number.strip()
    case_id = id_of_number(session, number)
    if case_id is None or tasks.is_shut_out(session, viewer, case_id):
        raise NotFound("case.unknown", "There is no such case.", number=number)
    rows = session.scalars(
        select(Instance).where(Instance.case_id == case_id, Instance.ended_at.is_(None)).order_by(Instance.id)
    )
    return CaseStanding(case_id, number, [_standing(session, world, row) for row in rows])


def move_token(
    session: Session,
    world: World,
    instance_id: int,
    token: str,
    target: str,
    *,
    seen: int,
    reason: str,
    viewer: Viewer,
    now: datetime,
) -> Moved:
    """Takes a token away with everything in and on it and lets it arrive at `target`; the case runs on from there.

    `seen` is the revision of the instance that was looked at. One that was set aside is in service again. Raises
    Conflict `move.moved_on` or `move.gone`, Invalid `move.target`, `move.unsound` (with the `obstacle`) or without a
    reason, and what the diagram's services refuse.
    """
    viewer.must(RIGHT)
    reason = reason_given(reason)
    case_id = session.scalar(select(Instance.case_id).where(Instance.id == instance_id))
    if case_id is None or tasks.is_shut_out(session, viewer, case_id):
        raise NotFound("instance.unknown", "There is no such running process.", instance=instance_id)
    case = lock_case(session, case_id)
    instance, visit = lock_instance(session, instance_id)
    if instance.revision != seen:
        raise Conflict("move.moved_on", "The case has gone on since you looked at it.", instance=instance_id)
    instance.trouble = instance.trouble_at = None
    push = push_of(session, world, case, instance, visit, actor_id=viewer.person_id, now=now)
    package, state = push.release.package, instance.state
    standing = next((each for each in runtime.movable(package, state) if each.token == token), None)
    before = _Rows.of(session, case, instance_id)
    advance = runtime.move(package, state, token, target, push.host())
    assert standing is not None
    chosen = next(each for each in standing.targets if each.element == target)
    push.happened(
        "case.token_moved",
        {
            "process": standing.process,
            "element": standing.element,
            "to": target,
            "names": [standing.name, chosen.name],
            "reason": reason,
        },
    )
    if standing.kind in WAITS_FOR_EVENTS:
        SERVICES["resume_clock"](push, runtime.ServiceCall("resume_clock", standing.element, token, {}, advance.data))
    settle(push, advance)
    follow(push, advance)
    push.write_down(instance)
    operator_log.log(session, viewer, "case.token_moved", f"{operator_log.CASE}{case.number}", now=now, reason=reason)
    session.flush()
    return before.until(_Rows.of(session, case, instance_id))


def preview_move(
    session: Session,
    world: World,
    instance_id: int,
    token: str,
    target: str,
    *,
    seen: int,
    viewer: Viewer,
    now: datetime,
) -> Moved:
    """What `move_token` would do, found out by doing it and taking it back; raises what it would raise.

    Nothing stays of it, in a session that only reads as well; do not go on with the session's rows afterwards.
    """
    tried = session.begin_nested()
    try:
        return move_token(
            session, world, instance_id, token, target, seen=seen, reason="preview", viewer=viewer, now=now
        )
    finally:
        tried.rollback()
        session.expire_all()


def _standing(session: Session, world: World, instance: Instance) -> Standing:
    release = world.releases.get(session, instance.release_id)
    tokens: Sequence[Movable] = ()
    fault = ""
    try:
        tokens = runtime.movable(release.package, instance.state)
    except Invalid as refusal:
        fault = refusal.sentence
    set_aside = instance.trouble is not None
    return Standing(instance.id, instance.process_id, instance.release_id, instance.revision, tokens, set_aside, fault)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is open of an instance, and how long the history of its case is."""

    session: Session
    case_id: int
    seq: int
    tasks: dict[str, tuple[str, str, str]]
    clocks: dict[str, tuple[str, datetime]]

    @classmethod
    def of(cls, session: Session, case: Case, instance_id: int) -> _Rows:
        open_tasks = tasks.open_of_instance(session, instance_id)
        live = deadlines.clocks_of_instance(session, instance_id)
        return cls(
            session,
            case.id,
            case.history_seq,
            {token: (row.name_zh, row.name_en, row.unit_id) for token, row in open_tasks.items()},
            {token: (clock.step, clock.due_at) for token, clock in live.items()},
        )

    def until(self, after: _Rows) -> Moved:
        acts = self.session.scalars(
            select(HistoryEntry.act)
            .where(HistoryEntry.case_id == self.case_id, HistoryEntry.seq > self.seq)
            .order_by(HistoryEntry.seq)
        ).all()
        return Moved(
            [row[:2] for token, row in self.tasks.items() if token not in after.tasks],
            [row for token, row in after.tasks.items() if token not in self.tasks],
            [step for token, (step, _due) in self.clocks.items() if token not in after.clocks],
            [clock for token, clock in after.clocks.items() if token not in self.clocks],
            acts,
        )
