"""What a person does about a finding: links cases, files one about the cause, or says no and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import intake, process
from engine.cases import Case
from engine.detection.model import Finding, FindingKind, FindingState
from engine.detection.rows import Seen, see
from engine.errors import REQUIRED, Conflict, Invalid, Refusal
from engine.people import Viewer
from engine.process import World
from engine.reasons import reason_given

CHANNEL = "inspection"
"""Nobody filed what the figures say: it counts as found by the offices themselves."""
ON_ITS_OWN = "new"
"""Asked for in place of a case that carries the others on."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came of linking: the master, and the numbers of those that could not be linked now."""

    master: Case
    linked: int
    refused: tuple[str, ...]


def accept_pair(
    session: Session, world: World, finding_id: int, master_id: int, reason: str, *, viewer: Viewer, now: datetime
) -> Case:
    """Has one of the two carried on by the other. Raises Conflict `finding.decided`, and what `process.merge` does."""
    seen = _undecided(session, viewer, finding_id, FindingKind.DUPLICATE)
    others = [case.id for case in seen.cases if case.id != master_id]
    if len(others) != 1:
        raise Invalid("finding.master", "Choose which case goes on.", fields={"master": REQUIRED})
    master = process.merge(session, world, others[0], master_id, reason, viewer=viewer, now=now)
    process.tell_joined(session, master, viewer=viewer, now=now)
    _decided(seen.finding, FindingState.ACCEPTED, reason, viewer, now, master_id=master.id)
    session.flush()
    return master


def link_cluster(
    session: Session,
    world: World,
    finding_id: int,
    chosen: Sequence[int],
    master: str,
    title: str,
    reason: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> Gathered:
    """Links the chosen cases under a master: `new` files one for all of them, else the id of one of them.

    A cluster that has a master already takes in what came later. A case that cannot be linked now stays as it is and is
    named; the others are linked all the same. Raises Invalid naming the fields, NotAllowed where the viewer may not.
    """
    reason = reason_given(reason)
    seen = see(session, viewer, _lock(session, finding_id).id)
    finding = seen.finding
    if finding.kind != FindingKind.CLUSTER or finding.state != FindingState.OPEN:
        raise was_decided(finding)
    process.must_merge(viewer, finding.unit_id, world.tiers)
    wanted = set(chosen)
    cases = [case for case in seen.free if case.id in wanted]
    if not cases:
        raise Invalid("finding.nothing_chosen", "Choose at least one case.", fields={"case": REQUIRED})
    present = None if seen.master is None or seen.master.ended else seen.master
    leading = present or _master(session, world, seen, cases, master, title, viewer=viewer, now=now)
    linked, refused = 0, []
    for case in cases:
        if case.id == leading.id:
            continue
        try:
            with session.begin_nested():
                process.merge(session, world, case.id, leading.id, reason, viewer=viewer, now=now)
            linked += 1
        except Refusal:
            refused.append(case.number)
    if not linked:
        raise Conflict("finding.none_linked", f"None of them can be linked now: {', '.join(refused)}.")
    process.tell_joined(session, leading, viewer=viewer, now=now)
    if present is not None or master != ON_ITS_OWN:
        _count_people(session, world, leading, cases, reason, viewer=viewer, now=now)
    after = FindingState.OPEN if refused else FindingState.ACCEPTED  # what could not be linked now is asked for again
    _decided(finding, after, reason, viewer, now, master_id=leading.id)
    session.flush()
    return Gathered(leading, linked, tuple(refused))


def look_at_cause(
    session: Session,
    world: World,
    finding_id: int,
    title: str,
    description: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> Case:
    """Files a case of its own about why something comes back to a place. Raises what `intake.file_case` does."""
    seen = _undecided(session, viewer, finding_id, FindingKind.RETURN)
    finding = seen.finding
    filing = intake.Filing(
        channel=CHANNEL,
        kind="complaint",
        category=finding.category,
        title=title,
        description=description,
        place_id=finding.unit_id,
        received_at=now,
    )
    case = intake.file_case(session, world, filing, viewer=viewer, now=now)
    _decided(finding, FindingState.ACCEPTED, title, viewer, now, master_id=case.id)
    session.flush()
    return case


def answer_surge(session: Session, finding_id: int, reason: str, *, viewer: Viewer, now: datetime) -> None:
    """Says what is done about a surge; its post-mortem goes on by itself."""
    seen = _undecided(session, viewer, finding_id, FindingKind.SURGE)
    _decided(seen.finding, FindingState.ACCEPTED, reason, viewer, now)
    session.flush()


def may_decide(viewer: Viewer, world: World, finding: Finding) -> bool:
    """Whether somebody who sees a finding decides on it: of a surge whoever does, of the others whoever may merge."""
    return finding.kind == FindingKind.SURGE or process.may_merge(viewer, finding.unit_id, world.tiers)


def dismiss(session: Session, world: World, finding_id: int, reason: str, *, viewer: Viewer, now: datetime) -> None:
    """Says that there is nothing to it, and why: the same is not proposed again.

    Of a cluster that was linked before, only what came later is left out. Raises NotAllowed where the viewer decides
    nothing.
    """
    finding = _undecided(session, viewer, finding_id, None).finding
    if finding.kind != FindingKind.SURGE:
        process.must_merge(viewer, finding.unit_id, world.tiers)
    kept = FindingState.DISMISSED if finding.master_id is None else FindingState.ACCEPTED
    _decided(finding, kept, reason, viewer, now)
    session.flush()


def _undecided(session: Session, viewer: Viewer, finding_id: int, kind: FindingKind | None) -> Seen:
    seen = see(session, viewer, _lock(session, finding_id).id)
    if seen.finding.state != FindingState.OPEN or (kind is not None and seen.finding.kind != kind):
        raise was_decided(seen.finding)
    return seen


def _lock(session: Session, finding_id: int) -> Finding:
    """Before it is read, so that of two decisions one comes second. What may not be seen is told by `see`."""
    wanted = select(Finding).where(Finding.id == finding_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).first() or Finding(id=finding_id)


def was_decided(finding: Finding) -> Conflict:
    return Conflict("finding.decided", "Somebody has decided on this already.", by=finding.decided_by)


def _decided(
    finding: Finding, state: FindingState, reason: str, viewer: Viewer, now: datetime, *, master_id: int | None = None
) -> None:
    finding.state, finding.reason = state.value, reason_given(reason)
    finding.decided_by, finding.decided_at = viewer.person_id, now
    finding.master_id = master_id if master_id is not None else finding.master_id


def _master(
    session: Session,
    world: World,
    seen: Seen,
    cases: Sequence[Case],
    master: str,
    title: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> Case:
    finding = seen.finding
    if master != ON_ITS_OWN:
        chosen = next((case for case in cases if str(case.id) == master), None)
        if chosen is None:
            raise Invalid("finding.master", "Choose which case goes on.", fields={"master": REQUIRED})
        return chosen
    if not title.strip():
        raise Invalid("field.required", "title is needed.", fields={"title": REQUIRED})
    numbers = "、".join(case.number for case in cases)
    filing = intake.Filing(
        channel=CHANNEL,
        kind="complaint",
        category=finding.category,
        title=title,
        description=f"{title.strip()}\n\n{numbers}",
        place_id=finding.unit_id,
        received_at=now,
        facts={"people_count": _people_in(cases), "grids_spanned": _grids_in(cases, world)},
    )
    return intake.file_case(session, world, filing, viewer=viewer, now=now)


def _count_people(
    session: Session, world: World, leading: Case, cases: Sequence[Case], reason: str, *, viewer: Viewer, now: datetime
) -> None:
    """A master stands for as many people as all of its cases: more of them may make it graver."""
    if not viewer.may("case.report_risk", leading.place_id):
        return
    known = int(leading.facts.get("people_count") or 1)
    count = known + _people_in([case for case in cases if case.id != leading.id])
    process.report_risk(session, world, leading.id, {"people_count": count}, reason, viewer=viewer, now=now)


def _people_in(cases: Sequence[Case]) -> int:
    return sum(max(int(case.facts.get("people_count") or 1), 1) for case in cases)


def _grids_in(cases: Sequence[Case], world: World) -> int:
    grid = world.tiers.names[min(1, len(world.tiers.names) - 1)]
    return len({world.tiers.unit_at(case.place_id, grid) for case in cases})
