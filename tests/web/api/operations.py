"""Every operation of the API with a request that a person of grid 1 may send, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.web.api.caller import MATTER


@dataclass(frozen=True)
class Operation:
    """`who` may do it; `address` may hold {number} and {task}; `status` is what it answers when it is done."""

    id: str
    method: str
    address: str
    status: int
    body: Any = None
    who: str = "grid"
    files: bool = False
    """Whether its body is a file."""

    @property
    def touches_a_row(self) -> bool:
        return "{" in self.address


def _post(id: str, address: str, body: Any, status: int = 201, who: str = "grid") -> Operation:
    return Operation(id, "POST", address, status, body, who)


CASE, TASK = "/api/v1/cases/{number}", "/api/v1/tasks/{task}"
OPERATIONS = (
    Operation("listCases", "GET", "/api/v1/cases", 200),
    Operation("readCase", "GET", CASE, 200),
    Operation("listTasks", "GET", "/api/v1/tasks?tab=unit", 200),
    Operation("readTask", "GET", TASK, 200),
    Operation("listPlaces", "GET", "/api/v1/places?parent=LHQ.MZ", 200),
    _post("fileCase", "/api/v1/cases", MATTER),
    _post("comment", f"{CASE}/comments", {"text": "已电话回访。"}),
    _post("supply", f"{CASE}/supplies", {"note": "补来照片。"}),
    _post("reportRisk", f"{CASE}/risks", {"facts": {"people_count": 3}, "reason": "又来了一位。"}),
    _post("askExtension", f"{CASE}/extensions", {"length": "1wd", "reason": "等鉴定。"}),
    _post("instruct", f"{CASE}/instructions", {"text": "请抓紧处理。"}, who="district"),
    _post("throwMessage", f"{CASE}/messages", {"name": "m_material", "payload": {"note": "材料"}}, 200),
    _post("downgradeCase", f"{CASE}/downgrade", {"tier": "grid", "reason": "已缓和。"}, 409, "district"),
    _post("unmaskParties", f"{CASE}/unmasking", {"reason": "电话联系。"}, 200),
    Operation("listDocuments", "GET", f"{CASE}/documents", 200),
    Operation("addDocument", "POST", f"{CASE}/documents", 201, files=True),
    Operation("addDocumentToTask", "POST", f"{TASK}/documents", 201, files=True),
    Operation("fetchDocument", "GET", f"{CASE}/documents/{{document}}/content", 200),
    _post("hideDocument", f"{CASE}/documents/{{document}}/removal", {"reason": "传错了。"}, 200),
    _post("nameParty", f"{CASE}/parties", {"role": "witness", "name": "见证人", "reason": "上门时认识。"}),
    Operation("correctParty", "PATCH", f"{CASE}/parties/{{party}}", 200, {"name": "谢丽", "reason": "登记时写错。"}),
    Operation("sortCase", "PUT", f"{CASE}/category", 200, {"category": "neighbour.leak"}),
    Operation("claimTask", "PUT", f"{TASK}/claim", 200),
    Operation("giveTaskBack", "DELETE", f"{TASK}/claim", 200),
    _post("handTaskOver", f"{TASK}/handover", {"to_person_id": "{grid_b}"}, 200),
    Operation("delegateTask", "PUT", f"{TASK}/delegation", 200, {"to_person_id": "{grid_b}", "question": "请上门看看"}),
    Operation("takeTaskBack", "DELETE", f"{TASK}/delegation", 409),
    _post("answerDelegatedTask", f"{TASK}/delegation/answer", {"note": "已看过。"}, 409),
    Operation("keepDraft", "PUT", f"{TASK}/draft", 200, {"answers": {"note": "在楼道里写的"}}),
    Operation("readDraft", "GET", f"{TASK}/draft", 404),
    Operation("dropDraft", "DELETE", f"{TASK}/draft", 404),
    Operation("giveTrackingCode", "PUT", f"{CASE}/tracking-code", 200),
    _post("completeTask", f"{TASK}/completion", {"answers": {"action": "sign"}}, 200),
    _post("stepAside", f"{CASE}/recusal", {"reason": "我是当事人的亲属。"}, 200, "grid_b"),
    _post("withdrawCase", f"{CASE}/withdrawal", {"reason": "申请人撤回。"}, 200),
)
READING = frozenset({"GET"})
