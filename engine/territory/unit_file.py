"""The tree of units as a table: read from CSV with every fault at once, compared with what is there, written out.

Columns: `id`, `name_zh`, `name_en`, `valid_from`, `valid_to`, `merged_into`; the first three are needed. Parent and
tier follow from the id, which never changes: a unit that moves closes under the old id, says into which new one, and
opens under that. A unit that the file leaves out stays as it is; it closes when the file gives its last day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.territory.model import Unit
from engine.territory.table import Fault, day_in, harmless, read_table, refusal
from engine.territory.tiers import Tiers, ancestors, is_top

COLUMNS = ("id", "name_zh", "name_en", "valid_from", "valid_to", "merged_into")
NEEDED = COLUMNS[:3]
LONGEST_NAME = 120
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One line of the file."""

    row: int
    id: str
    name_zh: str
    name_en: str
    valid_from: date | None
    valid_to: date | None
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class UnitChanges:
    """What a file would do, by unit id. `moved` are closed ones that go on under another id."""

    added: tuple[UnitLine, ...]
    renamed: tuple[tuple[UnitLine, str, str], ...]
    """With the names before, Chinese and English."""
    moved: tuple[UnitLine, ...]
    closed: tuple[UnitLine, ...]
    reopened: tuple[UnitLine, ...]
    same: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.renamed or self.moved or self.closed or self.reopened)


def read_units(text: str) -> list[UnitLine]:
    """Raises Invalid `units.invalid` with every fault by row and column (`faults`)."""
    faults: list[Fault] = []
    lines = [
        _line(row, cells, faults)
        for row, cells in read_table(
            text, COLUMNS, NEEDED, faults, empty="文件里没有单位。 / There is no unit in the file."
        )
    ]
    if faults:
        raise refusal("units.invalid", faults)
    return lines


def compare(lines: Sequence[UnitLine], units: Mapping[str, Unit], tiers: Tiers, *, today: date) -> UnitChanges:
    """What the lines would change in the units there are. Raises Invalid like `read_units`."""
    faults: list[Fault] = []
    by_id: dict[str, UnitLine] = {}
    for line in lines:
        if line.id in by_id:
            faults.append(Fault(line.row, "id", "此编号出现两次。", "This id stands in the file twice."))
        by_id[line.id] = line
    for line in by_id.values():
        faults += _in_the_tree(line, by_id, units, tiers)
        if line.valid_to is not None and line.valid_to > today:
            faults.append(
                Fault(
                    line.row,
                    "valid_to",
                    "停用日期不能晚于今天。",
                    "A unit closes today or earlier, not on a coming day.",
                )
            )
    faults += _left_open_below(by_id, units)
    if faults:
        raise refusal("units.invalid", faults)
    known = [(line, units[line.id]) for line in by_id.values() if line.id in units]
    closing = [line for line, unit in known if line.valid_to is not None and unit.valid_to != line.valid_to]
    renamed = tuple(
        (line, unit.name_zh, unit.name_en)
        for line, unit in known
        if (unit.name_zh, unit.name_en) != (line.name_zh, line.name_en)
    )
    reopened = tuple(line for line, unit in known if line.valid_to is None and unit.valid_to is not None)
    touched = {line.id for line in (*closing, *(each for each, _, _ in renamed), *reopened)}
    return UnitChanges(
        added=tuple(line for line in by_id.values() if line.id not in units),
        renamed=renamed,
        moved=tuple(line for line in closing if line.merged_into),
        closed=tuple(line for line in closing if not line.merged_into),
        reopened=reopened,
        same=sum(line.id not in touched for line, _ in known),
    )


def write_units(units: Iterable[Unit]) -> str:
    """The table that `read_units` reads, for a spreadsheet too: no cell begins as a formula would."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for unit in units:
        cells = (unit.id, unit.name_zh, unit.name_en, unit.valid_from, unit.valid_to, unit.merged_into)
        writer.writerow([harmless(str(cell)) if cell is not None else "" for cell in cells])
    return "\ufeff" + out.getvalue()


def _line(row: int, cells: Mapping[str, str], faults: list[Fault]) -> UnitLine:
    faults += [
        Fault(row, key, f"请填写，最多 {LONGEST_NAME} 个字符。", f"Needed, at most {LONGEST_NAME} characters.")
        for key in ("name_zh", "name_en")
        if not 0 < len(cells[key]) <= LONGEST_NAME
    ]
    segments = cells["id"].split(".")
    if len(cells["id"]) > LONGEST_ID or not all(_is_code(segment) for segment in segments):
        faults.append(
            Fault(
                row,
                "id",
                "编号由大写字母和数字组成，用点分级。",
                "An id is capitals and digits, with dots between levels.",
            )
        )
    days = {key: day_in(row, key, cells[key], faults) for key in ("valid_from", "valid_to")}
    if cells["merged_into"] and not cells["valid_to"]:
        faults.append(
            Fault(
                row,
                "merged_into",
                "并入其他单位须填停用日期 valid_to。",
                "A unit that goes into another needs valid_to.",
            )
        )
    return UnitLine(
        row,
        cells["id"],
        cells["name_zh"],
        cells["name_en"],
        days["valid_from"],
        days["valid_to"],
        cells["merged_into"] or None,
    )


def _is_code(segment: str) -> bool:
    return 0 < len(segment) <= 8 and segment.isascii() and segment.isalnum() and segment == segment.upper()


def _in_the_tree(
    line: UnitLine, by_id: Mapping[str, UnitLine], units: Mapping[str, Unit], tiers: Tiers
) -> Iterable[Fault]:
    parent = line.id.rpartition(".")[0]
    if line.id.count(".") >= len(tiers.names):
        yield Fault(line.row, "id", "比最低层级还深。", "It lies deeper than the lowest tier.")
    elif parent and parent not in by_id and parent not in units:
        yield Fault(line.row, "id", f"没有上级单位 {parent}。", f"There is no unit {parent} above it.")
    elif not parent and line.id not in units and (units or line.id != next(filter(is_top, by_id))):
        yield Fault(line.row, "id", "最高层级已有单位。", "There is a unit at the highest tier already.")
    elif parent and line.valid_to is None and _is_closed(parent, by_id, units):
        yield Fault(line.row, "id", f"上级单位 {parent} 已停用。", f"The unit {parent} above it is closed.")
    into = line.merged_into
    if into and (into == line.id or (into not in by_id and into not in units) or _is_closed(into, by_id, units)):
        yield Fault(line.row, "merged_into", f"没有可并入的单位 {into}。", f"There is no open unit {into} to go into.")
    elif into and into.count(".") != line.id.count("."):
        yield Fault(line.row, "merged_into", "须并入同一层级的单位。", "It must be a unit of the same tier.")


def _left_open_below(by_id: Mapping[str, UnitLine], units: Mapping[str, Unit]) -> Iterable[Fault]:
    """A unit that closes may leave nothing open below it: matters there would have nobody above."""
    closing = {line.id: line for line in by_id.values() if line.valid_to is not None}
    told: set[str] = set()
    for unit in units.values():
        if unit.valid_to is not None or unit.id in by_id:
            continue
        for above in ancestors(unit.id)[1:]:
            if above in closing and above not in told:
                told.add(above)
                yield Fault(
                    closing[above].row,
                    "valid_to",
                    f"其下的 {unit.id} 尚未停用。",
                    f"{unit.id} below it is still open.",
                )


def _is_closed(unit_id: str, by_id: Mapping[str, UnitLine], units: Mapping[str, Unit]) -> bool:
    if unit_id in by_id:
        return by_id[unit_id].valid_to is not None
    return unit_id in units and units[unit_id].valid_to is not None
