"""Member units of the joint conference, each with a named officer of sufficient rank; the templates of instructors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from engine.errors import Invalid, NotFound
from engine.people import Person, Viewer, operator_log
from engine.staffing.model import LEAST_RANK, RANKS, Kind, MemberUnit, Posting, Template
from engine.staffing.rows import in_force
from engine.territory import Unit, ancestors, open_office, within

LETTER = "d"
"""Offices that are member units: `LHQ.d7`."""
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Member:
    """A member unit with its officer today, if it has one."""

    row: MemberUnit
    unit: Unit
    officer: Person | None
    posting: Posting | None

    @property
    def rank_is_enough(self) -> bool:
        return self.posting is not None and is_enough(self.posting.rank)


def is_enough(rank: str | None) -> bool:
    """Whether somebody of this rank may be the officer of a member unit. Pure."""
    return rank in RANKS and RANKS.index(rank) >= RANKS.index(LEAST_RANK)


def add_member_unit(
    session: Session,
    seat_id: str,
    name_zh: str,
    name_en: str,
    *,
    phone: str | None = None,
    duty: str | None = None,
    viewer: Viewer | None,
    now: datetime,
) -> MemberUnit:
    """Opens an office at the seat. Raises Invalid for a name that is missing or too long."""
    if viewer is not None:
        viewer.must("staffing.keep", seat_id)
    said = {"zh": "请填写，最多 120 个字符。", "en": "Needed, at most 120 characters."}
    wrong = {k: said for k, name in (("name_zh", name_zh), ("name_en", name_en)) if not 0 < len(name.strip()) <= 120}
    if wrong:
        raise Invalid("member.invalid", "A name is missing or too long.", fields=wrong)
    unit = open_office(session, seat_id, LETTER, name_zh.strip(), name_en.strip())
    row = MemberUnit(unit_id=unit.id, phone=phone or None, duty=(duty or "").strip()[:300] or None)
    session.add(row)
    session.flush()
    operator_log.log(session, viewer, "member.added", f"unit:{unit.id}", now=now)
    return row


def member_units(session: Session, areas: Collection[str], *, on: date, most: int = 200) -> Sequence[Member]:
    """Those at these units, below them or above them, by id. One statement."""
    posted = and_(Posting.unit_id == MemberUnit.unit_id, Posting.kind == Kind.OFFICER.value, in_force(on))
    above = {each for area in areas for each in ancestors(area)}
    rows = session.execute(
        select(MemberUnit, Unit, Posting, Person)
        .join(Unit, Unit.id == MemberUnit.unit_id)
        .outerjoin(Posting, posted)
        .outerjoin(Person, and_(Person.id == Posting.person_id, Person.active))
        .where(within(Unit.id.expression, sorted(areas)) | Unit.parent_id.in_(sorted(above)), Unit.valid_to.is_(None))
        .order_by(Unit.id, Posting.from_on.desc())
        .limit(most)
    ).all()
    found: dict[str, Member] = {}
    for row, unit, posting, officer in rows:
        person = cast("Person | None", officer)  # a unit that has none
        found.setdefault(unit.id, Member(row, unit, person, None if person is None else posting))
    return list(found.values())


def get_member(session: Session, unit_id: str) -> tuple[MemberUnit, Unit]:
    """Raises NotFound."""
    found = session.execute(
        select(MemberUnit, Unit).join(Unit, Unit.id == MemberUnit.unit_id).where(MemberUnit.unit_id == unit_id)
    ).first()
    if found is None:
        raise NotFound("member.unknown", "There is no such member unit.", unit=unit_id)
    return found[0], found[1]


def write_template(session: Session, unit_id: str, title: str, text: str, *, viewer: Viewer, now: datetime) -> Template:
    """Allowed to instructors of the unit or of one above it."""
    viewer.must("guidance.write", unit_id)
    wrong = {}
    if not 0 < len(title.strip()) <= 80:
        wrong["title"] = {"zh": "请填写，最多 80 个字符。", "en": "Needed, at most 80 characters."}
    if not 0 < len(text.strip()) <= LONGEST:
        wrong["text"] = {"zh": f"请填写，最多 {LONGEST} 字。", "en": f"Needed, at most {LONGEST} characters."}
    if wrong:
        raise Invalid("template.invalid", "Something about the template is missing.", fields=wrong)
    template = Template(
        unit_id=unit_id,
        title=title.strip(),
        text=text.strip(),
        written_by=viewer.person_id,
        written_at=now,
    )
    session.add(template)
    session.flush()
    return template


def drop_template(session: Session, template_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Idempotent."""
    template = session.get(Template, template_id)
    if template is None:
        raise NotFound("template.unknown", "There is no such template.", template=template_id)
    viewer.must("guidance.write", template.unit_id)
    template.ended_at = template.ended_at or now
    session.flush()


def templates_for(session: Session, units: Collection[str]) -> Sequence[Template]:
    """What is offered to those of these units: of the units themselves and of those above them, newest first."""
    line = sorted({each for unit in units for each in ancestors(unit)})
    return session.scalars(
        select(Template)
        .where(Template.unit_id.in_(line), Template.ended_at.is_(None))
        .order_by(Template.id.desc())
        .limit(50)
    ).all()
