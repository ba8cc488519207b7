"""No page reads a large table from end to end: the plans of all its statements, on both databases.

Thousands of cases of other streets surround the one that is looked at. Statements are taken from the requests
themselves, so that a new query cannot hide; people of the whole district count over covering indexes and are left out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

import webhooks
from engine import deploy, detection, inspections, process, rehearsal, search
from engine.cases import Case, CaseLink, Party, Visit
from engine.clock import ManualClock
from engine.deadlines import Deadline
from engine.detection import Finding, FindingCase, Watermark
from engine.history import HistoryEntry
from engine.inspections import Check, DutyLog
from engine.inspections import Finding as CheckFinding
from engine.letters import Letter
from engine.notify import Notice
from engine.outbox import OutboxEntry
from engine.people import viewer_of
from engine.process import Instance
from engine.search import CaseText, words_of
from engine.store import Store, table_of
from engine.tasks import Task
from engine.territory import Unit
from engine.web import create_app
from tests.web import district as town
from tests.web.visitor import Visitor

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MANY = 8_000
LARGE = "case|visit|task|deadline|party|history|instance|outbox|notice|case_text|finding|finding_case|case_link"
LARGE += "|inspection|inspection_finding|duty_log|letter"
SCAN = re.compile(
    rf"seq scan on \"?({LARGE})\"?( |$)|^scan \"?({LARGE})\"?( using .*index.*)?$", re.MULTILINE | re.IGNORECASE
)
PAGES = (
    "/",
    "/?tab=unit",
    "/?tab=unit&unit=below&light=green",
    "/?tab=waiting",
    "/worklist/selection?act=hand_over&task={task}",
    "/?tab=done",
    "/cases",
    "/cases?state=closed",
    "/cases?complex=1",
    "/cases?complex=1&state=closed",
    "/cases?q=漏水",
    "/cases/{case}",
    "/findings",
    "/findings?state=accepted&kind=duplicate",
    "/findings/1",
    "/registers",
    "/inspections",
    "/inspections/plans/1",
    "/inspections/checks",
    "/inspections/checks?found=some",
    "/inspections/logs?duty=care",
    "/inspections/weeks",
    "/inspections/promises",
    "/inspections/promises/demand",
    "/letters",
    "/letters?state=due&kind=registration",
    "/letters?q=第1号",
    "/letters/1",
    "/tasks/{task}",
    "/search?q=漏水",
    "/search?q=漏",
    "/search?q=漏水&period=before",
    "/search?q=leak&state=closed",
    "/search?q=13800138000",
    "/search?q=LHQ-20260302-0001&state=open&period=year&category=neighbour.leak&place=LHQ.MZ.01.01.01",
)


@pytest.fixture
def district(each_store: Store, clock: ManualClock) -> town.District:
    settled = town.settle(each_store, now=NOW)
    for number in range(3):
        town.file_case(settled, clock, title=f"楼上漏水 {number}")
    clock.advance(timedelta(minutes=5))
    with each_store.transaction() as session:
        assert detection.look_on(session, settled.world, now=clock.now()).found == 2
    with each_store.transaction() as session:
        _surround(session)
        _surround_findings(session)
        _surround_rounds(session, settled)
        _surround_letters(session)
    with each_store.transaction() as session:
        deploy.store_release(session, {**deploy.read_folder(town.BPMN), "r.yaml": b""}, reason="again", actor_id=None,
                             now=NOW)  # fmt: skip
        session.execute(text("ANALYZE"))
    return settled


def _surround(session: Session) -> None:
    """Copies one case of another street so often that reading all of them would be noticed."""
    case = town.add_case(session, now=NOW - timedelta(days=30), place="LHQ.GL.01.01.01", title="别处的漏水")
    town.add_task(session, case, now=NOW)
    session.flush()
    first = 100_000
    session.add(
        Notice(key="elsewhere", unit_id="LHQ.GL.01.01.01", case_id=case.id, what="new", kind="new", facts={}, at=NOW)
    )
    session.flush()
    for model in (Case, Party, Visit, Instance, Task, Deadline, HistoryEntry, Notice):
        table = table_of(model)
        key = table.c.id if model is Case else table.c.case_id
        row = dict(session.execute(select(table).where(key == case.id).limit(1)).mappings().one())
        rows = [_copied(row, number, first) for number in range(MANY)]
        session.execute(insert(table), rows)
    words = search.words_of_case(case, (), {}, ())
    session.execute(
        insert(table_of(CaseText)),
        [{"case_id": first + n, "words": [*words, *words_of(f"漏水 {n}")]} for n in range(MANY)],
    )


def _surround_findings(session: Session) -> None:
    """What was found elsewhere, what follows what there, and news that is not looked at yet."""
    many = [(100_000 + number, f"elsewhere-{number}") for number in range(MANY // 4)]
    place = {"unit_id": "LHQ.GL.01.01", "category": "neighbour.leak", "kind": "duplicate", "facts": {}}
    dated = {**place, "state": "open", "found_at": NOW, "changed_at": NOW}
    session.execute(insert(table_of(Finding)), [{**dated, "id": id_, "key": key} for id_, key in many])
    session.execute(insert(table_of(FindingCase)), [{"finding_id": id_, "case_id": id_} for id_, _ in many])
    linked = {"kind": "merged", "at": NOW, "other_id": 100_000}
    session.execute(insert(table_of(CaseLink)), [{**linked, "case_id": id_} for id_, _ in many[1:]])
    news = {"topic": "clock.warned", "history_seq": 1, "facts": {}, "created_at": NOW, "next_at": NOW, "attempts": 0}
    session.execute(
        insert(table_of(OutboxEntry)), [{**news, "id": id_, "case_id": id_, "key": key} for id_, key in many]
    )


def _surround_rounds(session: Session, district: town.District) -> None:
    """Checks with what they found, and contacts, of another street; and a plan that asks something of this grid."""
    places = [f"LHQ.GL.01.01.01.{number}" for number in range(100, 900)]
    house = {"parent_id": "LHQ.GL.01.01.01", "tier": "building", "seq": 1, "name_zh": "某栋", "name_en": "A house"}
    session.execute(insert(table_of(Unit)), [{**house, "id": place} for place in places])
    days = [(number, places[number % len(places)], NOW - timedelta(hours=number)) for number in range(1, MANY)]
    by = {"by_id": district.people["grid_gl"], "received_at": NOW}
    checked = {**by, "checklist": "building_safety", "answers": {}, "failed": 1}
    rows = [{**checked, "id": id_, "unit_id": unit, "done_at": at} for id_, unit, at in days]
    session.execute(insert(table_of(Check)), rows)
    found = {"item": "gas", "name_zh": "燃气", "name_en": "Gas", "category": "safety.fire", "kind": "complaint",
             "severity": 1, "note": "", "photos": [], "outcome": "fixed"}  # fmt: skip
    rows = [{**found, "id": id_, "check_id": id_, "unit_id": unit, "recheck_on": at.date()} for id_, unit, at in days]
    session.execute(insert(table_of(CheckFinding)), rows)
    logged = {**by, "duty": "contact", "summary": "联系"}
    rows = [{**logged, "id": id_, "unit_id": unit, "happened_at": at} for id_, unit, at in days]
    session.execute(insert(table_of(DutyLog)), rows)
    draft = inspections.Draft(
        "每月", "building_safety", "LHQ.MZ.01.01.01", "building", NOW.date(), None, inspections.Every.MONTH
    )
    lead = viewer_of(session, district.people["grid"])
    inspections.make_plan(session, district.world, draft, viewer=lead, now=NOW)


def _surround_letters(session: Session) -> None:
    """Letters of another street that wait to be issued, and one that waits here."""
    due = {"unit_id": "LHQ.GL.01.01.01", "kind": "opinion", "state": "due", "called_at": NOW}
    rows = [{**due, "id": 100_000 + number, "case_id": 100_000 + number} for number in range(MANY)]
    here = {**due, "unit_id": "LHQ.MZ.01.01.01", "kind": "registration", "id": 1, "case_id": 1}
    session.execute(insert(table_of(Letter)), [here, *rows])


def _copied(row: dict[str, Any], number: int, first: int) -> dict[str, Any]:
    new = {**row, **{name: first + number for name in ("id", "case_id", "instance_id") if name in row}}
    if "phone" in row:
        new["phone"] = f"139{number:08d}"
    return {**new, **{name: f"GL-{number}" for name in ("number", "key") if name in row}}


def test_no_page_reads_a_large_table_from_end_to_end(district: town.District, clock: ManualClock) -> None:
    store = district.store
    visitor = Visitor(create_app(store, district.world, clock, beyond=webhooks.pages()))
    visitor.get("/sign-in")
    assert visitor.post("/sign-in/demo", {"person": str(district.people["grid"])}).status_code == 302
    with store.reading() as session:
        seen = {"case": 1, "task": session.scalar(select(Task.id).where(Task.case_id == 1, Task.state == "open"))}
    asked: list[tuple[str, Any]] = []
    found: dict[str, str] = {}
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    for page in PAGES:
        asked.clear()
        assert visitor.get(page.format(**seen)).status_code == 200, page
        statements = list(asked)
        assert statements
        with store.reading() as session:
            plans = [(statement, _plan(session, statement, given)) for statement, given in statements]
        found |= {statement: f"{page}\n{statement}\n{plan}" for statement, plan in plans if SCAN.search(plan)}
    asked.clear()
    with store.transaction() as session:
        if session.get_bind() is not store.engine:  # SQLite writes through an engine of its own
            event.listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
        mark = session.get_one(Watermark, "cases")
        mark.done_to = 0
        session.flush()
        detection.look_on(session, district.world, now=clock.now())
        detection.look_for_surges(session, district.world, now=clock.now())
        process.begin_migration(session, district.world, from_id=1, to_id=2, process_id="p_case", viewer=None, now=NOW)
    with store.transaction() as session:
        assert process.work_on_migration(session, district.world, now=NOW)
    with store.transaction() as session:
        process.start_migration(session, 1, reason="plans", viewer=None, now=NOW)
    with store.transaction() as session:
        assert process.work_on_migration(session, district.world, now=NOW)
        moved = process.migration_figures(session, process.get_migration(session, 1))
    assert moved.by_outcome == {"moved": 3}
    with store.reading() as session:
        sample = rehearsal.Sample(NOW - timedelta(days=90), NOW, "LHQ.MZ")
        rehearsal.how_many(session, sample)
        rehearsal.read(session, district.world, [*rehearsal.ids_of(session, sample), 1, 2, 3])
    assert len(asked) > 20
    with store.reading() as session:
        plans = [(statement, _plan(session, statement, given)) for statement, given in list(asked)]
    found |= {statement: f"background work\n{statement}\n{plan}" for statement, plan in plans if SCAN.search(plan)}
    assert not found, "\n\n".join(found.values())
    with store.reading() as session:  # and a scan would be noticed
        assert SCAN.search(_plan(session, "SELECT id FROM \"case\" WHERE title = 'x'", ()))


def _plan(session: Session, statement: str, given: Any) -> str:
    if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
        return ""
    prefix = "EXPLAIN QUERY PLAN " if session.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    cursor = session.connection().connection.cursor()
    cursor.execute(prefix + statement, given)
    return "\n".join(str(row[-1]) for row in cursor.fetchall())
