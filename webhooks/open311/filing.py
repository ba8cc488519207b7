"""A report of a civic app becomes a case, once: under the app's own number, or under a hash of what it sent."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import citizen, documents, intake
from engine.cases import Case, PartyIn, get_case
from engine.config import CivicAppConfig
from engine.documents import Kept
from engine.errors import Invalid
from engine.people import limit_tries
from engine.process import World
from engine.store import canonical_json
from webhooks import whereabouts
from webhooks.open311.model import CivicReport
from webhooks.open311.services import facts, get_service, questions

CHANNEL = "open311"
LONGEST = 4000
"""Signs of a description. Source: GeoReport v2, POST Service Request."""
MOST_MEDIA = 20
MOST_WRONG_KEYS = 30
"""From one address in a quarter of an hour."""
AGAIN_S = 3600
"""A report without a number of its own that comes again word for word within the same hour is the same one."""
REQUESTER = "诉求人"
_CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Request:
    """What an app sent, as texts. `attributes` by code; `external_no` is the app's own number, if it sent one."""

    service_code: str
    description: str = ""
    address_id: str = ""
    address: str = ""
    latitude: str = ""
    longitude: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    email: str = ""
    media: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    external_no: str = ""

    @property
    def name(self) -> str:
        """Chinese writes the family name first, and no space."""
        if _CHINESE.search(self.first_name + self.last_name):
            return f"{self.last_name.strip()}{self.first_name.strip()}"
        return f"{self.first_name.strip()} {self.last_name.strip()}".strip()


@dataclass(frozen=True, slots=True)
class Filed:
    case: Case
    code: str
    """The tracking code, for the person who reported it."""


def note_report(session: Session, world: World, app: CivicAppConfig, *, now: datetime) -> None:
    """Counts a report or update before it is taken. Raises Unavailable `open311.too_many`. Commit before filing."""
    _limit(session, f"open311:app:{app.id}", world.config.open311.per_quarter, now)


def note_wrong_key(session: Session, address: str, *, now: datetime) -> None:
    """Counts a key that opens nothing. Raises Unavailable `open311.too_many`: keys must not be tried out."""
    _limit(session, f"open311:address:{address}", MOST_WRONG_KEYS, now)


def file_request(
    session: Session, world: World, app: CivicAppConfig, request: Request, papers: Sequence[Kept], *, now: datetime
) -> Filed:
    """Files a report and gives its case. The same one again gives the same case and the same code.

    Raises NotFound for a service that there is not, Invalid with `facts["fields"]` naming every field at once.
    """
    service = get_service(session, world, request.service_code)
    point = _check(request)
    given = facts(questions(session, world), request.attributes)
    report = _claim(session, app, request, point, now=now)
    if report.case_id is not None:
        case = get_case(session, report.case_id)
        return Filed(case, citizen.code_of_filed(session, world, case, now=now))
    description = _described(request, given) or service.name.zh
    case = intake.file_case(
        session,
        world,
        intake.Filing(
            channel=CHANNEL,
            kind=service.kind,
            category=service.code,
            title=citizen.title_of(request.description) or service.name.zh,
            description=description,
            place_id=_place(session, world, app, request, point),
            received_at=now,
            address_text=_address(request),
            external_no=f"{app.id}:{report.external_no}"[:80],
            facts=given,
            parties=_parties(request),
            anonymous=not (request.name or request.phone or request.email),
        ),
        viewer=None,
        now=now,
    )
    report.case_id = case.id
    for paper in papers:
        documents.attach(session, case.id, paper, limits=world.config.documents, actor_id=None, now=now, protected=True)
    return Filed(case, citizen.code_of_filed(session, world, case, now=now))


def _check(request: Request) -> tuple[float, float] | None:
    """The point that was sent, if one was. Raises Invalid naming every field that cannot be taken."""
    wrong: dict[str, Mapping[str, str]] = {}
    if len(request.description) > LONGEST:
        wrong["description"] = {"zh": f"最多 {LONGEST} 个字。", "en": f"At most {LONGEST:,} characters."}
    point = None
    if request.latitude or request.longitude:
        point = _degrees(request.latitude), _degrees(request.longitude)
        if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
            wrong["lat"] = {"zh": "经纬度须为 WGS84 度数。", "en": "lat and long are degrees of WGS84, both of them."}
    elif not (request.address or request.address_id):
        wrong["lat"] = {
            "zh": "请填写 lat 和 long、address_string 或 address_id。",
            "en": "Send lat and long, address_string or address_id.",
        }
    if len(request.media) > MOST_MEDIA or any(len(each) > 2000 for each in request.media):
        wrong["media_url"] = {"zh": "链接太多或太长。", "en": "There are too many addresses, or one is too long."}
    for name, most in (("phone", 40), ("email", 254), ("address", 300)):
        if len(getattr(request, name)) > most:
            wrong[name] = {"zh": f"最多 {most} 个字。", "en": f"At most {most} characters."}
    if len(request.name) > 120:
        wrong["last_name"] = {"zh": "姓名最多 120 个字。", "en": "A name has at most 120 characters."}
    if wrong:
        raise Invalid("request.invalid", f"The request cannot be taken: see {', '.join(wrong)}.", fields=wrong)
    return point


def _degrees(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.inf
    return value if math.isfinite(value) else math.inf


def _claim(
    session: Session, app: CivicAppConfig, request: Request, point: tuple[float, float] | None, *, now: datetime
) -> CivicReport:
    """The row of a report. One that is sent twice at once waits here for the first one to be filed."""
    row = {
        "app": app.id,
        "external_no": request.external_no[:80] or _hash_of(request, now),
        "requested_at": now,
        "latitude": point and point[0],
        "longitude": point and point[1],
        "media": list(request.media),
    }
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(CivicReport).values(**row).on_conflict_do_nothing())
    same = select(CivicReport).where(CivicReport.app == app.id, CivicReport.external_no == row["external_no"])
    return session.scalars(same).one()


def _hash_of(request: Request, now: datetime) -> str:
    said = {name: getattr(request, name) for name in Request.__slots__}
    text = canonical_json({**said, "media": list(request.media), "hour": int(now.timestamp()) // AGAIN_S})
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _described(request: Request, given: Mapping[str, Any]) -> str:
    """What was written, with what else the app sent and nobody asked for."""
    beside = {key: value.strip() for key, value in request.attributes.items() if key not in given}
    more = [f"{key}: {value}" for key, value in beside.items() if value]
    return "\n".join([request.description.strip(), *(["", *more] if more else []), *request.media]).strip()


def _place(
    session: Session, world: World, app: CivicAppConfig, request: Request, point: tuple[float, float] | None
) -> str:
    found = whereabouts.of_code(session, world, request.address_id) if request.address_id else None
    if found is None and point is not None:
        found = whereabouts.of_degrees(session, world, *point)
    if found is None and request.address:
        found = whereabouts.of_text(session, world, request.address)
    return found or app.place or citizen.find_place(session, world, "").unit.id


def _address(request: Request) -> str | None:
    point = f"{request.latitude}, {request.longitude}" if request.latitude else ""
    said = [each.strip() for each in (request.address, request.address_id, point)]
    return " · ".join(each for each in said if each)[:300] or None


def _parties(request: Request) -> tuple[PartyIn, ...]:
    if not (request.name or request.phone or request.email):
        return ()
    who = request.name or REQUESTER
    return (PartyIn("applicant", who, phone=request.phone or None, address=request.email or None, protected=True),)


def _limit(session: Session, what: str, most: int, now: datetime) -> None:
    limit_tries(
        session,
        what,
        most=most,
        code="open311.too_many",
        sentence="There were too many requests in a short time; please wait.",
        now=now,
    )
