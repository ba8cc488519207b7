"""A district in a test's hands: file a case, let people act, let time pass, look at what a person would see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine import deadlines, deploy, intake, people, process, tasks
from engine.cases import Case, Visit, visits_of
from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.history import HistoryEntry
from engine.main import Application
from engine.people import Viewer
from engine.tasks import Task

ROOT = Path(__file__).resolve().parents[2]
SHENZHEN = ZoneInfo("Asia/Shanghai")
STREET = "LHQ.MZ"
on_one = pytest.mark.parametrize("district_url", ["sqlite"], indirect=True)
"""For rules that no database has a say in."""


def at(text: str) -> datetime:
    """An instant as the district's people write it: `2024-09-27 16:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHENZHEN)


class District:
    """One case after another on a real application; `now` moves only by `until`."""

    def __init__(self, application: Application, clock: ManualClock) -> None:
        self.application = application
        self.store = application.store
        self.world = application.world
        self.clock = clock

    def publish(self) -> None:
        with self.store.transaction() as session:
            deploy.store_release(
                session, deploy.read_folder(ROOT / "bpmn"), reason="test", actor_id=None, now=self.clock.now()
            )

    def file(self, place: str, *, kind: str = "complaint", channel: str = "qr", **facts: Any) -> int:
        with self.store.transaction() as session:
            filing = intake.Filing(
                channel, kind, "noise.renovation", "装修噪音", "楼上中午、晚上都在装修。", place, self.clock.now(),
                facts=facts,
                parties=(intake.PartyIn("applicant", "冯某"), intake.PartyIn("respondent", "装修公司", "org")),
            )  # fmt: skip
            return intake.file_case(session, self.world, filing, viewer=None, now=self.clock.now()).id

    def until(self, text: str) -> None:
        """Lets time pass to an instant; whatever comes due on the way is fired at its own moment."""
        goal = at(text)
        while True:
            with self.store.reading() as session:
                upcoming = [x for x in (deadlines.next_due(session), deadlines.next_warning(session)) if x is not None]
            if not upcoming or min(upcoming) > goal:
                break
            self.clock.set(max(min(upcoming), self.clock.now()))
            self.application.scheduler.tick()
        self.clock.set(goal)

    def case(self, case_id: int) -> Case:
        with self.store.reading() as session:
            found = session.get(Case, case_id)
            assert found is not None
            return found

    def visits(self, case_id: int) -> list[Visit]:
        with self.store.reading() as session:
            return visits_of(session, case_id)

    def open_tasks(self, case_id: int) -> list[Task]:
        with self.store.reading() as session:
            return list(tasks.open_of_case(session, case_id))

    def open_elements(self, case_id: int) -> list[str]:
        return sorted(task.element for task in self.open_tasks(case_id))

    def clocks(self, case_id: int) -> dict[str, Deadline]:
        with self.store.reading() as session:
            return {row.step: row for row in deadlines.live_of_case(session, case_id)}

    def acts(self, case_id: int) -> list[str]:
        with self.store.reading() as session:
            query = select(HistoryEntry.act).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq)
            return list(session.scalars(query))

    def facts_of(self, case_id: int, act: str) -> list[Mapping[str, Any]]:
        with self.store.reading() as session:
            query = select(HistoryEntry).where(HistoryEntry.case_id == case_id, HistoryEntry.act == act)
            return [row.facts for row in session.scalars(query.order_by(HistoryEntry.seq))]

    def person(self, unit_id: str, *roles: str) -> Viewer:
        with self.store.reading() as session:
            return people.viewer_of(session, people.members(session, unit_id, roles)[0].id)

    def do(
        self, case_id: int, element: str, *, by: Viewer | None = None, index: int = 0, **answers: Any
    ) -> process.Completion:
        """Completes an open task as somebody it is offered to; the last such person, so that deciders differ."""
        task = [each for each in self.open_tasks(case_id) if each.element == element][index]
        with self.store.transaction() as session:
            viewer = by or people.viewer_of(session, people.members(session, task.unit_id, task.role_names)[-1].id)
            return process.complete_task(session, self.world, task.id, answers, viewer=viewer, now=self.clock.now())

    def sign_in(self, case_id: int) -> None:
        self.do(case_id, "t_sign_in", action="sign")
