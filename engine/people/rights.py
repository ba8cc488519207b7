"""Who may do what, in one table of predicates. Source: docs/glossary.md roles, authority matrix of the field.

Two questions are always asked together: does a role allow the act, and does the unit lie where the person stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.errors import NotAllowed
from engine.territory import is_within

BLIND = frozenset({"designer", "operator"})
"""Roles that never read a case."""

DECIDING = frozenset(
    {"lead", "deputy", "handler", "mediator", "dispatcher", "leader", "clerk", "petition_officer", "liaison", "quality"}
)
WORKING = DECIDING | {"instructor"}
"""Roles that read the cases of their units; an instructor guides by words and does nothing else."""

ACTS: Mapping[str, frozenset[str]] = {
    "case.read": WORKING | {"confidential_clerk"},
    "case.read_confidential": frozenset({"confidential_clerk"}),
    "case.file": frozenset(
        {"lead", "deputy", "handler", "mediator", "dispatcher", "clerk", "petition_officer", "liaison"}
    ),
    "case.import": frozenset({"dispatcher", "petition_officer"}),
    "case.name_parties": frozenset(
        {"lead", "deputy", "handler", "mediator", "dispatcher", "clerk", "petition_officer", "liaison"}
    ),
    "case.override_triage_up": DECIDING - {"mediator", "quality"},
    "case.override_triage_down": frozenset({"dispatcher", "leader", "petition_officer"}),
    "case.report_risk": DECIDING,
    "case.downgrade": frozenset({"leader", "dispatcher", "petition_officer"}),
    "case.withdraw": frozenset({"lead", "deputy", "handler", "clerk", "dispatcher", "petition_officer"}),
    "case.supply": DECIDING,
    "case.unmask": (DECIDING - {"quality"}) | {"confidential_clerk"},
    "case.step_aside": WORKING,
    "clock.ask_extension": frozenset({"lead", "deputy", "handler", "liaison", "mediator"}),
    "case.instruct": frozenset({"leader", "petition_officer"}),
    "case.merge": frozenset({"lead", "dispatcher", "clerk", "petition_officer"}),
    "finding.read": frozenset({"lead", "dispatcher", "clerk", "petition_officer", "leader"}),
    "postmortem.read": frozenset({"lead", "deputy", "dispatcher", "leader", "petition_officer", "quality"}),
    "postmortem.write": frozenset({"lead", "dispatcher", "leader", "petition_officer"}),
    "postmortem.approve": frozenset({"leader"}),
    "assessment.read": frozenset({"lead", "dispatcher", "leader", "petition_officer", "liaison"}),
    "assessment.write": frozenset({"lead", "dispatcher", "petition_officer", "liaison"}),
    "assessment.approve": frozenset({"leader"}),
    "case.supervise": frozenset({"leader", "dispatcher", "petition_officer"}),
    "card.void": frozenset({"leader", "dispatcher"}),
    "board.read": frozenset({"leader", "dispatcher", "petition_officer"}),
    "document.hide": frozenset({"lead", "deputy", "dispatcher", "leader", "petition_officer"}),
    "task.hand_over": frozenset({"lead", "dispatcher", "leader"}),
    "letter.read": WORKING,
    "letter.issue": DECIDING - {"quality", "clerk"},
    "letter.void": frozenset({"lead", "leader", "petition_officer"}),
    "letter.template": frozenset({"leader", "petition_officer", "designer"}),
    "place.print_codes": frozenset(
        {"lead", "deputy", "handler", "dispatcher", "clerk", "petition_officer", "leader", "operator"}
    ),
    "inspection.do": frozenset({"lead", "deputy", "handler"}),
    "inspection.plan": frozenset({"lead", "dispatcher"}),
    "inspection.read": frozenset({"lead", "deputy", "handler", "dispatcher", "leader", "petition_officer", "quality"}),
    "history.export": frozenset({"leader", "petition_officer", "quality"}),
    "process.measure": frozenset({"designer", "leader", "dispatcher", "petition_officer", "quality"}),
    "figures.read": frozenset({"designer", "leader", "dispatcher", "petition_officer", "quality"}),
    "process.publish": frozenset({"designer"}),
    "process.sample": frozenset({"quality", "leader", "petition_officer"}),
    "session.read": WORKING,
    "session.hold": frozenset({"lead", "deputy", "handler", "clerk", "dispatcher", "petition_officer"}),
    "reception.read": frozenset({"leader", "petition_officer", "clerk", "dispatcher"}),
    "reception.arrange": frozenset({"petition_officer"}),
    "reception.book": frozenset({"petition_officer", "clerk"}),
    "reception.receive": frozenset({"leader", "petition_officer"}),
    "campaign.read": frozenset({"leader", "petition_officer", "dispatcher", "quality"}),
    "campaign.run": frozenset({"petition_officer", "leader"}),
    "case.migrate": frozenset({"designer", "operator"}),
    "case.move_token": frozenset({"operator"}),
    "mediation.read": WORKING | {"operator"},
    "mediation.keep": frozenset({"dispatcher", "leader", "operator", "petition_officer"}),
    "mediation.book": DECIDING - {"leader", "quality"},
    "mediation.offer": DECIDING - {"leader", "quality"},
    "mediation.note": DECIDING,
    "staffing.read": WORKING | {"operator"},
    "staffing.keep": frozenset({"dispatcher", "leader", "operator", "petition_officer"}),
    "force.read": WORKING,
    "force.keep": frozenset({"dispatcher", "leader", "petition_officer"}),
    "guidance.write": frozenset({"instructor"}),
    "matter.raise": frozenset({"delegate"}),
    "unit.tell": frozenset({"lead", "leader", "operator"}),
    "outbound.keep": frozenset({"operator"}),
    "system.operate": frozenset({"operator"}),
}
"""Act → the roles that may do it where they stand."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who is away until then, and what is offered to their deputy meanwhile: (unit id, role) pairs.

    `since` is when the deputy began to stand in: never before that was noted.
    """

    person_id: int
    name_zh: str
    name_en: str
    since: datetime
    until: datetime
    memberships: tuple[tuple[str, str], ...]

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person as the rules see them: `memberships` are (unit id, role) pairs.

    `stands_in_for` widens what is asked of them, and shows the cases of it; never what they may decide by right.
    """

    person_id: int
    name_zh: str
    name_en: str
    locale: str | None
    memberships: tuple[tuple[str, str], ...]
    theme: str | None = None
    muted: frozenset[str] = frozenset()
    must_choose_password: bool = False
    stands_in_for: tuple[StandIn, ...] = ()

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for _, role in self.memberships)

    def units(self, roles: Iterable[str] | None = None) -> tuple[str, ...]:
        """The units where the person holds one of the roles; of None: any working role. Sorted."""
        wanted = WORKING | {"confidential_clerk"} if roles is None else frozenset(roles)
        return tuple(sorted({unit for unit, role in self.memberships if role in wanted}))

    def may(self, act: str, *at: str) -> bool:
        """Whether a role allows the act at one of the units or anywhere above it; without units: anywhere at all.

        About a case one asks with its place and with whoever holds it: the two lie apart once a dispute about
        who handles it was decided.
        """
        return any(
            role in ACTS[act] and (not at or any(is_within(each, unit) for each in at))
            for unit, role in self.memberships
        )

    def must(self, act: str, *at: str) -> None:
        """Raises NotAllowed when `may` says no."""
        if not self.may(act, *at):
            raise NotAllowed("act.not_yours", f"Your roles do not allow this: {act}.", act=act)

    def holds(self, unit_id: str, roles: Iterable[str]) -> bool:
        """Whether the person holds one of the roles in exactly this unit."""
        wanted = frozenset(roles)
        return any(unit == unit_id and role in wanted for unit, role in self.memberships)

    @property
    def offers(self) -> frozenset[tuple[str, str]]:
        """The (unit id, role) pairs whose tasks are offered: their own, and those of people they stand in for."""
        return frozenset(self.memberships).union(*(each.memberships for each in self.stands_in_for))

    @property
    def asked(self) -> tuple[str, ...]:
        """The units whose tasks may be theirs: where they work, and where those work they stand in for. Sorted."""
        away = {unit for each in self.stands_in_for for unit, _ in each.memberships}
        return tuple(sorted(away.union(self.units(WORKING))))

    def is_offered(self, unit_id: str, roles: Iterable[str]) -> bool:
        """Whether a task of that unit for one of the roles is offered to them."""
        offers = self.offers
        return any((unit_id, role) in offers for role in roles)

    @property
    def acting_as(self) -> tuple[int, ...]:
        """The ids of the person and of those they stand in for."""
        return (self.person_id, *(each.person_id for each in self.stands_in_for))

    def acts_for(self, person_id: int | None) -> bool:
        """Whether that is themselves, or somebody they stand in for."""
        return person_id in self.acting_as

    def in_place_of(self, unit_id: str, roles: Iterable[str], claimed_by: int | None) -> StandIn | None:
        """For whom they would do a task that is not offered or given to themselves; None when it is their own."""
        wanted = tuple(roles)
        for each in self.stands_in_for:
            if claimed_by == each.person_id:
                return each
        if claimed_by is not None or self.holds(unit_id, wanted):
            return None
        return next(
            (each for each in self.stands_in_for if any((unit_id, role) in each.memberships for role in wanted)), None
        )
