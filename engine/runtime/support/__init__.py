"""What of BPMN and its dialects is executed, ignored by declaration, or refused: one table.

The check walks every element and attribute of a file along this table, `docs/designers/support-matrix.md` is written
from it, and a word that is not here is refused. To switch a kind on or off, change its row.
"""

from engine.runtime.support.matrix import support_matrix
from engine.runtime.support.places import (
    BOOLEANS,
    EXECUTED_EVENTS,
    INSIDE,
    PLACES,
    POSITIONS,
    SWITCHES,
    TOGETHER,
    TRIGGERS,
    WHY_NOT,
)
from engine.runtime.support.words import (
    ATTRIBUTES,
    BPMN,
    CAMUNDA,
    CAMUNDA_WORDS,
    DRAWING,
    ELEMENTS,
    OTHER_ENGINES,
    SPIFF,
    SPIFF_WORDS,
    XSI,
    ZEEBE,
    Verdict,
    Word,
)

__all__ = [
    "ATTRIBUTES",
    "BOOLEANS",
    "BPMN",
    "CAMUNDA",
    "CAMUNDA_WORDS",
    "DRAWING",
    "ELEMENTS",
    "EXECUTED_EVENTS",
    "INSIDE",
    "OTHER_ENGINES",
    "PLACES",
    "POSITIONS",
    "SPIFF",
    "SPIFF_WORDS",
    "SWITCHES",
    "TOGETHER",
    "TRIGGERS",
    "WHY_NOT",
    "XSI",
    "ZEEBE",
    "Verdict",
    "Word",
    "support_matrix",
]
