"""Writing a post-mortem, deciding on it, and following what it asks for until that is done.

| state | who changes it | to |
|---|---|---|
| open | whoever writes it, as often as they like | open, or submitted once it is whole |
| submitted | a leader who did not submit it | approved, or open with a remark |
| approved | nobody; its actions are ticked off one by one | |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.errors import REQUIRED, Conflict, Invalid, NotAllowed, NotFound
from engine.people import Viewer
from engine.postmortems.model import Action, PostMortem, PostMortemState
from engine.reasons import reason_given

LONGEST = 8000
MOST_ACTIONS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """An action as it is written; `by` is a day as the page sends it. An empty line is none."""

    what: str
    who: str
    by: str

    @property
    def empty(self) -> bool:
        return not (self.what or self.who or self.by)


@dataclass(frozen=True, slots=True)
class Draft:
    cause: str
    missed: str
    worked: str
    lines: Sequence[Line] = ()


def faults_in(draft: Draft, *, whole: bool) -> dict[str, Mapping[str, str]]:
    """What keeps a draft from being kept; with `whole`, from being submitted. Lines are blamed by number. Pure."""
    faults: dict[str, Mapping[str, str]] = {}
    for name in ("cause", "missed", "worked"):
        text = getattr(draft, name)
        if len(text) > LONGEST:
            faults[name] = {"zh": f"最多 {LONGEST} 个字。", "en": f"At most {LONGEST:,} characters."}
        elif whole and name != "worked" and not text.strip():
            faults[name] = REQUIRED
    lines = [(number, line) for number, line in enumerate(draft.lines) if not line.empty]
    for number, line in lines:
        if not (line.what and line.who and day_of(line.by)) or len(line.what) > 500 or len(line.who) > 120:
            faults[f"action-{number}"] = {
                "zh": "请写明做什么、谁负责、何时完成。",
                "en": "Write what is done, who does it and by which day.",
            }
    if whole and not lines:
        faults["action-0"] = {"zh": "至少写一条整改措施。", "en": "Write at least one thing that follows from it."}
    if len(lines) > MOST_ACTIONS:
        faults["action-0"] = {"zh": f"最多 {MOST_ACTIONS} 条。", "en": f"At most {MOST_ACTIONS}."}
    return faults


def day_of(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def write(
    session: Session, post_mortem_id: int, draft: Draft, *, submit: bool, viewer: Viewer, now: datetime
) -> PostMortem:
    """Keeps what is written so far; `submit` hands it to a leader. The caller has checked that the viewer sees it.

    Raises Invalid naming every field at once, Conflict `postmortem.not_open`.
    """
    found = _locked(session, post_mortem_id)
    viewer.must("postmortem.write", found.unit_id)
    if found.state != PostMortemState.OPEN:
        raise Conflict("postmortem.not_open", "It was submitted already.")
    faults = faults_in(draft, whole=submit)
    if faults:
        raise Invalid("postmortem.invalid", f"See {', '.join(sorted(faults))}.", fields=faults)
    found.cause, found.missed, found.worked = draft.cause, draft.missed, draft.worked
    found.written_at, found.written_by = now, viewer.person_id
    session.execute(delete(Action).where(Action.post_mortem_id == found.id))
    lines = [line for line in draft.lines if not line.empty]
    for number, line in enumerate(lines, start=1):
        due_on = day_of(line.by)
        assert due_on is not None
        session.add(Action(post_mortem_id=found.id, number=number, what=line.what, who=line.who, due_on=due_on))
    if submit:
        found.state = PostMortemState.SUBMITTED.value
        found.submitted_at, found.submitted_by = now, viewer.person_id
    session.flush()
    return found


def decide(
    session: Session, post_mortem_id: int, *, approve: bool, remark: str, viewer: Viewer, now: datetime
) -> PostMortem:
    """Approves it, or gives it back with a remark that says what is missing.

    Raises Conflict `postmortem.not_submitted`, NotAllowed `postmortem.own` for whoever submitted it.
    """
    found = _locked(session, post_mortem_id)
    viewer.must("postmortem.approve", found.unit_id)
    if found.state != PostMortemState.SUBMITTED:
        raise Conflict("postmortem.not_submitted", "It does not wait for a decision.")
    if found.submitted_by == viewer.person_id:
        raise NotAllowed("postmortem.own", "Somebody else must decide on what you submitted.")
    found.remark = remark.strip()[:2000] if approve else reason_given(remark)
    found.state = (PostMortemState.APPROVED if approve else PostMortemState.OPEN).value
    found.decided_at, found.decided_by = now, viewer.person_id
    session.flush()
    return found


def finish_action(
    session: Session, post_mortem_id: int, number: int, note: str, *, viewer: Viewer, now: datetime
) -> None:
    """Notes that an action of an approved post-mortem is done, and how; the second time it changes nothing."""
    found = _locked(session, post_mortem_id)
    viewer.must("postmortem.write", found.unit_id)
    action = session.get(Action, (post_mortem_id, number))
    if action is None or found.state != PostMortemState.APPROVED:
        raise NotFound("action.unknown", "There is no such action to follow.")
    if action.done_at is None:
        action.note, action.done_at, action.done_by = reason_given(note), now, viewer.person_id
        session.flush()


def _locked(session: Session, post_mortem_id: int) -> PostMortem:
    wanted = select(PostMortem).where(PostMortem.id == post_mortem_id).with_for_update()
    found: PostMortem | None = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound("postmortem.unknown", "There is no such post-mortem.")
    return found
