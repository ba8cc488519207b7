"""Two files that were brought in: one whose rows were checked, one whose columns are still to be matched."""

from __future__ import annotations

import io

from engine import bulk
from engine.bulk import ColumnMap
from engine.clock import Clock
from engine.people import viewer_of
from tests.web.district import District

NAMES = "工单编号,登记时间,所属网格,问题类别,诉求内容,反映人,联系电话"
ROWS = (
    "HX1,2026/2/20 9:05,和悦社区第1网格,欠薪,工地拖欠工资两个月共三千元,王某,13900000001",
    "HX2,2026/3/1,和悦社区第1网格,漏水,楼上漏水，天花板发霉。楼上卫生间漏水半年，多次沟通未果。,谢女士,13800138000",
    'HX3,上周三,新侨社区,A word without an end that goes on and on,=HYPERLINK("http://example.org"),赵某,1.39E+10',
    "HX1,2026/2/20 9:05,和悦社区第1网格,欠薪,工地拖欠工资两个月共三千元,王某,13900000001",
)


def bring_in(district: District, clock: Clock) -> None:
    world, now = district.world, clock.now()
    usual = {"channel": "backlog_import", "kind": "complaint"}
    for name, checked in (("一月工单.csv", True), ("A table with a very long name indeed.csv", False)):
        data = "\n".join([name, NAMES, *ROWS]).encode("gb18030")
        taken = bulk.take_file(world.config, io.BytesIO(data), name)
        with district.store.transaction() as session:
            viewer = viewer_of(session, district.people["petition"])
            mapping = bulk.guess_columns(session, world.config, taken.spool, "LHQ", names={"category": {}})
            row = bulk.open_import(session, taken, mapping, "LHQ", viewer=viewer, now=now)
            if checked:
                mapping = ColumnMap(mapping.header, mapping.columns, {}, usual)
                bulk.say_columns(session, world, row.id, mapping, viewer=viewer, now=now, check=True)
    worker = bulk.Worker(district.store, world, clock, name="test")
    while worker.work():
        pass
