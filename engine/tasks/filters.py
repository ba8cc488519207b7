"""What a person wants to see of a work list: a filter that stands in the address, and filters kept under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Integer, String, UniqueConstraint, and_, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases import Case
from engine.errors import Conflict, Invalid, NotFound
from engine.store import Base, Json
from engine.tasks.model import Task
from engine.territory import within

BELOW = "below"
"""As a unit: everything in and below the units one works in."""
MOST_SAVED = 20
LONGEST_NAME = 40
LONGEST_TEXT = 60
LAST = "\U0010ffff"
"""Sorts after everything a text can go on with."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`step` is an element of a diagram, `light` green, yellow or red, `unit` an id or `below`; empty means any.

    `text` begins the number of a case or stands in its title.
    """

    step: str = ""
    light: str = ""
    category: str = ""
    unit: str = ""
    text: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filter:
        """From an address; what makes no sense is passed over."""
        return cls(
            step=asked.get("step", "")[:64],
            light=asked.get("light", "") if asked.get("light") in ("green", "yellow", "red") else "",
            category=asked.get("category", "")[:48],
            unit=asked.get("unit", "")[:64],
            text=asked.get("q", "").strip()[:LONGEST_TEXT],
        )

    def address(self) -> dict[str, str]:
        """The parameters of an address that says the same."""
        pairs = {
            "step": self.step,
            "light": self.light,
            "category": self.category,
            "unit": self.unit,
            "q": self.text,
        }
        return {key: value for key, value in pairs.items() if value}

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """On `Task` joined with `Case`; where the unit decides is left to the tab."""
        found: list[ColumnElement[bool]] = []
        if self.step:
            found.append(Task.element == self.step)
        if self.category:
            found.append(Case.category == self.category)
        if self.light == "red":
            found.append(Task.due_at <= now)
        elif self.light == "yellow":
            found.append(and_(Task.due_at > now, Task.warn_at <= now))
        elif self.light == "green":
            found.append(and_(Task.due_at > now, or_(Task.warn_at.is_(None), Task.warn_at > now)))
        if self.text:
            start = self.text.upper()
            found.append(
                or_(
                    and_(Case.number >= start, Case.number < start + LAST),
                    Case.title.contains(self.text, autoescape=True),
                )
            )
        return found

    @property
    def asks_the_case(self) -> bool:
        return bool(self.category or self.unit or self.text)

    def in_unit(self) -> list[ColumnElement[bool]]:
        return [within(Task.unit_id.expression, (self.unit,))] if self.unit and self.unit != BELOW else []


class SavedFilter(Base):
    """A filter with a tab, under a name of its person's own."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[dict[str, str]] = mapped_column(Json)
    """Parameters of the work list's address."""


def saved_filters(session: Session, person_id: int) -> Sequence[SavedFilter]:
    """In the order they were made."""
    return session.scalars(select(SavedFilter).where(SavedFilter.person_id == person_id).order_by(SavedFilter.id)).all()


def save_filter(session: Session, person_id: int, name: str, query: Mapping[str, str]) -> SavedFilter:
    """Keeps a filter; one of the same name is replaced. Raises Invalid without a name, Conflict for too many."""
    called = " ".join(name.split())[:LONGEST_NAME]
    if not called:
        raise Invalid("filter.name", "Give the filter a name.")
    mine = saved_filters(session, person_id)
    known = next((each for each in mine if each.name == called), None)
    if known is not None:
        known.query = dict(query)
        return known
    if len(mine) >= MOST_SAVED:
        raise Conflict("filter.too_many", f"At most {MOST_SAVED} filters can be kept; remove one first.")
    made = SavedFilter(person_id=person_id, name=called, query=dict(query))
    session.add(made)
    session.flush()
    return made


def remove_filter(session: Session, person_id: int, filter_id: int) -> None:
    """Raises NotFound for a filter that is not the person's own."""
    gone = session.execute(delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.person_id == person_id))
    if gone.rowcount == 0:  # type: ignore[attr-defined]
        raise NotFound("filter.unknown", "There is no such filter.", filter=filter_id)
