"""What a column means and what stands in its cells, as people really fill tables in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.bulk import ColumnMap, Reader
from engine.bulk.cells import Wrong, id_number, instant, number, phone
from engine.bulk.columns import guess, guess_values, header_row, names_of
from engine.bulk.places import Place, Places
from engine.deploy import Keywords

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
PLACES = Places(
    Place(unit, zh, en)
    for unit, zh, en in (
        ("LHQ", "龙华区", "Longhua"),
        ("LHQ.MZ", "民治街道", "Minzhi"),
        ("LHQ.MZ.01", "和悦社区", "Heyue"),
        ("LHQ.MZ.01.01", "第1片区", "Zone 1"),
        ("LHQ.MZ.01.01.01", "第1网格", "Grid 1"),
        ("LHQ.MZ.01.01.02", "第2网格", "Grid 2"),
        ("LHQ.MZ.02", "新桥社区", "Xinqiao"),
        ("LHQ.MZ.02.01", "第1片区", "Zone 1"),
        ("LHQ.MZ.02.01.01", "第1网格", "Grid 1"),
    )
)


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2025-03-01", "2025-03-01T00:00"),
        ("2025/3/1 9:05", "2025-03-01T09:05"),
        ("2025.03.01 09:05:33", "2025-03-01T09:05:33"),
        ("2025年3月1日9时5分", "2025-03-01T09:05"),
        ("２０２５－０３－０１", "2025-03-01T00:00"),
        ("20250301", "2025-03-01T00:00"),
        ("45717", "2025-03-01T00:00"),
        ("45717.378472222", "2025-03-01T09:05"),
        ("2025-03-01T01:05:00Z", "2025-03-01T09:05"),
    ],
)
def test_a_day_is_read_in_every_way_it_is_written(cell: str, at: str) -> None:
    assert instant(cell, ZONE, NOW) == datetime.fromisoformat(at).replace(tzinfo=ZONE)


@pytest.mark.parametrize("cell", ["上周三", "2025-02-30", "3/1/25", "2031-01-01", "1888-01-01", "12:30", "99999"])
def test_what_is_no_sure_day_is_not_taken_for_one(cell: str) -> None:
    with pytest.raises(Wrong):
        instant(cell, ZONE, NOW)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("13800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("'0755-28001234", "0755-28001234"),
        ("0755-28001234转8", "0755-28001234-8"),
    ],
)
def test_a_telephone_loses_what_was_put_before_it(cell: str, told: str) -> None:
    assert phone(cell) == told


@pytest.mark.parametrize("cell", ["1.38E+10", "无", "138", "abc13800138000"])
def test_what_is_no_telephone_is_said(cell: str) -> None:
    with pytest.raises(Wrong):
        phone(cell)


def test_an_identity_number_that_a_spreadsheet_has_rounded_is_not_kept() -> None:
    assert id_number(" 44030119900101123x ") == "44030119900101123X"
    for cell in ("4.403011990010113e+17", "440301199001011000"):
        with pytest.raises(Wrong):
            id_number(cell)


@pytest.mark.parametrize(
    ("cell", "value"), [("3,500元", 3500), ("1.2万元", 12_000), ("约30余人", 30), ("￥99.5", 99.5)]
)
def test_numbers_are_read_with_their_units(cell: str, value: float) -> None:
    assert number(cell, whole=False) == value


def test_the_names_stand_below_a_merged_title_and_a_group_of_columns() -> None:
    rows = [
        ["2025年积案台账"],
        [],
        ["工单编号", "诉求人", "", "反映内容*", "登记日期"],
        ["", "姓名", "联系电话", "", ""],
        ["1", "王某", "13800138000", "楼上漏水半年没人管", "2025-03-01"],
    ]
    header = header_row(rows)
    assert header in (3, 4)
    assert header_row(rows[4:]) == 0
    assert names_of(rows, 4) == ["工单编号", "姓名", "联系电话", "反映内容*".rstrip("*"), "登记日期"]
    assert guess(rows, 4) == {
        0: "external_no", 1: "party_name", 2: "party_phone", 3: "description", 4: "received_at",
    }  # fmt: skip


def test_a_column_is_known_by_what_stands_in_it_where_its_name_says_nothing() -> None:
    rows = [
        ["A", "B", "C"],
        *[["2025-03-01", "13800138000", "楼上卫生间漏水半年，天花板发霉，多次沟通未果，物业不管，请协调解决"]] * 3,
    ]
    assert guess(rows, 1) == {0: "received_at", 1: "party_phone", 2: "description"}


def test_english_names_and_names_with_more_around_them_are_known() -> None:
    assert guess([["Ticket Number", "Description of matter", "Mobile", "Grid"]], 1) == {
        0: "external_no", 1: "description", 2: "party_phone", 3: "place_id",
    }  # fmt: skip


def test_words_of_an_office_are_matched_with_ours() -> None:
    ours = {
        "noise.renovation": ["噪音：装修", "Noise: renovation"],
        "noise.construction": ["噪音：工地", "施工噪音"],
        "neighbour.leak": ["邻里：漏水"],
    }
    assert guess_values(["noise.renovation", "Noise: Renovation", "漏水", "施工噪声", "噪音", "其他"], ours) == {
        "noise.renovation": "noise.renovation",
        "Noise: Renovation": "noise.renovation",
        "漏水": "neighbour.leak",
        "施工噪声": "noise.construction",
    }


@pytest.mark.parametrize(
    ("text", "place", "exact"),
    [
        ("LHQ.MZ.01.01.01", "LHQ.MZ.01.01.01", True),
        ("民治街道和悦社区第2网格", "LHQ.MZ.01.01.02", True),
        ("民治 / 新桥 / 第1网格", "LHQ.MZ.02.01.01", True),
        ("第1网格（新桥社区）", "LHQ.MZ.02.01.01", True),
        ("和悦社区88栋", "LHQ.MZ.01", True),
        ("民治街道第1网格", "LHQ.MZ", False),
        ("第1网格", "LHQ.MZ", False),
        ("福田区莲花街道", None, False),
    ],
)
def test_a_place_is_found_in_what_people_write(text: str, place: str | None, exact: bool) -> None:
    found = PLACES.find(text)
    assert (found.place_id, found.exact) == (place, exact)


def test_a_place_that_is_not_found_has_suggestions() -> None:
    assert "LHQ.MZ.02" in PLACES.find("新侨社区工作站").suggested


COLUMNS = {
    name: column
    for column, name in enumerate(
        ("external_no", "received_at", "place_id", "category", "description", "party_name", "party_phone", "amount_cny")
    )
}


def read(*cells: str, usual: dict[str, str] | None = None) -> Any:
    mapping = ColumnMap(
        1,
        {column: name for name, column in COLUMNS.items()},
        {"category": {"施工噪声": "noise.construction"}},
        {"channel": "backlog_import", "kind": "complaint", **(usual or {})},
    )
    words = Keywords({"neighbour.leak": ("漏水",), "labour.wages": ("工资",)})
    return Reader(mapping, PLACES, words, zone=ZONE, made_at=NOW).read(cells)


def test_a_row_becomes_a_filing() -> None:
    done = read("7", "2025-03-01", "和悦第1网格", "施工噪声", "夜里打桩。睡不着", "某某公司", "0755-28001234", "1.5万")
    filing = done.filing
    assert (filing.external_no, filing.category, filing.title) == ("7", "noise.construction", "夜里打桩")
    assert (filing.place_id, filing.facts) == ("LHQ.MZ.01.01.01", {"amount_cny": 15_000})
    assert [(each.name, each.type, each.phone) for each in filing.parties] == [("某某公司", "org", "0755-28001234")]
    assert (done.sorted, done.approximate) == (False, False)


def test_a_category_nobody_knows_is_told_from_the_words() -> None:
    done = read("", "", "和悦社区", "其他类", "楼上漏水")
    assert (done.filing.category, done.sorted) == ("neighbour.leak", True)
    assert done.filing.received_at == NOW


def test_everything_that_is_wrong_with_a_row_is_said_with_its_column() -> None:
    done = read("", "上周三", "莲花街道", "", "", "王某", "138", "很多")
    assert done.filing is None
    assert [fault.get("column") for fault in done.faults] == [4, 2, 1, 7, 6]


def test_a_row_without_a_place_has_the_usual_one() -> None:
    assert read("", "", "", "", "漏水", usual={"place_id": "LHQ.MZ"}).filing.place_id == "LHQ.MZ"
    assert read("", "", "莲花街道", "", "漏水", usual={"place_id": "LHQ.MZ"}).filing is None
