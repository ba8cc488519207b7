"""What was accepted becomes a case, changes one, or is found to be old: once each, some reports in one transaction.

Harmless when run twice: a delivery is settled under its lock, and a settled one is not waiting. Deliveries about one
matter wait for each other at the row of that matter, and the newest version wins in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import cases, intake, process
from engine.cases import Case
from engine.config import SourceConfig
from engine.errors import Conflict, Invalid
from engine.intake import Filing, Memory
from engine.process import World
from engine.store import Prepared, Store, table_of
from webhooks.inbound.accepting import faults_of, filing_of
from webhooks.inbound.mapping import Draft, placed
from webhooks.inbound.messages import try_message
from webhooks.inbound.model import IS_WAITING, Delivery, Matter, State
from webhooks.inbound.sources import source_of

MOST_TRIES = 8
FIRST_WAIT = timedelta(seconds=5)
LONGEST_CODE = 60


def pick(session: Session, sources: Sequence[str], *, now: datetime, most: int = 1) -> Sequence[Delivery]:
    """The deliveries that wait longest and may be tried now, locked: reports up to the next message, or that message.

    What another node holds is passed over.
    """
    found = session.scalars(
        select(Delivery)
        .where(IS_WAITING, Delivery.next_at <= now, Delivery.source.in_(sources))
        .order_by(Delivery.next_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    return list(takewhile(lambda row: row.message is None, found)) or found[:1]


def settle(session: Session, world: World, rows: Sequence[Delivery], *, memory: Memory, now: datetime) -> None:
    """Settles waiting deliveries as `pick` gives them, whose rows are locked.

    Refusals are kept on their rows. Any other error passes: nothing of the transaction may be kept then, nor `memory`.
    """
    for row in rows:
        if row.message is not None:
            try_message(session, world, source_of(world.config, row.source), row, now=now)
    reports = _checked(session, world, [row for row in rows if row.message is None], now=now)
    matters = _locked_matters(session, reports)
    _file_new(session, world, reports, matters, memory=memory, now=now)
    for each in reports:
        if each.row.state == State.WAITING and matters[each.key].case_id is not None:
            _compare(session, world, each, matters[each.key], now=now)
        if each.row.state not in (State.WAITING, State.REFUSED):
            each.row.settled_at, each.row.body = now, None  # the case has it now


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


@dataclass(frozen=True, slots=True)
class _Report:
    """A delivery that intake has nothing to say against."""

    row: Delivery
    source: SourceConfig
    filing: Filing
    draft: Draft

    @property
    def key(self) -> tuple[str, str]:
        return self.row.source, self.draft.external_no

    @property
    def version(self) -> tuple[str, str]:
        return self.draft.version or "", self.row.digest

    def refuse(self, refusal: Invalid, *, now: datetime) -> None:
        _refuse(self.row, placed(self.source, refusal.facts.get("fields", {}), self.draft), now=now)


def _checked(session: Session, world: World, rows: Sequence[Delivery], *, now: datetime) -> list[_Report]:
    """Reads what was sent; what cannot be taken is refused."""
    read: list[_Report] = []
    for row in rows:
        source = source_of(world.config, row.source)
        try:
            read.append(_Report(row, source, *filing_of(session, world, source, row, received_at=row.received_at)))
        except Invalid as refusal:
            _refuse(row, refusal, now=now)
    faults = intake.faults_of_each(session, world, [each.filing for each in read], now=now)
    for each, fields in zip(read, faults, strict=True):
        if fields:
            each.refuse(Invalid("filing.invalid", "The report cannot be taken.", fields=fields), now=now)
    return [each for each in read if each.row.state == State.WAITING]


def _refuse(row: Delivery, refusal: Invalid, *, now: datetime) -> None:
    row.state, row.code, row.faults, row.settled_at = State.REFUSED.value, refusal.code, faults_of(refusal), now


def _file_new(
    session: Session,
    world: World,
    reports: Sequence[_Report],
    matters: Mapping[tuple[str, str], Matter],
    *,
    memory: Memory,
    now: datetime,
) -> None:
    """Files the first report of each matter that is no case yet. One that came by another way is taken as it is."""
    first: dict[tuple[str, str], _Report] = {}
    for each in reports:
        if matters[each.key].case_id is None:
            first.setdefault(each.key, each)
    before = _filed_otherwise(session, [each.filing for each in first.values()])
    new = [each for each in first.values() if (each.filing.channel, each.filing.external_no) not in before]
    filings = [each.filing for each in new]
    filed = intake.file_cases(session, world, filings, viewer=None, now=now, memory=memory) if filings else []
    parties = cases.parties_by_case(session, [case.id for case in filed if not isinstance(case, Invalid)])
    for each, case in zip(new, filed, strict=True):
        if isinstance(case, Invalid):
            each.refuse(case, now=now)
            continue
        matter = matters[each.key]
        matter.party_ids = [party.id for party in parties.get(case.id, ())]
        _tie(each, matter, case)
    for each in first.values():
        case_id = before.get((each.filing.channel, str(each.filing.external_no)))
        if case_id is not None:
            case = cases.get_case(session, case_id)
            _amend(session, world, case, matters[each.key], each.filing, each.row.source, now=now)
            _tie(each, matters[each.key], case)


def _tie(report: _Report, matter: Matter, case: Case) -> None:
    matter.case_id = report.row.case_id = case.id
    matter.version, matter.digest = report.version
    matter.followed = report.source.write_back is not None and not case.confidential
    report.row.state = State.FILED.value


def _compare(session: Session, world: World, report: _Report, matter: Matter, *, now: datetime) -> None:
    """Settles what is about a matter that is a case: the newest version counts."""
    assert matter.case_id is not None
    row, here, there = report.row, report.version, (matter.version, matter.digest)
    row.case_id = matter.case_id
    if here == there or not report.draft.version:
        row.state = State.KNOWN.value
    elif here < there:
        row.state = State.OLDER.value
    else:
        matter.version, matter.digest = here
        case = cases.get_case(session, matter.case_id)
        changed = _amend(session, world, case, matter, report.filing, row.source, now=now)
        row.state = (State.UPDATED if changed else State.KNOWN).value


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


def _filed_otherwise(session: Session, filings: Sequence[Filing]) -> dict[tuple[str, str], int]:
    """Cases of the same channel and number that came by another way: typed in, or from a table."""
    numbers = [str(each.external_no) for each in filings]
    if not numbers:
        return {}
    found = select(Case.channel, Case.external_no, Case.id).where(Case.external_no.in_(numbers))
    found = found.where(Case.channel.in_({each.channel for each in filings}))
    return {(channel, str(number)): id_ for channel, number, id_ in session.execute(found)}


_BLANK = {"version": "", "digest": "", "party_ids": [], "followed": False, "told_seq": 0}
_BEGIN = {
    dialect: Prepared(insert(table_of(Matter)).on_conflict_do_nothing(), columns=("source", "external_no", *_BLANK))
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def _locked_matters(session: Session, reports: Sequence[_Report]) -> dict[tuple[str, str], Matter]:
    """The matters that reports are about, begun where they are new; always locked in one order."""
    keys = sorted({each.key for each in reports})
    if not keys:
        return {}
    new = [{**_BLANK, "source": source, "external_no": number} for source, number in keys]
    _BEGIN[session.get_bind().dialect.name].run_many(session, new)
    theirs = tuple_(Matter.source, Matter.external_no).in_(keys)
    found = session.scalars(select(Matter).where(theirs).order_by(Matter.source, Matter.external_no).with_for_update())
    return {(matter.source, matter.external_no): matter for matter in found}


def settle_one(store: Store, world: World, delivery_id: int, *, now: datetime) -> None:
    """Settles one delivery at once, for whoever waits for its number; one that is being settled is waited for."""
    with store.transaction() as session:
        row = session.get_one(Delivery, delivery_id, with_for_update=True)
        if row.state == State.WAITING:
            settle(session, world, [row], memory=Memory(), now=now)
