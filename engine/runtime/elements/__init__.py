"""What each BPMN element does with a token: SpiffWorkflow's task specifications with our run-time hooks.

A hook runs in one of three moments of Spiff's life cycle: `_update_hook` when a token arrives (true: it becomes READY),
`_run_hook` when the queue reaches it (true: it is done; None: its inside goes on), and `chosen` when it leaves.
Specifications are built once for a package and never written to afterwards; threads share them.
"""

from __future__ import annotations

from engine.runtime.elements.base import BusinessError, Element, Flow, Rounds, Trigger
from engine.runtime.elements.events import BoundaryEvent, CatchEvent, EndEvent, EventSubProcess, StartEvent, ThrowEvent
from engine.runtime.elements.gateways import EventGateway, ExclusiveGateway, InclusiveGateway, ParallelGateway
from engine.runtime.elements.scopes import ScopeSpec
from engine.runtime.elements.tasks import (
    CallActivity,
    DecisionTask,
    ManualTask,
    PlainTask,
    ReceiveTask,
    ScriptTask,
    SendTask,
    ServiceTask,
    SubProcess,
    UserTask,
)

__all__ = [
    "BoundaryEvent", "BusinessError", "CallActivity", "CatchEvent", "DecisionTask", "Element", "EndEvent",
    "EventGateway", "EventSubProcess", "ExclusiveGateway", "Flow", "InclusiveGateway", "ManualTask",
    "ParallelGateway", "PlainTask", "ReceiveTask", "Rounds", "ScopeSpec", "ScriptTask", "SendTask", "ServiceTask",
    "StartEvent", "SubProcess", "ThrowEvent", "Trigger", "UserTask",
]  # fmt: skip
