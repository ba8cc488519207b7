"""Asking for a rehearsal, looking at it, calling it off. The work itself is done in `worker.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine import deploy, process
from engine.cases import FEWEST
from engine.design import Act, record_act
from engine.errors import Conflict, Invalid, NotFound
from engine.process import World
from engine.rehearsal.compare import sample_of
from engine.rehearsal.model import Rehearsal, RehearsalState, RehearsedCase
from engine.rehearsal.reading import Sample, how_many
from engine.store import table_of
from engine.territory import COARSEST, Unit, get_unit, within

MOST = 50_000
KEPT = 10
"""So many rehearsals of a proposal or release are kept; the oldest goes when another is asked for."""
NEEDED = (".bpmn", ".dmn", ".form", "limits.yaml")


def ask(
    session: Session,
    world: World,
    files: Mapping[str, bytes],
    *,
    since: date,
    until: date,
    unit_id: str,
    proposal_id: int | None = None,
    release_id: int | None = None,
    asked_by: int,
    now: datetime,
) -> Rehearsal:
    """Asks for a rehearsal of `files` on cases closed between two days, both included.

    One that is under way for the same proposal or release is a Conflict `rehearsal.under_way`. Raises Invalid for a
    period or area that cannot be, with less than `FEWEST` or more than `MOST` cases, and `rehearsal.cannot_run` when
    the files do not compile (facts: findings).
    """
    sample = must_be_possible(session, world, since=since, until=until, unit_id=unit_id, now=now)
    must_run(files)
    earlier = of(session, proposal_id=proposal_id, release_id=release_id)
    if any(each.under_way for each in earlier):
        raise Conflict("rehearsal.under_way", "A rehearsal is under way; call it off first, or wait for it.")
    for each in earlier[KEPT - 1 :]:
        session.execute(delete(RehearsedCase).where(RehearsedCase.rehearsal_id == each.id))
        session.delete(each)
    wanted = _wanted(files)
    rehearsal = Rehearsal(
        proposal_id=proposal_id,
        release_id=release_id,
        fingerprint=deploy.fingerprint(wanted),
        files=deploy.keep_contents(session, wanted),
        since=sample.since,
        until=sample.until,
        unit_id=unit_id,
        asked_by=asked_by,
        asked_at=now,
        state=RehearsalState.WAITING.value,
        total=how_many(session, sample),
    )
    session.add(rehearsal)
    session.flush()
    record_act(
        session,
        Act.REHEARSED,
        now=now,
        actor_id=asked_by,
        proposal_id=proposal_id,
        release_id=release_id,
        rehearsal=rehearsal.id,
        unit=unit_id,
        since=since.isoformat(),
        until=until.isoformat(),
    )
    return rehearsal


def _wanted(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path.endswith(NEEDED)}


def tried(rehearsal: Rehearsal, files: Mapping[str, bytes]) -> bool:
    """Whether it was these very files that were rehearsed, apart from scenarios and words."""
    return rehearsal.fingerprint == deploy.fingerprint(_wanted(files))


def areas(session: Session, world: World, own: Sequence[str]) -> Sequence[Unit]:
    """The units whose cases may be rehearsed by who stands in the units `own`, each after the one above it."""
    mine = [unit for unit in own if unit.count(".") < COARSEST]
    coarse = Unit.tier.in_(world.tiers.names[-COARSEST:])
    return session.scalars(
        select(Unit).where(coarse, within(table_of(Unit).c.id, mine), Unit.valid_to.is_(None)).order_by(Unit.id)
    ).all()


def must_be_possible(
    session: Session, world: World, *, since: date, until: date, unit_id: str, now: datetime
) -> Sample:
    """The sample of a period and an area. Raises Invalid with `fields`."""
    today = now.astimezone(world.calendar.tz).date()
    fields: dict[str, dict[str, str]] = {}
    if until >= today:
        fields["until"] = {"zh": "最后一天须在今天之前。", "en": "The last day must lie before today."}
    if since > until:
        fields["since"] = {"zh": "第一天不能晚于最后一天。", "en": "The first day cannot lie after the last."}
    if not unit_id or unit_id.count(".") >= COARSEST:
        fields["unit"] = {"zh": "请选择区、街道或社区。", "en": "Choose the district, a street or a community."}
    if not fields:
        try:
            get_unit(session, unit_id)
        except NotFound:
            fields["unit"] = {"zh": "没有这个单位。", "en": "There is no such unit."}
    if fields:
        raise Invalid("rehearsal.sample", "This period or area cannot be rehearsed.", fields=fields)
    sample = sample_of(world, since, until, unit_id)
    count = how_many(session, sample)
    if not FEWEST <= count <= MOST:
        few = {
            "zh": f"其间只办结 {count} 件，至少要 {FEWEST} 件：太少会看出是谁。请放宽。",
            "en": f"Only {count} cases were closed then; at least {FEWEST} are needed, or single people would show.",
        }
        many = {
            "zh": f"其间办结 {count} 件，最多 {MOST} 件。请缩短。",
            "en": f"{count} cases were closed then; at most {MOST} are rehearsed at once. Choose less.",
        }
        raise Invalid("rehearsal.size", "Too few or too many cases.", fields={"since": few if count < FEWEST else many})
    return sample


def must_run(files: Mapping[str, bytes]) -> deploy.LoadedRelease:
    """The files, compiled. Raises Invalid `rehearsal.cannot_run` for what has errors."""
    errors = [each for each in deploy.check_release(files) if each.severity == "error"]
    if errors:
        raise Invalid(
            "rehearsal.cannot_run",
            f"It has {len(errors)} error(s) and cannot run, the first in {errors[0].file}: {errors[0].message}",
            findings=errors,
        )
    draft = deploy.load(0, files)
    if process.MAIN not in draft.package.processes:
        raise Invalid("rehearsal.cannot_run", f"It has no process {process.MAIN}, which every case runs.")
    return draft


def cancel(session: Session, rehearsal_id: int, *, now: datetime) -> Rehearsal:
    """Calls it off; what was done so far is forgotten. One that has ended stays as it is."""
    rehearsal = get(session, rehearsal_id, lock=True)
    if rehearsal.under_way:
        end(session, rehearsal, RehearsalState.CANCELLED, now=now)
        session.execute(delete(RehearsedCase).where(RehearsedCase.rehearsal_id == rehearsal_id))
    return rehearsal


def end(session: Session, rehearsal: Rehearsal, state: RehearsalState, *, now: datetime) -> None:
    rehearsal.state, rehearsal.ended_at = state.value, now
    rehearsal.leased_by = rehearsal.leased_until = rehearsal.habits = None


def get(session: Session, rehearsal_id: int, *, lock: bool = False) -> Rehearsal:
    """Raises NotFound."""
    statement = select(Rehearsal).where(Rehearsal.id == rehearsal_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound("rehearsal.unknown", "There is no such rehearsal.")
    return found


def of(session: Session, *, proposal_id: int | None = None, release_id: int | None = None) -> Sequence[Rehearsal]:
    """Newest first."""
    mine = Rehearsal.proposal_id == proposal_id if release_id is None else Rehearsal.release_id == release_id
    return session.scalars(select(Rehearsal).where(mine).order_by(Rehearsal.id.desc())).all()


def differing(session: Session, rehearsal_id: int, *, most: int) -> Sequence[RehearsedCase]:
    """The first cases that differ, in their order."""
    return session.scalars(
        select(RehearsedCase)
        .where(RehearsedCase.rehearsal_id == rehearsal_id, RehearsedCase.differs)
        .order_by(RehearsedCase.number)
        .limit(most)
    ).all()


def traced(session: Session, rehearsal_id: int, number: int) -> RehearsedCase:
    """One case with its trace. Raises NotFound for one that does not differ or has none."""
    found = session.get(RehearsedCase, (rehearsal_id, number))
    if found is None or found.trace is None:
        raise NotFound("rehearsal.case_unknown", "There is no such case to look at.")
    return found


def neighbours(session: Session, rehearsal_id: int, number: int) -> tuple[int | None, int | None]:
    """The differing cases with a trace before and after one."""
    mine = (RehearsedCase.rehearsal_id == rehearsal_id) & RehearsedCase.differs & RehearsedCase.trace.is_not(None)
    before = session.scalar(
        select(RehearsedCase.number)
        .where(mine, RehearsedCase.number < number)
        .order_by(RehearsedCase.number.desc())
        .limit(1)
    )
    after = session.scalar(
        select(RehearsedCase.number).where(mine, RehearsedCase.number > number).order_by(RehearsedCase.number).limit(1)
    )
    return before, after
