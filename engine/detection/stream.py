"""Looking at what happened since the last look: each filing and each answer once, in the order of the outbox.

The watermark is moved in the transaction that keeps what was found, so a node that dies leaves everything to the next
one, and nothing is found twice. On PostgreSQL entries are looked at once they have rested: an older one may still be
on its way into the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import postmortems, process
from engine.cases import Case
from engine.detection.clusters import find_clusters
from engine.detection.leases import take
from engine.detection.pairs import find_pairs
from engine.detection.returns import find_returns
from engine.outbox import OutboxEntry
from engine.process import World

BATCH = 10
"""In one transaction, for which others wait meanwhile: a filing is weighed against forty cases."""
RESTS = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Looked:
    """How many entries were looked at, and how many findings are new or have grown."""

    entries: int = 0
    found: int = 0


def look_on(session: Session, world: World, *, now: datetime, most: int = BATCH) -> Looked:
    """Looks at the next entries; nothing while another node does. Give it a transaction of its own."""
    mark = take(session, "cases")
    if mark is None:
        return Looked()
    entries = session.execute(
        select(OutboxEntry.id, OutboxEntry.case_id, OutboxEntry.topic, OutboxEntry.created_at)
        .where(OutboxEntry.id > mark.done_to)
        .order_by(OutboxEntry.id)
        .limit(most)
    ).all()
    rested = now - RESTS if session.get_bind().dialect.name == "postgresql" else now
    ready = []
    for entry in entries:
        if entry.created_at > rested:
            break
        ready.append(entry)
    if not ready:
        return Looked()
    filed = {entry.case_id for entry in ready if entry.topic == "case.filed"}
    looked_at = [entry.case_id for entry in ready if entry.topic in ("case.filed", "opinion.rose")]
    cases = _cases(session, looked_at)
    new = [case for case in cases if case.id in filed]
    found = find_clusters(session, world, new, now=now)
    found += find_returns(session, world, new, now=now)
    found += find_pairs(session, world, new, now=now)
    for case in cases:
        if process.is_watched(case.facts.get("opinion_level")):
            postmortems.open_for_opinion(session, world, case, now=now)
    process.tell_followers(session, [entry.case_id for entry in ready if entry.topic == "case.closed"], now=now)
    mark.done_to, mark.done_at = ready[-1].id, now
    session.flush()
    return Looked(len(ready), found)


def _cases(session: Session, case_ids: Sequence[int]) -> Sequence[Case]:
    """In order of filing; a confidential case takes no part in anything here."""
    if not case_ids:
        return ()
    wanted = select(Case).where(Case.id.in_(sorted(set(case_ids))), Case.confidential.is_(False))
    return session.scalars(wanted.order_by(Case.id)).all()
