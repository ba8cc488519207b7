"""What tests of acts by the API say again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from engine.clock import ManualClock

GRID, BUILDING = "LHQ.MZ.01.01.01", "LHQ.MZ.01.01.01.01"
Do = Callable[..., Any]
WHY = {"reason": "接口测试"}
MATTER = {
    "channel": "hotline_12345", "kind": "dispute", "category": "neighbour.leak", "title": "楼上漏水",
    "description": "多次沟通未果。", "place_id": GRID,
}  # fmt: skip


def at(clock: ManualClock, **later: float) -> str:
    return (clock.now() + timedelta(**later)).isoformat()
