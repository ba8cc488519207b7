"""Letters that leave the office: called for by a step, filled from the case, numbered, issued, delivered.

A diagram says which letters a step calls for and which it delivers (`letter`, `delivers`); `step_done` is told by the
process when a step is done. Templates are Word files in which a field is a name in double braces: nothing in them runs.
"""

from engine.letters.building import shipped
from engine.letters.fields import FIELDS, PARTY_FIELDS
from engine.letters.filling import Grid, Line, blocks_of
from engine.letters.kinds import KINDS, METHODS, TO_PETITIONER
from engine.letters.model import Letter, LetterNumbering, LetterState, LetterTemplate
from engine.letters.pdf import converter, pdf_of
from engine.letters.rows import PAGE, Wanted, export, how_many_due, of_case, register, see_letter
from engine.letters.sample import sample_of
from engine.letters.steps import delivers, step_done
from engine.letters.templates import (
    SHIPPED,
    Template,
    check_template,
    choices,
    choose,
    in_force,
    in_use,
    known_kind,
    template_of,
    upload,
    versions,
)
from engine.letters.verbs import (
    RECEIPT,
    Preview,
    ask_for,
    ask_for_receipt,
    ask_for_step,
    deliver,
    delivering_step,
    issue,
    may_issue,
    preview,
    void,
    waive,
)
from engine.letters.word import LARGEST_FILE, open_word

__all__ = [
    "FIELDS",
    "KINDS",
    "LARGEST_FILE",
    "METHODS",
    "PAGE",
    "PARTY_FIELDS",
    "RECEIPT",
    "SHIPPED",
    "TO_PETITIONER",
    "Grid",
    "Letter",
    "LetterNumbering",
    "LetterState",
    "LetterTemplate",
    "Line",
    "Preview",
    "Template",
    "Wanted",
    "ask_for",
    "ask_for_receipt",
    "ask_for_step",
    "blocks_of",
    "check_template",
    "choices",
    "choose",
    "converter",
    "deliver",
    "delivering_step",
    "delivers",
    "export",
    "how_many_due",
    "in_force",
    "in_use",
    "issue",
    "known_kind",
    "may_issue",
    "of_case",
    "open_word",
    "pdf_of",
    "preview",
    "register",
    "sample_of",
    "see_letter",
    "shipped",
    "step_done",
    "template_of",
    "upload",
    "versions",
    "void",
    "waive",
]
