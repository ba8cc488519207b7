"""Reports of other systems become cases, once each, whatever comes twice, late, forged or broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine import verify
from engine.cases import Case, parties_of
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.store import open_store
from tests.web.district import District
from tests.webhooks.inbound.sender import PAYLOADS, SECRETS, Sender, order, signed
from webhooks.inbound import Delivery, Shut, State

Settle = Callable[[], int]


def cases_of(district: District) -> list[Case]:
    with district.store.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def deliveries_of(district: District) -> list[Delivery]:
    with district.store.reading() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_the_hotline_files_a_case(sender: Sender, connected: District, settle: Settle) -> None:
    first = sender.hotline(order(), id="evt_1")
    assert (first.status_code, first.json["number"], first.json["state"]) == (202, None, "waiting"), first.text
    assert settle() == 1
    (case,) = cases_of(connected)
    assert (case.channel, case.external_no, case.kind) == ("hotline_12345", "SZ12345-20260302-00817", "complaint")
    assert (case.category, case.place_id) == ("noise.renovation", "LHQ.MZ.01.01.01")
    assert case.severity == 1, "what no rule names is not read, not even from where it would mean most"
    assert case.received_at.isoformat() == "2026-03-02T00:41:07+00:00"
    with connected.store.reading() as session:
        applicant, respondent = parties_of(session, case.id)
    assert (applicant.name, applicant.phone, applicant.protected) == ("谢女士", "13800138000", True)
    assert respondent.name == "1602 住户"
    again = sender.hotline(order(), id="evt_1")
    assert (again.status_code, again.json["number"], again.json["receipt"]) == (201, case.number, first.json["receipt"])
    (delivery,) = deliveries_of(connected)
    assert delivery.body is None, "the case has it now"


def test_the_province_and_the_terminal_file_cases(sender: Sender, connected: District, settle: Settle) -> None:
    transfer = (PAYLOADS / "province.xml").read_text(encoding="utf-8").encode("gb18030")
    assert sender.province(transfer).status_code == 202
    settle()
    printed = sender.terminal((PAYLOADS / "terminal.form").read_bytes().strip())
    assert printed.status_code == 201, printed.text
    province, terminal = cases_of(connected)
    assert (province.external_no, province.category) == ("GD-XF-2026-0318842", "labour.wages")
    assert (province.place_id, province.facts["people_count"]) == ("LHQ.MZ.01", 12)
    with connected.store.reading() as session:
        worker, company = parties_of(session, province.id)
    assert (worker.name, worker.id_number, company.type) == ("赵某𠮷", "440300199001011234", "org")
    assert printed.json["number"] == terminal.number
    assert (terminal.external_no, terminal.place_id, terminal.title) == ("T:T07-000413", "LHQ.MZ.01.01.01", "路灯不亮")


@pytest.mark.parametrize("filed_first", [False, True])
def test_twenty_deliveries_of_one_event_are_one_case(
    sender: Sender, connected: District, settle: Settle, filed_first: bool
) -> None:
    """At once, and after a restart: the rows are all there is, and a new store finds them."""
    body = json.dumps(order()).encode()
    if filed_first:
        sender.hotline(body, id="evt_1")
        settle()
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _n: sender.hotline(body, id="evt_1"), range(20)))
    assert {answer.status_code for answer in answers} == ({201} if filed_first else {202})
    assert len({(answer.json["receipt"], answer.json["number"]) for answer in answers}) == 1
    settle()
    url = str(connected.store.engine.url)
    reopened = open_store(url)
    with reopened.reading() as session:
        assert session.scalar(select(func.count(Case.id))) == 1
        assert session.scalar(select(func.count(Delivery.id))) == 1
    reopened.dispose()


def test_a_terminal_that_asks_twice_at_once_gets_one_number(sender: Sender, connected: District) -> None:
    body = (PAYLOADS / "terminal.form").read_bytes().strip()
    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _n: sender.terminal(body), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json["number"] for answer in answers} == {case.number for case in cases_of(connected)}


def test_the_same_event_under_another_id_is_known(sender: Sender, connected: District, settle: Settle) -> None:
    for id in ("evt_1", "evt_2"):
        assert sender.hotline(order(), id=id).status_code == 202
    settle()
    assert [each.state for each in deliveries_of(connected)] == [State.FILED, State.KNOWN]
    again = sender.hotline(order(), id="evt_2")
    assert (again.status_code, again.json["number"]) == (200, cases_of(connected)[0].number)


def test_a_known_id_with_another_content_is_refused(sender: Sender, connected: District, settle: Settle) -> None:
    sender.hotline(order(), id="evt_1")
    moved = sender.hotline(order(content="别的内容"), id="evt_1")
    assert (moved.status_code, moved.json["code"]) == (409, "delivery.moved")
    settle()
    (case,) = cases_of(connected)
    assert "别的内容" not in case.description


def test_forgeries_and_replays_leave_nothing_but_a_count(
    sender: Sender, connected: District, clock: ManualClock
) -> None:
    old = sender.hotline(order(), at=clock.now() - timedelta(minutes=6))
    sender.secret = SECRETS["PROVINCE_SECRET"].encode().hex() + "00"
    forged = sender.hotline(order())
    bare = sender.post("hotline", b"{}", "application/json", {})
    assert [each.status_code for each in (old, forged, bare)] == [401, 401, 401]
    assert [each.json["code"] for each in (old, forged, bare)] == [
        "signature.old",
        "signature.wrong",
        "signature.wrong",
    ]
    assert old.mimetype == "application/problem+json"
    assert deliveries_of(connected) == []
    with connected.store.reading() as session:
        counted = {row.code: row.count for row in session.scalars(select(Shut))}
    assert counted == {"signature.old": 1, "signature.wrong": 2}
    many = {sender.hotline(order()).status_code for _ in range(40)}
    assert many == {401, 429}
    assert sender.post("nobody", b"{}", "application/json", {}).status_code == 404


def test_a_body_that_is_too_large_is_not_read(sender: Sender, connected: District) -> None:
    class Endless:
        """A stream that must not be touched."""

        def read(self, *_size: int) -> bytes:
            raise AssertionError("the body was read")

    answer = sender.app.test_client().post(
        "/webhooks/in/hotline",
        content_type="application/json",
        headers=signed(sender.secret, "m", sender.clock.now(), b""),
        environ_overrides={"wsgi.input": Endless(), "CONTENT_LENGTH": str(100 * 1024 * 1024)},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "http.413")
    assert sender.hotline(b'{"order": "' + b"x" * 300_000 + b'"}').status_code == 413


def test_what_cannot_be_taken_says_where_and_is_kept(sender: Sender, connected: District, settle: Settle) -> None:
    answer = sender.hotline(order(type="表扬", title="", content=None, people="许多"), id="evt_1")
    assert (answer.status_code, answer.json["code"]) == (422, "inbound.invalid")
    told = {each["pointer"]: each["detail"] for each in answer.json["errors"]}
    assert set(told) == {"/order/type", "/order/content", "/order/people"}
    assert "kind" in told["/order/type"]
    assert "表扬" in told["/order/type"]
    (kept,) = deliveries_of(connected)
    assert (kept.state, len(kept.faults)) == (State.REFUSED, 3)
    assert kept.body is not None
    assert settle() == 0
    assert sender.hotline(order(type="表扬", title="", content=None, people="许多"), id="evt_1").status_code == 422


def test_what_intake_refuses_names_its_path_too(sender: Sender) -> None:
    caller = {"name": "谢", "phone": "1" * 50}
    answer = sender.hotline(order(caller=caller, content="x" * 20_001, accepted_at="2027-01-01 00:00:00"))
    told = {each["pointer"] for each in answer.json["errors"]}
    assert told == {"/order/caller/phone", "/order/content", "/order/accepted_at"}


def test_json_that_cannot_be_read_is_kept_for_a_look(sender: Sender, connected: District) -> None:
    answer = sender.hotline(b'{"order": ')
    assert (answer.status_code, answer.json["code"]) == (400, "body.unreadable")
    (kept,) = deliveries_of(connected)
    assert kept.state == State.REFUSED


def test_a_source_without_a_secret_takes_nothing(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOTLINE_SECRET", "HOTLINE_SECRET_NEXT"):
        monkeypatch.setenv(name, "")
    answer = sender.hotline(order())
    assert (answer.status_code, answer.json["code"]) == (503, "source.not_ready")


def test_too_much_at_once_is_asked_to_wait(sender: Sender, connected: District) -> None:
    source = connected.world.config.inbound.sources[0]
    slow = source.model_copy(update={"per_minute": 2})
    inbound = connected.world.config.inbound.model_copy(update={"sources": (slow,)})
    connected.world.config = connected.world.config.model_copy(update={"inbound": inbound})
    assert [sender.hotline(order(no=f"A{n}")).status_code for n in range(3)] == [202, 202, 429]


def test_a_newer_version_changes_the_case_and_keeps_what_was_said(
    sender: Sender, connected: District, settle: Settle, clock: ManualClock
) -> None:
    sender.hotline(order())
    settle()
    caller = {"name": "谢女士", "phone": "13900139000", "protect": "是"}
    sender.hotline(order(revision=2, content="又吵到十二点。", caller=caller, object={"name": None}))
    settle()
    (case,) = cases_of(connected)
    assert case.description == "又吵到十二点。"
    with connected.store.reading() as session:
        (applicant,) = parties_of(session, case.id)
        last = session.scalars(select(HistoryEntry).where(HistoryEntry.act == "case.amended")).one()
    assert applicant.phone == "13900139000"
    assert last.facts["fields"] == ["description", "parties"]
    assert "每晚十点" in last.facts["was"]["description"]
    assert "13900139000" not in str(last.facts)
    sender.hotline(order(revision=1, title="迟到的第一版"))
    settle()
    assert [each.state for each in deliveries_of(connected)] == [State.FILED, State.UPDATED, State.OLDER]
    assert cases_of(connected)[0].title == case.title
    assert list(verify.check(connected.store, connected.world, now=clock.now())) == []


VERSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "revision": st.integers(0, 3),
            "title": st.sampled_from(["甲", "乙"]),
            "content": st.sampled_from(["一", "二", "三"]),
            "appeal": st.sampled_from([None, "赔偿"]),
            "caller": st.sampled_from([{"name": "谢"}, {"phone": "13800138000"}, {"name": "许", "phone": "1390"}]),
            "object": st.sampled_from([{}, {"name": "某店"}]),
        }
    ),
    min_size=2,
    max_size=3,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=VERSIONS, data=st.data())
def test_the_order_of_versions_does_not_matter(
    sender: Sender, connected: District, settle: Settle, versions: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Settled one by one or together, in any order, with repetitions: the case says what the newest version says.

    Of two that call themselves the same version the one with the greater digest counts.
    """
    again = data.draw(st.permutations([*versions, versions[0]]))
    for at_once, order_of in ((True, versions), (False, again)):
        no = f"P-{sender.sent}"
        bodies = [json.dumps(order(no=no, **version)).encode() for version in order_of]
        for body in bodies:
            assert sender.hotline(body).status_code == 202
            if not at_once:
                settle()
        settle()
        newest = max(bodies, key=lambda body: (json.loads(body)["order"]["revision"], sha256(body).hexdigest()))
        assert _says(connected, no) == _meant(json.loads(newest)["order"])


def _says(connected: District, no: str) -> tuple[Any, ...]:
    with connected.store.reading() as session:
        case = session.scalars(select(Case).where(Case.external_no == no)).one()
        parties = [(each.role, each.name, each.phone) for each in parties_of(session, case.id)]
        return case.title, case.description, case.demand, parties


def _meant(sent: dict[str, Any]) -> tuple[Any, ...]:
    caller, respondent = sent["caller"], sent["object"]
    parties = [("applicant", caller.get("name", "来电人"), caller.get("phone"))]
    parties += [("respondent", respondent["name"], None)] if respondent else []
    return sent["title"], sent["content"], sent["appeal"], parties
