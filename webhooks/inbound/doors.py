"""The doors: `POST /webhooks/in/<source>` for reports, `…/messages/<name>` for messages to a running case.

Open to everybody, because the signature is what lets a delivery in. Answers are problems of RFC 9457 or a receipt.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from engine import cases
from engine.config import SourceConfig
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, Unavailable
from engine.web import api, context
from engine.web.policy import policy
from webhooks.inbound.accepting import Seen, Sent, seen, turn_away
from webhooks.inbound.gate import gate_of
from webhooks.inbound.mapping import Fault, refusal_of
from webhooks.inbound.model import Delivery, State
from webhooks.inbound.settling import settle_one
from webhooks.inbound.signatures import prove
from webhooks.inbound.sources import secrets_of, source_of

log = structlog.get_logger("inbound")
doors = Blueprint("inbound_doors", __name__, url_prefix="/webhooks/in")
doors.record(lambda state: state.app.extensions["csrf"].exempt(doors))

FORGED_PER_MINUTE = 30
"""From one address for one source; whatever is more is refused without a row."""


@doors.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    answer = api.problems.of_refusal(refusal)
    answer.headers.pop("WWW-Authenticate", None)
    return answer


@doors.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    return api.problems.of_failure(error)


@doors.post("/<source_name>")
@policy("public")
def report(source_name: str) -> Response:
    return _take(source_of(context.world().config, source_name), None)


@doors.post("/<source_name>/messages/<message>")
@policy("public")
def message(source_name: str, message: str) -> Response:
    source = source_of(context.world().config, source_name)
    if message not in source.messages:
        raise NotFound("message.unknown", "This source sends no such message.")
    return _take(source, message)


def _take(source: SourceConfig, message: str | None) -> Response:
    sent = _sent(source, message)
    edge = context.edge()
    try:
        found = gate_of(edge.store).take(edge.store, edge.world, source, sent, now=context.now())
    except Conflict as refusal:
        _turned_away(source, refusal.code)
        raise
    if found.state == State.WAITING and (source.answers == "case" or message is not None):
        found = _settled(found)
    if found.state == State.REFUSED:
        faults = [Fault(each["path"], each["field"], each["says"]) for each in found.faults or ()]
        facts = {**refusal_of(faults).facts, "receipt": found.receipt}
        raise Invalid(found.code or "inbound.invalid", "It cannot be taken; it is kept for an operator.", **facts)
    return _receipt(found)


def _sent(source: SourceConfig, message: str | None) -> Sent:
    """Raises NotAllowed for what is not from there. The body is not read when it says that it is too large."""
    request.max_content_length = source.max_bytes
    try:
        body = request.get_data(cache=True)
    except RequestEntityTooLarge:
        _turned_away(source, "http.413")
        raise
    try:
        headers = {name.lower(): value for name, value in request.headers}
        proof = prove(source.signature, secrets_of(source), headers, body, now=context.now())
    except NotAllowed as refusal:
        _turned_away(source, refusal.code)
        raise
    taken = context.edge().pace.take("inbound", source.name, source.per_minute, now=context.now())
    if taken.refused:
        raise _too_many(taken.wait_s)
    return Sent(proof, body, request.mimetype, request.mimetype_params.get("charset", ""), message)


def _turned_away(source: SourceConfig, code: str) -> None:
    where = f"{source.name} {context.address()}"
    taken = context.edge().pace.take("knocks", where, FORGED_PER_MINUTE, now=context.now())
    if taken.refused:
        raise _too_many(taken.wait_s)
    with context.acting() as session:
        turn_away(session, source, code, now=context.now(), world=context.world())


def _too_many(wait_s: int) -> Unavailable:
    return Unavailable("inbound.too_many", "This source sends too much at once; please wait.", retry_after_s=wait_s)


def _settled(found: Seen) -> Seen:
    """Settles it now. What fails is left to the job: the delivery is safe already."""
    edge = context.edge()
    try:
        settle_one(edge.store, edge.world, found.id, now=context.now())
    except Exception as error:
        log.warning("inbound.left_to_the_job", delivery=found.id, said=type(error).__name__)
    with edge.store.reading() as session:
        return seen(session.get_one(Delivery, found.id))


def _receipt(found: Seen) -> Response:
    """202 as long as it waits; else 201 for the very delivery that made the case, and 200. The same whenever asked."""
    number = None
    if found.case_id is not None:
        with context.looking() as session:
            number = cases.get_case(session, found.case_id).number
    answer = jsonify(receipt=found.receipt, state=found.state, number=number)
    answer.status_code = 202 if found.state == State.WAITING else 201 if found.state == State.FILED else 200
    return answer
