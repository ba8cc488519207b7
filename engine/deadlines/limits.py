"""limits.yaml: how long each step may take, per tier. Versioned with the diagram that asks for it.

handle: {building: 1wd, grid: 2wd, default: 5wd}   # due("handle", tier)
contact: 24h                                       # due("contact")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.deadlines.lengths import Length, parse_length
from engine.errors import Invalid, Refusal
from engine.strict_yaml import read_yaml, show_path

ANY = "default"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process: step → tier (or `default`) → length."""

    name: str
    steps: Mapping[str, Mapping[str, Length]]

    def length(self, step: str, tier: str | None) -> Length:
        """Raises Invalid naming file, step and tier when nothing is written for them."""
        by_tier = self.steps.get(step)
        if by_tier is None:
            known = ", ".join(sorted(self.steps)) or "none"
            raise Invalid("limits.step_missing", f"{self.name} has no step {step!r}; it has: {known}.", step=step)
        found = by_tier.get(tier) if tier is not None else None
        found = found or by_tier.get(ANY)
        if found is None:
            raise Invalid(
                "limits.tier_missing",
                f"{self.name}: step {step!r} has no length for tier {tier!r} and no default.",
                step=step,
            )
        return found

    def anywhere(self, step: str) -> Length | None:
        """What holds whatever the tier; None where the step has no such length."""
        return self.steps.get(step, {}).get(ANY)


def read_limits(name: str, data: bytes) -> Limits:
    """Raises Invalid whose `facts["problems"]` lists every wrong line at once, as (place, sentence)."""
    try:
        document = read_yaml(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise Invalid("limits.unreadable", f"{name} is not UTF-8 text.", problems=[("", str(error))]) from error
    raw: Any = document.value
    problems = [(show_path(path), f"line {line}: {words}") for line, path, words in document.problems]
    steps: dict[str, dict[str, Length]] = {}
    if not isinstance(raw, dict):
        raise Invalid("limits.shape", f"{name} must be a table of steps.", problems=[("", "not a table of steps")])
    for step, value in raw.items():
        lengths = value if isinstance(value, dict) else {ANY: value}
        steps[str(step)] = {}
        for tier, text in lengths.items():
            place = f"{step}.{tier}" if isinstance(value, dict) else str(step)
            try:
                steps[str(step)][str(tier)] = parse_length(str(text))
            except Refusal as refusal:
                problems.append((place, refusal.sentence))
    if problems:
        listed = "; ".join(f"{place}: {sentence}" for place, sentence in problems)
        raise Invalid("limits.invalid", f"{name}: {listed}", problems=problems)
    return Limits(name, steps)
