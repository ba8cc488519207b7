"""Tasks: the work list, a task with its form, claim and give back, hand over, complete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from flask import Response
from sqlalchemy.orm import Session

from engine import process, tasks
from engine.cases import Case
from engine.errors import Invalid
from engine.people import Person, names
from engine.tasks import Delegation, Filter, Standing, Tab, Task, TaskState
from engine.territory import units_by_id
from engine.web.api import telling
from engine.web.api.acting import act, answer, show
from engine.web.api.asked import (
    CompletionBody,
    DelegatedAnswerBody,
    DelegationBody,
    HandoverBody,
    TaskPath,
    TasksQuery,
)
from engine.web.api.blueprint import TASK, api
from engine.web.api.document import ACT, LOOK, TASKS, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import Completed, PersonRef, TaskFull, Tasks
from engine.web.context import looking, now, today, viewer, world
from engine.web.forms import form_of
from engine.web.idempotency import Answer
from engine.web.policy import policy

May = Literal["claim", "give_back", "complete", "answer", "take_back", "hand_over", "delegate"]


@api.get(
    "/tasks",
    tags=[TASKS],
    operation_id="listTasks",
    summary="Your work list, oldest due first",
    responses={200: Tasks, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
def list_tasks(query: TasksQuery) -> Response:
    with looking() as session:
        page = tasks.page(
            session,
            viewer(),
            Tab(query.tab),
            now=now(),
            wanted=Filter(query.step, query.light, query.category, query.unit, query.q.strip()),
            after=query.cursor or None,
            most=query.limit,
        )
        units = units_by_id(session, (item.task.unit_id for item in page.items))
        return show(Tasks(items=[telling.item_line(item, units) for item in page.items], next=page.next))


@api.get(
    f"/tasks/{TASK}",
    tags=[TASKS],
    operation_id="readTask",
    summary="Read a task with its form",
    responses={200: TaskFull, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
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
@policy("case.read", scope="cases:act")
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
@policy("case.read", scope="cases:act")
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
@policy("case.read", scope="cases:act")
def hand_over(path: TaskPath, body: HandoverBody) -> Response:
    def do(session: Session) -> Answer:
        _, case = tasks.see_task(session, viewer(), path.task_id)
        task = tasks.hand_over(session, path.task_id, to_person_id=body.to_person_id, viewer=viewer(), now=now())
        return answer(_full(session, task, case))

    return act(do)


@api.put(
    f"/tasks/{TASK}/delegation",
    tags=[TASKS],
    operation_id="delegateTask",
    summary="Ask a colleague to answer a task",
    description="You stay its owner: when it is answered it comes back, and you complete it.",
    responses={200: TaskFull, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
def delegate(path: TaskPath, body: DelegationBody) -> Response:
    def do(session: Session) -> Answer:
        task, case = tasks.see_task(session, viewer(), path.task_id)
        tasks.delegate(
            session, task.id, to_person_id=body.to_person_id, question=body.question, viewer=viewer(), now=now()
        )
        return answer(_full(session, task, case))

    return act(do)


@api.delete(
    f"/tasks/{TASK}/delegation",
    tags=[TASKS],
    operation_id="takeTaskBack",
    summary="Take a delegated task back unanswered",
    description="One's own task that is not delegated stays as it is.",
    responses={200: TaskFull, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
def take_back(path: TaskPath) -> Response:
    def do(session: Session) -> Answer:
        _, case = tasks.see_task(session, viewer(), path.task_id)
        return answer(_full(session, tasks.take_back(session, path.task_id, viewer=viewer(), now=now()), case))

    return act(do)


@api.post(
    f"/tasks/{TASK}/delegation/answer",
    tags=[TASKS],
    operation_id="answerDelegatedTask",
    summary="Answer a task that was delegated to you",
    description="It goes back to its owner with what you found; the owner completes it.",
    responses={200: TaskFull, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
def answer_delegated(path: TaskPath, body: DelegatedAnswerBody) -> Response:
    def do(session: Session) -> Answer:
        task, case = tasks.see_task(session, viewer(), path.task_id)
        tasks.must_be_open(task)
        form = form_of(session, task)
        with pointing("/answers/"):
            raw = form.known(body.answers) if form else {}
            tasks.answer_delegated(session, task.id, raw, note=body.note, viewer=viewer(), now=now())
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
@policy("case.read", scope="cases:act")
def complete(path: TaskPath, body: CompletionBody) -> Response:
    def do(session: Session) -> Answer:
        task, case = tasks.see_task(session, viewer(), path.task_id)
        tasks.must_be_open(task)
        form = form_of(session, task)
        with pointing("/answers/"):
            if form is None and body.answers:
                raise Invalid("form.unknown_fields", "This task asks nothing, so it takes no answers.")
            choices = tasks.choices_for(session, form, task, case, world().tiers, on=today()) if form else {}
            answers = form.check(body.answers, choices=choices, zone=world().calendar.tz) if form else {}
            done = process.complete_task(session, world(), task.id, answers, viewer=viewer(), now=now())
        return answer(Completed(case=done.case_number, opened=list(done.opened), ended=done.ended))

    return act(do)


def _full(session: Session, task: Task, case: Case) -> TaskFull:
    session.flush()
    form = form_of(session, task) if task.state == TaskState.OPEN else None
    choices = tasks.choices_for(session, form, task, case, world().tiers, on=today()) if form else {}
    people = names(session, {id_ for id_ in (task.claimed_by, task.owner_id) if id_ is not None})
    unit = units_by_id(session, [task.unit_id]).get(task.unit_id)
    line = telling.task_line(task, case, unit, people.get(task.claimed_by or 0))
    can = tasks.standing(session, task, case, viewer())
    colleagues, delegates = _people(can.colleagues), _people(can.delegates)
    may: list[May] = [word for word, able in _able(can) if able]
    return TaskFull(
        **dict(line),
        form=telling.form(form, choices),
        may=may,
        colleagues=colleagues,
        delegates=delegates,
        delegation=telling.delegation(_out(session, task), people),
    )


def _out(session: Session, task: Task) -> Delegation | None:
    return None if task.owner_id is None else tasks.delegations_of(session, [task.id]).get(task.id)


def _able(can: Standing) -> tuple[tuple[May, bool], ...]:
    return (
        ("claim", can.may_claim),
        ("give_back", can.may_give_back),
        ("complete", can.may_complete),
        ("answer", can.may_answer),
        ("take_back", can.may_take_back),
        ("hand_over", bool(can.colleagues)),
        ("delegate", bool(can.delegates)),
    )


def _people(who: Sequence[Person]) -> list[PersonRef]:
    return [told for told in map(telling.person, who) if told is not None]
