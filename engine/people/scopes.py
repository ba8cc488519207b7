"""Scopes: what a token is for. They only ever narrow what its bearer may do by right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.errors import Invalid

SCOPES: Mapping[str, str] = {
    "cases:read": "Read cases, tasks, documents and letters, as far as the bearer sees them.",
    "cases:file": "File cases.",
    "cases:act": "Act on cases and tasks: complete, comment, supply, merge, letters.",
    "registers:read": "Read the registers: inspections, sessions, receptions, campaigns, mediation, people and places.",
    "registers:write": "Write into the registers.",
    "figures:read": "Read figures, and have reports and event logs made.",
    "operations:read": "Read accounts, units, the log and the state of the system.",
    "operations:write": "Operate: accounts, roles, units, working days, incidents, moves.",
    "designs:read": "Read processes, proposals, releases and rehearsals.",
    "designs:write": "Change proposals, publish, migrate and rehearse.",
    "me:read": "Read one's own notices and settings.",
    "me:write": "Change one's own notices, settings and absences.",
}
"""Scope → what it lets a program do, in English as in the OpenAPI document."""


def checked(wanted: Iterable[str]) -> list[str]:
    """In the order of `SCOPES`, each once. Raises Invalid for one that does not exist, and for none at all."""
    asked = set(wanted)
    unknown = sorted(asked - set(SCOPES))
    if unknown or not asked:
        words = {"zh": "请至少选择一项已有的权限范围。", "en": "Choose at least one of the scopes there are."}
        raise Invalid("scope.unknown", "There is no such scope.", fields={"scopes": words}, scopes=unknown)
    return [each for each in SCOPES if each in asked]
