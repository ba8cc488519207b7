"""The pushes: each takes a saved state and one stimulus, and gives where the instance stands then.

Nothing is shared between two pushes but the package, so any number of threads may push different instances. When a
push raises, its half-advanced instance is gone; the caller still holds the state from before.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Conflict, Invalid, NotFound
from engine.runtime.elements import BoundaryEvent, Trigger, UserTask
from engine.runtime.instance import Instance, Token, check_data, evaluation, events
from engine.runtime.package import Package
from engine.runtime.state import load, save
from engine.runtime.values import Advance, Data, Host, WaitingMessage, WaitingTask, WaitingTimer


def start(package: Package, process_id: str, data: Data, host: Host, at: str | None = None) -> Advance:
    """Begin an instance. `at` names a start event, where a process has several.

    Raises NotFound `process.unknown` or `process.start_unknown`, or whatever the first steps raise.
    """
    must_start(package, process_id, data)
    if at is not None and not package.specs[process_id].entry(at):
        raise NotFound(
            "process.start_unknown", f'"{process_id}" does not start at "{at}".', process=process_id, start=at
        )
    instance = Instance(package, process_id, dict(data))
    instance.host = host
    instance.begin(at)
    return settled(instance)


def must_start(package: Package, process_id: str, data: Data) -> None:
    if process_id not in package.specs:
        raise NotFound("process.unknown", f'There is no process "{process_id}" in this release.', process=process_id)
    check_data(data, process_id)


def complete(package: Package, state: bytes, token: str, data: Data, host: Host) -> Advance:
    """A person has answered the task of `token`; `data` go into the instance's data.

    Raises Conflict `task.gone` when no task waits under that token (any more), Invalid `data.not_flat`.
    """
    return answer(woken(package, state, host), token, data)


def fire(package: Package, state: bytes, token: str, host: Host) -> Advance:
    """The timer of `token` has come due. Raises Conflict `timer.gone` when it no longer waits."""
    return strike(woken(package, state, host), token)


def deliver(
    package: Package, state: bytes, message: str, payload: Data, host: Host, token: str | None = None
) -> Advance:
    """A message has come, for `token` or for the oldest token that waits for it; `payload` goes into the data.

    Raises Conflict `message.not_awaited` when nobody waits for it.
    """
    return hand_over(woken(package, state, host), message, payload, token)


def signal(package: Package, state: bytes, name: str, payload: Data, host: Host) -> Advance:
    """A signal has come from elsewhere: all in the instance that wait for it go on. Nobody waiting is no error."""
    return broadcast(woken(package, state, host), name, payload)


def cancel(package: Package, state: bytes, host: Host) -> Advance:
    """End the instance with everything in it. Doing it twice changes nothing."""
    instance = woken(package, state, host)
    if not instance.ended:
        instance.ended = True
        instance.cancel_all(instance)
    return _advance(instance)


def inspect(package: Package, state: bytes) -> Advance:
    """What a stored state waits for, without moving it; `state` comes back as it was."""
    return _advance(load(package, state), state)


# The same pushes on an instance in memory, for those above and for a test that saving changes nothing.


def answer(instance: Instance, token: str, data: Data) -> Advance:
    found = instance.token(token)
    if found is None or not _is_task(found):
        raise Conflict("task.gone", f'No task waits under "{token}" any more.', token=token)
    instance.write(found, data)
    events.check_conditions(instance)
    if found.alive:
        found.run()
    return settled(instance)


def strike(instance: Instance, token: str) -> Advance:
    found = instance.token(token)
    if found is None or found.armed is None or found._state != TaskState.WAITING:
        raise Conflict("timer.gone", f'No timer waits under "{token}" any more.', token=token)
    events.catch(instance, found, {})
    return settled(instance)


def hand_over(instance: Instance, message: str, payload: Data, token: str | None) -> Advance:
    waiting = [found for found in instance.tokens() if _awaits(found, message) and token in (None, found.id)]
    if not waiting:
        raise Conflict(
            "message.not_awaited", f'Nobody waits for the message "{message}".', message=message, token=token
        )
    if events.heard(waiting[0], Trigger("message", message)):
        events.catch(instance, waiting[0], payload)
    return settled(instance)


def broadcast(instance: Instance, name: str, payload: Data) -> Advance:
    events.spread(instance, Trigger("signal", name), payload)
    return settled(instance)


def woken(package: Package, state: bytes, host: Host) -> Instance:
    instance = load(package, state)
    instance.host = host
    return instance


def settled(instance: Instance) -> Advance:
    events.check_conditions(instance)
    instance.settle()
    if not instance.ended and not any(_can_go_on(token) for token in instance.tokens()):
        stuck = sorted({token.task_spec.bpmn_id for token in instance.tokens()})
        raise Invalid(
            "instance.stuck",
            f"Nothing can ever move this instance again; it waits at {', '.join(stuck)}.",
            elements=stuck,
        )
    return _advance(instance)


def _can_go_on(token: Token) -> bool:
    trigger = token.trigger
    return _is_task(token) or (trigger is not None and trigger.kind in ("timer", "message", "signal", "multiple"))


def _is_task(token: Token) -> bool:
    return token._state == TaskState.READY and isinstance(token.task_spec, UserTask)


def _awaits(token: Token, message: str) -> bool:
    trigger = token.trigger
    return trigger is not None and trigger.answers(Trigger("message", message))


def _advance(instance: Instance, state: bytes | None = None) -> Advance:
    tokens = instance.tokens()
    if state is None:
        state = save(instance) if instance.kept else b""
    return Advance(
        state=state,
        tasks=tuple(_task(instance, token) for token in tokens if _is_task(token)),
        timers=tuple(
            _timer(token) for token in tokens if token.armed is not None and token._state == TaskState.WAITING
        ),
        messages=tuple(
            WaitingMessage(token.id, token.task_spec.bpmn_id, part.name or "")
            for token in tokens
            if (trigger := token.trigger) is not None
            for part in trigger.parts or (trigger,)
            if part.kind == "message"
        ),
        steps=tuple(instance.steps),
        thrown=tuple(instance.thrown),
        ended=instance.ended,
        data=(tokens[-1].frame if tokens else instance.frame).view(),
    )


def _task(instance: Instance, token: Token) -> WaitingTask:
    element = token.task_spec
    assert isinstance(element, UserTask)
    data = token.frame.view()
    return WaitingTask(
        token=token.id,
        element=element.bpmn_id,
        process=element.process,
        name=element.bpmn_name or element.bpmn_id,
        lane=element.lane,
        form=element.form,
        roles=tuple(_word(evaluation.value(instance, token, role, data)) for role in element.roles),
        properties={name: _word(evaluation.value(instance, token, value, data)) for name, value in element.properties},
        data=data,
        item=_item(token),
    )


def _item(token: Token) -> Any:
    """Of the multi-instance that the task is, or that it runs in: the innermost one."""
    inside: Token | None = token
    while inside is not None:
        rounds = getattr(inside.task_spec, "rounds", None)
        if rounds is not None and rounds.item:
            return inside.frame.own.get(rounds.item)
        inside = getattr(inside.workflow, "holder", None)
    return None


def _word(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _timer(token: Token) -> WaitingTimer:
    armed, element = token.armed, token.task_spec
    assert armed is not None
    return WaitingTimer(
        token=token.id,
        element=element.bpmn_id,
        process=element.process,
        attached_to=element.attached_to if isinstance(element, BoundaryEvent) else None,
        due_at=armed.due_at,
        step=armed.step,
        length=armed.length,
        interrupting=element.interrupting,
    )
