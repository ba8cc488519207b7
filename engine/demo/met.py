"""What was talked about in the demonstration: sessions, a reception day and a backlog campaign, made by the verbs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import campaigns, process, receptions, sessions
from engine.campaigns import Charge, Criteria
from engine.cases import Case
from engine.main import Application
from engine.people import Viewer, demo_people, members, viewer_of
from engine.process import World
from engine.receptions import Received, Wish
from engine.sessions import Minutes, Raised
from engine.tasks import Task, TaskState
from engine.territory import ancestors

SESSION = "电动自行车与楼道停放 / E-bikes and what stands in the stairwell"
COUNCIL = "小区公共空地怎么用 / How to use the vacant lot"
MADE = (6, 10)
"""So many items at least and at most has the campaign, if a category has as many."""


def meet(application: Application, *, now: datetime) -> None:
    """Adds what is told above to a district that has lived. Nothing of it is late."""
    world = application.world
    with application.store.transaction() as session:
        lead, officer, leader = _people(session)
        if lead is not None and officer is not None and leader is not None:
            _talk(session, world, lead, now)
            _receive(session, world, officer, leader, now)
            _take_charge(session, world, officer, leader, now)


def _people(session: Session) -> tuple[Viewer | None, Viewer | None, Viewer | None]:
    """A lead of the lowest tier but one among the offered people, a petition officer and a leader of the top."""
    offered = [membership for _person, membership in demo_people(session) if membership.role == "lead"]
    units = sorted({membership.unit_id for membership in offered}, key=lambda unit: -unit.count("."))
    place = next((unit for unit in units if unit.count(".") < max(u.count(".") for u in units)), None)
    if place is None:
        return None, None, None
    top = ancestors(place)[-1]
    return (
        _first(session, place, "lead"),
        _first(session, top, "petition_officer"),
        _first(session, top, "leader"),
    )


def _first(session: Session, unit_id: str, role: str) -> Viewer | None:
    found = members(session, unit_id, (role,))
    return viewer_of(session, found[0].id) if found else None


def _talk(session: Session, world: World, lead: Viewer, now: datetime) -> None:
    unit = max(lead.units(("lead",)), key=len)
    before = now - timedelta(days=6)
    first = sessions.schedule(session, _plan(unit, SESSION, before), viewer=lead, now=before)
    said = (
        Raised("楼道里的旧家具没人清。", "何阿姨", "answered", answer="周六集中清运，请各户提前贴条。"),
        Raised(
            "建议在空地加装电动车充电桩。 / Charging points on the lot, please.", "居民代表", "suggestion", people=9
        ),
        Raised("感谢网格员夜里帮忙开锁。", "林伯", "noted"),
    )
    items = [sessions.raise_item(session, world, first.id, each, viewer=lead, now=before) for each in said]
    minutes = Minutes(9, "何阿姨；居民代表；林伯", "讨论楼道堆物和充电两件事，充电桩转社区研究。")
    sessions.publish(session, first.id, minutes, viewer=lead, now=before)
    answers = {"decision": "adopted", "reason": "空地可用。", "reply_text": "纳入民生微实事，月内安装。"}
    for item in items:
        if item.case_id is not None:
            _do(session, world, item.case_id, "suggestion_decision", answers, now)
    again = sessions.schedule(session, _plan(unit, SESSION, now - timedelta(hours=1)), viewer=lead, now=before)
    for raised in (
        Raised(
            "三楼住户半夜剁肉，整层睡不着。", "三楼住户", "case", kind="dispute", category="neighbour.noise", people=4
        ),
        Raised("路灯坏了两盏。", "王伯", "answered", answer="已报修，今晚复亮。"),
    ):
        sessions.raise_item(session, world, again.id, raised, viewer=lead, now=now)
    community = next(each for each in ancestors(unit) if each.count(".") == min(2, unit.count(".")))
    host = _first(session, community, "lead")
    if host is not None:
        plan = _plan(community, COUNCIL, now + timedelta(days=3), kind="council", units=(unit,))
        sessions.schedule(session, plan, viewer=host, now=now)


def _plan(unit: str, topic: str, at: datetime, **more: Any) -> sessions.Plan:
    return sessions.Plan(
        **{"unit_id": unit, "kind": "grid_talk", "topic": topic, "place": "邻里驿站", "starts_at": at, **more}
    )


def _receive(session: Session, world: World, officer: Viewer, leader: Viewer, now: datetime) -> None:
    unit = min(leader.units(("leader",)), key=len)
    days = []
    for at, place in ((now - timedelta(hours=2), "一号接访室"), (now + timedelta(days=7), "党群服务中心")):
        arranged = now - timedelta(days=3)
        plan = receptions.Plan(unit, leader.person_id, place, at, at + timedelta(hours=3), "就业、教育、居住", 8)
        days.append(receptions.arrange(session, plan, viewer=officer, now=arranged))
        receptions.publish(session, days[-1].id, viewer=officer, now=arranged)
    today, later = days
    wishes = (
        Wish(
            "孩子积分差0.5分，盼统筹学位。 / Half a point short for a school place.",
            name="家长潘某",
            phone="13800000001",
        ),
        Wish("退休待遇认定有误。", name="吕某"),
    )
    booked = [receptions.book(session, today.id, each, viewer=officer, now=now - timedelta(days=1)) for each in wishes]
    owner = receptions.owners(session, today, unit)[0].id
    received = Received(
        2, "孩子积分差0.5分，家住附近。", "一周内答复。", "请统筹到邻近公办学校。", owner, "help", "education.admission"
    )
    receptions.receive(session, world, today.id, booked[0].id, received, viewer=officer, now=now)
    for number in session.scalars(select(Case.number).where(Case.closed_at.is_(None)).order_by(Case.id).limit(2)):
        wish = Wish("盼领导过问。 / Asks the leader to look into it.", number=number)
        receptions.book(session, later.id, wish, viewer=officer, now=now)


def _take_charge(session: Session, world: World, officer: Viewer, leader: Viewer, now: datetime) -> None:
    unit = min(leader.units(("leader",)), key=len)
    criteria = _fitting(session, unit, officer, now)
    seats = [seat.value for seat in campaigns.staff_near(session, unit, ("quality", "dispatcher"))]
    if criteria is None or len(seats) < campaigns.LEAST_PANEL:
        return
    plan = campaigns.Plan("信访积案清仓见底 / Backlog clear-out", f"{now.year}-1", criteria, tuple(seats[:3]))
    campaign = campaigns.freeze(session, plan, viewer=officer, now=now)
    charge = Charge(f"{unit}#{leader.person_id}", by_holder=False)
    campaigns.issue(session, world, campaign.id, range(1, 5), charge, viewer=officer, now=now)
    found = campaigns.ledger(session, officer, campaign, now=now)
    settled = {"settled_as": "substantively_resolved", "result_text": "双方签订协议，信访人息诉。"}
    passed = {"documents": "yes", "return_visit": "yes", "petitioner_view": "yes", "reason": "材料、回访、意见均属实。"}
    way: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("backlog_ownership", {"roster": "一案一专班：信访、司法、街道各一人。"}),
        ("backlog_plan", {"measures": "分期化解，先补偿后协议。", "legal_view": "合法合规。"}),
        ("backlog_review", {"agree": "yes"}),
        ("backlog_progress", {"progress": "settled", "done_so_far": "三方已谈妥。"}),
        ("backlog_settle", settled),
        ("backlog_acceptance", passed),
    )
    for line, steps in zip(found, (6, 3, 2, 1), strict=False):
        for form, answers in way[:steps]:
            _do(session, world, line.case.id, form, answers, now)


def _fitting(session: Session, unit: str, officer: Viewer, now: datetime) -> Criteria | None:
    """A category with about as many old closed cases as a demonstration can show."""
    words = session.scalars(select(Case.category).where(Case.closed_at.is_not(None)).distinct().order_by(Case.category))
    for category in words.all():
        criteria = Criteria(unit, older_than_days=14, categories=(category,), standing="closed")
        if MADE[0] <= campaigns.how_many(session, criteria, viewer=officer, now=now) <= MADE[1]:
            return criteria
    return None


def _do(session: Session, world: World, case_id: int, form: str, answers: Mapping[str, Any], now: datetime) -> None:
    """Completes every open task of that form, each as somebody to whom it is offered."""
    query = select(Task.id).where(Task.case_id == case_id, Task.form == form, Task.state == TaskState.OPEN.value)
    for task_id in session.scalars(query).all():
        task = session.get_one(Task, task_id)
        person = task.claimed_by or members(session, task.unit_id, task.role_names)[0].id
        process.complete_task(session, world, task_id, answers, viewer=viewer_of(session, person), now=now)
