"""Finding cases by their words, among those a person may see.

The index gives candidates, newest first; `tasks.visible_cases` and the filters decide which of them are shown.
Protected names are asked for separately: for those whom they are not told they change nothing, not even a further page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import Session

from engine.cases import ENDED, Case, Party, is_complex, parties_by_case
from engine.people import WORKING, Viewer
from engine.search.candidates import Question, candidates
from engine.search.index import IS_CLOSED, IS_OPEN, LATE, TEAM, mark, months_between
from engine.search.model import BLOCKS
from engine.search.vocabulary import whole_words
from engine.search.words import Phrase, phrases_of
from engine.store import NUMBERS, among
from engine.tasks import THESE, Task, TaskState, identity_shown, seen_among
from engine.territory import Unit, ancestors, units_by_id, within

LONGEST = 80
PAGE = 20
BATCHES = (40, 200, 1000)
"""How many candidates are looked at for one page, at most; then the page ends, and the next goes on from there."""
STRETCHES = (BLOCKS, BLOCKS, BLOCKS[:2], BLOCKS[1:2])
"""By how far down the tree they stand: little of theirs is in a short stretch, and not too much in all of them."""
LONG = timedelta(days=400)
NEWEST = 200
SHORTEST_PHONE = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: `state` is open, closed or all; `since` and `until` are the first and last instant received.

    `complex` leaves only what is marked so. `before` is the cursor: only cases filed before that id.
    """

    text: str
    state: str = "all"
    category: str = ""
    place_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    complex: bool = False
    before: int | None = None

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        return phrases_of(self.text[:LONGEST])


@dataclass(frozen=True, slots=True)
class Hit:
    case: Case
    place: Sequence[Unit]
    """Highest unit first."""
    parties: Sequence[Party]
    identity_known: bool
    """Whether the asker may know who the protected parties are, and so find the case by them."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A page: by telephone or protected name, then the exact number, then the newest. `next`: what lies before."""

    phrases: tuple[Phrase, ...]
    rows: Sequence[Hit] = ()
    next: int | None = None
    holders: Mapping[str, Unit] = field(default_factory=dict)


def find(
    session: Session, viewer: Viewer, asked: Asked, *, where: Sequence[ColumnElement[bool]] = (), most: int = PAGE
) -> Hits:
    """At most `most` cases that hold every word, and satisfy `where`; with an exact number or phone, some more.

    A page may be short although there is a next one: then no more was found among the newest, and older ones remain.
    """
    phrases = asked.phrases
    if not phrases or not viewer.units(WORKING):
        return Hits(phrases)
    asked = _since_the_first(session, asked)
    where = [*where, *_filters(asked)]
    people = [] if asked.before is not None else _by_person(session, viewer, asked, where)
    cases, following = _by_words(session, viewer, asked, where, most)
    return _told(session, viewer, asked, people, cases, following)


def newest(
    session: Session, viewer: Viewer, asked: Asked, *, where: Sequence[ColumnElement[bool]] = (), most: int = PAGE
) -> tuple[list[Case], int | None]:
    """The newest cases among those of the viewer's units that satisfy `where`, whatever they say, with a cursor.

    For people of a part of the tree: it takes from the index what a page needs, where `visible_cases` alone would first
    gather every case of theirs. Confidential cases are not among them. A page may be short, as that of `find`.
    """
    return _by_words(session, viewer, asked, [*where, *_filters(asked)], most)


def _by_person(session: Session, viewer: Viewer, asked: Asked, where: Sequence[ColumnElement[bool]]) -> list[Case]:
    """The newest few cases of a telephone, or of a protected name: for those only who may know whose it is.

    Telephones are not in the index: a whole one is compared with those of the parties.
    """
    if not viewer.may("case.unmask"):
        return []
    question = Question(asked.phrases, _marks(viewer, asked), stretches=(), protected=True)
    ids = list(candidates(session, question, before=None, most=PAGE))
    figures = "".join(sign for sign in unicodedata.normalize("NFKC", asked.text) if sign.isdigit())
    if len(figures) >= SHORTEST_PHONE and not any(sign.isalpha() for sign in asked.text):
        has_it = select(Party.case_id).where(Party.phone.in_([figures, asked.text.strip()]))
        ids += session.scalars(has_it.order_by(Party.case_id.desc()).limit(PAGE))
    return _seen(session, viewer, ids, where, 2 * PAGE) if ids else []


def _by_words(
    session: Session, viewer: Viewer, asked: Asked, where: Sequence[ColumnElement[bool]], most: int
) -> tuple[list[Case], int | None]:
    cases: list[Case] = []
    before, depth, most_below = asked.before, _depth(viewer, asked), _most_below(session, asked)
    question = Question(
        asked.phrases,
        _marks(viewer, asked),
        whole_words(session, [asked.place_id] if asked.place_id else _shown_to(viewer), asked.phrases),
        STRETCHES[min(depth, 3)],
        by_row=max(1, depth),
        most_below=most_below,
        received_by=asked.until if most_below else None,
    )
    for batch in BATCHES:
        found, looked_at = candidates(session, question, before=before, most=batch), 0
        for some in (islice(found, most + 1 - len(cases)), found):  # further back only when these are not enough
            ids = list(some)
            cases += _seen(session, viewer, ids, where, most + 1 - len(cases)) if ids else []
            if len(cases) > most:
                return cases[:most], cases[most - 1].id
            looked_at += len(ids)
            before = ids[-1] if ids else before
        if looked_at < batch:
            return cases, None
    return cases, before


def _seen(
    session: Session, viewer: Viewer, ids: Sequence[int], where: Sequence[ColumnElement[bool]], most: int
) -> list[Case]:
    found = seen_among(viewer).where(*where).order_by(Case.id.desc()).limit(most)
    return list(session.scalars(found, {THESE.key: ids}))


def _filters(asked: Asked) -> Iterator[ColumnElement[bool]]:
    ended = Case.state.in_(sorted(ENDED))
    if asked.state != "all":
        yield ended if asked.state == "closed" else ~ended
    if asked.category:
        yield or_(Case.category == asked.category, Case.category.startswith(asked.category + ".", autoescape=True))
    if asked.place_id:
        yield within(Case.place_id.expression, [asked.place_id])
    if asked.since is not None:
        yield Case.received_at >= asked.since
    if asked.until is not None:
        yield Case.received_at <= asked.until
    if asked.complex:
        yield is_complex()


def _marks(viewer: Viewer, asked: Asked) -> list[list[str]]:
    """Marks of which each list must give one: what narrows the search inside the index."""
    marks = []
    if all("." in unit for unit in viewer.units(WORKING)):
        marks.append([mark("", unit) for unit in _shown_to(viewer)])
    if asked.place_id:
        marks.append([mark("", asked.place_id)])
    if asked.category:
        marks.append([mark("c:", asked.category)])
    if asked.state != "all":
        marks.append([IS_OPEN if asked.state == "open" else IS_CLOSED])
    if asked.since is not None and asked.until is not None:
        marks.append(months_between(asked.since, asked.until))
    return marks


def _shown_to(viewer: Viewer) -> tuple[str, ...]:
    return (*viewer.asked, f"{TEAM}{viewer.person_id}")


def _since_the_first(session: Session, asked: Asked) -> Asked:
    """A period with an early beginning begins with the year of the first case: each of its years costs time."""
    if asked.since is None or asked.until is None or asked.until - asked.since < LONG:
        return asked
    first = session.scalar(select(func.min(Case.received_at)))
    if first is None or first > asked.until:
        return asked
    year = datetime(first.astimezone(UTC).year, 1, 1, tzinfo=UTC)
    return replace(asked, since=max(asked.since, year))


def _depth(viewer: Viewer, asked: Asked) -> int:
    """How far down the tree the highest unit stands of those whose cases are asked for."""
    units = [asked.place_id] if asked.place_id else viewer.asked
    return min(unit.count(".") for unit in units)


def _most_below(session: Session, asked: Asked) -> int | None:
    """An id below which lies all that was received by the end of a period in time, or nearly all that is closed."""
    if asked.until is not None:
        later = asked.until + 2 * LATE
        last = select(Case.id, Case.received_at).where(Case.received_at <= later).order_by(Case.received_at.desc())
        newest = last.limit(NEWEST).subquery()
        top, at = session.execute(select(func.max(newest.c.id), func.max(newest.c.received_at))).one()
        # Somebody's case came in after the last one that was filed in time, so that its id is larger than theirs.
        return top + 1 if at is not None and at > asked.until + LATE else None
    if asked.state == "closed":
        closed = select(Case.id).where(Case.closed_at.is_not(None)).order_by(Case.closed_at.desc())
        return (session.scalar(select(func.max(closed.limit(NEWEST).subquery().c.id))) or 0) + 1
    return None


_OPEN_TASKS = select(Task).where(
    among(Task.case_id, bindparam("cases", type_=NUMBERS)), Task.state == literal_column(f"'{TaskState.OPEN}'")
)


def _told(
    session: Session, viewer: Viewer, asked: Asked, people: list[Case], cases: list[Case], following: int | None
) -> Hits:
    found = {case.id: case for case in (*people, *cases)}
    if not found:
        return Hits(asked.phrases, next=following)
    parties = parties_by_case(session, found)
    tasks: dict[int, list[Task]] = {}
    for task in session.scalars(_OPEN_TASKS, {"cases": found}):
        tasks.setdefault(task.case_id, []).append(task)
    units = units_by_id(session, {u for c in found.values() for u in (*ancestors(c.place_id), c.holder_id)})

    def hit(case: Case) -> Hit:
        place = [units[unit] for unit in reversed(ancestors(case.place_id)) if unit in units]
        known = viewer.may("case.unmask") and identity_shown(viewer, case, tasks.get(case.id, ()))
        return Hit(case, place, parties.get(case.id, ()), known)

    openly = {case.id for case in cases}
    by_person = [each for each in map(hit, people) if each.case.id not in openly and each.identity_known]
    number = asked.text.strip().upper()
    by_words = sorted(map(hit, cases), key=lambda each: each.case.number != number)
    return Hits(asked.phrases, [*by_person, *by_words], following, units)
