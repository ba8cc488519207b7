"""Every state has one of the seven words that citizens read."""

import pytest

from engine.cases import PUBLIC_STATES, CaseState, PublicState, public_state


def test_every_state_is_told_and_every_word_is_used() -> None:
    assert set(PUBLIC_STATES) == set(CaseState)
    assert set(PUBLIC_STATES.values()) | {PublicState.MOVED_UP} == set(PublicState)


@pytest.mark.parametrize(
    ("state", "moved", "rose", "told"),
    [
        (CaseState.REGISTERED, False, False, PublicState.RECEIVED),
        (CaseState.ASSIGNED, False, False, PublicState.RECEIVED),
        (CaseState.ASSIGNED, True, True, PublicState.MOVED_UP),
        (CaseState.ASSIGNED, True, False, PublicState.IN_PROGRESS),
        (CaseState.SIGNED_IN, True, True, PublicState.ACCEPTED),
        (CaseState.HANDLING, True, True, PublicState.IN_PROGRESS),
        (CaseState.JOINT, False, False, PublicState.IN_PROGRESS),
        (CaseState.WAITING_PETITIONER, False, False, PublicState.WAITING),
        (CaseState.UPGRADE_PENDING, False, False, PublicState.IN_PROGRESS),
        (CaseState.SUPERVISED, True, True, PublicState.IN_PROGRESS),
        (CaseState.REPLY_PENDING, False, False, PublicState.IN_PROGRESS),
        (CaseState.REOPENED, True, False, PublicState.REOPENED),
        (CaseState.CLOSED, True, True, PublicState.ANSWERED),
        (CaseState.WITHDRAWN, False, False, PublicState.ANSWERED),
        (CaseState.MERGED, False, False, PublicState.ANSWERED),
    ],
)
def test_a_state_in_plain_words(state: CaseState, moved: bool, rose: bool, told: PublicState) -> None:
    assert public_state(state, moved=moved, rose=rose) is told
