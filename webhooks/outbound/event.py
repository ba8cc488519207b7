"""A message as it leaves: a CloudEvent about a case with its number, where it stands, and no word about a person.

Source: CloudEvents 1.0, structured mode in JSON. What is in it is listed here; what is not listed does not leave.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine import outbox
from engine.cases import Case
from engine.store import canonical_json
from webhooks.outbound.kinds import KINDS, PING

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SOURCE = "urn:maplebridge"
_CODE = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)
_UNIT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def key_of(parcel: outbox.Parcel) -> str:
    """The id of a message: the same on every try and for every receiver, another one after a restore from a backup."""
    told = f"{parcel.key}|{parcel.created_at.isoformat()}"
    return f"msg_{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def event_of(parcel: outbox.Parcel, case: Case, *, public_url: str) -> str:
    """The body about one act. Where the case stands is said as of now; `sequence` orders the events of one case."""
    data: dict[str, Any] = {"case": case.number, "state": case.state, "tier": case.tier, "unit": case.holder_id}
    data |= _besides(parcel, case)
    data["links"] = {
        "page": f"{public_url}/cases/{case.id}",
        "api": f"{public_url}/api/v1/cases/{case.id}",
    }
    return canonical_json(
        {
            **_frame(key_of(parcel), parcel.topic, parcel.created_at, public_url),
            "subject": case.number,
            "sequence": parcel.key.split(":")[1],
            "data": data,
        }
    )


def ping_of(key: str, *, now: datetime, public_url: str) -> str:
    """The body of a trial."""
    return canonical_json({**_frame(key, PING, now, public_url), "data": {}})


def example(*, now: datetime, public_url: str) -> str:
    """For the page that describes what is sent; about no case."""
    parcel = outbox.Parcel(
        0,
        "0:3:case.raised:",
        0,
        "case.raised",
        {
            "from": {"tier": "grid", "unit": "LHQ.MZ.01.01.01"},
            "to": {"tier": "zone", "unit": "LHQ.MZ.01.01"},
            "reason": "overdue",
        },
        now,
        0,
    )
    case = Case(id=1, number="LHQ-20260302-0001", state="assigned", tier="zone", holder_id="LHQ.MZ.01.01", walled=False)
    return event_of(parcel, case, public_url=public_url)


def _frame(key: str, kind: str, at: datetime, public_url: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": key,
        "source": public_url or SOURCE,
        "type": kind,
        "time": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }


def _besides(parcel: outbox.Parcel, case: Case) -> dict[str, Any]:
    """Codes, instants and places only. Of a case with a wall no places: they might say who was complained about."""
    facts: Mapping[str, Any] = parcel.facts
    told: dict[str, Any] = {}
    value: Any
    for word in KINDS[parcel.topic]:
        match word:
            case "from" | "to":
                value = None if case.walled else _end(facts.get(word))
            case "due_at":
                value = _instant(facts.get("to" if parcel.topic == "clock.extended" else word))
            case "severity":
                value = found if isinstance(found := facts.get(word), int) else None
            case "reason":
                value = _code(facts.get(word) or facts.get("reason_code"))
            case _:
                value = _code(facts.get(word))
        if value is not None:
            told[word] = value
    return told


def _end(value: object) -> dict[str, str] | None:
    """One end of a move."""
    if not isinstance(value, dict) or not _code(value.get("tier")) or not _UNIT.fullmatch(str(value.get("unit"))):
        return None
    return {"tier": value["tier"], "unit": value["unit"]}


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _instant(value: object) -> str | None:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except ValueError:
        return None
