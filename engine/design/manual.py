"""What a process says about itself: who does what, until when at each tier, and what follows. Pure, from its files.

Names stay as the diagram has them (`中文 / English`), words of the vocabulary as their ids; whoever shows a manual says
them in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.deadlines import Limits
from engine.deploy import LoadedRelease
from engine.errors import NotFound
from engine.runtime import DUE, letter_calls, read_xml
from engine.tasks import Field
from engine.vocabulary import LETTERS

FRAMES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
BY_SYSTEM = frozenset({"serviceTask", "scriptTask", "businessRuleTask", "sendTask"})
WAITS = frozenset({"receiveTask", "intermediateCatchEvent"})
MOST_WAYS = 20


@dataclass(frozen=True, slots=True)
class Way:
    """What comes next: the questions of the gateways on the way with the answers that lead there, and its name."""

    said: tuple[tuple[str, str], ...]
    to: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit at the edge of a step, or what a step waits for.

    `step` is its word of limits.yaml; without one, `length` says it as written.
    """

    name: str
    step: str
    by_tier: bool
    length: str
    ends_step: bool
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """What else may end a step or happen beside it: a message, a fault, something it asks for itself."""

    name: str
    kind: str
    message: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One element that does something or waits. `frame` names the frame it stands in."""

    element: str
    kind: str
    name: str
    about: str
    frame: str
    lane: str
    unit: str = ""
    roles: tuple[str, ...] = ()
    many: bool = False
    calls: str = ""
    service: str = ""
    message: str = ""
    fields: tuple[Field, ...] = ()
    letters: tuple[str, ...] = ()
    """Kinds of letters that it calls for, and the one it delivers."""
    clocks: tuple[Clock, ...] = ()
    exits: tuple[Exit, ...] = ()
    ways: tuple[Way, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether a person does it."""
        return self.kind in ("userTask", "manualTask")


@dataclass(frozen=True, slots=True)
class Manual:
    process_id: str
    name: str
    about: str
    path: str
    begins: tuple[Way, ...]
    steps: tuple[Step, ...]
    """In the order in which one comes to them; a frame before what is inside."""
    limits: Mapping[str, Mapping[str, str]]
    """Step of limits.yaml → tier → length as written; `""` for one that is the same at all tiers."""
    ends: tuple[str, ...]


def describe(release: LoadedRelease, process_id: str, tiers: Sequence[str]) -> Manual:
    """Raises NotFound for a process that the release does not have. `tiers` from the lowest to the highest."""
    data, facts = release.process_file(process_id), release.package.processes[process_id]
    root = read_xml(facts.path, data)
    process = next(node for node in root.iter("{*}process") if node.get("id") == process_id)
    reader = _Reader(release, process_id, process)
    starts = [node for node in process if _local(node) == "startEvent"]
    return Manual(
        process_id,
        facts.name,
        _text(process, "documentation"),
        facts.path,
        tuple(way for start in starts for way in reader.ways(start)),
        tuple(reader.steps(process, "")),
        _limits(release.limits[process_id], reader.steps_timed(), tiers),
        tuple(node.get("name") or "" for node in process if _local(node) == "endEvent"),
    )


class _Reader:
    def __init__(self, release: LoadedRelease, process_id: str, process: Any) -> None:
        self.release, self.process_id = release, process_id
        self.nodes = {node.get("id"): node for node in process.iter() if isinstance(node.tag, str) and node.get("id")}
        self.flows: dict[str, list[Any]] = {}
        self.edges: dict[str, list[Any]] = {}
        self.lanes: dict[str, str] = {}
        for node in process.iter():
            match _local(node):
                case "sequenceFlow":
                    self.flows.setdefault(node.get("sourceRef"), []).append(node)
                case "boundaryEvent":
                    self.edges.setdefault(node.get("attachedToRef"), []).append(node)
                case "lane":
                    for held in node.iter("{*}flowNodeRef"):
                        self.lanes[(held.text or "").strip()] = node.get("name") or ""
                case _:
                    pass
        self.messages = {node.get("id"): node.get("name") or "" for node in process.getparent().iter("{*}message")}

    def steps(self, scope: Any, frame: str) -> Iterator[Step]:
        for node in self._in_order(scope):
            kind = _local(node)
            if kind in FRAMES:
                yield self._step(node, kind, frame)
                yield from self.steps(node, node.get("name") or node.get("id"))
            elif kind.endswith("Task") or kind in ("task", "callActivity") or kind in WAITS:
                yield self._step(node, kind, frame)

    def steps_timed(self) -> list[str]:
        """The words of limits.yaml that timers and tasks here ask for, each once."""
        said = [match[1] for node in self.nodes.values() for match in DUE.finditer(_timer(node) or "")]
        said += [value for node in self.nodes.values() if (value := _property(node, "step"))]
        return list(dict.fromkeys(said))

    def ways(self, node: Any) -> tuple[Way, ...]:
        """Through gateways and throwing events to what does something, ends or waits; each place once."""
        found: dict[tuple[tuple[tuple[str, str], ...], str], Way] = {}
        none: tuple[tuple[str, str], ...] = ()
        open_ = [(flow, none, frozenset[str]()) for flow in self.flows.get(node.get("id"), [])]
        while open_ and len(found) < MOST_WAYS:
            flow, said, passed = open_.pop(0)
            if flow.get("name"):
                source = self.nodes[flow.get("sourceRef")]
                question = source.get("name") or "" if _local(source).endswith("Gateway") else ""
                said = (*said, (question, flow.get("name")))
            target = self.nodes.get(flow.get("targetRef"))
            if target is None or target.get("id") in passed:
                continue
            if _local(target).endswith("Gateway") or (
                _local(target) == "intermediateThrowEvent" and not target.get("name")
            ):
                beyond = passed | {target.get("id")}
                open_[:0] = [(each, said, beyond) for each in self.flows.get(target.get("id"), [])]
                continue
            way = Way(said, target.get("name") or target.get("id"))
            found.setdefault((way.said, way.to), way)
        return tuple(found.values())

    def _in_order(self, scope: Any) -> list[Any]:
        """As the flows lead, what happens at an edge after the step; what nothing leads to comes last."""
        here = [node for node in scope if isinstance(node.tag, str) and node.get("id")]
        ids = {node.get("id"): node for node in here}
        order: dict[str, Any] = {}
        waiting = [node for node in here if _local(node) == "startEvent"]
        while waiting:
            node = waiting.pop(0)
            if node.get("id") in order:
                continue
            order[node.get("id")] = node
            after = [ids.get(flow.get("targetRef")) for flow in self.flows.get(node.get("id"), [])]
            waiting += [each for each in (*after, *self.edges.get(node.get("id"), [])) if each is not None]
        return [*order.values(), *(node for node in here if node.get("id") not in order)]

    def _step(self, node: Any, kind: str, frame: str) -> Step:
        id_ = node.get("id")
        form = _camunda(node, "formKey")
        return Step(
            element=id_,
            kind=kind,
            name=node.get("name") or id_,
            about=_text(node, "documentation"),
            frame=frame,
            lane=self.lanes.get(id_, ""),
            unit=_property(node, "unit") or ("holder" if kind == "userTask" else ""),
            roles=tuple(each.strip() for each in _camunda(node, "candidateGroups").split(",") if each.strip()),
            many=any(_local(child) == "multiInstanceLoopCharacteristics" for child in node),
            calls=node.get("calledElement") or "",
            service=_camunda(node, "topic"),
            message=self._message(node),
            fields=self._fields(form),
            letters=_letters(node),
            clocks=tuple(self._clock(each) for each in (node, *self.edges.get(id_, [])) if _timer(each) is not None),
            exits=tuple(self._exit(edge) for edge in self.edges.get(id_, []) if _timer(edge) is None),
            ways=self.ways(node),
        )

    def _fields(self, form: str) -> tuple[Field, ...]:
        if not form:
            return ()
        try:
            return tuple(self.release.form(self.process_id, form).fields.values())
        except NotFound:
            return ()

    def _clock(self, edge: Any) -> Clock:
        written = _timer(edge) or ""
        asked = DUE.search(written)
        return Clock(
            name=edge.get("name") or edge.get("id"),
            step=asked[1] if asked else "",
            by_tier=bool(asked and asked[2]),
            length="" if asked else written,
            ends_step=edge.get("cancelActivity") != "false",
            ways=self.ways(edge),
        )

    def _exit(self, edge: Any) -> Exit:
        definition = next((_local(each) for each in edge if _local(each).endswith("EventDefinition")), "")
        kind = definition.removesuffix("EventDefinition")
        return Exit(edge.get("name") or edge.get("id"), kind, self._message(edge), self.ways(edge))

    def _message(self, node: Any) -> str:
        reference = node.get("messageRef") or next(
            (each.get("messageRef") for each in node if each.get("messageRef")), ""
        )
        return self.messages.get(reference, "")


def _limits(limits: Limits, steps: Sequence[str], tiers: Sequence[str]) -> dict[str, dict[str, str]]:
    """Only steps that the diagram asks for; tiers that share one length are written once."""
    told: dict[str, dict[str, str]] = {}
    for step in steps:
        by_tier = limits.steps.get(step)
        if by_tier is None:
            continue
        lengths = {tier: str(by_tier.get(tier) or by_tier.get("default") or "") for tier in tiers}
        same = len(set(lengths.values())) == 1
        told[step] = {"": next(iter(lengths.values()))} if same else lengths
    return told


def _timer(node: Any) -> str | None:
    """What a timer event says as its time; None for other nodes."""
    definition = next((each for each in node if _local(each) == "timerEventDefinition"), None)
    return None if definition is None else "".join(definition.itertext()).strip()


def _text(node: Any, local: str) -> str:
    return next(((each.text or "").strip() for each in node if _local(each) == local), "")


def _camunda(node: Any, name: str) -> str:
    return node.get(f"{{http://camunda.org/schema/1.0/bpmn}}{name}") or ""


def _letters(node: Any) -> tuple[str, ...]:
    called = [call.kind for call in letter_calls(_property(node, "letter"))]
    return tuple(kind for kind in (*called, _property(node, "delivers").strip()) if kind in LETTERS)


def _property(node: Any, name: str) -> str:
    inside = next((each for each in node if _local(each) == "extensionElements"), ())
    return next(
        (
            each.get("value") or ""
            for block in inside
            for each in block
            if each.get("name") == name and _local(each) == "property"
        ),
        "",
    )


def _local(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
