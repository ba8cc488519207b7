"""Publishing the minutes: who came, what was said, and what people were told of their earlier suggestions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engine import process
from engine.cases import lock_case
from engine.errors import Conflict, Invalid, too_long
from engine.people import Viewer
from engine.sessions.model import Gathering
from engine.sessions.rows import lock_session, untold

LONGEST = 20_000
MOST = 100_000
EARLY = timedelta(hours=12)
"""So much earlier than planned may people sit together."""


@dataclass(frozen=True, slots=True)
class Minutes:
    attended: int | None
    attendees: str
    text: str
    told: Collection[int] = ()
    """Items of earlier sessions whose outcome people were told."""


def keep(session: Session, gathering_id: int, minutes: Minutes, *, viewer: Viewer) -> None:
    """Keeps what is written of the minutes so far, without publishing it. Raises NotFound, NotAllowed; does nothing to
    a session whose minutes are published."""
    gathering = lock_session(session, viewer, gathering_id)
    viewer.must("session.hold", gathering.unit_id)
    if gathering.held_at is not None:
        return
    gathering.attended = minutes.attended if minutes.attended and minutes.attended <= MOST else None
    gathering.attendees, gathering.minutes = minutes.attendees[:LONGEST] or None, minutes.text[:LONGEST] or None
    session.flush()


def publish(session: Session, gathering_id: int, minutes: Minutes, *, viewer: Viewer, now: datetime) -> Gathering:
    """Publishes the minutes. The session stays open until each of its cases is closed.

    Raises NotFound, NotAllowed, Conflict for one published or called off, Invalid naming every field.
    """
    gathering = lock_session(session, viewer, gathering_id)
    viewer.must("session.hold", gathering.unit_id)
    if gathering.held_at is not None or gathering.cancelled_at is not None:
        raise Conflict("session.published", "The minutes are published already.", session=gathering.id)
    _check(gathering, minutes, now)
    for item, _case, _topic in untold(session, viewer, gathering):
        if item.id in minutes.told and item.case_id is not None:
            item.told_in = gathering.id
            case = lock_case(session, item.case_id)
            facts = {"session": gathering.id, "text": gathering.topic}
            process.record(session, case, "session.told", actor_id=viewer.person_id, now=now, facts=facts)
    gathering.attended, gathering.attendees = minutes.attended, minutes.attendees.strip() or None
    gathering.minutes = minutes.text.strip()
    gathering.held_at, gathering.held_by = now, viewer.person_id
    session.flush()
    return gathering


def _check(gathering: Gathering, minutes: Minutes, now: datetime) -> None:
    wrong: dict[str, Mapping[str, str]] = {}
    if minutes.attended is None or not 1 <= minutes.attended <= MOST:
        wrong["attended"] = {"zh": "请填写到会人数。", "en": "Write how many came."}
    if not minutes.text.strip():
        wrong["minutes"] = {"zh": "请写会议纪要。", "en": "Write the minutes."}
    for field, value in (("minutes", minutes.text), ("attendees", minutes.attendees)):
        if len(value) > LONGEST:
            wrong[field] = too_long(LONGEST)
    if gathering.starts_at > now + EARLY:
        wrong["minutes"] = {"zh": "还没有到开会的时间。", "en": "The session has not begun yet."}
    if wrong:
        raise Invalid("session.minutes_invalid", "The minutes cannot be published like this.", fields=wrong)
