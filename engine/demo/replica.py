"""The half year that the published article tells of, as events: cases with their whole history, sessions, receptions.

Some cases are led through the real engine in databases beside (`led.py`); all others are copied from these
(`copying.py`) to other places, other weeks and other people. So `maplebridge verify` finds nothing to say, and a report
that counts the history comes to the published figures by itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import TableClause, column, func, insert, select, table
from sqlalchemy.orm import Session

from engine import search
from engine.config import Config
from engine.demo.copying import NAMES, Elsewhere, Ids, Pattern, Words, copy
from engine.demo.led import Led, found_committees, lead
from engine.demo.meetings import Meetings
from engine.errors import Conflict
from engine.people import Membership, Person
from engine.simulate import start_district
from engine.store import Store
from engine.strict_yaml import read_yaml
from engine.territory import OFFICE, Unit

PLAN = Path(__file__).parent / "replica.yaml"
SEED = 20240813
BATCH = 500
COMMUNITY = 3
"""How deep the units lie within which a copy finds its neighbours."""
SOON_AFTER = (timedelta(days=3), timedelta(days=40))
"""When those come again who were not helped at once."""

Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what; `part` below 1 makes a small replica with everything in it."""

    raw: Mapping[str, Any]
    part: float = 1.0

    @classmethod
    def read(cls, part: float = 1.0) -> Plan:
        return cls(read_yaml(PLAN.read_text(encoding="utf-8"), PLAN.name).value, part)

    def many(self, group: str, name: str) -> int:
        return max(1, round(int(self.raw[group][name]) * self.part))

    @property
    def first(self) -> date:
        return date.fromisoformat(str(self.raw["first"]))

    @property
    def last(self) -> date:
        return date.fromisoformat(str(self.raw["last"]))


def seed_replica(store: Store, config: Config, plan: Plan, *, progress: Progress | None = None) -> datetime:
    """Fills an empty, migrated database; gives the instant as of which its reports are to be asked for.

    Raises Conflict `replica.foreign_data` for a database with anything in it.
    """
    with store.reading() as session:
        for model in (Unit, Person):
            if session.scalars(select(model).limit(1)).first() is not None:
                raise Conflict("replica.foreign_data", "This database is not empty; name an empty one for the replica.")
    begun = datetime.combine(plan.first.replace(year=plan.first.year - 1), time(9), config.tz)
    start_district(store, config, now=begun)
    with store.transaction() as session:
        found_committees(session, now=begun)
    with tempfile.TemporaryDirectory() as folder:
        until = datetime.combine(plan.last + timedelta(days=1), time(), config.tz)
        led = lead(config, until=until, dialect=store.dialect, folder=Path(folder), part=plan.part)
    copies = _Copies(store, config, led, plan)
    done = 0
    for batch in _batches(copies.all(), BATCH):
        _write(store, batch)
        done += len(batch)
        if progress is not None:
            progress(done, "")
    with store.transaction() as session:
        copies.meetings.write(session)
    _count_on(store, [*NAMES, *(model.__tablename__ for model in copies.meetings.rows)])
    search.fill_index(store)
    return copies.until


Copied = list[tuple[str, list[Any]]]


class _Copies:
    """Every case of the replica, and what the meetings learn of them."""

    def __init__(self, store: Store, config: Config, led: Led, plan: Plan) -> None:
        self.led, self.plan, self.tz = led, plan, config.tz
        self.chance = Random(f"replica:{SEED}")
        self.from_, self.until = self._midnight(plan.first), self._midnight(plan.last + timedelta(days=1))
        with store.reading() as session:
            units = [(r.id, r.tier) for r in session.execute(select(Unit.id, Unit.tier).where(Unit.tier != OFFICE))]
            led_by = (
                select(Membership.unit_id, func.min(Membership.person_id))
                .where(Membership.role == "lead")
                .group_by(Membership.unit_id)
            )
            self.leads: dict[str, int] = {unit: int(person) for unit, person in session.execute(led_by)}
            self.ids = Ids({name: _last_id(session, name) for name, columns in NAMES.items() if "id" in columns})
            self.meetings = Meetings.of(session, self.leads, Random(f"meetings:{SEED}"), self.from_, self.until)
        self.stands = {person: unit for unit, person in self.leads.items()}
        self.elsewhere = Elsewhere(units, COMMUNITY, self.chance)
        self.by_depth: dict[int, list[str]] = {}
        for unit, _tier in units:
            self.by_depth.setdefault(unit.count("."), []).append(unit)
        self.phones = count(1)
        self.numbers: dict[str, int] = {}

    def all(self) -> Iterator[Copied]:
        plan = self.plan
        for number in range(plan.many("scan_codes", "resolved")):
            yield self.closed("qr.resolved", number)[0]
        left = plan.many("scan_codes", "not_resolved")
        for number in range(left):
            open_too = bool(self.led.get("qr.open")) and number % 2 == 0
            yield self.open("qr.open")[0] if open_too else self.closed("qr.unresolved", number)[0]
        yield from self._petitions()
        for name, pattern in (("agreed", "mediation.agreed"), ("not_agreed", "mediation.failed")):
            for number in range(plan.many("mediations", name)):
                yield self.closed(pattern, number)[0]
        for name, pattern in (("in_substance", "substantively_resolved"), ("by_procedure", "procedurally_closed")):
            for number in range(plan.many("backlog", name)):
                rows, case = self.closed(f"backlog.{pattern}", number)
                self.meetings.issue(case, _instance(rows, "p_backlog_item"))
                yield rows
        yield from self._sessions()
        yield from self._receptions()

    def _petitions(self) -> Iterator[Copied]:
        plan = self.plan
        year_before = self._a_year_before(self.from_), self._a_year_before(self.until)
        for number in range(plan.many("petitions", "of_the_year_before")):
            yield self.closed("petition", number, since=year_before[0], within=year_before)[0]
        for number in range(plan.many("petitions", "first_time")):
            yield self.closed("petition", number)[0]
        for number in range(plan.many("petitions", "came_again")):
            rows, case = self.closed("petition", number, until=self.from_ + (self.until - self.from_) / 2)
            yield rows
            again = case["closed_at"] + SOON_AFTER[0], case["closed_at"] + SOON_AFTER[1]
            yield self.closed("petition.again", number, within=again, phone=case["phone"], category=case["category"])[0]
        for number in range(plan.many("petitions", "others")):
            yield self.closed("petition.again", number)[0]

    def _sessions(self) -> Iterator[Copied]:
        plan = self.plan
        for number in range(plan.many("sessions", "closed")):
            rows, case = self.closed("tea_talk.resolved", number)
            self.meetings.raised(case)
            yield rows
        for _ in range(plan.many("sessions", "open") if self.led.get("tea_talk.open") else 0):
            rows, case = self.open("tea_talk.open")
            self.meetings.raised(case)
            yield rows
        self.meetings.fill_sessions(
            plan.many("sessions", "held"), plan.many("sessions", "answered"), plan.many("sessions", "noted")
        )

    def _receptions(self) -> Iterator[Copied]:
        plan = self.plan
        for name in ("solved", "unsolved"):
            for number in range(plan.many("receptions", name)):
                rows, case = self.closed(f"reception.{name}", number)
                self.meetings.visited(case, _instance(rows, "p_reception"))
                yield rows
        self.meetings.fill_receptions(plan.many("receptions", "held"), plan.many("receptions", "people_more"))

    # --- one copy -----------------------------------------------------------------------------------------------------

    def closed(
        self,
        name: str,
        number: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        within: tuple[datetime, datetime] | None = None,
        **given: Any,
    ) -> tuple[Copied, dict[str, Any]]:
        """A copy of a closed case, received and closed within [since, until); received `within` two instants."""
        pattern = self._pattern(name, number)
        case = pattern.case
        start, end = since or self.from_, until or self.until
        longest = case["closed_at"] - case["received_at"]
        low, high = within or (start, end - longest)
        low, high = max(low, start), min(high, end - longest)
        week = timedelta(weeks=1)
        weeks = range(-(-(low - case["received_at"]) // week), (high - case["received_at"]) // week + 1)
        later = week * (self.chance.choice(weeks) if weeks else round((low - case["received_at"]) / week))
        return self._copy(pattern, later, **given)

    def open(self, name: str) -> tuple[Copied, dict[str, Any]]:
        """A copy of an open case, at the very instants of its pattern: its clocks stand in its saved state."""
        return self._copy(self.chance.choice(self.led[name]), timedelta())

    def _pattern(self, name: str, number: int) -> Pattern:
        patterns = self.led[name]
        return patterns[number % len(patterns)]

    def _copy(
        self, pattern: Pattern, later: timedelta, *, phone: str | None = None, category: str | None = None
    ) -> tuple[Copied, dict[str, Any]]:
        case = pattern.case
        phone = phone or f"131{next(self.phones):08d}"
        category = category or case["category"]
        place, units = self._elsewhere(pattern)
        words = Words(case["title"], case["description"], case["demand"], category, self._parties(pattern, phone))

        def person(old: int) -> int:
            return self.leads.get(units.get(self.stands.get(old, ""), ""), old)

        received_at = case["received_at"] + later
        rows = list(
            copy(
                pattern,
                self.ids,
                units=units,
                people=person,
                words=words,
                number=self._number(received_at),
                later=later,
                with_past=True,
            )
        )
        told = {
            "id": self.ids.last["case"],
            "place_id": place,
            "phone": phone,
            "category": category,
            "received_at": received_at,
            "closed_at": None if case["closed_at"] is None else case["closed_at"] + later,
        }
        return rows, told

    def _elsewhere(self, pattern: Pattern) -> tuple[str, Mapping[str, str]]:
        while True:
            place = self.chance.choice(self.by_depth[pattern.case["place_id"].count(".")])
            units = self.elsewhere.mapping(pattern, place)
            if units is not None:
                return place, units

    def _parties(self, pattern: Pattern, phone: str) -> list[tuple[str, str, str, str | None]]:
        """The same parties; the first of them with a telephone of their own."""
        rows = pattern.rows.get("party", [])
        first = next((row for row in rows if row["role"] != "respondent"), None)
        return [(row["role"], row["name"], row["type"], phone if row is first else None) for row in rows]

    def _number(self, received_at: datetime) -> str:
        day = received_at.astimezone(self.tz).strftime("%Y%m%d")
        self.numbers[day] = self.numbers.get(day, 0) + 1
        return f"LHQ-{day}-{self.numbers[day]:04d}"

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.tz).astimezone(UTC)

    def _a_year_before(self, at: datetime) -> datetime:
        local = at.astimezone(self.tz)
        return local.replace(year=local.year - 1).astimezone(UTC)


def _instance(rows: Copied, process_id: str) -> int:
    """The id of the copied instance of a process."""
    process, id_ = NAMES["instance"].index("process_id"), NAMES["instance"].index("id")
    return next(int(row[id_]) for name, row in rows if name == "instance" and row[process] == process_id)


def _plain(name: str) -> TableClause:
    """A table whose columns take what the database itself keeps, as copies hold it."""
    return table(name, *(column(each) for each in NAMES[name]))


def _last_id(session: Session, name: str) -> int:
    return int(session.scalar(select(func.max(_plain(name).c.id))) or 0)


def _batches(items: Iterable[Copied], size: int) -> Iterator[list[Copied]]:
    batch: list[Copied] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(store: Store, batch: list[Copied]) -> None:
    by_table: dict[str, list[dict[str, Any]]] = {}
    for rows in batch:
        for name, row in rows:
            by_table.setdefault(name, []).append(dict(zip(NAMES[name], row, strict=True)))
    with store.transaction() as session:
        for name in sorted(by_table, key=list(NAMES).index):
            session.execute(insert(_plain(name)), by_table[name])


def _count_on(store: Store, names: Iterable[str]) -> None:
    """Lets the next ids follow those that were written."""
    if store.dialect != "postgresql":
        return
    with store.transaction() as session:
        for name in names:
            if name not in NAMES or "id" in NAMES[name]:
                last = select(func.max(table(name, column("id")).c.id)).scalar_subquery()
                session.execute(select(func.setval(func.pg_get_serial_sequence(f'"{name}"', "id"), last)))
