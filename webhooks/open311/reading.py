"""What an app sent or asks for, read from the request as the specification writes it; texts are made storable."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flask import request

from engine import documents
from engine.documents import Kept
from engine.errors import REQUIRED, Invalid
from engine.web.context import now, world
from webhooks.open311.filing import Request
from webhooks.open311.following import MOST, Wanted

SPAN = timedelta(days=90)
"""The dates of one question may lie so far apart. Source: GeoReport v2, GET Service Requests."""
MOST_FILES = 6
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,64})\](?:\[\])?")
OWN_NUMBERS = ("external_id", "attribute[external_id]", "attribute[fixmystreet_id]")
"""Fields in which an app may send its own number of a report, besides the header Idempotency-Key."""


def wanted() -> Wanted:
    """Raises Invalid for dates that are none or lie more than ninety days apart, and for another status."""
    numbers = _listed("service_request_id")
    if numbers:
        return Wanted(numbers=numbers[:MOST])
    since, until = asked_span(SPAN)
    status = {each.lower() for each in _listed("status")}
    if status - {"open", "closed"}:
        words = {"zh": "应为 open 或 closed。", "en": "Write open or closed."}
        raise Invalid("status.unknown", words["en"], fields={"status": words})
    return Wanted(
        services=_listed("service_code") or None,
        since=since,
        until=until,
        closed=None if len(status) != 1 else status == {"closed"},
        page=_number("page", 1, 100_000),
        page_size=_number("page_size", MOST, MOST),
    )


def asked_span(lately: timedelta) -> tuple[datetime, datetime]:
    """From when to when is asked; where nothing says, so long up to now. Raises Invalid for more than ninety days."""
    since, until = _instant("start_date"), _instant("end_date")
    until = until or (now() if since is None else since + SPAN)
    since = since or until - lately
    if until - since > SPAN + timedelta(days=1):
        words = {"zh": "时间跨度不能超过 90 天。", "en": "The dates may not span more than 90 days."}
        raise Invalid("dates.span", words["en"], fields={"end_date": words})
    return since, until


def _instant(name: str) -> datetime | None:
    written = request.args.get(name, "").strip()
    if not written:
        return None
    try:
        at = datetime.fromisoformat(written.replace(" ", "+"))  # a plus that was not encoded arrives as a space
        return at if at.tzinfo else at.replace(tzinfo=world().calendar.tz)
    except (ValueError, OverflowError):
        words = {"zh": "时间应形如 2026-03-02T09:00:00Z。", "en": "Write a time as 2026-03-02T09:00:00Z."}
        raise Invalid("date.invalid", words["en"], fields={name: words}) from None


def _number(name: str, default: int, most: int) -> int:
    written = request.args.get(name, "").strip()
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and int(written[:9]) >= 1):
        words = {"zh": "应为正整数。", "en": "Write a whole number from 1 on."}
        raise Invalid("number.invalid", words["en"], fields={name: words})
    return min(int(written[:9]), most)


def _listed(name: str) -> list[str]:
    """Values with commas between them, in one parameter or in several."""
    sent = ",".join(request.args.getlist(name))
    return [each.strip()[:80] for each in sent.split(",") if each.strip()]


def sent_request() -> Request:
    attributes: dict[str, str] = {}
    for name in request.form:
        if found := _ATTRIBUTE.fullmatch(name):
            attributes[found[1]] = ", ".join(_storable(each) for each in request.form.getlist(name))[:1000]
    media = [part.strip() for each in request.form.getlist("media_url") for part in _storable(each).split(",http")]
    own = request.headers.get("Idempotency-Key", "") or next(filter(None, map(sent_text, OWN_NUMBERS)), "")
    code = sent_text("service_code")
    if not code:
        raise Invalid("service_code.missing", "service_code is needed.", fields={"service_code": REQUIRED})
    return Request(
        service_code=code,
        description=sent_text("description"),
        address_id=sent_text("address_id"),
        address=sent_text("address_string"),
        latitude=sent_text("lat"),
        longitude=sent_text("long"),
        first_name=sent_text("first_name"),
        last_name=sent_text("last_name"),
        phone=sent_text("phone"),
        email=sent_text("email"),
        media=tuple(each if at == 0 or "://" in each[:8] else f"http{each}" for at, each in enumerate(media) if each),
        attributes=attributes,
        external_no=_storable(own)[:80],
    )


def sent_text(name: str) -> str:
    return _storable(request.form.get(name, "")).strip()


def _storable(text: str) -> str:
    """Without what no database keeps and no page shows; lines end in one way."""
    return re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff]", "", text.replace("\r\n", "\n").replace("\r", "\n"))


def sent_papers() -> list[Kept]:
    """The files that came along, whatever their fields are called. Raises Invalid for one that is not taken."""
    limits = world().config.documents
    sent = [file for file in request.files.values() if file.filename][:MOST_FILES]
    return [documents.keep(limits, each.filename or "", each.stream.read(limits.max_bytes + 1)) for each in sent]
