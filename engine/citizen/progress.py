"""What the tracking page tells: where the matter stands, who has it, until when, how it came there, what comes next.

No text of the case, no name of a person and no phone number ever enters it: only states, offices and instants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import deadlines, process
from engine.cases import (
    RISES,
    Case,
    CaseLink,
    CaseState,
    PublicState,
    Visit,
    Wall,
    get_case,
    link_to_master,
    links_to_followers,
    public_state,
    visits_of,
    wall_of,
)
from engine.citizen.model import Tracking
from engine.deadlines import DeadlineState, parse_length
from engine.escalation import AFTER_THE_END, SPLIT
from engine.history import HistoryEntry
from engine.letters import TO_PETITIONER
from engine.process import Forecast, World
from engine.territory import Unit, ancestors, units_by_id

SHOWN: Mapping[str, str] = {
    "case.filed": "received",
    "case.raised": "moved_up",
    "case.returned": "moved_down",
    "case.downgraded": "moved_down",
    "case.moved": "moved_over",
    "clock.paused": "waiting",
    "clock.resumed": "going_on",
    "clock.extended": "more_time",
    "material.supplied": "papers",
    "case.closed": "answered",
    "case.reopened": "reopened",
    "supervision.opened": "supervised",
    "citizen.confirmed": "confirmed",
    "citizen.refused": "refused",
    "citizen.rated": "rated",
    "case.merged": "joined",
    "message.arrived": "review_asked",
    "letter.delivered": "letter",
}
"""Acts of the history that a citizen reads of, and the word for each."""
REVIEW = "m_apply_review"
OF_A_MASTER = frozenset(act for act in SHOWN if not act.startswith("citizen.")) - {
    "case.filed",
    "case.merged",
    "letter.delivered",
    "material.supplied",
}
"""Acts of the case that carries another on which the petitioners of that one read of; never what a petitioner said."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline. `unit_id` is the office it happened at or led to, `why` a reason of a move."""

    at: datetime
    what: str
    unit_id: str | None = None
    from_id: str | None = None
    why: str | None = None
    detail: str | None = None
    """A due instant, a result, a number of stars or the number of a letter, as text."""


@dataclass(frozen=True, slots=True)
class May:
    """What the citizen can do now; each is decided again when it is done."""

    add_papers: bool
    withdraw: bool
    confirm: bool
    refuse: bool
    rate: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What the citizen has said since the last answer."""

    confirmed: bool = False
    refused: bool = False
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    number: str
    together: str | None
    """The number of the case that carries it on; the rest is then told of that one."""
    state: PublicState
    ended: CaseState | None
    result: str | None
    office: Sequence[Unit]
    """The office in charge and the one above it, which says where it is."""
    due_at: datetime | None
    """When the answer is due, or was; None once there is one, and while the clock of the case stands still."""
    forecast: Forecast | None
    supervised: bool
    review_until: datetime | None
    """Until when a review of the opinion may be asked for; None while there is none to ask for."""
    steps: Sequence[Step]
    """Latest first."""
    said: Answered
    may: May
    units: Mapping[str, Unit]


def follow(session: Session, world: World, tracking: Tracking, *, now: datetime) -> Progress:
    """Reads where a matter stands: a handful of queries whatever its length."""
    assert tracking.case_id is not None
    case = get_case(session, tracking.case_id)
    link, lead = carried_on(session, case)
    own = told_entries(session, case)
    visits = visits_of(session, lead.id)
    steps = [step for entry in own if (step := step_of(entry)) is not None]
    if link is None:
        steps += _sign_ins(visits)
    else:
        steps += _sign_ins(visits_of(session, case.id))
        steps += _of_master(told_entries(session, lead), visits, since=link.at)
    steps.sort(key=lambda step: step.at)
    foreseen = process.forecast(session, world, lead)
    office = _office(lead.holder_id, wall_of(session, lead))
    wanted = {*office, *(s.unit_id for s in steps if s.unit_id), *(s.from_id for s in steps if s.from_id)}
    if foreseen is not None and foreseen.to_unit_id:
        wanted.add(foreseen.to_unit_id)
    units = units_by_id(session, wanted)
    outer = deadlines.of_case(session, lead.id, "case_outer")
    alone = link is None and not lead.ended
    review_until = process.review_until(deadlines.live_of_case(session, lead.id)) if alone else None
    state, said = CaseState(lead.state), said_of(own, link, lead)
    rose = visits[-1].reason in RISES
    leads = link is None and not case.ended and bool(links_to_followers(session, [case.id]))
    return Progress(
        number=case.number,
        together=None if link is None else lead.number,
        state=public_state(state, moved=len(visits) > 1, rose=rose),
        ended=state if lead.ended else None,
        result=lead.result if lead.ended else None,
        office=[units[each] for each in office if each in units],
        due_at=None if outer is None or lead.ended or outer.state == DeadlineState.PAUSED else outer.due_at,
        forecast=foreseen,
        supervised=any(step.what == "supervised" for step in steps),
        review_until=review_until,
        steps=steps[::-1],
        said=said,
        may=what_may(lead, said, world, alone=link is None and not leads, now=now),
        units=units,
    )


def carried_on(session: Session, case: Case) -> tuple[CaseLink | None, Case]:
    """The link to the case that carries a merged one on, and that case; else none and the case itself."""
    link = link_to_master(session, case.id) if case.state == CaseState.MERGED else None
    return (None, case) if link is None else (link, get_case(session, link.other_id))


def _of_master(entries: Sequence[HistoryEntry], visits: Sequence[Visit], *, since: datetime) -> list[Step]:
    """What happened to the case that carries another on, from then on."""
    shown = [entry for entry in entries if entry.act in OF_A_MASTER]
    steps = [step for entry in shown if (step := step_of(entry)) is not None] + _sign_ins(visits)
    return [step for step in steps if step.at >= since]


def _office(holder_id: str, wall: Wall) -> list[str]:
    """The unit in charge and the one above it, which says where it is; past one that is complained about."""
    line = [unit for unit in ancestors(holder_id) if not wall.shuts_out(unit)]
    return line[1::-1]


def told_entries(session: Session, case: Case) -> Sequence[HistoryEntry]:
    """The entries of the history that a citizen reads of, oldest first."""
    entries = session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.case_id == case.id, HistoryEntry.act.in_(sorted(SHOWN)))
        .order_by(HistoryEntry.seq)
    )
    return [each for each in entries if each.act != "message.arrived" or each.facts.get("message") == REVIEW]


def said_since_answer(entries: Sequence[HistoryEntry]) -> Answered:
    """Every answer may be confirmed or refused, and rated, once."""
    acts: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry.act == "case.closed":
            acts.clear()
        acts[entry.act] = entry.facts
    rated = acts.get("citizen.rated")
    return Answered(
        confirmed="citizen.confirmed" in acts,
        refused="citizen.refused" in acts,
        stars=None if rated is None else int(rated.get("stars") or 0),
    )


def said_of(entries: Sequence[HistoryEntry], link: CaseLink | None, lead: Case) -> Answered:
    """What was said of the present answer, in the case's own entries, whoever's answer it is."""
    if link is None:
        return said_since_answer(entries)
    closed_at = lead.closed_at
    return said_since_answer([each for each in entries if closed_at is not None and each.at >= closed_at])


def what_may(case: Case, said: Answered, world: World, *, alone: bool = True, now: datetime) -> May:
    """`alone`: it neither carries other cases on nor is carried on; only then it is the petitioner's to withdraw."""
    closed = case.state == CaseState.CLOSED
    open_to_say = closed and not said.confirmed and not said.refused
    return May(
        add_papers=not case.ended,
        withdraw=not case.ended and alone,
        confirm=open_to_say,
        refuse=open_to_say and in_time_to_refuse(case, world, now=now),
        rate=closed and said.stars is None,
    )


def in_time_to_refuse(case: Case, world: World, *, now: datetime) -> bool:
    if case.closed_at is None:
        return False
    length = parse_length(world.config.citizens.refuse_within)
    return now <= world.calendar.due(case.closed_at, length, provisional=True).at


def step_of(entry: HistoryEntry) -> Step | None:
    """The line of the timeline for an act of `SHOWN`; None for one that says nothing by itself."""
    facts, what = entry.facts, SHOWN[entry.act]
    match what:
        case "reopened" if facts.get("reason") == SPLIT:
            return Step(entry.at, "split", (facts.get("to") or {}).get("unit"))
        case "answered" if facts.get("result") == "merged":
            return None  # that it was, and into which, is told by the next entry
        case "joined":
            return Step(entry.at, what, detail=str(facts.get("number") or ""))
        case "moved_up" | "moved_down" | "moved_over" | "reopened":
            to, came = facts.get("to") or {}, facts.get("from") or {}
            why = {"case.returned": "return_down", "case.downgraded": "downgrade"}.get(entry.act, facts.get("reason"))
            return Step(entry.at, what, to.get("unit"), came.get("unit"), why=why)
        case "waiting" if facts.get("reason") != "waiting_petitioner":
            return Step(entry.at, "paused", why=facts.get("reason"))
        case "papers" if facts.get("by") != "petitioner":
            return Step(entry.at, "papers_office")
        case "more_time":
            return Step(entry.at, what, detail=str(facts.get("to") or "")) if facts.get("step") == "handle" else None
        case "answered":
            return Step(
                entry.at, "withdrawn" if facts.get("result") == "withdrawn" else what, detail=facts.get("result")
            )
        case "rated":
            return Step(entry.at, what, detail=str(facts.get("stars") or ""))
        case "letter":
            if facts.get("kind") not in TO_PETITIONER:
                return None
            at = datetime.fromisoformat(str(facts["delivered_at"]))
            return Step(at, what, why=str(facts["kind"]), detail=str(facts.get("number") or ""))
        case _:
            return Step(entry.at, what)


def _sign_ins(visits: Sequence[Visit]) -> list[Step]:
    return [
        Step(visit.signed_in_at, "accepted_again" if visit.reason in AFTER_THE_END else "accepted", visit.unit_id)
        for visit in visits
        if visit.signed_in_at is not None
    ]
