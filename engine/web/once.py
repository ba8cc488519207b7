"""A form that is sent twice counts once: every form of a page carries a key, and the same form under it acts once.

Pages and the API keep their answers in one table. A form that comes back with other words is another act.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine.store import canonical_json
from engine.web import idempotency
from engine.web.context import acting, now, viewer
from engine.web.idempotency import KEY, Answer

FIELD = "form_key"
BESIDE = frozenset({"csrf_token", FIELD})
"""What every form carries besides its answers."""


def form_key() -> str:
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go on after an act, and what to say there."""

    where: str
    said: str


def once(act: Callable[[Session], Done]) -> Response:
    """Does an act in one transaction and goes on; sent again, the form only goes on to the same place."""
    key = request.form.get(FIELD, "")
    with acting() as session:
        done = _acted(session, key, act) if KEY.fullmatch(key) else act(session)
    flash(done.said)
    return redirect(done.where)


def _acted(session: Session, key: str, act: Callable[[Session], Done]) -> Done:
    sent = sorted((name, value) for name, value in request.form.items(multi=True) if name not in BESIDE)
    mark = hashlib.sha256(canonical_json(sent).encode()).hexdigest()
    claimed = idempotency.claim(
        session,
        actor_id=viewer().person_id,
        route=f"{request.method} {request.path}",
        key=f"{key[:120]}.{mark}",
        sent=sent,
        now=now(),
    )
    if isinstance(claimed, Answer):
        return Done(str(claimed.location), claimed.body)
    done = act(session)
    idempotency.keep(session, claimed, Answer(302, done.said, done.where), now=now())
    return done
