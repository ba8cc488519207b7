"""Finding cases by their words, among those a person may see.

The index gives candidates, newest first; `tasks.visible_cases` and the filters decide which of them are shown. What is
shown also holds the words in what the asker may know: a protected name finds nothing for those whom it is not told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from engine.cases import ENDED, Case, Party
from engine.people import WORKING, Viewer
from engine.search.index import IS_OPEN, PROTECTED, block_mark, mark, months_between, open_texts
from engine.search.model import BLOCKS, CaseText
from engine.search.words import Phrase, fits, phrases_of
from engine.tasks import Task, TaskState, identity_shown, visible_cases
from engine.territory import Unit, ancestors, units_by_id, within

LONGEST = 80
PAGE = 20
BATCHES = (40, 200, 1000)
"""How many candidates are looked at for one page, at most; then the page ends, and the next goes on from there."""
SHORTEST_PHONE = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: `state` is open, closed or all; `since` and `until` are the first and last instant received.

    `before` is the cursor: only cases filed before that id.
    """

    text: str
    state: str = "all"
    category: str = ""
    place_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
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

    @property
    def all_told(self) -> bool:
        """Whether the asker may know everything that the case is found by."""
        return self.identity_known or not any(party.protected for party in self.parties)


@dataclass(frozen=True, slots=True)
class Hits:
    """A page: by phone, then the exact number, then the newest first. `next` is the cursor of what lies before."""

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
    where = [*where, *_filters(asked)]
    phoned = [] if asked.before is not None else _by_phone(session, viewer, asked.text, where)
    cases, following = _by_words(session, viewer, asked, where, most)
    return _told(session, viewer, asked, phoned, cases, following)


def newest(
    session: Session, viewer: Viewer, asked: Asked, *, where: Sequence[ColumnElement[bool]] = (), most: int = PAGE
) -> tuple[list[Case], int | None]:
    """The newest cases among those of the viewer's units that satisfy `where`, whatever they say, with a cursor.

    For people of a part of the tree: it takes from the index what a page needs, where `visible_cases` alone would first
    gather every case of theirs. Confidential cases are not among them. A page may be short, as that of `find`.
    """
    return _by_words(session, viewer, asked, [*where, *_filters(asked)], most)


def _by_phone(session: Session, viewer: Viewer, written: str, where: Sequence[ColumnElement[bool]]) -> list[Case]:
    """Phones are not in the index: a whole one is compared with those of the parties."""
    figures = "".join(sign for sign in unicodedata.normalize("NFKC", written) if sign.isdigit())
    if len(figures) < SHORTEST_PHONE or any(sign.isalpha() for sign in written):
        return []
    has_it = select(Party.case_id).where(Party.phone.in_([figures, written.strip()]))
    ids = session.scalars(has_it.order_by(Party.case_id.desc()).limit(PAGE)).all()
    return _seen(session, viewer, ids, where, PAGE) if ids else []


def _by_words(
    session: Session, viewer: Viewer, asked: Asked, where: Sequence[ColumnElement[bool]], most: int
) -> tuple[list[Case], int | None]:
    cases: list[Case] = []
    marks, levels, before = _marks(viewer, asked), _levels(viewer, asked), asked.before
    for batch in BATCHES:
        ids = list(_candidates(session, asked.phrases, marks, levels, before, batch))
        cases += _seen(session, viewer, ids, where, most + 1 - len(cases)) if ids else []
        if len(cases) > most:
            return cases[:most], cases[most - 1].id
        if len(ids) < batch:
            return cases, None
        before = ids[-1]
    return cases, before


def _seen(
    session: Session, viewer: Viewer, ids: Sequence[int], where: Sequence[ColumnElement[bool]], most: int
) -> list[Case]:
    shown = visible_cases(viewer, one=ids)
    found = select(Case).where(Case.id.in_(ids), shown, *where).order_by(Case.id.desc()).limit(most)
    return list(session.scalars(found))


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


def _marks(viewer: Viewer, asked: Asked) -> list[list[str]]:
    """Marks of which each list must give one: what narrows the search inside the index."""
    marks = []
    if all("." in unit for unit in viewer.units(WORKING)):
        marks.append([mark("", unit) for unit in viewer.asked])
    if asked.place_id:
        marks.append([mark("", asked.place_id)])
    if asked.category:
        marks.append([mark("c:", asked.category)])
    if asked.state == "open":
        marks.append([IS_OPEN])
    if asked.since is not None and asked.until is not None:
        marks.append(months_between(asked.since, asked.until))
    return marks


def _levels(viewer: Viewer, asked: Asked) -> Sequence[str]:
    """The sizes of stretches to go back by: who sees little begins with a long one, since little stands in it."""
    units = [asked.place_id] if asked.place_id else viewer.asked
    highest = min(unit.count(".") for unit in units)
    return tuple(BLOCKS)[max(0, min(highest - 1, 2)) :]


def _candidates(
    session: Session,
    phrases: Sequence[Phrase],
    marks: list[list[str]],
    levels: Sequence[str],
    before: int | None,
    most: int,
) -> Iterator[int]:
    """Ids below `before`, newest first, from the index alone."""
    if session.get_bind().dialect.name == "sqlite":
        given = {"asked": _for_fts5(phrases, marks), "before": before or 2**62, "most": most}
        yield from session.scalars(_SQLITE, given)
        return
    if before is None:
        before = (session.scalar(select(func.max(CaseText.case_id))) or 0) + 1
    high = before
    for block, low in _windows(before, levels):
        given = {"asked": _for_postgres(phrases, [*marks, *block]), "low": low, "high": high, "most": most}
        found = list(session.scalars(_POSTGRES, given))
        yield from found
        most -= len(found)
        high = low
        if most <= 0 or high <= 0:
            return


def _windows(before: int, levels: Sequence[str]) -> Iterator[tuple[list[list[str]], int]]:
    """Ever larger stretches of ids, going back: two blocks of each level, and at last whatever lies before.

    So a search costs what it takes to fill a page, not what there is: a common word is found many times in the newest
    block, a rare one has few hits in the largest.
    """
    for level in levels:
        bits = BLOCKS[level]
        newest = (before - 1) >> bits
        low = max(0, newest - 1) << bits
        yield [[block_mark(level, number) for number in range(max(0, newest - 1), newest + 1)]], low
        if low == 0:
            return
    yield [], 0


_SQLITE = text(
    "SELECT rowid FROM case_words WHERE case_words MATCH :asked AND rowid < :before ORDER BY rowid DESC LIMIT :most"
)
_POSTGRES = text(
    "WITH hit AS MATERIALIZED (SELECT case_id FROM case_text WHERE words @@ CAST(:asked AS tsquery))"
    " SELECT case_id FROM hit WHERE case_id >= :low AND case_id < :high ORDER BY case_id DESC LIMIT :most"
)


def _for_fts5(phrases: Sequence[Phrase], marks: list[list[str]]) -> str:
    def written(words: Sequence[str], beginning: bool) -> str:
        return f'"{" ".join(words)}"' + (" *" if beginning else "")

    return _all_of(phrases, marks, written, " AND ", " OR ")


def _for_postgres(phrases: Sequence[Phrase], marks: list[list[str]]) -> str:
    def written(words: Sequence[str], beginning: bool) -> str:
        return " <-> ".join(f"'{word}'" for word in words) + (":*" if beginning else "")

    return _all_of(phrases, marks, written, " & ", " | ")


def _all_of(
    phrases: Sequence[Phrase],
    marks: list[list[str]],
    written: Callable[[Sequence[str], bool], str],
    both: str,
    either: str,
) -> str:
    """Each phrase, openly written or as a protected name, and one mark of each list."""
    clauses: list[list[tuple[Sequence[str], bool]]] = [[([each], False) for each in marked] for marked in marks]
    clauses += [
        [(phrase.words, phrase.beginning), ([PROTECTED + word for word in phrase.words], phrase.beginning)]
        for phrase in phrases
    ]
    return both.join("(" + either.join(written(*choice) for choice in choices) + ")" for choices in clauses)


def _told(
    session: Session,
    viewer: Viewer,
    asked: Asked,
    phoned: list[Case],
    cases: list[Case],
    following: int | None,
) -> Hits:
    ids = [case.id for case in (*phoned, *cases)]
    if not ids:
        return Hits(asked.phrases, next=following)
    parties: dict[int, list[Party]] = {}
    for party in session.scalars(select(Party).where(Party.case_id.in_(ids)).order_by(Party.id)):
        parties.setdefault(party.case_id, []).append(party)
    tasks: dict[int, list[Task]] = {}
    for task in session.scalars(select(Task).where(Task.case_id.in_(ids), Task.state == TaskState.OPEN.value)):
        tasks.setdefault(task.case_id, []).append(task)
    units = units_by_id(session, {u for c in (*phoned, *cases) for u in (*ancestors(c.place_id), c.holder_id)})

    def hit(case: Case) -> Hit:
        place = [units[unit] for unit in reversed(ancestors(case.place_id)) if unit in units]
        known = viewer.may("case.unmask") and identity_shown(viewer, case, tasks.get(case.id, ()))
        return Hit(case, place, parties.get(case.id, ()), known)

    by_phone = [each for each in map(hit, phoned) if each.identity_known]
    known = {each.case.id for each in by_phone}
    phrases, number = asked.phrases, asked.text.strip().upper()
    by_words = [
        each
        for each in map(hit, cases)
        if each.case.id not in known and (each.all_told or fits(phrases, readable(each)))
    ]
    by_words.sort(key=lambda each: each.case.number != number)
    return Hits(phrases, [*by_phone, *by_words], following, units)


def readable(hit: Hit) -> list[str]:
    """The texts of a hit that the asker may know."""
    told = [party.name for party in hit.parties if hit.identity_known or not party.protected]
    where = [hit.case.address_text] if hit.case.address_text and hit.all_told else []
    return [*open_texts(hit.case, hit.place), *told, *where]
