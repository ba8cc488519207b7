"""A report from a QR code: three fields become a case, and its sender gets a code to follow it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import intake, process
from engine.cases import Case, get_case
from engine.citizen.codes import hash_of, tracking_code
from engine.citizen.model import Tracking
from engine.citizen.places import Place
from engine.errors import Invalid
from engine.people import limit_tries
from engine.process import World

CHANNEL = "qr"
KIND = "complaint"
LONGEST = 2000
SHORTEST = 5
TITLE = 40
PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")
FORM_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
MOST_FROM_ADDRESS = 20
MOST_FOR_PLACE = 60
"""In a quarter of an hour. Many people may share one address, and one burst pipe may have many witnesses."""
REQUESTER = "诉求人"


@dataclass(frozen=True, slots=True)
class Report:
    """What the page asks. `form_key` is the key that the form carried."""

    what: str
    where: str
    phone: str
    form_key: str


@dataclass(frozen=True, slots=True)
class Filed:
    case: Case
    code: str
    """To be shown once: only its hash is kept."""
    tracking_id: int


def note_report(session: Session, address: str, place: Place, *, now: datetime) -> None:
    """Counts a report before it is filed. Raises Unavailable `citizen.too_many`. Commit before filing."""
    for what, most in (
        (f"report:address:{address}", MOST_FROM_ADDRESS),
        (f"report:place:{place.unit.id}", MOST_FOR_PLACE),
    ):
        limit_tries(
            session,
            what,
            most=most,
            code="citizen.too_many",
            sentence="There were too many reports from here in a short time; please wait, or call.",
            now=now,
        )


def file_report(session: Session, world: World, place: Place, report: Report, *, now: datetime) -> Filed:
    """Files a report and gives its case with the tracking code. The same form again gives the same case and code.

    Raises Invalid with `facts["fields"]` naming every field at once.
    """
    fields = faults_of(report)
    if fields:
        raise Invalid("report.invalid", f"The report cannot be taken: see {', '.join(sorted(fields))}.", fields=fields)
    code = tracking_code(world.config.server.secret_key.get_secret_value(), report.form_key)
    tracking = _claim(session, code, now=now)
    if tracking.case_id is not None:
        return Filed(get_case(session, tracking.case_id), code, tracking.id)
    found = world.releases.current(session).keywords.sort(report.what)
    case = intake.file_case(
        session,
        world,
        intake.Filing(
            channel=CHANNEL,
            kind=KIND,
            category=found.category,
            title=title_of(report.what),
            description=report.what.strip(),
            place_id=place.unit.id,
            received_at=now,
            address_text=report.where.strip() or None,
            parties=(intake.PartyIn("applicant", REQUESTER, phone=report.phone.strip(), protected=True),)
            if report.phone.strip()
            else (),
            anonymous=not report.phone.strip(),
        ),
        viewer=None,
        now=now,
    )
    tracking.case_id = case.id
    process.record(
        session,
        case,
        "case.sorted",
        actor_id=None,
        now=now,
        facts={"category": found.category, "words": list(found.words)},
    )
    return Filed(case, code, tracking.id)


def faults_of(report: Report) -> dict[str, dict[str, str]]:
    """What is wrong, by field. Pure."""
    fields: dict[str, dict[str, str]] = {}
    length = len(report.what.strip())
    if length < SHORTEST:
        fields["what"] = {
            "zh": "请写明发生了什么，至少五个字。",
            "en": "Say what happened, in a few words.",
        }
    elif length > LONGEST:
        fields["what"] = {"zh": f"最多 {LONGEST} 个字。", "en": f"At most {LONGEST:,} characters."}
    if len(report.where) > 200:
        fields["where"] = {"zh": "最多 200 个字。", "en": "At most 200 characters."}
    if report.phone.strip() and not PHONE.fullmatch(report.phone.strip()):
        fields["phone"] = {
            "zh": "这不像电话号码；不想留就空着。",
            "en": "This does not look like a phone number; leave it empty if you prefer.",
        }
    if not FORM_KEY.fullmatch(report.form_key):
        fields["form_key"] = {"zh": "请刷新页面再试。", "en": "Reload the page and try again."}
    return fields


def _claim(session: Session, code: str, *, now: datetime) -> Tracking:
    """The row of a code. A form that is sent twice at once waits here for the first one to be filed."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    code_hash = hash_of(code)
    session.execute(insert(Tracking).values(code_hash=code_hash, created_at=now).on_conflict_do_nothing())
    return session.scalars(select(Tracking).where(Tracking.code_hash == code_hash)).one()


def title_of(what: str) -> str:
    """The first sentence of what somebody wrote, or as much of it as a list shows; no English word is cut in two."""
    sentences = (each.strip() for each in re.split(r"[。！？!?；;\n]|\. ", what))
    first = next((each for each in sentences if each), what.strip())
    if len(first) <= TITLE:
        return first
    kept, rest = first[: TITLE - 1], first[TITLE - 1 :]
    return (re.sub(r"\s+[!-~]+$", "", kept) if re.match(r"[!-~]", rest) else kept.rstrip()) + "…"
