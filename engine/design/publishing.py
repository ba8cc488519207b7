"""Putting in force: a proposal at once or on a day to come, a folder from the command line, an earlier release again.

Whoever publishes says which content they looked at and why. With four eyes nobody publishes what they wrote themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy
from engine.design.acts import Act, record
from engine.design.files import files_of, remove_file, save_file
from engine.design.model import Proposal, ProposalAuthor, ProposalState
from engine.design.proposals import begin_proposal, get_proposal, must_be_open, stale
from engine.errors import Conflict, Invalid, NotAllowed, Refusal
from engine.reasons import reason_given

A_DAY = timedelta(days=1)
LATEST = timedelta(days=366)


def publish_proposal(
    session: Session,
    proposal_id: int,
    *,
    seen: str,
    reason: str,
    actor_id: int,
    four_eyes: bool,
    now: datetime,
    effective_at: datetime | None = None,
    limits_may_miss: bool = False,
) -> deploy.Release | None:
    """Puts a proposal in force; with an `effective_at` to come it is planned, and None is given.

    `seen` is the fingerprint of the files the publisher looked at; `effective_at` is the beginning of a day, and that
    of today means at once. Raises Invalid as `deploy.publish` does, without a reason, for a day that is over or too far
    ahead, and when nothing differs; Conflict `proposal.stale`, `proposal.changed` or `proposal.closed`; NotAllowed
    `publish.four_eyes` for an author.
    """
    reason = reason_given(reason)
    proposal = get_proposal(session, proposal_id, lock=True)
    must_be_open(proposal)
    if four_eyes and actor_id in authors_of(session, proposal_id):
        raise NotAllowed(
            "publish.four_eyes", "Somebody who did not work on this proposal must publish it.", proposal=proposal_id
        )
    files = _ready(session, proposal)
    if deploy.fingerprint(files) != seen:
        raise Conflict("proposal.changed", "The proposal was changed since you looked at it.", proposal=proposal_id)
    if effective_at is not None and effective_at <= now - A_DAY:
        fields = {"on": {"zh": "这一天已经过去；立即生效请留空。", "en": "That day has passed. Empty means at once."}}
        raise Invalid("publish.passed", "Nothing is put in force from a day that has passed.", fields=fields)
    if effective_at is None or effective_at <= now:
        return _put_in_force(session, proposal, files, reason, actor_id, now, limits_may_miss=limits_may_miss)
    if effective_at > now + LATEST:
        fields = {"on": {"zh": "生效日期须在一年之内。", "en": "Choose a day within a year."}}
        raise Invalid("publish.too_late", "A publication is planned for a year ahead at most.", fields=fields)
    deploy.judge(files, limits_may_miss=limits_may_miss).must_pass()
    proposal.state, proposal.publish_at, proposal.trouble = ProposalState.PLANNED.value, effective_at, None
    proposal.reason, proposal.approver_id = reason, actor_id
    record(
        session,
        Act.PLANNED,
        now=now,
        actor_id=actor_id,
        proposal_id=proposal_id,
        reason=reason,
        effective_at=effective_at.isoformat(),
    )
    return None


def recall(session: Session, proposal_id: int, *, actor_id: int, now: datetime) -> Proposal:
    """Takes a planned publication back; the proposal is open again. One that is open already stays as it is."""
    proposal = get_proposal(session, proposal_id, lock=True)
    if proposal.state == ProposalState.PLANNED:
        _open_again(proposal)
        record(session, Act.RECALLED, now=now, actor_id=actor_id, proposal_id=proposal_id)
    else:
        must_be_open(proposal)
    return proposal


def due(session: Session, *, now: datetime) -> list[int]:
    """The planned proposals whose time has come, earliest first."""
    statement = (
        select(Proposal.id)
        .where(Proposal.state == ProposalState.PLANNED, Proposal.publish_at <= now)
        .order_by(Proposal.publish_at, Proposal.id)
    )
    return list(session.scalars(statement))


def publish_planned(session: Session, proposal_id: int, *, now: datetime, limits_may_miss: bool = False) -> None:
    """What the plan says, checked again. Harmless twice and on two nodes: the first one leaves nothing planned.

    Raises as `publish_proposal`: then call `put_back` in a transaction of its own.
    """
    proposal = get_proposal(session, proposal_id, lock=True)
    if proposal.state != ProposalState.PLANNED or proposal.publish_at is None or proposal.publish_at > now:
        return
    files = _ready(session, proposal)
    reason = proposal.reason or ""
    _put_in_force(session, proposal, files, reason, proposal.approver_id, now, limits_may_miss=limits_may_miss)


def put_back(session: Session, proposal_id: int, refusal: Refusal, *, now: datetime) -> None:
    """A planned publication was refused: the proposal is open again and says why."""
    proposal = get_proposal(session, proposal_id, lock=True)
    if proposal.state == ProposalState.PLANNED:
        _open_again(proposal)
        proposal.trouble = refusal.code
        record(
            session, Act.REFUSED, now=now, actor_id=None, proposal_id=proposal_id, code=refusal.code,
            said=refusal.sentence,
        )  # fmt: skip


def publish_files(
    session: Session,
    files: Mapping[str, bytes],
    *,
    reason: str,
    actor_id: int | None,
    by: str,
    now: datetime,
    limits_may_miss: bool = False,
) -> deploy.Release:
    """A whole set of files from the command line, without a proposal. `by` is the account that gave the command."""
    reason = reason_given(reason)
    known = deploy.files_in_force(session) == files
    release = deploy.publish(session, files, reason=reason, actor_id=actor_id, now=now, limits_may_miss=limits_may_miss)
    if not known:
        record(session, Act.PUBLISHED, now=now, actor_id=actor_id, release_id=release.id, reason=reason, by=by)
    return release


def propose_files(
    session: Session, files: Mapping[str, bytes], *, title: str, author_id: int, now: datetime
) -> Proposal:
    """A proposal of all that differs from what is in force, for somebody else to publish."""
    proposal = begin_proposal(session, title, author_id=author_id, now=now)
    before = deploy.files_of(session, proposal.base_id)
    for path in sorted(path for path in {*before, *files} if before.get(path) != files.get(path)):
        if path in files:
            save_file(session, proposal.id, path, files[path], seen=0, actor_id=author_id, now=now)
        else:
            remove_file(session, proposal.id, path, seen=0, actor_id=author_id, now=now)
    return proposal


def roll_back(
    session: Session,
    release_id: int,
    *,
    reason: str,
    actor_id: int,
    expected: int,
    now: datetime,
    limits_may_miss: bool = False,
) -> deploy.Release:
    """Puts the files of an earlier release in force again, as a new release.

    One person may do it also where four eyes are wanted: what comes back was approved once, and it is urgent. Checked
    as everything else. Raises Conflict when somebody published meanwhile (`expected`), Invalid when nothing changes.
    """
    reason = reason_given(reason)
    files = deploy.files_of(session, release_id)
    if files == deploy.files_in_force(session):
        raise Invalid("rollback.same", f"What release {release_id} says is in force now.", release=release_id)
    release = deploy.publish(
        session, files, reason=reason, actor_id=actor_id, now=now, expected=expected, limits_may_miss=limits_may_miss
    )
    record(session, Act.ROLLED_BACK, now=now, actor_id=actor_id, release_id=release.id, to=release_id, reason=reason)
    return release


def authors_of(session: Session, proposal_id: int) -> frozenset[int]:
    """Who began it or saved a file in it."""
    return frozenset(session.scalars(select(ProposalAuthor.person_id).where(ProposalAuthor.proposal_id == proposal_id)))


def _ready(session: Session, proposal: Proposal) -> dict[str, bytes]:
    """The files, of a proposal that stands on the release in force and changes something."""
    behind = stale(session, proposal)
    if behind is not None:
        raise Conflict(
            "proposal.stale",
            f"Release {behind.newest_id} came in between: adopt it, look at the difference, and publish then.",
            proposal=proposal.id,
            release=behind.newest_id,
        )
    files = files_of(session, proposal)
    if files == deploy.files_of(session, proposal.base_id):
        raise Invalid("proposal.empty", "The proposal changes nothing yet.", proposal=proposal.id)
    return files


def _put_in_force(
    session: Session,
    proposal: Proposal,
    files: Mapping[str, bytes],
    reason: str,
    actor_id: int | None,
    now: datetime,
    *,
    limits_may_miss: bool,
) -> deploy.Release:
    release = deploy.publish(
        session,
        files,
        reason=reason,
        actor_id=actor_id,
        now=now,
        expected=proposal.base_id,
        limits_may_miss=limits_may_miss,
    )
    proposal.state, proposal.release_id = ProposalState.PUBLISHED.value, release.id
    proposal.closed_at, proposal.closed_by, proposal.publish_at, proposal.trouble = now, actor_id, None, None
    record(
        session,
        Act.PUBLISHED,
        now=now,
        actor_id=actor_id,
        proposal_id=proposal.id,
        release_id=release.id,
        reason=reason,
    )
    return release


def _open_again(proposal: Proposal) -> None:
    proposal.state, proposal.publish_at = ProposalState.OPEN.value, None
    proposal.reason = proposal.approver_id = None
