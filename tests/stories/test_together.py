"""Many households, one lift (C17), and one leak told twice (C34): merged, followed by everybody's own code, split."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from engine import detection, intake, process
from engine.cases import CaseState
from engine.detection import Finding, FindingKind
from tests.stories.district import District, on_one
from tests.stories.test_citizen import report, scan, seen, sound, work_and_close

Open = Callable[[str], District]
BUILDINGS = ("LHQ.MZ.01.01.01.01", "LHQ.MZ.01.01.01.02", "LHQ.MZ.01.01.02.01")


def found(here: District, kind: FindingKind) -> list[Finding]:
    with here.store.reading() as session:
        return list(session.scalars(select(Finding).where(Finding.kind == kind.value).order_by(Finding.id)))


def members(here: District, finding: Finding) -> list[int]:
    with here.store.reading() as session:
        return [case.id for case in detection.see(session, here.person("LHQ.MZ", "dispatcher"), finding.id).cases]


def test_forty_households_and_one_lift(district: Open) -> None:
    here = district("2024-11-12 19:00")
    visitors, codes, app = [], [], here.application.web()
    for number in range(5):
        visitor = scan(here, BUILDINGS[number % 3], app)
        told = {"what": "电梯异响，运行时抖动，住户不敢坐。", "phone": f"1380000000{number}"}
        codes.append(report(visitor, **told))
        visitors.append(visitor)
    here.until("2024-11-12 20:00")
    with ThreadPoolExecutor(4) as nodes:  # whoever holds the watermark looks; what is found is found once
        assert sum(nodes.map(lambda _: here.application.scheduler.detect(), range(4))) == 1
    (cluster,) = found(here, FindingKind.CLUSTER)
    assert found(here, FindingKind.DUPLICATE) == []  # five households are no five times the same
    children = members(here, cluster)
    assert len(children) == 5

    dispatcher = here.person("LHQ.MZ", "dispatcher")
    with here.store.transaction() as session:
        done = detection.link_cluster(
            session, here.world, cluster.id, children, "new", "电梯异响，多户反映", "同一部电梯",
            viewer=dispatcher, now=here.clock.now(),
        )  # fmt: skip
    master = done.master.id
    assert (done.linked, done.refused) == (5, ())
    assert done.master.facts["people_count"] == 5
    assert {here.case(each).state for each in children} == {CaseState.MERGED}
    assert here.acts(children[0])[-3:] == ["message.arrived", "case.closed", "case.merged"]
    assert here.acts(master).count("case.joined") == 5
    visitors.append(scan(here, BUILDINGS[0], app))
    codes.append(report(visitors[5], what="一楼电梯有异响，很吓人。", phone="13800000005"))
    here.until("2024-11-12 20:30")
    assert here.application.scheduler.detect() == 1  # the same one has grown
    assert [each.id for each in found(here, FindingKind.CLUSTER)] == [cluster.id]
    children = members(here, cluster)
    assert len(children) == 6
    with here.store.transaction() as session:  # the one that came later joins
        joined = detection.link_cluster(
            session, here.world, cluster.id, children[5:], "", "", "同一部电梯", viewer=dispatcher, now=here.clock.now()
        )
    assert joined.master.id == master
    assert here.case(master).facts["people_count"] == 6
    sound(here)
    page = seen(visitors[0], codes[0])
    assert f"与 {here.case(master).number} 并案办理" in page
    assert "撤回" not in page
    assert visitors[0].post("/t/papers", {"note": "视频发到社区群里了"}).status_code == 302
    assert here.facts_of(master, "material.supplied")[0]["note"].endswith("视频发到社区群里了")

    here.until("2024-11-13 11:00")  # nobody confirms the grading: it holds
    work_and_close(here, master)
    here.until("2024-11-13 11:10")
    for _ in range(2):
        here.application.scheduler.detect()
    assert [here.acts(each).count("master.answered") for each in children] == [1] * 6
    assert "已答复" in seen(visitors[0], codes[0])
    assert visitors[0].post("/t/confirmation").status_code == 302
    assert "citizen.confirmed" in here.acts(children[0])
    assert "citizen.confirmed" not in here.acts(master)
    seen(visitors[1], codes[1])
    for _ in range(2):  # what did not hold for this household may hold for the others; the second tap is the same
        assert visitors[1].post("/t/refusal", {"reason": "我们楼的还在响"}).status_code == 302
    assert here.case(children[1]).state == CaseState.ASSIGNED
    assert here.acts(children[1]).count("case.reopened") == 1
    assert here.case(master).state == CaseState.CLOSED
    assert "单独办理" in seen(visitors[1])
    sound(here)


@on_one
def test_one_leak_by_code_and_by_telephone(district: Open) -> None:
    here = district("2024-09-19 10:00")
    visitor = scan(here, BUILDINGS[0])
    code = report(visitor, what="502 卫生间漏水，天花板发霉。", phone="13912345678")
    here.until("2024-09-19 15:00")
    filing = intake.Filing(
        "hotline_12345", "complaint", "neighbour.leak", "502 漏水", "和上午扫码反映的是同一件事：502 漏水。",
        BUILDINGS[0], here.clock.now(), parties=(intake.PartyIn("applicant", "陈某", phone="13912345678"),),
    )  # fmt: skip
    with here.store.transaction() as session:
        second = intake.file_case(session, here.world, filing, viewer=None, now=here.clock.now()).id
        assert second == 2
    assert "repeat_count" not in here.case(second).facts  # the first one is still open: a duplicate, no repeat
    here.until("2024-09-19 15:05")
    assert here.application.scheduler.detect() == 1
    (pair,) = found(here, FindingKind.DUPLICATE)
    assert pair.facts["grounds"][0] == "person"
    agent = here.person("LHQ.MZ", "dispatcher")
    with here.store.transaction() as session:
        detection.accept_pair(session, here.world, pair.id, second, "同一件事", viewer=agent, now=here.clock.now())
    assert here.case(1).state == CaseState.MERGED
    assert "并案办理" in seen(visitor, code)
    sound(here)
    here.until("2024-09-19 16:00")
    with here.store.transaction() as session:
        process.split(session, here.world, 1, "是另一处漏水", viewer=agent, now=here.clock.now())
    assert here.case(1).state == CaseState.ASSIGNED
    assert {"ack", "handle", "case_outer"} <= set(here.clocks(1))
    assert here.acts(second)[-1] == "case.left"
    assert "单独办理" in seen(visitor, code)
    sound(here)
