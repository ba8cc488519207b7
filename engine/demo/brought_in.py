"""A list of old matters that an officer has brought in and not filed yet: some rows are wrong, one stands twice."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from sqlalchemy import select

from engine import bulk
from engine.bulk import ColumnMap
from engine.main import Application
from engine.people import demo_people, viewer_of
from engine.territory import Unit

NAMES = "信访件编号,登记日期,所属社区,问题类别,反映内容,信访人,联系电话,涉及人数"
MATTERS = (
    ("labour.wages", "工地停工后拖欠十二名工人两个月工资，承包人电话不接。", "郭建军", "13900010001", "12"),
    ("property.fee", "物业公司提前一年收停车费，退租后拒绝退还余额。", "唐丽", "013900010002", "1"),
    ("noise.construction", "地铁站旁工地夜间浇筑，连续两周施工到凌晨。", "邓文", "1.39E+10", "30多"),
    ("housing.delivery", "购买的公寓逾期一年未交付，开发商不答复。", "曾敏", "13900010004", "约40人"),
    ("environment.fumes", "楼下烧烤店油烟直排，老人孩子咳嗽不止。", "冯秀兰", "0755-28000005", "3"),
)


def bring_in(lived: Application, *, now: datetime) -> None:
    with lived.store.transaction() as session:
        chief = ((person, role) for person, role in demo_people(session) if role.role == "petition_officer")
        officer, standing = next(chief, (None, None))
        places = session.scalars(select(Unit).where(Unit.tier == "community", Unit.valid_to.is_(None)).limit(5)).all()
        if officer is None or standing is None or not places:
            return
        viewer = viewer_of(session, officer.id, now=now)
        rows = []
        for number, matter in enumerate(MATTERS, 1):
            day, place = now - timedelta(days=40 + number), places[number % len(places)]
            rows.append(",".join((f"XF{number:03d}", f"{day:%Y/%m/%d}", place.name_zh, *matter)))
        rows += [rows[0], f"XF009,上周三,梅林街道,,{MATTERS[0][1]},,,"]
        data = "\n".join(["第二批信访积案清单", NAMES, *rows]).encode("gb18030")
        taken = bulk.take_file(lived.config, io.BytesIO(data), "第二批信访积案清单.csv")
        unit = standing.unit_id
        guessed = bulk.guess_columns(session, lived.config, taken.spool, unit, names={})
        row = bulk.open_import(session, taken, guessed, unit, viewer=viewer, now=now)
        mapping = ColumnMap(guessed.header, guessed.columns, {}, guessed.usual)
        bulk.say_columns(session, lived.world, row.id, mapping, viewer=viewer, now=now, check=True)
        import_id = row.id
    bulk.work_off(lived.store, lived.world, lived.clock, import_id, on_progress=lambda _done: None)
