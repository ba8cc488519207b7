"""One decision on several findings: what it would do to each, and doing it to all that allow it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from engine.cases import Case
from engine.detection.decide import accept_pair, dismiss, may_decide, was_decided
from engine.detection.model import Finding, FindingKind, FindingState
from engine.detection.rows import Line, pairs, some
from engine.errors import Conflict, NotAllowed, Refusal
from engine.people import Viewer
from engine.process import World
from engine.reasons import reason_given
from engine.territory import Unit

MOST_AT_ONCE = 50


class Verdict(enum.StrEnum):
    """`merge`: of each pair, the case that came later is carried on by the earlier. `dismiss`: nothing is to them."""

    MERGE = "merge"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of several findings to decide on; `refusal` says why it is left out."""

    line: Line
    pair: Sequence[Case]
    """The cases of a pair, the one that came first before the other; of no pair: none."""
    refusal: Refusal | None


def choose(
    session: Session, world: World, finding_ids: Sequence[int], verdict: Verdict, *, viewer: Viewer
) -> tuple[list[Chosen], Mapping[str, Unit]]:
    """What a verdict would do to each, in their order, and the units of their places. Changes nothing.

    Findings that the viewer may not see are left out without a word. Five statements.
    """
    found = some(session, viewer, sorted(set(finding_ids))[:MOST_AT_ONCE])
    cases = pairs(session, [line.finding for line in found.lines])
    chosen = []
    for line in found.lines:
        pair = cases.get(line.finding.id, ())
        chosen.append(Chosen(line, pair, _refusal(verdict, line.finding, pair, viewer, world)))
    return chosen, found.units


def decide_on(
    session: Session,
    world: World,
    finding_ids: Sequence[int],
    verdict: Verdict,
    reason: str,
    *,
    viewer: Viewer,
    now: datetime,
) -> int:
    """Does it to every one that allows it, in one transaction; gives to how many. Raises Invalid for no reason."""
    reason = reason_given(reason)
    done = 0
    for each in choose(session, world, finding_ids, verdict, viewer=viewer)[0]:
        if each.refusal is not None:
            continue
        finding_id = each.line.finding.id
        try:
            with session.begin_nested():
                match verdict:
                    case Verdict.MERGE:
                        accept_pair(session, world, finding_id, each.pair[0].id, reason, viewer=viewer, now=now)
                    case Verdict.DISMISS:
                        dismiss(session, world, finding_id, reason, viewer=viewer, now=now)
                    case _:
                        assert_never(verdict)
            done += 1
        except Refusal:
            continue  # somebody was quicker, or one that was decided on just now has ended its case
    return done


def _refusal(verdict: Verdict, finding: Finding, pair: Sequence[Case], viewer: Viewer, world: World) -> Refusal | None:
    if finding.state != FindingState.OPEN:
        return was_decided(finding)
    if verdict is Verdict.MERGE and finding.kind != FindingKind.DUPLICATE:
        return Conflict("finding.no_pair", "Only pairs are merged together; this one is decided on its own page.")
    if not may_decide(viewer, world, finding):
        return NotAllowed("act.not_yours", "Your roles do not allow this: case.merge.", act="case.merge")
    if verdict is Verdict.MERGE and any(case.ended for case in pair):
        return Conflict("merge.ended", "One of the two has ended already.")
    return None
