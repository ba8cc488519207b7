"""Logging what was done of the contracted duties: care visits, weekly contacts and the other four."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import intake
from engine.errors import REQUIRED, Invalid, NotFound, too_long
from engine.inspections.checking import CHANNEL, place_to_check
from engine.inspections.model import CONTACTS, Duty, DutyLog, DutyLook, Group
from engine.intake import Filing, PartyIn
from engine.people import Viewer
from engine.process import World
from engine.reasons import reason_given

LONGEST = 2000
OLDEST = timedelta(days=31)
AHEAD = timedelta(minutes=5)
SHOWN_FOR = timedelta(minutes=15)
PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")


@dataclass(frozen=True, slots=True)
class Logged:
    """What was done. With `needs_help` it becomes a case as well, whose petitioner is the person visited."""

    duty: Duty | None
    unit_id: str
    happened_at: datetime
    summary: str
    name: str = ""
    phone: str = ""
    household: str = ""
    group: Group | None = None
    needs_help: bool = False


def log_duty(session: Session, world: World, logged: Logged, *, viewer: Viewer, now: datetime) -> DutyLog:
    """Raises NotFound for a place that is not the viewer's, Invalid naming every field at once."""
    place_to_check(session, logged.unit_id, viewer=viewer)
    faults = _faults(logged, now)
    if faults:
        raise Invalid("log.invalid", f"The log is not complete: see {', '.join(sorted(faults))}.", fields=faults)
    assert logged.duty is not None
    log = DutyLog(
        duty=logged.duty.value,
        unit_id=logged.unit_id,
        by_id=viewer.person_id,
        happened_at=logged.happened_at,
        received_at=now,
        summary=logged.summary.strip(),
        name=logged.name.strip() or None,
        phone=logged.phone.strip() or None,
        household=logged.household.strip() or None,
        group=None if logged.group is None else logged.group.value,
    )
    session.add(log)
    session.flush()
    if logged.needs_help:
        log.case_id = _ask_for_help(session, world, log, viewer=viewer, now=now)
        session.flush()
    return log


def see_log(session: Session, log_id: int, *, viewer: Viewer) -> DutyLog:
    """Raises NotFound for one that does not exist or lies outside the viewer's units."""
    log = session.get(DutyLog, log_id)
    if log is None or not viewer.may("inspection.read", log.unit_id):
        raise NotFound("log.unknown", "There is no such log.")
    return log


def show_person(session: Session, log_id: int, reason: str, *, viewer: Viewer, now: datetime) -> DutyLog:
    """Notes that somebody had the person shown in the clear, and why; that holds for a quarter of an hour.

    Raises NotFound where the viewer does not work, Invalid without a reason.
    """
    log = see_log(session, log_id, viewer=viewer)
    viewer.must("inspection.do", log.unit_id)
    session.add(DutyLook(log_id=log.id, person_id=viewer.person_id, at=now, reason=reason_given(reason)))
    session.flush()
    return log


def shown_until(session: Session, log: DutyLog, *, viewer: Viewer, now: datetime) -> datetime | None:
    """Until when this viewer sees the person in the clear; None: masked."""
    newest = session.scalar(
        select(DutyLook.at)
        .where(DutyLook.log_id == log.id, DutyLook.person_id == viewer.person_id, DutyLook.at > now - SHOWN_FOR)
        .order_by(DutyLook.at.desc())
        .limit(1)
    )
    return None if newest is None else newest + SHOWN_FOR


def _ask_for_help(session: Session, world: World, log: DutyLog, *, viewer: Viewer, now: datetime) -> int:
    zh = world.config.locale.startswith("zh")
    person = PartyIn("applicant", log.name or ("走访对象" if zh else "person visited"), phone=log.phone, protected=True,
                     address=log.household)  # fmt: skip
    filing = Filing(
        channel=CHANNEL,
        kind="help",
        category="unsorted",
        title="走访发现需要帮扶" if zh else "A visit found that help is needed",
        description=log.summary,
        place_id=log.unit_id,
        received_at=min(log.happened_at, now),
        external_no=f"duty:{log.id}",
        parties=(person,),
    )
    return intake.file_case(session, world, filing, viewer=viewer, now=now).id


def _faults(logged: Logged, now: datetime) -> dict[str, Mapping[str, str]]:
    faults: dict[str, Mapping[str, str]] = {}
    if logged.duty is None:
        faults["duty"] = {"zh": "请选择事项。", "en": "Choose which duty it was."}
    if not logged.summary.strip():
        faults["summary"] = REQUIRED
    elif len(logged.summary) > LONGEST:
        faults["summary"] = too_long(LONGEST)
    for name, longest in (("name", 80), ("household", 120)):
        if len(getattr(logged, name)) > longest:
            faults[name] = too_long(longest)
    if logged.phone.strip() and not PHONE.fullmatch(logged.phone.strip()):
        faults["phone"] = {"zh": "这不像电话号码。", "en": "This does not look like a phone number."}
    if logged.duty in CONTACTS and not (logged.household.strip() or logged.name.strip()):
        faults["household"] = {"zh": "请写明是哪一户或哪位居民。", "en": "Say which household or whom."}
    if not now - OLDEST <= logged.happened_at <= now + AHEAD:
        words = {
            "zh": "时间须在最近一个月内，且不晚于现在。",
            "en": "It lies within the last month, and not ahead of now.",
        }
        faults["happened_at"] = words
    return faults
