"""Writing the index: which words and marks a case is found by.

Marks stand before the words and say what the case is: whom it may be shown to, where it lies, how old it is. They let
the index itself narrow a search; whether a case is shown is decided by `tasks.visible_cases` all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import String, bindparam, cast, delete, exists, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.cases import Case, Party, Visit, masked_text, parties_by_case
from engine.search.model import BLOCKS, CaseText
from engine.search.vocabulary import Remembered, is_kept, keep_words, shelf
from engine.search.words import words_of
from engine.staffing import ForceCase, ForceMember
from engine.store import Store, table_of, update_row
from engine.tasks import Task
from engine.territory import Unit, ancestors, is_within, units_by_id

AT_ONCE = 500
WAITING = "cases to be indexed"
"""The session's note of them, while `indexed_together` gathers."""
IS_OPEN, IS_CLOSED, IS_LATE = "§open", "§closed", "§late"
LATE = timedelta(days=1)
"""A case that was filed so long after it was received is marked as late; all others have ids nearly in that order."""
TEAM = "p:"
"""Stands before the id of a person who sees the case as a member of a task force."""
PROTECTED = "¤"
"""Stands before a word that only those may find who may know the identity of protected parties."""

_text = table_of(CaseText)
_PUT = {
    dialect: insert(_text).on_conflict_do_update(
        index_elements=["case_id"], set_={"words": insert(_text).excluded.words}
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_ELSEWHERE = union(
    select(Task.case_id, Task.unit_id).where(Task.case_id.in_(bindparam("ids", expanding=True))),
    select(Visit.case_id, Visit.unit_id).where(Visit.case_id.in_(bindparam("ids", expanding=True))),
    select(ForceCase.case_id, TEAM + cast(ForceMember.person_id, String))
    .join(ForceMember, ForceMember.force_id == ForceCase.force_id)
    .where(ForceCase.case_id.in_(bindparam("ids", expanding=True)))
    .where(ForceCase.left_at.is_(None), ForceMember.left_at.is_(None)),
)


def index_case(session: Session, case: Case) -> None:
    """Writes what a case is found by as it stands now, in the transaction that changed it. May be repeated."""
    update_row(session, case)
    waiting: dict[int, Case] | None = session.info.get(WAITING)
    if waiting is not None:
        waiting[case.id] = case
        return
    session.flush()
    index_cases(session, [case])


@contextmanager
def indexed_together(session: Session, remembered: Remembered | None = None) -> Iterator[None]:
    """Has what changes meanwhile indexed at the end, all cases at once: for whoever files many in one transaction.

    `remembered` goes from one transaction to the next.
    """
    waiting: dict[int, Case] = {}
    session.info[WAITING] = waiting
    try:
        yield
    finally:
        del session.info[WAITING]
    cases = list(waiting.values())
    update_row(session, *cases)
    session.flush()
    for start in range(0, len(cases), AT_ONCE):
        index_cases(session, cases[start : start + AT_ONCE], remembered)


def index_cases(session: Session, cases: Sequence[Case], remembered: Remembered | None = None) -> None:
    """Seven statements for a few cases or one."""
    ids = [case.id for case in cases]
    parties = parties_by_case(session, ids)
    shown: dict[int, set[str]] = {}
    for case_id, unit_id in session.execute(_ELSEWHERE, {"ids": ids}):
        shown.setdefault(case_id, set()).add(unit_id)
    units = units_by_id(session, {unit for case in cases for unit in ancestors(case.place_id)})
    told = [case for case in cases if not case.confidential]
    found_by = {case.id: words_of_case(case, parties.get(case.id, ()), units, shown.get(case.id, ())) for case in told}
    secret = [case.id for case in cases if case.confidential]
    if secret:
        session.execute(delete(_text).where(_text.c.case_id.in_(secret)))
    if not told:
        return
    rows = [{"case_id": case_id, "words": words} for case_id, words in found_by.items()]
    session.execute(_PUT[session.get_bind().dialect.name], rows)
    kept: dict[str, set[str]] = {}
    all_kept = {word for word in set().union(*found_by.values()) if is_kept(word)}
    for case in told:
        words = all_kept.intersection(found_by[case.id])
        for unit in {shelf(unit) for unit in (*ancestors(case.place_id), *shown.get(case.id, ()))}:
            kept.setdefault(unit, set()).update(words)
    keep_words(session, kept, remembered)


def words_of_case(
    case: Case, parties: Iterable[Party], units: Mapping[str, Unit], shown_to: Iterable[str]
) -> list[str]:
    line = ancestors(case.place_id)
    outside = sorted(unit for unit in set(shown_to) if not is_within(case.place_id, unit))
    words = [*(mark("", unit) for unit in (*line, *outside)), *marks_of(case)]
    people = list(parties)
    protected = any(party.protected for party in people)
    for text in open_texts(case):
        words += words_of(text)
    above = [units[unit] for unit in line if unit in units]
    for name in (*(unit.name_zh for unit in above), *(unit.name_en for unit in above)):
        words += _words_of_name(name)
    for party in people:
        words += _hidden(party.name) if party.protected else words_of(party.name)
    if case.address_text:
        words += _hidden(case.address_text) if protected else words_of(case.address_text)
    return words


def open_texts(case: Case) -> list[str]:
    """What everybody may find who sees the case. Telephones and identity numbers in the texts are not among it."""
    told = [masked_text(text) for text in (case.title, case.description, case.demand or "")]
    return [case.number, *told, case.external_no or ""]


@lru_cache(maxsize=5_000)
def _words_of_name(name: str) -> tuple[str, ...]:
    """Few units are named in all the cases."""
    return tuple(words_of(name))


def marks_of(case: Case) -> Iterator[str]:
    yield IS_CLOSED if case.ended else IS_OPEN
    if case.filed_at - case.received_at > LATE:
        yield IS_LATE
    parts = case.category.split(".")
    for length in range(1, len(parts) + 1):
        yield mark("c:", ".".join(parts[:length]))
    received_at = case.received_at.astimezone(UTC)
    yield year_mark(received_at.year)
    yield month_mark(received_at.year, received_at.month)
    for bits in BLOCKS:
        yield block_mark(bits, case.id >> bits)


@lru_cache(maxsize=20_000)
def mark(kind: str, value: str) -> str:
    """A word that no text holds: whatever is neither letter nor figure is one sign, so that an index keeps it whole."""
    return "§" + re.sub(r"[^0-9A-Za-z]", "·", kind + value)


def year_mark(year: int) -> str:
    return mark("y:", str(year))


def month_mark(year: int, month: int) -> str:
    return mark("m:", f"{year}-{month:02d}")


def block_mark(bits: int, block: int) -> str:
    return mark("b:", f"{bits}-{block}")


def months_between(since: datetime, until: datetime) -> list[str]:
    """The marks of every year and month that [since, until] touches: whole years where they are whole."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    marks = []
    while first <= last:
        if first % 12 == 0 and first + 11 <= last:
            marks.append(year_mark(first // 12))
            first += 12
        else:
            marks.append(month_mark(first // 12, first % 12 + 1))
            first += 1
    return marks


def fill_index(store: Store, *, anew: bool = False, on_progress: Callable[[int], None] | None = None) -> int:
    """Indexes every case that has no words yet (`anew`: every case); gives how many. Many short transactions.

    Broken off, it is gone on with: what is indexed stays. Cases that are filed meanwhile index themselves.
    """
    after = done = 0
    without = ~exists().where(CaseText.case_id == Case.id)
    while True:
        with store.transaction() as session:
            wanted = select(Case).where(Case.id > after).order_by(Case.id).limit(AT_ONCE)
            cases = session.scalars(wanted if anew else wanted.where(without, ~Case.confidential)).all()
            if not cases:
                return done
            index_cases(session, cases)
            after, done = cases[-1].id, done + len(cases)
        if on_progress is not None:
            on_progress(done)


def _hidden(text: str) -> list[str]:
    return [PROTECTED + word for word in words_of(text)]
