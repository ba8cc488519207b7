"""Moving a token by hand: from where it waits to another place of the same level where somebody can wait.

Only what waits by itself is a target: a person's task, an event that is awaited, a subprocess, a called process. A
service or a gateway is never begun by hand, nor is an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import Conflict, Invalid
from engine.runtime.driver import settled, woken
from engine.runtime.elements import (
    CallActivity,
    CatchEvent,
    Element,
    EventGateway,
    ReceiveTask,
    ScopeSpec,
    SubProcess,
    UserTask,
)
from engine.runtime.instance import Instance, Scope, Token
from engine.runtime.likeness import Obstacle
from engine.runtime.package import Package
from engine.runtime.soundness import Faults, Lying, faults_of, gateway_before, reachable, worsened
from engine.runtime.state import load
from engine.runtime.values import Advance, Host


@dataclass(frozen=True, slots=True)
class Target:
    """Where a token could be put; `obstacle` says why not."""

    element: str
    name: str
    kind: str
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True)
class Movable:
    """A token that waits, and the places of its level. `inside` names what it waits within, outermost first."""

    token: str
    element: str
    name: str
    kind: str
    process: str
    inside: tuple[str, ...]
    targets: tuple[Target, ...]


def movable(package: Package, state: bytes) -> tuple[Movable, ...]:
    """The tokens that can be taken elsewhere, in the order of birth; events that race count as one."""
    instance = load(package, state)
    return tuple(_movable(instance, token) for token in instance.tokens() if _stands(instance, token))


def move(package: Package, state: bytes, token: str, target: str, host: Host) -> Advance:
    """Takes a token away with everything in and on it, as a cancelled activity goes, and lets it arrive at `target`.

    Raises Conflict `move.gone` when the token no longer waits there, Invalid `move.target` for a place that is none,
    and `move.unsound` with the `obstacle` when the tokens could not come to an end from there.
    """
    instance = woken(package, state, host)
    found = instance.token(token)
    if found is None or not _stands(instance, found):
        raise Conflict("move.gone", "The process no longer waits there.", token=token)
    chosen = next((each for each in _movable(instance, found).targets if each.element == target), None)
    if chosen is None:
        raise Invalid("move.target", f'Nobody can wait at "{target}", or it lies elsewhere.', element=target)
    if chosen.obstacle is not None:
        raise Invalid(
            "move.unsound",
            f'From "{target}" the process could not come to its end.',
            element=target,
            obstacle=chosen.obstacle.code,
        )
    scope = found.workflow
    for each in [found] if found.race is None else [t for t in scope.tasks.values() if t.race == found.race]:
        instance.cancel(each)
    instance.arrive(scope, scope.spec.task_specs[target])
    return settled(instance)


def _stands(instance: Instance, token: Token) -> bool:
    """Not a watcher, not a round, not the handler of an event, and the first of those that race."""
    if token.host is not None or token.listens or token.body is not None or token.task_spec.handles_events:
        return False
    if token.race is None:
        return True
    return token.number == min(other.number for other in token.workflow.tasks.values() if other.race == token.race)


def _movable(instance: Instance, token: Token) -> Movable:
    spec: ScopeSpec = token.workflow.spec
    element = token.task_spec if token.race is None else gateway_before(spec, token.task_spec) or token.task_spec
    others = list(_others(instance, token))
    before = faults_of(spec, [*others, _lying(token)])
    known = reachable(spec)
    targets = tuple(
        Target(each.bpmn_id, each.bpmn_name or each.bpmn_id, each.kind, _obstacle(spec, each, others, before, known))
        for each in spec.task_specs.values()
        if each is not element and _awaits_somebody(each, spec)
    )
    name = element.bpmn_name or element.bpmn_id
    return Movable(token.id, element.bpmn_id, name, element.kind, element.process, tuple(_around(token)), targets)


def _others(instance: Instance, token: Token) -> Iterator[Lying]:
    for other in token.workflow.tasks.values():
        apart = other is not token and (other.race is None or other.race != token.race)
        if apart and _stands(instance, other):
            yield _lying(other)


def _lying(token: Token) -> Lying:
    return token.task_spec, token.via if token.task_spec.joins else None


def _awaits_somebody(element: Element, spec: ScopeSpec) -> bool:
    if element.for_compensation or element.handles_events:
        return False
    if isinstance(element, CatchEvent | ReceiveTask) and gateway_before(spec, element) is not None:
        return False
    if isinstance(element, CatchEvent):
        return element.trigger.kind not in ("none", "link")
    return isinstance(element, UserTask | ReceiveTask | SubProcess | CallActivity | EventGateway)


def _obstacle(
    spec: ScopeSpec, target: Element, others: list[Lying], before: Faults, known: frozenset[str]
) -> Obstacle | None:
    if target.bpmn_id not in known:
        return Obstacle("target.unreachable", target.bpmn_id, target.bpmn_name or "")
    faults = worsened(spec, [*others, (target, None)], before)
    for code, element_id in faults.named():
        return Obstacle(code, element_id, spec.task_specs[element_id].bpmn_name or "")
    return None


def _around(token: Token) -> list[str]:
    names: list[str] = []
    scope = token.workflow
    while isinstance(scope, Scope):
        names.insert(0, scope.holder.task_spec.bpmn_name or scope.holder.task_spec.bpmn_id)
        scope = scope.holder.workflow
    return names
