"""Handing in a check: every item answered, a photo of each that failed, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from engine import documents, intake, process
from engine.cases import Case
from engine.documents import Kept
from engine.errors import Invalid, NotFound, too_long
from engine.inspections.catalogue import Checklist, Item, catalogue
from engine.inspections.model import Answer, Check, Finding, Then
from engine.intake import Filing, Override, PartyIn
from engine.people import Viewer
from engine.process import World
from engine.territory import Unit, is_office

CHANNEL = "inspection"
LONGEST = 1000
LONGEST_NAME = 120
MOST_PHOTOS = 6
LATEST_RECHECK = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Answered:
    """What was said of one item; all but the answer only where it failed."""

    answer: Answer | None
    note: str = ""
    then: Then | None = None
    photos: Sequence[Kept] = ()
    who: str = ""
    """Who is responsible, where that is known: becomes the respondent of the case."""
    recheck_on: date | None = None


def checklist_for(world: World, place: Unit, checklist_id: str) -> Checklist:
    """Raises NotFound for a list that does not exist or is not for this place."""
    found = catalogue(world.config.inspections).checklists.get(checklist_id)
    if found is None or not found.is_for(place.tier):
        raise NotFound("checklist.unknown", "There is no such checklist for this place.")
    return found


def place_to_check(session: Session, unit_id: str, *, viewer: Viewer) -> Unit:
    """Raises NotFound for a place that does not exist any more or is not the viewer's to look at."""
    place = None if is_office(unit_id) else session.get(Unit, unit_id)
    if place is None or place.valid_to is not None or not viewer.may("inspection.do", unit_id):
        raise NotFound("unit.unknown", "There is no such place.")
    return place


def file_check(
    session: Session,
    world: World,
    unit_id: str,
    checklist_id: str,
    answers: Mapping[str, Answered],
    *,
    note: str = "",
    done_at: datetime,
    viewer: Viewer,
    now: datetime,
) -> Check:
    """Keeps a check with its findings, and files a case for each item that became one.

    `done_at` is the phone's instant, `now` ours. Raises NotFound for a place or list that is not theirs, and Invalid
    whose fields are named `answer-<item>`, `photo-<item>`, `then-<item>` and so on.
    """
    place = place_to_check(session, unit_id, viewer=viewer)
    checklist = checklist_for(world, place, checklist_id)
    today = done_at.astimezone(world.calendar.tz).date()
    faults = _faults(checklist, answers, note, today)
    if faults:
        raise Invalid("check.invalid", f"The check is not complete: see {', '.join(sorted(faults))}.", fields=faults)
    failed = [item for item in checklist.items if answers[item.id].answer is Answer.FAIL]
    check = Check(
        unit_id=place.id,
        checklist=checklist.id,
        by_id=viewer.person_id,
        done_at=done_at,
        received_at=now,
        answers={item.id: str(answers[item.id].answer) for item in checklist.items},
        failed=len(failed),
        note=note.strip() or None,
    )
    session.add(check)
    session.flush()
    for item in failed:
        answered = answers[item.id]
        usual = today + timedelta(days=checklist.recheck_days)
        _find(session, world, check, item, answered, answered.recheck_on or usual, viewer=viewer, now=now)
    return check


def file_for(
    session: Session,
    world: World,
    finding: Finding,
    note: str,
    photos: Sequence[Kept],
    *,
    sent_as: str,
    who: str = "",
    seen_at: datetime,
    viewer: Viewer,
    now: datetime,
) -> Case:
    """The case of a finding, as grave as the list says at least. `sent_as` is its number in this channel."""
    filing = Filing(
        channel=CHANNEL,
        kind=finding.kind,
        category=finding.category,
        title=finding.name(world.config.locale),
        description=note or finding.name(world.config.locale),
        place_id=finding.unit_id,
        received_at=seen_at,
        external_no=sent_as,
        parties=(PartyIn("respondent", who.strip()),) if who.strip() else (),
    )
    grade = intake.preview(session, world, filing)
    if grade.severity < finding.severity:
        said = "检查单所列严重程度" if world.config.locale.startswith("zh") else "as grave as the checklist says"
        filing = replace(filing, override=Override(finding.severity, said))
    case = intake.file_case(session, world, filing, viewer=viewer, now=now)
    for photo in photos:
        documents.attach(session, case.id, photo, limits=world.config.documents, actor_id=viewer.person_id, now=now)
    return case


def note_found(session: Session, case: Case, finding: Finding, *, viewer: Viewer, now: datetime) -> None:
    """Writes into the history of a new case what it comes from, and when it is to be looked at again."""
    facts = {
        "finding": finding.id,
        "name": [finding.name_zh, finding.name_en],
        "recheck_on": finding.recheck_on.isoformat(),
    }
    process.record(session, case, "inspection.found", actor_id=viewer.person_id, now=now, facts=facts)


def keep_photos(session: Session, photos: Sequence[Kept], *, viewer: Viewer, now: datetime) -> list[int]:
    """Rows for the pictures of a finding, in their order."""
    return [documents.keep_photo(session, each, actor_id=viewer.person_id, now=now).id for each in photos]


def photo_fault(photos: Sequence[Kept]) -> Mapping[str, str] | None:
    if len(photos) > MOST_PHOTOS:
        return {"zh": f"最多 {MOST_PHOTOS} 张。", "en": f"At most {MOST_PHOTOS} photos."}
    if any(each.kind not in documents.PICTURES for each in photos):
        return {"zh": "只能附照片。", "en": "Only photos are taken here."}
    return None


def _find(
    session: Session,
    world: World,
    check: Check,
    item: Item,
    answered: Answered,
    recheck_on: date,
    *,
    viewer: Viewer,
    now: datetime,
) -> None:
    assert answered.then is not None
    finding = Finding(
        check_id=check.id,
        unit_id=check.unit_id,
        item=item.id,
        name_zh=item.found_zh,
        name_en=item.found_en,
        category=item.category,
        kind=item.kind,
        severity=item.severity,
        note=answered.note.strip(),
        photos=keep_photos(session, answered.photos, viewer=viewer, now=now),
        then=answered.then.value,
        recheck_on=recheck_on,
    )
    session.add(finding)
    session.flush()
    if answered.then is Then.FIXED:
        return
    case = file_for(
        session, world, finding, finding.note, answered.photos,
        sent_as=f"check:{check.id}:{item.id}", who=answered.who, seen_at=check.done_at, viewer=viewer, now=now,
    )  # fmt: skip
    finding.case_id = case.id
    note_found(session, case, finding, viewer=viewer, now=now)


def _faults(
    checklist: Checklist, answers: Mapping[str, Answered], note: str, today: date
) -> dict[str, Mapping[str, str]]:
    faults: dict[str, Mapping[str, str]] = {}
    for item in checklist.items:
        answered = answers.get(item.id, Answered(None))
        if answered.answer is None:
            faults[f"answer-{item.id}"] = {"zh": "请选择一项。", "en": "Choose one."}
        if answered.answer is not Answer.FAIL:
            continue
        if not answered.photos:
            faults[f"photo-{item.id}"] = {"zh": "不合格项须拍照。", "en": "What is not in order needs a photo."}
        elif (fault := photo_fault(answered.photos)) is not None:
            faults[f"photo-{item.id}"] = fault
        if answered.then is None:
            faults[f"then-{item.id}"] = {"zh": "请选择如何处理。", "en": "Say what became of it."}
        if len(answered.note) > LONGEST:
            faults[f"note-{item.id}"] = too_long(LONGEST)
        if len(answered.who) > LONGEST_NAME:
            faults[f"who-{item.id}"] = too_long(LONGEST_NAME)
        if answered.recheck_on is not None and not today <= answered.recheck_on <= today + LATEST_RECHECK:
            faults[f"recheck-{item.id}"] = {"zh": "复查日期应在一年之内。", "en": "Within a year from today."}
    if len(note) > LONGEST:
        faults["note"] = too_long(LONGEST)
    return faults
