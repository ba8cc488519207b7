"""The place tree as rows."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, UnitId

IS_VALID = text("valid_to IS NULL")


class Unit(Base):
    """A node of the place tree, and at once the office that answers for it. `id` is its materialised path.

    Ids never change: a re-cut grid gets `valid_to` and `merged_into`, and closed cases keep the old id.
    """

    __tablename__ = "unit"
    __table_args__ = (Index("ix_unit_valid", "tier", "id", postgresql_where=IS_VALID, sqlite_where=IS_VALID),)

    id: Mapped[str] = mapped_column(UnitId, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(UnitId, ForeignKey("unit.id"), index=True)
    tier: Mapped[str] = mapped_column(String(32), index=True)
    seq: Mapped[int] = mapped_column(Integer)
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    merged_into: Mapped[str | None] = mapped_column(UnitId)

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en
