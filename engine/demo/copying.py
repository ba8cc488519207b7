"""Cases copied as rows: elsewhere in the tree, at another time, about something else; what is open can be worked on.

A pattern is a case that the real engine has filed and led, read as it stands in the tables. A copy has ids, number,
place, units, instants and words of its own. Of an open case the saved state, the history (hashed anew) and the outbox
are copied too, so that every invariant holds and its tasks can be completed. A closed one may
have the head of its history only: its past would be half of all rows, and no list, search or figure reads it.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, Text, select, type_coerce
from sqlalchemy.orm import Session

from engine.cases import Card, Case, Party, Visit
from engine.deadlines import Deadline, Extension
from engine.history import HistoryEntry
from engine.mediation import Referral
from engine.outbox import OutboxEntry
from engine.process import Instance
from engine.store import Instant, Json, table_of
from engine.tasks import Task

Row = dict[str, Any]
TABLES: Sequence[Table] = tuple(
    table_of(model) for model in (Case, Party, Visit, Instance, Task, Deadline, Card, Extension, Referral)
)
PAST: Sequence[Table] = (table_of(HistoryEntry), table_of(OutboxEntry))
NAMES = {table.name: tuple(table.c.keys()) for table in (*TABLES, *PAST)}
INSTANTS = {
    table.name: tuple(name for name, column in table.c.items() if isinstance(column.type, Instant))
    for table in (*TABLES, *PAST)
}
UNITS = ("place_id", "holder_id", "accountable_id", "unit_id", "from_unit_id", "item")
PEOPLE = ("entered_by", "signed_in_by", "claimed_by", "completed_by", "filed_by", "actor_id")
TEXTS = ("facts", "after", "answers", "state")
SAID_AT = re.compile(r'"(\d{4}-\d\d-\d\d)T')
"""The day of an instant that the history tells."""
UNIT = re.compile(r'"([A-Z][A-Za-z0-9]*(?:\.[0-9A-Za-z]+)+)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One row of a pattern, ready to be copied: its values in the order of the columns, and where which kind stands."""

    table: str
    values: list[Any]
    instants: Sequence[tuple[int, int, str]]
    """Column, day, and the time of the day as the database keeps it."""
    units: Sequence[int]
    people: Sequence[int]
    texts: Sequence[int]
    references: Sequence[tuple[int, str]]
    id: int | None
    case_id: int | None


@dataclass(slots=True)
class Pattern:
    """A case with all its rows, by table."""

    rows: dict[str, list[Row]]
    named: frozenset[str] = frozenset()
    """Every unit that stands anywhere in it."""
    sheets: Sequence[Sheet] = ()

    @property
    def case(self) -> Row:
        return self.rows["case"][0]

    @property
    def shown_to(self) -> set[str]:
        """Units that were asked or held it."""
        return {row["unit_id"] for name in ("task", "visit") for row in self.rows.get(name, ())}


@dataclass(frozen=True, slots=True)
class Words:
    """What a copy is about."""

    title: str
    description: str
    demand: str | None
    category: str
    parties: Sequence[tuple[str, str, str, str | None]]
    """(role, name, type, phone)."""


@dataclass(slots=True)
class Ids:
    """The last id given, by table."""

    last: dict[str, int] = field(default_factory=dict)

    def next(self, table: str) -> int:
        self.last[table] = self.last.get(table, 0) + 1
        return self.last[table]


def read_patterns(session: Session, *, dialect: str | None = None) -> list[Pattern]:
    """All cases of a small database, with the values that the database keeps (JSON as text).

    `dialect` is that of the database the copies go to, where it is another one.
    """
    found: dict[int, Pattern] = {}
    zone = "+00:00" if (dialect or session.get_bind().dialect.name) == "postgresql" else ""
    for table in (*TABLES, *PAST):
        plain = select(*(_as_kept(column) for column in table.c))
        for row in session.execute(plain.order_by(*table.primary_key.columns)).mappings():
            case_id = row["id"] if table.name == "case" else row["case_id"]
            pattern = found.setdefault(case_id, Pattern({}))
            pattern.rows.setdefault(table.name, []).append(dict(row))
    for pattern in found.values():
        pattern.named = frozenset(_named(pattern))
        pattern.sheets = [
            _sheet(name, row, zone) for name, rows in pattern.rows.items() if name != "party" for row in rows
        ]
    return list(found.values())


def _sheet(name: str, row: Row, zone: str) -> Sheet:
    columns = NAMES[name]

    def of(names: Sequence[str]) -> list[int]:
        return [at for at, column in enumerate(columns) if column in names and row[column] is not None]

    texts = of(TEXTS) if name != "case" else []
    return Sheet(
        name,
        [row[column] for column in columns],
        [(at, row[columns[at]].toordinal(), f" {row[columns[at]]:%H:%M:%S.%f}{zone}") for at in of(INSTANTS[name])],
        of(UNITS),
        of(PEOPLE),
        [at for at in texts if UNIT.search(_text(row[columns[at]]))],
        [(at, columns[at].removesuffix("_id")) for at in of(("instance_id", "deadline_id"))],
        columns.index("id") if "id" in columns else None,
        columns.index("case_id") if "case_id" in columns else None,
    )


def may_be_copied(pattern: Pattern) -> bool:
    """Not while its parties are asked one by one: their ids stand in the saved state."""
    tasks = pattern.rows.get("task", ())
    return not any(task["item"] and task["item"].isdecimal() for task in tasks) and not pattern.case["walled"]


def copy(
    pattern: Pattern,
    ids: Ids,
    *,
    units: Mapping[str, str],
    people: Callable[[int], int],
    words: Words,
    number: str,
    later: timedelta,
    with_past: bool,
) -> Iterator[tuple[str, list[Any]]]:
    """The rows of one copy in the order of `NAMES`, the case first. `units` says where each named unit lies now."""
    known: dict[tuple[str, int], int] = {}
    case_id = ids.next("case")
    case: list[Any] = []
    hashes: dict[str, str] = {}
    head = ""
    for sheet in pattern.sheets:
        name = sheet.table
        if not with_past and name in ("history", "outbox"):
            continue
        new = sheet.values.copy()
        for at, day, time in sheet.instants:
            new[at] = _day(day + later.days) + time
        for at in sheet.units:
            new[at] = units.get(new[at], new[at])
        for at in sheet.people:
            new[at] = people(new[at])
        for at in sheet.texts:
            new[at] = _moved(new[at], units)
        if sheet.case_id is not None:
            new[sheet.case_id] = case_id
        if name == "case":
            case = new
            _overwrite(case, "case", id=case_id, number=number, external_no=None, title=words.title,
                       description=words.description, demand=words.demand, category=words.category)  # fmt: skip
        elif sheet.id is not None:
            known[name, new[sheet.id]] = new[sheet.id] = ids.next(name)
        for at, table in sheet.references:
            new[at] = known[table, new[at]]
        if with_past and name == "task" and sheet.texts:
            hashes[_sha(sheet.values[ANSWERS])] = _sha(new[ANSWERS])
        elif name == "history":
            head = _hash_anew(new, head, known, hashes, later)
            _overwrite(case, "case", history_seq=new[SEQ], history_hash=head)
        elif name == "outbox":
            new[KEY] = f"{case_id}:{new[KEY].partition(':')[2]}"
        yield name, new
    for role, party, kind, phone in words.parties:
        row = [None] * len(NAMES["party"])
        _overwrite(row, "party", id=ids.next("party"), case_id=case_id, role=role, name=party, type=kind, phone=phone,
                   protected=False)  # fmt: skip
        yield "party", row


@cache
def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _overwrite(row: list[Any], table: str, **values: Any) -> None:
    for column, value in values.items():
        row[NAMES[table].index(column)] = value


ANSWERS = NAMES["task"].index("answers")
SEQ = NAMES["history"].index("seq")
KEY = NAMES["outbox"].index("key")


def _hash_anew(
    entry: list[Any],
    before: str,
    known: Mapping[tuple[str, int], int],
    hashes: Mapping[str, str],
    later: timedelta,
) -> str:
    row = dict(zip(NAMES["history"], entry, strict=True))
    facts = json.loads(
        SAID_AT.sub(lambda hit: f'"{_day(date.fromisoformat(hit[1]).toordinal() + later.days)}T', row["facts"])
    )
    if isinstance(facts.get("task"), int):
        facts["task"] = known["task", facts["task"]]
    if facts.get("answers") in hashes:
        facts["answers"] = hashes[facts["answers"]]
    told = _canonical(facts)
    at = row["at"].replace(" ", "T").removesuffix("+00:00") + "+00:00"
    actor = "null" if row["actor_id"] is None else row["actor_id"]
    said = f'[{row["case_id"]},{row["seq"]},"{at}",{actor},"{row["act"]}",{told},{row["after"]},"{before}"]'
    _overwrite(entry, "history", facts=told, previous_hash=before, hash=_sha(said))
    return _sha(said)


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _moved(kept: str | bytes, units: Mapping[str, str]) -> str | bytes:
    moved = UNIT.sub(lambda hit: f'"{units.get(hit[1], hit[1])}"', _text(kept))
    return moved.encode() if isinstance(kept, bytes) else moved


def _text(kept: str | bytes) -> str:
    return kept.decode() if isinstance(kept, bytes) else kept


def _named(pattern: Pattern) -> Iterator[str]:
    for name, rows in pattern.rows.items():
        for row in rows:
            yield from (row[column] for column in UNITS if isinstance(row.get(column), str))
            for column in TEXTS if name != "case" else ():
                text = row.get(column)
                if text:
                    yield from UNIT.findall(_text(text))


def _as_kept(column: Any) -> Any:
    """JSON stays the text it is kept as."""
    return type_coerce(column, Text).label(column.name) if isinstance(column.type, Json) else column


class Elsewhere:
    """Other places of the same shape: who stands above, and which neighbours there are, is as it was."""

    def __init__(self, units: Sequence[tuple[str, str]], depth_of_community: int, chance: random.Random) -> None:
        self.chance = chance
        self.depth = depth_of_community
        self.by_community: dict[tuple[str, int], list[str]] = {}
        for unit, _ in units:
            parts = unit.split(".")
            if len(parts) > depth_of_community:
                self.by_community.setdefault((".".join(parts[:depth_of_community]), len(parts)), []).append(unit)

    def mapping(self, pattern: Pattern, place: str) -> Mapping[str, str] | None:
        """From each unit named in a pattern to its counterpart around `place`; None where there is no room for all."""
        here, there = pattern.case["place_id"].split("."), place.split(".")
        if len(here) != len(there):
            return None
        units = {".".join(here[:n]): ".".join(there[:n]) for n in range(1, len(here) + 1)}
        taken = set(units.values())
        community = ".".join(here[: self.depth])
        for unit in sorted(pattern.named - set(units)):
            parts = unit.split(".")
            if len(parts) <= self.depth or not unit.startswith(community + "."):
                continue
            free = [
                each
                for each in self.by_community.get((".".join(there[: self.depth]), len(parts)), ())
                if each not in taken
            ]
            if not free:
                return None
            units[unit] = self.chance.choice(free)
            taken.add(units[unit])
        return units


def shifted(at: datetime, target: datetime) -> timedelta:
    """The whole weeks that bring one instant near another, so that a Monday stays a Monday."""
    return timedelta(weeks=round((target - at) / timedelta(weeks=1)))
