"""A log as XES. Source: IEEE 1849-2016, with the standard extensions concept, time, lifecycle and organizational."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import IO, Any

from lxml import etree

from engine.event_log.model import Event, Trace, Value

SPACE = b"http://www.xes-standard.org/"
NAMES: Any = {None: SPACE.decode()}
OWN = "maplebridge"
EXTENSIONS = (
    ("Concept", "concept"),
    ("Time", "time"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
)
NOWHERE = "—"


def write_xes(out: IO[bytes], traces: Iterable[Trace], *, name: str) -> int:
    """Writes case by case, keeping none; gives how many. `out` need not be a file on disk."""
    count = 0
    out.write(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016" xes.features="" xmlns="%s">\n' % SPACE
    )
    for each in _head(name):
        _put(out, each)
    for trace in traces:
        _put(out, _trace(trace))
        count += 1
    out.write(b"</log>\n")
    return count


def _put(out: IO[bytes], node: Any) -> None:
    out.write(etree.tostring(node, encoding="utf-8") + b"\n")


def _head(name: str) -> Iterable[Any]:
    for title, prefix in EXTENSIONS:
        yield _tag("extension", name=title, prefix=prefix, uri=f"http://www.xes-standard.org/{prefix}.xesext")
    for_traces, for_events = _tag("global", scope="trace"), _tag("global", scope="event")
    for_traces.append(_text("concept:name", NOWHERE))
    for key in ("concept:name", "lifecycle:transition"):
        for_events.append(_text(key, NOWHERE))
    for_events.append(_tag("date", key="time:timestamp", value=_instant(datetime(1970, 1, 1, tzinfo=UTC))))
    yield for_traces
    yield for_events
    yield _tag("classifier", name="Activity", keys="concept:name")
    yield _tag("classifier", name="Activity and lifecycle", keys="concept:name lifecycle:transition")
    yield _text("concept:name", name)
    yield _text("lifecycle:model", "standard")


def _trace(trace: Trace) -> Any:
    node = _tag("trace")
    node.append(_text("concept:name", trace.id))
    node.append(_text(f"{OWN}:area", trace.area))
    node.extend(_value(f"{OWN}:{key}", value) for key, value in trace.attributes.items())
    node.extend(_event(event) for event in trace.events)
    return node


def _event(event: Event) -> Any:
    node = _tag("event")
    node.append(_text("concept:name", event.activity))
    node.append(_text("lifecycle:transition", event.lifecycle))
    node.append(_tag("date", key="time:timestamp", value=_instant(event.at)))
    for key, said in (("org:role", event.roles), ("org:group", event.area), (f"{OWN}:tier", event.tier)):
        if said:
            node.append(_text(key, said))
    if event.task is not None:
        node.append(_text("concept:instance", str(event.task)))
    node.extend(_value(f"{OWN}:{key}", value) for key, value in event.attributes.items())
    return node


def _value(key: str, value: Value) -> Any:
    if isinstance(value, bool):
        return _tag("boolean", key=key, value="true" if value else "false")
    return _tag("int", key=key, value=str(value)) if isinstance(value, int) else _text(key, value)


def _text(key: str, value: str) -> Any:
    return _tag("string", key=key, value=value)


def _tag(local: str, **attributes: str) -> Any:
    return etree.Element(f"{{{NAMES[None]}}}{local}", attributes, nsmap=NAMES)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
