"""A case as the simulation follows it: what fate has in store, what is asked now, who has worked on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from engine.cases import ENDED
from engine.simulate import shares


@dataclass(slots=True)
class Fate:
    """What will happen to a case unless something else happens first. A stroke is used up when it has fallen."""

    settles: int
    """The tier where it is settled, 0 the lowest."""
    pauses: bool
    supplied: bool
    extends: bool
    joins: bool
    jumps: bool
    downgrades: bool
    withdraws: bool
    returns: bool
    late_sign_in: bool
    stays_unsettled: bool
    """Overdue at the top tier: the ceiling."""
    continues: bool
    instructed: bool
    """A leader gives an instruction as soon as a leader's unit has it."""
    disputes: bool
    mediates: bool

    @classmethod
    def drawn(cls, settles: int, chance: Random, strokes: Mapping[str, bool] | None = None) -> Fate:
        """`strokes` are decided already, whatever is drawn."""

        def falls(share: float) -> bool:
            return chance.random() < share

        fate = cls(
            settles=settles,
            pauses=falls(shares.PAUSED),
            supplied=not falls(shares.NEVER_SUPPLIED),
            extends=falls(shares.EXTENDED),
            joins=falls(shares.JOINT),
            jumps=falls(shares.JUMPED),
            downgrades=falls(shares.DOWNGRADED),
            withdraws=falls(shares.WITHDRAWN),
            returns=falls(shares.RETURNED),
            late_sign_in=falls(shares.LATE_SIGN_IN),
            stays_unsettled=falls(shares.AT_CEILING),
            continues=falls(shares.CONTINUED),
            instructed=falls(shares.INSTRUCTED),
            disputes=falls(shares.DISPUTED),
            mediates=falls(shares.MEDIATED),
        )
        return replace(fate, **(strokes or {}))


@dataclass(frozen=True, slots=True)
class Asked:
    """An open task as its people see it."""

    id: int
    instance_id: int
    process: str
    form: str | None
    unit_id: str
    roles: tuple[str, ...]
    item: str | None
    why: str
    due_at: datetime | None
    given_to: int | None = None
    """Whom alone the diagram asks."""

    @classmethod
    def of(cls, row: Sequence[Any]) -> Asked:
        """From a row of the open tasks that were read."""
        id_, instance_id, process, form, unit_id, roles, *rest = row
        return cls(id_, instance_id, process, form, unit_id, tuple(filter(None, roles.split("|"))), *rest)


@dataclass(slots=True)
class Followed:
    """`open` are the open tasks by id, as of the last look; `worked` those who did what others must check.

    `hands` are all who ever did anything: none of them asks the petitioner afterwards.
    """

    case_id: int
    place_id: str
    chance: Random
    fate: Fate
    tier: str = ""
    holder_id: str = ""
    visit_seq: int = 0
    ended: bool = False
    open: dict[int, Asked] = field(default_factory=dict)
    worked: set[int] = field(default_factory=set)
    hands: set[int] = field(default_factory=set)
    claimed: dict[int, int] = field(default_factory=dict)
    """Who has claimed a task, by task."""
    leaving: dict[int, str] = field(default_factory=dict)
    """How a visit will end when it is not settled there: overdue or request, by visit."""

    def stands(self, tier: str, holder_id: str, visit_seq: int, state: str) -> None:
        """Takes note of what the case's row says."""
        self.tier, self.holder_id, self.visit_seq, self.ended = tier, holder_id, visit_seq, state in ENDED
