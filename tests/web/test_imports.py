"""A file of matters on its way through the pages: read, matched, checked, filed, mended and sent again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from engine import bulk, verify
from engine.bulk.sources import open_source
from engine.bulk.worker import LEASE
from engine.cases import Case, Party
from engine.clock import ManualClock
from engine.process import Instance
from engine.store import Store
from engine.tasks import Task
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, in_english, words

Visit = Callable[[str | None], Visitor]

NAMES = "工单编号,登记时间,所属网格,问题类别,诉求内容,反映人,联系电话"
LEAK = "HX1,2026/2/20 9:05,和悦社区第1网格,漏水,楼上卫生间漏水三个月无人维修,王某,013912345678"
WAGES = "HX2,46073,民治街道和悦第2网格,欠薪类,工地拖欠工资两个月共三千元,李某,13900000002"
WRONG = 'HX3,上周三,莲花街道,,=HYPERLINK("http://example.org"),赵某,138'
FILE = "\r\n".join(["民治街道工单", NAMES, LEAK, "", WAGES, WRONG, LEAK]).encode("gb18030")


def worker(store: Store, district: District, clock: ManualClock, name: str = "one") -> bulk.Worker:
    return bulk.Worker(store, district.world, clock, name=name)


def work(district: District, clock: ManualClock) -> None:
    mine = worker(district.store, district, clock)
    while mine.work():
        pass


def bring(visitor: Visitor, data: bytes, name: str = "工单.csv") -> str:
    """Gives the address of the import."""
    visitor.get("/imports")
    sent = {"csrf_token": visitor.token, "file": (io.BytesIO(data), name)}
    answer = visitor.client.post("/imports", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 302, words(answer)
    return answer.location


def say(visitor: Visitor, where: str, step: str = "check") -> None:
    """The columns as they were guessed."""
    page = visitor.get(where).text
    fields = dict(re.findall(r'<input type="hidden" name="(word-\w+)" value="([^"]*)"', page))
    form: dict[str, str | list[str]] = {name: re.findall(rf'name="{name}" value="([^"]*)"', page) for name in fields}
    for name, body in re.findall(r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        form[name] = chosen[1] if chosen else ""
    answer = visitor.post(f"{where}/columns", {**form, "step": step})
    assert answer.status_code == 302, words(answer)


def cases(district: District) -> list[Case]:
    with district.store.reading() as session:
        return list(session.scalars(select(Case).where(Case.channel == "backlog_import").order_by(Case.id)))


def test_a_file_is_matched_checked_and_filed_and_the_rest_is_mended(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    street = in_english(visit("street"))
    where = bring(street, FILE)
    assert "Number at the source" in words(street.get(where))
    say(street, where)
    assert "Every row is being checked" in words(street.get(where))
    work(district, clock)
    told = words(street.get(where))
    assert "Rows 4 Can be filed 2 Wrong 1 Look like a case 0 There already 1" in told
    assert "Row 6" in told
    assert "登记时间 Write a day as 2026-03-01." in told
    assert "no such place in your area" in told
    assert "138" not in told or "This does not look like a telephone number." in told
    assert "The same as row 3." in words(street.get(f"{where}?tab=twice"))
    assert cases(district) == []

    assert street.post(f"{where}/filing", {"alike": "chosen"}).status_code == 302
    work(district, clock)
    assert [(case.external_no, case.place_id, case.category) for case in cases(district)] == [
        ("HX1", "LHQ.MZ.01.01.01", "neighbour.leak"),
        ("HX2", "LHQ.MZ.01.01.02", "labour.wages"),
    ]
    with district.store.reading() as session:
        assert session.scalar(select(Party.phone).where(Party.name == "王某")) == "13912345678"
        assert session.scalar(select(func.count()).select_from(Instance)) == 2
        assert (session.scalar(select(func.count()).select_from(Task)) or 0) >= 2
    assert verify.check(district.store, district.world, now=clock.now()) == []
    told = words(street.get(where))
    assert "Filed as cases 2" in told
    assert cases(district)[0].number in told

    table = street.get(f"{where}/errors.csv")
    rows = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert rows[0][:2] == ["工单编号", "登记时间"]
    assert rows[1][4] == '\'=HYPERLINK("http://example.org")'
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)

    mended = [
        rows[0],
        [rows[1][0], "2026-02-18", "新桥社区", *rows[1][3:6], "13900000003", rows[1][7]],
        LEAK.split(","),
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(mended)
    again = bring(street, text.getvalue().encode("utf-8-sig"))
    say(street, again)
    work(district, clock)
    told = words(street.get(again))
    assert "Rows 2 Can be filed 1 Wrong 0 Look like a case 0 There already 1" in told
    assert cases(district)[0].number in words(street.get(f"{again}?tab=twice"))


def test_an_error_file_is_a_workbook_too(visit: Visit, district: District, clock: ManualClock) -> None:
    street = in_english(visit("street"))
    where = bring(street, FILE)
    say(street, where)
    work(district, clock)
    data = street.get(f"{where}/errors.xlsx").data
    shape, rows = open_source(io.BytesIO(data))
    found = list(rows)
    assert shape.format == "xlsx"
    assert found[1][0] == "HX3"
    assert found[1][4].startswith("'=")
    assert found[0][-1] == "错误说明 / What is wrong"


def test_a_row_that_looks_like_a_case_waits_for_a_person(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock, title="楼上漏水，天花板发霉", phone="13912345678")
    street = in_english(visit("street"))
    row = (
        "HX9,2026/3/1,和悦社区第1网格,漏水,楼上漏水，天花板发霉。楼上卫生间漏水半年，多次沟通未果。,谢女士,13912345678"
    )
    where = bring(street, f"{NAMES}\n{row}\n{WAGES}\n".encode())
    say(street, where)
    work(district, clock)
    told = words(street.get(where))
    assert "Look like a case 1" in told
    assert "same person" in told
    assert street.post(f"{where}/choices", {"shown": "2", "take": "2"}).status_code == 302
    street.post(f"{where}/filing", {"alike": "chosen"})
    work(district, clock)
    assert [case.external_no for case in cases(district)] == ["HX9", "HX2"]


def test_it_is_cancelled_and_what_was_filed_stays(visit: Visit, district: District, clock: ManualClock) -> None:
    street = in_english(visit("street"))
    rows = [f"N{n},2026/2/1,和悦社区第1网格,,第{n}件不同的事项说明内容,张某,1390000{n:04d}" for n in range(130)]
    where = bring(street, "\n".join([NAMES, *rows]).encode())
    say(street, where)
    work(district, clock)
    street.post(f"{where}/filing", {})
    mine = worker(district.store, district, clock)
    assert mine.work()
    assert street.post(f"{where}/cancellation").status_code == 302
    work(district, clock)
    filed = len(cases(district))
    assert 0 < filed < 130
    told = words(street.get(where))
    assert f"What is filed stays: {filed} cases." in told or f"Filed as cases {filed}" in told


def test_a_node_that_dies_is_followed_by_another_and_every_row_is_filed_once(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    street = visit("street")
    rows = [f"N{n},2026/2/1,和悦社区第1网格,,第{n}件不同的事项说明内容,张某,1390000{n:04d}" for n in range(130)]
    where = bring(street, "\n".join([NAMES, *rows]).encode())
    say(street, where)
    first, second = worker(district.store, district, clock), worker(district.store, district, clock, "two")
    assert first.work()
    assert not second.work()
    clock.advance(LEASE * 2)
    while second.work():
        pass
    street.get(where)
    street.post(f"{where}/filing", {})
    assert first.work()
    clock.advance(LEASE * 2)
    while second.work():
        pass
    assert not first.work()
    found = cases(district)
    assert [case.external_no for case in found] == [f"N{n}" for n in range(130)]


@pytest.mark.parametrize("who", ["grid", "street_gl", "operator"])
def test_nobody_else_sees_it(visit: Visit, district: District, clock: ManualClock, who: str) -> None:
    where = bring(visit("street"), FILE)
    other = visit(who)
    assert other.get(where).status_code in (403, 404)
    assert other.get(f"{where}/errors.csv").status_code in (403, 404)


def test_what_cannot_be_read_is_said_at_the_file(visit: Visit) -> None:
    street = in_english(visit("street"))
    street.get("/imports")
    for data in (b"%PDF-1.7", b""):
        sent = {"csrf_token": street.token, "file": (io.BytesIO(data), "x.csv")}
        answer = street.client.post("/imports", data=sent, content_type="multipart/form-data")
        assert answer.status_code == 422
    assert "Choose a file." in words(street.client.post("/imports", data={"csrf_token": street.token}))


def test_columns_that_can_file_nothing_are_refused(visit: Visit) -> None:
    street = in_english(visit("street"))
    where = bring(street, FILE)
    answer = street.post(f"{where}/columns", {"step": "check", "header": "2", "column-0": "external_no"})
    assert answer.status_code == 422
    assert "Say which column tells what the matter is." in words(answer)
