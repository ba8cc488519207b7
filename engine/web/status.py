"""The one mapping from refusals to HTTP, for pages and for the JSON API."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from engine.errors import Refusal

STATUS_OF: Mapping[str, HTTPStatus] = {
    "sign_in.needed": HTTPStatus.UNAUTHORIZED,
    "sign_in.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "citizen.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "api.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "inbound.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "token.refused": HTTPStatus.UNAUTHORIZED,
    "signature.old": HTTPStatus.UNAUTHORIZED,
    "signature.wrong": HTTPStatus.UNAUTHORIZED,
    "content_type.unknown": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "body.unreadable": HTTPStatus.BAD_REQUEST,
    "body.too_deep": HTTPStatus.BAD_REQUEST,
    "body.too_many_values": HTTPStatus.BAD_REQUEST,
    "request.unreadable": HTTPStatus.BAD_REQUEST,
    "inbound.charset": HTTPStatus.BAD_REQUEST,
    "idempotency.key": HTTPStatus.BAD_REQUEST,
}
"""Refusals whose status says more than their kind's."""

AGAIN_AFTER_S = 5
"""When to come back after "not just now", unless the refusal knows better."""


def status_of(refusal: Refusal) -> int:
    return int(STATUS_OF.get(refusal.code, refusal.status))


def headers_of(refusal: Refusal) -> dict[str, str]:
    """When the same request may be tried again, where waiting helps."""
    if "retry_after_s" in refusal.facts:
        return {"Retry-After": str(refusal.facts["retry_after_s"])}
    if status_of(refusal) == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(AGAIN_AFTER_S)}
    return {}
