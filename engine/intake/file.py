"""The one verb that files a case, and its preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from engine import escalation, process, triage
from engine.cases import (
    NO_WALL,
    Case,
    CaseLink,
    CaseState,
    Earlier,
    LinkKind,
    Party,
    PartyIn,
    Visit,
    faults_of,
    next_number,
    wall_about,
)
from engine.deploy import CATEGORY
from engine.errors import Invalid, NotAllowed
from engine.intake.filing import CHANNELS, KINDS, Filing, Override
from engine.intake.known import Known, Memory
from engine.people import Viewer
from engine.process import World
from engine.search import indexed_together
from engine.store import Prepared, failpoint, insert_row, table_of
from engine.territory import OFFICE, Unit, get_unit

CONFIDENTIAL_TRACKS = frozenset({"discipline_transfer"})
_NAMED = tuple(each.name for each in fields(PartyIn))
_PARTY = Prepared(insert(table_of(Party)), columns=("case_id", *_NAMED))
AHEAD = timedelta(minutes=5)
"""How far a sender's clock may run before ours."""


def preview(session: Session, world: World, filing: Filing) -> triage.Grade:
    """How the filing would be graded, with the reasons; nothing is saved. Raises like `file_case`."""
    known = Known(session, world, [filing])
    place = _checked_place(session, known, filing)
    return known.grade(_facts(filing, place, world, known.earlier(filing)))


def must_be_fileable(session: Session, world: World, filing: Filing, *, now: datetime) -> None:
    """Raises Invalid as `file_case` would for what is wrong in the filing itself; grades and writes nothing."""
    _checked_place(session, Known(session, world, [filing]), filing, now=now)


def file_case(session: Session, world: World, filing: Filing, *, viewer: Viewer | None, now: datetime) -> Case:
    """Files a case, grades it and starts its process; gives the case with its number.

    The same (channel, external_no) a second time gives the first case back. `viewer` None is an automatic channel.
    Raises Invalid with `facts["fields"]` naming every field at once, NotAllowed without the right to file.
    """
    return file_known(session, world, filing, Known(session, world, [filing]), viewer=viewer, now=now)


def file_cases(
    session: Session,
    world: World,
    filings: Sequence[Filing],
    *,
    viewer: Viewer | None,
    now: datetime,
    memory: Memory,
) -> list[Case | Invalid]:
    """`file_case` of each, in one transaction: a few hundred at a third of the price. Gives a case or what it refuses.

    `memory` is kept from one call to the next.
    """
    known = Known(session, world, filings, memory=memory)
    found: list[Case | Invalid] = []
    with world.releases.pinned(session), indexed_together(session, memory.words):
        for each in filings:
            try:
                found.append(file_known(session, world, each, known, viewer=viewer, now=now))
            except Invalid as refusal:  # it is refused before a row is written
                found.append(refusal)
    return found


def faults_of_each(
    session: Session, world: World, filings: Sequence[Filing], *, now: datetime
) -> list[Mapping[str, Mapping[str, str]]]:
    """What `file_case` would refuse in each, by field; nothing for one that it takes. Writes nothing."""
    known = Known(session, world, filings)
    found: list[Mapping[str, Mapping[str, str]]] = []
    for each in filings:
        try:
            _checked_place(session, known, each, now=now)
            found.append({})
        except Invalid as refusal:
            found.append(refusal.facts["fields"])
    return found


def file_known(
    session: Session, world: World, filing: Filing, known: Known, *, viewer: Viewer | None, now: datetime
) -> Case:
    if viewer is not None:
        viewer.must("case.file")
    place = _checked_place(session, known, filing, now=now)
    before = known.filed_before(filing)
    if before is not None:
        return before
    repeated = known.earlier(filing)
    facts = _facts(filing, place, world, repeated)
    grade = known.grade(facts)
    severity = grade.severity
    if filing.override is not None:
        _check_override(filing.override, grade, viewer, place)
        severity = filing.override.severity
        graded_by_hand = triage.grade(
            world.releases.current(session).package,
            facts,
            tiers=world.tiers,
            least_severity=severity,
        )
        grade = graded_by_hand if severity > grade.severity else grade
    case, visit = _new_case(session, world, filing, place, facts, grade, severity, viewer=viewer, now=now)
    _PARTY.run_many(
        session, [{"case_id": case.id, **{name: getattr(party, name) for name in _NAMED}} for party in filing.parties]
    )
    for each in repeated:
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
            "severity": severity,
            "size": case.size,
            "track": case.track,
            "rules": [reason.rule for reason in grade.reasons],
            "override": None
            if filing.override is None
            else {"from": grade.severity, "to": severity, "reason": filing.override.reason},
            **({"repeats": [each.number for each in repeated]} if repeated else {}),
            **_passed_over(world, filing, place, grade.tier, case.tier),
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
    known.note(filing, case)
    return case


def _checked_place(session: Session, known: Known, filing: Filing, *, now: datetime | None = None) -> Unit:
    fields: dict[str, dict[str, str]] = {}

    def blame(name: str, zh: str, en: str) -> None:
        fields[name] = {"zh": zh, "en": en}

    for name in ("title", "description", "category", "place_id"):
        if not str(getattr(filing, name) or "").strip():
            blame(name, "此项必填。", "This is required.")
    if filing.channel not in CHANNELS:
        blame("channel", f"没有“{filing.channel}”这个渠道。", f"There is no channel {filing.channel!r}.")
    if filing.kind not in KINDS:
        blame("kind", f"没有“{filing.kind}”这个类型。", f"There is no kind {filing.kind!r}.")
    if "category" not in fields and not CATEGORY.fullmatch(filing.category):
        blame("category", "类别应形如 labour.wages。", "A category looks like labour.wages.")
    if len(filing.title) > 200:
        blame("title", "标题最多 200 个字。", "A title has at most 200 characters.")
    if len(filing.description) > 20_000:
        blame("description", "内容最多 20000 个字。", "A description has at most 20,000 characters.")
    if filing.received_at.tzinfo is None:
        blame("received_at", "时间须带时区。", "The time needs an offset.")
    elif now is not None and filing.received_at > now + AHEAD:
        blame("received_at", "接收时间不能晚于现在。", "It cannot have been received in the future.")
    if filing.override is not None and filing.override.severity not in (1, 2, 3, 4):
        blame("severity", "严重程度为 1 至 4。", "Severity is a number from 1 to 4.")
    if filing.override is not None and not filing.override.reason.strip():
        blame("override_reason", "改动分级须说明理由。", "Changing the grading needs a reason.")
    for (index, name), words in faults_of(session, filing.parties).items():
        fields[f"parties.{index}.{name}"] = dict(words)
    place: Unit | None = None
    if "place_id" not in fields:
        place = known.place(filing.place_id)
        if place is None or place.valid_to is not None or place.tier == OFFICE:
            blame("place_id", f"没有“{filing.place_id}”这个地点。", f"There is no place {filing.place_id!r}.")
    try:
        triage.complete_facts({k: v for k, v in filing.facts.items() if k not in ("kind", "channel")})
    except Invalid as refusal:
        fields.update(refusal.facts["fields"])
    if fields:
        raise Invalid("filing.invalid", f"The report cannot be taken: see {', '.join(sorted(fields))}.", fields=fields)
    assert place is not None
    return place


def _passed_over(world: World, filing: Filing, place: Unit, graded: str, taken: str) -> dict[str, Any]:
    units = escalation.passed_over(place.id, graded, taken, world.tiers, wall_about(filing.parties))
    return {"passed_over": units} if units else {}


def _facts(filing: Filing, place: Unit, world: World, earlier: Sequence[Earlier]) -> dict[str, Any]:
    facts = {**filing.facts, "kind": filing.kind, "channel": filing.channel}
    facts.setdefault("building_known", place.tier == world.tiers.lowest)
    if earlier:
        facts["repeat_count"] = max(int(facts.get("repeat_count") or 0), len(earlier) + 1)
    return facts


def _check_override(override: Override, grade: triage.Grade, viewer: Viewer | None, place: Unit) -> None:
    if viewer is None:
        raise NotAllowed("override.nobody", "Only a person may change the grading.")
    viewer.must(
        "case.override_triage_up" if override.severity >= grade.severity else "case.override_triage_down", place.id
    )


def _new_case(
    session: Session,
    world: World,
    filing: Filing,
    place: Unit,
    facts: dict[str, Any],
    grade: triage.Grade,
    severity: int,
    *,
    viewer: Viewer | None,
    now: datetime,
) -> tuple[Case, Visit]:
    wall = wall_about(filing.parties)
    tier, holder = escalation.where_filed(place.id, grade.tier, world.tiers, wall)
    prefix = place.id.split(".")[0]
    case = Case(
        number=next_number(session, prefix, filing.received_at, world.calendar.tz),
        channel=filing.channel,
        external_no=filing.external_no,
        kind=filing.kind,
        category=filing.category,
        title=filing.title.strip(),
        description=filing.description.strip(),
        demand=filing.demand,
        address_text=filing.address_text,
        place_id=place.id,
        facts=facts,
        reasons=grade.reasons_as_json(),
        severity=severity,
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
    get_unit(session, holder)
    return case, visit
