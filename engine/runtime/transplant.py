"""Taking an instance from one package to another: which of its tokens still mean the same there.

Tokens keep their numbers, so that whatever is keyed by them (tasks, deadlines, drafts) goes on as it is; a running
clock keeps its due time, whatever the new diagram says of its length. Watchers at the edge follow the new diagram: one
that is gone is withdrawn, one that is new begins now, one that fired already does not come again.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Refusal
from engine.runtime.foresight import Sources
from engine.runtime.instance import Instance, Token, events
from engine.runtime.likeness import Obstacle, Verdict, judge
from engine.runtime.package import Package
from engine.runtime.state import VERSION, dumped, load, save
from engine.runtime.values import Host


@dataclass(frozen=True, slots=True)
class Transplanted:
    """`state` is empty when there are `obstacles`; `withdrawn` and `added` are elements whose watchers end or begin."""

    state: bytes
    obstacles: tuple[Obstacle, ...] = ()
    withdrawn: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


Shape = tuple[Any, ...]
Verdicts = MutableMapping[Shape, Verdict]
"""By shape, kept by who takes many instances from one package to another: most of them stand alike."""


def transplant(
    old: Package,
    state: bytes,
    new: Package,
    host: Host,
    verdicts: Verdicts | None = None,
    sources: Sources | None = None,
) -> Transplanted:
    """The state of an instance of `old` as one of `new`, or what stands in its way. Nothing of the diagram runs.

    With equal diagrams the state comes back byte by byte. New clocks begin at `host.now`. Without `sources` nothing is
    said about facts that the new diagram will ask for.
    """
    try:
        plain = json.loads(state)
        shape = _shape(plain)
    except (ValueError, KeyError, TypeError, IndexError):
        return Transplanted(b"", (Obstacle("state.broken"),))
    known = {} if verdicts is None else verdicts
    verdict = known.get(shape)
    if verdict is None:
        verdict = known[shape] = judge(old, new, plain["p"], plain["t"], sources)
    if verdict.obstacles:
        return Transplanted(b"", tuple(verdict.obstacles))
    unknown = [need for need in verdict.needs if need.fact not in _known(plain)]
    if unknown:
        return Transplanted(b"", tuple(Obstacle("fact.unknown", need.element, need.fact) for need in unknown))
    if not verdict.withdrawn and not verdict.added:
        return Transplanted(state)
    try:
        carried = _carried(plain, verdict, new, host)
    except _Hindered as hindered:
        return Transplanted(b"", (hindered.obstacle,))
    return Transplanted(
        carried, (), tuple(verdict.withdrawn.values()), tuple(element for _row, element, _listens in verdict.added)
    )


def as_before(before: bytes, after: bytes) -> bytes:
    """The state `before` of an instance that stands at `after` now: no number of a token is given twice."""
    earlier = json.loads(before)
    earlier["n"] = max(earlier["n"], json.loads(after)["n"])
    return dumped(earlier)


def _known(plain: dict[str, Any]) -> set[str]:
    """The names of all facts an instance has, wherever it keeps them."""
    known = set(plain["d"])
    for _token, _holder, _element, _letter, *more in plain["t"]:
        for said in more:
            known.update(said["f"][0] if "f" in said else ())
            known.update(said["i"] if isinstance(said.get("i"), dict) else ())
    return known


class _Hindered(Exception):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.code)
        self.obstacle = obstacle


def _shape(plain: dict[str, Any]) -> Shape:
    """Everything of a state a verdict depends on: neither data nor instants nor how many tokens came before."""
    if plain["v"] != VERSION:
        raise ValueError
    index = {0: -1}
    races: dict[str, int] = {}
    rows: list[Any] = [plain["p"], "x" in plain]
    for number, (token, holder, element, letter, *more) in enumerate(plain["t"]):
        index[token] = number
        row = (index[holder], element, letter)
        if more:
            said = more[0]
            race = races.setdefault(said["e"], len(races)) if "e" in said else None
            step = said["a"][1] or "" if "a" in said else None
            row += (said.get("v"), index.get(said.get("h")), index.get(said.get("b")), race)  # type: ignore[assignment]
            row += ("l" in said, step, "i" in said)  # type: ignore[assignment]
        rows.append(row)
    return tuple(rows)


def _carried(plain: dict[str, Any], verdict: Verdict, new: Package, host: Host) -> bytes:
    numbers = [row[0] for row in plain["t"]]
    rows = [row for index, row in enumerate(plain["t"]) if index not in verdict.withdrawn]
    pruned = dumped({**plain, "t": rows})
    if not verdict.added:
        return pruned
    instance = load(new, pruned)
    instance.host = host
    for row, element_id, listens in verdict.added:
        token = None if row < 0 else instance.token(f"t{numbers[row]}")
        watcher = _watch(instance, token, element_id, listens=listens)
        if watcher.armed is not None and watcher.armed.due_at <= host.now:
            raise _Hindered(Obstacle("clock.past", element_id, watcher.task_spec.bpmn_name or ""))
    return save(instance)


def _watch(instance: Instance, at: Token | None, element_id: str, *, listens: bool) -> Token:
    scope = at.workflow if at is not None and not listens else instance if at is None else instance.subprocesses[at.id]
    element = scope.spec.task_specs[element_id]
    try:
        watcher = events.watch(instance, scope, element)
    except Refusal as refusal:
        raise _Hindered(Obstacle("clock.unknown", element_id, element.bpmn_name or "")) from refusal
    watcher.listens = listens
    watcher.host = None if listens else at
    return watcher
