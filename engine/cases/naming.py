"""Naming the parties of a case: what may be said of one, and whom it shuts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict
from sqlalchemy.orm import Session

from engine.cases.wall import RESPONDENT, Wall
from engine.people import names
from engine.territory import is_top, units_by_id

ROLES = ("applicant", RESPONDENT, "third_party", "representative", "witness")
TYPES = ("person", "group", "org", "agency")
LONGEST = {"name": 120, "phone": 40, "address": 300, "id_number": 32}


@dataclass(frozen=True, slots=True)
class PartyIn:
    """Somebody the matter is between: `type` is person, group, org or agency."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    role: str
    name: str
    type: str = "person"
    phone: str | None = None
    address: str | None = None
    protected: bool = False
    id_number: str | None = None
    unit_id: str | None = None
    person_id: int | None = None
    """A unit or handler of the district that is meant. As respondent they never see the case."""


Words = Mapping[str, str]


def faults_of(session: Session, parties: Sequence[PartyIn]) -> dict[tuple[int, str], Words]:
    """What is wrong with each, by (place in the list, field). At most two queries, none where nobody of the district is
    meant."""
    units = units_by_id(session, {party.unit_id for party in parties if party.unit_id})
    people = names(session, {party.person_id for party in parties if party.person_id})
    wrong: dict[tuple[int, str], Words] = {}
    for at, party in enumerate(parties):
        for field, most in LONGEST.items():
            if len(getattr(party, field) or "") > most:
                wrong[at, field] = {"zh": f"最多 {most} 个字。", "en": f"At most {most} characters."}
        if not party.name.strip():
            wrong[at, "name"] = {"zh": "请填写姓名或名称。", "en": "A party needs a name."}
        if party.role not in ROLES:
            wrong[at, "role"] = {"zh": "请选择角色。", "en": "Choose a role."}
        if party.type not in TYPES:
            wrong[at, "type"] = {"zh": "请选择类型。", "en": "Choose a type."}
        if party.unit_id and party.unit_id not in units:
            wrong[at, "unit_id"] = {"zh": f"没有“{party.unit_id}”这个单位。", "en": f"No unit {party.unit_id!r}."}
        elif party.unit_id and party.role == RESPONDENT and is_top(party.unit_id):
            wrong[at, "unit_id"] = {
                "zh": "对最高一级单位的投诉不能在本系统办理，请转上级机关。",
                "en": "Nobody here stands above this unit; a complaint about it belongs to a higher authority.",
            }
        if party.person_id and party.person_id not in people:
            wrong[at, "person_id"] = {"zh": "没有这个人员。", "en": "There is no such handler."}
    return wrong


def wall_about(parties: Iterable[PartyIn]) -> Wall:
    accused = [party for party in parties if party.role == RESPONDENT]
    return Wall(
        frozenset(party.unit_id for party in accused if party.unit_id),
        frozenset(party.person_id for party in accused if party.person_id),
    )
