"""Whether something can be written, found out without writing: to try it would cost a sync each time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal


def lacks(place: Path, *, room_bytes: int) -> Literal["gone", "read_only", "full"] | None:
    """Why a file or folder takes nothing more; None where it does. `full`: its volume has less room than that.

    What is not there yet is made when it is needed: then whatever is above it is looked at. Writes nothing.
    """
    try:
        there = next(each for each in (place, *place.parents) if each.exists())
        free = shutil.disk_usage(there).free
    except OSError:
        return "gone"
    if not os.access(there, os.W_OK):
        return "read_only"
    return "full" if free < room_bytes else None
