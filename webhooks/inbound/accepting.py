"""The verb behind the door: a delivery that is true is read, checked and made safe. Filing it comes afterwards.

Why so: docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Integer, bindparam, select
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


class Content(Protocol):
    """What is read of a delivery, whether it stands at the door or lies in the table."""

    @property
    def body(self) -> bytes | None: ...

    @property
    def kind(self) -> str: ...

    @property
    def charset(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a delivery so far."""

    id: int
    source: str
    state: str
    case_id: int | None
    code: str | None
    faults: Sequence[Mapping[str, Any]] | None

    @property
    def receipt(self) -> str:
        return f"{self.source}-{self.id}"


@dataclass(frozen=True, slots=True)
class _Judged:
    state: State
    external_no: str | None
    code: str | None = None
    faults: list[dict[str, Any]] | None = None


def accept(session: Session, world: World, source: SourceConfig, sent: Sent, *, now: datetime) -> Seen:
    """Keeps a delivery: `waiting` when it can be filed, `refused` with the faults when it cannot.

    The same delivery again gives what became of the first; one that had been refused is looked at anew. Raises Conflict
    `delivery.moved` for a known id with another content.
    """
    key = {"source": source.name, "delivery_id": sent.proof.delivery_id}
    found = _KNOWN.rows(session, key)
    if not found:
        judged = _judge(session, world, source, sent.message, sent, received_at=now, now=now)
        row = {
            **key,
            "digest": sent.proof.digest,
            "message": sent.message,
            "state": judged.state.value,
            "received_at": now,
            "next_at": now,
            "attempts": 0,
            "kind": sent.kind[:120],
            "charset": sent.charset[:40],
            "body": sent.body,
            "external_no": judged.external_no,
            "code": judged.code,
            "faults": judged.faults,
            "settled_at": None if judged.state == State.WAITING else now,
        }
        made = _INSERT[session.get_bind().dialect.name].rows(session, row)
        if made:
            return Seen(made[0][0], source.name, judged.state.value, None, judged.code, judged.faults)
        found = _KNOWN.rows(session, key)  # it came in twice at once, by two processes
    ((id_, state, case_id, code, faults, digest, message),) = found
    if digest != sent.proof.digest or message != sent.message:
        raise Conflict("delivery.moved", "This id came before with another content.", id=sent.proof.delivery_id)
    if state == State.REFUSED:
        again = session.get_one(Delivery, id_, with_for_update=True)
        again.body, again.kind, again.charset = sent.body, sent.kind[:120], sent.charset[:40]
        look(session, world, source, again, now=now)
        session.flush()
        return seen(again)
    return Seen(id_, source.name, state, case_id, code, faults)


def look(session: Session, world: World, source: SourceConfig, row: Delivery, *, now: datetime) -> None:
    """Judges a kept delivery by the rules that are in force now. `row` becomes `waiting` or `refused`."""
    judged = _judge(session, world, source, row.message, row, received_at=row.received_at, now=now)
    row.state, row.code, row.faults = judged.state.value, judged.code, judged.faults
    row.external_no = judged.external_no or row.external_no
    row.settled_at = None if judged.state == State.WAITING else now
    row.next_at, row.attempts = now, 0


def seen(row: Delivery) -> Seen:
    return Seen(row.id, row.source, row.state, row.case_id, row.code, row.faults)


def _judge(
    session: Session,
    world: World,
    source: SourceConfig,
    message: str | None,
    content: Content,
    *,
    received_at: datetime,
    now: datetime,
) -> _Judged:
    try:
        if message is not None:
            return _Judged(State.WAITING, message_of(source, message, content, world)[0])
        draft = filing_of(session, world, source, content, received_at=received_at, now=now)[1]
    except Invalid as refusal:
        return _Judged(State.REFUSED, None, refusal.code, faults_of(refusal))
    return _Judged(State.WAITING, draft.external_no)


def filing_of(
    session: Session, world: World, source: SourceConfig, content: Content, *, received_at: datetime, now: datetime
) -> tuple[Filing, Draft]:
    """The form that a delivery fills in. Raises Invalid, naming the place in what was sent for each fault."""
    filing, draft = unchecked_filing_of(session, world, source, content, received_at=received_at)
    try:
        intake.must_be_fileable(session, world, filing, now=now)
    except Invalid as refusal:
        raise placed(source, refusal.facts.get("fields", {}), draft) from refusal
    return filing, draft


def unchecked_filing_of(
    session: Session, world: World, source: SourceConfig, content: Content, *, received_at: datetime
) -> tuple[Filing, Draft]:
    """As `filing_of`, for whoever has intake look at many at once. Raises Invalid for what the rules cannot read."""
    draft = draft_of(source, _tree(source, content), now=received_at, zone=world.calendar.tz)
    place_id = place_of(session, world, source, draft)
    return Filing(channel=source.channel, external_no=draft.external_no, place_id=place_id, **draft.fields), draft


def message_of(source: SourceConfig, message: str, content: Content, world: World) -> tuple[str, str]:
    """How a message names its case, and the words it brings. A case number stands as `#LHQ-…`."""
    config, tree, zone = source.messages[message], _tree(source, content), world.calendar.tz  # type: ignore[index]
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


def _tree(source: SourceConfig, content: Content) -> Tree:
    assert content.body is not None, "what is judged has its body"
    return read(source, content.body, kind=content.kind, charset=content.charset)


_KNOWN = Prepared(
    select(
        *(table_of(Delivery).c[name] for name in ("id", "state", "case_id", "code", "faults", "digest", "message"))
    ).where(Delivery.source == bindparam("source"), Delivery.delivery_id == bindparam("delivery_id"))
)
_COLUMNS = (
    *("source", "delivery_id", "digest", "message", "state", "received_at", "next_at", "attempts", "kind", "charset"),
    *("body", "external_no", "code", "faults", "settled_at"),
)
_INSERT = {
    dialect: Prepared(
        insert(table_of(Delivery))
        .on_conflict_do_nothing(index_elements=["source", "delivery_id"])
        .returning(table_of(Delivery).c.id),
        columns=_COLUMNS,
        gives=[Integer()],
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
