"""What a citizen is told of where a case stands: seven plain words for every state."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from engine.cases.model import CaseState


class PublicState(enum.StrEnum):
    """The words of the field: 已收到, 已受理, 办理中, 等您补充, 已升级, 已答复, 已重开."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    MOVED_UP = "moved_up"
    ANSWERED = "answered"
    REOPENED = "reopened"


PUBLIC_STATES: Mapping[CaseState, PublicState] = {
    CaseState.REGISTERED: PublicState.RECEIVED,
    CaseState.ASSIGNED: PublicState.RECEIVED,
    CaseState.SIGNED_IN: PublicState.ACCEPTED,
    CaseState.HANDLING: PublicState.IN_PROGRESS,
    CaseState.JOINT: PublicState.IN_PROGRESS,
    CaseState.WAITING_PETITIONER: PublicState.WAITING,
    CaseState.MEDIATING: PublicState.IN_PROGRESS,
    CaseState.SUSPENDED: PublicState.IN_PROGRESS,
    CaseState.UPGRADE_PENDING: PublicState.IN_PROGRESS,
    CaseState.SUPERVISED: PublicState.IN_PROGRESS,
    CaseState.REPLY_PENDING: PublicState.IN_PROGRESS,
    CaseState.REOPENED: PublicState.REOPENED,
    CaseState.CLOSED: PublicState.ANSWERED,
    CaseState.WITHDRAWN: PublicState.ANSWERED,
    CaseState.MERGED: PublicState.ANSWERED,
}


def public_state(state: CaseState, *, moved: bool, rose: bool) -> PublicState:
    """`rose`: the present visit began by a rise; `moved`: it is not the first one.

    A case that waits to be signed in is "received" only where it was filed: an upper office makes it "moved up", and
    one that was sent down again is still "in progress".
    """
    told = PUBLIC_STATES[state]
    if told is PublicState.RECEIVED and moved:
        return PublicState.MOVED_UP if rose else PublicState.IN_PROGRESS
    return told
