"""The verb behind the door: a delivery that is true is read, checked and made safe. Filing it comes afterwards.

Why so: docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Integer, String, bindparam, select, tuple_
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


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who waits at the door."""

    source: SourceConfig
    sent: Sent
    at: datetime

    @property
    def key(self) -> tuple[str, str]:
        return self.source.name, self.sent.proof.delivery_id


def accept(session: Session, world: World, source: SourceConfig, sent: Sent, *, now: datetime) -> Seen:
    """Keeps a delivery: `waiting` when it can be filed, `refused` with the faults when it cannot.

    The same delivery again gives what became of the first; one that had been refused is looked at anew. Raises Conflict
    `delivery.moved` for a known id with another content.
    """
    (found,) = accept_together(session, world, [Arrival(source, sent, now)])
    if isinstance(found, Conflict):
        raise found
    return found


def accept_together(session: Session, world: World, arrivals: Sequence[Arrival]) -> list[Seen | Conflict]:
    """`accept` of each, by a few statements for all and an INSERT for each.

    Gives what it would give, or the Conflict.
    """
    known = _known(session, arrivals)
    new: dict[tuple[str, str], Arrival] = {}
    for each in arrivals:
        if each.key not in known:
            new.setdefault(each.key, each)
    made = _keep(session, world, list(new.values())) if new else {}
    if len(made) < len(new):  # some came in twice at once, by two processes
        known |= _known(session, list(new.values()))
    return [
        made[each.key] if new.get(each.key) is each and each.key in made else _again(session, world, each, known, made)
        for each in arrivals
    ]


def _keep(session: Session, world: World, new: Sequence[Arrival]) -> dict[tuple[str, str], Seen]:
    """Those that nobody else has kept meanwhile, by their ids."""
    latest = max(each.at for each in new)
    judged = _judge(session, world, [_Asked(e.source, e.sent.message, e.sent, e.at) for e in new], now=latest)
    rows = [
        {
            "source": each.source.name,
            "delivery_id": each.sent.proof.delivery_id,
            "digest": each.sent.proof.digest,
            "message": each.sent.message,
            "state": found.state.value,
            "received_at": each.at,
            "next_at": each.at,
            "attempts": 0,
            "kind": each.sent.kind[:120],
            "charset": each.sent.charset[:40],
            "body": each.sent.body,
            "external_no": found.external_no,
            "code": found.code,
            "faults": found.faults,
            "settled_at": None if found.state == State.WAITING else each.at,
        }
        for each, found in zip(new, judged, strict=True)
    ]
    insert = _INSERT[session.get_bind().dialect.name]
    ids = {(source, name): id_ for row in rows for id_, source, name in insert.rows(session, row)}
    return {
        each.key: Seen(ids[each.key], each.source.name, found.state.value, None, found.code, found.faults)
        for each, found in zip(new, judged, strict=True)
        if each.key in ids
    }


def _again(
    session: Session,
    world: World,
    arrival: Arrival,
    known: Mapping[tuple[str, str], Sequence[Any]],
    made: Mapping[tuple[str, str], Seen],
) -> Seen | Conflict:
    """What became of a delivery that was kept before."""
    sent = arrival.sent
    if arrival.key in made:  # a moment before, in this very transaction
        known = _known(session, [arrival])
    id_, state, case_id, code, faults, digest, message = known[arrival.key]
    if digest != sent.proof.digest or message != sent.message:
        return Conflict("delivery.moved", "This id came before with another content.", id=sent.proof.delivery_id)
    if state == State.REFUSED:
        again = session.get_one(Delivery, id_, with_for_update=True)
        again.body, again.kind, again.charset = sent.body, sent.kind[:120], sent.charset[:40]
        look(session, world, arrival.source, again, now=arrival.at)
        session.flush()
        return seen(again)
    return Seen(id_, arrival.source.name, state, case_id, code, faults)


def _known(session: Session, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Sequence[Any]]:
    """What is kept under their ids."""
    if len(arrivals) == 1:
        source, name = arrivals[0].key
        rows = _KNOWN.rows(session, {"source": source, "delivery_id": name})
        return {(source, name): rows[0]} if rows else {}
    keys = sorted({each.key for each in arrivals})
    found = session.execute(select(_ID.source, _ID.delivery_id, *_OF_KNOWN).where(tuple_(*_NAMED).in_(keys)))
    return {(source, name): row for source, name, *row in found}


def look(session: Session, world: World, source: SourceConfig, row: Delivery, *, now: datetime) -> None:
    """Judges a kept delivery by the rules that are in force now. `row` becomes `waiting` or `refused`."""
    (judged,) = _judge(session, world, [_Asked(source, row.message, row, row.received_at)], now=now)
    row.state, row.code, row.faults = judged.state.value, judged.code, judged.faults
    row.external_no = judged.external_no or row.external_no
    row.settled_at = None if judged.state == State.WAITING else now
    row.next_at, row.attempts = now, 0


def seen(row: Delivery) -> Seen:
    return Seen(row.id, row.source, row.state, row.case_id, row.code, row.faults)


@dataclass(frozen=True, slots=True)
class _Asked:
    source: SourceConfig
    message: str | None
    content: Content
    received_at: datetime


def _judge(session: Session, world: World, asked: Sequence[_Asked], *, now: datetime) -> list[_Judged]:
    """Intake is asked once about all of them."""
    judged: dict[int, _Judged] = {}
    read: dict[int, tuple[Filing, Draft]] = {}
    for at, each in enumerate(asked):
        try:
            if each.message is not None:
                judged[at] = _Judged(State.WAITING, message_of(each.source, each.message, each.content, world)[0])
            else:
                read[at] = filing_of(session, world, each.source, each.content, received_at=each.received_at)
        except Invalid as refusal:
            judged[at] = _refused(refusal)
    faults = intake.faults_of_each(session, world, [filing for filing, _ in read.values()], now=now) if read else ()
    for (at, (_, draft)), fields in zip(read.items(), faults, strict=True):
        judged[at] = (
            _refused(placed(asked[at].source, fields, draft)) if fields else _Judged(State.WAITING, draft.external_no)
        )
    return [judged[at] for at in range(len(asked))]


def _refused(refusal: Invalid) -> _Judged:
    return _Judged(State.REFUSED, None, refusal.code, faults_of(refusal))


def filing_of(
    session: Session, world: World, source: SourceConfig, content: Content, *, received_at: datetime
) -> tuple[Filing, Draft]:
    """The form that a delivery fills in, which intake has still to look at.

    Raises Invalid for what the rules cannot read, naming the place in what was sent for each fault.
    """
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


_ID = table_of(Delivery).c
_NAMED = (_ID.source, _ID.delivery_id)
_OF_KNOWN = (_ID.id, _ID.state, _ID.case_id, _ID.code, _ID.faults, _ID.digest, _ID.message)
_KNOWN = Prepared(
    select(*_OF_KNOWN).where(_ID.source == bindparam("source"), _ID.delivery_id == bindparam("delivery_id"))
)
_COLUMNS = (
    *("source", "delivery_id", "digest", "message", "state", "received_at", "next_at", "attempts", "kind", "charset"),
    *("body", "external_no", "code", "faults", "settled_at"),
)
_INSERT = {
    dialect: Prepared(
        insert(table_of(Delivery))
        .on_conflict_do_nothing(index_elements=["source", "delivery_id"])
        .returning(_ID.id, *_NAMED),
        columns=_COLUMNS,
        gives=[Integer(), String(), String()],
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
