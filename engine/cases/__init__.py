"""The case: rows, finding, numbering, parties, visits and states."""

from engine.cases.model import ENDED, Card, Case, CaseState, Party, Visit
from engine.cases.rows import get_case, id_of_number, lock_case, next_number, parties_of, present_visit, visits_of

__all__ = [
    "ENDED",
    "Card",
    "Case",
    "CaseState",
    "Party",
    "Visit",
    "get_case",
    "id_of_number",
    "lock_case",
    "next_number",
    "parties_of",
    "present_visit",
    "visits_of",
]
