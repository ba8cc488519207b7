"""What a figure was, day by day, so that a trend can be drawn: a few rows for each unit that is led."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Json, UnitId


class DayFigure(Base):
    """A figure of a unit as it stood when the day's first tick looked. A share is kept in thousandths."""

    __tablename__ = "day_figure"

    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(String(24), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)
    out_of: Mapped[int | None] = mapped_column(Integer)
    """Of a share: of how many cases."""
    walled: Mapped[list[Any] | None] = mapped_column(Json)
    """[case id, 1 where it counts above the line] of the cases in it that somebody is shut out of: whoever that is sees
    the figure without them. Forgotten once no trend reaches back so far."""
