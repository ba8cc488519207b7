"""Which events run in which place, which element may stand inside which, and what the executor can be told to run."""

from __future__ import annotations

from collections.abc import Mapping

from engine.runtime.support.words import ELEMENTS

POSITIONS: Mapping[str, str] = {
    "start": "start of a process",
    "inner_start": "start of a subprocess",
    "event_subprocess": "start of an event subprocess, interrupting",
    "event_subprocess_beside": "start of an event subprocess, not interrupting",
    "catch": "intermediate catch",
    "throw": "intermediate throw",
    "boundary": "boundary, interrupting",
    "boundary_beside": "boundary, not interrupting",
    "end": "end",
}
TRIGGERS = (
    "none", "message", "timer", "signal", "error", "escalation", "conditional", "link", "cancel", "terminate",
    "compensate",
)  # fmt: skip
EXECUTED_EVENTS: Mapping[str, frozenset[str]] = {
    "start": frozenset({"none", "message"}),
    "inner_start": frozenset({"none"}),
    "event_subprocess": frozenset({"message", "timer", "signal", "error", "escalation", "conditional"}),
    "event_subprocess_beside": frozenset({"message", "timer", "signal", "escalation", "conditional"}),
    "catch": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "throw": frozenset({"none", "message", "signal", "escalation", "link"}),
    "boundary": frozenset({"message", "timer", "signal", "error", "escalation", "conditional", "cancel"}),
    "boundary_beside": frozenset({"message", "timer", "signal", "escalation", "conditional"}),
    "end": frozenset({"none", "message", "signal", "error", "escalation", "terminate", "cancel"}),
}
"""Where each kind of event is executed; everywhere else it is refused."""
WHY_NOT: Mapping[tuple[str, str], str] = {
    ("start", "timer"): "Processes are started by a case, not by a clock of their own.",
    ("start", "signal"): "Processes are started by a case, not by a signal.",
    ("start", "conditional"): "Processes are started by a case, not by a condition.",
    ("start", "escalation"): "An escalation can start only an event subprocess.",
    ("start", "error"): "An error can start only an event subprocess.",
    ("catch", "escalation"): "An escalation is caught on a boundary or by an event subprocess.",
    ("catch", "error"): "An error is caught on a boundary or by an event subprocess.",
    ("catch", "none"): "Say what it waits for.",
    ("boundary_beside", "error"): "An error always interrupts.",
    ("boundary_beside", "cancel"): "A cancel always interrupts.",
    ("boundary", "link"): "A link joins two places of one level; it cannot interrupt.",
    ("boundary", "none"): "Say what it waits for.",
}

TOGETHER = frozenset({"message", "signal", "escalation", "error"})
"""Kinds that may stand side by side on one event."""
BOOLEANS = frozenset(
    {
        "cancelActivity",
        "instantiate",
        "isExecutable",
        "isForCompensation",
        "isInterrupting",
        "isSequential",
        "parallelMultiple",
        "testBefore",
        "triggeredByEvent",
    }
)
PLACES: Mapping[str, frozenset[str]] = {
    "attachedToRef": frozenset({"boundaryEvent"}),
    "calledElement": frozenset({"callActivity"}),
    "cancelActivity": frozenset({"boundaryEvent"}),
    "isExecutable": frozenset({"process"}),
    "isInterrupting": frozenset({"startEvent"}),
    "isSequential": frozenset({"multiInstanceLoopCharacteristics"}),
    "loopMaximum": frozenset({"standardLoopCharacteristics"}),
    "scriptFormat": frozenset({"scriptTask"}),
    "testBefore": frozenset({"standardLoopCharacteristics"}),
    "triggeredByEvent": frozenset({"subProcess"}),
}
"""Attributes that mean something on these elements only."""

_SCOPES = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})
_NODES = frozenset(
    {
        *("task", "userTask", "manualTask", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask"),
        *("subProcess", "transaction", "adHocSubProcess", "callActivity"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"),
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
    }
)
_ACTIVITIES = frozenset(name for name in _NODES if not name.endswith(("Event", "Gateway")))
_EVENTS = frozenset(name for name in _NODES if name.endswith("Event"))
_MANY = frozenset({"multiInstanceLoopCharacteristics"})
INSIDE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((*_NODES, "sequenceFlow"), _SCOPES),
    **dict.fromkeys(
        ("process", "collaboration", "message", "signal", "error", "escalation"), frozenset({"definitions"})
    ),
    **dict.fromkeys((name for name in ELEMENTS if name.endswith("EventDefinition")), _EVENTS | {"definitions"}),
    "eventDefinitionRef": _EVENTS,
    **dict.fromkeys(("timeDate", "timeDuration", "timeCycle"), frozenset({"timerEventDefinition"})),
    "condition": frozenset({"conditionalEventDefinition"}),
    "conditionExpression": frozenset({"sequenceFlow"}),
    "script": frozenset({"scriptTask"}),
    **dict.fromkeys(("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"), _ACTIVITIES),
    **dict.fromkeys(("loopCardinality", "completionCondition", "loopDataInputRef", "loopDataOutputRef"), _MANY),
    **dict.fromkeys(("inputDataItem", "outputDataItem"), _MANY),
    "loopCondition": frozenset({"standardLoopCharacteristics"}),
    "laneSet": _SCOPES,
    "lane": frozenset({"laneSet", "childLaneSet"}),
    "flowNodeRef": frozenset({"lane"}),
}
"""What an executed element may stand in; elsewhere it would be passed over in silence."""

SWITCHES: Mapping[str, bool] = {
    "flow condition behind a task": True,
    "several timers behind one event-based gateway": True,
    "inclusive join in a loop": False,
    "parallel join in a loop": True,
    "several flows out of a task (fork without gateway)": True,
    "process without a start event": False,
}
"""Shapes that stand between several elements, and whether they are executed."""
