"""What filing has to know of the database and the tables: asked one by one, or for many matters at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import process, triage
from engine.cases import Asked, Case, Earlier, Who, earlier_of_each
from engine.intake.filing import Filing
from engine.process import World
from engine.store import canonical_json
from engine.territory import Unit, ancestors, units_by_id

if TYPE_CHECKING:
    from engine.intake.matter import Matter

MOST_GRADES = 5_000


class Memory:
    """What many matters have in common, from one transaction to the next: how facts are graded, how processes start.

    Holds for the releases it has met. To be thrown away with a transaction that used it and was not committed; what a
    start that it remembers then stumbles over is told with a new one. Not to be shared between threads.
    """

    def __init__(self) -> None:
        self.starts = process.Starts()
        self.words: dict[str, set[str]] = {}
        """Of the index (`search.indexed_together`)."""
        self._grades: dict[tuple[int, str], triage.Grade] = {}

    def grade(self, session: Session, world: World, facts: Mapping[str, Any]) -> triage.Grade:
        release = world.releases.current(session)
        key = release.id, canonical_json(facts)
        if key not in self._grades:
            if len(self._grades) >= MOST_GRADES:
                self._grades.clear()
            self._grades[key] = triage.grade(release.package, facts, tiers=world.tiers)
        return self._grades[key]


class Known:
    """Of some matters that are filed in one transaction: a statement for each question, however many they are."""

    def __init__(
        self, session: Session, world: World, filings: Sequence[Filing], *, memory: Memory | None = None
    ) -> None:
        self.memory = memory
        self._session, self._world, self._filings = session, world, filings
        self._places: dict[str, Unit] | None = None
        self._filed: dict[tuple[str, str], int | Matter] | None = None
        self._earlier: dict[int, list[Earlier]] | None = None

    def place(self, place_id: str) -> Unit | None:
        if self._places is None:
            wanted = {unit for each in self._filings for unit in ancestors(each.place_id)}
            self._places = units_by_id(self._session, wanted)
        return self._places.get(place_id)

    def filed_before(self, filing: Filing) -> Case | Matter | None:
        """The case of the same channel and external number, or the matter that will be it."""
        if self._filed is None:
            numbers = sorted({each.external_no for each in self._filings if each.external_no is not None})
            rows = (
                self._session.execute(
                    select(Case.channel, Case.external_no, Case.id).where(
                        Case.external_no.in_(numbers), Case.channel.in_(sorted({f.channel for f in self._filings}))
                    )
                )
                if numbers
                else ()
            )
            self._filed = {(channel, number): id_ for channel, number, id_ in rows if number is not None}
        found = None if filing.external_no is None else self._filed.get((filing.channel, filing.external_no))
        return self._session.get_one(Case, found) if isinstance(found, int) else found

    def note(self, matter: Matter) -> None:
        """Who comes next in this transaction with the same number finds it."""
        filing = matter.filing
        if filing.external_no is not None and self._filed is not None:
            self._filed[filing.channel, filing.external_no] = matter

    def earlier(self, filing: Filing) -> list[Earlier]:
        """What the matter repeats, latest first; a confidential one is compared with nothing."""
        if self._earlier is None:
            open_ones = [each for each in self._filings if not each.confidential]
            days = timedelta(days=self._world.config.detection.repeat_days)
            asked = [
                Asked(Who.of(f.parties), f.place_id, f.category, f.received_at - days, f.received_at) for f in open_ones
            ]
            found = earlier_of_each(self._session, asked)
            self._earlier = {id(each): rows for each, rows in zip(open_ones, found, strict=True)}
        return self._earlier.get(id(filing), [])

    def grade(self, facts: Mapping[str, Any]) -> triage.Grade:
        if self.memory is not None:
            return self.memory.grade(self._session, self._world, facts)
        return triage.grade(self._world.releases.current(self._session).package, facts, tiers=self._world.tiers)
