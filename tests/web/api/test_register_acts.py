"""Every act on a register, of meetings and rounds, of mediation and staffing, is done once through the API."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from werkzeug.datastructures import FileStorage

from engine import inspections
from engine.clock import ManualClock
from tests.web import district as town
from tests.web.api.acting import BUILDING, GRID, MATTER, WHY, Do, at
from tests.web.district import District
from tests.web.looked_back import look_back
from tests.web.meetings import PANEL
from tests.web.rounds import go_round
from tests.web.standing import stand


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
