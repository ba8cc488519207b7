"""The proactive work of the demonstration: plans, checks, a finding to look at again, contacts of two weeks."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import documents, inspections, people
from engine.documents import Kept
from engine.inspections import Answer, Answered, Check, Draft, Duty, DutyLog, Every, Group, Logged, Then, week_of
from engine.main import Application
from engine.people import Membership, Viewer, demo_people
from engine.store import table_of
from engine.territory import Unit, is_within, within

CHECKED = 0.7
"""So many buildings of the community were checked in the month."""
KEPT_LAST_WEEK = 0.88
KEPT_A_DAY = 0.14
"""Last week nearly every lead kept the weekly contact; this week so many more with every day."""
HEARD = (
    "走访 2 户，反映楼道灯不亮，已报修。",
    "上门了解新入住租户情况，宣传消防安全。",
    "电话联系，近况良好，无诉求。",
    "入户走访，协助老人预约体检。",
    "与三楼两户沟通晾晒滴水，双方商定错开时间。",
)


def go_rounds(lived: Application, *, now: datetime) -> None:
    """Nothing where the demo people do not stand at a community, a grid and a building."""
    with lived.store.transaction() as session:
        line = _line(session, lived)
        community, grid, building = (line.get(tier) for tier in ("community", "grid", "building"))
        if community is None or grid is None or building is None:
            return
        chance = Random("rounds")
        places = tuple(each.units(("lead",))[0] for each in (community, grid, building))
        leads = _leads(session, lived)
        _plan(session, lived, places[0], community, now)
        _check(session, lived, leads, places[0], places[1], chance, now)
        _find(session, lived, places[2], building, now)
        spared = frozenset({grid.person_id, building.person_id})
        logs = list(_contacts(lived, leads, spared, chance, now))
        session.execute(insert(table_of(DutyLog)), logs)
        before = now - timedelta(days=9)
        said = "送药上门，血压稳定；子女周末回来。"
        for_care = Logged(Duty.CARE, places[2], before, said, "谢阿婆", "13800138000", "402 室", Group.ELDERLY)
        inspections.log_duty(session, lived.world, for_care, viewer=grid, now=before)


def _line(session: Session, lived: Application) -> Mapping[str, Viewer]:
    """The demo people who lead a unit, by its tier."""
    found: dict[str, Viewer] = {}
    for person, membership in demo_people(session):
        if membership.role == "lead":
            tier = lived.world.tiers.tier_of(membership.unit_id)
            found.setdefault(tier, people.viewer_of(session, person.id))
    return found


def _leads(session: Session, lived: Application) -> Mapping[str, int]:
    """Who leads each unit of the two lowest tiers."""
    lowest = lived.world.tiers.names[:2]
    rows = session.execute(
        select(Membership.unit_id, Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.role == "lead", Unit.tier.in_(lowest))
        .order_by(Membership.unit_id, Membership.person_id)
    )
    return dict(rows.all())


def _plan(session: Session, lived: Application, area: str, lead: Viewer, now: datetime) -> None:
    today = now.astimezone(lived.config.tz).date()
    month = Draft("每月楼栋安全排查", "building_safety", area, "building", today.replace(day=1), None, Every.MONTH)
    sweep = Draft(
        "矛盾纠纷集中排查", "disputes", area, "grid", today - timedelta(days=9), ends_on=today + timedelta(days=11)
    )
    for draft in (month, sweep):
        inspections.make_plan(session, lived.world, draft, viewer=lead, now=now - timedelta(days=40))


def _check(
    session: Session,
    lived: Application,
    leads: Mapping[str, int],
    area: str,
    spared: str,
    chance: Random,
    now: datetime,
) -> None:
    """Most places of the area were in order; those of the demo people's grid still wait."""
    lists = inspections.catalogue(lived.config.inspections).checklists
    by_tier = {"building": lists["building_safety"], "grid": lists["disputes"]}
    first = now.astimezone(lived.config.tz).replace(day=1, hour=0, minute=0)
    units = session.execute(
        select(Unit.id, Unit.tier)
        .where(within(Unit.id.expression, (area,)), Unit.tier.in_(sorted(by_tier)))
        .order_by(Unit.id)
    )
    rows = []
    for unit, tier in units:
        if unit in leads and not is_within(unit, spared) and chance.random() < CHECKED:
            since = max(first, now - timedelta(days=9)) if tier == "grid" else first
            at = since + (now - since) * chance.random()
            answers = {item.id: Answer.OK.value for item in by_tier[tier].items}
            rows.append(
                {"unit_id": unit, "checklist": by_tier[tier].id, "by_id": leads[unit], "done_at": at,
                 "received_at": at, "answers": answers, "failed": 0, "note": None}
            )  # fmt: skip
    if rows:
        session.execute(insert(table_of(Check)), rows)


def _find(session: Session, lived: Application, building: str, lead: Viewer, now: datetime) -> None:
    """Earlier somebody cleared a stairway on the spot; today it is to be looked at again. And wiring became a case."""
    photo = _photo(lived)
    at = now - timedelta(days=33)
    items = inspections.catalogue(lived.config.inspections).checklists["building_safety"].items
    answers = {item.id: Answered(Answer.OK) for item in items}
    today = now.astimezone(lived.config.tz).date()
    stairs, wiring = items[0].id, items[5].id
    answers[stairs] = Answered(Answer.FAIL, "二楼转角堆放纸箱，已当场清走。", Then.FIXED, [photo], recheck_on=today)
    inspections.file_check(
        session, lived.world, building, "building_safety", answers, done_at=at, viewer=lead, now=at
    )  # fmt: skip
    found = Answered(
        Answer.FAIL, "三楼走廊拉线给电动车充电。", Then.CASE, [photo], recheck_on=today + timedelta(days=3)
    )
    answers = {item.id: Answered(Answer.OK) for item in items} | {wiring: found}
    late = now - timedelta(hours=2)
    inspections.file_check(
        session, lived.world, building, "building_safety", answers, done_at=late, viewer=lead, now=now
    )  # fmt: skip


def _contacts(
    lived: Application, leads: Mapping[str, int], spared: frozenset[int], chance: Random, now: datetime
) -> Iterator[dict[str, Any]]:
    tz = lived.config.tz
    monday, _end = week_of(now.astimezone(tz).date())
    start = datetime.combine(monday, datetime.min.time(), tz)
    this_week = KEPT_A_DAY * ((now - start) / timedelta(days=1))
    for unit, person in leads.items():
        for since, until, share in ((start - timedelta(days=7), start, KEPT_LAST_WEEK), (start, now, this_week)):
            if chance.random() < share and not (since == start and person in spared):
                at = since + (until - since) * chance.random()
                at = min(at.replace(hour=chance.randint(9, 18)), until - timedelta(minutes=10))
                yield {
                    "duty": Duty.CONTACT.value,
                    "unit_id": unit,
                    "by_id": person,
                    "happened_at": at,
                    "received_at": at,
                    "summary": chance.choice(HEARD),
                    "household": f"{chance.randint(1, 12)}0{chance.randint(1, 6)} 室",
                }


def _photo(lived: Application) -> Kept:
    """A drawing of a stairway with boxes on it: a demonstration has no photos of anybody's home."""
    picture = Image.new("RGB", (960, 720), "#dcd8ce")
    pen = ImageDraw.Draw(picture)
    for step in range(8):
        left, top = 80 + 90 * step, 620 - 60 * step
        pen.rectangle((left, top, 960, top + 60), fill="#a9a39a" if step % 2 else "#b7b1a8", outline="#8d8880")
    for left, top, side in ((330, 330, 150), (500, 250, 120), (420, 190, 130)):
        pen.rectangle((left, top, left + side, top + side), fill="#b98a55", outline="#7d5a34", width=4)
        pen.line((left, top + side // 2, left + side, top + side // 2), fill="#e4c79f", width=10)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=80)
    return documents.keep(lived.config.documents, "楼梯.jpg", made.getvalue())
