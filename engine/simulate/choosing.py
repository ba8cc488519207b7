"""Whom simulated people choose of those a form offers: units to invite, to lead, to mediate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import tasks
from engine.simulate import shares
from engine.simulate.followed import Followed
from engine.tasks import Choice


def one_of(case: Followed, offered: Sequence[Choice]) -> str:
    return case.chance.choice(offered).value if offered else ""


def ruled(case: Followed, offered: Sequence[Choice]) -> dict[str, Any]:
    """The unit that has it is offered first; sometimes another one is found to be the right one."""
    others = [choice.value for choice in offered if choice.value != case.holder_id]
    goes_over = bool(others) and case.chance.random() < shares.GOES_OVER
    lead = case.chance.choice(others[:4]) if goes_over else case.holder_id
    joins = case.chance.random() < shares.JOINS_IN
    rest = [case.holder_id] if goes_over else others[:1]
    return {"lead_unit": lead, "co_units": rest if joins else []}


def asked_to_mediate(case: Followed, offered: Sequence[Choice]) -> str:
    """Mostly the first that is proposed."""
    return (offered[0] if case.chance.random() < shares.AS_PROPOSED else case.chance.choice(offered)).value


def invited(case: Followed, offered: Any) -> list[str]:
    """Two to four units, those nearest to the place first."""
    units = [choice.value for choice in offered if tasks.split_invitee(choice.value)[1] is None]
    place = case.place_id.split(".")

    def near(unit: str) -> int:
        return sum(1 for ours, theirs in zip(place, unit.split("."), strict=False) if ours == theirs)

    closest = sorted(units, key=lambda unit: (-near(unit), unit))[:12]
    return sorted(case.chance.sample(closest, min(len(closest), case.chance.randint(2, 4))))
