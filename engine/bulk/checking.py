"""The dry run: what is wrong with each row, which stand twice, which look like a case there is. Files nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import intake
from engine.bulk.alike import alike
from engine.bulk.held import Held, Line
from engine.bulk.matter import Fault, key_of
from engine.bulk.model import BulkImport, FiledRow, NotedRow, Outcome
from engine.cases import Case
from engine.intake import Filing
from engine.process import World
from engine.store import table_of

COUNTED = ("rows", "blank", "fine", "sorted", "approximate")
OF_PARTIES = {"name": "party_name", "phone": "party_phone", "id_number": "party_id_number", "address": "party_address"}
_noted = table_of(NotedRow)


@dataclass(slots=True)
class Checked:
    """What a portion came to: rows to be noted, and counts."""

    noted: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))


def check(session: Session, world: World, held: Held, lines: Sequence[Line], *, now: datetime) -> Checked:
    """Reads and compares; a few statements for the whole portion, and one look into the index for each title."""
    done = Checked()
    matters = held.matters(lines)
    done.counts["rows"] = len(matters)
    done.counts["blank"] = len(lines) - len(matters)
    read = [(line, held.reader.read(line.cells)) for line in matters]
    for line, each in read:
        if each.filing is None:
            done.noted.append(noted(held.id, line, Outcome.WRONG, faults=each.faults))
    sound = [(line, each, each.filing) for line, each in read if each.filing is not None]
    refused = intake.faults_of_each(session, world, [filing for _, _, filing in sound], now=now)
    for (line, _, _), fields in zip(sound, refused, strict=True):
        if fields:
            faults = faults_in(fields, held.reader.columns)
            done.noted.append(noted(held.id, line, Outcome.WRONG, faults=faults))
    sound = [each for each, fields in zip(sound, refused, strict=True) if not fields]
    before = filed_before(session, [filing for _, _, filing in sound])
    fresh = []
    for line, each, filing in sound:
        key = key_of(filing)
        if key in before or key in held.seen:
            twice = [0, before[key]] if key in before else [held.seen[key], None]
            done.noted.append(noted(held.id, line, Outcome.TWICE, alike=[twice]))
        else:
            held.seen[key] = line.number
            fresh.append((line, each, filing))
    likely = alike(session, world, [filing for _, _, filing in fresh])
    for (line, each, _), found in zip(fresh, likely, strict=True):
        if found:
            pairs = [[case_id, score, list(grounds)] for case_id, score, grounds in found]
            done.noted.append(noted(held.id, line, Outcome.ALIKE, alike=pairs))
        else:
            done.counts["fine"] += 1
        done.counts["sorted"] += each.sorted
        done.counts["approximate"] += each.approximate
    return done


def note(session: Session, row: BulkImport, done: Checked) -> None:
    """Writes what a portion came to."""
    if done.noted:
        session.execute(insert(_noted), done.noted)
    row.counts = {name: row.counts.get(name, 0) + count for name, count in done.counts.items()}


def noted(
    import_id: int,
    line: Line,
    outcome: Outcome,
    *,
    faults: Sequence[Fault] = (),
    alike: Sequence[Sequence[Any]] = (),
) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "number": line.number,
        "outcome": outcome.value,
        "faults": list(faults),
        "alike": [list(each) for each in alike],
        "cells": list(line.cells),
        "take": False,
    }


def faults_in(fields: Mapping[str, Mapping[str, str]], columns: Mapping[str, int]) -> list[Fault]:
    """What intake refuses, as faults of columns."""
    found = []
    for name, words in fields.items():
        part = name.split(".")
        mine = OF_PARTIES.get(part[-1], name) if part[0] == "parties" else name
        fault: Fault = {"field": mine, "zh": words["zh"], "en": words["en"]}
        if mine in columns:
            fault["column"] = columns[mine]
        found.append(fault)
    return found


def filed_before(session: Session, filings: Iterable[Filing]) -> dict[str, int]:
    """Those that were filed already, by key: as a row of some file, or under the same number of the same channel."""
    keyed = {key_of(each): each for each in filings}
    if not keyed:
        return {}
    rows = session.execute(select(FiledRow.key, FiledRow.case_id).where(FiledRow.key.in_(sorted(keyed))))
    found: dict[str, int] = dict(rows.all())
    numbers = {(each.channel, each.external_no): key for key, each in keyed.items() if each.external_no is not None}
    if numbers:
        known = session.execute(
            select(Case.channel, Case.external_no, Case.id).where(
                Case.external_no.in_(sorted({number for _, number in numbers if number})),
                Case.channel.in_(sorted({channel for channel, _ in numbers})),
            )
        )
        for channel, number, case_id in known:
            if number is not None and (channel, number) in numbers:
                found.setdefault(numbers[channel, number], case_id)
    return found
