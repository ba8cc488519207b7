"""Who outside follows what."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from engine.store import Base, Json, UnitId


class Subscription(Base):
    """What a receiver is told: events of these kinds, about cases of one unit and all below it."""

    __tablename__ = "subscription"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("receiver.id"), unique=True)
    kinds: Mapped[list[str]] = mapped_column(Json)
    unit_id: Mapped[str] = mapped_column(UnitId, ForeignKey("unit.id"))
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
