"""Drafts of the token's person, the same as on the pages, and the code that a petitioner follows their matter by."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from engine import citizen, tasks
from engine.errors import NotFound
from engine.tasks import Draft, Task
from engine.web.api.acting import act, answer, show
from engine.web.api.asked import CasePath, DraftBody, TaskPath
from engine.web.api.blueprint import NUMBER, TASK, api
from engine.web.api.cases import see
from engine.web.api.document import ACT, ACTS, LOOK, TASKS, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import DraftTold, TrackingCode
from engine.web.context import looking, now, viewer
from engine.web.forms import form_of
from engine.web.idempotency import Answer
from engine.web.policy import policy


@api.get(
    f"/tasks/{TASK}/draft",
    tags=[TASKS],
    operation_id="readDraft",
    summary="What you have begun to write for a task",
    description="Also when the task is done meanwhile. `draft.none` (404) when there is nothing.",
    responses={200: DraftTold, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
def read_draft(path: TaskPath) -> Response:
    with looking() as session:
        task, _ = tasks.see_task(session, viewer(), path.task_id)
        return show(_told(_mine(session, task)))


@api.put(
    f"/tasks/{TASK}/draft",
    tags=[TASKS],
    operation_id="keepDraft",
    summary="Keep what you have written so far",
    description="Offered again on any device, here and on the pages. The newest words win; what another device wrote "
    "meanwhile, unseen by this one, is kept in `other`. Nothing is checked but the names of the fields.",
    responses={200: DraftTold, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
def keep_draft(path: TaskPath, body: DraftBody) -> Response:
    def do(session: Session) -> Answer:
        task, _ = tasks.see_task(session, viewer(), path.task_id)
        kept = tasks.save_draft(
            session,
            viewer().person_id,
            tasks.about_task(task.id),
            _as_typed(session, task, body),
            seen=body.seen,
            now=now(),
            task_id=task.id,
        )
        return answer(_told(kept.draft))

    return act(do)


@api.delete(
    f"/tasks/{TASK}/draft",
    tags=[TASKS],
    operation_id="dropDraft",
    summary="Throw a draft away",
    description="Gives it as it was. Completing a task drops its draft by itself.",
    responses={200: DraftTold, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
def drop_draft(path: TaskPath) -> Response:
    def do(session: Session) -> Answer:
        task, _ = tasks.see_task(session, viewer(), path.task_id)
        told = answer(_told(_mine(session, task)))
        tasks.drop_draft(session, viewer().person_id, tasks.about_task(task.id))
        return told

    return act(do)


@api.put(
    f"/cases/{NUMBER}/tracking-code",
    tags=[ACTS],
    operation_id="giveTrackingCode",
    summary="Give a new tracking code",
    description="For the petitioner who called. It is told this once, since only its hash is kept; codes given before "
    "lead nowhere any more.",
    responses={200: TrackingCode, **refusals(ACT)},
)
@policy("case.supply", scope="cases:act")
def give_code(path: CasePath) -> Response:
    """A PUT: an answer to a POST could be kept for its `Idempotency-Key`, and the code with it."""

    def do(session: Session) -> Answer:
        code = citizen.give_code(session, see(session, path.number).id, viewer=viewer(), now=now())
        return answer(TrackingCode(code=citizen.in_groups(code)))

    return act(do)


def _mine(session: Session, task: Task) -> Draft:
    draft = tasks.draft_of(session, viewer().person_id, tasks.about_task(task.id))
    if draft is None:
        raise NotFound("draft.none", "There is no draft of yours for this task.")
    return draft


def _told(draft: Draft) -> DraftTold:
    return DraftTold(
        answers=draft.answers,
        revision=draft.revision,
        saved_at=draft.saved_at,
        other=draft.other,
        other_at=draft.other_at,
    )


def _as_typed(session: Session, task: Task, body: DraftBody) -> dict[str, Any]:
    """As the pages keep it: texts, and lists of texts; a box that is not ticked is not there."""
    form = form_of(session, task)
    with pointing("/answers/"):
        known = form.known(body.answers) if form else {}
    return {key: _text(value) for key, value in known.items() if value not in (None, False)}


def _text(value: bool | int | float | str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return value
    return "on" if value is True else str(value)
