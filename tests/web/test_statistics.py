"""Everybody may read what is published: as a page, and as JSON that is kept for an hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from engine.cases import Party
from engine.clock import ManualClock
from engine.figures import keep_months
from tests.web import district as town
from tests.web.district import District
from tests.web.visitor import Visitor, words

Visit = Callable[[str | None], Visitor]


def test_finished_months_are_told_to_everybody(visit: Visit, district: District, clock: ManualClock) -> None:
    visitor = visit(None)
    assert "还没有" in words(visitor.get("/public/statistics"))
    assert visitor.get("/public/statistics.json").json["months"] == []
    with district.store.transaction() as session:
        for number in range(12):
            place = "LHQ.MZ.01.01.01" if number < 9 else "LHQ.GL.01.01.01"
            town.add_case(session, now=clock.now(), filed=timedelta(days=5 + number), place=place)
        for about in ({"unit_id": "LHQ.MZ"}, {"person_id": district.people["district"]}):  # who would learn of it here
            case = town.add_case(session, now=clock.now(), filed=timedelta(days=5), walled=True)
            session.add(Party(case_id=case.id, role="respondent", name="被反映的", **about))
    assert keep_months(district.store, district.world, clock) == 1
    answer = visitor.get("/public/statistics.json")
    (month,) = answer.json["months"]
    assert (month["month"], month["received"]["total"]) == ("2026-02", 12)
    assert month["received"]["by_place"]["LHQ.GL"] is None
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    again = visitor.get("/public/statistics.json", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    page = words(visitor.get("/public/statistics?month=2026-02"))
    assert "民治街道" in page
    assert "不公布" in page
    assert "邻里 12" in page
