"""Beginning a process. Where its first steps fail, the case is there all the same, and an incident says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine import escalation, runtime
from engine.cases import Case, Visit, Wall, lock_case
from engine.deploy import LoadedRelease
from engine.errors import Unavailable
from engine.process.faults import LONGEST, said_of
from engine.process.model import Instance
from engine.process.push import Push, record
from engine.process.services import SERVICES
from engine.process.settle import settle
from engine.process.world import World
from engine.store import insert_row, sent_at_once

OWN = "case_id"
"""The variable by which alone two cases that are alike differ, unless a diagram looks at it."""
MAIN = "p_case"
"""The process every case runs; supervision and requests run beside it as instances of their own."""


def begin(
    session: Session,
    world: World,
    case: Case,
    process_id: str,
    *,
    actor_id: int | None,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    visit: Visit | None = None,
    starts: Starts | None = None,
) -> Instance:
    """Starts a process for a case on the release in force. The case row is locked or new.

    A fault in its first steps refuses nothing: what they did is undone, and the instance waits as an incident until
    an operator has it begun anew. `visit` is the case's present one where it begins with this very act; `starts`
    remembers equal starts, for whoever begins many.
    """
    instance = Instance(
        case_id=case.id,
        process_id=process_id,
        release_id=world.releases.current(session).id,
        state=b"",
        revision=0,
        started_at=now,
    )
    insert_row(session, instance)
    _begin(session, world, case, instance, data or {}, actor_id=actor_id, now=now, visit=visit, starts=starts)
    return instance


class Starts:
    """The starts that many cases have in common, by release. Not to be shared between threads."""

    def __init__(self) -> None:
        self._of: dict[int, runtime.Starts] = {}

    def again(self, push: Push, data: Mapping[str, Any]) -> runtime.Advance | None:
        """The start once more; None for one that was not met yet, or that asks the world for more than times."""
        return self._starts(push.release).again(push.instance.process_id, data, push.host())

    def start(self, push: Push, data: Mapping[str, Any]) -> runtime.Advance:
        return self._starts(push.release).start(push.instance.process_id, data, push.host())

    def _starts(self, release: LoadedRelease) -> runtime.Starts:
        if release.id not in self._of:
            drawn = [content for path, content in release.files.items() if path.endswith((".bpmn", ".dmn"))]
            looked_at = any(OWN.encode() in content for content in drawn)
            self._of[release.id] = runtime.Starts(release.package, frozenset() if looked_at else frozenset({OWN}))
        return self._of[release.id]


def begin_anew(
    session: Session, world: World, case: Case, instance: Instance, *, actor_id: int | None, now: datetime
) -> None:
    """Begins what a fault had kept from it, on the release that is in force by now. Fails again as `begin` does."""
    data = instance.begins_with or {}
    instance.release_id = world.releases.current(session).id
    instance.begins_with = None
    session.flush()
    _begin(session, world, case, instance, data, actor_id=actor_id, now=now)


def begin_beside(push: Push, process_id: str, data: Mapping[str, Any] | None = None) -> Instance:
    return begin(push.session, push.world, push.case, process_id, actor_id=push.actor_id, now=push.now, data=data)


def _begin(
    session: Session,
    world: World,
    case: Case,
    instance: Instance,
    data: Mapping[str, Any],
    *,
    actor_id: int | None,
    now: datetime,
    visit: Visit | None = None,
    starts: Starts | None = None,
) -> None:
    def ready() -> tuple[Push, Mapping[str, Any]]:
        release = world.releases.get(session, instance.release_id)
        push = Push(session, world, case, instance, release, actor_id, now, SERVICES, begin_beside)
        if visit is not None:
            push.entered(visit)
        return push, {**_start_data(world, case, push.wall), **data}

    if starts is not None:
        push, given = ready()
        advance = starts.again(push, given)
        if advance is not None:  # no step of a diagram runs, so there is nothing that a case could stumble over
            settle(push, advance)
            return
    try:
        with sent_at_once(session), session.begin_nested():
            push, given = ready()
            settle(
                push,
                runtime.start(push.release.package, instance.process_id, given, push.host())
                if starts is None
                else starts.start(push, given),
            )
    except (SQLAlchemyError, Unavailable):
        raise  # the database, not the diagram: nothing can be kept now
    except Exception as fault:  # whatever a diagram makes its first steps stumble over
        _wait_for_an_operator(session, case, instance, data, said_of(fault), now=now)


def _wait_for_an_operator(
    session: Session, case: Case, instance: Instance, data: Mapping[str, Any], said: str, *, now: datetime
) -> None:
    session.expire_all()  # rows written the short way are not known to have been rolled back
    lock_case(session, case.id)
    instance.begins_with = dict(data)
    instance.trouble, instance.trouble_at = said[:LONGEST], now
    facts = {"process": instance.process_id, "said": said[:500]}
    record(session, case, "incident.opened", actor_id=None, now=now, facts=facts)


def _start_data(world: World, case: Case, wall: Wall) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "tier": case.tier,
        "top": escalation.is_top(case, world.tiers, wall),
        "severity": case.severity,
        "size": case.size,
        "track": case.track,
        "urgent": case.urgent,
        "confirm": False,
        "signed_in": False,
        "repeat": int(case.facts.get("repeat_count") or 0) > 0,
    }
