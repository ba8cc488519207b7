"""Activities: boundary events, parameters, multi-instances and loops."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.runtime.elements.base import Element, Rounds
from engine.runtime.instance import Frame, Instance, Token, evaluation, events

MOST_ROUNDS = 1_000


_LASTS = ("userTask", "manualTask", "subProcess", "transaction", "callActivity", "receiveTask")


class Activity(Element):
    """Tasks, subprocesses and call activities: boundary events, input parameters, rounds."""

    def _update_hook(self, token: Token) -> bool:
        instance = token.workflow.instance
        if self.start_quantity > 1 and not self._are_enough(instance, token):
            return False
        if self.rounds is None:
            self._take_parameters(instance, token)
        for element in self.boundary:
            watcher = events.watch(instance, token.workflow, element)
            watcher.host = token
        if self.boundary:
            events.check_conditions(instance)
        return token.alive

    def _are_enough(self, instance: Instance, token: Token) -> bool:
        """`startQuantity`: as many tokens make one."""
        gathered = [t for t in token.workflow.tasks.values() if t.task_spec is self and t._state == TaskState.WAITING]
        if len(gathered) + 1 < self.start_quantity:
            token._set_state(TaskState.WAITING)
            return False
        for other in gathered:
            instance.remove(other)
        return True

    def _take_parameters(self, instance: Instance, token: Token) -> None:
        """Input parameters of what lasts: seen inside, never outside. A service takes its own when it is called."""
        if not self.parameters or self.kind not in _LASTS:
            return
        values = {name: evaluation.value(instance, token, template) for name, template in self.parameters}
        if token.frame is token.usual_frame:
            token.frame = Frame({}, token.frame)
        token.frame.held += tuple(values)
        instance.write(token, values)

    def _run_hook(self, token: Token) -> bool | None:
        instance = token.workflow.instance
        if self._opens_rounds(token):
            return self._open_rounds(instance, token)
        return self.act(instance, token)

    # --- multi-instance and loop

    def _open_rounds(self, instance: Instance, body: Token) -> bool | None:
        rounds = self.rounds
        assert rounds is not None
        body._set_state(TaskState.STARTED)
        if rounds.kind == "loop":
            body.internal_data = {"done": 0}
            if rounds.test_before and not self._loops_on(instance, body, rounds):
                return True
            self._next_round(instance, body, 0, None)
            return None
        items = self._items(instance, body, rounds)
        body.internal_data = {"total": len(items), "done": 0}
        if rounds.collect:
            instance.write(body, {rounds.collect: []})
        if not items:
            return True
        if rounds.kind == "sequential":
            body.internal_data["rest"] = items[1:]
            items = items[:1]
        for index, item in enumerate(items):
            self._next_round(instance, body, index, item)
        return None

    def _items(self, instance: Instance, body: Token, rounds: Rounds) -> list[Any]:
        if rounds.collection is not None:
            items = evaluation.value(instance, body, rounds.collection)
            if not isinstance(items, list | tuple):
                raise self._wrong(f"its collection is {items!r}, not a list")
        else:
            assert rounds.cardinality is not None
            count = evaluation.value(instance, body, rounds.cardinality)
            if isinstance(count, str) and count.isdecimal():
                count = int(count)
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise self._wrong(f"its number of instances is {count!r}")
            items = [None] * min(count, MOST_ROUNDS + 1)
        if len(items) > MOST_ROUNDS:
            raise self._wrong(f"it has more than {MOST_ROUNDS} instances")
        return list(items)

    def _wrong(self, what: str) -> Invalid:
        return Invalid("instance.rounds", f'"{self.bpmn_id}" cannot be repeated: {what}.', element=self.bpmn_id)

    def _next_round(self, instance: Instance, body: Token, index: int, item: Any) -> None:
        rounds = self.rounds
        assert rounds is not None
        one = instance.bear(body.workflow, self)
        one.body = body
        if rounds.kind == "loop":
            one.frame = body.frame
        else:
            held = ("loopCounter", *([rounds.item] if rounds.item else []))
            one.frame = Frame({"loopCounter": index}, body.frame, held)
            if rounds.item:
                instance.write(one, {rounds.item: item})
        self._take_parameters(instance, one)
        instance.step("entered", one)
        self._begin_round(one)

    def _begin_round(self, one: Token) -> None:
        one._ready()

    def round_done(self, body: Token, one: Token) -> None:
        """One round is over: collect, count, and end or go on."""
        instance, rounds = body.workflow.instance, self.rounds
        assert rounds is not None
        counts = body.internal_data
        counts["done"] += 1
        if rounds.kind == "loop":
            if self._loops_on(instance, body, rounds):
                self._next_round(instance, body, counts["done"], None)
            else:
                body.complete()
            return
        if rounds.collect and rounds.collected:
            so_far = body.frame.view().get(rounds.collect, [])
            instance.write(body, {rounds.collect: [*so_far, one.frame.own.get(rounds.collected)]})
        if counts["done"] >= counts["total"] or self._is_enough(instance, body, one, rounds):
            for other in [t for t in body.workflow.tasks.values() if t.body is body]:
                instance.cancel(other)
            body.complete()
        elif rounds.kind == "sequential":
            item = counts["rest"].pop(0)
            self._next_round(instance, body, counts["done"], item)

    def _is_enough(self, instance: Instance, body: Token, one: Token, rounds: Rounds) -> bool:
        if rounds.until is None:
            return False
        done, total = body.internal_data["done"], body.internal_data["total"]
        active = sum(1 for t in body.workflow.tasks.values() if t.body is body)
        counts = {"nrOfInstances": total, "nrOfCompletedInstances": done, "nrOfActiveInstances": active}
        return evaluation.holds(instance, body, rounds.until, {**body.frame.view(), **one.frame.view(), **counts})

    def _loops_on(self, instance: Instance, body: Token, rounds: Rounds) -> bool:
        done = body.internal_data["done"]
        if rounds.most is not None and done >= rounds.most:
            return False
        if rounds.again is None:
            return True
        return evaluation.holds(instance, body, rounds.again, {**body.frame.view(), "loopCounter": done})
