"""The smallest diagrams, put together from pieces, and what the check finds in them."""

from __future__ import annotations

from engine.runtime.check import check
from engine.runtime.values import Finding
from engine.vocabulary import WORDS

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:x="urn:x" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">'
)
DECLARED = (
    '<message id="M" name="m_withdraw"/><message id="Alien" name="m_alien"/>'
    '<signal id="S" name="s"/><error id="E" errorCode="e"/><escalation id="X" escalationCode="x"/>'
)
ASKED = 'camunda:candidateGroups="lead" camunda:formKey="handle"'
USER = f'<userTask id="a" {ASKED}/>'
PLAIN = '<startEvent id="s"/><endEvent id="e"/>'


def flows(text: str) -> str:
    """`s>a a>e` or `g>a?x == 1`; a flow is called `g_a`."""
    said = []
    for one in text.split("; "):
        ends, _, condition = one.partition("?")
        source, target = ends.split(">")
        inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        said.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'
        )
    return "".join(said)


def process(body: str, *, name: str = "p", executable: str = "true") -> str:
    return f'<process id="{name}" isExecutable="{executable}">{body}</process>'


def file(*parts: str) -> bytes:
    return f"{HEAD}{DECLARED}{''.join(parts)}</definitions>".encode()


def found(body: str) -> list[Finding]:
    """What is said about one process, without what every such diagram is told (it has no shapes)."""
    return [one for one in check({"a.bpmn": file(process(body))}, WORDS) if one.code not in ("bpmn.not_drawn",)]


def around(task: str, name: str = "a") -> str:
    """A start, the task, an end."""
    return PLAIN + task + flows(f"s>{name}; {name}>e")


def catching(body: str) -> str:
    return around(f'<intermediateCatchEvent id="a">{body}</intermediateCatchEvent>')


def timer(kind: str, text: str, *, host: str = USER, attributes: str = "") -> str:
    event = f'<boundaryEvent id="b" attachedToRef="a" {attributes}>{timing(kind, text)}</boundaryEvent>'
    return around(host) + event + '<endEvent id="late"/>' + flows("b>late")


def timing(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def many(inside: str, attributes: str = "") -> str:
    loop = f"<multiInstanceLoopCharacteristics {attributes}>{inside}</multiInstanceLoopCharacteristics>"
    return around(f'<userTask id="a" {ASKED}>{loop}</userTask>')


def service(topic: str, *params: str) -> str:
    given = "".join(f'<camunda:inputParameter name="{name}">"x"</camunda:inputParameter>' for name in params)
    return around(
        f'<serviceTask id="a" camunda:type="external" camunda:topic="{topic}"><extensionElements>'
        f"<camunda:inputOutput>{given}</camunda:inputOutput></extensionElements></serviceTask>"
    )


def listener(inside: str) -> str:
    return around(f'<userTask id="a" {ASKED}><extensionElements>{inside}</extensionElements></userTask>')


def subprocess(inside: str, attributes: str = "", kind: str = "subProcess") -> str:
    return f'<{kind} id="a" {attributes}>{inside}</{kind}>'


def event_subprocess(start: str) -> str:
    inside = f'{start}<endEvent id="ie"/>' + flows("is>ie")
    return around(USER) + f'<subProcess id="h" triggeredByEvent="true">{inside}</subProcess>'


def gateway(kind: str, rest: str, attributes: str = "") -> str:
    return f'{PLAIN}<{kind} id="g" {attributes}/>{USER}<userTask id="b" {ASKED}/>{rest}'


INSIDE = '<startEvent id="is"/><endEvent id="ie"/>' + flows("is>ie")
WAIT = '<intermediateCatchEvent id="{}"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
LINK = '<linkEventDefinition name="{}"/>'
