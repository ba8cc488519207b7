"""Reads cases with their tasks and history, a few hundred at a time, and leaves out what is about a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.event_log.model import Event, Scope, Trace, Value
from engine.history import HistoryEntry
from engine.tasks import Task
from engine.territory import Tiers, coarse

CHUNK = 400

ACTS: Mapping[str, tuple[str, ...]] = {
    "case.filed": ("channel", "severity", "size", "track"),
    "case.raised": ("from", "to", "reason"),
    "case.returned": ("from", "to", "reason_code"),
    "case.downgraded": ("from", "to"),
    "case.regraded": ("severity", "size", "track"),
    "case.became_big": (),
    "case.became_small": (),
    "case.told": ("what",),
    "case.instructed": ("urgent",),
    "case.token_moved": (),
    "case.reopened": (),
    "case.closed": ("result", "tier"),
    "triage.overridden": ("severity", "size"),
    "clock.warned": ("step",),
    "clock.breached": ("step", "tier"),
    "clock.paused": ("step", "reason"),
    "clock.resumed": ("step",),
    "clock.extended": ("step", "by"),
    "extension.asked": ("by",),
    "extension.refused": ("by", "silent"),
    "card.given": ("colour",),
    "joint.absent": (),
    "message.arrived": ("message",),
    "material.supplied": (),
    "risk.reported": ("severity",),
    "supervision.opened": (),
    "citizen.confirmed": (),
    "citizen.refused": (),
    "citizen.rated": (),
}
"""The acts that are told, each with the facts that are. Whatever else happened or was written stays here."""

CASE = ("category", "kind", "channel", "severity", "size", "track", "result")
TASK = (
    *("case_id", "id", "process", "element", "name_zh", "name_en", "unit_id", "roles", "state"),
    *("opened_at", "due_at", "claimed_at", "closed_at"),
)
_CODE = re.compile(r"[a-z0-9_.:-]{1,60}", re.IGNORECASE)
"""What a diagram, a table or a choice may be called. Other texts were written by a person."""


def traces(session: Session, scope: Scope, *, tiers: Tiers, language: str) -> Iterator[Trace]:
    """Cases in the order of their closing, numbered from 1; names of steps in Chinese (`zh`) or English."""
    number, after = 0, None
    while True:
        cases = session.execute(_page(scope, after)).all()
        if not cases:
            return
        after = (cases[-1].closed_at, cases[-1].id)
        ids = [case.id for case in cases]
        tasks = _by_case(session, _tasks(scope, ids))
        entries = _by_case(session, _entries(ids))
        for case in cases:
            number += 1
            acts = entries.get(case.id, ())
            told = (*_of_tasks(tasks.get(case.id, ()), acts, tiers, language), *_of_acts(acts))
            yield Trace(number, coarse(case.place_id), _case(case), tuple(sorted(told, key=_order)))


def chosen(scope: Scope) -> Select[Any]:
    """The ids of the cases; what is confidential, or behind a wall of whoever takes it, is in no log."""
    cases = select(Case.id).where(
        Case.closed_at.is_not(None), scope.period.holds(Case.closed_at.expression), scope.within.cases()
    )
    if scope.process is None:
        return cases
    worked_on = select(Task.id).where(Task.case_id == Case.id, Task.process == scope.process)
    return cases.where(worked_on.exists())


def _page(scope: Scope, after: tuple[datetime, int] | None) -> Select[Any]:
    columns = (Case.id, Case.closed_at, Case.place_id, Case.overdue_at, *(getattr(Case, name) for name in CASE))
    page = chosen(scope).with_only_columns(*columns).order_by(Case.closed_at, Case.id).limit(CHUNK)
    if after is None:
        return page
    closed_at, id_ = after
    return page.where(or_(Case.closed_at > closed_at, and_(Case.closed_at == closed_at, Case.id > id_)))


def _tasks(scope: Scope, ids: Sequence[int]) -> Select[Any]:
    tasks = select(*(getattr(Task, name) for name in TASK)).where(Task.case_id.in_(ids))
    if scope.process is not None:
        tasks = tasks.where(Task.process == scope.process)
    return tasks.order_by(Task.case_id, Task.id)


def _entries(ids: Sequence[int]) -> Select[Any]:
    return (
        select(HistoryEntry.case_id, HistoryEntry.at, HistoryEntry.act, HistoryEntry.facts)
        .where(HistoryEntry.case_id.in_(ids), HistoryEntry.act.in_(("task.completed", *ACTS)))
        .order_by(HistoryEntry.case_id, HistoryEntry.seq)
    )


def _by_case(session: Session, statement: Select[Any]) -> dict[int, list[Any]]:
    return {case_id: list(rows) for case_id, rows in groupby(session.execute(statement), key=lambda row: row.case_id)}


def _case(case: Any) -> dict[str, Value]:
    told = {name: getattr(case, name) for name in CASE if getattr(case, name) is not None}
    return {**told, "overdue": case.overdue_at is not None}


def _of_tasks(tasks: Sequence[Any], entries: Sequence[Any], tiers: Tiers, language: str) -> Iterator[Event]:
    """Asked (`schedule`), taken (`start`), and `complete` with the answers chosen, or `withdraw`."""
    answers = {row.facts.get("task"): row.facts.get("choices") for row in entries if row.act == "task.completed"}
    for number, task in enumerate(tasks, 1):
        about: dict[str, Value] = {"process": task.process, "element": task.element}
        asked = Event(
            task.opened_at,
            task.name_zh if language.startswith("zh") else task.name_en,
            "schedule",
            about,
            task=number,
            area=coarse(task.unit_id),
            tier=tiers.tier_of(task.unit_id),
            roles=",".join(role for role in task.roles.split("|") if role),
        )
        yield asked
        if task.claimed_at is not None:
            yield replace(asked, at=max(task.claimed_at, task.opened_at), lifecycle="start")
        if task.closed_at is None:
            continue
        about = {**about, "late": task.due_at is not None and task.closed_at >= task.due_at}
        if task.state != "completed":
            yield replace(asked, at=task.closed_at, lifecycle="withdraw", attributes=about)
            continue
        given = {f"choice_{key}": value for key, value in (answers.get(task.id) or {}).items() if _tells(value)}
        yield replace(asked, at=task.closed_at, lifecycle="complete", attributes={**about, **given})


def _of_acts(entries: Sequence[Any]) -> Iterator[Event]:
    for row in entries:
        if row.act not in ACTS:
            continue
        told: dict[str, Value] = {}
        for name in ACTS[row.act]:
            value = row.facts.get(name)
            if isinstance(value, dict):
                name, value = f"{name}_tier", value.get("tier")
            if _tells(value) or isinstance(value, int):
                told[name] = value
        yield Event(row.at, row.act, "complete", told)


def _tells(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and _CODE.fullmatch(value) is not None)


def _order(event: Event) -> tuple[datetime, int]:
    """At one instant: what ended, then what it did, then what it led to."""
    ended = event.task is not None and event.lifecycle in ("complete", "withdraw")
    return event.at, 0 if ended else 1 if event.task is None else 2 if event.lifecycle == "schedule" else 3
