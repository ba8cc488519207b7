"""Who comes in, and with what: bearer tokens before pages' policies, bodies that are plain JSON of bounded size."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

from flask import current_app, g, request
from werkzeug.wrappers import Response

from engine.errors import Invalid, NotAllowed, Unavailable
from engine.people import tokens
from engine.strict_json import must_be_harmless, read_json
from engine.web import attached, pace
from engine.web.context import acting, address, edge, looking, maybe_viewer, now, viewer, world
from engine.web.pace import Left
from engine.web.policy import PUBLIC, policy_of, scope_of

API, HEALTH = "api", "health"
BLUEPRINTS = frozenset({API, HEALTH})
PREFIX = "/api/"
LARGEST_BODY = 256 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_api() -> bool:
    """Whether this request is answered here, be its address known or not."""
    return request.blueprint in BLUEPRINTS or (request.blueprint is None and request.path.startswith(PREFIX))


def know_bearer() -> None:
    """Runs after the cookie was looked at and before the policy. A token outdoes a cookie; a cookie alone needs the
    page's token for everything that writes. Tries without a good token count for their address too."""
    if request.blueprint not in BLUEPRINTS or policy_of(current_app, request.endpoint) == PUBLIC:
        return
    _count("address", address(), world().config.api.per_address)
    sent = request.headers.get("Authorization")
    if sent is not None:
        _let_in(sent)
    elif maybe_viewer() is None:
        raise NotAllowed("sign_in.needed", "Please send a token: Authorization: Bearer mb_…")
    else:
        _count("bearer", f"person {viewer().person_id}", world().config.api.per_bearer)
        if request.method not in SAFE:
            current_app.extensions["csrf"].protect()


def _let_in(sent: str) -> None:
    """The one place where a token is looked at: who it is, how often it comes, and what it is for."""
    g.pop("viewer", None)
    scheme, _, secret = sent.partition(" ")
    with looking() as session:
        bearer = tokens.find(session, secret.strip(), now=now()) if scheme.lower() == "bearer" else None
    if bearer is None:
        raise NotAllowed("token.refused", "This token is not known, or its time is over.")
    g.viewer = bearer.viewer
    _count("bearer", f"token {bearer.handle}", world().config.api.per_bearer)
    scope = scope_of(current_app, request.endpoint)
    if bearer.scopes is not None and scope not in bearer.scopes:
        raise NotAllowed("scope.missing", f"This token is not for that: it lacks the scope {scope}.", scope=scope)
    if bearer.stale:
        with suppress(Unavailable), acting() as session:
            tokens.touch(session, bearer.handle, now=now())


def _count(policy: str, caller: str, most: int) -> None:
    if not most:
        return
    left = edge().pace.take(policy, caller, most, now=now())
    g.setdefault("counted", []).append(left)
    if left.refused:
        raise Unavailable(
            "api.too_many",
            f"Too many requests: at most {most} a minute.",
            retry_after_s=left.wait_s,
            most=most,
        )


def say_pace(response: Response) -> Response:
    """Every answer to somebody who is counted says what is left."""
    counted: list[Left] = g.get("counted", [])
    response.headers.update(pace.headers_of(counted))
    return response


def look_at_request() -> None:
    """Runs before the route: no text that a database cannot hold, and a body that is one JSON object."""
    if not attached.is_for_files():
        request.max_content_length = LARGEST_BODY
    if "\0" in request.path or any("\0" in text for pair in request.args.items(multi=True) for text in pair):
        raise Invalid("request.unreadable", "The address holds a zero character.")
    if request.method == "POST" or (request.method not in SAFE and request.get_data(cache=True)):
        g.sent = _sent_with_files() if attached.is_for_files() else _sent()


def _sent() -> dict[str, Any]:
    if not request.mimetype and not request.get_data(cache=True):
        return {}  # an act that takes no fields needs no body
    if request.mimetype != "application/json":
        raise Invalid("content_type.unknown", "Send the body as Content-Type: application/json.")
    return read_json(request.get_data(cache=True))


def _sent_with_files() -> dict[str, Any]:
    """The fields, and of each file its name and the hash of its content: enough to know the same request again."""
    attached.make_room()
    if request.mimetype != "multipart/form-data":
        raise Invalid("content_type.unknown", "Send the file as Content-Type: multipart/form-data.")
    fields = {name: request.form.getlist(name) for name in request.form}
    must_be_harmless(fields)
    files = {}
    for name, file in request.files.items():
        digest = hashlib.file_digest(file.stream, "sha256")  # type: ignore[arg-type]
        files[name] = [file.filename, digest.hexdigest()]
        file.stream.seek(0)
    return {**fields, **files}
