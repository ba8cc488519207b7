"""Service accounts and tokens. A secret is only ever in an answer to a PUT, which is kept for nobody."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from engine import tasks
from engine.people import ApiToken, Person, ServiceAccount, accounts, services, tokens
from engine.people.services import Service
from engine.web.api.acts.operating import OPERATIONS, Reason
from engine.web.api.acts.own import OWN
from engine.web.api.operation import Acted
from engine.web.api.shapes import Cursor, Moment, row, told
from engine.web.api.told import Told
from engine.web.context import now, viewer

Name = Annotated[str, Field(min_length=1, max_length=80)]

TOKEN = row("Token", ApiToken, "name created_at ends_at seen_at scopes", "A token; its secret is not kept.", handle=str)
SERVICE = row(
    "ServiceAccount",
    ServiceAccount,
    "person_id unit_id roles scopes purpose made_at made_by ends_at",
    "An account of a connected system.",
    name=str,
    name_zh=str,
    name_en=str,
    active=bool,
    tokens=list[TOKEN],  # type: ignore[valid-type]
)


class Secret(Told):
    """Shown this once."""

    token: str


@OPERATIONS.look("/operations/services", "listServices", "system.operate", "List service accounts", lists=SERVICE)
def list_services(session: Session, *, cursor: Cursor = "") -> Any:
    found, following = services.find_services(session, after=int(cursor or 0))
    return [_told(session, row, person, ()) for row, person in found], following


@OPERATIONS.look(
    "/operations/services/<service>",
    "readService",
    "system.operate",
    "Read a service account with its tokens",
    tells=SERVICE,
)
def read_service(session: Session, service: str) -> Any:
    return _service(session, service)


@OPERATIONS.act(
    "/operations/services", "openService", "system.operate", "Open a service account", tells=SERVICE, status=201
)
def open_service(session: Session, *, given: Service) -> Any:
    return _service(session, _name(session, services.open_service(session, given, viewer=viewer(), now=now())))


@OPERATIONS.act(
    "/operations/services/<service>",
    "changeService",
    "system.operate",
    "Change a service account",
    method="PUT",
    tells=SERVICE,
    description="Its name for machines stays. What is narrowed is narrowed for its tokens at once.",
)
def change_service(session: Session, service: str, *, given: Service) -> Any:
    services.change_service(session, _id(session, service), given, viewer=viewer(), now=now())
    return _service(session, service)


@OPERATIONS.act(
    "/operations/services/<service>/closing",
    "closeService",
    "system.operate",
    "Close a service account",
    tells=SERVICE,
    description="Its tokens end at once, and what it had claimed goes back to the unit.",
)
def close_service(session: Session, service: str, *, reason: Reason) -> Any:
    tasks.deactivate(session, _id(session, service), reason, viewer=viewer(), now=now())
    return _service(session, service)


@OPERATIONS.act(
    "/operations/services/<service>/opening",
    "reopenService",
    "system.operate",
    "Open a service account again",
    tells=SERVICE,
)
def reopen_service(session: Session, service: str, *, reason: Reason) -> Any:
    accounts.reactivate(session, _id(session, service), reason, viewer=viewer(), now=now())
    return _service(session, service)


@OPERATIONS.act(
    "/operations/services/<service>/tokens",
    "issueServiceToken",
    "system.operate",
    "Give a service account a token",
    method="PUT",
    tells=Secret,
)
def issue_token(session: Session, service: str, *, name: Name, ends_at: Moment | None = None) -> Any:
    return Secret(
        token=services.issue_token(session, _id(session, service), name, ends_at=ends_at, viewer=viewer(), now=now())
    )


@OPERATIONS.act(
    "/operations/services/<service>/tokens/<handle>/rotation",
    "rotateServiceToken",
    "system.operate",
    "Give another token in place of one",
    method="PUT",
    tells=Secret,
    description="The old one opens for a day more.",
)
def rotate_token(session: Session, service: str, handle: str) -> Any:
    return Secret(token=services.rotate_token(session, _id(session, service), handle, viewer=viewer(), now=now()))


@OPERATIONS.act(
    "/operations/services/<service>/tokens/<handle>/ending",
    "endServiceToken",
    "system.operate",
    "End a token at once",
    tells=SERVICE,
)
def end_token(session: Session, service: str, handle: str) -> Any:
    services.end_token(session, _id(session, service), handle, viewer=viewer(), now=now())
    return _service(session, service)


# --- one's own tokens ------------------------------------------------------------------------------------------------


@OWN.look("/me/tokens", "listTokens", "signed_in", "List your tokens", lists=TOKEN)
def list_tokens(session: Session) -> Any:
    return tokens.living(session, viewer().person_id, now=now()), None


@OWN.act(
    "/me/tokens/<handle>/ending",
    "endToken",
    "signed_in",
    "End one of your tokens",
    tells=Acted,
    description="Also the one you come with.",
)
def end_own(session: Session, handle: str) -> Any:
    tokens.end_one(session, viewer().person_id, handle, now=now())
    return Acted()


def _service(session: Session, service: str) -> Any:
    session.flush()
    row, person = services.called(session, service)
    return _told(session, row, person, services.tokens_of(session, person.id))


def _id(session: Session, service: str) -> int:
    row, _person = services.called(session, service)
    return row.person_id


def _name(session: Session, row: ServiceAccount) -> str:
    _row, person = services.get_service(session, row.person_id)
    return services.name_of(person)


def _told(session: Session, row: ServiceAccount, person: Person, found: Any) -> Any:
    return told(
        session,
        SERVICE,
        [row],
        name=services.name_of(person),
        name_zh=person.name_zh,
        name_en=person.name_en,
        active=person.active,
        tokens=told(session, TOKEN, found),
    )[0]
