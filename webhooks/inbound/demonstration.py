"""A hotline to look at, in a district that is a demonstration. It has no secret: nothing can come in from it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.config import SourceConfig
from engine.process import World
from webhooks.inbound.accepting import Sent, accept, turn_away
from webhooks.inbound.model import Delivery, Matter, State
from webhooks.inbound.signatures import Proof

SOURCE = SourceConfig.model_validate_json(
    json.dumps(
        {
            "name": "hotline",
            "channel": "hotline_12345",
            "signature": {"scheme": "standard", "secret_env": "HOTLINE_SECRET"},
            "map": {
                "external_no": {"path": "/order/no"},
                "version": {"path": "/order/revision", "kind": "number"},
                "kind": {"path": "/order/type", "values": {"投诉": "complaint", "求助": "help"}},
                "category": {"path": "/order/class/code", "values": {"0307": "noise.renovation"}},
                "title": {"path": "/order/title", "cut": 200},
                "description": {"path": "/order/content"},
                "place_id": {"value": "LHQ"},
                "parties": [
                    {"role": "applicant", "name": {"path": "/caller/name"}, "phone": {"path": "/caller/phone"}},
                ],
            },
            "messages": {
                "m_material": {"external_no": {"path": "/order/no"}, "text": {"path": "/order/supplement"}},
            },
        }
    )
)
FILED = 12
STRANGE: tuple[dict[str, Any], ...] = (
    {"type": "表扬", "class": {"code": "0307"}, "title": "表扬网格员", "content": "来电人谢女士表扬网格员上门及时。"},
    {"type": "投诉", "class": {"code": "0911"}, "title": "楼道堆物", "content": None},
)
"""What the rules cannot take."""


def demonstrate(session: Session, world: World, *, now: datetime) -> None:
    """The newest reports of the hotline as if they had been sent, and some that could not be taken."""
    for at, strange in enumerate(STRANGE):
        order = {"no": f"12345-{900_001 + at}", "revision": 1, **strange}
        sent = _sent({"order": order, "caller": {"name": "谢女士", "phone": "13800138000"}}, f"evt-strange-{at}")
        accept(session, world, SOURCE, sent, now=now - timedelta(hours=5 - at))
    query = select(Case).where(Case.channel == SOURCE.channel).order_by(Case.id.desc()).limit(FILED)
    for case in reversed(session.scalars(query).all()):
        number = case.external_no or f"12345-{case.id:06d}"
        session.add(_row(case, number, State.FILED, case.filed_at))
        session.merge(Matter(source=SOURCE.name, external_no=number, case_id=case.id, version=f"{1:020d}"))
        if case.id % 4 == 0:
            session.add(_row(case, number, State.UPDATED, case.filed_at + timedelta(minutes=20)))
    session.flush()
    for _ in range(3):
        turn_away(session, SOURCE, "signature.wrong", now=now - timedelta(days=1), world=world)


def _row(case: Case, number: str, state: State, at: datetime) -> Delivery:
    return Delivery(
        source=SOURCE.name,
        delivery_id=f"evt-{state.value}-{case.id}",
        digest="",
        state=state.value,
        received_at=at,
        next_at=at,
        settled_at=at,
        external_no=number,
        case_id=case.id,
    )


def _sent(content: dict[str, Any], delivery_id: str) -> Sent:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Sent(Proof(delivery_id, hashlib.sha256(body).hexdigest()), body, "application/json", "")
