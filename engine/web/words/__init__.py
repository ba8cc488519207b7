"""The words people read for the words the engine uses. A value without an entry is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.web.words.categories import CATEGORIES, FAMILIES
from engine.web.words.channels import CHANNEL_TABLES
from engine.web.words.disputes import ARBITRATED, DISPUTES, RETURN_REASONS
from engine.web.words.duties import ANSWERS, DUTIES, GROUPS, THEN
from engine.web.words.figures import FIGURE_LISTS, FIGURE_MEANS, FIGURES
from engine.web.words.history import ACTS, NEWS
from engine.web.words.imports import IMPORT_TABLES
from engine.web.words.matters import (
    CARDS,
    CHANNELS,
    DELIVERIES,
    FIELDS,
    INJURIES,
    KINDS,
    LEFT,
    LETTER_STATES,
    LIGHTS,
    OPINIONS,
    PARTY_ROLES,
    PARTY_TYPES,
    PAUSES,
    PERIODS,
    RELATED,
    RESULTS,
    RISKS,
    ROLES,
    SEVERITIES,
    SIZES,
    SORTS,
    STATES,
    STEPS,
    STOPS,
    WHY,
)
from engine.web.words.mediation import MEDIATION_TABLES
from engine.web.words.meetings import MEETING_TABLES
from engine.web.words.operations import OPERATIONS
from engine.web.words.staffing import STAFFING_TABLES

TABLES: Mapping[str, Mapping[Any, Any]] = {
    **MEDIATION_TABLES,
    **STAFFING_TABLES,
    **MEETING_TABLES,
    **CHANNEL_TABLES,
    **IMPORT_TABLES,
    "act": ACTS,
    "arbitrated": ARBITRATED,
    "answer": ANSWERS,
    "card": CARDS,
    "category": CATEGORIES,
    "family": FAMILIES,
    "channel": CHANNELS,
    "delivery": DELIVERIES,
    "duty": DUTIES,
    "dispute": DISPUTES,
    "field": FIELDS,
    "figure": FIGURES,
    "figure_list": FIGURE_LISTS,
    "figure_means": FIGURE_MEANS,
    "group": GROUPS,
    "injury": INJURIES,
    "kind": KINDS,
    "left": LEFT,
    "letter_state": LETTER_STATES,
    "light": LIGHTS,
    "news": NEWS,
    "operation": OPERATIONS,
    "opinion": OPINIONS,
    "then": THEN,
    "party_role": PARTY_ROLES,
    "party_type": PARTY_TYPES,
    "pause": PAUSES,
    "period": PERIODS,
    "related": RELATED,
    "result": RESULTS,
    "return_reason": RETURN_REASONS,
    "risk": RISKS,
    "role": ROLES,
    "severity": SEVERITIES,
    "size": SIZES,
    "sort": SORTS,
    "state": STATES,
    "step": STEPS,
    "stop": STOPS,
    "why": WHY,
}


def word(value: Any, table: str) -> str:
    """What people read for a value."""
    found = TABLES[table].get(value)
    return str(value if found is None else found)
