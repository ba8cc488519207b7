"""A designer sees what is in force, what a proposal changes, publishes it and takes it back; nobody else may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import deploy, design
from engine.clock import ManualClock
from engine.people import Membership, Person
from engine.process import Instance
from engine.scheduler import Scheduler
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]
LIMITS, SMALL = "small/limits.yaml", "small/small.bpmn"


@pytest.fixture
def propose(district: District, clock: ManualClock) -> Callable[..., int]:
    def make(who: str = "designer", limit: str = "1wd", diagram: bool = False) -> int:
        with district.store.transaction() as session:
            common: dict[str, Any] = {"actor_id": district.people[who], "now": clock.now()}
            made = design.begin_proposal(session, "网格更快", author_id=district.people[who], now=clock.now())
            files = deploy.files_in_force(session)
            limits = files[LIMITS].replace(b"grid: 2wd", f"grid: {limit}".encode())
            design.save_file(session, made.id, LIMITS, limits, seen=0, **common)
            if diagram:
                drawn = files[SMALL].replace(b'candidateGroups="lead,deputy,handler"', b'candidateGroups="lead"', 1)
                design.save_file(session, made.id, SMALL, drawn, seen=0, **common)
            return made.id

    return make


@pytest.fixture
def second(district: District) -> str:
    """Another designer."""
    with district.store.transaction() as session:
        person = Person(username="luo", name_zh="罗设计", name_en="Luo", active=True, offered_in_demo=True)
        session.add(person)
        session.flush()
        session.add(Membership(person_id=person.id, unit_id="LHQ", role="designer"))
        district.people["luo"] = person.id
    return "luo"


def publish(visitor: Visitor, number: int, **more: str) -> Any:
    page = visitor.get(f"/proposals/{number}").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    return visitor.post(f"/proposals/{number}/publication", {"seen": seen, "reason": "太慢", **more})


def test_the_library_says_what_is_in_force_why_and_how_it_stands(
    visit: Visit, district: District, clock: ManualClock, propose: Callable[..., int]
) -> None:
    town.file_case(district, clock)
    propose()
    said = words(visit("designer").get("/processes"))
    for each in ("小事联合办理", "在其中运行：案件", "版本 1", "first", "网格更快", "通过", "1 个运行中"):
        assert each in said, each
    assert "楼上" not in said


def test_a_proposal_says_what_it_changes_in_both_languages(visit: Visit, propose: Callable[..., int]) -> None:
    number = propose(diagram=True)
    visitor = visit("designer")
    said = words(visitor.get(f"/proposals/{number}"))
    for each in ("handle", "网格", "2 个工作日 → 1 个工作日", "签收", "由谁办理", "lead,deputy,handler → lead"):
        assert each in said, each
    visitor.post("/language", {"language": "en", "next": "/"})
    said = words(visitor.get(f"/proposals/{number}"))
    for each in ("handle at Grid", "2 working days → 1 working day", "Task Sign in · who does it"):
        assert each in said, each
    page = visitor.get(f"/proposals/{number}/difference/{SMALL}").text
    assert "&#34;t_sign_in&#34;: &#34;changed&#34;" in page
    for side in (f"/releases/1/files/{SMALL}", f"/proposals/{number}/files/{SMALL}"):
        assert f'data-src="{side}"' in page
        assert visitor.get(side).status_code == 200


def test_publishing_needs_a_reason_and_can_be_rolled_back_in_one_act(
    visit: Visit, district: District, clock: ManualClock, propose: Callable[..., int]
) -> None:
    number, visitor = propose(), visit("designer")
    refused = publish(visitor, number, reason=" ")
    assert (refused.status_code, "请说明理由" in refused.text) == (422, True)
    done = publish(visitor, number)
    assert done.headers["Location"].endswith("/releases/2")
    said = words(visitor.get("/releases/2"))
    assert "太慢" in said
    assert "2 个工作日 → 1 个工作日" in said
    visitor.get("/releases/1")
    back = visitor.post("/releases/1/rollback", {"expected": "2", "reason": "不行"})
    assert back.headers["Location"].endswith("/releases/3")
    with district.store.reading() as session:
        assert deploy.files_of(session, 3) == deploy.files_of(session, 1)
    assert visitor.post("/releases/1/rollback", {"expected": "3", "reason": "x"}).status_code == 422
    late = visitor.post("/releases/2/rollback", {"expected": "2", "reason": "还是要"})
    assert (late.status_code, 'value="还是要"' in late.text) == (409, True)


def test_what_does_not_pass_says_so_and_offers_no_button(
    visit: Visit, district: District, clock: ManualClock, propose: Callable[..., int]
) -> None:
    number = propose()
    with district.store.transaction() as session:
        design.save_file(
            session, number, LIMITS, b"handle: soon\n", seen=1, actor_id=district.people["designer"], now=clock.now()
        )
    visitor = visit("designer")
    page = visitor.get(f"/proposals/{number}")
    assert "small/limits.yaml" in words(page)
    assert "/publication" not in page.text
    seen = deploy.fingerprint({})
    assert visitor.post(f"/proposals/{number}/publication", {"seen": seen, "reason": "x"}).status_code == 409
    with district.store.reading() as session:
        assert len(deploy.recent_releases(session)) == 1


def test_warnings_are_told_before_it_is_published(visit: Visit, propose: Callable[..., int]) -> None:
    page = visit("designer").get(f"/proposals/{propose(limit='9wd')}")
    assert ("/publication" in page.text, "超过法定期限" in page.text) == (True, True)


def test_with_four_eyes_somebody_else_publishes(
    app: Any, visit: Visit, district: District, propose: Callable[..., int], second: str
) -> None:
    eyes = district.world.config.publishing.model_copy(update={"four_eyes": True})
    district.world.config = district.world.config.model_copy(update={"publishing": eyes})
    number, author = propose(), visit("designer")
    assert "/publication" not in author.get(f"/proposals/{number}").text
    with district.store.reading() as session:
        seen = deploy.fingerprint(design.files_of(session, design.get_proposal(session, number)))
    sent = author.post(f"/proposals/{number}/publication", {"seen": seen, "reason": "x"})
    assert (sent.status_code, "没有参与" in sent.text) == (403, True)
    assert publish(visit(second), number).headers["Location"].endswith("/releases/2")


def test_a_planned_one_comes_into_force_by_itself_and_is_recalled_before(
    visit: Visit, district: District, clock: ManualClock, propose: Callable[..., int]
) -> None:
    number, visitor = propose(), visit("designer")
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    ticking = Scheduler(district.store, district.world, clock, name="test")
    assert publish(visitor, number, on=day).headers["Location"].endswith(f"/proposals/{number}")
    assert "计划" in words(visitor.get(f"/proposals/{number}"))
    visitor.post(f"/proposals/{number}/recall", {})
    assert publish(visitor, number, on="tomorrow").status_code == 422
    publish(visitor, number, on=day)
    assert ticking.publish_planned() == 0
    clock.advance(timedelta(days=3))
    assert (ticking.publish_planned(), ticking.publish_planned()) == (1, 0)
    with district.store.reading() as session:
        assert deploy.recent_releases(session)[0].published_by == district.people["designer"]


def test_a_plan_that_does_not_pass_when_its_day_comes_is_open_again_and_says_why(
    visit: Visit, district: District, clock: ManualClock, propose: Callable[..., int]
) -> None:
    first, second_, visitor = propose(), propose(limit="5wh"), visit("designer")
    day = (clock.now() + timedelta(days=1)).date().isoformat()
    publish(visitor, first, on=day)
    assert "只供查看" in words(visitor.get(f"/proposals/{first}/limits/{LIMITS}"))
    publish(visitor, second_)
    assert "到那一天会被拒绝" in words(visitor.get(f"/proposals/{first}"))
    assert "其间已有发布版本 2" in words(visitor.get("/processes"))
    clock.advance(timedelta(days=2))
    assert Scheduler(district.store, district.world, clock, name="test").publish_planned() == 0
    visitor = visit("designer")
    said = words(visitor.get(f"/proposals/{first}"))
    assert "计划发布被拒： 其间已有较新的发布版本" in said
    visitor.post(f"/proposals/{first}/adoption", {"clash-1": f"mine:{LIMITS}"})
    assert publish(visitor, first).headers["Location"].endswith("/releases/3")


def test_cases_start_while_somebody_publishes_and_take_one_version_or_the_other(
    visit: Visit, district: District, clock: ManualClock, propose: Callable[..., int]
) -> None:
    before, visitor, number = town.file_case(district, clock), visit("designer"), propose()
    visitor.get(f"/proposals/{number}")
    meanwhile: list[int] = []
    begun, done = threading.Event(), threading.Event()

    def keep_filing() -> None:
        while not done.is_set():
            meanwhile.append(town.file_case(district, clock))
            begun.set()

    clerk = threading.Thread(target=keep_filing)
    clerk.start()
    assert begun.wait(20)
    published = publish(visitor, number)
    done.set()
    clerk.join(20)
    assert published.status_code == 302
    after = town.file_case(district, clock)
    with district.store.reading() as session:
        on = {
            case: set(session.scalars(select(Instance.release_id).where(Instance.case_id == case)))
            for case in (before, *meanwhile, after)
        }
    assert (on[before], on[after]) == ({1}, {2})
    assert {len(releases) for releases in on.values()} == {1}
    assert sorted(on.values(), key=max) == [on[case] for case in sorted(on)]


@pytest.mark.parametrize("who", ["grid", "street", "district", "confidential", "operator"])
def test_nobody_but_a_designer_publishes(who: str, visit: Visit, propose: Callable[..., int]) -> None:
    number, visitor = propose(), visit(who)
    visitor.get("/me")
    for address in ("/processes", "/releases", "/releases/1", f"/proposals/{number}", f"/releases/1/files/{SMALL}"):
        assert visitor.get(address).status_code == 403, address
    for address in (
        "/proposals",
        f"/proposals/{number}/publication",
        f"/proposals/{number}/recall",
        f"/proposals/{number}/dropping",
        f"/proposals/{number}/adoption",
        "/releases/1/rollback",
    ):
        assert visitor.post(address, {"reason": "x", "title": "x"}).status_code == 403, address


def test_a_proposal_is_renamed_while_it_is_open(propose: Callable[..., int], visit: Visit) -> None:
    number = propose()
    designer = visit("designer")
    designer.get(f"/proposals/{number}")
    empty = designer.post(f"/proposals/{number}/title", {"title": "  "})
    assert empty.status_code == 422
    assert "需要标题" in words(empty)
    assert designer.post(f"/proposals/{number}/title", {"title": "网格  更快更好"}).status_code == 302
    assert "网格 更快更好" in words(designer.get(f"/proposals/{number}"))
    designer.post(f"/proposals/{number}/dropping")
    assert designer.post(f"/proposals/{number}/title", {"title": "晚了"}).status_code == 409
    assert "网格 更快更好" in words(designer.get(f"/proposals/{number}"))
