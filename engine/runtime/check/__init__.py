"""Whether files can be published: every rule about diagrams and tables, told as findings and never as an exception."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Refusal
from engine.runtime.check.activities import check_activities
from engine.runtime.check.diagram import Diagram, read_diagram
from engine.runtime.check.events import check_events
from engine.runtime.check.gateways import check_gateways
from engine.runtime.check.references import check_references
from engine.runtime.check.release import check_release
from engine.runtime.check.report import Report
from engine.runtime.check.shape import check_shape
from engine.runtime.check.tables import check_table
from engine.runtime.check.tokens import check_tokens
from engine.runtime.check.words import check_words
from engine.runtime.decisions import read_decisions
from engine.runtime.decisions.read import is_dmn
from engine.runtime.support import BPMN, DRAWING
from engine.runtime.values import Finding
from engine.runtime.xml import local_name, namespace, read_xml
from engine.vocabulary import Vocabulary

__all__ = ["check"]

MOST_ELEMENTS = 3_000
MOST_FLOWS = 6_000
MOST_PROCESSES = 100
_NO_MODEL = (".yaml", ".yml", ".form", ".json", ".md", ".txt", ".svg", ".png", ".csv")


def check(files: Mapping[str, bytes], vocabulary: Vocabulary) -> list[Finding]:
    """Everything there is to say about `files` (path → bytes), sorted by file and line.

    Any BPMN or DMN file may come, ours or not, alone or as a whole release; forms, limits and scenarios beside them are
    passed over. A file that cannot be read is one error. With no `error` among the findings the files can be published.
    """
    findings: list[Finding] = []
    diagrams: dict[str, Diagram] = {}
    reports: dict[str, Report] = {}
    tables: dict[str, bytes] = {}
    for file in sorted(name for name in files if not name.lower().endswith(_NO_MODEL)):
        try:
            root = read_xml(file, files[file])
        except Refusal as refusal:
            findings.append(_unreadable(file, refusal))
            continue
        if is_dmn(root):
            tables[file] = files[file]
        elif local_name(root.tag) == "definitions" and namespace(root.tag) == BPMN:
            diagram, report = read_diagram(file, root), Report(file, vocabulary)
            reports[file] = report
            if _is_small_enough(diagram, report):
                diagrams[file] = diagram
        else:
            findings.append(Finding(file, 1, "", "xml.not_a_model", "error", _not_a_model(root.tag)))
    decisions, about_tables = read_decisions(tables)
    findings += about_tables
    for decision in decisions.values():
        findings += check_table(decision)
    for file, diagram in diagrams.items():
        _check_diagram(diagram, reports[file])
    if diagrams:
        check_release(diagrams, decisions, reports)
    for report in reports.values():
        findings += report.findings
    return sorted(findings)


def _is_small_enough(diagram: Diagram, report: Report) -> bool:
    """What nobody can read is not looked at any further, so that a check always ends soon."""
    scopes = list(diagram.scopes())
    elements, flows = sum(len(scope.nodes) for scope in scopes), sum(len(scope.flows) for scope in scopes)
    small = elements <= MOST_ELEMENTS and flows <= MOST_FLOWS and len(diagram.processes) <= MOST_PROCESSES
    if not small:
        message = f"The file holds {elements:,} elements, {flows:,} flows and {len(diagram.processes):,} processes."
        most = f"At most {MOST_ELEMENTS:,}, {MOST_FLOWS:,} and {MOST_PROCESSES}: draw parts as files of their own."
        report.error(diagram.root, "bpmn.too_large", message, most)
    return small


def _check_diagram(diagram: Diagram, report: Report) -> None:
    check_words(diagram.root, report)
    check_references(diagram, report)
    if not diagram.processes:
        report.error(diagram.root, "bpmn.no_process", "The file holds no process.", "Draw a process.")
    for scope in diagram.scopes():
        check_shape(scope, report)
        check_gateways(scope, report)
        check_events(scope, diagram, report)
        check_activities(scope, diagram, report)
        check_tokens(scope, report)
    _check_drawing(diagram, report)


def _check_drawing(diagram: Diagram, report: Report) -> None:
    """Without shapes a file runs, but no editor can show it."""
    drawn = {
        (one.get("bpmnElement") or "").rpartition(":")[2]
        for one in diagram.root.iter()
        if namespace(one.tag) in DRAWING and one.get("bpmnElement")
    }
    nodes = [node for scope in diagram.scopes() for node in scope.nodes.values()]
    missing = [node for node in nodes if node.id not in drawn]
    if missing:
        what = "Nothing" if len(missing) == len(nodes) else missing[0].label
        first = diagram.processes[0].xml if len(missing) == len(nodes) else missing[0].xml
        has = "has a shape" if what == "Nothing" else "has no shape"
        report.warning(
            first, "bpmn.not_drawn", f"{what} in this file {has}: it cannot be drawn.", "Save it from the editor."
        )


def _unreadable(file: str, refusal: Refusal) -> Finding:
    return Finding(file, int(refusal.facts.get("line", 0)), "", refusal.code, "error", refusal.sentence)


def _not_a_model(tag: str) -> str:
    space = namespace(tag)
    return f'This is no BPMN 2.0 or DMN file: its root is "{local_name(tag)}"{f" of {space}" if space else ""}.'
