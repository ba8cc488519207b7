"""A log as values: cases by running number, each with its events in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.reports import Period, Within

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Scope:
    """Cases closed within the period and placed in the area; with a process, only those it worked on, and its tasks."""

    period: Period
    within: Within
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """`activity` is the name of a step, or an act (`case.raised`); `lifecycle` as XES has it.

    `task` numbers the task within its case; None for an act. `area` and `tier` tell who was asked.
    """

    at: datetime
    activity: str
    lifecycle: str
    attributes: Mapping[str, Value]
    task: int | None = None
    area: str = ""
    tier: str = ""
    roles: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    number: int
    area: str
    attributes: Mapping[str, Value]
    events: tuple[Event, ...]

    @property
    def id(self) -> str:
        return f"case-{self.number:07d}"
