"""A log as OCEL 2.0 in JSON: events about cases, tasks and areas. Source: the schema of ocel-standard.org, 2.0."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any

from engine.event_log.model import Event, Trace, Value

KEPT_IN_MEMORY = 8 * 1024 * 1024
OBJECTS = ("case", "task", "area")


def write_ocel(out: IO[bytes], traces: Iterable[Trace]) -> int:
    """Writes events as they come and objects after them from a temporary file; gives how many cases."""
    types = _Types()
    areas: dict[str, None] = {}
    count = 0
    with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as objects:
        out.write(b'{"events":[')
        beginning = True
        for trace in traces:
            count += 1
            for number, event in enumerate(trace.events, 1):
                _put(out, types.event(f"{trace.id}.e{number}", trace, event), first=beginning)
                beginning = False
            for object_ in _objects(trace, types):
                _put(objects, object_, first=objects.tell() == 0)
            areas.update(dict.fromkeys(area for area in (trace.area, *(e.area for e in trace.events)) if area))
        for area in areas:
            _put(objects, {"id": f"area-{area}", "type": "area"}, first=objects.tell() == 0)
        out.write(b'],"objects":[')
        objects.seek(0)
        shutil.copyfileobj(objects, out)
    out.write(b'],"objectTypes":' + _json(types.of_objects()) + b',"eventTypes":' + _json(types.of_events()) + b"}")
    return count


class _Types:
    """Which attributes each type of event and object was seen with: the file has to declare them all."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, str]] = {}
        self.objects: dict[str, dict[str, str]] = {name: {} for name in OBJECTS}

    def event(self, id_: str, trace: Trace, event: Event) -> dict[str, Any]:
        kind = event.activity if event.task is None else f"{event.activity} ({event.lifecycle})"
        told = {**event.attributes, **({"tier": event.tier, "roles": event.roles} if event.tier else {})}
        linked = [{"objectId": trace.id, "qualifier": "about"}]
        if event.task is not None:
            linked.append({"objectId": f"{trace.id}.t{event.task}", "qualifier": "of"})
        if event.area:
            linked.append({"objectId": f"area-{event.area}", "qualifier": "in"})
        return {
            "id": id_,
            "type": kind,
            "time": _instant(event.at),
            "attributes": [
                {"name": name, "value": value} for name, value in self._seen(self.events.setdefault(kind, {}), told)
            ],
            "relationships": linked,
        }

    def object(self, id_: str, kind: str, at: datetime, told: Mapping[str, Value], to: str, how: str) -> dict[str, Any]:
        return {
            "id": id_,
            "type": kind,
            "attributes": [
                {"name": name, "time": _instant(at), "value": value}
                for name, value in self._seen(self.objects[kind], told)
            ],
            "relationships": [{"objectId": to, "qualifier": how}],
        }

    def of_events(self) -> list[dict[str, Any]]:
        return _declared(self.events)

    def of_objects(self) -> list[dict[str, Any]]:
        return _declared(self.objects)

    def _seen(self, known: dict[str, str], told: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
        """A value of another type than was seen before is left out, so that one declaration holds."""
        for name, value in told.items():
            kind = "boolean" if isinstance(value, bool) else "integer" if isinstance(value, int) else "string"
            if known.setdefault(name, kind) == kind:
                yield name, value


def _objects(trace: Trace, types: _Types) -> Iterator[dict[str, Any]]:
    if not trace.events:
        return
    begin = trace.events[0].at
    yield types.object(trace.id, "case", begin, trace.attributes, f"area-{trace.area}", "placed in")
    for event in trace.events:
        if event.task is not None and event.lifecycle == "schedule":
            about = {"activity": event.activity, **event.attributes}
            yield types.object(f"{trace.id}.t{event.task}", "task", event.at, about, trace.id, "part of")


def _declared(types: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": each, "type": kind} for each, kind in attributes.items()]}
        for name, attributes in types.items()
    ]


def _put(out: IO[bytes], value: Mapping[str, Any], *, first: bool) -> None:
    out.write((b"\n" if first else b",\n") + _json(value))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
