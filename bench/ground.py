"""The ground that benches, harnesses and stories stand on: a small district, the released processes, its people.

The district has one street, two communities, two zones and four grids, each with a lead; the processes are those of
`bpmn/` unless others are given.
"""

from __future__ import annotations

import importlib
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

import engine
from engine import deploy, intake, people, process, tasks
from engine.cases import Case
from engine.clock import Clock, ManualClock
from engine.config import Config
from engine.main import Application, build
from engine.people import Membership, Person, Viewer
from engine.store import Store, open_store, table_of
from engine.tasks import Task, TaskState
from engine.territory import Unit

ROOT = Path(__file__).parent.parent
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""09:00 in Shenzhen on an ordinary working day."""

UNITS = (
    ("D", "district"),
    ("D.S", "street"),
    *((f"D.S.{c}", "community") for c in "12"),
    *((f"D.S.{c}.1", "zone") for c in "12"),
    *((f"D.S.{c}.1.{g}", "grid") for c in "12" for g in "12"),
)
GRIDS = tuple(unit for unit, tier in UNITS if tier == "grid")
ROLES = ("lead", "handler", "leader", "dispatcher", "petition_officer", "quality", "operator")

LATER = "2026-03-01T09:00:00+08:00"
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "sign_in": {"action": "sign"},
    "confirm_triage": {"verdict": "agree"},
    "first_contact": {
        "contacted_at": LATER,
        "method": "phone",
        "reached": "yes",
        "summary": "电话联系，双方愿意调解。",
    },
    "assess": {"main_facts": "事实", "dispute_points": "焦点", "risk_level": "low", "plan": "约谈"},
    "handle": {"action_type": "talk", "happened_at": LATER, "findings": "上门了解情况。", "outcome": "resolved"},
    "resolve": {
        "result_code": "agreement_oral",
        "substantive": "yes",
        "summary": "双方达成一致",
        "reply_text": "已答复",
        "evidence": "照片",
    },
    "decide_upgrade": {"decision": "accept", "answer": "同意"},
    "quality_check": {"verdict": "pass"},
    "invite_joint": {"co_units": ["D.S.1.1.1", "D.S.1.1.2", "D.S.2.1.1"], "question": "请提意见"},
    "co_opinion": {"position": "agree", "opinion": "同意", "measures": "配合"},
    "joint_conclusion": {"summary": "一致", "measures": "整改", "agreed": "yes"},
    "agreement": {
        "agreement_form": "oral",
        "facts": "事实",
        "disputed": "焦点",
        "duties": "义务",
        "terms": "条款",
        "performance_way": "当场",
        "performance_place": "现场",
        "performance_due": LATER,
    },
    "sign": {"signed": "yes", "method": "signature", "signed_at": LATER},
    "ceiling": {"lead_official": "王某", "plan": "包案"},
    "decide_extension": {"decision": "approve", "reason": "需要"},
    "supervision_notice": {"issue_reason": "ceiling", "demand": "限期办结"},
    "supervision_reply": {"measures": "整改", "result": "完成"},
    "supervision_review": {"verdict": "accept"},
    "circular": {"title": "通报", "text": "通报"},
    "return_visit": {
        "method": "phone",
        "reached": "yes",
        "really_solved": "yes",
        "satisfied": "5",
        "performed": "none",
    },
}
"""A plain good answer to every form."""


@dataclass(frozen=True, slots=True)
class Ground:
    """An application on a prepared database."""

    app: Application
    clock: Clock

    @property
    def store(self) -> Store:
        return self.app.store

    def file(self, *, place: str = GRIDS[0], external_no: str | None = None) -> int:
        """Files a small matter in a transaction of its own; gives the case's id."""
        with self.store.transaction() as session:
            return self.file_in(session, place=place, external_no=external_no).id

    def file_in(self, session: Session, *, place: str = GRIDS[0], external_no: str | None = None) -> Case:
        now = self.clock.now()
        filing = intake.Filing(
            channel="hotline_12345",
            kind="complaint",
            category="noise.renovation",
            title="夜间装修噪音",
            description="楼上每晚十点以后仍在装修，多次沟通无果。",
            place_id=place,
            received_at=now,
            external_no=external_no,
            parties=(intake.PartyIn("applicant", "冯某", phone="13900000000"),),
        )
        return intake.file_case(session, self.app.world, filing, viewer=None, now=now)

    def viewer(self, session: Session, task: Task) -> Viewer:
        """Somebody who may do a task."""
        return people.viewer_of(session, people.members(session, task.unit_id, task.role_names)[0].id)

    def asker(self, task_id: int) -> Viewer:
        with self.store.reading() as session:
            return self.viewer(session, tasks.get_task(session, task_id))

    def complete(
        self, task_id: int, *, viewer: Viewer | None = None, answers: Mapping[str, Any] | None = None
    ) -> process.Completion:
        """Completes a task with a plain good answer, overlaid with `answers`, in a transaction of its own."""
        viewer = viewer or self.asker(task_id)
        with self.store.transaction() as session:
            return self.complete_in(session, task_id, viewer=viewer, answers=answers)

    def complete_in(
        self, session: Session, task_id: int, *, viewer: Viewer, answers: Mapping[str, Any] | None = None
    ) -> process.Completion:
        form = session.scalar(select(Task.form).where(Task.id == task_id))
        given = {**ANSWERS.get(form or "", {}), **(answers or {})}
        return process.complete_task(session, self.app.world, task_id, given, viewer=viewer, now=self.clock.now())

    def open_tasks(self, case_id: int) -> list[Task]:
        with self.store.reading() as session:
            return list(tasks.open_of_case(session, case_id))

    def only_task(self, case_id: int) -> int:
        (task,) = self.open_tasks(case_id)
        return task.id

    def advance(self, case_id: int, element: str, *, answers: Mapping[str, Any] | None = None) -> int:
        """Completes tasks of a case until one of that element is open; gives its id."""
        while True:
            found = self.open_tasks(case_id)
            for task in found:
                if task.element == element:
                    return task.id
            self.complete(found[0].id, answers=answers)


def config_for(url: str, papers: Path | None = None) -> Config:
    blank = Config()
    changed: dict[str, Any] = {"database": blank.database.model_copy(update={"url": url})}
    if papers is not None:
        changed["documents"] = blank.documents.model_copy(update={"folder": papers})
    return blank.model_copy(update=changed)


def prepare(url: str, *, files: Mapping[str, bytes] | None = None, now: datetime = MONDAY) -> None:
    """Every table, the small district and a release, in an empty database."""
    import_tables()
    store = open_store(url)
    try:
        store.create_all()
        settle_in(store, files=files, now=now)
    finally:
        store.dispose()


def settle_in(store: Store, *, files: Mapping[str, bytes] | None = None, now: datetime = MONDAY) -> None:
    """The small district and a release, in a database that has its tables."""
    with store.transaction() as session:
        session.execute(
            insert(table_of(Unit)),
            [
                {
                    "id": unit,
                    "parent_id": unit.rpartition(".")[0] or None,
                    "tier": tier,
                    "seq": seq,
                    "name_zh": unit,
                    "name_en": unit,
                }
                for seq, (unit, tier) in enumerate(UNITS)
            ],
        )
        session.execute(
            insert(table_of(Person)),
            [
                {"id": 2 * n + k, "username": f"p{2 * n + k}", "name_zh": unit, "name_en": unit, "active": True,
                 "offered_in_demo": False}
                for n, (unit, _) in enumerate(UNITS)
                for k in (1, 2)
            ],
        )  # fmt: skip
        session.execute(
            insert(table_of(Membership)),
            [
                {"person_id": 2 * n + k, "unit_id": unit, "role": role}
                for n, (unit, _) in enumerate(UNITS)
                for k in (1, 2)
                for role in ROLES
            ],
        )
        wanted = deploy.read_folder(ROOT / "bpmn") if files is None else files
        deploy.store_release(session, wanted, reason="bench", actor_id=None, now=now)


def open_ground(url: str, *, clock: Clock | None = None, durable: bool = True, papers: Path | None = None) -> Ground:
    clock = clock or ManualClock(MONDAY)
    return Ground(build(config_for(url, papers), clock=clock, store=open_store(url, durable=durable)), clock)


@contextmanager
def ground(
    url: str, *, clock: Clock | None = None, durable: bool = True, papers: Path | None = None
) -> Iterator[Ground]:
    """`papers` is the folder of documents, where it is not the configured one."""
    opened = open_ground(url, clock=clock, durable=durable, papers=papers)
    try:
        yield opened
    finally:
        opened.store.dispose()


def pick_open_task(session: Session, chance: random.Random) -> Task | None:
    """Any open task whatever."""
    ids: Sequence[int] = session.scalars(select(Task.id).where(Task.state == TaskState.OPEN.value)).all()
    return session.get(Task, chance.choice(ids)) if ids else None


def import_tables() -> None:
    """Imports every module that declares a table, so that the metadata is whole."""
    root = Path(engine.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if re.search(r"^class \w+\(.*\bBase\b.*\):", path.read_text(encoding="utf-8"), re.MULTILINE):
            importlib.import_module(".".join(("engine", *path.relative_to(root).with_suffix("").parts)))
