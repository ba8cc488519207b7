"""Publishing: a whole set of files becomes the release that new cases start on, or is refused with all reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from engine.deploy.model import Release
from engine.deploy.releases import store_release
from engine.deploy.verdict import judge


def publish(
    session: Session,
    files: Mapping[str, bytes],
    *,
    reason: str,
    actor_id: int | None,
    now: datetime,
    expected: int | None = None,
    limits_may_miss: bool = False,
) -> Release:
    """Checks, compiles and plays every scenario, then stores the release. Running cases keep theirs.

    The same files as the newest release give that one again. Raises Invalid `publish.refused` with `findings`,
    or `publish.scenario_failed` with `failed`; Conflict when somebody else published meanwhile (`expected`).
    """
    judge(files, limits_may_miss=limits_may_miss).must_pass()
    return store_release(session, files, reason=reason, actor_id=actor_id, now=now, expected=expected)
