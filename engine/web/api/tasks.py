"""Tasks: the work list, a task with its form, claim and give back, hand over, complete."""

from __future__ import annotations

from typing import Literal

from flask import Response
from sqlalchemy.orm import Session

from engine import process, tasks
from engine.cases import Case
from engine.errors import Invalid
from engine.people import names
from engine.tasks import Tab, Task, TaskState
from engine.territory import units_by_id
from engine.web.api import telling
from engine.web.api.acting import act, answer, show
from engine.web.api.asked import CompletionBody, HandoverBody, TaskPath, TasksQuery
from engine.web.api.blueprint import TASK, api
from engine.web.api.document import ACT, LOOK, TASKS, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import Completed, TaskFull, Tasks
from engine.web.context import looking, now, viewer, world
from engine.web.idempotency import Answer
from engine.web.policy import policy
from engine.web.tasks import form_of, standing

MAY: dict[str, Literal["claim", "give_back", "complete"]] = {
    "may_claim": "claim",
    "may_give_back": "give_back",
    "may_complete": "complete",
}


@api.get(
    "/tasks",
    tags=[TASKS],
    operation_id="listTasks",
    summary="Your work list, oldest due first",
    responses={200: Tasks, **refusals(LOOK)},
)
@policy("case.read")
def list_tasks(query: TasksQuery) -> Response:
    with looking() as session:
        page = tasks.page(session, viewer(), Tab(query.tab), after=query.cursor or None, most=query.limit)
        units = units_by_id(session, (item.task.unit_id for item in page.items))
        return show(Tasks(items=[telling.item_line(item, units) for item in page.items], next=page.next))


@api.get(
    f"/tasks/{TASK}",
    tags=[TASKS],
    operation_id="readTask",
    summary="Read a task with its form",
    responses={200: TaskFull, **refusals(LOOK)},
)
@policy("case.read")
def read_task(path: TaskPath) -> Response:
    with looking() as session:
        task, case = tasks.see_task(session, viewer(), path.task_id)
        return show(_full(session, task, case))


@api.put(
    f"/tasks/{TASK}/claim",
    tags=[TASKS],
    operation_id="claimTask",
    summary="Claim a task",
    description="Claiming one's own task again changes nothing.",
    responses={200: TaskFull, **refusals(ACT)},
)
@policy("case.read")
def claim(path: TaskPath) -> Response:
    def do(session: Session) -> Answer:
        _, case = tasks.see_task(session, viewer(), path.task_id)
        return answer(_full(session, tasks.claim(session, path.task_id, viewer=viewer(), now=now()), case))

    return act(do)


@api.delete(
    f"/tasks/{TASK}/claim",
    tags=[TASKS],
    operation_id="giveTaskBack",
    summary="Give a task back to its unit",
    description="A task nobody has claimed stays as it is.",
    responses={200: TaskFull, **refusals(ACT)},
)
@policy("case.read")
def give_back(path: TaskPath) -> Response:
    def do(session: Session) -> Answer:
        _, case = tasks.see_task(session, viewer(), path.task_id)
        return answer(_full(session, tasks.give_back(session, path.task_id, viewer=viewer(), now=now()), case))

    return act(do)


@api.post(
    f"/tasks/{TASK}/handover",
    tags=[TASKS],
    operation_id="handTaskOver",
    summary="Hand a task over to a colleague",
    responses={200: TaskFull, **refusals(ACT)},
)
@policy("case.read")
def hand_over(path: TaskPath, body: HandoverBody) -> Response:
    def do(session: Session) -> Answer:
        _, case = tasks.see_task(session, viewer(), path.task_id)
        task = tasks.hand_over(session, path.task_id, to_person_id=body.to_person_id, viewer=viewer(), now=now())
        return answer(_full(session, task, case))

    return act(do)


@api.post(
    f"/tasks/{TASK}/completion",
    tags=[TASKS],
    operation_id="completeTask",
    summary="Complete a task",
    description="Checks the answers against the task's form and runs the case to its next wait. `task.done` (409) says "
    "by whom and when it was completed before.",
    responses={200: Completed, **refusals(ACT)},
)
@policy("case.read")
def complete(path: TaskPath, body: CompletionBody) -> Response:
    def do(session: Session) -> Answer:
        task, case = tasks.see_task(session, viewer(), path.task_id)
        tasks.must_be_open(task)
        form = form_of(session, task)
        with pointing("/answers/"):
            if form is None and body.answers:
                raise Invalid("form.unknown_fields", "This task asks nothing, so it takes no answers.")
            choices = tasks.choices_for(session, form, task, case, world().tiers) if form else {}
            answers = form.check(body.answers, choices=choices, zone=world().calendar.tz) if form else {}
            done = process.complete_task(session, world(), task.id, answers, viewer=viewer(), now=now())
        return answer(Completed(case=done.case_number, opened=list(done.opened), ended=done.ended))

    return act(do)


def _full(session: Session, task: Task, case: Case) -> TaskFull:
    session.flush()
    form = form_of(session, task) if task.state == TaskState.OPEN else None
    choices = tasks.choices_for(session, form, task, case, world().tiers) if form else {}
    people = names(session, [] if task.claimed_by is None else [task.claimed_by])
    unit = units_by_id(session, [task.unit_id]).get(task.unit_id)
    line = telling.task_line(task, case, unit, people.get(task.claimed_by or 0))
    can = standing(session, task)
    colleagues = [each for each in map(telling.person, can["colleagues"]) if each is not None]
    may: list[Literal["claim", "give_back", "complete", "hand_over"]] = [
        word for name, word in MAY.items() if can[name]
    ]
    if colleagues:
        may.append("hand_over")
    return TaskFull(**dict(line), form=telling.form(form, choices), may=may, colleagues=colleagues)
