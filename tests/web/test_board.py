"""The board, decisions in one tap and instructions, as leaders and dispatchers use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from engine import process, reports, tasks
from engine.clock import ManualClock
from engine.deadlines import Extension
from engine.people import Absence, Membership, viewer_of
from engine.process import Instruction
from engine.reports import Figure
from engine.web import drawing
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
MOST_STATEMENTS = 15


@contextmanager
def statements(district: District) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    event.listen(district.store.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(district.store.engine, "before_cursor_execute", note)


def numbers_on(answer: Any) -> dict[str, str]:
    return dict(
        re.findall(
            r'href="/board/cases\?figure=(\w+)&amp;unit=LHQ">.*?<span class="big">([^<]*)</span>', answer.text, re.S
        )
    )


def ask_for_time(district: District, clock: ManualClock) -> tuple[int, int]:
    """A case whose grid asks for more time: (case, task of the decision)."""
    case_id = town.file_case(district, clock)
    with district.store.transaction() as session:
        who = viewer_of(session, district.people["grid"])
        task = town.open_task(district, case_id)
        process.complete_task(session, district.world, task.id, {"action": "sign"}, viewer=who, now=clock.now())
        process.ask_extension(
            session, district.world, case_id, "1wd", "等待检测结果,联系13800138000", viewer=who, now=clock.now()
        )
    return case_id, town.open_task(district, case_id, "decide_extension").id


# --- the board ------------------------------------------------------------------------------------------------------


def test_five_numbers_lead_to_their_cases(visit: Visit, district: District, clock: ManualClock) -> None:
    with district.store.transaction() as session:
        for number in range(3):
            town.add_case(session, title=f"在办{number}", now=clock.now())
        town.add_case(session, title="拖了很久", now=clock.now(), overdue_at=clock.now() - timedelta(days=2))
        town.add_case(session, title="秘密", now=clock.now(), confidential=True)
        closed = {"state": "closed", "closed_at": clock.now() - timedelta(days=1), "result": "resolved"}
        town.add_case(session, title="办完了", now=clock.now(), **closed)
        town.add_case(session, title="晚了", now=clock.now(), overdue_at=clock.now() - timedelta(days=2), **closed)
    visitor = visit("district")
    page = visitor.get("/board")
    assert numbers_on(page) == {"overdue": "1", "soon": "0", "risen": "0", "open": "4", "in_time": "50 %"}
    assert "拖了很久" in words(page)
    for figure, titles in {"overdue": {"拖了很久"}, "in_time": {"办完了", "晚了"}}.items():
        listed = words(visitor.get(f"/board/cases?figure={figure}&unit=LHQ"))
        assert all(title in listed for title in titles)
        assert "秘密" not in listed
        assert "/time" in visitor.get(f"/board/cases?figure={figure}&unit=LHQ").text, "an overdue row says why"


def test_a_board_is_for_those_who_lead_and_for_their_area(visit: Visit) -> None:
    assert visit("grid").get("/board").status_code == 403
    street = visit("street")
    assert "民治街道" in words(street.get("/board"))
    assert street.get("/board?unit=LHQ.MZ.01").status_code == 200
    for foreign in ("LHQ", "LHQ.GL", "LHQ.MZ.99", "LHQ.MZ.01.01.01.01.01", "x"):
        assert street.get(f"/board?unit={foreign}").status_code == 404, foreign
        assert street.get(f"/board/cases?figure=open&unit={foreign}").status_code == 404, foreign
    assert street.get("/board/cases?figure=secret").status_code == 404
    assert street.get("/board/cases?figure=open&page=x").status_code == 200


def test_who_leads_in_two_units_has_two_boards(visit: Visit, district: District) -> None:
    with district.store.transaction() as session:
        session.add(Membership(person_id=district.people["street"], unit_id="LHQ.GL", role="leader"))
    visitor = visit("street")
    page = visitor.get("/board")
    assert "观澜街道" in words(page)
    assert 'href="/board?unit=LHQ.MZ"' in page.text
    assert "民治街道" in words(visitor.get("/board?unit=LHQ.MZ"))


@pytest.mark.parametrize("many", [0, 40])
def test_a_board_costs_the_same_whatever_there_is(
    visit: Visit, district: District, clock: ManualClock, many: int
) -> None:
    with district.store.transaction() as session:
        for number in range(many):
            overdue = clock.now() - timedelta(hours=number) if number % 3 else None
            case = town.add_case(session, title=f"案{number}", now=clock.now(), overdue_at=overdue)
            if number < 12:
                town.add_task(
                    session, case, now=clock.now(), unit="LHQ", roles="|leader|", why="decide", form="resolve"
                )
    visitor = visit("district")
    for address in ("/board", "/board/cases?figure=open", "/decisions"):
        visitor.get(address)
        with statements(district) as sent:
            assert visitor.get(address).status_code == 200
        assert len(sent) <= MOST_STATEMENTS, f"{address}: {len(sent)}\n" + "\n".join(each[:120] for each in sent)


def test_who_leads_comes_home_to_the_board(visit: Visit, district: District) -> None:
    for who, home in (("district", "/board"), ("street", "/board"), ("grid", "/")):
        visitor = visit(None)
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in/demo", {"person": str(district.people[who])})
        assert answer.headers["Location"] == home, who


def test_a_note_for_the_next_shift(visit: Visit) -> None:
    street = visit("street")
    street.get("/board")
    refused = street.post("/board/notes", {"unit_id": "LHQ.MZ", "note": "  "})
    assert refused.status_code == 422
    assert "请填写交班内容" in words(refused)
    done = street.post("/board/notes", {"unit_id": "LHQ.MZ", "note": "和悦社区漏水案,明早联系物业。"})
    assert done.status_code == 302
    page = words(visit("street").get("/board"))
    assert "和悦社区漏水案,明早联系物业。" in page
    assert "黄永强" in page
    assert street.post("/board/notes", {"unit_id": "LHQ", "note": "越界"}).status_code == 404
    assert street.post("/board/notes", {"unit_id": "LHQ.MZ.01", "note": "不是我的单位"}).status_code == 403


def test_the_map_is_drawn_from_a_file_of_ones_own(
    visit: Visit, district: District, clock: ManualClock, tmp_path: Any
) -> None:
    ring = [[114.0, 22.6], [114.1, 22.6], [114.1, 22.7], [114.0, 22.6]]
    features = [
        {"properties": {"unit": unit}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for unit in ("LHQ.MZ", "LHQ.GL")
    ]
    file = tmp_path / "own.geojson"
    file.write_text(str({"features": features}).replace("'", '"'), encoding="utf-8")
    values = district.config.reports.model_copy(update={"geojson": file})
    district.world.config = district.config.model_copy(update={"reports": values})
    with district.store.transaction() as session:
        town.add_case(session, now=clock.now())
    page = visit("district").get("/board").text
    assert page.count('<path class="place') == 2
    assert '<rect class="place heat-0" x=' not in page


# --- decisions ------------------------------------------------------------------------------------------------------


def test_one_tap_grants_more_time(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id, task_id = ask_for_time(district, clock)
    visitor = visit("district")
    page = words(visitor.get("/decisions"))
    assert "等待检测结果,联系138****8000" in page, "a telephone is masked in what somebody wrote, too"
    assert "延长 1 个工作日，申请人 林晓东" in page
    answer = visitor.post(f"/decisions/{task_id}", {"choice": "approve"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/decisions")
    assert "没有等您决定的事项" in words(visitor.get("/decisions"))
    with district.store.reading() as session:
        decided = session.scalars(select(Extension).where(Extension.case_id == case_id)).one()
    assert (decided.decision, decided.decision_reason) == ("approved", "同意所请")


def test_a_refusal_needs_a_reason_and_nothing_typed_is_lost(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id, task_id = ask_for_time(district, clock)
    visitor = visit("district")
    visitor.get("/decisions")
    refused = visitor.post(f"/decisions/{task_id}", {"choice": "refuse"})
    assert refused.status_code == 422
    assert "请填写" in words(refused)
    too_short = visitor.post(f"/decisions/{task_id}", {"choice": "refuse", "words": "否"})
    assert too_short.status_code == 422
    assert 'value="否"' in too_short.text
    done = visitor.post(f"/decisions/{task_id}", {"choice": "refuse", "reason": "剩余时间内可以办结"})
    assert done.status_code == 302
    with district.store.reading() as session:
        decided = session.scalars(select(Extension).where(Extension.case_id == case_id)).one()
    assert (decided.decision, decided.decision_reason) == ("refused", "剩余时间内可以办结")


def test_decided_meanwhile_by_another(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id, task_id = ask_for_time(district, clock)
    visitor = visit("district")
    visitor.get("/decisions")
    with district.store.transaction() as session:
        who = viewer_of(session, district.people["grid"])
        process.withdraw(session, district.world, case_id, "已和解", viewer=who, now=clock.now())
    visitor.get("/decisions")
    answer = visitor.post(f"/decisions/{task_id}", {"choice": "approve"})
    assert answer.status_code == 409
    assert visitor.post(f"/decisions/{task_id}", {"choice": "perhaps"}).status_code == 422


def test_nobody_decides_on_their_own_request(visit: Visit, district: District, clock: ManualClock) -> None:
    _case_id, task_id = ask_for_time(district, clock)
    with district.store.transaction() as session:
        asked = session.scalars(select(Extension)).one()
        asked.asked_by = district.people["district"]
    visitor = visit("district")
    visitor.get("/decisions")
    answer = visitor.post(f"/decisions/{task_id}", {"choice": "approve"})
    assert answer.status_code == 403
    assert town.open_task(district, _case_id, "decide_extension").id == task_id


def test_tasks_of_people_who_are_away_wait_to_be_given_to_others(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock)
    with district.store.transaction() as session:
        away = viewer_of(session, district.people["grid_b"])
        tasks.claim(session, town.open_task(district, case_id).id, viewer=away, now=clock.now())
        session.add(
            Absence(
                person_id=away.person_id,
                deputy_id=district.people["grid"],
                starts_at=clock.now() - timedelta(days=1),
                ends_at=clock.now() + timedelta(days=3),
                noted_at=clock.now(),
                noted_by=away.person_id,
            )
        )
    page = words(visit("street").get("/decisions"))
    assert "何静怡 · 第1网格" in page
    assert "1 件任务" in page
    assert "何静怡" not in words(visit("grid_gl").get("/decisions"))


# --- instructions ---------------------------------------------------------------------------------------------------


def test_an_instruction_goes_down_and_comes_back(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    leader, grid = visit("district"), visit("grid")
    page = words(leader.get(f"/cases/{case_id}/instructions/new"))
    assert "第1网格 · 现承办单位" in page
    assert "常规 · 3 个工作日" in page
    assert "加急 · 1 个工作日" in page
    refused = leader.post(f"/cases/{case_id}/instructions", {"text": " "})
    assert refused.status_code == 422
    assert "请填写批示内容" in words(refused)
    fields = {"text": "请三日内拿出方案。", "to_unit_id": "LHQ.MZ.01.01.01", "urgent": "yes"}
    assert leader.post(f"/cases/{case_id}/instructions", fields).status_code == 302
    assert "请三日内拿出方案。" in words(leader.get(f"/cases/{case_id}"))

    task = town.open_task(district, case_id, "instruction_answer")
    shown = words(grid.get(f"/tasks/{task.id}"))
    assert "请三日内拿出方案。" in shown
    assert "领导作出批示" in shown
    answers = {"progress": "done", "steps_taken": "已现场核查并整改。"}
    assert grid.post(f"/tasks/{task.id}/completion", answers).status_code == 302

    decisions = words(leader.get("/decisions"))
    assert "请三日内拿出方案。" in decisions
    assert "已现场核查并整改。" in decisions
    review = town.open_task(district, case_id, "instruction_review")
    assert leader.post(f"/decisions/{review.id}", {"choice": "accept"}).status_code == 302
    with district.store.reading() as session:
        given = session.scalars(select(Instruction)).one()
        running = session.get(process.Instance, given.instance_id)
    assert running is not None
    assert running.ended_at is not None


def test_sent_twice_an_instruction_counts_once(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    leader = visit("district")
    leader.get(f"/cases/{case_id}/instructions/new")
    for _ in range(2):
        sent = {"text": "请抓紧。", "form_key": "the-same-form"}
        assert leader.post(f"/cases/{case_id}/instructions", sent).status_code == 302
    with district.store.reading() as session:
        assert len(session.scalars(select(Instruction)).all()) == 1


def test_nobody_instructs_about_a_case_they_do_not_lead(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    assert visit("street").get(f"/cases/{case_id}/instructions/new").status_code == 403
    assert visit("district").get("/cases/999/instructions/new").status_code == 404


# --- drawing --------------------------------------------------------------------------------------------------------


def test_a_trend_is_a_line_in_its_box() -> None:
    assert drawing.spark([]) == drawing.spark([5]) == ""
    points = [tuple(map(float, point.split(","))) for point in drawing.spark([3, 9, 1, 4]).split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert all(0 <= x <= drawing.SPARK[0] and 0 <= y <= drawing.SPARK[1] for x, y in points)
    assert min(points, key=lambda point: point[1])[0] == points[1][0], "the highest value stands highest"
    assert {y for _, y in (tuple(map(float, p.split(","))) for p in drawing.spark([7, 7]).split())} == {16.0}


@pytest.mark.parametrize(("overdue", "heat"), [(0, 0), (3, 1), (6, 2), (12, 3), (13, 4), (100, 4)])
def test_the_colour_follows_the_share(overdue: int, heat: int) -> None:
    place: Any = None
    assert drawing.heat(reports.Standing(place, False, 100, overdue, 0.0, 0)) == heat


def test_every_figure_has_its_words(visit: Visit, district: District) -> None:
    visitor = visit("district")
    page = words(visitor.get("/board"))
    for figure in Figure:
        assert f"figure={figure}" in visitor.get("/board").text
        assert words(visitor.get(f"/board/cases?figure={figure}"))
    assert "未办结、未撤回、未并案的案件" in page
