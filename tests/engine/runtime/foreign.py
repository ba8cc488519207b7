"""Runs models of other projects, which stay outside this repository: see `shared/conformance/manifest.json`.

A model is adapted before it runs, never its flow: betsy's scripts are macros of its own and become service tasks that
write a log (the one that waits ten seconds, a user task completed after them). Token simulation's models are not marked
executable, leave signals without a name, which means one and the same, and conditions empty, which never come true.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from lxml import etree
from play import NOON, WORDS, Play

from engine.errors import Invalid, NotFound
from engine.runtime import BusinessError, Package, ServiceCall, check, compile_package

CONFORMANCE = Path(__file__).resolve().parents[4] / "shared" / "conformance"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
_CONTAINS = re.compile(r"(!?)\s*(\w+)\.contains\((.*?)\)")


def manifest() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((CONFORMANCE / "manifest.json").read_text())["cases"]
    return cases


def refused_by_check(name: str, data: bytes) -> bool:
    """Whether the check would keep the file from being published. Words are no concern here: any topic is one."""
    return any(
        finding.severity == "error" and not finding.code.startswith("vocabulary.")
        for finding in check({name: data}, WORDS)
    )


# --- betsy


@dataclass
class BetsyRun:
    """One case of a betsy test: what the log says, or why it was refused."""

    log: list[str]
    refused: str = ""

    def equals(self, expected: list[str]) -> bool:
        if expected == ["ERROR"]:
            return bool(self.refused) or any(line.startswith("ERROR") for line in self.log)
        return not self.refused and Counter(expected) == Counter(self.log)


def adapt_betsy(path: Path) -> bytes:
    root = etree.parse(path).getroot()
    for node in root.iter(f"{BPMN}scriptTask"):
        macro = (node.findtext(f"{BPMN}script") or "").strip()
        if macro == "WAIT_TEN_SECONDS":
            node.tag = f"{BPMN}userTask"
            continue
        node.tag = f"{BPMN}serviceTask"
        node.set(f"{CAMUNDA}type", "external")
        node.set(f"{CAMUNDA}topic", macro)
        for script in node.findall(f"{BPMN}script"):
            node.remove(script)
    for tag in ("conditionExpression", "condition", "loopCondition", "completionCondition"):
        for node in root.iter(f"{BPMN}{tag}"):
            node.text = _CONTAINS.sub(r"\1contains(\2, \3)", " ".join((node.text or "").split()))
    return etree.tostring(root)


def run_betsy(path: Path, name: str, case: dict[str, Any]) -> BetsyRun:
    try:
        package = compile_package({path.name: adapt_betsy(path)}, WORDS)
    except Invalid as refusal:
        return BetsyRun([], refusal.sentence)
    return _BetsyHarness(package, case).run(name)


class _BetsyHarness:
    def __init__(self, package: Package, case: dict[str, Any]) -> None:
        self.package = package
        self.case = case
        self.log: list[str] = []
        self.marked = False
        self.plays: list[Play] = []
        self.data = {"integerVariable": case["integerVariable"], "testCaseNumber": 1}
        if case["input"] is not None:
            self.data["test"] = case["input"]

    def run(self, name: str) -> BetsyRun:
        try:
            if self.case["parallel"] and "ParallelProcess" in self.package.processes:
                self._start("ParallelProcess")
            self._start(name)
            horizon = NOON + timedelta(milliseconds=max(self.case["delay"], 20_000) + 20_000)
            done = -1
            while done != len(self.log):
                done = len(self.log)
                for play in list(self.plays):
                    seen = len(play.trace)
                    while play.ready and not play.ended:
                        asked = play.advance.tasks[0].token
                        play.until(play.now + timedelta(seconds=10))
                        if play.ready and play.advance.tasks[0].token == asked:
                            play.do(play.ready[0])
                    play.until(horizon)
                    if len(play.trace) != seen:
                        self._pass_on(play)
        except Invalid as refusal:
            if refusal.code != "instance.stuck":  # a deadlock: the other engines say nothing and wait for ever
                self.log.append("ERROR_runtime" if refusal.code.startswith("instance.") else f"refused {refusal.code}")
        if self.marked and "MARKER_exists" in self.case["expect"]:
            self.log.append("MARKER_exists")
        return BetsyRun(self.log)

    def _start(self, process: str, at: str | None = None) -> None:
        play = Play(self.package, process, self.data, call=self._call, at=at)
        self.plays.append(play)
        self._pass_on(play)

    def _pass_on(self, sender: Play) -> None:
        """Take what left an instance to the others, or start the process that begins with it."""
        for event in sender.advance.thrown:
            if event.kind == "error":
                self.log.append("ERROR_thrownErrorEvent")
            for play in list(self.plays):
                if play is sender or play.ended:
                    continue
                if event.kind == "signal":
                    play.signal(event.name)
                elif event.kind == "message" and any(m.message == event.name for m in play.advance.messages):
                    play.send(event.name)
            for process, spec in self.package.specs.items():
                for start in spec.starts:
                    if start.trigger.kind == event.kind and start.trigger.name == event.name and event.kind != "error":
                        self._start(process, start.bpmn_id)

    def _call(self, asked: ServiceCall) -> dict[str, Any]:
        macro = asked.name
        if macro == "CREATE_MARKER_FILE":
            self.marked = True
        elif macro.startswith("SCRIPT_task"):
            self.log.append(macro)
        elif macro.startswith("INCREMENT_INTEGER_VARIABLE"):
            if macro.endswith("LOG"):
                self.log.append("INCREMENT")
            return {"integerVariable": asked.data["integerVariable"] + 1}
        elif macro == "SET_STRING_DATA":
            return {"data": "String"}
        elif macro == "LOG_DATA":
            self.log.append("DATA_correct" if asked.data.get("data") == "String" else "DATA_wrong")
        elif macro == "THROW_ERROR":
            raise BusinessError("ERR_CODE")
        elif not macro.startswith(("CREATE_", "WAIT_")):
            raise AssertionError(f"unknown macro {macro}")
        return {}


# --- token simulation


@dataclass
class SimulatorRun:
    entered: set[str]
    expected: set[str]
    refused: str = ""


def run_simulator(diagram: Path, trace: Path) -> SimulatorRun:
    """Run the diagram to its end, completing every task, and compare the flow nodes that were reached."""
    data = adapt_simulator(diagram)
    root = etree.fromstring(data)
    nodes = {node.get("id") for node in root.iter() if _is_flow_node(node)}
    lines = [line.split(":") for line in json.loads(trace.read_text())]
    expected = {line[1] for line in lines if line[0] in ("enter", "signal")} & nodes
    try:
        package = compile_package({diagram.name: data}, WORDS)
        play = Play(package, next(iter(package.processes)))
        while play.ready:
            play.do(play.ready[0])
    except Invalid as refusal:
        return SimulatorRun(set(), expected, f"{refusal.code}: {refusal.sentence}")
    starts = {node.get("id") for node in root.iter(f"{BPMN}startEvent")}
    entered = {line.split()[1] for line in play.trace if line.split()[0] in ("entered", "fired", "caught")}
    entered -= {line.split()[1] for line in play.trace if line.startswith("cancelled")} & starts  # never left
    return SimulatorRun(entered & nodes, expected)


def adapt_simulator(diagram: Path) -> bytes:
    root = etree.parse(diagram).getroot()
    for process in root.iter(f"{BPMN}process"):
        process.set("isExecutable", "true")
    for node in root.iter(f"{BPMN}signalEventDefinition"):
        if node.get("signalRef") is None:
            node.set("signalRef", "unnamed")
    for node in root.iter(f"{BPMN}condition"):
        node.text = node.text or "false"
    root.append(etree.fromstring(f'<b:signal xmlns:b="{BPMN[1:-1]}" id="unnamed" name="unnamed"/>'))
    return etree.tostring(root)


def _is_flow_node(node: Any) -> bool:
    if not isinstance(node.tag, str) or not node.tag.startswith(BPMN):
        return False
    tag = node.tag.removeprefix(BPMN)
    return tag.endswith(("Event", "Task", "task", "Gateway")) or tag in ("subProcess", "transaction", "callActivity")


# --- kogito


@dataclass
class KogitoRun:
    ended: bool
    refused: str = ""


def run_kogito(path: Path) -> KogitoRun:
    """Complete every task and fire every timer until nothing waits."""
    try:
        play = Play(compile_package({path.name: path.read_bytes()}, WORDS), path_process(path))
        for _ in range(100):
            if play.ready:
                play.do(play.ready[0])
            elif play.timers:
                play.fire(play.timers[0])
    except (Invalid, NotFound) as refusal:
        return KogitoRun(False, refusal.sentence)
    return KogitoRun(play.ended)


def path_process(path: Path) -> str:
    process = etree.parse(path).getroot().find(f"{BPMN}process")
    return "" if process is None else process.get("id", "")
