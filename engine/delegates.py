"""A delegate of the people's congress raises a matter for one of their grids, and is told what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine import intake, staffing
from engine.cases import Case
from engine.errors import Invalid
from engine.intake import Filing, PartyIn
from engine.people import Viewer
from engine.process import World

CHANNEL = "delegate"
KINDS = ("complaint", "help", "suggestion", "dispute")
"""What they may raise; a petition or a report of misconduct goes its own way."""


def raise_matter(
    session: Session,
    world: World,
    unit_id: str,
    *,
    kind: str,
    category: str,
    title: str,
    description: str,
    viewer: Viewer,
    now: datetime,
) -> Case:
    """Files a case for a grid of theirs, in which they stand as representative of the people there.

    They do not read the case; how it stands is told on a page of their own. Raises Invalid with the fields that are
    wrong, NotAllowed for anybody else.
    """
    viewer.must("matter.raise", unit_id)
    today = now.astimezone(world.calendar.tz).date()
    wrong = {}
    if unit_id not in {unit.id for unit in staffing.grids_of(session, viewer.person_id, on=today)}:
        wrong["place_id"] = {"zh": "请选择您联系的网格。", "en": "Choose a grid of yours."}
    if kind not in KINDS:
        wrong["kind"] = {"zh": "请选择类型。", "en": "Choose a kind."}
    if wrong:
        raise Invalid("matter.invalid", "Something about the matter is missing.", fields=wrong)
    filing = Filing(
        channel=CHANNEL,
        kind=kind,
        category=category,
        title=title,
        description=description,
        place_id=unit_id,
        received_at=now,
        parties=(PartyIn("representative", viewer.name_zh),),
    )
    case = intake.file_case(session, world, filing, viewer=None, now=now)
    staffing.note_raised(session, case.id, person_id=viewer.person_id, unit_id=unit_id, now=now)
    return case
