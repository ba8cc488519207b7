"""The invented district as rows: 10,591 units and the people who lead, handle, dispatch, decide and operate there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from engine.people import Membership, Person
from engine.store import table_of
from engine.territory import Unit, UnitRow, generate_district, longhua_figures

GIVEN = "建国志明淑芬美玲雅婷俊杰家豪怡君文雄秀英金龙玉兰海燕春梅晓东小红国强永强丽娜伟明静怡思源子涵浩然梓轩雨桐佳怡"
PINYIN = {
    "陈": "Chen", "林": "Lin", "黄": "Huang", "张": "Zhang", "李": "Li", "王": "Wang", "吴": "Wu", "刘": "Liu",
    "蔡": "Cai", "杨": "Yang", "郑": "Zheng", "谢": "Xie", "许": "Xu", "洪": "Hong", "郭": "Guo", "赖": "Lai",
    "曾": "Zeng", "邱": "Qiu", "周": "Zhou", "叶": "Ye", "苏": "Su", "庄": "Zhuang", "江": "Jiang", "吕": "Lü",
    "何": "He", "罗": "Luo", "高": "Gao", "萧": "Xiao", "潘": "Pan", "简": "Jian", "朱": "Zhu", "钟": "Zhong",
    "游": "You", "詹": "Zhan", "胡": "Hu", "施": "Shi", "沈": "Shen", "余": "Yu", "赵": "Zhao", "卢": "Lu",
    "梁": "Liang", "颜": "Yan", "柯": "Ke", "孙": "Sun", "魏": "Wei", "翁": "Weng", "戴": "Dai", "范": "Fan",
    "宋": "Song", "方": "Fang", "邓": "Deng", "杜": "Du", "傅": "Fu", "侯": "Hou", "曹": "Cao", "薛": "Xue",
    "丁": "Ding", "卓": "Zhuo", "马": "Ma",
}  # fmt: skip
FAMILY = "".join(PINYIN)

STAFF: dict[str, tuple[tuple[str, ...], ...]] = {
    "building": (("lead",),),
    "grid": (("lead", "handler"),),
    "zone": (("lead", "handler"),),
    "community": (("lead",), ("handler", "clerk"), ("mediator", "handler"), ("handler",)),
    "street": (
        ("leader",),
        ("lead",),
        ("dispatcher", "clerk"),
        ("dispatcher",),
        ("mediator", "handler"),
        ("mediator", "handler"),
        ("handler",),
        ("handler", "quality"),
    ),
    "district": (
        ("leader",),
        ("leader",),
        ("lead", "petition_officer"),
        *((("petition_officer", "handler"),) * 6),
        ("clerk",),
        ("clerk",),
        ("confidential_clerk",),
        *((("dispatcher",),) * 6),
        *((("quality", "petition_officer"),) * 4),
        *((("mediator", "handler"),) * 8),
        ("designer",),
        ("operator",),
    ),
}
"""Per tier, the roles of each person of a unit. Tiers that are not named here get one lead."""

OFFERED: tuple[tuple[str, str], ...] = (
    ("building", "lead"),
    ("grid", "lead"),
    ("zone", "lead"),
    ("community", "lead"),
    ("community", "mediator"),
    ("street", "dispatcher"),
    ("street", "leader"),
    ("street", "quality"),
    ("district", "petition_officer"),
    ("district", "leader"),
    ("district", "clerk"),
    ("district", "designer"),
    ("district", "operator"),
)
"""Who is offered on the demo's sign-in page: the first such person along one line of the tree."""


@dataclass(slots=True)
class _Rows:
    people: list[dict[str, Any]] = field(default_factory=list)
    memberships: list[dict[str, Any]] = field(default_factory=list)


def seed_organisation(session: Session, *, tiers: Sequence[str], seed: int | None = None) -> int:
    """Writes units, people and memberships; gives the number of units. Equal seed, equal rows.

    The deputy of a building, grid or zone is the lead of a neighbour (B角). Ids of people count up along the tree.
    """
    figures = longhua_figures()
    units = generate_district(figures, seed)
    session.execute(insert(table_of(Unit)), [_unit_row(unit) for unit in units])
    rows = _Rows()
    leads: dict[str, int] = {}
    chance = random.Random(figures.seed)
    offered = set(_offered_places(units))
    taken: set[tuple[str, str]] = set()
    for unit in units:
        for roles in STAFF.get(unit.tier, (("lead",),)):
            person_id = len(rows.people) + 1
            show = unit.id in offered and any(
                (unit.tier, role) in OFFERED and (unit.tier, role) not in taken for role in roles
            )
            if show:
                taken.update((unit.tier, role) for role in roles)
            rows.people.append(_person(person_id, unit, roles, chance, offered=show))
            rows.memberships += [{"person_id": person_id, "unit_id": unit.id, "role": role} for role in roles]
            if "lead" in roles:
                leads[unit.id] = person_id
    rows.memberships += list(_deputies(units, leads))
    session.execute(insert(table_of(Person)), rows.people)
    session.execute(insert(table_of(Membership)), rows.memberships)
    return len(units)


def _unit_row(unit: UnitRow) -> dict[str, Any]:
    return {
        "id": unit.id,
        "parent_id": unit.parent_id,
        "tier": unit.tier,
        "seq": unit.seq,
        "name_zh": unit.name_zh,
        "name_en": unit.name_en,
    }


def _person(
    person_id: int, unit: UnitRow, roles: tuple[str, ...], chance: random.Random, *, offered: bool
) -> dict[str, Any]:
    family = chance.choice(FAMILY)
    given = "".join(chance.sample(GIVEN, 2))
    return {
        "id": person_id,
        "username": f"{unit.id.lower()}.{roles[0]}.{person_id}",
        "name_zh": family + given,
        "name_en": f"{PINYIN[family]} {chr(65 + person_id % 26)}.",
        "password_hash": None,
        "locale": None,
        "phone": f"139{person_id:08d}",
        "active": True,
        "offered_in_demo": offered,
    }


def _offered_places(units: Sequence[UnitRow]) -> Iterator[str]:
    """One unit per tier along a single line of the tree, so that the demo people work on the same cases."""
    by_parent: dict[str | None, list[UnitRow]] = {}
    for unit in units:
        by_parent.setdefault(unit.parent_id, []).append(unit)
    here: str | None = None
    while by_parent.get(here):
        unit = by_parent[here][0]
        yield unit.id
        here = unit.id


def _deputies(units: Sequence[UnitRow], leads: dict[str, int]) -> Iterator[dict[str, Any]]:
    """Each lead stands in for the next sibling; an only child is stood in for by the lead above it."""
    siblings: dict[str | None, list[str]] = {}
    for unit in units:
        if unit.id in leads:
            siblings.setdefault(unit.parent_id, []).append(unit.id)
    for parent, ids in siblings.items():
        for index, unit_id in enumerate(ids):
            other = ids[index - 1] if len(ids) > 1 else parent
            if other is not None and other in leads:
                yield {"person_id": leads[other], "unit_id": unit_id, "role": "deputy"}
