"""A source is told where its matters stand, in the seven words that a citizen reads, by deliveries like any other.

Acts that anybody outside hears of are told when the outbox posts them. What a source would not hear of so, a sign-in or
a pause, is found by looking at the matters that are still followed. Telling twice is harmless: a state is told once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from engine import cases, deliveries, people
from engine.cases import RISES, Case, CaseState, PublicState, Visit, public_state
from engine.clock import Clock
from engine.config import Config, SourceConfig, WriteBackConfig
from engine.deliveries import Health, Letter, Receiver
from engine.errors import NotFound
from engine.people import Viewer
from engine.process import World
from engine.store import Store
from webhooks.inbound.model import IS_FOLLOWED, Matter
from webhooks.inbound.signatures import secret_fault

PREFIX = "source:"
KIND = "case.state"
AT_ONCE = 200


def secrets_for(config: Config, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Receiver's name → the secret it is signed to with; sources without a usable one are left out."""
    env = os.environ if environment is None else environment
    found: dict[str, str] = {}
    for source in config.inbound.sources:
        for name in () if source.write_back is None else source.write_back.secret_env:
            if secret_fault("standard", env.get(name, "").strip()) is None:
                found.setdefault(PREFIX + source.name, env[name].strip())
    return found


def tell(session: Session, world: World, case_ids: Collection[int], *, now: datetime) -> None:
    """Queues what the sources of cases have not heard of yet. A case that was opened again is followed again."""
    sources = {source.name: source for source in world.config.inbound.sources if source.write_back is not None}
    if not sources:
        return
    theirs = select(Matter, Case).join(Case, Case.id == Matter.case_id).where(Case.id.in_(sorted(case_ids)))
    theirs = theirs.where(Matter.source.in_(sources)).order_by(Matter.source, Matter.external_no)  # as settling locks
    _tell_all(session, sources, session.execute(theirs.with_for_update(of=Matter)).all(), now=now)


def tell_followed(store: Store, world: World, clock: Clock) -> int:
    """Queues what changed without anybody outside being told, for some matters; gives how many were looked at.

    Call it again while it gives more than none.
    """
    sources = {source.name: source for source in world.config.inbound.sources if source.write_back is not None}
    if not sources:
        return 0
    with store.transaction() as session:
        rows = session.execute(
            select(Matter, Case)
            .join(Case, Case.id == Matter.case_id)
            .where(IS_FOLLOWED, Matter.source.in_(sources), Case.history_seq > Matter.told_seq)
            .order_by(Matter.source, Matter.case_id)
            .limit(AT_ONCE)
            .with_for_update(of=Matter, skip_locked=True)
        ).all()
        _tell_all(session, sources, rows, now=clock.now())
        return len(rows)


@dataclass(frozen=True, slots=True)
class Back:
    """How a source that is told does."""

    receiver: Receiver
    health: Health


def written_back(session: Session) -> dict[str, Back]:
    """By source; those that were told something. Two statements."""
    receivers = session.scalars(select(Receiver).where(Receiver.kind == "source").order_by(Receiver.name)).all()
    health = deliveries.health_of(session, [receiver.id for receiver in receivers]) if receivers else {}
    return {each.name.removeprefix(PREFIX): Back(each, health.get(each.id, Health())) for each in receivers}


def send_again(session: Session, source: str, *, viewer: Viewer, now: datetime) -> int:
    """Has everything told again that was given up; gives how much. Raises NotFound for a source that heard nothing."""
    viewer.must("system.operate")
    receiver = session.scalar(select(Receiver).where(Receiver.name == PREFIX + source))
    if receiver is None:
        raise NotFound("source.unknown", "There is no such source.")
    deliveries.resume(session, receiver.id, now=now)
    people.operator_log.log(session, viewer, "inbound.told_again", receiver.name, now=now)
    return deliveries.redeliver_failed(session, receiver.id, now=now)


def _tell_all(
    session: Session,
    sources: Mapping[str, SourceConfig],
    matters: Sequence[Row[Matter, Case]],
    *,
    now: datetime,
) -> None:
    visits = cases.present_visits(session, {case.id for _, case in matters})
    receivers: dict[str, int] = {}
    letters = []
    for matter, case in matters:
        source = sources[matter.source]
        assert source.write_back is not None
        state = _news_of(source.write_back, matter, case, visits[case.id])
        if state is None:
            continue
        if source.name not in receivers:
            receivers[source.name] = deliveries.receiver(
                session, PREFIX + source.name, url=source.write_back.url, kind="source", signed=True, now=now
            ).id
        key = f"{source.name}-{case.id}-{case.history_seq}"
        number = matter.external_no.removeprefix(source.prefix)
        body = _body(source.write_back, number, case, state, now=now)
        letters.append(Letter(receivers[source.name], key, KIND, body, now, case.number))
    deliveries.enqueue(session, letters)


def _news_of(config: WriteBackConfig, matter: Matter, case: Case, visit: Visit) -> PublicState | None:
    """Notes how far a matter was looked at; gives the state that its source has to hear of, noted as told, or None."""
    if case.confidential:
        matter.followed = False
        return None
    state = public_state(CaseState(case.state), moved=case.visit_seq > 1, rose=visit.reason in RISES)
    matter.followed, matter.told_seq = not case.ended, case.history_seq
    if state == matter.told or state not in config.states:
        return None
    matter.told = state.value
    return state


def _body(config: WriteBackConfig, number: str, case: Case, state: PublicState, *, now: datetime) -> str:
    told = {
        "external_no": number,
        "number": case.number,
        "state": config.states[state.value],
        "at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "sequence": case.history_seq,
    }
    return json.dumps({key: told[name] for name, key in config.fields.items()}, ensure_ascii=False)
