"""Named places at the borders of statements where a proof may have this process die. Nothing happens unless armed.

`MAPLEBRIDGE_FAILPOINT=state-saved:kill` kills the process (SIGKILL: nothing is tidied up) when it first comes past,
`state-saved:kill:3` the third time. `bench/prove/kill.py` lives on it.
"""

from __future__ import annotations

import os
import signal

FAILPOINTS = (
    "picked",
    "case-written",
    "history-written",
    "outbox-written",
    "state-saved",
    "clocks-closed",
    "clocks-armed",
    "tasks-withdrawn",
    "tasks-opened",
    "before-commit",
    "after-commit",
    "sent-not-marked",
    "message-sent-not-marked",
)

_armed: str | None = None
_left = 0


def arm_failpoint(text: str | None) -> None:
    """Arms one place, as the environment variable would; None disarms. Raises ValueError for a place there is not."""
    global _armed, _left
    name, _, rest = (text or "").partition(":")
    act, _, times = rest.partition(":")
    if text and (name not in FAILPOINTS or act != "kill"):
        raise ValueError(f"{text!r}: write one of {', '.join(FAILPOINTS)}, then :kill, and :3 for the third time.")
    _armed, _left = (name, int(times or 1)) if text else (None, 0)


def failpoint(name: str) -> None:
    """The process comes past a place."""
    if _armed is not None:
        _come_past(name)


def _come_past(name: str) -> None:
    global _left
    if name == _armed:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


arm_failpoint(os.environ.get("MAPLEBRIDGE_FAILPOINT"))
