"""Who may use which address: every route has a policy, every unsafe one a token, every foreign case looks like none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from engine import tasks
from engine.cases import Case
from engine.clock import ManualClock
from engine.people import accounts
from engine.web.policy import KNOWN, policy_of
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def pages(app: Flask) -> list[tuple[str, str]]:
    """(method, rule) of every page; the API has its own suite."""
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if not rule.rule.startswith(("/static/", "/api/")) and rule.endpoint != "static"
    ]


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    without = [rule.rule for rule in app.url_map.iter_rules() if policy_of(app, rule.endpoint) not in KNOWN]
    assert without == []


def test_a_route_without_a_policy_answers_nobody(app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit("grid")
    monkeypatch.setitem(app.view_functions, "worklist.show", lambda: "open to all")
    assert visitor.get("/").status_code == 403


PARTS = {
    "handle": "0123456789abcdef",
    "process_id": "p_small",
    "element": "t_handle",
    "code": "LHQ.MZ.01.01.01",
    "unit_id": "LHQ.MZ.01.01.01",
    "organisation_id": "LHQ.MZ.o1",
    "member_id": "LHQ.d1",
    "layout": "labels",
    "promise_id": "demand",
    "letter_kind": "opinion",
    "metric": "resolution_rate",
    "path": "small/small.bpmn",
    "secret": "0123456789abcdef0123456789abcdef",
    "form": "json",
    "number": "LHQ-20260302-0001",
    "token": "1",
    "rest": "nowhere",
    "service": "hotline-12345",
    "slug": "cases",
}
"""What stands in an address beside numbers, each with something that is there."""

SCENARIO = "small/scenarios/settled.yaml"
FILES = {"limits": "small/limits.yaml", "forms": "forms/handle.form", "tables": "case/triage.dmn"}
FILES |= dict.fromkeys(("scenarios", "removals", "trials"), SCENARIO)
"""Pages that show files of one kind only."""


def address(rule: str, *, case_id: int, task_id: int) -> str:
    """The rule with its parts filled in; every other row is the first of its kind."""
    rule = rule.replace("<int:case_id>", str(case_id)).replace("<int:task_id>", str(task_id))
    rule = re.sub(r"<int:\w+>", "1", rule)
    rule = re.sub(
        r"/(limits|forms|tables|scenarios|removals|trials)/<path:path>",
        lambda kind: f"/{kind[1]}/{FILES[kind[1]]}",
        rule,
    )
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda part: PARTS.get(part[1], part[0]), rule)


def test_a_case_of_another_street_looks_like_none(
    app: Flask, visit: Visit, district: District, clock: ManualClock
) -> None:
    """Every address with a case or a task in it, by everybody who must not see it, beside an id that does not exist."""
    case_id = town.file_case(district, clock, title="只有民治能看")
    task_id = town.open_task(district, case_id).id
    with_id = [(method, rule) for method, rule in pages(app) if "case_id" in rule or "task_id" in rule]
    assert len(with_id) > 10
    before = history_length(district, case_id)
    for who in ("street_gl", "grid_gl", "grid_2"):
        visitor = visit(who)
        visitor.get("/")
        for method, rule in with_id:
            seen = []
            for case, task in ((case_id, task_id), (case_id + 9000, task_id + 9000)):
                where = address(rule, case_id=case, task_id=task)
                fields = {"reason": "x", "note": "x", "text": "x", "to": "1", "length": "1", "tier": "grid"}
                answer = visitor.get(where) if method == "GET" else visitor.post(where, fields)
                seen.append((answer.status_code, words(answer)))
            assert seen[0][0] in (403, 404), (who, method, rule)
            assert seen[0] == seen[1], (who, method, rule)
            assert "只有民治能看" not in seen[0][1]
    assert history_length(district, case_id) == before


def history_length(district: District, case_id: int) -> int:
    with district.store.reading() as session:
        return session.get_one(Case, case_id).history_seq


def test_a_role_that_was_taken_is_felt_at_the_next_look(visit: Visit, district: District, clock: ManualClock) -> None:
    """In the open session: the case, the list, the bell, the search; and what had been claimed lies with the unit."""
    case_id = town.file_case(district, clock, title="只有在岗的人能看")
    town.send_notices(district, clock)
    visitor = visit("grid_b")
    task = town.open_task(district, case_id)
    visitor.get("/")
    visitor.post(f"/tasks/{task.id}/claim")
    assert visitor.get(f"/cases/{case_id}").status_code == 200
    assert "只有在岗的人能看" in visitor.get("/notices").text
    with district.store.transaction() as session:
        moved = (session, district.people["grid_b"])
        accounts.give_role(*moved, "LHQ.MZ.01.01.02", "lead", "调入", viewer=None, now=clock.now())
        tasks.take_role(*moved, "LHQ.MZ.01.01.01", "lead", "调离", viewer=None, now=clock.now())
    assert visitor.get(f"/cases/{case_id}").status_code == 404
    assert visitor.get(f"/tasks/{task.id}").status_code == 404
    for where in ("/", "/?tab=unit", "/cases", "/notices", "/search?q=在岗"):
        assert "只有在岗的人能看" not in visitor.get(where).text, where
    assert town.open_task(district, case_id).claimed_by is None


@pytest.mark.parametrize("who", ["designer", "operator", "confidential"])
def test_those_without_working_roles_read_no_case(
    who: str, visit: Visit, district: District, clock: ManualClock
) -> None:
    case_id = town.file_case(district, clock, title="不给他们看")
    visitor = visit(who)
    for where in ("/", "/?tab=unit", "/cases", "/cases?state=all", f"/cases/{case_id}", f"/tasks/{case_id}"):
        assert "不给他们看" not in visitor.get(where).text


def test_the_wrong_role_is_told_so(visit: Visit) -> None:
    assert visit("grid").get("/operations").status_code == 403
    assert visit("grid").get("/processes").status_code == 403
    assert visit("operator").get("/processes").status_code == 403
    assert visit("designer").get("/cases").status_code == 403
    assert visit("district").get("/operations").status_code == 403


MACHINES = ("/webhooks/in/", "/open311/")
"""Doors where a signature or an api_key stands in place of a sign-in and its token."""


def test_without_signing_in_there_is_only_the_door(app: Flask, visit: Visit) -> None:
    open_to_all = {"/sign-in", "/sign-in/demo", "/sign-out", "/language"}
    open_to_all |= {"/healthz", "/health/ready", "/metrics", "/worker.js", "/offline"}
    visitor = visit(None)
    visitor.get("/sign-in")
    for method, rule in pages(app):
        if rule.startswith(MACHINES):
            continue
        if rule in open_to_all or rule.split("/")[1] in ("q", "t", "calendar", "public"):  # citizens; secrets; all
            continue
        where = address(rule, case_id=1, task_id=1)
        answer = visitor.get(where) if method == "GET" else visitor.post(where, {}, method=method)
        if method == "GET":
            assert answer.status_code == 302, rule
            assert answer.headers["Location"].startswith("/sign-in?next="), rule
        else:
            assert answer.status_code == 401, rule


def test_no_form_is_taken_without_its_token(app: Flask, visit: Visit) -> None:
    """Signing in, signing out and choosing a language too; a token of somebody else's session is no better."""
    other = visit("zone")
    other.get("/")
    visitor = visit("grid")
    unsafe = [(method, rule) for method, rule in pages(app) if method != "GET" and not rule.startswith(MACHINES)]
    assert len(unsafe) > 10
    for method, rule in unsafe:
        where = address(rule, case_id=1, task_id=1)
        assert visitor.post(where, {"text": "x"}, token=False, method=method).status_code == 400, rule
        visitor.token = other.token
        assert visitor.post(where, {"text": "x"}, method=method).status_code == 400, rule
    assert visitor.get("/").status_code == 200


def test_reading_changes_nothing(app: Flask, visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    task = town.open_task(district, case_id)
    visitor = visit("grid")
    before = history_length(district, case_id)
    for method, rule in pages(app):
        if method == "GET":
            visitor.get(address(rule, case_id=case_id, task_id=task.id))
    assert history_length(district, case_id) == before
    assert town.open_task(district, case_id).claimed_by is None


def test_headers_keep_strangers_out(visit: Visit) -> None:
    for answer in (visit(None).get("/sign-in"), visit("grid").get("/"), visit("grid").get("/nowhere")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in answer.headers


def test_a_page_that_is_too_large_is_refused(visit: Visit, district: District, clock: ManualClock) -> None:
    case_id = town.file_case(district, clock)
    visitor = visit("grid")
    visitor.get("/")
    assert visitor.post(f"/cases/{case_id}/comments", {"text": "x" * 1_100_000}).status_code == 413
