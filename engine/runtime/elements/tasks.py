"""Tasks, subprocesses and call activities."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as spiff
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.runtime.elements.activities import Activity
from engine.runtime.elements.base import BusinessError, Trigger, throw
from engine.runtime.expressions import Expression, Template
from engine.runtime.instance import Frame, Instance, Scope, Token, evaluation, events
from engine.runtime.values import ServiceCall


class PlainTask(Activity, spiff.NoneTask):  # type: ignore[misc]
    """`bpmn:task`: says that something is done, and asks nobody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False


class UserTask(Activity, spiff.UserTask):  # type: ignore[misc]
    form: str | None = None
    roles: tuple[Template, ...] = ()
    properties: tuple[tuple[str, Template], ...] = ()


class ManualTask(UserTask):
    """A person does it away from the machine and says so: waits like a user task."""


class ScriptTask(Activity, spiff.ScriptTask):  # type: ignore[misc]
    lines: tuple[tuple[str, Expression], ...] = ()

    def act(self, instance: Instance, token: Token) -> bool:
        instance.spend(10 * len(self.lines), self.bpmn_id)
        for name, expression in self.lines:
            instance.write(token, {name: evaluation.value(instance, token, expression)})
        return True


class ServiceTask(Activity, spiff.ServiceTask):  # type: ignore[misc]
    """`camunda:type="external"`: the host does it, by the name of the topic, within the push."""

    topic: str = ""

    def act(self, instance: Instance, token: Token) -> bool:
        instance.spend(50, self.bpmn_id)
        params = {name: evaluation.value(instance, token, template) for name, template in self.parameters}
        call = ServiceCall(self.topic, self.bpmn_id, token.id, params, token.frame.view())
        try:
            given = instance.world.call(call)
        except BusinessError as error:
            trigger = Trigger("error", error.code, error.code)
            check = dict(error.payload)
            instance.step("thrown", token)
            if not events.rise(instance, token, trigger, check):
                raise Invalid(
                    "instance.error_uncaught",
                    f'"{self.bpmn_id}" was refused with "{error.code}", and nothing on the diagram catches that.',
                    element=self.bpmn_id,
                    error=error.code,
                ) from error
            return True
        if token.alive:
            instance.write(token, given)
        return True


class DecisionTask(Activity, spiff.NoneTask):  # type: ignore[misc]
    """`bpmn:businessRuleTask` with `camunda:decisionRef`."""

    decision: str = ""
    result: str | None = None
    mapping: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False

    def act(self, instance: Instance, token: Token) -> bool:
        instance.write(token, instance.package.decided(self, token.frame.view()))
        return True


class ReceiveTask(Activity, spiff.ReceiveTask):  # type: ignore[misc]
    instantiates = False
    """A process may begin here, with the message."""

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        if self.rounds is not None:
            return token.alive
        token._set_state(TaskState.WAITING)
        return False

    def _begin_round(self, one: Token) -> None:
        one._set_state(TaskState.WAITING)


class SendTask(Activity, spiff.SendTask):  # type: ignore[misc]
    def act(self, instance: Instance, token: Token) -> bool:
        throw(self, instance, token)
        return True


class SubProcess(Activity, spiff.SubWorkflowTask):  # type: ignore[misc]
    """Embedded: shares its process's data. Also a transaction."""

    def act(self, instance: Instance, token: Token) -> None:
        token._set_state(TaskState.STARTED)
        instance.enter(token, self.inside, token.frame)


class CallActivity(Activity, spiff.CallActivity):  # type: ignore[misc]
    """Another process of the same package, with data of its own.

    Everything is handed in and everything comes back, also when a boundary event interrupts it; with `camunda:in` or
    `camunda:out`, only what they name.
    """

    handed_in: tuple[tuple[str, Expression | None], ...] | None = None
    handed_out: tuple[tuple[str, Expression | None], ...] | None = None

    def act(self, instance: Instance, token: Token) -> None:
        token._set_state(TaskState.STARTED)
        instance.enter(token, self.inside, Frame(_handed(instance, token, self.handed_in, token.frame.view())))

    def inside_done(self, token: Token, scope: Scope) -> None:
        instance = scope.instance
        instance.write(token, _handed(instance, token, self.handed_out, scope.frame.own))


def _handed(
    instance: Instance, token: Token, names: tuple[tuple[str, Expression | None], ...] | None, source: dict[str, Any]
) -> dict[str, Any]:
    if names is None:
        return dict(source)
    given: dict[str, Any] = {}
    for name, expression in names:
        if expression is not None:
            if expression.names <= source.keys():
                given[name] = evaluation.value(instance, token, expression, source)
        else:
            given.update(source)
    return given
