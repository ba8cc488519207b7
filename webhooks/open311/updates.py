"""Updates of requests: what an app hears of its own, and what the person who reported says through it.

Source: the extension of GeoReport v2 that FixMyStreet documents (servicerequestupdates).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import citizen, documents
from engine.cases import Case, Visit
from engine.citizen import SHOWN, Step
from engine.config import CivicAppConfig
from engine.documents import Kept
from engine.errors import Conflict, NotFound
from engine.history import HistoryEntry
from engine.process import World
from engine.territory import Unit, units_by_id
from webhooks.open311.following import MOST, own_request, told
from webhooks.open311.model import CivicReport, CivicUpdate

ENDS = frozenset({"case.closed", "case.merged", "citizen.confirmed", "citizen.rated"})
"""Acts after which a request is closed; after every other one that is told of it is open."""
OLDEST = timedelta(days=731)
"""Nobody hears of what happens to a request that was made longer ago than that before the time asked about."""
REOPEN = "REOPEN"
SETTLED = frozenset({"CLOSED", "FIXED"})


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a request. `number` is the same as often as it is asked for."""

    number: str
    request: str
    at: datetime
    step: Step
    closed: bool


@dataclass(frozen=True, slots=True)
class Said:
    """An update that an app sends, as texts."""

    number: str
    request: str
    status: str
    text: str
    media: tuple[str, ...] = ()


def news_of(
    session: Session, app_id: str, *, since: datetime, until: datetime
) -> tuple[Sequence[News], Mapping[str, Unit]]:
    """What a citizen would read in the timelines of an app's requests, oldest first, and the units it names."""
    own = (
        told(),
        CivicReport.app == app_id,
        CivicReport.requested_at.between(since - OLDEST, until),
    )
    acts = HistoryEntry.act.in_(sorted(set(SHOWN) - {"case.filed"}))
    entries = session.execute(
        select(HistoryEntry, Case)
        .join(Case, Case.id == HistoryEntry.case_id)
        .join(CivicReport, CivicReport.case_id == Case.id)
        .where(*own, acts, HistoryEntry.at.between(since, until))
        .order_by(HistoryEntry.at, HistoryEntry.case_id, HistoryEntry.seq)
        .limit(MOST)
    )
    news = [
        News(f"{case.id}.{entry.seq}", case.number, entry.at, step, entry.act in ENDS)
        for entry, case in entries
        if (step := citizen.step_of(entry)) is not None
    ]
    signed = session.execute(
        select(Visit, Case)
        .join(Case, Case.id == Visit.case_id)
        .join(CivicReport, CivicReport.case_id == Case.id)
        .where(and_(*own), Visit.signed_in_at.between(since, until))
        .order_by(Visit.signed_in_at, Visit.id)
        .limit(MOST)
    )
    for visit, case in signed:
        assert visit.signed_in_at is not None
        step = Step(visit.signed_in_at, "accepted", visit.unit_id)
        news.append(News(f"{case.id}.v{visit.seq}", case.number, step.at, step, False))
    news.sort(key=lambda each: each.at)
    named = {unit for each in news for unit in (each.step.unit_id, each.step.from_id) if unit}
    return news[:MOST], units_by_id(session, named)


def take_update(
    session: Session, world: World, app: CivicAppConfig, said: Said, papers: Sequence[Kept], *, now: datetime
) -> CivicUpdate:
    """Does what the person says through their app: adds words and papers, confirms an answer, or refuses it (REOPEN).

    The same number again changes nothing. Raises NotFound for a request that is not the app's own, Invalid without
    words, Conflict for one that is over and was neither confirmed nor refused by this.
    """
    found = own_request(session, app.id, said.request)
    if found is None:
        words = {"zh": "没有这个 service_request_id。", "en": "There is no such service_request_id."}
        raise NotFound("request.unknown", words["en"], words=words)
    report, case = found
    update, is_new = _claim(session, report, said, now=now)
    if is_new:
        _act(session, world, case, said, now=now)
        for paper in papers:
            to = citizen.case_for_papers(session, citizen.vouched(case))
            documents.attach(session, to, paper, limits=world.config.documents, actor_id=None, now=now, protected=True)
    return update


def _act(session: Session, world: World, case: Case, said: Said, *, now: datetime) -> None:
    tracking = citizen.vouched(case)
    words = "\n".join([said.text.strip(), *said.media]).strip()
    try:
        if said.status == REOPEN:
            citizen.refuse(session, world, tracking, words, now=now)
            return
        if said.status in SETTLED:
            citizen.confirm(session, tracking, now=now)
            return
    except Conflict as refusal:
        if refusal.code != "answer.none":
            raise
    citizen.add_note(session, world, tracking, words or said.status, now=now)


def _claim(session: Session, report: CivicReport, said: Said, *, now: datetime) -> tuple[CivicUpdate, bool]:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(CivicUpdate).values(report_id=report.id, external_no=said.number[:80], at=now)
    made = session.execute(row.on_conflict_do_nothing().returning(CivicUpdate.id)).scalar()
    same = select(CivicUpdate).where(CivicUpdate.report_id == report.id, CivicUpdate.external_no == said.number[:80])
    return session.scalars(same).one(), made is not None
