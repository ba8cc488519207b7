"""Publishing: a whole set of files becomes the release that new cases start on, or is refused with all reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from engine.deploy.check import check_release
from engine.deploy.model import Release
from engine.deploy.releases import load, store_release
from engine.deploy.scenarios import play_all
from engine.errors import Invalid


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
    findings = check_release(files, limits_may_miss=limits_may_miss)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        first = errors[0]
        raise Invalid(
            "publish.refused",
            f"Not published: {len(errors)} error(s), the first in {first.file} line {first.line}, "
            f"{first.element}: {first.message}",
            findings=findings,
        )
    failed = [outcome for outcome in play_all(load(0, files)) if not outcome.passed]
    if failed:
        raise Invalid(
            "publish.scenario_failed",
            f"Not published: {len(failed)} scenario(s) failed, the first is {failed[0].name}: {failed[0].said}",
            failed=failed,
        )
    return store_release(session, files, reason=reason, actor_id=actor_id, now=now, expected=expected)
