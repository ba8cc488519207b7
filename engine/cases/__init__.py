"""The case: rows, finding, numbering, parties, visits and states."""

from engine.cases.few import FEWEST, told
from engine.cases.links import CaseLink, LinkKind, link_to_master, linked_to, links_to_followers
from engine.cases.masks import masked_address, masked_id_number, masked_name, masked_phone, masked_text, name_of
from engine.cases.model import ENDED, RISES, Card, Case, CaseState, Party, Recusal, Visit, is_complex
from engine.cases.naming import ROLES, TYPES, PartyIn, faults_of, wall_about
from engine.cases.public import PUBLIC_STATES, PublicState, public_state
from engine.cases.repeats import Asked, Earlier, Who, earlier_cases, earlier_of_each, predecessors
from engine.cases.rows import (
    cases_by_id,
    get_case,
    id_of_number,
    lock_case,
    lock_open_case,
    next_numbers,
    parties_by_case,
    parties_of,
    present_visit,
    present_visits,
    visits_of,
)
from engine.cases.wall import NO_WALL, RESPONDENT, Wall, wall_of, walls_of

__all__ = [
    "ENDED",
    "FEWEST",
    "NO_WALL",
    "PUBLIC_STATES",
    "RESPONDENT",
    "RISES",
    "ROLES",
    "TYPES",
    "Asked",
    "Card",
    "Case",
    "CaseLink",
    "CaseState",
    "Earlier",
    "LinkKind",
    "Party",
    "PartyIn",
    "PublicState",
    "Recusal",
    "Visit",
    "Wall",
    "Who",
    "cases_by_id",
    "earlier_cases",
    "earlier_of_each",
    "faults_of",
    "get_case",
    "id_of_number",
    "is_complex",
    "link_to_master",
    "linked_to",
    "links_to_followers",
    "lock_case",
    "lock_open_case",
    "masked_address",
    "masked_id_number",
    "masked_name",
    "masked_phone",
    "masked_text",
    "name_of",
    "next_numbers",
    "parties_by_case",
    "parties_of",
    "predecessors",
    "present_visit",
    "present_visits",
    "public_state",
    "told",
    "visits_of",
    "wall_about",
    "wall_of",
    "walls_of",
]
