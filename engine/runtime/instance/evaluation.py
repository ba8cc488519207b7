"""Expressions and timers of a diagram, evaluated for a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import Invalid, Refusal
from engine.runtime.expressions import Expression, Template
from engine.runtime.instance.tokens import Token
from engine.runtime.timers import Armed, Timer, arm
from engine.runtime.values import Due, DueCall

if TYPE_CHECKING:
    from engine.runtime.instance.moves import Instance


def value(
    instance: Instance, token: Token, expression: Expression | Template, data: Mapping[str, Any] | None = None
) -> Any:
    """Evaluate for `token`. Raises Invalid `instance.expression` naming the element."""
    return _evaluated(token, lambda d: expression.evaluate(d, _functions(instance)), data)


def holds(instance: Instance, token: Token, expression: Expression, data: Mapping[str, Any] | None = None) -> bool:
    """Whether a condition holds for `token`, or for `data` when given."""
    return bool(_evaluated(token, lambda d: expression.holds(d, _functions(instance)), data))


def due(instance: Instance, token: Token, timer: Timer) -> Armed:
    """When `timer` ends for a token that arrives now."""
    host = instance.world

    def asked(data: Mapping[str, Any]) -> Any:
        if timer.expression is None:
            return timer.text

        def due(step: Any, tier: Any = None) -> Due:
            element = token.task_spec
            named = None if tier is None else str(tier)
            return host.due(DueCall(element.process, element.bpmn_id, str(step), named, data))

        return timer.expression.evaluate(data, {**host.functions, "due": due})

    return _evaluated(token, lambda d: arm(timer, asked(d), host.now), None)  # type: ignore[no-any-return]


def _evaluated(token: Token, act: Callable[[Mapping[str, Any]], Any], data: Mapping[str, Any] | None) -> Any:
    try:
        return act(token.frame.view() if data is None else data)
    except Refusal as refusal:
        if not refusal.code.startswith(("expression.", "timer.")):
            raise
        element = token.task_spec.bpmn_id
        raise Invalid(
            "instance.expression", f'At "{element}": {refusal.sentence}', element=element, **refusal.facts
        ) from refusal


def _functions(instance: Instance) -> Mapping[str, Callable[..., Any]]:
    return {} if instance.host is None else instance.host.functions
