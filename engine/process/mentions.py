"""Comments that name somebody: a colleague or a unit that may see the case gets a notice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases import Case, Wall, lock_case, visits_of, wall_of
from engine.errors import REQUIRED, Invalid
from engine.people import WORKING, Person, Viewer
from engine.process.push import record
from engine.process.story import Story
from engine.process.world import World
from engine.tasks import Staff, Task, staff_of
from engine.territory import Unit, ancestors, units_by_id

MOST_PEOPLE = 80
CANNOT_SEE = {
    "zh": "只能告知能看到此案件的人和单位。",
    "en": "Only people and units that may see the case can be told.",
}


@dataclass(frozen=True, slots=True)
class Mentionable:
    """Whom a comment may name: units the case is or was with, and those who work there. Nearest to the place first."""

    units: Sequence[Unit]
    people: Sequence[Person]


NOBODY = Mentionable((), ())


def mentionable(session: Session, case: Case, viewer: Viewer) -> Mentionable:
    """Four queries, or none for a confidential case: nobody else may see that."""
    if case.confidential:
        return NOBODY
    asked = session.scalars(select(Task.unit_id).where(Task.case_id == case.id).distinct()).all()
    ids = {*ancestors(case.place_id), *asked, *(visit.unit_id for visit in visits_of(session, case.id))}
    return _mentionable(units_by_id(session, ids).values(), wall_of(session, case), viewer, staff_of(session, ids))


def mentionable_in(session: Session, story: Story, viewer: Viewer, staff: Staff | None = None) -> Mentionable:
    """`mentionable` for whoever has read the case anyway: one query, or none with the `staff` of `units_of_story`."""
    if story.case.confidential:
        return NOBODY
    units = [story.units[each] for each in units_of_story(story)]
    return _mentionable(units, story.wall, viewer, staff or staff_of(session, [unit.id for unit in units]))


def units_of_story(story: Story) -> list[str]:
    """The units the case is or was with, those it asked something, and those above its place."""
    ids = {*ancestors(story.case.place_id), *(task.unit_id for task in story.tasks), *(v.unit_id for v in story.visits)}
    return [each for each in ids if each in story.units]


def _mentionable(known: Iterable[Unit], wall: Wall, viewer: Viewer, staff: Staff) -> Mentionable:
    units = [unit for unit in known if not wall.shuts_out(unit.id)]
    units.sort(key=lambda unit: (-unit.id.count("."), unit.id))
    near = [unit.id for unit in units if unit.parent_id is not None]
    people = {person.id: person for unit in near for person, role in staff.get(unit, ()) if role in WORKING}
    named = [person for id_, person in sorted(people.items()) if id_ not in (viewer.person_id, *wall.people)]
    return Mentionable(units, named[:MOST_PEOPLE])


def named_in(text: str, known: Mentionable) -> tuple[frozenset[int], frozenset[str]]:
    """The people and units whose name stands in the text behind an @, in either language; the longest name wins."""
    found: dict[str, list[int | str]] = {}
    called: list[tuple[str, int | str]] = []
    called += [(name, each.id) for each in known.people for name in {each.name_zh, each.name_en}]
    called += [(name, each.id) for each in known.units for name in {each.name_zh, each.name_en}]
    for name, id_ in called:
        found.setdefault(name.casefold(), []).append(id_)
    longest_first = sorted(found, key=len, reverse=True)
    named: list[int | str] = []
    for piece in text.casefold().replace("＠", "@").split("@")[1:]:
        named += next((found[name] for name in longest_first if piece.startswith(name)), [])
    return (
        frozenset(each for each in named if isinstance(each, int)),
        frozenset(each for each in named if isinstance(each, str)),
    )


def comment(
    session: Session,
    world: World,
    case_id: int,
    text: str,
    *,
    viewer: Viewer,
    now: datetime,
    people: Collection[int] = (),
    units: Collection[str] = (),
) -> None:
    """Writes a remark into the history of a case, open or closed, and tells whom it names.

    Named are `people` and `units`, and whoever stands in the text behind an @. Raises Invalid without a text, and for
    somebody who may not see the case.
    """
    case = lock_case(session, case_id)
    if not text.strip():
        raise Invalid("field.required", "text is needed.", fields={"text": REQUIRED})
    told_people, told_units = frozenset(people), frozenset(units)
    if told_people or told_units or "@" in text or "＠" in text:
        known = mentionable(session, case, viewer)
        if told_people - {each.id for each in known.people} or told_units - {each.id for each in known.units}:
            raise Invalid("mention.cannot_see", CANNOT_SEE["en"], fields={"tell": CANNOT_SEE})
        written_people, written_units = named_in(text, known)
        told_people, told_units = told_people | written_people, told_units | written_units
    told = {"people": sorted(told_people), "units": sorted(told_units)}
    record(
        session,
        case,
        "comment.made",
        actor_id=viewer.person_id,
        now=now,
        facts={"text": text, **told},
        told={**told, "by": viewer.person_id},
    )
