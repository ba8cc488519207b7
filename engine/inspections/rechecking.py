"""Looking again at what had failed. Passed, the finding is settled; not passed, it becomes a case or stays one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import documents, process
from engine.cases import lock_case
from engine.documents import Kept
from engine.errors import Conflict, Invalid, NotFound, too_long
from engine.inspections.checking import LATEST_RECHECK, LONGEST, file_for, keep_photos, note_found, photo_fault
from engine.inspections.model import Finding, Recheck
from engine.people import Viewer
from engine.process import World

AGAIN = timedelta(days=3)
"""Unless another day is named, what did not pass is looked at again so much later."""


def see_finding(session: Session, finding_id: int, *, viewer: Viewer, act: str = "inspection.read") -> Finding:
    """Raises NotFound for one that does not exist or lies outside the viewer's units."""
    finding = session.get(Finding, finding_id)
    if finding is None or not viewer.may(act, finding.unit_id):
        raise NotFound("finding.unknown", "There is no such finding.")
    return finding


def recheck(
    session: Session,
    world: World,
    finding_id: int,
    *,
    passed: bool | None,
    note: str = "",
    photos: Sequence[Kept] = (),
    again_on: date | None = None,
    done_at: datetime,
    viewer: Viewer,
    now: datetime,
) -> Recheck:
    """Writes a recheck down, and into the history of the finding's case.

    What did not pass becomes a case where it had been fixed on the spot or its case is closed; otherwise the case goes
    on. It waits for another recheck on `again_on`. Raises NotFound, Conflict `finding.settled`, Invalid by field.
    """
    see_finding(session, finding_id, viewer=viewer, act="inspection.do")
    finding = session.get_one(Finding, finding_id, with_for_update=True)
    today = done_at.astimezone(world.calendar.tz).date()
    faults = _faults(passed, note, photos, again_on, today)
    if faults:
        raise Invalid("recheck.invalid", f"It is not complete: see {', '.join(sorted(faults))}.", fields=faults)
    if finding.settled_at is not None:
        raise Conflict("finding.settled", "Somebody has looked again already, and it was in order.")
    row = Recheck(
        finding_id=finding.id,
        by_id=viewer.person_id,
        done_at=done_at,
        received_at=now,
        passed=bool(passed),
        note=note.strip() or None,
        photos=keep_photos(session, photos, viewer=viewer, now=now),
    )
    session.add(row)
    session.flush()
    if passed:
        finding.settled_at = done_at
    else:
        finding.recheck_on = again_on or today + AGAIN
    row.case_id = _told(session, world, finding, row, photos, viewer=viewer, now=now)
    session.flush()
    return row


def rechecks_of(session: Session, finding_ids: Collection[int]) -> Sequence[Recheck]:
    """The latest first."""
    query = (
        select(Recheck).where(Recheck.finding_id.in_(finding_ids)).order_by(Recheck.done_at.desc(), Recheck.id.desc())
    )
    return session.scalars(query).all()


def _told(
    session: Session,
    world: World,
    finding: Finding,
    row: Recheck,
    photos: Sequence[Kept],
    *,
    viewer: Viewer,
    now: datetime,
) -> int | None:
    """The case that hears of the recheck: the finding's own, or a new one."""
    facts = {"finding": finding.id, **({} if row.passed else {"recheck_on": finding.recheck_on.isoformat()})}
    if finding.case_id is not None:
        case = lock_case(session, finding.case_id)
        act = "recheck.passed" if row.passed else "recheck.failed"
        process.record(session, case, act, actor_id=viewer.person_id, now=now, facts=facts)
        if row.passed or not case.ended:
            for photo in photos:
                limits = world.config.documents
                documents.attach(session, case.id, photo, limits=limits, actor_id=viewer.person_id, now=now)
            return case.id
    if row.passed:
        return None
    new = file_for(
        session, world, finding, row.note or "", photos,
        sent_as=f"recheck:{row.id}", seen_at=row.done_at, viewer=viewer, now=now,
    )  # fmt: skip
    note_found(session, new, finding, viewer=viewer, now=now)
    finding.case_id = new.id
    return new.id


def _faults(
    passed: bool | None, note: str, photos: Sequence[Kept], again_on: date | None, today: date
) -> dict[str, Mapping[str, str]]:
    faults: dict[str, Mapping[str, str]] = {}
    if passed is None:
        faults["passed"] = {"zh": "请选择一项。", "en": "Choose one."}
    if passed is False and not photos:
        faults["photo"] = {"zh": "不合格须拍照。", "en": "What is not in order needs a photo."}
    if (fault := photo_fault(photos)) is not None:
        faults["photo"] = fault
    if len(note) > LONGEST:
        faults["note"] = too_long(LONGEST)
    if again_on is not None and not today <= again_on <= today + LATEST_RECHECK:
        faults["again_on"] = {"zh": "复查日期应在一年之内。", "en": "Within a year from today."}
    return faults
