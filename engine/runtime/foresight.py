"""What a diagram will ask for from where its tokens stand, and has no way to learn any more.

Asked is whatever a condition, a timer, a script, a table or a task reads; learnt is what scripts, tables, services and
forms on the way set. What the diagram before asked for as well is its own affair. It is a bound: a way on which the
fact is learnt counts, whichever way the case will go, and what a message brings does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from engine.runtime.decisions import Decisions
from engine.runtime.elements import (
    CallActivity,
    DecisionTask,
    Element,
    ScopeSpec,
    ScriptTask,
    ServiceTask,
    UserTask,
)
from engine.runtime.expressions import Expression, Template
from engine.runtime.package import Package, elements_of

OWN = frozenset({"loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"})
"""What a multi-instance knows of itself."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What forms (by process and key) and services give to a diagram."""

    form: Callable[[str, str], Collection[str]]
    service: Callable[[str], Collection[str]]


@dataclass(frozen=True, slots=True)
class Need:
    """A fact that is asked for at an element, and learnt nowhere on the way there."""

    fact: str
    element: str
    name: str


Stands = tuple[ScopeSpec, Element, bool]
"""A level, an element with a token, and whether its inside runs already."""


def needs(old: Package, new: Package, standing: Iterable[Stands], sources: Sources) -> list[Need]:
    """What `new` asks for ahead of these elements that `old` never asked for; sorted by fact."""
    ahead = list(_ahead(standing))
    learnt = {name for element in ahead for name in _learns(new, element, sources)}
    found: dict[str, Need] = {}
    for element in ahead:
        for name in _asks(new.decisions, element):
            if name not in learnt and name not in _asked_in(old):
                found.setdefault(name, Need(name, element.bpmn_id, element.bpmn_name or ""))
    return [found[name] for name in sorted(found)]


def _ahead(standing: Iterable[Stands]) -> Iterator[Element]:
    """The elements where tokens stand and all they can get to, with what lies inside of these."""
    seen: set[Element] = set()
    todo: list[Element] = []
    for spec, element, entered in standing:
        todo += [*spec.listeners, *([] if entered else [element])]
        if entered:
            yield element
            todo += [flow.target for flow in element.flows] + list(element.boundary)
    while todo:
        element = todo.pop()
        if element in seen:
            continue
        seen.add(element)
        yield element
        todo += [flow.target for flow in element.flows] + list(element.boundary)
        if element.inside is not None:
            todo += element.inside.task_specs.values()


@lru_cache(maxsize=32)
def _asked_in(package: Package) -> frozenset[str]:
    elements = (element for spec in package.specs.values() for element in elements_of(spec))
    return frozenset(name for element in elements for name in _asks(package.decisions, element))


def _asks(decisions: Decisions, element: Element) -> Iterator[str]:
    rounds, trigger = element.rounds, element.trigger
    said: list[Expression | Template | None] = [flow.condition for flow in element.flows]
    said += [template for _name, template in (*element.parameters, *element.results)]
    said += [part.timer.expression for part in trigger.parts or (trigger,) if part.timer is not None]
    if rounds is not None:
        said += [rounds.collection, rounds.cardinality, rounds.until, rounds.again]
    if isinstance(element, UserTask):
        said += [*element.roles, *(template for _name, template in element.properties)]
    if isinstance(element, ScriptTask):
        said += [expression for _name, expression in element.lines]
    names = {name for each in said if each is not None for name in each.names}
    if isinstance(element, DecisionTask):
        names |= decisions.asked_by(element.decision)
    own = OWN | ({rounds.item} if rounds is not None else set()) | {name for name, _template in element.parameters}
    yield from names - own


def _learns(package: Package, element: Element, sources: Sources) -> Iterator[str]:
    yield from (name for name, _template in (*element.parameters, *element.results))
    if element.rounds is not None:
        yield from (name for name in (element.rounds.item, element.rounds.collect) if name)
    if isinstance(element, ScriptTask):
        yield from (name for name, _expression in element.lines)
    elif isinstance(element, ServiceTask):
        yield from sources.service(element.topic)
    elif isinstance(element, UserTask) and element.form is not None:
        yield from sources.form(element.process, element.form)
    elif isinstance(element, DecisionTask):
        yield from package.decisions.given_by(element.decision, element.result)
    elif isinstance(element, CallActivity):
        yield from (name for name, _expression in (*(element.handed_in or ()), *(element.handed_out or ())))
