"""A small district to look at: a few units, people and cases as rows, for tests of pages and of who sees what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deploy, history, intake, notify, search
from engine.cases import Case, Party, Visit
from engine.clock import Clock
from engine.config import Config, load_config
from engine.deadlines import Deadline, parse_length
from engine.intake import Filing, PartyIn
from engine.main import read_calendar
from engine.outbox import Parcel
from engine.people import Membership, Person, hash_password
from engine.process import Instance, World
from engine.scheduler import Scheduler
from engine.store import Store
from engine.tasks import Task
from engine.territory import Unit

BPMN = Path(__file__).parents[2] / "bpmn"
PASSWORD = "correct horse battery"
SECRET = "0123456789abcdef0123456789abcdef"

UNITS: Sequence[tuple[str, str, str]] = (
    ("LHQ", "龙华区", "Longhua District"),
    ("LHQ.MZ", "民治街道", "Minzhi Street"),
    ("LHQ.MZ.01", "和悦社区", "Heyue Community"),
    ("LHQ.MZ.01.01", "第1片区", "Zone 1"),
    ("LHQ.MZ.01.01.01", "第1网格", "Grid 1"),
    ("LHQ.MZ.01.01.01.01", "1号楼", "Building 1"),
    ("LHQ.MZ.01.01.01.02", "2号楼", "Building 2"),
    ("LHQ.MZ.01.01.02", "第2网格", "Grid 2"),
    ("LHQ.MZ.01.02", "第2片区", "Zone 2"),
    ("LHQ.MZ.02", "新桥社区", "Xinqiao Community"),
    ("LHQ.GL", "观澜街道", "Guanlan Street"),
    ("LHQ.GL.01", "澜河社区", "Lanhe Community"),
    ("LHQ.GL.01.01", "第1片区", "Zone 1"),
    ("LHQ.GL.01.01.01", "第1网格", "Grid 1"),
    ("LHQ.GL.01.01.01.01", "1号楼", "Building 1"),
)
TIERS = ("building", "grid", "zone", "community", "street", "district")

PEOPLE: Mapping[str, tuple[str, str, Sequence[tuple[str, str]]]] = {
    "building": ("周楼长", "Zhou Building", [("LHQ.MZ.01.01.01.01", "lead")]),
    "grid": ("林晓东", "Lin Xiaodong", [("LHQ.MZ.01.01.01", "lead"), ("LHQ.MZ.01.01.01", "handler")]),
    "grid_b": ("何静怡", "He Jingyi", [("LHQ.MZ.01.01.01", "lead")]),
    "grid_2": ("陈海燕", "Chen Haiyan", [("LHQ.MZ.01.01.02", "lead")]),
    "zone": ("王建国", "Wang Jianguo", [("LHQ.MZ.01.01", "lead")]),
    "community": ("张淑芬", "Zhang Shufen", [("LHQ.MZ.01", "lead"), ("LHQ.MZ.01", "clerk")]),
    "street": ("黄永强", "Huang Yongqiang", [("LHQ.MZ", "dispatcher")]),
    "street_gl": ("李伟明", "Li Weiming", [("LHQ.GL", "lead")]),
    "grid_gl": ("赵春梅", "Zhao Chunmei", [("LHQ.GL.01.01.01", "lead")]),
    "district": ("吴秀英", "Wu Xiuying", [("LHQ", "leader")]),
    "confidential": ("沈文雄", "Shen Wenxiong", [("LHQ", "confidential_clerk")]),
    "designer": ("许思源", "Xu Siyuan", [("LHQ", "designer")]),
    "operator": ("郑子涵", "Zheng Zihan", [("LHQ", "operator")]),
    "nobody": ("罗无职", "Luo Nobody", []),
    "mediator": ("邱秀英", "Qiu Xiuying", [("LHQ.MZ.01", "mediator")]),
    "liaison": ("梁家豪", "Liang Jiahao", [("LHQ.MZ.01", "liaison")]),
    "quality": ("苏明静", "Su Mingjing", [("LHQ.MZ", "quality")]),
    "petition": ("洪文俊", "Hong Wenjun", [("LHQ", "petition_officer")]),
}


@dataclass
class District:
    """The world and the ids of its people by name."""

    store: Store
    world: World
    config: Config
    people: dict[str, int] = field(default_factory=dict)


def settle(store: Store, *, demo: bool = True, now: datetime, env: Mapping[str, str] | None = None) -> District:
    """Makes the units, the people (password `PASSWORD` for grid) and a release of the product's own processes."""
    config = load_config(
        None, {"MAPLEBRIDGE_DEMO": "true" if demo else "false", "MAPLEBRIDGE_SERVER__SECRET_KEY": SECRET, **(env or {})}
    )
    district = District(store, World(config, read_calendar(None, config)), config)
    with store.transaction() as session:
        for number, (unit, zh, en) in enumerate(UNITS):
            parent = unit.rpartition(".")[0] or None
            tier = TIERS[len(TIERS) - 1 - unit.count(".")]
            session.add(Unit(id=unit, parent_id=parent, tier=tier, seq=number, name_zh=zh, name_en=en))
        session.flush()
        for username, (zh, en, memberships) in PEOPLE.items():
            person = Person(username=username, name_zh=zh, name_en=en, active=True, offered_in_demo=bool(memberships))
            if username == "grid":
                person.password_hash = hash_password(PASSWORD)
            session.add(person)
            session.flush()
            district.people[username] = person.id
            session.add_all(Membership(person_id=person.id, unit_id=unit, role=role) for unit, role in memberships)
        deploy.store_release(session, deploy.read_folder(BPMN), reason="first", actor_id=None, now=now)
    return district


def add_case(
    session: Session,
    *,
    place: str = "LHQ.MZ.01.01.01",
    holder: str | None = None,
    title: str = "楼上漏水,天花板发霉",
    now: datetime,
    filed: timedelta = timedelta(days=1),
    **more: Any,
) -> Case:
    """A case with one visit, as a row: no process runs."""
    holder = holder or place
    at = now - filed
    count = len(session.scalars(select(Case.id)).all()) + 1
    values: dict[str, Any] = {
        "number": f"LHQ-20260302-{count:04d}",
        "channel": "hotline_12345",
        "kind": "dispute",
        "category": "neighbour.leak",
        "title": title,
        "description": "楼上卫生间漏水半年,天花板发霉,多次沟通未果,对方拒绝维修。\n希望社区协调。",
        "place_id": place,
        "facts": {"people_count": 2, "amount_cny": 3000},
        "reasons": [{"decision": "d_severity", "rule": "R01", "says": "一般事项 / ordinary matter"}],
        "severity": 1,
        "size": "small",
        "track": "dispute_small",
        "urgent": False,
        "state": "handling",
        "tier": TIERS[len(TIERS) - 1 - holder.count(".")],
        "holder_id": holder,
        "accountable_id": holder,
        "visit_seq": 1,
        "received_at": at,
        "filed_at": at,
        "history_seq": 0,
        "history_hash": "",
        **more,
    }
    case = Case(**values)
    session.add(case)
    session.flush()
    session.add(
        Visit(case_id=case.id, seq=case.visit_seq, tier=case.tier, unit_id=holder, reason="filed", entered_at=at)
    )
    session.add(Party(case_id=case.id, role="applicant", name="谢女士", phone="13800138000", protected=True))
    session.add(Party(case_id=case.id, role="respondent", name="楼上住户许某"))
    session.flush()
    history.record(session, case, "case.filed", actor_id=None, now=at, facts={"severity": case.severity})
    search.index_case(session, case)
    return case


def add_task(
    session: Session,
    case: Case,
    *,
    now: datetime,
    unit: str | None = None,
    roles: str = "|lead|deputy|",
    form: str | None = "sign_in",
    name: tuple[str, str] = ("签收", "Sign in"),
    due: timedelta | None = timedelta(hours=4),
    process: str = "p_small",
    **more: Any,
) -> Task:
    """An open task and, when it has one, its deadline: rows without a running process behind them."""
    release = session.scalars(select(deploy.Release.id).order_by(deploy.Release.id.desc())).first()
    instance = Instance(case_id=case.id, process_id=process, release_id=release, state=b"", revision=1, started_at=now)
    session.add(instance)
    session.flush()
    task = Task(
        case_id=case.id,
        instance_id=instance.id,
        token="t1",
        process=process,
        element="t_sign_in",
        name_zh=name[0],
        name_en=name[1],
        form=form,
        unit_id=unit or case.holder_id,
        roles=roles,
        state="open",
        opened_at=now,
        due_at=now + due if due is not None else None,
        warn_at=now + due * 0.8 if due is not None else None,
        **{"why": "filed", **more},
    )
    session.add(task)
    if due is not None:
        session.add(
            Deadline(
                case_id=case.id,
                visit_seq=case.visit_seq,
                instance_id=instance.id,
                token="d1",
                step="handle",
                tier=case.tier,
                expects="ended",
                started_at=min(now, now + due) - timedelta(days=1),
                length=str(parse_length("2wd")),
                first_due_at=now + due,
                due_at=now + due,
                next_at=now + due,
                warn_at=now + due * 0.8,
                state="armed",
            )
        )
    session.flush()
    return task


def file_case(
    district: District,
    clock: Clock,
    *,
    place: str = "LHQ.MZ.01.01.01",
    title: str = "楼上漏水，天花板发霉",
    phone: str = "13800138000",
    **facts: Any,
) -> int:
    """Files a real case through the front door and gives its id; its process runs.

    The same telephone again, about the same kind of matter, makes a repeat of one that was answered.
    """
    filing = Filing(
        channel="hotline_12345",
        kind="dispute",
        category="neighbour.leak",
        title=title,
        description="楼上卫生间漏水半年，多次沟通未果。",
        place_id=place,
        received_at=clock.now(),
        facts=facts,
        parties=(
            PartyIn("applicant", "谢女士", phone=phone, protected=True),
            PartyIn("respondent", "许某"),
        ),
    )
    with district.store.transaction() as session:
        return intake.file_case(session, district.world, filing, viewer=None, now=clock.now()).id


def open_task(district: District, case_id: int, form: str | None = None) -> Task:
    """The open task of a case, of that form where several are open."""
    with district.store.reading() as session:
        tasks = session.scalars(
            select(Task).where(Task.case_id == case_id, Task.state == "open").order_by(Task.id)
        ).all()
    return next(task for task in tasks if form is None or task.form == form)


def send_notices(district: District, clock: Clock) -> None:
    """Whatever waits in the outbox becomes notices."""

    def post(session: Session, parcels: Sequence[Parcel]) -> None:
        notify.post(session, parcels, tiers=district.world.tiers)

    Scheduler(district.store, district.world, clock, name="test", post=post).send_outbox()
