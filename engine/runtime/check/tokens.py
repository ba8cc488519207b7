"""What tokens can do on one level: joins that wait for ever, and places where two tokens run where one was meant."""

from __future__ import annotations

from engine.runtime.check.diagram import Node, Scope
from engine.runtime.check.report import Report
from engine.runtime.check.shape import entries
from engine.runtime.net import Net, is_join


def check_tokens(scope: Scope, report: Report) -> None:
    if not any(is_join(node) for node in scope.nodes.values()) and not any(
        _forks(node) for node in scope.nodes.values()
    ):
        return
    net = Net(list(scope.nodes.values()), scope.flows)
    whole = True
    stuck: set[int] = set()
    fired: set[int] = set()
    doubled: set[int] = set()
    for start in entries(scope):
        whole = net.walk(net.begin(start), stuck, fired, doubled) and whole
    for index in sorted(stuck):
        node = net.nodes[index]
        ways = ", ".join(flow.source.label for flow in node.incoming)
        if index not in fired and whole:
            message = f"The join {node.label} can never complete: its ways in ({ways}) are never all taken."
            report.error(
                node.xml, "bpmn.join_never", message, "Join with an exclusive gateway what an exclusive gateway split."
            )
        else:
            message = f"The join {node.label} may wait for ever: on some path not all of {ways} arrive."
            report.warning(node.xml, "bpmn.join_may_wait", message, "Split and join with gateways of the same kind.")
    told: set[Node] = set()
    for place in sorted(doubled):
        culprit = net.merge_before(place)
        if culprit is not None and culprit not in told:
            told.add(culprit)
            message = f"Two tokens can pass {culprit.label}: what follows would be done twice."
            report.warning(
                culprit.xml, "bpmn.two_tokens", message, "Join with a parallel gateway what a parallel gateway split."
            )


def _forks(node: Node) -> bool:
    return (len(node.outgoing) > 1 and node.kind not in ("exclusiveGateway", "eventBasedGateway")) or any(
        not one.interrupting for one in node.boundary
    )
