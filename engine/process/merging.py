"""One case carries another one on: both keep their numbers, and what happens is written into both histories.

The case that follows ends as merged, its process and clocks with it; its petitioner follows the master from then on. It
can be split off again: then its process runs anew, where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from engine import escalation
from engine.cases import (
    Case,
    CaseLink,
    CaseState,
    LinkKind,
    link_to_master,
    links_to_followers,
    lock_case,
    wall_of,
)
from engine.errors import Conflict, NotAllowed
from engine.people import ACTS, Viewer
from engine.process.acts import deliver_message
from engine.process.beginning import MAIN, begin
from engine.process.holding import hold_again
from engine.process.push import record
from engine.process.reopening import arm_case_clocks
from engine.process.settle import state_after
from engine.process.world import World
from engine.reasons import reason_given
from engine.territory import Tiers, is_within

LOWEST_TIER = 2
"""Who works in a building or a grid proposes; from the third tier on one decides what belongs together."""


def may_merge(viewer: Viewer, place_id: str, tiers: Tiers) -> bool:
    """Whether the viewer decides for a place what belongs together."""
    lowest = min(LOWEST_TIER, len(tiers.names) - 1)
    return any(
        role in ACTS["case.merge"] and is_within(place_id, unit) and tiers.index(tiers.tier_of(unit)) >= lowest
        for unit, role in viewer.memberships
    )


def must_merge(viewer: Viewer, place_id: str, tiers: Tiers) -> None:
    """Raises NotAllowed when `may_merge` says no."""
    if not may_merge(viewer, place_id, tiers):
        raise NotAllowed("act.not_yours", "Your roles do not allow this: case.merge.", act="case.merge")


def merge(
    session: Session, world: World, case_id: int, master_id: int, reason: str, *, viewer: Viewer, now: datetime
) -> Case:
    """Has a case carried on by another, or by the one that carries that one on; gives the master.

    The caller has checked that the viewer sees both. Raises Conflict `merge.itself`, `merge.ended`, `merge.wall`,
    `merge.confidential`, or `message.not_awaited` where the process of the case cannot be merged now.
    """
    reason = reason_given(reason)
    link = link_to_master(session, master_id)
    master_id = master_id if link is None else link.other_id
    if case_id == master_id:
        raise Conflict("merge.itself", "A case cannot be carried on by itself.")
    locked = {each: lock_case(session, each) for each in sorted((case_id, master_id))}
    case, master = locked[case_id], locked[master_id]
    must_merge(viewer, case.place_id, world.tiers)
    if case.ended or master.ended:
        ended = case if case.ended else master
        raise Conflict("merge.ended", f"Case {ended.number} has ended already.", case=ended.id)
    if case.confidential or master.confidential:
        raise Conflict("merge.confidential", "A confidential case is merged with none.")
    if wall_of(session, case) != wall_of(session, master):
        raise Conflict("merge.wall", "Different people are shut out of the two cases, so they stay apart.")
    said = {"reason": reason, "into": master.number}
    deliver_message(session, world, case.id, "m_merge", {}, actor_id=viewer.person_id, now=now, facts=said)
    for follower in links_to_followers(session, [case.id]):
        follower.other_id = master.id
    session.add(
        CaseLink(case_id=case.id, other_id=master.id, kind=LinkKind.MERGED, reason=reason, at=now, by=viewer.person_id)
    )
    into = {"number": master.number, "case": master.id, "reason": reason}
    record(session, case, "case.merged", actor_id=viewer.person_id, now=now, facts=into)
    came = {"number": case.number, "case": case.id, "reason": reason}
    record(session, master, "case.joined", actor_id=viewer.person_id, now=now, facts=came)
    session.flush()
    return master


def tell_joined(session: Session, master: Case, *, viewer: Viewer, now: datetime) -> None:
    """Tells the unit that has the master, once however many cases have joined it."""
    said = {"what": "cases_joined", "whom": ["holder"]}
    record(session, master, "case.told", actor_id=viewer.person_id, now=now, facts=said)
    session.flush()


def split(session: Session, world: World, case_id: int, reason: str, *, viewer: Viewer | None, now: datetime) -> None:
    """Gives a merged case its own process and clocks again, at the unit that had it. `viewer` None: its petitioner.

    The caller has checked that the viewer sees it. Raises Conflict `split.not_merged`.
    """
    reason = reason_given(reason)
    link = link_to_master(session, case_id)
    if link is None:
        raise Conflict("split.not_merged", "The case is not carried on by another.")
    locked = {each: lock_case(session, each) for each in sorted((case_id, link.other_id))}
    case, master = locked[case_id], locked[link.other_id]
    if viewer is not None:
        must_merge(viewer, case.place_id, world.tiers)
    actor_id = None if viewer is None else viewer.person_id
    link.ended_at, link.ended_by = now, actor_id
    before = {"tier": case.tier, "unit": case.holder_id}
    visit = escalation.go_on_alone(session, case, actor_id=actor_id, now=now)
    facts = {"from": before, "to": before, "reason": visit.reason, "visit": visit.seq, "said": reason}
    record(session, case, "case.reopened", actor_id=actor_id, now=now, facts=facts, after=state_after(case))
    begin(session, world, case, MAIN, actor_id=actor_id, now=now)
    arm_case_clocks(session, world, case, since=now)
    hold_again(session, world, case, actor_id=actor_id, now=now)
    left = {"number": case.number, "case": case.id, "reason": reason}
    record(session, master, "case.left", actor_id=actor_id, now=now, facts=left)
    session.flush()


def tell_followers(session: Session, masters: Iterable[int], *, now: datetime) -> int:
    """Writes the answer of closed masters into the histories of the cases that follow them; gives how many.

    Done again, it changes nothing until the master is answered anew.
    """
    closed = set(masters)
    links = links_to_followers(session, closed) if closed else ()
    ids = {end for link in links for end in (link.case_id, link.other_id)}
    cases = {each: lock_case(session, each) for each in sorted(ids)}
    told = 0
    for link in links:
        case, master = cases[link.case_id], cases[link.other_id]
        closed_at = master.closed_at
        if master.state != CaseState.CLOSED or closed_at is None or (link.told_at and link.told_at >= closed_at):
            continue
        link.told_at = now
        facts = {"number": master.number, "case": master.id, "result": master.result}
        record(session, case, "master.answered", actor_id=None, now=now, facts=facts)
        told += 1
    session.flush()
    return told
