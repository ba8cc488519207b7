"""Imports as rows: a file that was brought in, what its columns mean, how far it got, and what could not be filed.

States: `new` its columns are being matched · `checking` every row is read and compared, nothing is filed · `checked`
somebody looks at what was found · `running` rows are filed · `done` · `cancelled` what is filed stays · `failed` with
`trouble`. A node that dies leaves an expired lease, and any node goes on with the next portion.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Instant, Json, UnitId

UNDER_WAY = text("state IN ('checking', 'running')")


class ImportState(enum.StrEnum):
    NEW = "new"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Outcome(enum.StrEnum):
    """Why a row is noted."""

    WRONG = "wrong"
    """Something in it cannot be taken."""
    ALIKE = "alike"
    """It looks like a case there is; filed only where somebody says so."""
    TWICE = "twice"
    """The same row stands further up in the file, or was filed before."""


class BulkImport(Base):
    """One file. `place` is the byte of its spool where the next portion begins, `done` how many rows lie before it."""

    __tablename__ = "bulk_import"
    __table_args__ = (
        Index("ix_bulk_import_unit_id", "unit_id", "id"),
        Index("ix_bulk_import_under_way", "id", postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY),
        Index("ix_bulk_import_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    """Every row lies in it; whoever may import there sees the import."""
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    name: Mapped[str] = mapped_column(String(200))
    shape: Mapped[dict[str, Any]] = mapped_column(Json)
    """What kind of file it was: `format`, `encoding`, `separator`, `sheet`, `odd` lines in another encoding."""
    spool: Mapped[str | None] = mapped_column(String(64))
    """The file of its rows in the folder of documents; None once it was removed."""
    rows: Mapped[int] = mapped_column(Integer)
    """Rows of the spool, those above the data among them."""
    mapping: Mapped[dict[str, Any]] = mapped_column(Json)
    """`columns.Mapping` as JSON."""
    state: Mapped[str] = mapped_column(String(12))
    place: Mapped[int] = mapped_column(BigInteger, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    """How many rows were blank, fine, sorted, approximate (by the check); filed, left (by the filing)."""
    take_alike: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether rows that look like a case are filed all the same."""
    leased_by: Mapped[str | None] = mapped_column(String(120))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    trouble: Mapped[str | None] = mapped_column(Text)

    @property
    def under_way(self) -> bool:
        return self.state in (ImportState.CHECKING, ImportState.RUNNING)


class NotedRow(Base):
    """A row that is not filed as it stands, with its cells, so that it can be shown, mended and sent again."""

    __tablename__ = "bulk_row"
    __table_args__ = (Index("ix_bulk_row_outcome", "import_id", "outcome", "number"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("bulk_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """As a spreadsheet counts: the first row of the sheet is 1."""
    outcome: Mapped[str] = mapped_column(String(8))
    faults: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    """`field`, `zh`, `en`, and where known `column` (from 0) and `suggest`, a list of ids."""
    alike: Mapped[list[list[Any]]] = mapped_column(Json)
    """[case id, likeness in per cent, grounds]; of one that stands twice [row or 0, case id or null]."""
    cells: Mapped[list[str]] = mapped_column(Json)
    take: Mapped[bool] = mapped_column(Boolean, default=False)
    """Somebody wants it filed although it looks like a case."""


class FiledRow(Base):
    """A row that was filed, by what makes it one and the same row wherever it comes from."""

    __tablename__ = "bulk_filed"
    __table_args__ = (Index("ix_bulk_filed_import_id", "import_id", "number"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("bulk_import.id"))
    number: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)


class MappingTemplate(Base):
    """What the columns of a header mean in a unit, as it was last corrected: the next such file is read alike."""

    __tablename__ = "bulk_template"

    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    header: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The hash of the names of its columns."""
    mapping: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[datetime] = mapped_column(Instant)
