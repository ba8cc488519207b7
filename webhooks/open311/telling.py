"""What is told of services, requests and updates, field by field as the specification names them, in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine import citizen
from engine.cases import masked_text
from engine.process import World
from engine.tasks import Field
from engine.territory import Unit
from engine.web.context import locale
from engine.web.language import _
from engine.web.public_words import MEANINGS, STATES, tell_step
from webhooks.open311.filing import Filed
from webhooks.open311.following import Followed
from webhooks.open311.services import Service
from webhooks.open311.updates import News
from webhooks.open311.words import GROUPS

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
DATATYPES = {"number": "number", "select": "singlevaluelist", "radio": "singlevaluelist"}
Told = dict[str, Any]


def tell_service(service: Service, *, asks: bool, language: str) -> Told:
    return {
        "service_code": service.code,
        "service_name": service.name(language),
        "description": service.name(language),
        "metadata": asks,
        "type": "realtime",
        "keywords": ", ".join(service.keywords),
        "group": str(GROUPS.get(service.group, service.group)),
    }


def tell_definition(service: Service, asked: Sequence[Field], *, language: str) -> Told:
    return {
        "service_code": service.code,
        "attributes": [_attribute(field, order, language) for order, field in enumerate(asked, 1)],
    }


def _attribute(field: Field, order: int, language: str) -> Told:
    told: Told = {
        "variable": True,
        "code": field.key,
        "datatype": DATATYPES.get(field.type, "string"),
        "required": False,
        "datatype_description": None,
        "order": order,
        "description": field.label(language),
    }
    if field.choices:
        told["values"] = [{"key": choice.value, "name": choice.label(language)} for choice in field.choices]
    return told


def tell_filed(filed: Filed, base: str) -> Told:
    """The code is for the person who reported it: with it they follow, confirm or refuse without any app."""
    notice = _(
        "Follow it at %(address)s with the code %(code)s.",
        address=f"{base}/t",
        code=citizen.in_groups(filed.code),
    )
    return {"service_request_id": filed.case.number, "service_notice": notice, "account_id": None}


def tell_request(found: Followed, names: Mapping[str, Service], world: World, *, own: bool, language: str) -> Told:
    """`own`: the app that sent it is asking."""
    service = names.get(found.case.category)
    report = found.report
    return {
        "service_request_id": found.case.number,
        "status": "closed" if found.is_closed else "open",
        "status_notes": _said(str(STATES[found.state]), str(MEANINGS[found.state])),
        "service_name": service.name(language) if service is not None else found.case.category,
        "service_code": found.case.category,
        "description": masked_text(found.case.description) if own else None,
        "agency_responsible": _line(found.office, language),
        "service_notice": None,
        "requested_datetime": written(report.requested_at, world),
        "updated_datetime": written(found.changed_at, world),
        "expected_datetime": None if found.due_at is None else written(found.due_at, world),
        "address": _line(found.place, language, lowest_first=True),
        "address_id": found.place[0].id if found.place else None,
        "zipcode": None,
        "lat": report.latitude if own else None,
        "long": report.longitude if own else None,
        "media_url": ",".join(report.media) or None if own else None,
    }


def tell_news(news: News, units: Mapping[str, Unit], world: World) -> Told:
    what, more = tell_step(news.step, units)
    return {
        "update_id": news.number,
        "service_request_id": news.request,
        "status": "closed" if news.closed else "open",
        "updated_datetime": written(news.at, world),
        "description": _said(what, more) if more else what,
        "media_url": None,
    }


def tell_discovery(world: World, changed_at: datetime, base: str) -> Told:
    hotline = world.config.citizens.hotline
    changeset = changed_at.astimezone(world.calendar.tz).strftime("%Y-%m-%d %H:%M")
    contact = _("Call %(number)s.", number=hotline) if hotline else _("Ask the office.")
    return {
        "changeset": changeset,
        "contact": contact,
        "key_service": contact,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{base}/open311/v2",
                "changeset": changeset,
                "type": "test" if world.config.demo else "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def written(at: datetime, world: World) -> str:
    """As the W3C note on dates has it, in the office's zone and to the second."""
    return at.astimezone(world.calendar.tz).isoformat(timespec="seconds")


def _said(what: str, more: str) -> str:
    return f"{what}：{more}" if locale().startswith("zh") else f"{what}: {more}"


def _line(units: Sequence[Unit], language: str, *, lowest_first: bool = False) -> str | None:
    """An address from the most specific place to the most general one; an office the other way round."""
    names = [unit.name(language) for unit in units]
    return (", " if lowest_first else " · ").join(names) or None
