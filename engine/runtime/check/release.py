"""What holds between files: processes and the processes and decisions they call."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.runtime.check.diagram import Diagram, Node, Scope
from engine.runtime.check.report import Report


def check_release(diagrams: Mapping[str, Diagram], decisions: Collection[str], reports: Mapping[str, Report]) -> None:
    """A call that leads nowhere is an error in a release; one file alone may be a part of one."""
    whole = len(reports) > 1
    homes: dict[str, tuple[str, Scope]] = {}
    executable = False
    for file, diagram in diagrams.items():
        for process in diagram.processes:
            runs = process.xml.get("isExecutable") in ("true", "1")
            executable = executable or runs
            if not runs:
                message = f'The process "{process.id}" is not executable and is passed over.'
                reports[file].warning(process.xml, "bpmn.not_executable", message, "Mark it as Executable.")
            if process.id and process.id in homes:
                other = homes[process.id][0]
                message = f'The process "{process.id}" is also in {other}.'
                reports[file].error(process.xml, "bpmn.process_twice", message, "Give it another id.")
            elif process.id:
                homes[process.id] = (file, process)
    first = next((diagram for diagram in diagrams.values() if diagram.processes), None)
    if first is not None and not executable:
        message = "No process here is executable."
        reports[first.file].error(
            first.processes[0].xml, "bpmn.nothing_executable", message, "Mark the process as Executable."
        )
    for file, diagram in diagrams.items():
        for node in (node for scope in diagram.scopes() for node in scope.nodes.values()):
            _check_target(node, homes, decisions, whole, reports[file])
    _check_circles(homes, reports)


def _check_target(
    node: Node, homes: Mapping[str, tuple[str, Scope]], decisions: Collection[str], whole: bool, report: Report
) -> None:
    called = _called(node)
    if called and "${" not in called:
        tell = report.error if whole else report.warning
        if called not in homes:
            message = f'{node.label} calls "{called}", and no process of that id is here.'
            tell(node.xml, "bpmn.call_unknown", message, f"Here are: {', '.join(sorted(homes))}.")
        elif homes[called][1].xml.get("isExecutable") not in ("true", "1"):
            report.error(
                node.xml, "bpmn.call_not_executable", f'{node.label} calls "{called}", which is not executable.'
            )
        elif not any(start.trigger == "none" for start in homes[called][1].of_kind("startEvent")):
            message = f'{node.label} calls "{called}", which has no plain start event.'
            report.error(node.xml, "bpmn.call_start", message, "Give the called process a plain start event.")
    decision = node.camunda("decisionRef") if node.kind == "businessRuleTask" else None
    if decision and decision not in decisions:
        tell = report.error if whole else report.warning
        known = ", ".join(sorted(decisions)) or "none"
        tell(
            node.xml,
            "bpmn.decision_unknown",
            f'{node.label} asks the decision "{decision}", which is not here.',
            f"Here are: {known}.",
        )


def _called(node: Node) -> str:
    """The process that a call runs, or that the service `begin` starts beside the case."""
    if node.kind == "callActivity":
        return node.xml.get("calledElement") or ""
    if node.kind != "serviceTask" or node.camunda("topic") != "begin":
        return ""
    given = (one for one in node.extensions("inputOutput/inputParameter") if one.get("name") == "process")
    return next(((one.text or "").strip() for one in given), "")


def _check_circles(homes: Mapping[str, tuple[str, Scope]], reports: Mapping[str, Report]) -> None:
    """A process that calls itself with no choice before the call never ends; with a choice it may."""
    calls: dict[str, list[Node]] = {
        name: [
            node
            for scope in process.walk()
            for node in scope.of_kind("callActivity")
            if node.xml.get("calledElement") in homes
        ]
        for name, (_, process) in homes.items()
    }
    for name, nodes in calls.items():
        for node in nodes:
            seen: set[str] = set()
            todo = [node.xml.get("calledElement")]
            while todo:
                one = todo.pop()
                if one not in seen:
                    seen.add(one)
                    todo.extend(other.xml.get("calledElement") for other in calls[one])
            if name in seen:
                message = f'{node.label} leads back to its own process "{name}".'
                reports[homes[name][0]].error(
                    node.xml, "bpmn.call_circle", message, "Draw the repetition as a loop; calls may not go in circles."
                )
