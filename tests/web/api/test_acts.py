"""Every act that is made from a function is done once through the API, by somebody who may, as its document says."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage

from engine import inspections, letters
from engine.clock import ManualClock
from tests.web import district as town
from tests.web.api.caller import document
from tests.web.api.conftest import Call
from tests.web.api.operations import OPERATIONS
from tests.web.api.test_access import task_of
from tests.web.district import District
from tests.web.looked_back import look_back
from tests.web.meetings import PANEL
from tests.web.rounds import go_round
from tests.web.standing import stand

GRID, BUILDING = "LHQ.MZ.01.01.01", "LHQ.MZ.01.01.01.01"
Do = Callable[..., Any]
WHY = {"reason": "接口测试"}


@pytest.fixture
def do(app: Flask, call: Call) -> Do:
    """Sends the operation of that id as somebody, and gives what came back; `path` fills its address."""
    doc = document(app)
    known = {
        each["operationId"]: (method.upper(), path)
        for path, ways in doc["paths"].items()
        for method, each in ways.items()
    }

    def send(who: str, id: str, body: Any = None, status: int = 200, *, query: str = "", **path: Any) -> Any:
        method, address = known[id]
        files = body if isinstance(body, dict) and isinstance(body.get("file"), FileStorage) else None
        sent = None if files else ({} if body is None and method == "POST" else body)
        answer = call(who).send(method, address.format(**path) + query, sent, files=files)
        assert answer.status_code == status, (id, answer.status_code, answer.text)
        return answer.json

    return send


def at(clock: ManualClock, **later: float) -> str:
    return (clock.now() + timedelta(**later)).isoformat()


def test_meetings(do: Do, district: District, clock: ManualClock) -> None:
    people = district.people
    talk = {"unit_id": GRID, "kind": "grid_talk", "topic": "停车", "place": "凉亭", "starts_at": at(clock)}
    one = do("grid", "callSession", {**talk, "units": ["LHQ.MZ.01"], "names": ["王阿姨"]}, 201)["id"]
    item = do("grid", "raiseItem", {"text": "路灯", "by": "李叔", "disposition": "noted"}, 201, session_id=one)
    do("grid", "takeItemBack", session_id=one, item_id=item["id"])
    wish = {"text": "加装充电桩", "by": "王阿姨", "disposition": "suggestion", "people": 3}
    filed = do("grid", "raiseItem", {**wish, "category": "property.facilities"}, 201, session_id=one)
    assert filed["case"]
    held = do("grid", "publishMinutes", {"attended": 12, "attendees": "居民", "text": "议定事项"}, session_id=one)
    assert (held["attended"], [each["case"] for each in held["items"]]) == (12, [filed["case"]])
    assert do("grid", "listSessions")["items"][0]["held_at"]
    off = do("grid", "callSession", {**talk, "topic": "改期", "starts_at": at(clock, days=1)}, 201)["id"]
    assert do("grid", "cancelSession", session_id=off)["cancelled_at"]
    assert do("community", "readSession", session_id=off)["topic"] == "改期"

    day = {
        "unit_id": "LHQ", "leader_id": people["district"], "place": "一号窗口", "topics": "就业", "quota": 8,
        "starts_at": at(clock), "ends_at": at(clock, hours=2),
    }  # fmt: skip
    reception = do("petition", "arrangeReception", day, 201)["id"]
    do("petition", "publishReception", reception_id=reception)
    wish = {"matter": "随迁子女入学", "name": "家长潘某", "phone": "13812345678"}
    first = do("petition", "bookReception", wish, 201, reception_id=reception)["id"]
    do("petition", "giveReceptionUp", reception_id=reception, booking_id=first)
    second = do("petition", "bookReception", wish, 201, reception_id=reception)["id"]
    third = do("petition", "bookReception", {**wish, "name": "另一位"}, 201, reception_id=reception)["id"]
    received = {
        "persons": 1, "statements": "陈述", "promise": "七日内答复", "instruction": "请办", "owner_unit_id": "LHQ.MZ",
        "kind": "petition", "category": "education", "place_id": GRID,
    }  # fmt: skip
    whose = {"reception_id": reception, "booking_id": second}
    do("district", "recordVisit", {**received, "owner_unit_id": "LHQ.XX"}, 422, **whose)
    do("district", "noteNobodyCame", reception_id=reception, booking_id=third)
    assert len(do("district", "readReception", reception_id=reception)["bookings"]) == 2
    assert do("petition", "listReceptions")["items"][0]["published_at"]
    ahead = {"starts_at": at(clock, days=2), "ends_at": at(clock, days=2, hours=2)}
    later = do("petition", "arrangeReception", {**day, **ahead}, 201)
    assert do("petition", "cancelReception", reception_id=later["id"])["cancelled_at"]

    town.file_case(district, clock, title="旧案")
    criteria = {"unit_id": "LHQ"}
    assert do("petition", "countCampaign", criteria)["count"] >= 1
    panel = [f"{unit}#{people[who]}" for who, unit in PANEL.items()]
    plan = {"name": "清仓见底", "batch_no": "2026-1", "criteria": criteria, "panel": panel}
    campaign = do("petition", "freezeCampaign", plan, 201)["id"]
    lead = f"LHQ#{people['district']}"
    assert do("petition", "issueCampaignItems", {"numbers": [1], "lead": lead}, campaign_id=campaign)["count"] == 1
    assert do("petition", "readCampaign", campaign_id=campaign)["name"] == "清仓见底"
    assert do("petition", "listCampaigns")["items"][0]["id"] == campaign
    assert do("petition", "listCampaignItems", campaign_id=campaign)["items"][0]["lead_id"] == people["district"]
    do("petition", "reopenCampaignCase", WHY, 409, campaign_id=campaign, item_number=1)


def test_what_is_found_and_looked_back_on(do: Do, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock, title="楼上漏水，天花板发霉")
    (one,) = (each["number"] for each in do("grid", "listCases")["items"])
    look_back(district, clock)
    (pair,) = do("community", "listFindings")["items"]
    seen = do("community", "readFinding", finding_id=pair["id"])
    assert one in seen["cases"]
    do("community", "answerSurge", WHY, 409, finding_id=pair["id"])
    do("community", "linkCluster", {"cases": seen["cases"], "title": "x", **WHY}, 409, finding_id=pair["id"])
    do("community", "fileAboutCause", {"title": "成因", "description": "查"}, 409, finding_id=pair["id"])
    do("community", "decideFindings", {"findings": [9999], "decision": "dismiss", **WHY}, 404)
    do("community", "dismissFinding", {"reason": " "}, 422, finding_id=pair["id"])
    merged = do("community", "acceptPair", {"master": seen["cases"][0], **WHY}, finding_id=pair["id"])
    assert merged["number"] == seen["cases"][0]

    (mine,) = do("street", "listPostMortems")["items"]
    line = {"what": "更换", "who": "物业", "by": "2026-03-20"}
    text = {"cause": "管道老化", "missed": "未巡查", "worked": "及时关阀", "lines": [line]}
    do("street", "writePostMortem", text, post_mortem_id=mine["id"])
    do("street", "writePostMortem", {**text, "submit": True}, post_mortem_id=mine["id"])
    do("district", "decidePostMortem", {"approve": True, "remark": "同意"}, post_mortem_id=mine["id"])
    done = do("street", "finishAction", {"note": "已换"}, post_mortem_id=mine["id"], action=1)
    assert done["actions"][0]["done_at"]
    assert do("street", "readPostMortem", post_mortem_id=mine["id"])["state"] == "approved"
    do("street", "openPostMortem", WHY, 201, number=do("grid", "fileCase", MATTER, 201)["number"])

    draft = {
        "project": "旧改", "stakeholders": "住户", "risks": [{"what": "噪音", "level": "high", "measure": "停工"}],
        "level": "high", "measures": "公布", "decision": "go", "keywords": "旧改",
    }  # fmt: skip
    made = do("street", "openAssessment", {"unit_id": "LHQ.MZ", **draft}, 201)["id"]
    do("street", "writeAssessment", {**draft, "submit": True}, assessment_id=made)
    do("district", "decideAssessment", {"approve": True}, assessment_id=made)
    assert do("street", "readAssessment", assessment_id=made)["state"] == "approved"
    do("street", "sayOfLaterCase", {"belongs": True}, assessment_id=made, number=one)
    assert len(do("street", "listAssessments")["items"]) == 2


def test_inspections(do: Do, district: District, clock: ManualClock) -> None:
    go_round(district, clock)
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "JPEG")
    proof = do("grid", "keepPhoto", {"file": FileStorage(io.BytesIO(picture.getvalue()), "一楼.jpg")}, 201)["proof"]
    plan = {
        "name": "季度", "checklist": "building_safety", "area_id": "LHQ.MZ.01", "tier": "building",
        "starts_on": "2026-03-02", "every": "month",
    }  # fmt: skip
    mine = do("community", "makePlan", plan, 201)["id"]
    assert do("community", "readPlan", plan_id=mine)["every"] == "month"
    assert do("community", "endPlan", plan_id=mine)["ended_at"]
    assert {each["name"] for each in do("community", "listPlans")["items"]} >= {"每月楼栋安全排查"}
    items = inspections.catalogue(district.world.config.inspections).checklists["building_safety"].items
    answers: dict[str, Any] = {item.id: {"answer": "ok"} for item in items}
    answers[items[0].id] = {
        "answer": "fail", "note": "堆放杂物", "then": "fixed", "photos": [proof], "recheck_on": "2026-03-04",
    }  # fmt: skip
    check = {"place_id": BUILDING, "checklist": "building_safety", "answers": answers}
    bad = {**check, "answers": {**answers, items[0].id: {**answers[items[0].id], "photos": ["forged"]}}}
    assert do("grid", "fileCheck", bad, 422)["errors"][0]["pointer"] == f"/answers/{items[0].id}/photos"
    filed = do("grid", "fileCheck", check, 201)
    assert filed["failed"] == 1
    found = do("grid", "readCheck", check_id=filed["id"])["findings"][0]
    do("grid", "recheck", {"passed": True, "note": "已清理", "photos": [proof]}, 201, finding_id=found["id"])
    assert do("grid", "readInspectionFinding", finding_id=found["id"])["settled_at"]
    assert len(do("grid", "listChecks", query="?failed=true")["items"]) == 2
    care = {"duty": "care", "unit_id": BUILDING, "summary": "送药", "group": "elderly"}
    log = do("grid", "logDuty", {**care, "name": "谢阿婆", "phone": "13800138000"}, 201)
    assert (log["name"], log["phone"]) == ("谢**", "138****8000")
    assert do("grid", "unmaskDutyLog", WHY, log_id=log["id"])["phone"] == "13800138000"
    assert do("grid", "readDutyLog", log_id=log["id"])["name"] == "谢阿婆"
    assert do("community", "listDutyLogs")["items"][0]["phone"] == "138****8000"


def test_mediation(do: Do, district: District, clock: ManualClock) -> None:
    body = {"name_zh": "街道人民调解委员会", "name_en": "Committee", "kind": "peoples", "areas": ["LHQ.MZ"]}
    made = do("street", "addOrganisation", {"seat": "LHQ.MZ", **body}, 201)["unit_id"]
    do("street", "changeOrganisation", {**body, "phone": "0755"}, organisation_id=made)
    person = {"name_zh": "邱秀英", "name_en": "Qiu Xiuying", "username": "mediator", "languages": ["mandarin"]}
    mediator = do("street", "addMediator", person, 201, organisation_id=made)["id"]
    do("street", "changeMediator", {**person, "phone": "0755"}, mediator_id=mediator)
    room = {"name_zh": "调解室", "name_en": "Room", "kind": "ordinary", "unit_id": "LHQ.MZ", "capacity": 8}
    where = do("street", "addRoom", room, 201, organisation_id=made)["id"]
    do("street", "changeRoom", {**room, "capacity": 10}, room_id=where)
    hours = {"starts_at": "2026-03-03T10:00:00+08:00", "ends_at": "2026-03-03T11:00:00+08:00", "people": 4}
    booked = do("street", "bookRoom", {**hours, "purpose": "普法"}, 201, room_id=where)["id"]
    do("street", "bookRoom", {**hours, "purpose": "冲突"}, 409, room_id=where)
    assert len(do("street", "listRoomBookings", room_id=where)["items"]) == 1
    do("street", "cancelBooking", booking_id=booked)
    number = do("grid", "fileCase", MATTER, 201)["number"]
    do("grid", "offerMediation", {"answer": "accepted"}, number=number)
    session = {**hours, "room_id": where, "mediator_id": mediator}
    assert do("grid", "bookSession", session, 201, number=number)["case"] == number
    do("grid", "keepPrivateNote", {"text": "双方情绪平稳"}, number=number)
    assert len(do("street", "readOrganisation", organisation_id=made)["rooms"]) == 1
    assert do("street", "listOrganisations")["items"][0]["name_zh"] == "街道人民调解委员会"
    do("street", "closeRoom", room_id=where)
    do("street", "importRegister", {"table": "x"}, 422)
    do("street", "closeOrganisation", organisation_id=made)


def test_staffing(do: Do, district: District, clock: ManualClock) -> None:
    town.file_case(district, clock)
    stand(district, clock)
    people = district.people
    member = do("district", "addMember", {"seat": "LHQ", "name_zh": "区住建局", "name_en": "Housing"}, 201)["unit_id"]
    do("district", "nameOfficer", {"person": "liaison", "rank": "section"}, 201, member_id=member)
    assert member in {each["unit_id"] for each in do("district", "listMembers")["items"]}
    posted = {"kind": "grid_member", "person_id": people["grid_2"], "unit_id": GRID, "duties": ["care"]}
    posting = do("district", "assign", {**posted, "from_on": "2026-03-02"}, 201)["id"]
    do("district", "endAssignment", {"to_on": "2026-03-02", "why": "调岗"}, posting_id=posting)
    assert do("district", "listAssignments")["items"]
    do("district", "importAssignments", {"table": "x"}, 422)
    team = {"unit_id": "LHQ", "name": "专班", "purpose": "攻坚", "chair": "petition"}
    force = do("district", "setForceUp", team, 201)["id"]
    do("petition", "addForceMember", {"person": "quality"}, force_id=force)
    number = do("grid", "fileCase", MATTER, 201)["number"]
    assert do("petition", "giveForceCase", {"number": number}, force_id=force)["cases"] == [number]
    do("petition", "takeForceCase", {"number": number}, force_id=force)
    meeting = {"held_at": at(clock), "decided": "分工", "present": [people["petition"]], "next_on": "2026-03-09"}
    do("petition", "noteForceMeeting", meeting, 201, force_id=force)
    do("petition", "removeForceMember", {"person_id": people["quality"]}, force_id=force)
    assert len(do("petition", "readForce", force_id=force)["meetings"]) == 1
    assert do("district", "listForces")["items"]
    assert do("district", "endForce", force_id=force)["ended_at"]
    template = do("instructor", "writeGuidance", {"title": "答复", "text": "请先电话联系。"}, 201)["id"]
    assert do("instructor", "listGuidance")["items"]
    do("instructor", "dropGuidance", template_id=template)
    raised = {"place_id": "LHQ.XX", "kind": "petition", "category": "property.fee", "title": "x", "description": "y"}
    do("delegate", "raiseMatter", raised, 403)
    do("delegate", "listMatters")
    assert do("community", "renewPlaceCode", unit_id=GRID)["code"].startswith(GRID)


def test_acts_on_cases_and_letters(do: Do, district: District, clock: ManualClock, call: Call) -> None:
    one, two = (do("grid", "fileCase", {**MATTER, "title": title}, 201)["number"] for title in ("甲", "乙"))
    do("grid", "applyReview", WHY, 409, number=one)
    do("community", "mergeCase", {"master": one, **WHY}, number=two)
    assert do("community", "splitCase", WHY, number=two)["state"] != "merged"
    assert do("district", "superviseCase", WHY, number=one)["number"] == one
    do("quality", "giveSample", None, 409, number=one)
    assert do("district", "listCards") == {"items": [], "next": None}
    do("district", "readCard", None, 404, card_id=1)
    do("district", "voidCard", WHY, 404, card_id=1)

    letter = do("grid", "askForLetter", {"kind": "opinion"}, 201, number=one)["id"]
    assert do("grid", "previewLetter", letter_id=letter)
    do("grid", "askForLetterOfTask", None, 404, task_id=task_of(call("grid"), one))
    do("grid", "issueLetter", None, 422, letter_id=letter)
    do("grid", "deliverLetter", {"method": "post", "delivered_at": at(clock)}, 409, letter_id=letter)
    do("grid", "askForReceipt", None, 409, letter_id=letter)
    do("community", "voidLetter", WHY, 409, letter_id=letter)
    assert do("grid", "waiveLetter", WHY, letter_id=letter)["state"] == "waived"
    assert do("grid", "readLetter", letter_id=letter)["case"] == one
    assert do("grid", "listLetters", query="?state=waived")["items"][0]["id"] == letter
    word = letters.shipped("opinion")
    file = {"file": FileStorage(io.BytesIO(word), "opinion.docx")}
    kept = do("petition", "uploadTemplate", file, 201, letter_kind="opinion")
    do("petition", "chooseTemplate", {"version": kept["version"], **WHY}, letter_kind="opinion")


def test_ones_own_things(app: Flask, do: Do, district: District, clock: ManualClock, call: Call) -> None:
    assert do("grid", "readMe")["memberships"][0]["unit_id"] == GRID
    number = do("grid", "fileCase", MATTER, 201)["number"]
    do("grid_b", "comment", {"text": "请看", "people": [district.people["grid"]]}, 201, number=number)
    town.send_notices(district, clock)
    notices = do("grid", "listNotices")["items"]
    do("grid", "openNotice", notice_id=notices[0]["id"])
    do("grid", "readAllNotices", {"up_to": notices[0]["id"]})
    assert all(each["read"] for each in do("grid", "listNotices")["items"])
    do("grid", "chooseDisplay", {"language": "en", "theme": "dark"})
    do("grid", "muteNotices", {"muted": ["news"]})
    assert do("grid", "readMe")["muted"] == ["news"]
    away = {"deputy_id": district.people["grid_b"], "starts_on": "2026-03-03", "ends_on": "2026-03-04"}
    absence = do("grid", "goAway", away, 201)["id"]
    do("grid", "comeBack", absence_id=absence)
    saved = do("grid", "saveFilter", {"name": "红灯", "light": "red"}, 201)["id"]
    assert do("grid", "listFilters")["items"][0]["query"]["light"] == "red"
    do("grid", "removeFilter", filter_id=saved)
    task = task_of(call("grid"), number)
    assert do("grid", "actOnTasks", {"act": "claim", "tasks": [task]})["items"] == [
        {"task": task, "case": number, "refused": None}
    ]
    do("street", "leaveNote", {"note": "夜班注意"}, 201)
    address = do("grid", "makeCalendar", {"warns": True})["address"]
    feed = urlsplit(address).path
    assert b"BEGIN:VCALENDAR" in app.test_client().get(feed).data
    assert not do("grid", "chooseCalendarWarnings", {"warns": False})["warns"]
    assert do("grid", "readCalendar")["address"] is None
    assert do("grid", "endCalendar")["made_at"] is None
    assert app.test_client().get(feed).status_code == 404
    (mine,) = do("grid", "listTokens")["items"]
    do("grid", "endToken", handle=mine["handle"])
    assert call("grid").get("/api/v1/me").status_code == 401


def test_figures_and_reports(do: Do, district: District) -> None:
    found = {each["id"]: each for each in do("district", "listFigures")["items"]}
    assert found["received_total"]["above"] == 0
    asked = do("district", "askReport", {"first": "2026-03-01", "last": "2026-03-01"}, 201)["id"]
    assert do("district", "readReport", report_id=asked)["state"] == "waiting"
    assert do("district", "listReports")["items"][0]["id"] == asked
    do("district", "listFigures", None, 422, query="?first=2020-01-01&last=2026-01-01")


def test_operations(do: Do, district: District, clock: ManualClock) -> None:
    account = {"username": "li.na", "name_zh": "李娜", "name_en": "Li Na"}
    who = do("operator", "openAccount", account, 201)["id"]
    do("operator", "changeAccount", {**account, "phone": "0755-1234567"}, person_id=who)
    assert len(do("operator", "resetPassword", WHY, person_id=who)["password"]) == 19
    do("operator", "unlockAccount", person_id=who)
    role = {"unit": GRID, "role": "handler", **WHY}
    assert do("operator", "giveRole", role, person_id=who)["roles"] == [{"unit_id": GRID, "role": "handler"}]
    do("operator", "noteAbsence", {"deputy_id": district.people["grid"], "ends_on": "2026-03-04"}, 201, person_id=who)
    assert do("operator", "takeRole", role, person_id=who)["roles"] == []
    assert not do("operator", "closeAccount", WHY, person_id=who)["active"]
    assert do("operator", "reopenAccount", WHY, person_id=who)["active"]
    assert do("operator", "listAccounts", query="?q=li.na")["items"][0]["username"] == "li.na"
    assert do("operator", "readAccount", person_id=who)["name_en"] == "Li Na"
    assert do("operator", "readLog")["items"][0]["act"] == "person.reactivated"
    assert do("operator", "listSignIns")["items"] == []
    do("operator", "endSignIn", handle="0123456789abcdef")
    units = do("operator", "listUnits")["items"]
    assert len(units) == len(town.UNITS)
    do("operator", "importUnits", {"table": "x"}, 422)
    do("operator", "loadYear", {"table": "x"}, 422)
    assert do("operator", "listIncidents") == {"items": [], "next": None}
    do("operator", "retryIncident", None, 404, instance_id=1)
    assert do("operator", "retryCause", {"said": "nothing"})["count"] == 0
    do("operator", "retryMessage", None, 404, sending_id=1)
    do("operator", "dropMessage", None, 404, sending_id=1)
    do("operator", "endHold")
    move = {"instance_id": 1, "token": "x", "target": "y", "seen": 1}
    do("operator", "previewMove", move, 404)
    do("operator", "moveStep", {**move, **WHY}, 404)


def test_designs(do: Do) -> None:
    made = do("designer", "beginProposal", {"title": "缩短时限"}, 201)["id"]
    do("designer", "renameProposal", {"title": "缩短签收时限"}, proposal_id=made)
    assert do("designer", "listProposals")["items"][0]["title"] == "缩短签收时限"
    assert do("designer", "listProcesses")["items"]
    limits = do("designer", "readProposalFile", query="?path=small/limits.yaml", proposal_id=made)
    text = limits["text"] + "\n"
    saved = do("designer", "saveProposalFile", {"path": "small/limits.yaml", "text": text, "seen": 0}, proposal_id=made)
    assert saved["revision"] == 1
    new = {"path": "small/scenarios/api.yaml", "text": "name: x\n"}
    do("designer", "saveProposalFile", new, proposal_id=made)
    moved = do("designer", "moveProposalFile", {**new, "to": "small/scenarios/api2.yaml", "seen": 1}, proposal_id=made)
    do("designer", "removeProposalFile", {"path": moved["path"], "seen": moved["revision"]}, proposal_id=made)
    do("designer", "adoptRelease", {"keep": []}, proposal_id=made)
    mark = do("designer", "readProposal", proposal_id=made)
    assert mark["changed"] == ["small/limits.yaml"]
    broken = {"path": "small/limits.yaml", "text": "steps: ["}
    found = do("designer", "checkProposal", broken, proposal_id=made)
    assert (found["findings"][0]["file"], found["scenarios"]) == ("small/limits.yaml", [])
    do("designer", "saveProposalFile", {**broken, "seen": 1}, proposal_id=made)
    do("designer", "publishProposal", {"seen": mark["fingerprint"], **WHY}, 409, proposal_id=made)
    assert do("designer", "recallProposal", proposal_id=made)["state"] == "open"
    do("designer", "adoptSample", {"name": "x"}, 404, proposal_id=made, sample_id=1)
    do("designer", "dropSample", None, 404, sample_id=1)
    days = {"since": "2026-01-01", "until": "2026-02-28", "unit": "LHQ"}
    do("designer", "rehearseProposal", days, 422, proposal_id=made)
    do("designer", "rehearseRelease", days, 422, release_id=1)
    do("designer", "readRehearsal", None, 404, rehearsal_id=1)
    do("designer", "cancelRehearsal", None, 404, rehearsal_id=1)
    assert do("designer", "listReleases")["items"][0]["id"] == 1
    do("designer", "rollBack", {"expected": 1, **WHY}, 404, release_id=99)
    do("designer", "beginMigration", {"from_id": 1, "to_id": 1}, 422)
    for id, body in (("startMigration", WHY), ("stopMigration", None), ("undoMigration", WHY), ("readMigration", None)):
        do("designer", id, body, 404, migration_id=1)
    assert do("designer", "listMigrations") == {"items": [], "next": None}
    assert do("designer", "dropProposal", proposal_id=made)["state"] == "dropped"


MATTER = {
    "channel": "hotline_12345", "kind": "dispute", "category": "neighbour.leak", "title": "楼上漏水",
    "description": "多次沟通未果。", "place_id": GRID,
}  # fmt: skip
HERE = Path(__file__)
BESIDE = (HERE.with_name(f"test_{each}.py") for each in ("channels", "imports", "services", "subscriptions"))
STORIES = (HERE, *BESIDE, HERE.parents[2] / "webhooks/inbound/test_operations.py")
IDS = re.compile(r"\b[a-z][A-Za-z0-9]+\b")


def test_every_operation_is_done_somewhere(app: Flask) -> None:
    """What is not in the table of `operations.py` stands in a story, here or beside."""
    told = " ".join(each.read_text(encoding="utf-8") for each in STORIES)
    every = [each for path in document(app)["paths"].values() for each in path.values()]
    documented = {each["operationId"] for each in every if each["security"]}
    assert documented - {operation.id for operation in OPERATIONS} - set(IDS.findall(told)) == set()
