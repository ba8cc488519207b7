"""The designer's workshop: proposals that change the process files, kept apart until they are published.

A proposal stands on one release and holds only the files that differ from it. Its states: open → published, open →
dropped, and open → planned → published at its time by the scheduler, or back to open when it is recalled or does not
pass then. Several designers may work on one; each file carries a revision, so that nobody overwrites what they have not
seen.
"""

from engine.design import manual, picture, word_file
from engine.design.acts import Act, acts_of
from engine.design.acts import record as record_act
from engine.design.difference import Aspect, Change, What, difference, marks
from engine.design.files import MAX_BYTES, add_file, files_of, move_file, remove_file, revision_of, save_file
from engine.design.form_parts import (
    DEEPEST,
    FormPart,
    Option,
    Place,
    add_part,
    blank_form,
    change_part,
    move_part,
    options_of,
    part_at,
    parts_in,
    read_form_parts,
    remove_part,
    said_of,
    write_form_parts,
)
from engine.design.limit_table import ANY, WORD, Cell, LimitTable, askers, read_limit_table, write_limits
from engine.design.model import DesignAct, Proposal, ProposalFile, ProposalState
from engine.design.printed_tables import PrintedTable, printed_tables
from engine.design.proposals import (
    Stale,
    adopt_release,
    begin_proposal,
    drop_proposal,
    get_proposal,
    open_proposals,
    rename_proposal,
    stale,
    touched,
)
from engine.design.publishing import (
    authors_of,
    due,
    propose_files,
    publish_files,
    publish_planned,
    publish_proposal,
    put_back,
    recall,
    roll_back,
)
from engine.design.samples import adopt_sample
from engine.design.templates import element_templates, message_words, steps_at_hand, templates_for

__all__ = [
    "ANY",
    "DEEPEST",
    "MAX_BYTES",
    "WORD",
    "Act",
    "Aspect",
    "Cell",
    "Change",
    "DesignAct",
    "FormPart",
    "LimitTable",
    "Option",
    "Place",
    "PrintedTable",
    "Proposal",
    "ProposalFile",
    "ProposalState",
    "Stale",
    "What",
    "acts_of",
    "add_file",
    "add_part",
    "adopt_release",
    "adopt_sample",
    "askers",
    "authors_of",
    "begin_proposal",
    "blank_form",
    "change_part",
    "difference",
    "drop_proposal",
    "due",
    "element_templates",
    "files_of",
    "get_proposal",
    "manual",
    "marks",
    "message_words",
    "move_file",
    "move_part",
    "open_proposals",
    "options_of",
    "part_at",
    "parts_in",
    "picture",
    "printed_tables",
    "propose_files",
    "publish_files",
    "publish_planned",
    "publish_proposal",
    "put_back",
    "read_form_parts",
    "read_limit_table",
    "recall",
    "record_act",
    "remove_file",
    "remove_part",
    "rename_proposal",
    "revision_of",
    "roll_back",
    "said_of",
    "save_file",
    "stale",
    "steps_at_hand",
    "templates_for",
    "touched",
    "word_file",
    "write_form_parts",
    "write_limits",
]
