"""Beginning, finding, moving and dropping proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy
from engine.design.acts import Act, record
from engine.design.model import Proposal, ProposalAuthor, ProposalFile, ProposalState
from engine.errors import Conflict, Invalid, NotFound

LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Stale:
    """What came between a proposal and the release in force. `clashes` are paths that both changed differently."""

    base_id: int
    newest_id: int
    changed: tuple[str, ...]
    """Paths that the newer release changed and the proposal did not touch."""
    clashes: tuple[str, ...]


def begin_proposal(session: Session, title: str, *, author_id: int, now: datetime) -> Proposal:
    """An empty proposal on the release in force. Raises Invalid without a title, NotFound before the first release."""
    newest = _newest(session)
    proposal = Proposal(
        title=_title(title), author_id=author_id, base_id=newest, created_at=now, changed_at=now, state="open"
    )
    session.add(proposal)
    session.flush()
    session.add(ProposalAuthor(proposal_id=proposal.id, person_id=author_id))
    record(session, Act.BEGUN, now=now, actor_id=author_id, proposal_id=proposal.id, release_id=newest)
    return proposal


def get_proposal(session: Session, proposal_id: int, *, lock: bool = False) -> Proposal:
    """Raises NotFound. `lock` takes the row for a change."""
    statement = select(Proposal).where(Proposal.id == proposal_id)
    if lock:
        session.flush()  # reading it anew must not lose what this transaction has changed
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound("proposal.unknown", "There is no such proposal.", proposal=proposal_id)
    return found


def must_be_open(proposal: Proposal) -> None:
    """Raises Conflict for one that was published or dropped, or is planned: that has to be recalled first."""
    if proposal.state == ProposalState.PLANNED:
        raise Conflict("proposal.planned", "This proposal is planned: recall it first.", proposal=proposal.id)
    if proposal.state != ProposalState.OPEN:
        raise Conflict(
            "proposal.closed",
            f"This proposal was {proposal.state} and cannot be changed any more.",
            proposal=proposal.id,
            state=str(proposal.state),
        )


def open_proposals(session: Session) -> Sequence[Proposal]:
    """Those that are worked on or planned, latest change first."""
    return session.scalars(
        select(Proposal)
        .where(Proposal.state.in_((ProposalState.OPEN, ProposalState.PLANNED)))
        .order_by(Proposal.changed_at.desc(), Proposal.id.desc())
    ).all()


def touched(session: Session) -> Mapping[str, Sequence[Proposal]]:
    """Folder of a process → the proposals that are worked on or planned and differ from their release in it."""
    rows = session.execute(
        select(ProposalFile.path, Proposal)
        .join(Proposal, Proposal.id == ProposalFile.proposal_id)
        .where(Proposal.state.in_((ProposalState.OPEN, ProposalState.PLANNED)))
        .order_by(Proposal.id)
    )
    found: dict[str, dict[int, Proposal]] = {}
    for path, proposal in rows:
        found.setdefault(path.partition("/")[0], {})[proposal.id] = proposal
    return {folder: list(each.values()) for folder, each in found.items()}


def rename_proposal(session: Session, proposal_id: int, title: str, *, now: datetime) -> Proposal:
    proposal = get_proposal(session, proposal_id, lock=True)
    must_be_open(proposal)
    proposal.title, proposal.changed_at = _title(title), now
    return proposal


def drop_proposal(session: Session, proposal_id: int, *, actor_id: int, now: datetime) -> Proposal:
    """Gives a proposal up; its files stay readable. Dropping it again changes nothing."""
    proposal = get_proposal(session, proposal_id, lock=True)
    if proposal.state == ProposalState.DROPPED:
        return proposal
    must_be_open(proposal)
    proposal.state = ProposalState.DROPPED.value
    proposal.closed_at, proposal.closed_by = now, actor_id
    record(session, Act.DROPPED, now=now, actor_id=actor_id, proposal_id=proposal_id)
    return proposal


def stale(session: Session, proposal: Proposal) -> Stale | None:
    """What a newer release has changed since; None while the proposal stands on the newest."""
    newest = _newest(session)
    if proposal.base_id == newest:
        return None
    before, after = deploy.files_of(session, proposal.base_id), deploy.files_of(session, newest)
    moved = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    mine = dict(
        session.execute(
            select(ProposalFile.path, ProposalFile.content).where(ProposalFile.proposal_id == proposal.id)
        ).all()
    )
    clashes = sorted(path for path in moved & mine.keys() if mine[path] != after.get(path))
    return Stale(proposal.base_id, newest, tuple(sorted(moved - mine.keys())), tuple(clashes))


def adopt_release(
    session: Session,
    proposal_id: int,
    *,
    keep_mine: Sequence[str] = (),
    take_theirs: Sequence[str] = (),
    actor_id: int,
    now: datetime,
) -> Stale | None:
    """Puts a proposal on the release in force. Untouched files follow the release.

    A file that both changed stays as the proposal has it when `keep_mine` names it, and becomes what the release says
    when `take_theirs` does; Conflict `proposal.clash` while neither does. None: it stood there already.
    """
    proposal = get_proposal(session, proposal_id, lock=True)
    must_be_open(proposal)
    behind = stale(session, proposal)
    if behind is None:
        return None
    undecided = [path for path in behind.clashes if path not in {*keep_mine, *take_theirs}]
    if undecided:
        raise Conflict(
            "proposal.clash",
            f"Release {behind.newest_id} changed the same files: {', '.join(undecided)}. "
            "Look at both and say which should stay.",
            paths=undecided,
            release=behind.newest_id,
        )
    taken = sorted({*behind.clashes} & {*take_theirs} - {*keep_mine})
    _become_as_released(session, proposal, taken, behind.newest_id, actor_id=actor_id, now=now)
    proposal.base_id, proposal.changed_at = behind.newest_id, now
    record(
        session, Act.ADOPTED, now=now, actor_id=actor_id, proposal_id=proposal_id, release_id=behind.newest_id,
        kept=sorted({*behind.clashes} - {*taken}), taken=taken,
    )  # fmt: skip
    return behind


def _become_as_released(
    session: Session, proposal: Proposal, paths: Sequence[str], release_id: int, *, actor_id: int, now: datetime
) -> None:
    """Each as one more revision, so that an editor which stands open notices."""
    files = deploy.files_of(session, release_id) if paths else {}
    mine = select(ProposalFile).where(ProposalFile.proposal_id == proposal.id, ProposalFile.path.in_(paths))
    for row in session.scalars(mine):
        row.content, row.revision = files.get(row.path), row.revision + 1
        row.changed_by, row.changed_at = actor_id, now


def _newest(session: Session) -> int:
    newest = session.scalar(select(deploy.Release.id).order_by(deploy.Release.id.desc()).limit(1))
    if newest is None:
        raise NotFound("release.none", "No process has been published yet: run `maplebridge publish`.")
    return newest


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(
            "field.required",
            f"A title of at most {LONGEST_TITLE} characters is needed.",
            fields={"title": {"zh": f"需要标题（不超过 {LONGEST_TITLE} 字）。", "en": "A short title is needed."}},
        )
    return title
