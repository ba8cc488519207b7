"""How fast the API may be asked: so many requests a minute for each bearer, and for each address.

Counted in the memory of each node, since a row written for every request would cost more than the request: with
several nodes behind one name a caller gets at most so many times as much. The window slides (GCRA): one instant per
caller says when all of its quota is there again.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import datetime

WINDOW_S = 60
MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Left:
    """What one caller has left after a request. `wait_s` is 0 unless this request was too many."""

    policy: str
    most: int
    left: int
    full_in_s: int
    wait_s: int

    @property
    def refused(self) -> bool:
        return self.wait_s > 0


class Pace:
    """The callers of one node. Used by many threads at once."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, policy: str, caller: str, most: int, *, now: datetime) -> Left:
        """One request of a caller, counted unless it is refused. `most` is at least 1."""
        at, every = now.timestamp(), WINDOW_S / most
        key = f"{policy} {caller}"
        with self._lock:
            full_at = max(self._full_at.get(key, at), at) + every
            over = full_at - at - WINDOW_S
            if over > 1e-6:
                return Left(policy, most, 0, math.ceil(full_at - every - at), math.ceil(over))
            self._full_at[key] = full_at
            if len(self._full_at) > MOST_CALLERS:
                self._forget(at)
        return Left(policy, most, int((WINDOW_S - (full_at - at)) / every + 1e-6), math.ceil(full_at - at), 0)

    def _forget(self, at: float) -> None:
        """Those whose quota is whole; and when all are busy, the quietest half."""
        busy = sorted((each for each in self._full_at.items() if each[1] > at), key=lambda each: each[1])
        self._full_at = dict(busy if len(busy) <= MOST_CALLERS // 2 else busy[len(busy) // 2 :])


def headers_of(counted: list[Left]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 writes them."""
    if not counted:
        return {}
    policies = ", ".join(f'"{each.policy}";q={each.most};w={WINDOW_S}' for each in counted)
    limits = ", ".join(f'"{each.policy}";r={each.left};t={each.full_in_s}' for each in counted)
    return {"RateLimit-Policy": policies, "RateLimit": limits}
