"""Who may mediate a case: organisations by how they fit it, each with why; mediators of the one that was asked."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import mediation
from engine.cases import Case, Wall
from engine.mediation import EVERYTHING, MOST_PROPOSED, Candidate, Fit, Kind, Mediator
from engine.people import Membership, Person
from engine.tasks.fields import Choice, Words
from engine.tasks.model import Task
from engine.territory import Unit

HOLDER = Choice(
    "holder",
    Words("本单位自行调解", "This unit mediates itself"),
    heading=Words("不请调解组织", "Without an organisation"),
)
PROPOSED = Words("推荐", "Proposed")
KINDS = {
    Kind.PEOPLES: Words("人民调解委员会", "People's mediation committees"),
    Kind.INDUSTRY: Words("行业性专业性调解委员会", "Industry mediation committees"),
    Kind.ADMINISTRATIVE: Words("行政调解组织", "Administrative mediation"),
    Kind.LAWYER: Words("律师调解组织", "Lawyer mediation"),
    Kind.NAMED: Words("个人品牌调解室", "Named mediation rooms"),
}
LANGUAGES = {
    "mandarin": Words("普通话", "Mandarin"),
    "cantonese": Words("粤语", "Cantonese"),
    "hakka": Words("客家话", "Hakka"),
    "teochew": Words("潮汕话", "Teochew"),
    "english": Words("英语", "English"),
    "sign": Words("手语", "sign language"),
}
DAYS = ("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


def organisations(session: Session, case: Case, wall: Wall, *, on: date | None) -> list[Choice]:
    """The best that fit, the unit itself, then all others under their kinds: the parties may choose any of them."""
    day = on or case.filed_at.date()
    found = mediation.candidates(session, case.place_id, case.category, on=day, wall=wall)
    best = [each for each in found if each.fit is not None][:MOST_PROPOSED]
    taken = {each.unit.id for each in best}
    rest = [each for each in found if each.unit.id not in taken]
    kinds = list(KINDS)
    rest.sort(key=lambda each: kinds.index(Kind(each.organisation.kind)))
    others = [_choice(each, KINDS[Kind(each.organisation.kind)]) for each in rest]
    return [*(_choice(each, PROPOSED) for each in best), HOLDER, *others]


def mediators(session: Session, task: Task, case: Case, wall: Wall, *, on: date | None) -> list[Choice]:
    """Those of the organisation that may be had, who knows such matters first; then the staff of the asked unit."""
    referral = mediation.running(session, case.id)
    organisation_id = None if referral is None else referral.organisation_id
    day = on or task.opened_at.date()
    listed = mediation.mediators_of(session, organisation_id) if organisation_id else ()
    there = [each for each in listed if _is_there(each, day) and each.person_id not in wall.people]
    there.sort(key=lambda each: (not _knows(each, case.category), each.id))
    staff = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.unit_id == task.unit_id, Membership.role.in_(task.role_names), Person.active)
        .order_by(Person.id)
        .distinct()
    )
    accounts = {each.person_id for each in there}
    choices = [
        Choice(str(each.id), Words(each.name_zh, each.name_en), hint=_about(each, case.category)) for each in there
    ]
    return choices + [
        Choice(f"p{person.id}", Words(person.name_zh, person.name_en))
        for person in staff
        if person.id not in accounts and person.id not in wall.people
    ]


def _choice(found: Candidate, heading: Words) -> Choice:
    hint = None if found.fit is None else _why(found.fit, found.area)
    return Choice(found.unit.id, Words(found.unit.name_zh, found.unit.name_en), heading=heading, hint=hint)


def _why(fit: Fit, area: Unit | None) -> Words:
    special = fit.subject != EVERYTHING
    zh = ["专门调解此类纠纷" if special else "各类纠纷均可调解"]
    en = ["knows this kind of matter" if special else "takes every kind of matter"]
    if area is not None:
        zh.append(f"服务{area.name_zh}")
        en.append(f"serves {area.name_en}")
    zh.append(f"在办 {fit.load}/{fit.capacity}" + ("，已满" if fit.is_full else ""))
    en.append(f"{fit.load} of {fit.capacity} at work" + (", full" if fit.is_full else ""))
    return Words(" · ".join(zh), " · ".join(en))


def _about(mediator: Mediator, category: str) -> Words:
    zh, en = [], []
    if _knows(mediator, category):
        zh.append("熟悉此类纠纷")
        en.append("knows such matters")
    spoken = [LANGUAGES[each] for each in mediator.languages if each in LANGUAGES]
    if spoken:
        zh.append("、".join(each.zh for each in spoken))
        en.append(", ".join(each.en for each in spoken))
    zh.append("周" + "、".join(DAYS[0][int(day) - 1] for day in mediator.weekdays))
    en.append(", ".join(DAYS[1][int(day) - 1] for day in mediator.weekdays))
    return Words(" · ".join(zh), " · ".join(en))


def _is_there(mediator: Mediator, day: date) -> bool:
    """From now on, on whichever day of the week."""
    return mediator.to_on is None or day <= mediator.to_on


def _knows(mediator: Mediator, category: str) -> bool:
    return any(category == each or category.startswith(f"{each}.") for each in mediator.skills)
