"""Facts → severity, small or big, tier, track: through the decision tables of the release, with the reasons.

The tables are `bpmn/case/*.dmn`; a designer changes them, nothing here knows a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import runtime
from engine.errors import Invalid
from engine.territory import Tiers

DEFAULTS: Mapping[str, Any] = {
    "kind": "dispute",
    "channel": "",
    "people_count": 1,
    "amount_cny": 0,
    "injury": "none",
    "risk": "none",
    "opinion_level": "none",
    "repeat_count": 0,
    "departments": 1,
    "communities_spanned": 1,
    "streets_spanned": 1,
    "grids_spanned": 1,
    "building_known": False,
    "legal_route_pending": False,
    "complex": False,
    "simple_ok": False,
    "backlog_batch": "",
}
"""What triage assumes of a fact nobody gave."""

CONFIRM_FROM = 2
"""From this severity on a person confirms the grading before handling starts."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired: `rule` is its id in the table, `says` its annotation."""

    decision: str
    rule: str
    says: str


@dataclass(frozen=True, slots=True)
class Grade:
    """How a matter is graded; `tier` is where it starts."""

    severity: int
    size: str
    track: str
    tier: str
    urgent: bool
    reasons: tuple[Reason, ...]

    @property
    def confirm(self) -> bool:
        return self.severity >= CONFIRM_FROM

    def for_diagram(self) -> dict[str, Any]:
        """What the service `triage` gives."""
        return {
            "severity": self.severity,
            "size": self.size,
            "track": self.track,
            "urgent": self.urgent,
            "target_tier": self.tier,
        }

    def reasons_as_json(self) -> list[dict[str, str]]:
        return [{"decision": each.decision, "rule": each.rule, "says": each.says} for each in self.reasons]


def complete_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with defaults filled in. Raises Invalid naming every fact triage does not know or of a wrong type."""
    fields: dict[str, dict[str, str]] = {}
    for name, value in facts.items():
        if name not in DEFAULTS:
            fields[name] = {"zh": f"分级不认识“{name}”。", "en": f"Triage knows no fact {name!r}."}
        elif value is not None and not _fits(value, DEFAULTS[name]):
            kind = type(DEFAULTS[name]).__name__
            fields[name] = {"zh": f"“{name}”的类型应为 {kind}。", "en": f"{name!r} must be of type {kind}."}
    if fields:
        raise Invalid("facts.invalid", f"These facts cannot be taken: {', '.join(sorted(fields))}.", fields=fields)
    return {**DEFAULTS, **{name: value for name, value in facts.items() if value is not None}}


def grade(package: runtime.Package, facts: Mapping[str, Any], *, tiers: Tiers, least_severity: int = 0) -> Grade:
    """Grades a matter. `least_severity` is what a person has set by override or what it already had.

    Raises Invalid when a table gives no answer or a tier that is not configured.
    """
    data = complete_facts(facts)
    reasons: list[Reason] = []

    def ask(decision: str) -> list[Any]:
        outcome = runtime.decide(package, decision, data)
        reasons.extend(Reason(decision, hit.rule_id, hit.annotation) for hit in outcome.hits)
        return [next(iter(values.values())) for values in outcome.values]

    severity = max([*(int(value) for value in ask("d_severity")), least_severity, 1])
    data["severity"] = severity
    data["size"] = size = str(ask("d_size")[0])
    data["track"] = track = str(ask("d_track")[0])
    tier = str(ask("d_tier")[0])
    tiers.index(tier)
    urgent = bool(ask("d_urgent")[0])
    return Grade(severity, size, track, tier, urgent, tuple(reasons))


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int):
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return isinstance(value, str)
