"""The proactive work of a grid: checks, rechecks, plans, duties, weekly contact and promises, on their pages."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from engine import inspections, verify
from engine.cases import Case, parties_of
from engine.clock import ManualClock
from engine.documents import Photo
from engine.inspections import Check, Duty, DutyLog, DutyLook, Finding, Logged
from engine.people import Membership, viewer_of
from engine.territory import open_office
from tests.web import district as town
from tests.web.district import District
from tests.web.test_worklist import statements
from tests.web.thumb import Come
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
BUILDING = "LHQ.MZ.01.01.01.01"
NEXT_DOOR = "LHQ.MZ.01.01.01.02"
GRID = "LHQ.MZ.01.01.01"
COMMUNITY = "LHQ.MZ.01"
CHECKLIST = "building_safety"
PLAN = {
    "name": "每月楼栋安全排查", "checklist": CHECKLIST, "area": COMMUNITY, "tier": "building",
    "every": "month", "turns": "1", "starts_on": "2026-02-01", "ends_on": "",
}  # fmt: skip


def photo() -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(made, "JPEG")
    made.seek(0)
    return made, "一楼.jpg"


def items(district: District) -> list[str]:
    return [each.id for each in inspections.catalogue(district.config.inspections).checklists[CHECKLIST].items]


def all_in_order(district: District, place: str = BUILDING) -> dict[str, Any]:
    return {"place": place, "checklist": CHECKLIST, **{f"answer-{item}": "ok" for item in items(district)}}


def failing(district: District, item: str, then: str) -> dict[str, Any]:
    failed = {f"answer-{item}": "fail", f"then-{item}": then, f"note-{item}": "一楼堆放杂物", f"photo-{item}": photo()}
    return all_in_order(district) | failed


def send(visitor: Visitor, where: str, fields: Mapping[str, Any], **headers: str) -> Any:
    page = visitor.get("/inspections/logs/new")
    key = re.search(r'name="form_key" value="([^"]+)"', page.text)
    data = {"form_key": key[1] if key else "", **fields, "csrf_token": visitor.token}
    return visitor.client.post(where, data=data, headers=headers, content_type="multipart/form-data")


def plan(visit: Visit, **other: str) -> None:
    answer = send(visit("community"), "/inspections/plans", PLAN | other)
    assert answer.status_code == 302, words(answer)


def only(district: District, model: type[Any]) -> Any:
    with district.store.reading() as session:
        return session.scalars(select(model)).one()


def log(district: District, clock: ManualClock, who: str, unit: str, duty: Duty = Duty.CONTACT, **more: Any) -> int:
    logged = Logged(duty, unit, clock.now(), "聊了近况", household="302", **more)
    with district.store.transaction() as session:
        viewer = viewer_of(session, district.people[who])
        return inspections.log_duty(session, district.world, logged, viewer=viewer, now=clock.now()).id


def test_a_plan_waits_on_the_phone_until_each_place_is_checked(district: District, visit: Visit) -> None:
    grid = visit("grid")
    assert "处待检查" not in grid.get("/").text
    plan(visit)
    assert "2 处待检查" in grid.get("/").text
    assert "漏查" in grid.get("/inspections").text, "nobody looked in February either"
    assert "1 处待检查" in visit("building").get("/").text
    assert "处待检查" not in visit("community").get("/").text, "asked of the place itself and of who stands right above"
    page = visit("community").get("/inspections/plans/1").text
    assert "0 / 2" in page
    assert send(grid, "/inspections/checks", all_in_order(district)).status_code == 302
    assert "1 处待检查" in grid.get("/").text
    page = words(visit("community").get("/inspections/plans/1"))
    assert "50 %" in page
    assert "2号楼" in page
    assert "1号楼" not in page.partition("尚未覆盖")[2]


def test_a_sweep_counts_until_it_is_ended(district: District, visit: Visit, clock: ManualClock) -> None:
    sweep = {
        "checklist": "disputes",
        "tier": "grid",
        "every": "once",
        "starts_on": "2026-03-01",
        "ends_on": "2026-03-10",
    }
    plan(visit, **sweep)
    disputes = inspections.catalogue(district.config.inspections).checklists["disputes"].items
    fields = {"place": GRID, "checklist": "disputes", **{f"answer-{each.id}": "ok" for each in disputes}}
    fields |= {"answer-lease": "fail", "then-lease": "case", "note-lease": "押金不退", "photo-lease": photo()}
    assert send(visit("grid"), "/inspections/checks", fields).status_code == 302
    case = only(district, Case)
    assert (case.kind, case.category, case.channel, case.place_id) == ("dispute", "contract.lease", "inspection", GRID)
    page = words(visit("community").get("/inspections/plans/1"))
    assert "覆盖率 50 % 1 / 2" in page
    assert "转为事项 1" in page
    clock.set(datetime(2026, 3, 20, 1, tzinfo=UTC))
    assert "漏查" in visit("grid_2").get("/inspections").text
    send(visit("community"), "/inspections/plans/1/end", {})
    assert "漏查" not in visit("grid_2").get("/inspections").text


def test_what_is_wrong_in_a_plan_is_said_at_each_field(visit: Visit) -> None:
    wrong = {"name": "", "tier": "street", "starts_on": "", "every": "once", "turns": "99"}
    answer = send(visit("community"), "/inspections/plans", PLAN | wrong)
    assert answer.status_code == 422
    for field in ("name", "tier", "starts_on", "ends_on"):
        assert f'id="wrong-{field}"' in answer.text, field
    assert send(visit("grid"), "/inspections/plans", PLAN).status_code == 404, "another's area"


@pytest.mark.parametrize("far", [{"starts_on": "9999-12-30"}, {"ends_on": "9999-12-31"}])
def test_a_plan_as_far_off_as_a_day_can_be_written_breaks_no_page(visit: Visit, far: dict[str, str]) -> None:
    community = visit("community")
    send(community, "/inspections/plans", PLAN | far)
    assert community.get("/inspections/plans").status_code == 200
    assert visit("grid").get("/inspections").status_code == 200


def test_an_office_has_no_places_to_plan_for(district: District, visit: Visit) -> None:
    with district.store.transaction() as session:
        office = open_office(session, "LHQ", "d", "住建局", "Housing office").id
        session.add(Membership(person_id=district.people["operator"], unit_id=office, role="lead"))
    lead = visit("operator")
    assert f'value="{office}"' not in lead.get("/inspections/plans/new").text
    assert send(lead, "/inspections/plans", PLAN | {"area": office}).status_code == 404
    assert lead.get("/inspections").location == "/inspections/plans", "nor rounds to go"
    assert "记录走访" not in words(lead.get("/inspections/logs"))


def test_plans_that_end_first_are_asked_about_first_and_others_are_told_of(
    district: District, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("engine.inspections.waiting"), "MOST_PLANS", 1)
    plan(visit, name="早的计划")
    plan(visit, name="年内排查", ends_on="2026-12-20")
    home = words(visit("grid").get("/inspections"))
    assert "年内排查" in home
    assert "早的计划" not in home
    assert "还有更多计划" in home


def test_nothing_is_taken_half_answered_and_photos_need_not_be_taken_twice(district: District, visit: Visit) -> None:
    grid, item = visit("grid"), items(district)[0]
    fields = failing(district, item, "")
    del fields[f"answer-{items(district)[1]}"]
    answer = send(grid, "/inspections/checks", fields)
    assert answer.status_code == 422
    assert f'id="wrong-then-{item}"' in answer.text
    assert f'id="wrong-answer-{items(district)[1]}"' in answer.text
    (proof,) = re.findall(rf'name="kept-{item}" value="([^"]+)"', answer.text)
    fields |= {f"then-{item}": "fixed", f"photo-{item}": (io.BytesIO("字据".encode()), "字据.txt")}
    assert f'id="wrong-photo-{item}"' in send(grid, "/inspections/checks", all_in_order(district) | fields).text
    fields = failing(district, item, "fixed") | {f"kept-{item}": proof}
    del fields[f"photo-{item}"]
    assert send(grid, "/inspections/checks", fields).status_code == 302
    assert len(only(district, Finding).photos) == 1


@pytest.mark.browser
@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_the_phone_hands_in_no_check_that_lacks_something(district: District, come: Come) -> None:
    """Without a network nobody could say so afterwards."""
    thumb, (blocked, *others) = come("grid", "zh_CN"), items(district)
    thumb.at(f"/inspections/checks/new?place={BUILDING}&checklist={CHECKLIST}")
    for item in others:
        thumb.choose(f"answer-{item}", "ok")
    assert thumb.page.locator("[data-so-far]").inner_text() == "11 / 12"
    item = thumb.page.locator(".check-item").first
    thumb.tap(".hand-in button")
    item.locator("[data-lacks-answer]").wait_for()
    thumb.choose(f"answer-{blocked}", "fail")
    thumb.choose(f"then-{blocked}", "fixed")
    thumb.tap(".hand-in button")
    item.locator("[data-lacks-photo]").wait_for()
    assert not item.locator("[data-lacks-answer], [data-lacks-then]").locator("visible=true").count()
    made, name = photo()
    picture = {"name": name, "mimeType": "image/jpeg", "buffer": made.getvalue()}
    item.locator('input[type="file"]').last.set_input_files(picture)
    thumb.tap(".hand-in button", goes=True)
    assert only(district, Check).failed == 1


def test_without_a_network_both_clocks_are_kept_and_twice_counts_once(
    district: District, visit: Visit, clock: ManualClock
) -> None:
    grid, item = visit("grid"), items(district)[5]
    at = clock.now() - timedelta(hours=3)
    data = failing(district, item, "case") | {"form_key": "k" * 22, "begun": "2026-03-01T22:00:00Z"}
    grid.get("/inspections")
    for _ in range(2):
        answer = send(
            grid, "/inspections/checks", data | {f"photo-{item}": photo()}, **{"X-Sent-Later": at.isoformat()}
        )
        assert answer.status_code == 302, words(answer)
    check, case = only(district, Check), only(district, Case)
    assert (check.done_at, check.received_at, case.received_at) == (at, clock.now(), at)
    assert case.severity == 2, "as grave as the list says, where the tables find it slighter"
    assert "无网络时填写" in grid.get(f"/inspections/checks/{check.id}").text
    assert send(
        grid, "/inspections/checks", {"place": BUILDING, "checklist": CHECKLIST}, **{"X-Sent-Later": "now"}
    ).json


def test_the_phone_keeps_these_pages_and_sends_their_forms_later(visit: Visit) -> None:
    worker = visit("grid").get("/worker.js").text
    kept, later = (
        re.compile(re.findall(rf"const {name} = /(.*)/;", worker)[0]) for name in ("KEPT_PAGE", "SENT_LATER")
    )
    for page in ("", "/checks/new", "/logs/new", "/findings/7"):
        assert kept.search(f"/inspections{page}"), page
    for form in ("/checks", "/logs", "/findings/7/rechecks"):
        assert later.search(f"/inspections{form}"), form
    assert not kept.search("/inspections/logs/7"), "it may show somebody in the clear"
    assert not later.search("/inspections/plans")


def test_fixed_on_the_spot_and_looked_at_again(district: District, visit: Visit, clock: ManualClock) -> None:
    grid, item = visit("grid"), items(district)[0]
    send(grid, "/inspections/checks", failing(district, item, "fixed"))
    finding = only(district, Finding)
    assert finding.case_id is None
    assert "项待复查" not in grid.get("/").text
    clock.advance(timedelta(days=3))
    grid = visit("grid")
    assert "1 项待复查" in grid.get("/").text
    where = f"/inspections/findings/{finding.id}"
    (shown,) = re.findall(r'src="(/inspections/photos/[^"]+)"', grid.get(where).text)
    assert grid.get(shown).mimetype == "image/jpeg"
    assert grid.get(f"/inspections/photos/{finding.id}/99").status_code == 404
    assert send(grid, f"{where}/rechecks", {"passed": "no"}).status_code == 422, "without a photo"
    assert send(grid, f"{where}/rechecks", {"passed": "no", "note": "又堆上了", "photo": photo()}).status_code == 302
    case = only(district, Case)
    assert (case.description, case.place_id) == ("又堆上了", BUILDING)
    assert only(district, Finding).case_id == case.id
    assert "3月8日复查" in words(grid.get(where))
    clock.advance(timedelta(days=3))
    grid = visit("grid")
    assert send(grid, f"{where}/rechecks", {"passed": "yes"}).status_code == 302
    assert "复查合格" in words(grid.get(f"/cases/{case.id}"))
    assert "项待复查" not in grid.get("/").text


def test_a_photo_of_no_case_is_missed_when_its_file_is_gone(
    district: District, visit: Visit, clock: ManualClock
) -> None:
    send(visit("grid"), "/inspections/checks", failing(district, items(district)[0], "fixed"))
    assert verify.check(district.store, district.world, now=clock.now()) == []
    sha256 = only(district, Photo).sha256
    (district.config.documents.folder / sha256[:2] / sha256).unlink()
    (found,) = verify.check(district.store, district.world, now=clock.now())
    assert (found.invariant, found.where) == ("I10", "photo 1")


def test_the_weekly_contact_counts_from_monday_to_sunday(district: District, visit: Visit, clock: ManualClock) -> None:
    assert "本周还差联系 1 户" in visit("grid").get("/").text
    assert "本周还差联系" not in visit("community").get("/").text, "only the lowest tiers owe it"
    fields = {"duty": "contact", "place": BUILDING, "household": "302", "summary": "聊了近况"}
    assert send(visit("grid"), "/inspections/logs", fields).status_code == 302
    assert "本周还差联系" not in visit("grid").get("/").text
    log(district, clock, "building", BUILDING, Duty.CARE)
    log(district, clock, "grid_2", "LHQ.MZ.01.01.02", Duty.HYGIENE)
    page = words(visit("street").get("/inspections/weeks"))
    assert "4 名负责人中 2 名完成" in page
    assert page.index("尚未完成") < page.index("何静怡")
    assert "陈海燕" in page, "hygiene is no contact"
    clock.set(datetime(2026, 3, 8, 16, tzinfo=UTC))  # Monday's first minute in Shenzhen
    assert "本周还差联系 1 户" in visit("grid").get("/").text
    assert "4 名负责人中 2 名完成" in words(visit("street").get("/inspections/weeks?week=2026-03-04"))


def test_who_is_visited_is_masked_and_shown_with_a_reason(district: District, visit: Visit, clock: ManualClock) -> None:
    personal = {"name": "谢阿婆", "phone": "13800138000", "household": "三栋 402 室东户"}
    fields = {"duty": "care", "place": BUILDING, "summary": "送药，电话 13800138000", "group": "elderly", **personal}
    assert send(visit("grid"), "/inspections/logs", fields | {"needs_help": "on"}).status_code == 302
    row, case = only(district, DutyLog), only(district, Case)
    with district.store.reading() as session:
        (party,) = parties_of(session, case.id)
        assert (case.kind, party.name, party.protected, row.case_id) == ("help", "谢阿婆", True, case.id)
    where, grid = f"/inspections/logs/{row.id}", visit("grid")
    for address in (where, "/inspections/logs", "/inspections/logs?duty=care"):
        for who in ("grid", "district"):
            page = visit(who).get(address).text
            assert "关爱救助" in page
            assert not [each for each in personal.values() if each in page], (who, address)
    assert send(grid, f"{where}/unmasking", {"reason": " "}).status_code == 422
    assert send(grid, f"{where}/unmasking", {"reason": "上门送药"}).status_code == 302
    assert all(each in grid.get(where).text for each in personal.values())
    assert "谢阿婆" not in visit("grid_b").get(where).text
    assert send(visit("district"), f"{where}/unmasking", {"reason": "看看"}).status_code == 403
    assert only(district, DutyLook).reason == "上门送药"
    clock.advance(timedelta(minutes=16))
    assert "谢阿婆" not in grid.get(where).text


def test_a_log_says_what_is_missing(visit: Visit) -> None:
    answer = send(visit("grid"), "/inspections/logs", {"duty": "care", "place": BUILDING, "phone": "ring"})
    assert answer.status_code == 422
    for field in ("summary", "household", "phone"):
        assert f'id="wrong-{field}"' in answer.text, field
    late = {"duty": "hygiene", "place": BUILDING, "summary": "清洁楼道", "happened_at": "2025-12-01T09:00"}
    assert 'id="wrong-happened_at"' in send(visit("grid"), "/inspections/logs", late).text


def test_promises_are_measured_where_there_are_timestamps(district: District, visit: Visit, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        for hours, title in ((20, "按时联系"), (30, "联系晚了"), (None, "没人联系")):
            case = town.add_case(session, title=title, now=clock.now(), filed=timedelta(days=3))
            task = town.add_task(session, case, form="first_contact", now=clock.now(), due=None)
            if hours is not None:
                task.state, task.completed_at = "completed", case.received_at + timedelta(hours=hours)
        fresh = town.add_case(session, title="刚刚收到", now=clock.now(), filed=timedelta(hours=2))
        town.add_task(session, fresh, form="first_contact", now=clock.now(), due=None)
        danger = {"track": "emergency_transfer", "kind": "emergency", "title": "有人打架"}
        case = town.add_case(session, now=clock.now(), filed=timedelta(hours=5), **danger)
        task = town.add_task(session, case, form="transfer", now=clock.now(), due=None)
        task.state, task.completed_at = "completed", case.received_at + timedelta(minutes=5)
    page = words(visit("district").get("/inspections/promises"))
    assert "33.3 % 3 件中 1 件" in page
    assert "100.0 % 1 件中 1 件" in page
    assert page.count("无法测算") == 4
    behind = words(visit("district").get("/inspections/promises/demand"))
    assert behind.index("没人联系") < behind.index("按时联系")
    assert "刚刚收到" not in behind
    assert visit("district").get("/inspections/promises/culture").status_code == 404
    assert "没有可计算的事项" in words(visit("street_gl").get("/inspections/promises"))


def test_what_lies_elsewhere_looks_like_nothing(district: District, visit: Visit, clock: ManualClock) -> None:
    plan(visit)
    send(visit("grid"), "/inspections/checks", failing(district, items(district)[0], "fixed"))
    one, elsewhere = log(district, clock, "grid", BUILDING), [visit(who) for who in ("grid_gl", "street_gl")]
    for where in ("plans/1", "checks/1", "findings/1", "photos/1/1", f"logs/{one}", f"checks/new?place={BUILDING}"):
        for visitor in elsewhere:
            assert visitor.get(f"/inspections/{where}").status_code == 404, where
    for visitor in elsewhere:
        for where in ("plans", "checks", "logs", "weeks", "promises"):
            assert "一楼堆放杂物" not in (page := visitor.get(f"/inspections/{where}").text)
            assert "和悦社区" not in page, where
    for where, fields in (
        ("checks", all_in_order(district)), ("logs", {"duty": "contact", "place": BUILDING, "summary": "x"}),
        ("findings/1/rechecks", {"passed": "yes"}),
    ):  # fmt: skip
        assert send(elsewhere[0], f"/inspections/{where}", fields).status_code == 404, where
    assert visit("mediator").get("/inspections").status_code == 403
    assert visit("quality").get("/inspections/checks/new").status_code == 403


def test_the_code_of_a_building_offers_the_check_to_its_people_alone(visit: Visit) -> None:
    begin = f"/inspections/checks/new?place={BUILDING}"
    assert begin in visit("building").get(f"/q/{BUILDING}").text
    for who in (None, "grid_gl", "mediator"):
        assert begin not in visit(who).get(f"/q/{BUILDING}").text


def test_pages_ask_the_database_little_however_much_there_is(
    district: District, visit: Visit, clock: ManualClock
) -> None:
    grid, community = visit("grid"), visit("community")
    plan(visit)
    lengths: list[list[int]] = []
    for number in (1, 8):
        for item in items(district)[:number]:
            send(grid, "/inspections/checks", failing(district, item, "case") | {"begun": f"{number} {item}"})
            log(district, clock, "grid", BUILDING)
        looks = [(grid, "/"), (grid, "/?tab=unit"), (grid, "/inspections")]
        pages = ("plans", "plans/1", "checks", "checks/1", "findings/1", "logs", "weeks", "promises")
        looks += [(community, f"/inspections/{each}") for each in pages]
        lengths.append([statements(district, *each) for each in looks])
    assert lengths[0] == lengths[1]
    assert max(lengths[1]) <= 15
    with_strip, without = lengths[1][:2]
    assert with_strip - without <= 2
