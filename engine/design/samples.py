"""Samples of real cases, taken into a proposal as scenarios."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine import deploy
from engine.design.files import add_file, files_of
from engine.design.model import ProposalFile
from engine.design.proposals import get_proposal
from engine.errors import NotFound


def adopt_sample(
    session: Session, proposal_id: int, sample_id: int, name: str, *, actor_id: int, now: datetime
) -> ProposalFile:
    """Takes a sample out of the box and keeps it as `<folder of its process>/scenarios/<name>.yaml`.

    Raises NotFound for one that is not in the box any more, or whose process the proposal does not have; and as
    `add_file` does.
    """
    sample = deploy.close_sample(session, sample_id)
    release = deploy.ready(files_of(session, get_proposal(session, proposal_id, lock=True)))
    facts = release.package.processes.get(sample.process_id)
    if facts is None:
        raise NotFound("process.unknown", f"The proposal has no process {sample.process_id!r}.")
    path = f"{facts.path.rpartition('/')[0]}/scenarios/{name}.yaml"
    return add_file(session, proposal_id, path, bytes(sample.content), actor_id=actor_id, now=now)
