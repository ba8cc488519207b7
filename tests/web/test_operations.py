"""The operator's pages: accounts, units, sign-ins, working days, incidents; and no word of any case."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.deploy.model import Release, ReleaseFile
from engine.design import DesignAct
from engine.errors import Invalid
from engine.people import Membership, OperatorEntry, operator_log
from engine.process import Instance
from engine.scheduler import Scheduler
from engine.territory import Unit, compare, read_units, write_units
from engine.web.words.operations import OPERATIONS
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def operator(visit: Visit) -> Visitor:
    visitor = visit("operator")
    visitor.get("/operations")
    return visitor


def log_of(district: District) -> list[str]:
    with district.store.reading() as session:
        return list(session.scalars(select(OperatorEntry.act).order_by(OperatorEntry.id)))


def test_an_account_is_opened_given_a_role_and_closed(operator: Visitor, visit: Visit, district: District) -> None:
    operator.get("/operations/people/new")
    bad = operator.post("/operations/people", {"username": "Li Na", "name_zh": "李娜", "name_en": "Li Na"})
    assert bad.status_code == 422
    assert 'value="李娜"' in bad.text
    opened = operator.post("/operations/people", {"username": "li.na", "name_zh": "李娜", "name_en": "Li Na"})
    password = re.search(r'class="secret">([a-z0-9-]{19})<', opened.text)
    assert password is not None
    address = re.search(r'action="(/operations/people/\d+)"', opened.text)
    assert address is not None
    assert password.group(1) not in operator.get(address.group(1)).text
    newcomer = visit(None)
    newcomer.get("/sign-in")
    newcomer.post("/sign-in", {"username": "li.na", "password": password.group(1)})
    assert newcomer.get("/").headers["Location"] == "/me/password"
    role = {"unit": "LHQ.MZ.01", "role": "clerk"}
    assert operator.post(f"{address.group(1)}/roles", role).status_code == 422
    assert operator.post(f"{address.group(1)}/roles", {**role, "unit": "LHQ.NO", "reason": "x"}).status_code == 422
    assert operator.post(f"{address.group(1)}/roles", {**role, "reason": "new clerk"}).status_code == 302
    newcomer.get("/me/password")
    newcomer.post("/me/password", {"present": password.group(1), "password": "a new sentence"})
    assert newcomer.get("/cases").status_code == 200
    assert operator.post(f"{address.group(1)}/roles/ending", {**role, "reason": "left"}).status_code == 302
    assert newcomer.get("/cases").status_code == 403
    assert operator.post(f"{address.group(1)}/closing", {"reason": "left"}).status_code == 302
    assert newcomer.get("/me").status_code == 302
    assert log_of(district) == ["person.opened", "role.given", "role.taken", "person.deactivated"]
    page = words(operator.get("/operations/log"))
    assert "new clerk" in page
    assert "李娜" in page


def test_the_last_operator_stays(operator: Visitor, district: District) -> None:
    me = f"/operations/people/{district.people['operator']}"
    assert operator.post(f"{me}/closing", {"reason": "x"}).status_code == 409
    taken = operator.post(f"{me}/roles/ending", {"unit": "LHQ", "role": "operator", "reason": "x"})
    assert taken.status_code == 409
    assert "最后一名运维人员" in words(taken)
    assert operator.get("/operations").status_code == 200


def test_a_password_is_reset_and_the_person_signed_out(operator: Visitor, visit: Visit, district: District) -> None:
    theirs = visit("grid")
    address = f"/operations/people/{district.people['grid']}/password"
    assert operator.post(address, {"reason": ""}).status_code == 422
    answer = operator.post(address, {"reason": "forgot it"})
    assert re.search(r'class="secret">[a-z0-9-]{19}<', answer.text)
    assert theirs.get("/").status_code == 302


def test_a_sick_persons_absence_is_noted_by_an_operator(operator: Visitor, visit: Visit, district: District) -> None:
    address = f"/operations/people/{district.people['grid']}/absences"
    deputy = {"deputy": str(district.people["zone"])}
    assert operator.post(address, deputy).status_code == 422
    assert operator.post(address, {**deputy, "ends_on": "2026-03-06"}).status_code == 302
    assert "林晓东" in words(visit("zone").get("/me"))
    assert log_of(district) == ["absence.noted"]


def test_a_sign_in_is_ended(operator: Visitor, visit: Visit) -> None:
    theirs = visit("grid")
    page = operator.get("/operations/sign-ins")
    assert "林晓东" in words(page)
    block = page.text.split("林晓东", 1)[1]
    handle = re.search(r"/operations/sign-ins/([0-9a-f]{16})/ending", block)
    assert handle is not None
    operator.post(f"/operations/sign-ins/{handle.group(1)}/ending")
    assert theirs.get("/").status_code == 302


HEADER = "id,name_zh,name_en,valid_from,valid_to,merged_into\n"
CHANGES = HEADER + (
    "LHQ.MZ.03,新社区,New Community,,,\n"
    "LHQ.MZ.02,新桥大社区,Greater Xinqiao,,,\n"
    "LHQ.MZ.01.02,第2片区,Zone 2,,2026-03-01,LHQ.MZ.01.01\n"
    "LHQ.MZ.01.01.02,第2网格,Grid 2,,2026-03-01,\n"
)


def send(visitor: Visitor, address: str, text: str, **fields: str) -> tuple[int, str]:
    answer = visitor.client.post(
        address,
        data={"table": (io.BytesIO(text.encode()), "table"), "csrf_token": visitor.token, **fields},
        content_type="multipart/form-data",
    )
    return answer.status_code, answer.text


def test_units_are_changed_only_after_a_look(operator: Visitor, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock, place="LHQ.MZ.01.01.02")
    status, page = send(operator, "/operations/units/import", CHANGES)
    assert status == 200
    for word in ("新社区", "新桥大社区", "新桥社区", "LHQ.MZ.01.01", "1 件在办"):
        assert word in page
    with district.store.reading() as session:
        assert session.get(Unit, "LHQ.MZ.03") is None
    carried = re.search(r"<textarea name=\"table\" hidden>\n(.*?)</textarea>", page, re.DOTALL)
    assert carried is not None
    assert operator.post("/operations/units/import", {"step": "apply", "table": carried.group(1)}).status_code == 302
    with district.store.reading() as session:
        new, renamed, moved, closed = (
            session.get_one(Unit, each) for each in ("LHQ.MZ.03", "LHQ.MZ.02", "LHQ.MZ.01.02", "LHQ.MZ.01.01.02")
        )
    assert (new.tier, new.parent_id, new.seq) == ("community", "LHQ.MZ", 3)
    assert renamed.name_en == "Greater Xinqiao"
    assert moved.merged_into == "LHQ.MZ.01.01"
    assert closed.valid_to is not None
    assert log_of(district) == ["unit.added", "unit.renamed", "unit.moved", "unit.closed"]
    _, again = send(operator, "/operations/units/import", CHANGES)
    assert "表格内容与现状一致" in again


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("id,name_zh\nLHQ,区\n", 1, "name_en"),
        (HEADER + "LHQ.MZ.01,,Heyue,,,\n", 2, "name_zh"),
        (HEADER + "lhq.mz,街道,Street,,,\n", 2, "id"),
        (HEADER + "LHQ.MZ.01,社区,C,,,\nLHQ.MZ.01,社区,C,,,\n", 3, "id"),
        (HEADER + "LHQ.XX.01,社区,C,,,\n", 2, "id"),
        (HEADER + "LHQ.MZ.01.01.01.01.01,深,Deep,,,\n", 2, "id"),
        (HEADER + "LHQ.MZ.02,社区,C,,2026-13-01,\n", 2, "valid_to"),
        (HEADER + "LHQ.MZ.02,社区,C,,2026-04-01,\n", 2, "valid_to"),
        (HEADER + "LHQ.MZ.02,社区,C,,2026-03-01,LHQ.MZ\n", 2, "merged_into"),
        (HEADER + "LHQ.MZ.02,社区,C,,,LHQ.MZ.01\n", 2, "merged_into"),
        (HEADER + "LHQ.MZ,街道,Street,,2026-03-01,\n", 2, "valid_to"),
        (HEADER + "LHQ.MZ.02,社区\n", 2, "name_en"),
    ],
)
def test_every_fault_of_a_table_is_told_by_row_and_column(
    operator: Visitor, district: District, table: str, row: int, column: str
) -> None:
    status, page = send(operator, "/operations/units/import", table)
    assert status == 422
    assert re.search(rf'<td class="figure">{row}</td><td><code>{column}</code>', page)
    assert log_of(district) == []


def test_the_table_taken_out_says_what_is_there_and_no_cell_is_a_formula(operator: Visitor, district: District) -> None:
    with district.store.transaction() as session:
        session.get_one(Unit, "LHQ.MZ.02").name_zh = "=HYPERLINK(1)"
    answer = operator.get("/operations/units.csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.get_data().decode("utf-8")
    assert "'=HYPERLINK(1)" in text
    assert not re.search(r'(^|,)"?[=+@＝]', text)
    with district.store.reading() as session:
        units = {unit.id: unit for unit in session.scalars(select(Unit))}
        assert write_units(units.values()).count("\n") == len(units) + 1
    changes = compare(read_units(text), units, district.world.tiers, today=date(2026, 3, 2))
    assert not changes.any
    assert changes.same == len(units)


def test_the_first_table_has_one_highest_unit_alone(district: District) -> None:
    """Whoever works at the highest sees all there is, so nothing may stand beside it."""
    lines = read_units(HEADER + "LHQ,区,District,,,\nFTQ,区,District,,,\nFTQ.MZ,街道,Street,,,\n")
    with pytest.raises(Invalid) as refused:
        compare(lines, {}, district.world.tiers, today=date(2026, 3, 2))
    assert [(fault.row, fault.column) for fault in refused.value.facts["faults"]] == [(3, "id")]


TABLE = """year: 2027
holidays: ["2027-01-01"]
makeup_workdays: ["2027-01-02"]
source: a test
"""


def test_the_year_is_a_grid_and_next_years_table_is_loaded_after_a_look(
    operator: Visitor, district: District, clock: ManualClock
) -> None:
    page = operator.get("/operations/calendar")
    assert page.text.count("<caption>") == 12
    assert 'class="day makeup"' in page.text
    status, seen = send(operator, "/operations/calendar", TABLE)
    assert status == 200
    assert district.world.calendar.loaded_until.year == 2026
    carried = re.search(r"<textarea name=\"table\" hidden>\n(.*?)</textarea>", seen, re.DOTALL)
    assert carried is not None
    table = carried.group(1).replace("&#34;", '"')
    loaded = operator.post("/operations/calendar", {"step": "load", "table": table})
    assert loaded.headers["Location"] == "/operations/calendar?year=2027"
    assert district.world.calendar.loaded_until.year == 2027
    assert log_of(district) == ["year.loaded"]
    status, wrong = send(operator, "/operations/calendar", TABLE.replace("2027-01-02", "2027-01-05"))
    assert status == 422
    assert "<code>makeup_workdays</code> 2027-01-05 本来就是工作日" in wrong
    assert "请看第 2 行" in send(operator, "/operations/calendar", "year: 2027\n  holidays: [")[1]


def test_from_december_on_operators_are_told_of_the_missing_year(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=273))
    assert "尚未载入" not in visit("operator").get("/me").text
    assert visit(None).get("/healthz").get_json()["calendar"] == {"loaded_until": "2026-12-31", "missing_year": None}
    clock.advance(timedelta(days=1))
    assert "2027 年工作日表尚未载入" in visit("operator").get("/me").text
    assert "尚未载入" not in visit("grid").get("/").text
    assert visit(None).get("/healthz").get_json()["calendar"]["missing_year"] == 2027


def test_incidents_of_one_cause_are_taken_up_again_together(
    operator: Visitor, district: District, clock: ManualClock
) -> None:
    cases = [town.file_case(district, clock, title=title) for title in ("秘密标题一", "秘密标题二", "秘密标题三")]
    with district.store.transaction() as session:
        for case_id, said in zip(cases, ("out of paper", "out of paper", "other"), strict=True):
            instance = session.scalars(select(Instance).where(Instance.case_id == case_id)).first()
            assert instance is not None
            instance.trouble, instance.trouble_at = said, clock.now()
            for deadline in session.scalars(select(Deadline).where(Deadline.instance_id == instance.id)):
                deadline.attempts = 5
    page = operator.get("/operations")
    assert "秘密标题" not in page.text
    assert "尝试 5 次" in words(page)
    assert "全部重试（2）" in words(page)
    assert operator.post("/operations/incidents/retries", {"said": "out of paper"}).status_code == 302
    with district.store.reading() as session:
        left = session.scalars(select(Instance.trouble).where(Instance.trouble.is_not(None))).all()
    assert left == ["other"]
    assert log_of(district) == ["incident.retried"] * 2


def test_each_node_says_what_it_fired_in_the_last_hour(visit: Visit, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock)
    node = Scheduler(district.store, district.world, clock, name="node-7")
    clock.advance(timedelta(days=3))
    fired = node.fire_due().fired
    assert fired > 0
    node.beat()
    assert re.search(rf"node-7.*?\b{fired}\b", words(visit("operator").get("/operations")))


def test_before_anything_is_published_everybody_is_told_who_does_it(visit: Visit, district: District) -> None:
    with district.store.transaction() as session:
        for table in (DesignAct, ReleaseFile, Release):
            session.execute(delete(table))
    assert "maplebridge publish" in words(visit("operator").get("/operations"))
    for somebody, page in (("grid", "/"), ("designer", "/processes")):
        assert "请运维人员在服务器上发布流程" in words(visit(somebody).get(page))


def test_whoever_has_no_role_comes_home_to_their_own_page(visit: Visit, district: District) -> None:
    grid = visit("grid")
    with district.store.transaction() as session:
        session.execute(delete(Membership).where(Membership.person_id == district.people["grid"]))
    assert grid.get("/").headers["Location"] == "/me"
    assert "还没有角色" in words(grid.get("/me"))


def test_every_act_of_the_log_has_words() -> None:
    logged = set()
    for part in ("engine", "webhooks"):
        for file in (ROOT / part).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if "operator_log" in text:
                logged |= set(re.findall(r"""\blog\(\s*session,\s*[^,]+,\s*"([a-z_]+\.[a-z_]+)",""", text))
    assert len(logged) > 20
    assert logged <= set(OPERATIONS)


def test_the_last_backup_is_told_and_one_that_is_old_is_marked(
    visit: Visit, district: District, clock: ManualClock
) -> None:
    assert "最近备份 尚无记录" in words(visit("operator").get("/operations"))
    with district.store.transaction() as session:
        operator_log.log(session, None, "database.backed_up", operator_log.BACKUP, now=clock.now())
    assert "最近备份 今天" in words(visit("operator").get("/operations"))
    clock.advance(timedelta(days=9))
    assert re.search('class="bad"><dt>最近备份', visit("operator").get("/operations").text)


def test_roles_are_no_ones_but_an_operators_to_give(visit: Visit, district: District) -> None:
    leader = visit("district")
    leader.get("/")
    grid = district.people["grid"]
    fields = {"unit": "LHQ", "role": "leader", "reason": "x"}
    assert leader.post(f"/operations/people/{grid}/roles", fields).status_code == 403
    with district.store.reading() as session:
        assert session.get(Membership, (grid, "LHQ", "leader")) is None
