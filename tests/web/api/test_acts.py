"""Every act that is made from a function is done once through the API, by somebody who may, as its document says."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.datastructures import FileStorage

from engine import letters
from engine.clock import ManualClock
from tests.web import district as town
from tests.web.api.acting import GRID, MATTER, WHY, Do, at
from tests.web.api.caller import document
from tests.web.api.conftest import Call
from tests.web.api.operations import OPERATIONS
from tests.web.api.test_access import task_of
from tests.web.district import District


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


HERE = Path(__file__)
BESIDE = (
    HERE.with_name(f"test_{each}.py") for each in ("channels", "imports", "register_acts", "services", "subscriptions")
)
STORIES = (HERE, *BESIDE, HERE.parents[2] / "webhooks/inbound/test_operations.py")
IDS = re.compile(r"\b[a-z][A-Za-z0-9]+\b")


def test_every_operation_is_done_somewhere(app: Flask) -> None:
    """What is not in the table of `operations.py` stands in a story, here or beside."""
    told = " ".join(each.read_text(encoding="utf-8") for each in STORIES)
    every = [each for path in document(app)["paths"].values() for each in path.values()]
    documented = {each["operationId"] for each in every if each["security"]}
    assert documented - {operation.id for operation in OPERATIONS} - set(IDS.findall(told)) == set()
