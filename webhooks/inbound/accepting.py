"""The verb behind the door: a delivery that is true is read, checked and made safe. Filing it comes afterwards.

Why so: docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import intake
from engine.config import SourceConfig
from engine.errors import Conflict, Invalid
from engine.intake import Filing
from engine.process import World
from engine.store import Prepared, table_of
from webhooks.inbound.mapping import Draft, draft_of, placed, words_of
from webhooks.inbound.model import Delivery, Shut, State
from webhooks.inbound.places import place_of
from webhooks.inbound.reading import Tree, read
from webhooks.inbound.signatures import Proof


@dataclass(frozen=True, slots=True)
class Sent:
    """What came through the door, after its signature held. `message` is None for a report."""

    proof: Proof
    body: bytes
    kind: str
    charset: str
    message: str | None = None


def accept(session: Session, world: World, source: SourceConfig, sent: Sent, *, now: datetime) -> Delivery:
    """Keeps a delivery and gives its row: `waiting` when it can be filed, `refused` with the faults when it cannot.

    The same delivery again gives the row of the first; one that had been refused is looked at anew. Raises Conflict
    `delivery.moved` for a known id with another body.
    """
    row = _known(session, source, sent)
    if row is None:
        row = _insert(session, source, sent, now=now)
    if row.digest != sent.proof.digest or row.message != sent.message:
        raise Conflict("delivery.moved", "This id came before with another content.", id=sent.proof.delivery_id)
    if (row.state == State.WAITING and row.attempts == 0 and row.external_no is None) or row.state == State.REFUSED:
        look(session, world, source, row, now=now)
    return row


def look(session: Session, world: World, source: SourceConfig, row: Delivery, *, now: datetime) -> None:
    """Judges a delivery by the rules that are in force now. `row` becomes `waiting` or `refused`."""
    try:
        if row.message is None:
            row.external_no = filing_of(session, world, source, row, now=now)[1].external_no
        else:
            row.external_no = message_of(source, row, world)[0]
    except Invalid as refusal:
        row.state, row.code = State.REFUSED.value, refusal.code
        row.faults = faults_of(refusal)
        row.settled_at = now
    else:
        row.state, row.code, row.faults, row.settled_at = State.WAITING.value, None, None, None
        row.next_at, row.attempts = now, 0


def filing_of(
    session: Session, world: World, source: SourceConfig, row: Delivery, *, now: datetime
) -> tuple[Filing, Draft]:
    """The form that a delivery fills in. Raises Invalid, naming the place in what was sent for each fault."""
    draft = draft_of(source, _tree(source, row), now=row.received_at, zone=world.calendar.tz)
    filing = Filing(
        channel=source.channel,
        external_no=draft.external_no,
        place_id=place_of(session, world, source, draft),
        **draft.fields,
    )
    try:
        intake.must_be_fileable(session, world, filing, now=now)
    except Invalid as refusal:
        raise placed(source, refusal.facts.get("fields", {}), draft) from refusal
    return filing, draft


def message_of(source: SourceConfig, row: Delivery, world: World) -> tuple[str, str]:
    """How a message names its case, and the words it brings. A case number stands as `#LHQ-…`."""
    assert row.message is not None
    config, tree, zone = source.messages[row.message], _tree(source, row), world.calendar.tz  # type: ignore[index]
    text = words_of(config.text, "text", tree, zone=zone) or ""
    if config.case is not None:
        return f"#{words_of(config.case, 'case', tree, zone=zone)}"[:80], text
    number = words_of(config.external_no, "external_no", tree, zone=zone)
    return f"{source.prefix}{number}"[:80], text


def faults_of(refusal: Invalid) -> list[dict[str, Any]]:
    """As they are kept: those of the rules, or the one sentence of whoever could not read the body at all."""
    faults: Sequence[dict[str, Any]] = refusal.facts.get("faults") or ()
    words = {"zh": refusal.sentence, "en": refusal.sentence}
    return list(faults) or [{"path": "", "field": "", "says": words}]


def turn_away(session: Session, source: SourceConfig, code: str, *, now: datetime, world: World) -> None:
    """Counts a delivery of which nothing else is kept."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    day = now.astimezone(world.calendar.tz).date()
    session.execute(
        insert(Shut)
        .values(source=source.name, on=day, code=code[:60], count=1, last_at=now)
        .on_conflict_do_update(
            index_elements=[Shut.source, Shut.on, Shut.code], set_={"count": Shut.count + 1, "last_at": now}
        )
    )


def _tree(source: SourceConfig, row: Delivery) -> Tree:
    assert row.body is not None, "what is judged has its body"
    return read(source, row.body, kind=row.kind, charset=row.charset)


def _known(session: Session, source: SourceConfig, sent: Sent) -> Delivery | None:
    return session.scalars(
        select(Delivery)
        .where(Delivery.source == source.name, Delivery.delivery_id == sent.proof.delivery_id)
        .with_for_update()
    ).first()


def _insert(session: Session, source: SourceConfig, sent: Sent, *, now: datetime) -> Delivery:
    """Two at once make one row: the second waits for the first and finds it."""
    values = {
        "source": source.name,
        "delivery_id": sent.proof.delivery_id,
        "digest": sent.proof.digest,
        "message": sent.message,
        "state": State.WAITING.value,
        "received_at": now,
        "next_at": now,
        "attempts": 0,
        "kind": sent.kind[:120],
        "charset": sent.charset[:40],
        "body": sent.body,
    }
    _INSERT[session.get_bind().dialect.name].rows(session, values)
    row = _known(session, source, sent)
    assert row is not None
    return row


_INSERT = {
    dialect: Prepared(
        insert(table_of(Delivery))
        .on_conflict_do_nothing(index_elements=["source", "delivery_id"])
        .returning(table_of(Delivery).c.id),
        columns=("source", "delivery_id", "digest", "message", "state", "received_at", "next_at", "attempts", "kind",
                 "charset", "body"),
        gives=[Integer()],
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}  # fmt: skip
