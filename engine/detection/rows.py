"""Reading findings: those of the viewer's units, and of each only the cases that the viewer may see.

All cases of a finding lie in its unit, so whoever leads that unit sees them by their place; what remains to be asked
is the wall and confidentiality. A pair of which one case is hidden says nothing any more and is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from engine import postmortems
from engine.cases import Case, Party, linked_to, parties_by_case
from engine.cases import CaseLink as Link
from engine.detection.model import Finding, FindingCase, FindingKind
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.postmortems import PostMortem
from engine.store import Together
from engine.tasks import outside_wall, visible_cases
from engine.territory import Unit, ancestors, units_by_id, within

PAGE = 20
MOST_CASES = 100
MOST_LINKED = 60
MEMBER = aliased(FindingCase)
IS_OPEN = Finding.state == literal_column("'open'")
"""Written out, so that the partial index fits."""


@dataclass(frozen=True, slots=True)
class Line:
    """A finding in the queue, with as many of its cases as the viewer may see."""

    finding: Finding
    cases: int
    first: Case
    """Its latest case, to be recognised by."""
    unlinked: int
    """How many of its open cases are carried on by none, while the finding has a master: they came in later."""
    hidden: int
    """How many of its cases the viewer may not see, nor learn of: `facts` are told without them."""

    @property
    def facts(self) -> Mapping[str, Any]:
        return _without(self.hidden, self.finding.facts)


@dataclass(frozen=True, slots=True)
class Queue:
    lines: Sequence[Line]
    units: Mapping[str, Unit]
    next: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding with the cases that the viewer may see, the latest of them, oldest first, and their parties."""

    finding: Finding
    cases: Sequence[Case]
    earlier: int
    """How many the viewer may see besides, which came in before these."""
    hidden: int
    """As of a `Line`."""
    parties: Mapping[int, Sequence[Party]]
    place: Sequence[Unit]
    """Highest unit first."""
    units: Mapping[str, Unit]
    master: Case | None
    linked: frozenset[int]
    """Those of its cases that its master carries on."""

    @property
    def facts(self) -> Mapping[str, Any]:
        return _without(self.hidden, self.finding.facts)

    @property
    def free(self) -> list[Case]:
        """Those that could still be carried on."""
        return [case for case in self.cases if not case.ended and case.id != self.finding.master_id]


def queue(
    session: Session, viewer: Viewer, *, kind: str = "", state: str = "open", unit: str = "", before: int | None = None
) -> Queue:
    """The newest first; `state` is open, accepted or dismissed. A cluster that has grown is open again."""
    where = [within(Finding.unit_id.expression, viewer.units(ACTS["finding.read"]))]
    if unit:
        where.append(within(Finding.unit_id.expression, [unit]))
    if kind in tuple(FindingKind):
        where.append(Finding.kind == kind)
    where.append(Finding.state == state if state in ("accepted", "dismissed") else IS_OPEN)
    if before is not None:
        where.append(Finding.id < before)
    newest = (Finding.found_at.desc(), Finding.id.desc())  # by id alone SQLite would walk through those of everybody
    found = session.scalars(select(Finding).where(*where).order_by(*newest).limit(PAGE + 1)).all()
    shown = found[:PAGE]
    lines, units = _lines(session, viewer, shown)
    return Queue(lines, units, shown[-1].id if len(found) > PAGE else None)


def some(session: Session, viewer: Viewer, finding_ids: Sequence[int]) -> Queue:
    """Those of some findings that the viewer may see, the earliest first, whatever became of them. Four statements."""
    mine = within(Finding.unit_id.expression, viewer.units(ACTS["finding.read"]))
    found = session.scalars(select(Finding).where(Finding.id.in_(finding_ids), mine).order_by(Finding.id)).all()
    lines, units = _lines(session, viewer, found)
    return Queue(lines, units, None)


def pairs(session: Session, findings: Sequence[Finding]) -> Mapping[int, Sequence[Case]]:
    """By finding the two cases of each pair among them, the one that came first before the other. One statement."""
    wanted = [each.id for each in findings if each.kind == FindingKind.DUPLICATE]
    rows = session.execute(
        select(FindingCase.finding_id, Case)
        .join(Case, Case.id == FindingCase.case_id)
        .where(FindingCase.finding_id.in_(wanted))
        .order_by(Case.received_at, Case.id)
    )
    found: dict[int, list[Case]] = {}
    for finding_id, case in rows:
        found.setdefault(finding_id, []).append(case)
    return found


def _lines(session: Session, viewer: Viewer, shown: Sequence[Finding]) -> tuple[list[Line], Mapping[str, Unit]]:
    counts = _counts(session, viewer, [each.id for each in shown])
    lines = []
    for each in shown:
        cases, latest, hidden, unlinked = counts.get(each.id, (0, None, 0, 0))
        if latest is not None and not (each.kind == FindingKind.DUPLICATE and hidden):
            lines.append((each, cases, latest, unlinked if each.master_id else 0, hidden))
    firsts = _cases(session, [latest for _, _, latest, *_ in lines])
    units = units_by_id(session, {unit for each, *_ in lines for unit in ancestors(each.unit_id)})
    return [Line(each, cases, firsts[latest], *rest) for each, cases, latest, *rest in lines], units


def _without(hidden: int, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The figures that led to a finding, as if cases had never come in: a number would tell of them."""
    return {key: max(value - hidden, 1) if key in ("count", "times") else value for key, value in facts.items()}


def waiting(session: Session, viewer: Viewer) -> int:
    """How many findings ask for the viewer's decision: those that `queue` shows."""
    mine = within(Finding.unit_id.expression, viewer.units(ACTS["finding.read"]))
    held = exists().where(FindingCase.finding_id == Finding.id, Case.id == FindingCase.case_id, *_shown(viewer))
    here = select(Finding.id).where(mine, IS_OPEN)  # apart, or SQLite would go through what waits anywhere
    wanted = select(func.count()).select_from(Finding).where(Finding.id.in_(here), held, _is_whole(viewer))
    return session.scalar(wanted) or 0


def see(session: Session, viewer: Viewer, finding_id: int) -> Seen:
    """Raises NotFound for one that is not there, lies elsewhere, or has no case that the viewer may see."""
    mine = within(Finding.unit_id.expression, viewer.units(ACTS["finding.read"]))
    finding = session.scalars(select(Finding).where(Finding.id == finding_id, mine)).first()
    of_it = FindingCase.finding_id == finding_id
    both = select(FindingCase, Case).join(Case, Case.id == FindingCase.case_id).where(of_it)
    every, visible = session.execute(both.with_only_columns(func.count(), func.count().filter(*_shown(viewer)))).one()
    latest = session.scalars(
        select(Case)
        .join(FindingCase, FindingCase.case_id == Case.id)
        .where(of_it, *_shown(viewer))
        .order_by(Case.received_at.desc(), Case.id.desc())
        .limit(MOST_CASES)
    ).all()
    cases = latest[::-1]
    if finding is None or not cases or (finding.kind == FindingKind.DUPLICATE and every != visible):
        raise NotFound("finding.unknown", "There is no such finding.")
    parties = parties_by_case(session, [case.id for case in cases])
    wanted = {unit for case in cases for unit in (*ancestors(case.place_id), case.holder_id)}
    units = units_by_id(session, wanted | set(ancestors(finding.unit_id)))
    line = [units[each] for each in reversed(ancestors(finding.unit_id)) if each in units]
    master, linked = None, frozenset[int]()
    if finding.master_id is not None:
        seen = select(Case).where(Case.id == finding.master_id, visible_cases(viewer, one=finding.master_id))
        master = session.scalars(seen).first()
        follow = select(Link.case_id).where(Link.other_id == finding.master_id, Link.ended_at.is_(None))
        linked = frozenset(session.scalars(follow))
    return Seen(finding, cases, visible - len(cases), every - visible, parties, line, units, master, linked)


def behind(session: Session, viewer: Viewer, key: str) -> Seen | None:
    """The finding of that key, which its post-mortem has too, where the viewer may see it."""
    finding_id = session.scalar(select(Finding.id).where(Finding.key == key))
    try:
        return None if finding_id is None else see(session, viewer, finding_id)
    except NotFound:
        return None


def facts_told(session: Session, viewer: Viewer, found: Sequence[PostMortem]) -> Mapping[int, Mapping[str, Any]]:
    """By post-mortem what led to it: of a surge, without the cases that the viewer may not see. One statement."""
    hidden = (
        select(Finding.key, func.count())
        .join(FindingCase, FindingCase.finding_id == Finding.id)
        .join(Case, Case.id == FindingCase.case_id)
        .where(Finding.key.in_([each.key for each in found]), ~and_(*_shown(viewer)))
        .group_by(Finding.key)
    )
    of_key = dict(session.execute(hidden).all()) if found else {}
    return {each.id: _without(of_key.get(each.key, 0), each.facts) for each in found}


@dataclass(frozen=True, slots=True)
class Linked:
    """What a case is linked to, as far as the viewer may see it."""

    earlier: Sequence[Case] = ()
    """What it repeats, the latest first."""
    later: Sequence[Case] = ()
    """What repeats it."""
    master: Case | None = None
    followers: Sequence[Case] = ()
    hidden: int = 0
    """How many more there are that the viewer may not see; of those behind their wall they learn nothing."""

    @property
    def ids(self) -> frozenset[int]:
        """Those that are shown."""
        master = () if self.master is None else (self.master,)
        return frozenset(case.id for case in (*self.earlier, *self.later, *master, *self.followers))

    def __bool__(self) -> bool:
        return bool(self.earlier or self.later or self.master or self.followers)


def links_of(session: Session, viewer: Viewer, case: Case) -> Linked:
    links = linked_to(session, case.id, most=MOST_LINKED)
    if not links:
        return Linked()
    ids = [other.id for _, other in links]
    told = select(Case.id, visible_cases(viewer, one=ids)).where(Case.id.in_(ids), _outside(viewer))
    seen = dict(session.execute(told).all())
    shown = [(link, other) for link, other in links if seen.get(other.id)]

    def those(kind: str, *, mine: bool) -> list[Case]:
        return [other for link, other in shown if link.kind == kind and (link.case_id == case.id) == mine]

    return Linked(
        earlier=those("repeat", mine=True),
        later=those("repeat", mine=False),
        master=next(iter(those("merged", mine=True)), None),
        followers=those("merged", mine=False),
        hidden=sum(other.id in seen for _, other in links) - len(shown),
    )


def what_stands_about(session: Session, viewer: Viewer, case: Case) -> tuple[list[Finding], list[PostMortem]]:
    """For the page of a case that the viewer sees: the open findings it belongs to, for whoever decides on them, and
    its post-mortems. One statement. Pairs with a hidden case are left out; figures of others may tell of hidden cases.
    """
    if not (viewer.may("finding.read") or viewer.may("postmortem.read")):
        return [], []
    findings, looked_back = _about(viewer).lists(session, this=case.id)
    return findings, looked_back


@lru_cache(maxsize=512)
def _about(viewer: Viewer) -> Together:
    """Put into words once per person and what they are, as `tasks.see_case` is; holds no row."""
    this = bindparam("this", type_=Integer)
    mine = within(Finding.unit_id.expression, viewer.units(ACTS["finding.read"]))
    belongs = select(FindingCase.finding_id).where(FindingCase.case_id == this)
    told = (Finding.id.in_(belongs), IS_OPEN, mine, _is_whole(viewer))
    return Together((Finding, and_(*told)), (PostMortem, postmortems.are_of_case(viewer, this)))


def _is_whole(viewer: Viewer) -> ColumnElement[bool]:
    """A pair of which one case is hidden says nothing any more."""
    behind_wall = (
        exists()
        .where(MEMBER.finding_id == Finding.id, Case.id == MEMBER.case_id)
        .where(~and_(*_shown(viewer)), Case.id.is_distinct_from(Finding.master_id))
    )
    return or_(Finding.kind != FindingKind.DUPLICATE.value, ~behind_wall)


def _shown(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    return Case.confidential.is_(False), _outside(viewer)


def _outside(viewer: Viewer) -> ColumnElement[bool]:
    return outside_wall(viewer, Case.id.expression)


def _counts(session: Session, viewer: Viewer, ids: Sequence[int]) -> dict[int, tuple[int, int | None, int, int]]:
    """By finding: its visible cases, the latest of them, how many are hidden, how many open ones have no master."""
    if not ids:
        return {}
    visible = and_(*_shown(viewer))
    members = select(FindingCase.finding_id, FindingCase.case_id).where(FindingCase.finding_id.in_(ids)).subquery()
    rows = session.execute(
        select(members.c.finding_id, Case.id, Case.closed_at.is_(None), visible)
        .join(Case, Case.id == members.c.case_id)
        .join(Finding, Finding.id == members.c.finding_id)
        .where(Case.id.is_distinct_from(Finding.master_id))
    )
    found: dict[int, tuple[int, int | None, int, int]] = {}
    for finding_id, case_id, is_open, is_shown in rows:
        cases, latest, hidden, free = found.get(finding_id, (0, None, 0, 0))
        if is_shown:
            found[finding_id] = cases + 1, max(latest or 0, case_id), hidden, free + bool(is_open)
        else:
            found[finding_id] = cases, latest, hidden + 1, free
    return found


def _cases(session: Session, ids: Sequence[int]) -> dict[int, Case]:
    return {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(ids)))} if ids else {}
