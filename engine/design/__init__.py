"""The designer's workshop: proposals that change the process files, kept apart until they are published.

A proposal stands on one release and holds only the files that differ from it. Its states: open → published, open →
dropped. Several designers may work on one; each file carries a revision, so that nobody overwrites what they have not
seen.
"""

from engine.design.difference import Aspect, Change, What, difference, marks
from engine.design.files import MAX_BYTES, files_of, remove_file, save_file
from engine.design.model import Proposal, ProposalFile, ProposalState
from engine.design.proposals import (
    Stale,
    adopt_release,
    begin_proposal,
    drop_proposal,
    get_proposal,
    open_proposals,
    rename_proposal,
    stale,
)

__all__ = [
    "MAX_BYTES",
    "Aspect",
    "Change",
    "Proposal",
    "ProposalFile",
    "ProposalState",
    "Stale",
    "What",
    "adopt_release",
    "begin_proposal",
    "difference",
    "drop_proposal",
    "files_of",
    "get_proposal",
    "marks",
    "open_proposals",
    "remove_file",
    "rename_proposal",
    "save_file",
    "stale",
]
