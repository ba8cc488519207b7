"""What an operator sees of what came in. Of a report about themselves they see nothing once it is a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.config import SourceConfig
from engine.errors import NotFound
from engine.people import Viewer
from engine.tasks import is_shut_out, outside_wall
from webhooks.inbound.model import NEEDS_A_LOOK, Delivery, Shut, State

WEEK = timedelta(days=7)
PAGE = 30


@dataclass(slots=True)
class Came:
    """A source in the last seven days. `turned_away` are deliveries of which nothing was kept, by reason."""

    name: str
    config: SourceConfig | None
    """None for one that is not configured any more."""
    last_at: datetime | None = None
    by_state: dict[str, int] = field(default_factory=dict)
    turned_away: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    """How many need a look, however old."""


def what_came(session: Session, sources: Sequence[SourceConfig], *, viewer: Viewer, now: datetime) -> list[Came]:
    """The configured sources in their order, then others of which there are rows. Four statements."""
    found = {source.name: Came(source.name, source) for source in sources}
    since = now - WEEK
    counted = (
        select(Delivery.source, Delivery.state, func.count(), func.max(Delivery.received_at))
        .where(Delivery.received_at >= since, _told(viewer))
        .group_by(Delivery.source, Delivery.state)
    )
    for name, state, count, last_at in session.execute(counted):
        came = found.setdefault(name, Came(name, None))
        came.by_state[state] = count
        came.last_at = max(filter(None, (came.last_at, last_at)))
    shut = select(Shut.source, Shut.code, func.sum(Shut.count)).where(Shut.on >= since.date())
    for name, code, count in session.execute(shut.group_by(Shut.source, Shut.code)):
        found.setdefault(name, Came(name, None)).turned_away[code] = count
    looks = select(Delivery.source, func.count()).where(NEEDS_A_LOOK).group_by(Delivery.source)
    for name, count in session.execute(looks):
        found.setdefault(name, Came(name, None)).looks = count
    silent = [came.name for came in found.values() if came.last_at is None]
    if silent:
        earlier = select(Delivery.source, func.max(Delivery.received_at)).where(Delivery.source.in_(silent))
        for name, last_at in session.execute(earlier.group_by(Delivery.source)):
            found[name].last_at = last_at
    return list(found.values())


def listed(
    session: Session, *, source: str | None, state: str | None, before: int | None, viewer: Viewer
) -> tuple[Sequence[Delivery], int | None]:
    """Newest first, and the cursor of the next page. `state` None: what needs a look."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(PAGE + 1)
    query = query.where(NEEDS_A_LOOK if state is None else Delivery.state == literal(state), _told(viewer))
    if source is not None:
        query = query.where(Delivery.source == source)
    if before is not None:
        query = query.where(Delivery.id < before)
    rows = session.scalars(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def get(session: Session, delivery_id: int, *, viewer: Viewer) -> Delivery:
    """Raises NotFound."""
    return _found(session, session.get(Delivery, delivery_id), viewer)


def lock(session: Session, delivery_id: int, *, viewer: Viewer) -> Delivery:
    """Raises NotFound."""
    row = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    return _found(session, row, viewer)


def _found(session: Session, row: Delivery | None, viewer: Viewer) -> Delivery:
    if row is None or (row.case_id is not None and is_shut_out(session, viewer, row.case_id)):
        raise NotFound("delivery.unknown", "There is no such delivery.")
    return row


def _told(viewer: Viewer) -> ColumnElement[bool]:
    return or_(Delivery.case_id.is_(None), outside_wall(viewer, Delivery.case_id.expression))


def numbers_of(session: Session, rows: Sequence[Delivery]) -> Mapping[int, str]:
    """Case id → number."""
    ids = {row.case_id for row in rows if row.case_id is not None}
    return dict(session.execute(select(Case.id, Case.number).where(Case.id.in_(ids))).all()) if ids else {}


TO_LOOK_AT = (State.REFUSED, State.EXPIRED)
