"""Reports of other systems become cases, once each."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from engine.cases import Case, parties_of
from tests.web.district import District
from tests.webhooks.inbound.sender import PAYLOADS, Sender, order

Settle = Callable[[], int]


def cases_of(district: District) -> list[Case]:
    with district.store.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def test_the_hotline_files_a_case(sender: Sender, connected: District, settle: Settle) -> None:
    first = sender.hotline(order(), id="evt_1")
    assert (first.status_code, first.json["number"], first.json["state"]) == (202, None, "waiting"), first.text
    assert settle() == 1
    (case,) = cases_of(connected)
    assert (case.channel, case.external_no, case.kind) == ("hotline_12345", "SZ12345-20260302-00817", "complaint")
    assert (case.category, case.place_id, case.severity) == ("noise.renovation", "LHQ.MZ.01.01.01", 1)
    assert case.received_at.isoformat() == "2026-03-02T00:41:07+00:00"
    with connected.store.reading() as session:
        applicant, respondent = parties_of(session, case.id)
    assert (applicant.name, applicant.phone, applicant.protected) == ("谢女士", "13800138000", True)
    assert respondent.name == "1602 住户"
    again = sender.hotline(order(), id="evt_1")
    assert (again.status_code, again.json["number"]) == (201, case.number)
    assert again.json["receipt"] == first.json["receipt"]


def test_the_province_and_the_terminal_file_cases(sender: Sender, connected: District, settle: Settle) -> None:
    transfer = (PAYLOADS / "province.xml").read_text(encoding="utf-8").encode("gb18030")
    assert sender.province(transfer).status_code == 202
    settle()
    printed = sender.terminal((PAYLOADS / "terminal.form").read_bytes().strip())
    assert printed.status_code == 201, printed.text
    province, terminal = cases_of(connected)
    assert (province.external_no, province.category, province.place_id) == (
        "GD-XF-2026-0318842",
        "labour.wages",
        "LHQ.MZ.01",
    )
    assert province.facts["people_count"] == 12
    with connected.store.reading() as session:
        worker, company = parties_of(session, province.id)
    assert (worker.name, worker.id_number, company.type) == ("赵某𠮷", "440300199001011234", "org")
    assert printed.json["number"] == terminal.number
    assert (terminal.external_no, terminal.place_id, terminal.title) == ("T:T07-000413", "LHQ.MZ.01.01.01", "路灯不亮")
