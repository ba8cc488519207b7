"""The saved form of an instance: short JSON, one row for each token that still waits, the data once.

It names elements by their ids and holds nothing of the diagram, no instant but due times, and nothing past.
`{"v": 1, "p": process, "n": last token number, "d": data, "t": [[number, holder, element, state, more], …]}`; `holder`
is the number of the token whose inside the row lives in, 0 for the process itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.runtime.elements import CallActivity, Element
from engine.runtime.instance import Frame, Instance, Scope, Token
from engine.runtime.timers import Armed

if TYPE_CHECKING:
    from engine.runtime.package import Package

VERSION = 1
LARGEST_STATE = 1_000_000

_LETTER = {TaskState.READY: "r", TaskState.WAITING: "w", TaskState.STARTED: "s"}
_STATE = {letter: state for state, letter in _LETTER.items()}


def save(instance: Instance) -> bytes:
    """The state after a push. Only call it when the instance rests. Raises Invalid `instance.too_large`."""
    plain = {
        "v": VERSION,
        "p": instance.spec.name,
        "n": instance.number,
        "d": instance.frame.own,
        "t": [_row(instance, token) for token in instance.tokens()],
    }
    if instance.ended:
        plain["x"] = 1
    state = dumped(plain)
    if len(state) > LARGEST_STATE:
        raise Invalid(
            "instance.too_large",
            f"The data of this instance grew to {len(state):,} bytes; {LARGEST_STATE:,} can be kept.",
            bytes=len(state),
        )
    return state


def dumped(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def load(package: Package, state: bytes) -> Instance:
    """The instance of a saved state. Raises Invalid `state.version`, `state.broken` or `state.element`."""
    try:
        plain = json.loads(state)
        version = plain["v"]
    except (ValueError, KeyError, TypeError) as fault:
        raise Invalid("state.broken", "The saved state is not a state of an instance.") from fault
    if version != VERSION:
        raise Invalid("state.version", f"The saved state has version {version!r}; this engine reads {VERSION}.")
    if plain["p"] not in package.specs:
        raise Invalid("state.element", f'The release has no process "{plain["p"]}".', process=plain["p"])
    instance = Instance(package, plain["p"], plain["d"], plain["n"])
    instance.ended = "x" in plain
    scopes: dict[int, Scope | Instance] = {0: instance}
    tokens: dict[int, Token] = {}
    for row in plain["t"]:
        _restore(instance, scopes, tokens, row)
    return instance


def _row(instance: Instance, token: Token) -> list[Any]:
    scope = token.workflow
    holder = scope.holder.number if isinstance(scope, Scope) else 0
    row: list[Any] = [token.number, holder, token.task_spec.bpmn_id, _LETTER[token._state]]
    more = _more(instance, token)
    return [*row, more] if more else row


def _more(instance: Instance, token: Token) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if token.via is not None and token.task_spec.joins:
        more["v"] = token.via
    if token.host is not None:
        more["h"] = token.host.number
    if token.body is not None:
        more["b"] = token.body.number
    if token.race is not None:
        more["e"] = token.race
    if token.listens:
        more["l"] = 1
    if token.seen:
        more["y"] = 1
    if token.armed is not None:
        armed = token.armed
        more["a"] = [armed.due_at.isoformat(), armed.step, armed.length, armed.every, armed.left]
    if token.internal_data:
        more["m"] = token.internal_data
    if token.frame is not token.usual_frame:
        more["f"] = [token.frame.own, list(token.frame.held)]
    inside = instance.subprocesses.get(token.id)
    if inside is not None:
        more["i"] = inside.frame.own if inside.frame.outer is None and inside.frame is not token.frame else 1
    return more


def _restore(instance: Instance, scopes: dict[int, Scope | Instance], tokens: dict[int, Token], row: list[Any]) -> None:
    number, holder, element_id, letter = row[:4]
    more = row[4] if len(row) > 4 else {}
    scope = scopes[holder]
    element = scope.spec.task_specs.get(element_id)
    if element is None:
        raise Invalid(
            "state.element", f'The process "{instance.spec.name}" has no element "{element_id}".', element=element_id
        )
    token = Token(scope, element, number, _STATE[letter])
    tokens[number] = token
    if not more:
        return
    token.via = more.get("v")
    token.host = tokens[more["h"]] if "h" in more else None
    token.body = tokens[more["b"]] if "b" in more else None
    token.race = more.get("e")
    token.listens = "l" in more
    token.seen = "y" in more
    token.internal_data = more.get("m", {})
    if "a" in more:
        due_at, *rest = more["a"]
        token.armed = Armed(datetime.fromisoformat(due_at), *rest)
    token.frame = token.usual_frame
    if "f" in more:
        own, held = more["f"]
        token.frame = Frame(own, token.frame, tuple(held))
    if "i" in more:
        scopes[number] = _inside(instance, token, element, more["i"])


def _inside(instance: Instance, token: Token, element: Element, frame: Any) -> Scope:
    own_data = isinstance(element, CallActivity)
    scope = Scope(element.inside, token, Frame(frame) if own_data else token.frame)
    instance.subprocesses[token.id] = scope
    return scope
