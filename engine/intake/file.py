"""The one verb that files a case, and its preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from engine import escalation, process, triage
from engine.cases import (
    NO_WALL,
    Case,
    CaseLink,
    CaseState,
    LinkKind,
    Party,
    PartyIn,
    Visit,
    next_numbers,
    wall_about,
)
from engine.errors import Invalid
from engine.intake.filing import Filing
from engine.intake.known import Known, Memory
from engine.intake.matter import Matter, checked_place, facts_of, take
from engine.people import Viewer
from engine.process import World
from engine.search import indexed_together
from engine.store import Prepared, failpoint, held_back, insert_row, table_of
from engine.territory import get_unit

CONFIDENTIAL_TRACKS = frozenset({"discipline_transfer"})
_NAMED = tuple(each.name for each in fields(PartyIn))
_PARTY = Prepared(insert(table_of(Party)), columns=("case_id", *_NAMED))


def preview(session: Session, world: World, filing: Filing) -> triage.Grade:
    """How the filing would be graded, with the reasons; nothing is saved. Raises like `file_case`."""
    known = Known(session, world, [filing])
    place = checked_place(session, known, filing)
    return known.grade(facts_of(filing, place, world, known.earlier(filing)))


def must_be_fileable(session: Session, world: World, filing: Filing, *, now: datetime) -> None:
    """Raises Invalid as `file_case` would for what is wrong in the filing itself; grades and writes nothing."""
    checked_place(session, Known(session, world, [filing]), filing, now=now)


def faults_of_each(
    session: Session, world: World, filings: Sequence[Filing], *, now: datetime
) -> list[Mapping[str, Mapping[str, str]]]:
    """What `file_case` would refuse in each, by field; nothing for one that it takes. Writes nothing."""
    known = Known(session, world, filings)
    found: list[Mapping[str, Mapping[str, str]]] = []
    for each in filings:
        try:
            checked_place(session, known, each, now=now)
            found.append({})
        except Invalid as refusal:
            found.append(refusal.facts["fields"])
    return found


def file_case(session: Session, world: World, filing: Filing, *, viewer: Viewer | None, now: datetime) -> Case:
    """Files a case, grades it and starts its process; gives the case with its number.

    The same (channel, external_no) a second time gives the first case back. `viewer` None is an automatic channel.
    Raises Invalid with `facts["fields"]` naming every field at once, NotAllowed without the right to file.
    """
    (found,) = _file(session, world, [filing], Known(session, world, [filing]), viewer=viewer, now=now)
    if isinstance(found, Invalid):
        raise found
    return found


def file_cases(
    session: Session,
    world: World,
    filings: Sequence[Filing],
    *,
    viewer: Viewer | None,
    now: datetime,
    memory: Memory,
) -> list[Case | Invalid]:
    """`file_case` of each, in one transaction: a hundred at a fifth of the price. Gives a case or what it refuses.

    `memory` is kept from one call to the next.
    """
    known = Known(session, world, filings, memory=memory)
    with world.releases.pinned(session), indexed_together(session, memory.words):
        return _file(session, world, filings, known, viewer=viewer, now=now)


def _file(
    session: Session, world: World, filings: Sequence[Filing], known: Known, *, viewer: Viewer | None, now: datetime
) -> list[Case | Invalid]:
    """All are looked at before the first row is written: then numbers and rows are known to be as many as matters."""
    if viewer is not None:
        viewer.must("case.file")
    taken: list[Matter | Case | Invalid] = []
    for each in filings:
        try:
            taken.append(take(session, world, each, known, viewer=viewer, now=now))
        except Invalid as refusal:
            taken.append(refusal)
    matters = list(dict.fromkeys(each for each in taken if isinstance(each, Matter)))
    received = [(each.place.id.split(".")[0], each.filing.received_at) for each in matters]
    numbers = next_numbers(session, received, world.calendar.tz)
    cases: dict[Matter, Case] = {}
    with held_back(session, len(matters)) if len(matters) > 1 else nullcontext():
        for matter, number in zip(matters, numbers, strict=True):
            cases[matter] = _write(session, world, matter, number, known, viewer=viewer, now=now)
    return [cases[each] if isinstance(each, Matter) else each for each in taken]


def _write(
    session: Session, world: World, matter: Matter, number: str, known: Known, *, viewer: Viewer | None, now: datetime
) -> Case:
    filing, grade = matter.filing, matter.grade
    case, visit = _new_case(session, world, matter, number, known, viewer=viewer, now=now)
    named = [{"case_id": case.id, **{name: getattr(party, name) for name in _NAMED}} for party in filing.parties]
    _PARTY.add(session, *named)
    for each in matter.repeated:
        link = {"case_id": case.id, "other_id": each.case_id, "kind": LinkKind.REPEAT.value, "at": now}
        insert_row(session, CaseLink(**link))
    failpoint("case-written")
    actor_id = None if viewer is None else viewer.person_id
    process.record(
        session,
        case,
        "case.filed",
        actor_id=actor_id,
        now=now,
        facts={
            "channel": case.channel,
            "place": case.place_id,
            "severity": matter.severity,
            "size": case.size,
            "track": case.track,
            "rules": [reason.rule for reason in grade.reasons],
            "override": None
            if filing.override is None
            else {"from": grade.severity, "to": matter.severity, "reason": filing.override.reason},
            **({"repeats": [each.number for each in matter.repeated]} if matter.repeated else {}),
            **_passed_over(world, matter, case.tier),
        },
        after={"state": str(case.state), "tier": case.tier, "holder_id": case.holder_id},
    )
    process.begin(
        session,
        world,
        case,
        process.MAIN,
        actor_id=actor_id,
        now=now,
        data={"confirm": grade.confirm and filing.override is None},
        visit=visit,
        starts=None if known.memory is None else known.memory.starts,
    )
    process.arm_case_clocks(session, world, case, since=case.received_at)
    return case


def _passed_over(world: World, matter: Matter, taken: str) -> dict[str, Any]:
    wall = wall_about(matter.filing.parties)
    units = escalation.passed_over(matter.place.id, matter.grade.tier, taken, world.tiers, wall)
    return {"passed_over": units} if units else {}


def _new_case(
    session: Session, world: World, matter: Matter, number: str, known: Known, *, viewer: Viewer | None, now: datetime
) -> tuple[Case, Visit]:
    filing, place, grade = matter.filing, matter.place, matter.grade
    wall = wall_about(filing.parties)
    tier, holder = escalation.where_filed(place.id, grade.tier, world.tiers, wall)
    if known.place(holder) is None:
        get_unit(session, holder)  # refuses one that there is not
    case = Case(
        number=number,
        channel=filing.channel,
        external_no=filing.external_no,
        kind=filing.kind,
        category=filing.category,
        title=filing.title.strip(),
        description=filing.description.strip(),
        demand=filing.demand,
        address_text=filing.address_text,
        place_id=place.id,
        facts=matter.facts,
        reasons=grade.reasons_as_json(),
        severity=matter.severity,
        size=grade.size,
        track=grade.track,
        urgent=grade.urgent,
        confidential=filing.confidential or grade.track in CONFIDENTIAL_TRACKS,
        anonymous=filing.anonymous,
        walled=wall != NO_WALL,
        state=CaseState.ASSIGNED.value,
        tier=tier,
        holder_id=holder,
        accountable_id=holder,
        visit_seq=1,
        received_at=filing.received_at,
        filed_at=now,
        filed_by=None if viewer is None else viewer.person_id,
        history_seq=0,
        history_hash="",
    )
    insert_row(session, case)
    visit = Visit(
        case_id=case.id,
        seq=1,
        tier=tier,
        unit_id=holder,
        reason="filed",
        entered_at=filing.received_at,
        entered_by=case.filed_by,
    )
    insert_row(session, visit)
    return case, visit
