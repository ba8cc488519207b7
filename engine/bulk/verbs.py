"""What a person does with an import: bring a file in, say what its columns mean, have it checked, filed, stopped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import IO, Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.bulk import columns
from engine.bulk.cells import plain
from engine.bulk.columns import ColumnMap
from engine.bulk.model import BulkImport, ImportState, MappingTemplate, NotedRow, Outcome
from engine.bulk.rows import ACT, see_import
from engine.bulk.sources import open_source
from engine.bulk.spool import read_spool, remove_spool, write_spool
from engine.config import Config
from engine.documents import clean_name
from engine.errors import Conflict, Invalid
from engine.intake import CHANNELS, KINDS
from engine.people import Viewer
from engine.process import World
from engine.territory import get_unit, is_within, units_by_id

SHOWN = 60
"""So many rows at the top are looked at for a guess."""
MOST_VALUES = 200
"""So many different words of one column can be matched with ours."""
MOST_NEW = 20
"""So many imports of a unit may wait to be filed."""
USUAL = {"channel": "backlog_import", "kind": "complaint"}

Names = Mapping[str, Mapping[str, Sequence[str]]]
"""By field (channel, kind, category): our words, each with what people call it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it was read: where its rows are kept, how many there are, what kind of file it was."""

    spool: str
    name: str
    rows: int
    shape: Mapping[str, Any]


def take_file(config: Config, file: IO[bytes], name: str) -> Taken:
    """Reads a file and keeps its rows. Touches no row of the database; a file that nobody names is removed later.

    Raises Invalid `import.refused` with the reason as `words`.
    """
    shape, rows = open_source(file)
    spool, count, sha256 = write_spool(config, rows)
    return Taken(spool, clean_name(name)[:200] or "?", count, {**shape.as_json(), "sha256": sha256})


def guess_columns(session: Session, config: Config, spool: str, unit_id: str, *, names: Names) -> ColumnMap:
    """What the columns of a file mean: as was said of the last one with the same names, else as they look. Reads it."""
    head = _head(config, spool)
    return _guessed(session, config, spool, head, columns.header_row(head), unit_id, names)


def open_import(
    session: Session, taken: Taken, mapping: ColumnMap, unit_id: str, *, viewer: Viewer | None, now: datetime
) -> BulkImport:
    """Begins an import. The same file, brought in again while its columns are still being matched, is that one again.

    Raises NotAllowed for an area that is not theirs, Conflict while too many wait. `viewer` None is the command line.
    """
    if viewer is not None:
        viewer.must(ACT, unit_id)
    get_unit(session, unit_id)
    waiting = _waiting(session, unit_id)
    made_by = None if viewer is None else viewer.person_id
    for each in waiting:
        if (each.made_by, each.shape["sha256"], each.state) == (made_by, taken.shape["sha256"], ImportState.NEW):
            return each
    if len(waiting) >= MOST_NEW:
        raise Conflict("import.too_many", f"{MOST_NEW} imports wait to be filed; finish or cancel some of them first.")
    row = BulkImport(
        unit_id=unit_id,
        made_by=made_by,
        made_at=now,
        name=taken.name,
        shape=dict(taken.shape),
        spool=taken.spool,
        rows=taken.rows,
        mapping=mapping.as_json(),
        state=ImportState.NEW.value,
        place=0,
        done=0,
        counts={},
        take_alike=False,
    )
    session.add(row)
    session.flush()
    return row


def _guessed(
    session: Session, config: Config, spool: str, head: Sequence[Sequence[str]], header: int, unit_id: str, names: Names
) -> ColumnMap:
    kept = session.get(MappingTemplate, (unit_id, columns.fingerprint(columns.names_of(head, header))))
    if kept is not None and header:
        mapping = replace(ColumnMap.of_json(kept.mapping), header=header)
    else:
        mapping = ColumnMap(header, columns.guess(head, header), {}, dict(USUAL))
    return with_values(config, spool, mapping, names)


def with_values(config: Config, spool: str, mapping: ColumnMap, names: Names) -> ColumnMap:
    """The mapping with every word of its chosen columns, guessed where nobody has said what it is. Reads the file."""
    wanted = {name: column for name in names if (column := mapping.column_of(name)) is not None}
    found: dict[str, dict[str, None]] = {name: {} for name in wanted}
    rows = islice(read_spool(config, spool), mapping.header, None) if wanted else ()
    for cells, _place in rows:
        for name, column in wanted.items():
            word = plain(cells[column]) if column < len(cells) else ""
            if word and len(found[name]) < MOST_VALUES:
                found[name].setdefault(word[:60])
    values = {}
    for name, words in found.items():
        known = mapping.values.get(name, {})
        guessed = columns.guess_values((each for each in words if each not in known), names[name])
        values[name] = {word: known.get(word) or guessed.get(word, "") for word in words}
    return replace(mapping, values=values)


def completed(
    session: Session,
    config: Config,
    import_id: int,
    said: ColumnMap,
    *,
    names: Names,
    viewer: Viewer,
    guesses: bool = True,
) -> ColumnMap:
    """What somebody said of the columns, with the words of its chosen ones; of another header all is guessed anew.

    Reads the file, so it is asked before the transaction that keeps it. Without `guesses` another header leaves what
    was said of the columns as it is.
    """
    row = see_import(session, viewer, import_id)
    if row.spool is None:
        raise Conflict("import.moved_on", "The rows of this import were removed.", state=row.state)
    if guesses and said.header != int(row.mapping["header"]):
        again = _guessed(session, config, row.spool, _head(config, row.spool), said.header, row.unit_id, names)
        return replace(again, usual=said.usual)
    return with_values(config, row.spool, said, names)


def say_columns(
    session: Session,
    world: World,
    import_id: int,
    mapping: ColumnMap,
    *,
    viewer: Viewer,
    now: datetime,
    check: bool,
) -> BulkImport:
    """Keeps what the columns mean, for this file and the next one like it; with `check` the rows are looked at next.

    Raises Conflict once rows are being filed, Invalid with `fields` for a mapping that can file nothing.
    """
    row = see_import(session, viewer, import_id, locked=True)
    _must_be(row, ImportState.NEW, ImportState.CHECKED)
    assert row.spool is not None
    if check:
        must_be_enough(mapping)
        _must_lie_in(session, row.unit_id, mapping.usual.get("place_id"))
    row.mapping, row.state = mapping.as_json(), ImportState.NEW.value
    session.execute(delete(NotedRow).where(NotedRow.import_id == row.id))
    if check:
        names = columns.names_of(_head(world.config, row.spool), mapping.header)
        _keep_template(session, row, names, viewer, now)
        begin_check(row, now=now)
    return row


def begin_check(row: BulkImport, *, now: datetime) -> None:
    row.state, row.place, row.done, row.counts = ImportState.CHECKING.value, 0, 0, {}
    row.started_at, row.trouble = now, None


def start_filing(session: Session, import_id: int, *, take_alike: bool, viewer: Viewer, now: datetime) -> BulkImport:
    """Has the rows filed that nothing is wrong with. Started again, nothing changes. Raises Conflict before a check."""
    row = see_import(session, viewer, import_id, locked=True)
    viewer.must("case.file", row.unit_id)
    if row.state != ImportState.RUNNING:
        _must_be(row, ImportState.CHECKED)
        begin_filing(row, take_alike=take_alike, now=now)
    return row


def begin_filing(row: BulkImport, *, take_alike: bool, now: datetime) -> None:
    row.state, row.place, row.done, row.take_alike, row.started_at = ImportState.RUNNING.value, 0, 0, take_alike, now


def choose_rows(
    session: Session, import_id: int, shown: Collection[int], chosen: Collection[int], *, viewer: Viewer
) -> int:
    """Of rows that look like a case and were shown, those chosen are filed all the same; gives how many."""
    row = see_import(session, viewer, import_id, locked=True)
    _must_be(row, ImportState.CHECKED)
    for take in (True, False):
        numbers = sorted(set(shown) & set(chosen) if take else set(shown) - set(chosen))
        if numbers:
            session.execute(
                update(NotedRow)
                .where(
                    NotedRow.import_id == import_id,
                    NotedRow.outcome == Outcome.ALIKE.value,
                    NotedRow.number.in_(numbers),
                )
                .values(take=take)
                .execution_options(synchronize_session=False)
            )
    return len(set(shown) & set(chosen))


def cancel_import(session: Session, import_id: int, *, viewer: Viewer, now: datetime) -> BulkImport:
    """Stops it where it is: what is filed stays. Cancelled again, nothing changes. Raises Conflict once it is done."""
    row = see_import(session, viewer, import_id, locked=True)
    if row.state != ImportState.CANCELLED:
        _must_be(row, ImportState.NEW, ImportState.CHECKING, ImportState.CHECKED, ImportState.RUNNING)
        end_import(row, ImportState.CANCELLED, now=now)
    return row


def end_import(row: BulkImport, state: ImportState, *, now: datetime) -> None:
    row.state, row.ended_at = state.value, now
    row.leased_by = row.leased_until = None


def forget_rows(session: Session, config: Config, row: BulkImport) -> None:
    """Removes what people wrote: the spool, and the cells of noted rows. How many there were stays known."""
    if row.spool is not None:
        remove_spool(config, row.spool)
        row.spool = None
    session.execute(delete(NotedRow).where(NotedRow.import_id == row.id))


def _waiting(session: Session, unit_id: str) -> Sequence[BulkImport]:
    """Imports of a unit that wait for somebody, as many as may."""
    states = (ImportState.NEW.value, ImportState.CHECKED.value)
    wanted = select(BulkImport).where(BulkImport.unit_id == unit_id, BulkImport.state.in_(states))
    return session.scalars(wanted.order_by(BulkImport.id).limit(MOST_NEW)).all()


def _must_be(row: BulkImport, *states: ImportState) -> None:
    if row.state not in states:
        raise Conflict("import.moved_on", "This import has moved on meanwhile; look at it again.", state=row.state)


def must_be_enough(mapping: ColumnMap) -> None:
    """Raises Invalid `import.mapping` with `fields` for a mapping that can file nothing."""
    meant = set(mapping.columns.values())
    fields: dict[str, Mapping[str, str]] = {}
    if not meant & {"description", "title", "demand"}:
        fields["description"] = {
            "zh": "请指明哪一列写着反映的内容。",
            "en": "Say which column tells what the matter is.",
        }
    if not meant & {"place_id", "address_text"} and not mapping.usual.get("place_id"):
        fields["place_id"] = {
            "zh": "请指明哪一列写着地点，或选择一个通用的地点。",
            "en": "Say which column tells the place, or choose one for all rows.",
        }
    twice = {name for name in meant if list(mapping.columns.values()).count(name) > 1}
    for name in sorted(twice):
        fields[name] = {"zh": "两列指向了同一项。", "en": "Two columns mean the same."}
    for name, ours in (("channel", CHANNELS), ("kind", KINDS)):
        if mapping.usual.get(name) not in ours:
            fields[name] = {"zh": "请选择。", "en": "Choose one."}
    if fields:
        raise Invalid(
            "import.mapping", f"The columns are not matched yet: see {', '.join(sorted(fields))}.", fields=fields
        )


def _must_lie_in(session: Session, unit_id: str, place_id: str | None) -> None:
    """The place of rows that name none. Raises Invalid for one that is not of the import's own area."""
    if place_id and not (is_within(place_id, unit_id) and units_by_id(session, [place_id])):
        words = {"zh": "辖区内没有这个地点。", "en": "There is no such place in this area."}
        raise Invalid("import.mapping", words["en"], fields={"place_id": words})


def _keep_template(session: Session, row: BulkImport, names: Sequence[str], viewer: Viewer, now: datetime) -> None:
    if any(names):
        kept = MappingTemplate(
            unit_id=row.unit_id,
            header=columns.fingerprint(names),
            mapping=row.mapping,
            saved_by=viewer.person_id,
            saved_at=now,
        )
        session.merge(kept)


def _head(config: Config, spool: str) -> list[list[str]]:
    return [cells for cells, _place in islice(read_spool(config, spool), SHOWN)]


def head_of(config: Config, row: BulkImport) -> list[list[str]]:
    """The first rows of its file; none once they were removed."""
    return [] if row.spool is None else _head(config, row.spool)
