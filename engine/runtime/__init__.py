"""The SpiffWorkflow adapter: a release is compiled once, and an instance moves as a pure function of its saved state.

    package = compile_package(files, WORDS)
    advance = start(package, "p_case", {"tier": "grid"}, host)
    advance = complete(package, advance.state, advance.tasks[0].token, {"solved": True}, host)

`host` carries the instant, the functions and the services; there is no clock, no table and no edge in here.
"""

from __future__ import annotations

from engine.runtime.check import check
from engine.runtime.decisions import Decisions, Hit, Outcome
from engine.runtime.driver import cancel, complete, deliver, fire, inspect, signal, start
from engine.runtime.elements import BusinessError
from engine.runtime.expressions import Expression, compile_expression, compile_template
from engine.runtime.foresight import Sources
from engine.runtime.letters import letter_calls
from engine.runtime.likeness import OBSTACLES, Obstacle
from engine.runtime.live import Live
from engine.runtime.moving import Movable, Target, movable, move
from engine.runtime.package import ElementFacts, FlowFacts, Package, ProcessFacts, compile_package, decide
from engine.runtime.starts import Starts
from engine.runtime.timers import DUE, parse_length
from engine.runtime.transplant import Transplanted, Verdicts, as_before, transplant
from engine.runtime.values import (
    Advance,
    Data,
    Due,
    DueCall,
    Finding,
    Host,
    Scalar,
    ServiceCall,
    Step,
    Thrown,
    WaitingMessage,
    WaitingTask,
    WaitingTimer,
)
from engine.runtime.xml import read_xml

__all__ = [
    "DUE",
    "OBSTACLES",
    "Advance",
    "BusinessError",
    "Data",
    "Decisions",
    "Due",
    "DueCall",
    "ElementFacts",
    "Expression",
    "Finding",
    "FlowFacts",
    "Hit",
    "Host",
    "Live",
    "Movable",
    "Obstacle",
    "Outcome",
    "Package",
    "ProcessFacts",
    "Scalar",
    "ServiceCall",
    "Sources",
    "Starts",
    "Step",
    "Target",
    "Thrown",
    "Transplanted",
    "Verdicts",
    "WaitingMessage",
    "WaitingTask",
    "WaitingTimer",
    "as_before",
    "cancel",
    "check",
    "compile_expression",
    "compile_package",
    "compile_template",
    "complete",
    "decide",
    "deliver",
    "fire",
    "inspect",
    "letter_calls",
    "movable",
    "move",
    "parse_length",
    "read_xml",
    "signal",
    "start",
    "transplant",
]
