"""The files of a proposal: what the release says, overlaid with what was changed."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy
from engine.design.model import Proposal, ProposalAuthor, ProposalFile
from engine.design.proposals import get_proposal, must_be_open
from engine.errors import Conflict, Invalid

MAX_BYTES = 2 * 1024 * 1024
"""The largest file; a diagram of a thousand elements has a quarter of it."""

NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
ALLOWED = re.compile(
    rf"(?:{NAME}/{NAME}\.(?:bpmn|dmn)|{NAME}/(?:limits|keywords)\.yaml|"
    rf"(?:{NAME}/)?forms/{NAME}\.form|{NAME}/scenarios/{NAME}\.yaml)"
)
"""The places where a release looks for files (docs/designers)."""


def files_of(session: Session, proposal: Proposal) -> dict[str, bytes]:
    """All files as they would be published: path below `bpmn/` → content."""
    files = deploy.files_of(session, proposal.base_id)
    changed = session.scalars(select(ProposalFile).where(ProposalFile.proposal_id == proposal.id))
    for each in changed:
        if each.content is None:
            files.pop(each.path, None)
        else:
            files[each.path] = bytes(each.content)
    return files


def save_file(
    session: Session, proposal_id: int, path: str, content: bytes, *, seen: int, actor_id: int, now: datetime
) -> ProposalFile:
    """Keeps a file. `seen` is the revision the editor began with, 0 for the release's.

    The same content as the newest revision gives that one again, whatever was seen. Nothing is checked but place and
    size: a draft may be wrong. Raises Conflict `proposal.file_moved_on` (facts: by, at, revision) when somebody saved
    in between, Invalid for a place or size that cannot be.
    """
    if len(content) > MAX_BYTES:
        raise Invalid("file.too_large", f"{path} has {len(content)} bytes; at most {MAX_BYTES} are taken.", path=path)
    return _write(session, proposal_id, path, content, seen=seen, actor_id=actor_id, now=now)


def remove_file(
    session: Session, proposal_id: int, path: str, *, seen: int, actor_id: int, now: datetime
) -> ProposalFile:
    """Takes a file out of what will be published. Raises as `save_file` does."""
    return _write(session, proposal_id, path, None, seen=seen, actor_id=actor_id, now=now)


def move_file(
    session: Session, proposal_id: int, path: str, to: str, content: bytes, *, seen: int, actor_id: int, now: datetime
) -> ProposalFile:
    """Keeps a file under another path, where none may be. Raises as `save_file` does, and Invalid `file.taken`."""
    must_be_free(session, proposal_id, to)
    remove_file(session, proposal_id, path, seen=seen, actor_id=actor_id, now=now)
    return add_file(session, proposal_id, to, content, actor_id=actor_id, now=now)


def add_file(
    session: Session, proposal_id: int, path: str, content: bytes, *, actor_id: int, now: datetime
) -> ProposalFile:
    """Keeps a new file, also where one was taken out before. Raises Invalid `file.taken` for one that is there."""
    must_be_free(session, proposal_id, path)
    seen = revision_of(session, proposal_id, path)
    return save_file(session, proposal_id, path, content, seen=seen, actor_id=actor_id, now=now)


def must_be_free(session: Session, proposal_id: int, path: str) -> None:
    if path in files_of(session, get_proposal(session, proposal_id, lock=True)):
        fields = {"file": {"zh": "已有同名文件。", "en": "There is a file of that name."}}
        raise Invalid("file.taken", f"There is a file {path} already.", fields=fields, path=path)


def revision_of(session: Session, proposal_id: int, path: str) -> int:
    """0 for what the release says, and for what is nowhere."""
    row = session.get(ProposalFile, (proposal_id, path))
    return 0 if row is None else row.revision


def _write(
    session: Session,
    proposal_id: int,
    path: str,
    content: bytes | None,
    *,
    seen: int,
    actor_id: int,
    now: datetime,
) -> ProposalFile:
    if not ALLOWED.fullmatch(path):
        raise Invalid(
            "file.place",
            f"{path!r} is no place for a file of a release: <process>/<name>.bpmn or .dmn, <process>/limits.yaml, "
            "<process>/forms/<name>.form, forms/<name>.form, <process>/scenarios/<name>.yaml.",
            path=path,
        )
    proposal = get_proposal(session, proposal_id, lock=True)
    must_be_open(proposal)
    row = session.get(ProposalFile, (proposal_id, path), populate_existing=True)
    if row is not None and row.content == content:
        return row
    newest = 0 if row is None else row.revision
    if seen != newest:
        assert row is not None or seen > 0
        raise Conflict(
            "proposal.file_moved_on",
            f"{path} was saved by somebody else meanwhile (revision {newest}, yours began with {seen}).",
            path=path,
            revision=newest,
            by=None if row is None else row.changed_by,
            at=None if row is None else row.changed_at.isoformat(),
        )
    if row is None:
        row = ProposalFile(
            proposal_id=proposal_id, path=path, content=content, revision=1, changed_by=actor_id, changed_at=now
        )
        session.add(row)
    else:
        row.content, row.revision, row.changed_by, row.changed_at = content, newest + 1, actor_id, now
    proposal.changed_at = now
    if session.get(ProposalAuthor, (proposal_id, actor_id)) is None:
        session.add(ProposalAuthor(proposal_id=proposal_id, person_id=actor_id))
    session.flush()
    return row
