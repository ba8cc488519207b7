"""What came in, over the JSON API: what operators see of it, and do about what could not be taken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from engine.web.api import Acted, Cursor, Room, Told, row, tell
from engine.web.context import now, viewer, world
from webhooks.inbound import looking, rows
from webhooks.inbound.model import Delivery
from webhooks.inbound.sources import sources_of
from webhooks.inbound.writing_back import Back, send_again, written_back

INBOUND = Room(
    "inbound", "What other systems sent, and what of it needs a look.", read="operations:read", write="operations:write"
)
PLACE = "/operations/inbound"
ONE = f"{PLACE}/deliveries/<int:delivery_id>"
Reason = Annotated[str, Field(max_length=4000)]
Became = Literal["", "waiting", "filed", "updated", "known", "older", "delivered", "refused", "expired", "dropped"]
Source = Annotated[str, Field(max_length=40)]


class InboundSource(Told):
    """A source in the last seven days."""

    name: str
    configured: bool
    last_at: datetime | None
    by_state: dict[str, int]
    turned_away: dict[str, int] = Field(description="Deliveries of which nothing was kept, by reason.")
    looks: int = Field(description="How many need a look, however old.")
    back_waiting: int = Field(description="States of its matters that it has still to hear of.")
    back_failed: int = Field(description="Those that were given up; see tellSourceAgain.")
    back_trouble: str | None


class ToldAgain(Told):
    count: int


class InboundFault(Told):
    """A value that could not be taken; nothing of what was sent stands here, but words that a value map lacks."""

    path: str
    field: str
    zh: str
    en: str


class InboundLine(Told):
    path: str
    value: str


class InboundContent(Told):
    content: str


COLUMNS = "id source delivery_id message state received_at attempts external_no code settled_at"
DELIVERY = row("InboundDelivery", Delivery, COLUMNS, "A delivery that came in.", case=str | None)
FULL = row(
    "InboundDeliveryFull",
    Delivery,
    COLUMNS,
    "With what was wrong, and all that was sent without what might be about a person.",
    case=str | None,
    faults=list[InboundFault],
    lines=list[InboundLine],
    kept=bool,
)


@INBOUND.look(f"{PLACE}/sources", "listSources", "system.operate", "List the sources", lists=InboundSource)
def list_sources(session: Session) -> Any:
    came, backs = rows.what_came(session, sources_of(world().config), viewer=viewer(), now=now()), written_back(session)
    return [_source(each, backs.get(each.name)) for each in came], None


@INBOUND.act(
    f"{PLACE}/sources/<source>/writing",
    "tellSourceAgain",
    "system.operate",
    "Tell a source again what was given up",
    tells=ToldAgain,
)
def tell_again(session: Session, source: str) -> ToldAgain:
    return ToldAgain(count=send_again(session, source, viewer=viewer(), now=now()))


@INBOUND.look(
    f"{PLACE}/deliveries",
    "listInbound",
    "system.operate",
    "List what came in, latest first",
    lists=DELIVERY,
    description="Without `state` what needs a look: it was refused, or its case never waited for it.",
)
def list_inbound(
    session: Session,
    *,
    source: Source = "",
    state: Became = "",
    cursor: Cursor = "",
) -> Any:
    found, following = rows.listed(
        session,
        source=source or None,
        state=state or None,
        before=int(cursor) if cursor else None,
        viewer=viewer(),
    )
    numbers = rows.numbers_of(session, found)
    told = [each for row in found for each in tell(session, DELIVERY, [row], case=numbers.get(row.case_id or 0))]
    return told, following


@INBOUND.look(ONE, "readInbound", "system.operate", "Read what came in", tells=FULL)
def read_inbound(session: Session, delivery_id: int) -> Any:
    return _full(session, delivery_id)


@INBOUND.act(
    f"{ONE}/filing",
    "takeInAgain",
    "system.operate",
    "Take a delivery in again, by the rules of now",
    tells=FULL,
    description="It is `waiting` and settled within seconds, or stays as it was because it still cannot be taken.",
)
def take_in_again(session: Session, delivery_id: int) -> Any:
    looking.take_in_again(session, world(), delivery_id, viewer=viewer(), now=now())
    return _full(session, delivery_id)


@INBOUND.act(
    f"{ONE}/dropping",
    "putAside",
    "system.operate",
    "Put a delivery aside",
    tells=Acted,
    description="Nobody has to look at it any more; its content is forgotten.",
)
def put_aside(session: Session, delivery_id: int, *, reason: Reason) -> Any:
    looking.put_aside(session, delivery_id, reason, viewer=viewer(), now=now())
    return Acted()


@INBOUND.act(
    f"{ONE}/content",
    "showInboundContent",
    "system.operate",
    "Show a delivery in the clear",
    method="PUT",
    tells=InboundContent,
    description="Who looked, and why, stands in the operators' log. The answer is kept for nobody.",
)
def show_content(session: Session, delivery_id: int, *, reason: Reason) -> Any:
    _row, body = looking.show_body(session, world(), delivery_id, reason, viewer=viewer(), now=now())
    return InboundContent(content=body)


def _full(session: Session, delivery_id: int) -> Any:
    row = rows.get(session, delivery_id, viewer=viewer())
    faults = [InboundFault(path=each["path"], field=each["field"], **each["says"]) for each in row.faults or ()]
    return tell(
        session,
        FULL,
        [row],
        case=rows.numbers_of(session, [row]).get(row.case_id or 0),
        faults=faults,
        lines=[InboundLine(path=path, value=value) for path, value in looking.masked_lines(world(), row)],
        kept=row.body is not None,
    )[0]


def _source(came: rows.Came, back: Back | None) -> InboundSource:
    return InboundSource(
        name=came.name,
        configured=came.config is not None,
        last_at=came.last_at,
        by_state=came.by_state,
        turned_away=came.turned_away,
        looks=came.looks,
        back_waiting=0 if back is None else back.health.waiting,
        back_failed=0 if back is None else back.health.failed,
        back_trouble=None if back is None else back.receiver.trouble,
    )
