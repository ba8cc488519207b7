"""Reading the register of post-mortems: rows of the viewer's units, and never one about a case behind their wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.errors import NotFound
from engine.people import ACTS, Viewer
from engine.postmortems.model import Action, PostMortem, PostMortemState
from engine.tasks import outside_wall, visible_cases
from engine.territory import within

PAGE = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the register; `undone` counts what it asks for and is not done, `late` those whose day has passed."""

    post_mortem: PostMortem
    case: Case
    undone: int
    late: int


@dataclass(frozen=True, slots=True)
class Register:
    entries: Sequence[Entry]
    next: int | None
    """The cursor of the next page."""


def register(session: Session, viewer: Viewer, *, state: str = "", before: int | None = None, today: date) -> Register:
    """The latest first; `state` is open, submitted, approved, or undone: approved with something left to do.

    `today` is the day of the offices.
    """
    wanted = (
        select(PostMortem, Case)
        .join(Case, Case.id == PostMortem.case_id)
        .where(*_shown(viewer))
        .order_by(PostMortem.id.desc())
        .limit(PAGE + 1)
    )
    if state == "undone":
        left = select(Action.post_mortem_id).where(Action.done_at.is_(None))
        wanted = wanted.where(PostMortem.state == PostMortemState.APPROVED.value, PostMortem.id.in_(left))
    elif state in tuple(PostMortemState):
        wanted = wanted.where(PostMortem.state == state)
    if before is not None:
        wanted = wanted.where(PostMortem.id < before)
    rows = session.execute(wanted).all()
    shown = rows[:PAGE]
    left_to_do = _undone(session, [found.id for found, _ in shown], today=today)
    entries = [Entry(found, case, *left_to_do.get(found.id, (0, 0))) for found, case in shown]
    return Register(entries, shown[-1][0].id if len(rows) > PAGE else None)


def _undone(session: Session, ids: Sequence[int], *, today: date) -> dict[int, tuple[int, int]]:
    if not ids:
        return {}
    late = func.sum((Action.due_on < today).cast(Action.number.type))
    rows = session.execute(
        select(Action.post_mortem_id, func.count(), late)
        .where(Action.post_mortem_id.in_(ids), Action.done_at.is_(None))
        .group_by(Action.post_mortem_id)
    )
    return {found: (count, int(behind or 0)) for found, count, behind in rows}


def see(session: Session, viewer: Viewer, post_mortem_id: int) -> tuple[PostMortem, Case]:
    """Raises NotFound for one that is not there, lies elsewhere, or is about a case the viewer may not see."""
    row = session.execute(
        select(PostMortem, Case)
        .join(Case, Case.id == PostMortem.case_id)
        .where(PostMortem.id == post_mortem_id, *_shown(viewer))
    ).first()
    if row is None:
        raise NotFound("postmortem.unknown", "There is no such post-mortem.")
    return row[0], row[1]


def actions_of(session: Session, post_mortem_id: int) -> Sequence[Action]:
    wanted = select(Action).where(Action.post_mortem_id == post_mortem_id).order_by(Action.number)
    return session.scalars(wanted).all()


def are_of_case(viewer: Viewer, case_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """A condition on `PostMortem`: those about a case that the viewer sees."""
    return and_(
        PostMortem.case_id == case_id, within(PostMortem.unit_id.expression, viewer.units(ACTS["postmortem.read"]))
    )


def waits(session: Session, viewer: Viewer, now: datetime) -> int:
    """How many ask something of the viewer: to write those that are open, to decide on those that are submitted."""
    writes, decides = (viewer.units(ACTS[act]) for act in ("postmortem.write", "postmortem.approve"))
    open_ones = PostMortem.state == PostMortemState.OPEN.value
    submitted = PostMortem.state == PostMortemState.SUBMITTED.value
    unit = PostMortem.unit_id.expression
    asks = or_(
        (unit.in_(writes)) & open_ones,
        within(unit, decides) & submitted & PostMortem.submitted_by.is_distinct_from(viewer.person_id),
    )
    shown = outside_wall(viewer, PostMortem.case_id.expression)
    return session.scalar(select(func.count()).select_from(PostMortem).where(asks, shown)) or 0


def _shown(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    mine = within(PostMortem.unit_id.expression, viewer.units(ACTS["postmortem.read"]))
    few = select(PostMortem.case_id).where(mine)
    return mine, visible_cases(viewer, one=few)
