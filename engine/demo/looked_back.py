"""What the engine finds in the demonstration, a post-mortem that is followed, and the assessment of a project."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import assessments, people, postmortems
from engine.assessments import Draft, Risk
from engine.main import Application
from engine.people import Viewer, demo_people
from engine.postmortems import Line, PostMortem, Trigger

PROJECT = Draft(
    project="民乐路地下通道改造工程",
    stakeholders="沿线 3 个小区约 2100 户居民，临街商户 46 家，民乐小学师生。",
    risks=(
        Risk("夜间施工噪音扰民", "high", "22 时后停止高噪音作业，公布投诉电话，设隔音屏"),
        Risk("围挡影响商户经营", "medium", "分段围挡，留出通道，开工前逐户告知"),
        Risk("学生上下学安全", "medium", "上下学时段暂停土方运输，安排专人值守"),
    ),
    level="medium",
    measures="每周公布进度，社区设现场接待点，施工单位、街道、社区每周会商一次。",
    decision="go",
    keywords="夜间",
)


def look_back(lived: Application, *, now: datetime) -> None:
    """Lets the engine look at what happened, writes one of the post-mortems it opened, and assesses a project."""
    lived.scheduler.detect()
    with lived.store.transaction() as session:
        leader, officer, dispatcher = (_one(session, role) for role in ("leader", "petition_officer", "dispatcher"))
        if leader is None or officer is None or dispatcher is None:
            return
        _write_one(session, officer, leader, now=now)
        place = dispatcher.units()[0]
        opened = assessments.open_assessment(session, place, PROJECT, viewer=officer, now=now - timedelta(days=30))
        assessments.write(session, opened.id, PROJECT, submit=True, viewer=officer, now=now - timedelta(days=29))
        if leader.may("assessment.approve", place):
            begun = now - timedelta(days=28)
            assessments.decide(session, opened.id, approve=True, remark="", viewer=leader, now=begun)


def _write_one(session: Session, officer: Viewer, leader: Viewer, *, now: datetime) -> None:
    opened = select(PostMortem).where(PostMortem.trigger == Trigger.OPINION.value).order_by(PostMortem.id)
    for found in session.scalars(opened):
        if not (officer.may("postmortem.write", found.unit_id) and leader.may("postmortem.approve", found.unit_id)):
            continue
        today = now.date()
        draft = postmortems.Draft(
            cause="首次投诉后三天没有回复，当事人转而在网上发布视频；现场检查只看了手续，没有测量。",
            missed="同一地点两周内已有三次类似投诉，没有人合并来看。",
            worked="领导到场后当天公布了检测结果和整改期限，转发很快停止。",
            lines=(
                Line("同一地点第二次投诉起由街道现场检测", "街道综合执法队", (today + timedelta(days=12)).isoformat()),
                Line("重点商户油烟在线监测", "街道环保办", (today - timedelta(days=2)).isoformat()),
            ),
        )
        postmortems.write(session, found.id, draft, submit=True, viewer=officer, now=now - timedelta(days=2))
        postmortems.decide(session, found.id, approve=True, remark="", viewer=leader, now=now - timedelta(days=1))
        done = "已印发街道通知，附检测规程"
        postmortems.finish_action(session, found.id, 1, done, viewer=officer, now=now - timedelta(hours=5))
        return


def _one(session: Session, role: str) -> Viewer | None:
    """The demo person of a role who stands highest."""
    offered = [(m.unit_id, person.id) for person, m in demo_people(session) if m.role == role]
    return people.viewer_of(session, min(offered, key=lambda each: each[0].count("."))[1]) if offered else None
