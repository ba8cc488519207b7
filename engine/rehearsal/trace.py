"""What designers see of a case: no number, no text, no party, no day, no place below the community.

A course becomes a few figures, and where it differs a trace of elements with the working time since filing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.deadlines import WorkingCalendar
from engine.rehearsal.past import Course, Past
from engine.runtime import Package
from engine.territory import coarse


def sketch(course: Course, past: Past, calendar: WorkingCalendar) -> dict[str, Any]:
    """The figures of one course, JSON-safe. `stays` are [tier, unit, reason, working minutes, tier it came from]."""
    end = course.ended_at
    return {
        "ended": course.ended,
        "minutes": None if end is None else _minutes(calendar, past.received_at, end),
        "overdue": course.overdue,
        "yellow": course.yellow,
        "red": course.red,
        "asked": sum(stop.ended == "completed" for stop in course.stops),
        "assumed": sum(stop.assumed for stop in course.stops),
        "stays": [
            [
                stay.tier,
                coarse(stay.unit_id),
                stay.reason,
                _minutes(calendar, stay.entered_at, stay.left_at or end or stay.entered_at),
                stay.from_tier,
            ]
            for stay in course.stays
        ],
        "trouble": course.trouble,
    }


def trace(course: Course, past: Past, calendar: WorkingCalendar, package: Package) -> dict[str, Any]:
    """Every stop with the working minutes since filing, and every element reached, by process, with their names."""
    elements: dict[str, list[str]] = {}
    for name, element in course.elements:
        elements.setdefault(name, []).append(element)
    processes = {name: [package.processes[name].name, package.processes[name].path] for name in elements}
    return {
        "elements": elements,
        "processes": processes,
        "stops": [
            {
                "minutes": _minutes(calendar, past.received_at, stop.at),
                "tier": stop.tier,
                "process": stop.process,
                "element": stop.element,
                "name": name_of(package, stop.process, stop.element),
                "ended": stop.ended,
                "choices": dict(stop.choices),
                "assumed": stop.assumed,
            }
            for stop in course.stops
        ],
    }


def name_of(package: Package, process: str, element: str) -> str:
    """As the diagram has it: `中文 / English`; the id where it has no name."""
    facts = package.processes.get(process)
    known = facts.elements.get(element) if facts is not None else None
    return (known.name if known is not None else "") or element


def assumed_at(course: Course) -> Mapping[str, int]:
    """`process|element` → how many answers there are assumed."""
    found: dict[str, int] = {}
    for stop in course.stops:
        if stop.assumed:
            key = f"{stop.process}|{stop.element}"
            found[key] = found.get(key, 0) + 1
    return found


def _minutes(calendar: WorkingCalendar, since: datetime, at: datetime) -> int:
    return round(max(calendar.working_minutes(since, at, provisional=True), 0.0))
