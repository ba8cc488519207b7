"""Letters through the API: looked at, issued, fetched and delivered, by the rules of their pages."""

from __future__ import annotations

from collections.abc import Callable

from engine import letters
from engine.clock import ManualClock
from tests.web.api.conftest import Call
from tests.web.district import District
from tests.web.test_letters import REGISTERED, petition, rows, step
from tests.web.visitor import Visitor


def test_a_letter_is_looked_at_issued_fetched_and_delivered(
    call: Call, visit: Callable[[str | None], Visitor], district: District, clock: ManualClock
) -> None:
    case, officer = petition(district, clock), visit("petition")
    step(officer, district, case, "petition_register", **REGISTERED)
    step(officer, district, case, "petition_accept", decision="accept")
    caller, letter = call("petition"), f"/api/v1/letters/{rows(district, case)['acceptance'].id}"
    seen = caller.get(f"{letter}/preview").json
    assert seen["missing"] == []
    assert any("谢**" in line for line in seen["lines"])
    assert not any("谢小敏" in line for line in seen["lines"]), "nobody has asked for the names"
    issued = caller.post(f"{letter}/issue", None).json
    assert (issued["state"], issued["number"]) == ("issued", "龙华区受字〔2026〕第1号")
    assert caller.get(f"{letter}/preview").status_code == 404
    paper = caller.get(f"/api/v1/cases/{issued['case']}/documents/{issued['document_id']}/content")
    assert letters.open_word(paper.data)
    delivered = {"method": "post", "delivered_at": clock.now().isoformat()}
    assert caller.post(f"{letter}/delivery", delivered).json["state"] == "delivered"
    assert [each["state"] for each in caller.get("/api/v1/letters?kind=acceptance").json["items"]] == ["delivered"]
    assert call("grid").get(f"{letter}/preview").status_code in (403, 404)
