"""Events: what waits for them, who catches them, and what happens then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.runtime.instance import evaluation
from engine.runtime.instance.tokens import STARTED, WAITING, Scope, Token
from engine.runtime.values import Thrown

if TYPE_CHECKING:
    from engine.runtime.elements import Element, Trigger
    from engine.runtime.instance.moves import Instance


def catch(instance: Instance, token: Token, payload: Mapping[str, Any]) -> None:
    """The event `token` waits for has come."""
    instance.step("fired" if token.armed else "caught", token)
    if payload:
        instance.write(token, payload)
    if token.host is not None:
        _leave_by_boundary(instance, token)
    elif token.listens:
        _start_handler(instance, token)
    else:
        if token.race is not None:
            for other in [t for t in token.workflow.tasks.values() if t.race == token.race and t is not token]:
                instance.cancel(other)
        elif token.armed is not None:
            _wait_again(instance, token, token.workflow)
        token._ready()


def throw(instance: Instance, token: Token, trigger: Trigger, payload: Mapping[str, Any]) -> None:
    """An event leaves `token`: errors and escalations rise to the nearest catcher, signals reach all in the
    instance, a message the first that waits for it. What nobody catches leaves the instance."""
    instance.step("thrown", token)
    if trigger.kind in ("error", "escalation"):
        caught = rise(instance, token, trigger, payload)
    else:
        caught = spread(instance, trigger, payload, token)
    if caught:
        return
    name = trigger.code or trigger.name or ""
    instance.thrown.append(Thrown(trigger.kind, name, token.task_spec.bpmn_id, dict(payload)))  # type: ignore[arg-type]
    if trigger.kind == "error":
        instance.ended = True
        instance.cancel_all(instance)


def spread(instance: Instance, sent: Trigger, payload: Mapping[str, Any], sender: Token | None = None) -> bool:
    """Bring a signal to all who wait for it, the innermost and the interrupting first, or a message to the token
    that has waited longest. False when nobody waits."""
    waiting = [t for t in instance.tokens() if t is not sender and (waits := t.trigger) and waits.answers(sent)]
    if sent.kind == "message":
        waiting = waiting[:1]
    else:
        waiting.sort(key=lambda t: (-t.workflow.nesting, not t.task_spec.interrupting, t.number))
    for token in waiting:
        if token.alive and token._state == WAITING and heard(token, sent):
            catch(instance, token, payload)
    return bool(waiting)


def rise(instance: Instance, token: Token, trigger: Trigger, payload: Mapping[str, Any]) -> bool:
    """Find the catcher of an error or escalation from `token` outwards, and let it catch."""
    inner: Token = token
    while True:
        catcher = _at_boundary(inner, trigger)
        scope = inner.workflow
        if catcher is None and not inner.task_spec.handles_events:
            catcher = _most_exact([t for t in scope.tasks.values() if t.listens], trigger)
        if catcher is not None:
            catch(instance, catcher, payload)
            return True
        if scope is instance:
            return False
        inner = scope.holder


def check_conditions(instance: Instance) -> None:
    """Fire the conditional events that have become true. Names not known yet count as false."""
    if not instance.package.conditional:
        return
    again = True
    while again:
        again = False
        alive = instance.tokens()
        for token in alive:
            trigger = token.trigger
            if trigger is None or trigger.condition is None or not token.alive:
                continue
            instance.spend(1 + len(alive) // 100, token.task_spec.bpmn_id)
            data = token.workflow.frame.view()
            known = trigger.condition.names <= data.keys()
            holds = known and evaluation.holds(instance, token, trigger.condition, data)
            if holds and not token.seen:
                token.seen = True
                catch(instance, token, {})
                again = True
                break
            token.seen = holds


def watch(instance: Instance, scope: Scope | Instance, element: Element) -> Token:
    """A token that waits for the element's event, its timer armed now."""
    token = instance.bear(scope, element, WAITING)
    arm_timer(instance, token)
    return token


def arm_timer(instance: Instance, token: Token) -> None:
    trigger = token.trigger
    if trigger is not None and trigger.timer is not None:
        token.armed = evaluation.due(instance, token, trigger.timer)


def _leave_by_boundary(instance: Instance, token: Token) -> None:
    scope, element, host = token.workflow, token.task_spec, token.host
    assert host is not None
    if element.interrupting:
        instance.cancel(host)
        instance.remove(token)
    else:
        _wait_again(instance, token, scope)
    instance.take(scope, element.chosen(token))
    instance.close_if_done(scope)


def _start_handler(instance: Instance, token: Token) -> None:
    scope, element = token.workflow, token.task_spec
    if element.interrupting:
        for other in list(scope.tasks.values()):
            if other.alive and other.host is None:
                instance.cancel(other)
    else:
        _wait_again(instance, token, scope)
    handler = instance.bear(scope, element, STARTED)
    instance.step("entered", handler)
    instance.enter(handler, element.inside, scope.frame)


def _wait_again(instance: Instance, token: Token, scope: Scope | Instance) -> None:
    """A repeating timer waits on under a new token, so that a row keyed by the token names one due time."""
    if token.armed is None:
        return
    if token.host is not None or token.listens:
        instance.remove(token)
    again = token.armed.again()
    if again is not None:
        next_one = instance.bear(scope, token.task_spec, WAITING)
        next_one.host, next_one.listens, next_one.armed = token.host, token.listens, again


def _at_boundary(token: Token, trigger: Trigger) -> Token | None:
    host = token.body or token
    return _most_exact([t for t in token.workflow.tasks.values() if t.host is host], trigger)


def heard(token: Token, thrown: Trigger) -> bool:
    """Whether `token` has now heard all it waits for; a parallel multiple event remembers what it has heard."""
    trigger = token.trigger
    if trigger is None or not trigger.parallel:
        return True
    so_far: list[int] = token.internal_data.setdefault("heard", [])
    so_far.extend(n for n, part in enumerate(trigger.parts) if n not in so_far and part.answers(thrown))
    return len(so_far) == len(trigger.parts)


def _most_exact(tokens: list[Token], trigger: Trigger) -> Token | None:
    fitting = [t for t in tokens if (waits := t.trigger) is not None and waits.answers(trigger)]
    exact = [t for t in fitting if (waits := t.trigger) is not None and waits.code is not None]
    return next(iter(exact or fitting), None)
