"""What people raise while they sit together: answered, noted, or filed as a case that goes its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import intake, process
from engine.errors import Conflict, Invalid, NotFound, too_long
from engine.intake import Filing, PartyIn
from engine.people import Viewer
from engine.process import World
from engine.sessions.model import FILES, Disposition, Gathering, GatheringItem
from engine.sessions.rows import lock_session

CHANNEL = "tea_talk"
KINDS = ("dispute", "complaint", "help")
"""What a case from a session may be; a suggestion is a suggestion."""
LONGEST = 2000
LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Raised:
    """`by` is who raised it; `people` how many stand behind it. `kind` and `category` count where a case is filed."""

    text: str
    by: str
    disposition: str
    answer: str = ""
    kind: str = "complaint"
    category: str = ""
    people: int | None = None


def raise_item(
    session: Session, world: World, gathering_id: int, raised: Raised, *, viewer: Viewer, now: datetime
) -> GatheringItem:
    """Writes an item down; one that becomes a case or a suggestion is filed at once, for the unit of the session.

    Raises NotFound, NotAllowed, Conflict once the minutes are published, Invalid naming every field.
    """
    gathering = lock_session(session, viewer, gathering_id)
    viewer.must("session.hold", gathering.unit_id)
    _must_be_open(gathering)
    _check(raised)
    last = session.scalar(select(func.max(GatheringItem.seq)).where(GatheringItem.gathering_id == gathering.id))
    item = GatheringItem(
        gathering_id=gathering.id,
        seq=(last or 0) + 1,
        text=raised.text.strip(),
        by_name=raised.by.strip()[:80],
        disposition=raised.disposition,
        answer=raised.answer.strip() or None,
    )
    if raised.disposition in FILES:
        item.case_id = _file(session, world, gathering, raised, viewer=viewer, now=now)
    session.add(item)
    session.flush()
    return item


def take_back(session: Session, gathering_id: int, item_id: int, *, viewer: Viewer) -> None:
    """Removes an item written down in error. Raises Conflict for one that was filed: its case is there."""
    gathering = lock_session(session, viewer, gathering_id)
    viewer.must("session.hold", gathering.unit_id)
    _must_be_open(gathering)
    item = session.get(GatheringItem, item_id)
    if item is None or item.gathering_id != gathering.id:
        raise NotFound("session.item_unknown", "There is no such item.", item=item_id)
    if item.case_id is not None:
        raise Conflict("session.item_filed", "This item was filed as a case; withdraw the case.", case=item.case_id)
    session.delete(item)
    session.flush()


def _file(
    session: Session, world: World, gathering: Gathering, raised: Raised, *, viewer: Viewer, now: datetime
) -> int:
    suggestion = raised.disposition == Disposition.SUGGESTION
    text = raised.text.strip()
    several = raised.people is not None and raised.people > 1
    filing = Filing(
        channel=CHANNEL,
        kind="suggestion" if suggestion else raised.kind,
        category=raised.category or ("suggestion.facility" if suggestion else "unsorted"),
        title=" ".join(text.split())[:LONGEST_TITLE],
        description=text,
        place_id=gathering.unit_id,
        received_at=now,
        facts={} if raised.people is None else {"people_count": raised.people},
        parties=(PartyIn("applicant", raised.by.strip(), type="group" if several else "person"),),
    )
    case = intake.file_case(session, world, filing, viewer=viewer, now=now)
    facts = {"session": gathering.id, "text": gathering.topic}
    process.record(session, case, "session.raised", actor_id=viewer.person_id, now=now, facts=facts)
    return case.id


def _must_be_open(gathering: Gathering) -> None:
    if gathering.cancelled_at is not None:
        raise Conflict("session.cancelled", "This session was called off.", session=gathering.id)
    if gathering.held_at is not None:
        raise Conflict(
            "session.published", "The minutes are published; nothing is added to them.", session=gathering.id
        )


def _check(raised: Raised) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    if not raised.text.strip():
        wrong["text"] = {"zh": "请写下反映的内容。", "en": "Write down what was raised."}
    for field, value in (("text", raised.text), ("answer", raised.answer)):
        if len(value) > LONGEST:
            wrong[field] = too_long(LONGEST)
    if raised.disposition not in tuple(Disposition):
        wrong["disposition"] = {"zh": "请选择处理方式。", "en": "Choose what becomes of it."}
    elif raised.disposition == Disposition.ANSWERED and not raised.answer.strip():
        wrong["answer"] = {"zh": "请写下当场的答复。", "en": "Write down the answer."}
    if raised.disposition in FILES and not raised.by.strip():
        wrong["by"] = {"zh": "转为工单的须写明由谁提出。", "en": "A case needs the name of who raised it."}
    if raised.disposition == Disposition.CASE and raised.kind not in KINDS:
        wrong["case_kind"] = {"zh": "请选择类型。", "en": "Choose a kind."}
    if raised.people is not None and not 1 <= raised.people <= 100_000:
        wrong["people_count"] = {"zh": "请填写人数。", "en": "Write how many people."}
    if wrong:
        raise Invalid("session.item_invalid", "This cannot be written down like this.", fields=wrong)
