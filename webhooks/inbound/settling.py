"""What was accepted becomes a case, changes one, or is found to be old: once each, in one transaction each.

Harmless when run twice: a delivery is settled under its lock, and a settled one is not waiting. Deliveries about one
matter wait for each other at the row of that matter, and the newest version wins in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import cases, intake, process
from engine.cases import Case
from engine.config import SourceConfig
from engine.errors import Conflict, Invalid
from engine.intake import Filing, Memory
from engine.process import World
from engine.store import Store
from webhooks.inbound.accepting import faults_of, filing_of
from webhooks.inbound.messages import try_message
from webhooks.inbound.model import IS_WAITING, Delivery, Matter, State
from webhooks.inbound.sources import source_of

MOST_TRIES = 8
FIRST_WAIT = timedelta(seconds=5)
LONGEST_CODE = 60


def pick(session: Session, sources: Sequence[str], *, now: datetime) -> Delivery | None:
    """The delivery that waits longest and may be tried now, locked; one that another node holds is passed over."""
    return session.scalars(
        select(Delivery)
        .where(IS_WAITING, Delivery.next_at <= now, Delivery.source.in_(sources))
        .order_by(Delivery.next_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def settle(
    session: Session, world: World, source: SourceConfig, row: Delivery, *, memory: Memory | None, now: datetime
) -> None:
    """Settles a waiting delivery whose row is locked. Refusals are kept on the row; other errors pass."""
    if row.message is not None:
        try_message(session, world, source, row, now=now)
        return
    try:
        filing, draft = filing_of(session, world, source, row, received_at=row.received_at, now=now)
        _file(session, world, source, row, filing, draft.version or "", memory=memory, now=now)
    except Invalid as refusal:
        row.state, row.code, row.faults = State.REFUSED.value, refusal.code, faults_of(refusal)
    else:
        row.body = None  # the case has it now
    row.settled_at = now


def put_off(session: Session, delivery_id: int, said: str, *, now: datetime) -> None:
    """Notes a failed try, in a transaction of its own: later again, and after some tries it is left to an operator."""
    row = session.get(Delivery, delivery_id, with_for_update=True)
    if row is None or row.state != State.WAITING:
        return
    row.attempts += 1
    row.next_at = now + FIRST_WAIT * 2 ** (row.attempts - 1)
    row.code = said[:LONGEST_CODE]
    if row.attempts >= MOST_TRIES:
        row.state, row.settled_at = State.REFUSED.value, now
        row.faults = [{"path": "", "field": "", "says": {"zh": "多次处理失败。", "en": "It failed again and again."}}]


def _file(
    session: Session,
    world: World,
    source: SourceConfig,
    row: Delivery,
    filing: Filing,
    version: str,
    *,
    memory: Memory | None,
    now: datetime,
) -> None:
    matter = _locked_matter(session, row.source, str(filing.external_no))
    if matter.case_id is None:
        before = _filed_otherwise(session, filing)
        if before is None:
            (case,) = intake.file_cases(session, world, [filing], viewer=None, now=now, memory=memory or Memory())
            if isinstance(case, Invalid):
                raise case
            matter.party_ids = [party.id for party in cases.parties_of(session, case.id)]
        else:
            case = cases.get_case(session, before)
            _amend(session, world, case, matter, filing, row.source, now=now)
        matter.case_id = row.case_id = case.id
        matter.version, matter.digest = version, row.digest
        matter.followed = source.write_back is not None and not case.confidential
        row.state = State.FILED.value
        return
    row.case_id = matter.case_id
    here, there = (version, row.digest), (matter.version, matter.digest)
    if here == there or not version:
        row.state = State.KNOWN.value
    elif here < there:
        row.state = State.OLDER.value
    else:
        matter.version, matter.digest = here
        case = cases.get_case(session, matter.case_id)
        row.state = (
            State.UPDATED if _amend(session, world, case, matter, filing, row.source, now=now) else State.KNOWN
        ).value


def _amend(
    session: Session, world: World, case: Case, matter: Matter, filing: Filing, source: str, *, now: datetime
) -> bool:
    """False where the case is over: what comes now changes nothing any more."""
    report = process.Report(
        filing.title.strip(), filing.description.strip(), filing.demand, filing.address_text, filing.parties
    )
    try:
        matter.party_ids = process.amend(
            session, world, case.id, report, party_ids=matter.party_ids, source=source, now=now
        )
    except Conflict as refusal:
        if refusal.code != "case.ended":
            raise
        return False
    return True


def _filed_otherwise(session: Session, filing: Filing) -> int | None:
    """A case of the same channel and number that came by another way: typed in, or from a table."""
    return session.scalar(select(Case.id).where(Case.channel == filing.channel, Case.external_no == filing.external_no))


_BLANK = {"version": "", "digest": "", "party_ids": [], "followed": False, "told_seq": 0}


def _locked_matter(session: Session, source: str, external_no: str) -> Matter:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = {"source": source, "external_no": external_no}
    session.execute(insert(Matter).values(**_BLANK, **key).on_conflict_do_nothing())
    return session.scalars(select(Matter).filter_by(**key).with_for_update()).one()


def settle_one(store: Store, world: World, delivery_id: int, *, now: datetime) -> None:
    """Settles one delivery at once, for whoever waits for its number; one that is being settled is waited for."""
    with store.transaction() as session:
        row = session.get_one(Delivery, delivery_id, with_for_update=True)
        if row.state == State.WAITING:
            settle(session, world, source_of(world.config, row.source), row, memory=None, now=now)
