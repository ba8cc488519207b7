"""A round through the small district: a plan, a check that found something, a care visit. For pages to look at."""

from __future__ import annotations

import io
from datetime import date

from PIL import Image

from engine import documents, inspections
from engine.clock import Clock
from engine.inspections import Answer, Answered, Draft, Duty, Every, Group, Logged, Then
from engine.people import viewer_of
from tests.web.district import District

BUILDING = "LHQ.MZ.01.01.01.01"


def go_round(district: District, clock: Clock) -> None:
    world, now = district.world, clock.now()
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(made, "JPEG")
    photo = documents.keep(world.config.documents, "一楼.jpg", made.getvalue())
    items = inspections.catalogue(world.config.inspections).checklists["building_safety"].items
    answers = {item.id: Answered(Answer.OK) for item in items}
    answers[items[0].id] = Answered(Answer.FAIL, "一楼堆放杂物", Then.FIXED, [photo], recheck_on=now.date())
    answers[items[3].id] = Answered(Answer.FAIL, "二楼电动车充电", Then.CASE, [photo], recheck_on=now.date())
    with district.store.transaction() as session:
        community, grid = (viewer_of(session, district.people[who]) for who in ("community", "grid"))
        month = Draft(
            "每月楼栋安全排查", "building_safety", "LHQ.MZ.01", "building", date(2026, 2, 1), None, Every.MONTH
        )
        inspections.make_plan(session, world, month, viewer=community, now=now)
        inspections.file_check(
            session, world, BUILDING, "building_safety", answers, done_at=now, viewer=grid, now=now
        )  # fmt: skip
        care = Logged(Duty.CARE, BUILDING, now, "送药，聊了近况", "谢阿婆", "13800138000", "402 室", Group.ELDERLY)
        inspections.log_duty(session, world, care, viewer=grid, now=now)
