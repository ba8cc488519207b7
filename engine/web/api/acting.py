"""One act of the API: one transaction, answered once for each `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, g, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from engine.web import context, idempotency
from engine.web.context import now, viewer
from engine.web.idempotency import Answer, Claim


def act(do: Callable[[Session], Answer]) -> Response:
    """Does it and answers; with a key that came before, gives the answer of then and does nothing."""
    key = idempotency.checked_key(request.headers.get("Idempotency-Key")) if request.method == "POST" else None
    with context.acting() as session:
        if key is None:
            return _response(do(session))
        route = f"{request.method} {request.path}"
        claimed = idempotency.claim(session, actor_id=viewer().person_id, route=route, key=key, sent=g.sent, now=now())
        if isinstance(claimed, Claim):
            answer = do(session)
            idempotency.keep(session, claimed, answer, now=now())
            return _response(answer)
    response = _response(claimed)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def answer(told: BaseModel, status: int = 200, *, location: str | None = None) -> Answer:
    return Answer(status, told.model_dump_json(), location)


def show(told: BaseModel, status: int = 200) -> Response:
    """An answer to a look."""
    return _response(answer(told, status))


def _response(given: Answer) -> Response:
    response = Response(given.body, given.status, content_type="application/json")
    if given.location is not None:
        response.headers["Location"] = given.location
    return response
