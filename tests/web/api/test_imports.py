"""A file of matters that a program brings in: matched, checked, filed, and what could not be taken fetched again."""

from __future__ import annotations

import io
from typing import Any

from werkzeug.datastructures import FileStorage

from engine import bulk
from engine.clock import ManualClock
from tests.web.api.caller import Caller
from tests.web.api.conftest import Call
from tests.web.district import District
from tests.web.test_imports import FILE, work

PLACE = "/api/v1/imports"


def bring(caller: Caller, data: bytes = FILE, **fields: str) -> Any:
    return caller.send("POST", PLACE, files={"file": FileStorage(io.BytesIO(data), "工单.csv"), **fields})


def test_a_file_is_brought_in_matched_checked_and_filed(call: Call, district: District, clock: ManualClock) -> None:
    """openImport, readImport, matchImport, listImportRows, chooseImportRows, startImport, listImportedCases,
    fetchImportErrors, listImports."""
    street = call("street")
    assert bring(call("grid")).status_code == 403
    assert bring(street, unit="LHQ").status_code == 404
    assert bring(street, b"").status_code == 422
    opened = bring(street)
    assert opened.status_code == 201, opened.text
    assert (opened.json["state"], opened.json["columns"][0]) == ("new", "external_no")
    here, columns = f"{PLACE}/{opened.json['id']}", opened.json["columns"]
    assert street.get(here).json["names"][0] == "工单编号"
    for sent, where in (
        ({"columns": [None]}, {"/columns"}),
        ({"columns": columns, "place_id": "LHQ.GL"}, {"/place_id"}),
        ({"columns": columns, "kind": "quarrel"}, {"/kind"}),
        ({"columns": columns, "values": {"category": {"漏水": "none.such"}}}, {"/values/category"}),
    ):
        refused = street.send("PUT", f"{here}/columns", sent)
        assert (refused.status_code, {each["pointer"] for each in refused.json["errors"]} >= where) == (422, True)
    assert street.send("PUT", f"{here}/columns", {"columns": ["colour"]}).status_code == 400
    assert street.post(f"{here}/filing", {}).status_code == 409
    matched = street.send("PUT", f"{here}/columns", {"columns": columns, "values": opened.json["values"]})
    assert (matched.status_code, matched.json["state"]) == (200, "checking")
    work(district, clock)
    checked = street.get(here).json
    assert (checked["state"], checked["counts"]["fine"], checked["noted"]) == ("checked", 2, {"twice": 1, "wrong": 1})
    (wrong,) = street.get(f"{here}/rows").json["items"]
    assert (wrong["number"], {each["field"] for each in wrong["faults"]} >= {"received_at"}) == (6, True)
    assert street.post(f"{here}/choices", {"take": [6]}).json == {"taken": 1}
    assert "HX3" in street.get(f"{here}/errors").text
    assert call("petition").get(f"{here}/errors").status_code == 404
    assert street.post(f"{here}/filing", {}).json["state"] == "running"
    work(district, clock)
    filed = street.get(f"{here}/cases").json["items"]
    assert [each["row"] for each in filed] == [3, 5]
    (listed,) = street.get(PLACE).json["items"]
    assert (listed["state"], listed["filed"]) == ("done", 2)


def test_the_same_header_is_kept_and_an_import_may_be_stopped(call: Call) -> None:
    """cancelImport"""
    street = call("street")
    here = f"{PLACE}/{bring(street).json['id']}"
    kept = street.send("PUT", f"{here}/columns", {"columns": [None, "title"], "header": 1, "check": False}).json
    assert (kept["state"], kept["header"], kept["columns"][:2]) == ("new", 1, [None, "title"])
    far = street.send("PUT", f"{here}/columns", {"columns": ["title"], "header": 15, "check": False}).json
    assert (far["header"], far["columns"][0]) == (15, "title")
    assert street.post(f"{here}/cancellation", {}).json["state"] == bulk.ImportState.CANCELLED
    assert street.post(f"{here}/filing", {}).status_code == 409
