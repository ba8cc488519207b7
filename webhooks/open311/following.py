"""What an app may follow. The rule stands in `told`: nothing that is confidential or shuts somebody out, to nobody.

Everybody is told of a report that came through an app: its service, its dates, its state in plain words, the office in
charge, and the place as far as its community. Its own app is told besides what it sent itself: the text and the point.
A name, a telephone, an address of a home or a word of a handler is told to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from engine.cases import (
    ENDED,
    RISES,
    Case,
    CaseLink,
    CaseState,
    LinkKind,
    PublicState,
    Visit,
    public_state,
)
from engine.citizen import SHOWN
from engine.deadlines import Deadline, DeadlineState
from engine.history import HistoryEntry
from engine.territory import Unit, ancestors, coarse, units_by_id
from webhooks.open311.model import CivicReport

MOST = 1000
"""Requests in one answer. Source: GeoReport v2, "Response Volume"."""
_LEAD = aliased(Case)
CLOSED = [state.value for state in ENDED]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests; None is any. `numbers` overrides all else but whose they are."""

    numbers: Collection[str] | None = None
    services: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    closed: bool | None = None
    page: int = 1
    page_size: int = MOST


@dataclass(frozen=True, slots=True)
class Followed:
    """A request and where it stands. `lead` is the case that carries it on, or the case itself."""

    report: CivicReport
    case: Case
    lead: Case
    state: PublicState
    changed_at: datetime
    due_at: datetime | None
    office: Sequence[Unit]
    """In charge; below the unit that stands above it."""
    place: Sequence[Unit]
    """Lowest first, and no lower than the community."""

    @property
    def is_closed(self) -> bool:
        return self.lead.ended


def told() -> ColumnElement[bool]:
    """What may be told of at all, as a condition on cases."""
    return and_(Case.confidential.is_(False), Case.walled.is_(False))


def find_requests(session: Session, wanted: Wanted) -> list[Followed]:
    """The latest first. At most six statements, however many."""
    carried = and_(
        CaseLink.case_id == Case.id,
        CaseLink.kind == LinkKind.MERGED.value,
        CaseLink.ended_at.is_(None),
        Case.state == CaseState.MERGED.value,
    )
    query = (
        select(CivicReport, Case, _LEAD)
        .join(Case, Case.id == CivicReport.case_id)
        .outerjoin(CaseLink, carried)
        .outerjoin(_LEAD, _LEAD.id == CaseLink.other_id)
        .where(told(), *_conditions(wanted))
        .order_by(CivicReport.requested_at.desc(), CivicReport.id.desc())
        .limit(wanted.page_size)
        .offset((wanted.page - 1) * wanted.page_size)
    )
    rows = [(report, case, _or(lead, case)) for report, case, lead in session.execute(query)]
    return _followed(session, rows)


def own_request(session: Session, app_id: str, number: str) -> tuple[CivicReport, Case] | None:
    """A report of this app by the number of its case; None for anybody else's and for what is not told."""
    query = (
        select(CivicReport, Case)
        .join(Case, Case.id == CivicReport.case_id)
        .where(told(), Case.number == number, CivicReport.app == app_id)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def number_of(session: Session, app_id: str, external_no: str) -> str | None:
    """The number of the case that an app's own number became."""
    query = (
        select(Case.number)
        .join(CivicReport, CivicReport.case_id == Case.id)
        .where(told(), CivicReport.app == app_id, CivicReport.external_no == external_no)
    )
    return session.scalar(query)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.numbers is not None:
        return [Case.number.in_(sorted(wanted.numbers))]
    found: list[ColumnElement[bool]] = []
    if wanted.services is not None:
        found.append(Case.category.in_(sorted(wanted.services)))
    if wanted.since is not None:
        found.append(CivicReport.requested_at >= wanted.since)
    if wanted.until is not None:
        found.append(CivicReport.requested_at <= wanted.until)
    if wanted.closed is not None:
        ended = func.coalesce(_LEAD.state, Case.state).in_(CLOSED)
        found.append(ended if wanted.closed else ~ended)
    return found


def _followed(session: Session, rows: Sequence[tuple[CivicReport, Case, Case]]) -> list[Followed]:
    if not rows:
        return []
    leads = sorted({lead.id for _, _, lead in rows})
    visits = _present(session, leads)
    changed, due = _changed(session, leads), _due(session, leads)
    units = units_by_id(
        session, {each for _, case, lead in rows for each in (*ancestors(coarse(case.place_id)), *_office(lead))}
    )
    return [
        Followed(
            report=report,
            case=case,
            lead=lead,
            state=_state(lead, visits.get(lead.id)),
            changed_at=max(report.requested_at, changed.get(lead.id, report.requested_at)),
            due_at=None if lead.ended else due.get(lead.id),
            office=[units[each] for each in _office(lead) if each in units],
            place=[units[each] for each in ancestors(coarse(case.place_id)) if each in units],
        )
        for report, case, lead in rows
    ]


def _or(lead: Case | None, case: Case) -> Case:
    return case if lead is None else lead


def _office(case: Case) -> list[str]:
    return ancestors(case.holder_id)[1::-1]


def _state(case: Case, visit: Visit | None) -> PublicState:
    rose = visit is not None and visit.reason in RISES
    return public_state(CaseState(case.state), moved=case.visit_seq > 1, rose=rose)


def _present(session: Session, case_ids: Sequence[int]) -> Mapping[int, Visit]:
    query = (
        select(Visit)
        .join(Case, and_(Case.id == Visit.case_id, Case.visit_seq == Visit.seq))
        .where(Case.id.in_(case_ids))
    )
    return {visit.case_id: visit for visit in session.scalars(query)}


def _changed(session: Session, case_ids: Sequence[int]) -> Mapping[int, datetime]:
    """When something last happened that a citizen is told of."""
    acts = HistoryEntry.act.in_(sorted(SHOWN))
    seen = select(HistoryEntry.case_id, func.max(HistoryEntry.at)).where(HistoryEntry.case_id.in_(case_ids), acts)
    signed = select(Visit.case_id, func.max(Visit.signed_in_at)).where(
        Visit.case_id.in_(case_ids), Visit.signed_in_at.is_not(None)
    )
    latest: dict[int, datetime] = {}
    for query in (seen.group_by(HistoryEntry.case_id), signed.group_by(Visit.case_id)):
        for case_id, at in session.execute(query):
            if at is not None:
                latest[case_id] = max(at, latest.get(case_id, at))
    return latest


def _due(session: Session, case_ids: Sequence[int]) -> Mapping[int, datetime]:
    query = select(Deadline.case_id, func.max(Deadline.due_at)).where(
        Deadline.case_id.in_(case_ids), Deadline.step == "case_outer", Deadline.state != DeadlineState.PAUSED.value
    )
    return dict(session.execute(query.group_by(Deadline.case_id)).all())
