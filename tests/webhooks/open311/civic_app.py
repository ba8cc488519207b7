"""A civic app: what it sends, and what it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from engine.cases import Case
from engine.clock import ManualClock
from engine.history import HistoryEntry
from engine.process import World
from tests.web.district import District
from tests.web.test_samples import do

OURS, THEIRS = "a key of the first civic app", "a key of the second civic app"
RECORDED = Path(__file__).parents[1] / "payloads" / "open311"
GRID = "LHQ.MZ.01.01.01"
REPORT = {
    "api_key": OURS,
    "service_code": "road.lighting",
    "address_id": GRID,
    "address_string": "民治街道和悦社区1号楼302室",
    "description": "楼下路灯不亮。电话13912345678，晚上很黑。",
    "first_name": "小红",
    "last_name": "王",
    "phone": "13800138000",
    "email": "wang@example.org",
    "lat": "22.61",
    "long": "114.02",
    "media_url": "https://pictures.example.org/1.jpg",
    "attribute[people_count]": "3",
    "attribute[lamp]": "L-17",
}
SAID_BY_NOBODY = ("13912345678", "13800138000", "wang@example.org", "王小红", "302室", "L-17", "22.61", "路灯不亮")


def with_config(world: World, **sections: Any) -> World:
    made = World(world.config.model_copy(update=sections), world.calendar)
    made.releases = world.releases
    return made


def file(client: FlaskClient, **more: Any) -> str:
    answer = client.post("/open311/v2/requests.json", data={**REPORT, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json[0]["service_request_id"])


def get(client: FlaskClient, address: str, **query: str) -> Any:
    answer = client.get(f"/open311/v2/{address}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def the_case(district: District, number: str) -> Case:
    with district.store.reading() as session:
        return session.scalars(select(Case).where(Case.number == number)).one()


def close(district: District, clock: ManualClock, number: str) -> None:
    """The grid signs for it, gets in touch, handles it and answers."""
    case_id = the_case(district, number).id
    do(district, clock, case_id, "grid", "sign_in", action="sign")
    do(district, clock, case_id, "grid", "first_contact", method="phone", reached="yes", summary="已联系")
    do(district, clock, case_id, "grid", "handle", action_type="talk", outcome="resolved", note="已派人")
    do(district, clock, case_id, "grid", "resolve", result_code="fulfilled", substantive="yes", reply_text="灯已修好。")


def acts(district: District, number: str) -> list[str]:
    case = the_case(district, number)
    with district.store.reading() as session:
        query = select(HistoryEntry.act).where(HistoryEntry.case_id == case.id).order_by(HistoryEntry.seq)
        return list(session.scalars(query))


def spark(element: Any) -> Any:
    """XML as JSON has it: an element of members of one kind is a list."""
    children = list(element)
    if element.tag in ("services", "attributes", "values", "service_requests", "errors", "endpoints", "formats"):
        return [spark(each) for each in children]
    return {each.tag: spark(each) for each in children} if children else element.text
