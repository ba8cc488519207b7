"""An import that is being worked on: what its portions have in common, and its rows from where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import intake
from engine.bulk.columns import ColumnMap, names_of, tidy
from engine.bulk.matter import Reader, key_of
from engine.bulk.model import BulkImport, ImportState
from engine.bulk.places import Place, Places
from engine.bulk.spool import read_spool
from engine.bulk.verbs import head_of
from engine.errors import Conflict
from engine.process import World
from engine.territory import OFFICE, Unit, within


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file: its number as a spreadsheet counts, its cells, the byte behind it in the spool."""

    number: int
    cells: Sequence[str]
    place: int


class Held:
    """Reads on through one file, one portion after the other."""

    def __init__(self, session: Session, world: World, row: BulkImport) -> None:
        if row.spool is None:
            raise Conflict("import.moved_on", "The rows of this import were removed.", state=row.state)
        self.id, self.state, self.place, self.number = row.id, row.state, row.place, row.done
        mapping = ColumnMap.of_json(row.mapping)
        self.reader = Reader(
            mapping,
            places_of(session, row.unit_id),
            world.releases.current(session).keywords,
            zone=world.calendar.tz,
            made_at=row.made_at,
        )
        self.memory = intake.Memory()
        self._header = mapping.header
        self._names = [name for name in names_of(head_of(world.config, row), mapping.header) if name]
        self.seen: dict[str, int] = {}
        """The keys of the rows that were checked, each with the number of its row."""
        if row.state == ImportState.CHECKING and row.place:
            self._see_again(world, row.spool, row.place)
        self._rows = read_spool(world.config, row.spool, place=row.place)

    def next(self, most: int) -> list[Line]:
        """The next rows; none at the end."""
        return [
            Line(number, cells, place)
            for number, (cells, place) in enumerate(islice(self._rows, most), self.number + 1)
        ]

    def matters(self, lines: Sequence[Line]) -> list[Line]:
        """Those with a matter in them: not what stands above, not blank, not the names of the columns again."""
        return [
            line
            for line in lines
            if line.number > self._header and any(cell.strip() for cell in line.cells) and not self._is_names(line)
        ]

    def went_on(self, lines: Sequence[Line]) -> None:
        self.place, self.number = lines[-1].place, lines[-1].number

    def _is_names(self, line: Line) -> bool:
        return bool(self._names) and [name for cell in line.cells if (name := tidy(cell))] == self._names

    def _see_again(self, world: World, spool: str, until: int) -> None:
        """Another node has checked so far: what it had seen."""
        lines: Iterator[Line] = (
            Line(number, cells, place) for number, (cells, place) in enumerate(read_spool(world.config, spool), 1)
        )
        for line in lines:
            if line.place > until:
                return
            for each in self.matters([line]):
                found = self.reader.read(each.cells).filing
                if found is not None:
                    self.seen.setdefault(key_of(found), each.number)


def places_of(session: Session, unit_id: str) -> Places:
    """The living places of an area, by which rows are found their place."""
    alive = within(Unit.id.expression, [unit_id]), Unit.valid_to.is_(None), Unit.tier != OFFICE
    rows = session.execute(select(Unit.id, Unit.name_zh, Unit.name_en).where(*alive).order_by(Unit.id))
    return Places(Place(*row) for row in rows)
