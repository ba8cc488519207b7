"""A diagram whose first steps fail: what came in is filed all the same, and an operator has it begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from engine import deploy, people, process, verify
from engine.cases import Case
from engine.deploy import Release
from engine.people import Membership, tokens
from engine.process import Instance
from tests.stories.district import ROOT, District
from tests.stories.test_citizen import GRID, report, scan, seen
from tests.web.api.caller import MATTER, Caller
from tests.web.test_worklist import MATTER as ON_PAPER
from tests.web.visitor import Visitor, words

Open = Callable[[str], District]


def publish(here: District, condition: str) -> None:
    """A release in which it is asked so whether the grading must be confirmed, after urgent matters were told."""
    files = dict(deploy.read_folder(ROOT / "bpmn"))
    text = files["case/case.bpmn"].decode()
    assert text.count(">${confirm}<") == 1
    files["case/case.bpmn"] = text.replace(">${confirm}<", f">${{{condition}}}<").encode()
    with here.store.transaction() as session:
        deploy.store_release(session, files, reason="test", actor_id=None, now=here.clock.now())


def newest(here: District) -> Case:
    with here.store.reading() as session:
        return session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()


def sign_in(here: District, app: Flask, role: str, unit: str) -> Visitor:
    with here.store.transaction() as session:
        who = session.scalars(select(Membership.person_id).where(Membership.role == role, Membership.unit_id == unit))
        secret = people.sign_in(session, who.first() or 0, now=here.clock.now(), lasts=timedelta(hours=12))
    visitor = Visitor(app)
    visitor.client.set_cookie("sign-in", secret)
    return visitor


def test_what_reaches_us_is_filed_though_its_first_steps_fail(district: Open) -> None:
    here = district("2026-03-02 09:00")
    publish(here, "severity / 0 > 1")
    app = here.application.web()

    clerk = sign_in(here, app, "lead", GRID)
    clerk.get("/")
    urgent = {**ON_PAPER, "injury": "fatal", "step": "file"}
    answer = clerk.post("/cases", urgent)
    assert answer.status_code == 302, words(answer)
    on_paper = newest(here)
    page = words(clerk.get(f"/cases/{on_paper.id}"))
    assert "因故障暂停办理" in page
    assert "因故障搁置" in page

    with here.store.transaction() as session:
        person = session.scalars(select(Membership.person_id).where(Membership.unit_id == GRID)).first() or 0
        token = tokens.issue(session, person, "test", now=here.clock.now(), ends_at=None)
    machine = Caller(app, token)
    filed = machine.post("/api/v1/cases", {**MATTER, "place_id": GRID, "external_no": "H-1"})
    assert filed.status_code == 201, filed.text
    assert machine.get(f"/api/v1/cases/{filed.json['number']}").json["set_aside"] is True
    here.clock.advance(timedelta(seconds=1))
    again = machine.post("/api/v1/cases", {**MATTER, "place_id": GRID, "external_no": "H-1"})
    assert (again.status_code, again.json["number"]) == (200, filed.json["number"])

    citizen = scan(here)
    code = report(citizen)
    assert "已收到" in seen(citizen, code)

    with here.store.reading() as session:
        troubles = process.troubles(session)
        assert session.scalars(select(Instance.state).distinct()).all() == [b""]
        cases = session.scalars(select(Case.id).order_by(Case.id)).all()
    assert [trouble.case_id for trouble in troubles] == cases
    assert here.acts(on_paper.id) == ["case.filed", "incident.opened"]  # that it is urgent will be told when it begins
    assert verify.check(here.store, here.world, now=here.clock.now()) == []

    operator = sign_in(here, app, "operator", "LHQ")
    assert words(operator.get("/operations")).count("p_case") == 3
    first = troubles[0].instance_id
    assert operator.post(f"/operations/incidents/{first}/retry").status_code == 302
    assert "又失败了" in words(operator.get("/operations"))
    here.publish()
    assert operator.post(f"/operations/incidents/{first}/retry").status_code == 302
    assert "case.told" in here.acts(on_paper.id)
    assert here.open_elements(on_paper.id) == ["t_confirm_triage"]  # what it was to begin with has been kept
    operator.get("/operations")
    assert operator.post("/operations/incidents/retries", {"said": troubles[1].said}).status_code == 302
    for case_id in cases[1:]:
        assert here.open_elements(case_id) == ["t_sign_in"]
        assert here.acts(case_id)[-1] == "incident.retried"
    with here.store.reading() as session:
        assert process.troubles(session) == []
        release = session.scalars(select(Release.id).order_by(Release.id.desc()).limit(1)).one()
        assert set(session.scalars(select(Instance.release_id))) == {release}
    assert verify.check(here.store, here.world, now=here.clock.now()) == []
    here.sign_in(cases[-1])
    assert "已受理" in seen(citizen, code)
