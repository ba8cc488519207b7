"""Small diagrams for tests, written as one would say them.

    process("p", start(), user("a"), end(), "start -> a -> end")

A string is flows: `a -> b -> c`, `g ->{x == 1} b` with a condition, `g -> b *` for a default.
"""

from __future__ import annotations

import re
from html import escape

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_ARROW = re.compile(r"\s*->(?:\{(.*?)\})?\s*")


class Node(str):
    """XML of one element, with the flow elements it stands for."""


def element(tag: str, id: str, body: str = "", **attributes: str) -> Node:
    said = "".join(f' {name.replace("__", ":")}="{escape(value)}"' for name, value in attributes.items())
    return Node(f'<bpmn:{tag} id="{id}" name="{id}"{said}>{body}</bpmn:{tag}>')


def start(id: str = "start", body: str = "", **attributes: str) -> Node:
    return element("startEvent", id, body, **attributes)


def end(id: str = "end", body: str = "") -> Node:
    return element("endEvent", id, body)


def user(id: str, body: str = "", **attributes: str) -> Node:
    return element("userTask", id, body, **attributes)


def script(id: str, text: str) -> Node:
    return element("scriptTask", id, f"<bpmn:script>{escape(text)}</bpmn:script>")


def service(id: str, topic: str, **params: str) -> Node:
    given = "".join(
        f'<camunda:inputParameter name="{k}">{escape(v)}</camunda:inputParameter>' for k, v in params.items()
    )
    body = extension(f"<camunda:inputOutput>{given}</camunda:inputOutput>") if given else ""
    return element("serviceTask", id, body, camunda__type="external", camunda__topic=topic)


def xor(id: str) -> Node:
    return element("exclusiveGateway", id)


def fork(id: str) -> Node:
    return element("parallelGateway", id)


def inclusive(id: str) -> Node:
    return element("inclusiveGateway", id)


def race(id: str) -> Node:
    return element("eventBasedGateway", id)


def catch(id: str, body: str) -> Node:
    return element("intermediateCatchEvent", id, body)


def throw(id: str, body: str) -> Node:
    return element("intermediateThrowEvent", id, body)


def call(id: str, called: str, body: str = "") -> Node:
    return element("callActivity", id, body, calledElement=called)


def boundary(id: str, host: str, body: str, interrupting: bool = True) -> Node:
    return element("boundaryEvent", id, body, attachedToRef=host, cancelActivity=str(interrupting).lower())


def sub(id: str, *parts: str, tag: str = "subProcess", body: str = "", **attributes: str) -> Node:
    return element(tag, id, body + _inner(parts), **attributes)


def handler(id: str, *parts: str) -> Node:
    return sub(id, *parts, triggeredByEvent="true")


def process(id: str, *parts: str, lanes: dict[str, list[str]] | None = None) -> str:
    drawn = "".join(
        f'<bpmn:lane id="lane_{n}" name="{name}">'
        + "".join(f"<bpmn:flowNodeRef>{one}</bpmn:flowNodeRef>" for one in ids)
        + "</bpmn:lane>"
        for n, (name, ids) in enumerate((lanes or {}).items())
    )
    lane_set = f'<bpmn:laneSet id="{id}_lanes">{drawn}</bpmn:laneSet>' if drawn else ""
    return f'<bpmn:process id="{id}" name="{id}" isExecutable="true">{lane_set}{_inner(parts)}</bpmn:process>'


def definitions(*parts: str) -> bytes:
    """The file: processes, and whatever `message("m")`, `escalation("e")` … declare."""
    return (
        f'<bpmn:definitions {NAMESPACES} id="d" targetNamespace="urn:test">{"".join(parts)}</bpmn:definitions>'.encode()
    )


def message(name: str) -> str:
    return f'<bpmn:message id="{name}" name="{name}"/>'


def declared(kind: str, name: str) -> str:
    """An error or escalation whose id and code are `name`, or a signal."""
    code = f' {kind}Code="{name}"' if kind in ("error", "escalation") else ""
    return f'<bpmn:{kind} id="{name}" name="{name}"{code}/>'


def on(kind: str, name: str | None = None) -> str:
    """An event definition: `on("message", "m")`, `on("terminate")`."""
    reference = f' {kind}Ref="{name}"' if name else ""
    return f"<bpmn:{kind}EventDefinition{reference}/>"


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def when(condition: str) -> str:
    return (
        f"<bpmn:conditionalEventDefinition><bpmn:condition>{escape(condition)}</bpmn:condition>"
        "</bpmn:conditionalEventDefinition>"
    )


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def extension(body: str) -> str:
    return f"<bpmn:extensionElements>{body}</bpmn:extensionElements>"


def instances(
    collection: str | None = None,
    item: str | None = None,
    *,
    count: str | None = None,
    until: str | None = None,
    sequential: bool = False,
    collect: tuple[str, str] | None = None,
) -> str:
    """Multi-instance characteristics. `collect=("all", "one")`: the list `all` receives each instance's `one`."""
    said = f' camunda:collection="{collection}"' if collection else ""
    said += f' camunda:elementVariable="{item}"' if item else ""
    inner = f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>" if count else ""
    if collect:
        inner += f"<bpmn:loopDataOutputRef>{collect[0]}</bpmn:loopDataOutputRef>"
        inner += f'<bpmn:outputDataItem id="o" name="{collect[1]}"/>'
    inner += f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"{said}>{inner}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def _inner(parts: tuple[str, ...]) -> str:
    counter = 0
    out: list[str] = []
    defaults: dict[str, str] = {}
    for part in parts:
        if isinstance(part, Node):
            out.append(part)
            continue
        names = _ARROW.split(part.strip())
        for source, condition, target in zip(names[::2], names[1::2], names[2::2], strict=False):
            counter += 1
            default = target.endswith("*")
            source, target = source.rstrip("* "), target.rstrip("* ")
            flow = f"f_{source}_{target}_{counter}"
            if default:
                defaults[source] = flow
            said = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
            out.append(
                f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{said}</bpmn:sequenceFlow>'
            )
    text = "".join(out)
    for source, flow in defaults.items():
        text = text.replace(f'id="{source}" name="{source}"', f'id="{source}" name="{source}" default="{flow}"', 1)
    return text
