"""Equal starts of one process: worked out once, and then written down anew with the instants of each.

The runtime is a function of the process, its data and what the host answers. Of a start that asked the host for
nothing but the ends of steps, all else is the same when the data are; a thousand cases that begin alike need not walk
the diagram a thousand times.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from engine.runtime.driver import start
from engine.runtime.package import Package
from engine.runtime.state import dumped
from engine.runtime.values import Advance, Data, Due, DueCall, Host, ServiceCall

KEPT = 500
"""So many different starts are remembered; the one that was not asked for longest goes first."""


class Starts:
    """Remembers the starts of one package. Not to be shared between threads."""

    def __init__(self, package: Package, own: frozenset[str]) -> None:
        """`own` are variables that tell one instance from another and that nothing in the package looks at."""
        self._package = package
        self._own = own
        self._known: OrderedDict[str, _Start | None] = OrderedDict()

    def start(self, process_id: str, data: Data, host: Host) -> Advance:
        """What `runtime.start` gives, byte for byte. Raises as it does."""
        told = self.again(process_id, data, host)
        if told is not None:
            return told
        own, key = self._own_of(process_id, data)
        if key in self._known:
            return start(self._package, process_id, data, host)
        while len(self._known) >= KEPT:
            self._known.popitem(last=False)
        advance, self._known[key] = self._learn(process_id, data, host, own)
        return advance

    def again(self, process_id: str, data: Data, host: Host) -> Advance | None:
        """The same without a step of the diagram; None for a start that is not known, or has to be worked out anew."""
        own, key = self._own_of(process_id, data)
        known = self._known.get(key)
        if known is None:
            return None
        self._known.move_to_end(key)
        return known.again(own, host)

    def _own_of(self, process_id: str, data: Data) -> tuple[dict[str, Any], str]:
        """What is the instance's own, and the rest as a key: JSON tells `true` from 1, as Python does not."""
        own = {name: data[name] for name in self._own if name in data}
        rest = {name: value for name, value in data.items() if name not in own}
        return own, json.dumps([process_id, rest], sort_keys=True)

    def _learn(self, process_id: str, data: Data, host: Host, own: Data) -> tuple[Advance, _Start | None]:
        asked: list[tuple[DueCall, Due]] = []
        called: list[ServiceCall] = []

        def due(call: DueCall) -> Due:
            answer = host.due(call)
            asked.append((call, answer))
            return answer

        def call(service: ServiceCall) -> Any:
            called.append(service)
            return host.call(service)

        advance = start(self._package, process_id, data, replace(host, due=due, call=call))
        return advance, None if called or advance.thrown else _pattern(advance, asked, own)


@dataclass(frozen=True, slots=True)
class _Start:
    """`plain` is the state as JSON, `own` its dictionaries that hold what is the instance's own; `armed` says by timer
    which of the questions gave its end, and where the state keeps it."""

    advance: Advance
    asked: tuple[DueCall, ...]
    plain: dict[str, Any]
    own: tuple[dict[str, Any], ...]
    armed: tuple[tuple[int, list[Any]], ...]

    def again(self, own: Data, host: Host) -> Advance:
        ends = [host.due(replace(call, data={**call.data, **own})) for call in self.asked]
        for frame in self.own:
            frame.update(own)
        timers = []
        for timer, (number, kept) in zip(self.advance.timers, self.armed, strict=True):
            end = ends[number]
            kept[0], kept[1], kept[2] = end.at.isoformat(), end.step, end.length
            timers.append(replace(timer, due_at=end.at, step=end.step, length=end.length))
        return replace(
            self.advance,
            state=dumped(self.plain),
            tasks=tuple(replace(task, data={**task.data, **own}) for task in self.advance.tasks),
            timers=tuple(timers),
            data={**self.advance.data, **own},
        )


def _pattern(advance: Advance, asked: list[tuple[DueCall, Due]], own: Data) -> _Start | None:
    """None for a start that cannot be told again: a timer whose end is not one answer of the host's."""
    plain = json.loads(advance.state)
    rows = {f"t{row[0]}": row[4] for row in plain["t"] if len(row) > 4}
    armed = []
    for timer in advance.timers:
        questions = [number for number, (call, _) in enumerate(asked) if call.element == timer.element]
        if len(questions) != 1 or timer.step is None or rows[timer.token]["a"][3] is not None:
            return None
        armed.append((questions[0], rows[timer.token]["a"]))
    frames = tuple(each for each in _frames(plain) if own.items() <= each.items())
    return _Start(advance, tuple(call for call, _ in asked), plain, frames, tuple(armed))


def _frames(plain: dict[str, Any]) -> list[dict[str, Any]]:
    """Every dictionary of data in a state."""
    found = [plain["d"]]
    for row in plain["t"]:
        more = row[4] if len(row) > 4 else {}
        found += [more["f"][0]] if "f" in more else []
        found += [more["i"]] if isinstance(more.get("i"), dict) else []
    return found
