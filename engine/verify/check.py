"""The pass over a whole database: case after case in short reading transactions, each of them one snapshot.

Nobody is held up, and a case that moves meanwhile is seen as it was before or after the move, never between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, Text, and_, column, exists, func, literal, select, table, type_coerce
from sqlalchemy.orm import Session

from engine import documents
from engine.cases import Case
from engine.documents import Document, Photo
from engine.letters import Letter, LetterNumbering
from engine.outbox import GIVE_UP_AFTER, LONGEST_WAIT, OutboxEntry
from engine.people import SignIn
from engine.process import World
from engine.search import CaseText
from engine.store import Instant, Store, table_of
from engine.verify.case import check_case
from engine.verify.model import Violation
from engine.verify.rows import case_ids, read_cases

AT_ONCE = 100
"""Cases read in one transaction: memory stays flat, and no snapshot grows old."""

CLOCKS_APART = timedelta(minutes=5)
"""So much may the clocks of two nodes differ."""


def check(
    store: Store, world: World, *, now: datetime, on_progress: Callable[[int, int], None] | None = None
) -> list[Violation]:
    """Everything that cannot be, in the order of cases; empty when all is well. Reads only.

    `on_progress` is told (cases checked, cases there were at the start). Cases filed during the pass are left out.
    """
    with store.reading() as session:
        found = [*_taken_once(session), *_searchable(session), *_within_limits(session, world, now)]
        found += _numbered(session)
        until, total = session.execute(select(func.coalesce(func.max(Case.id), 0), func.count())).one()
    after = done = 0
    while True:
        with store.reading() as session:
            ids = case_ids(session, after=after, until=until, most=AT_ONCE)
            found += _of_cases(session, world, ids)
        if not ids:
            return found + _files(store, world, now)
        after, done = ids[-1], done + len(ids)
        if on_progress is not None:
            on_progress(done, total)


def _of_cases(session: Session, world: World, ids: list[int]) -> list[Violation]:
    """A value that cannot even be read (a mangled date) is told for its case; the others are checked all the same."""
    if not ids:
        return []
    try:
        return [
            violation
            for facts, entries in read_cases(session, world, ids)
            for violation in check_case(facts, entries, tiers=world.tiers)
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if len(ids) == 1:
            number = session.scalar(select(Case.number).where(Case.id == ids[0]))
            return [Violation("I5", number, "case", f"its rows cannot be read: {type(error).__name__}: {error}")]
        half = len(ids) // 2
        return _of_cases(session, world, ids[:half]) + _of_cases(session, world, ids[half:])


def _taken_once(session: Session) -> Iterator[Violation]:
    for number, times in session.execute(
        select(Case.number, func.count()).group_by(Case.number).having(func.count() > 1)
    ):
        yield Violation("I1", number, "case", f"{times} cases have this number")
    reported = (Case.channel, Case.external_no)
    for channel, external_no, number, times in session.execute(
        select(*reported, func.min(Case.number), func.count())
        .where(Case.external_no.is_not(None))
        .group_by(*reported)
        .having(func.count() > 1)
    ):
        yield Violation("I1", number, "case", f"the report {external_no} of {channel} was taken {times} times")


def _searchable(session: Session) -> Iterator[Violation]:
    known = exists().where(CaseText.case_id == Case.id)
    for number in session.scalars(select(Case.number).where(~Case.confidential, ~known).order_by(Case.id)):
        yield Violation("I9", number, "case_text", "search does not know it: run `maplebridge migrate`")
    for number in session.scalars(select(Case.number).where(Case.confidential, known).order_by(Case.id)):
        yield Violation("I9", number, "case_text", "it is confidential and can be searched for")


def _numbered(session: Session) -> Iterator[Violation]:
    """No number of a letter is missing, and each letter that has one has its paper."""
    same = and_(*(getattr(Letter, key) == getattr(LetterNumbering, key) for key in ("kind", "unit_id", "year")))
    given = (
        select(LetterNumbering, func.count(Letter.seq), func.max(Letter.seq))
        .outerjoin(Letter, same)
        .group_by(*table_of(LetterNumbering).columns)
    )
    for row, count, last in session.execute(given):
        if not row.last == count == (last or 0):
            where = f"letter_numbering {row.kind} {row.unit_id} {row.year}"
            yield Violation("I11", row.unit_id, where, f"{row.last} numbers were given, and {count} letters have one")
    bare = select(Case.number, Letter.id).join(Letter).where(Letter.number.is_not(None), Letter.document_id.is_(None))
    for number, letter_id in session.execute(bare.order_by(Letter.id)):
        yield Violation("I11", number, f"letter {letter_id}", "it has a number and no paper")


def _files(store: Store, world: World, now: datetime) -> list[Violation]:
    """What the rows of documents name and the folder does not hold as it was. Reads every file."""
    found: list[Violation] = []
    for part in documents.PARTS:
        with store.reading() as session:
            known = documents.named(session, part)
        said: dict[str, list[str]] = {}
        for fault, path in documents.sweep(world.config.documents, part, known, now=now):
            if fault != "orphan":  # what a crash leaves is harmless; `maplebridge documents` removes it
                what = "missing" if fault == "missing" else "not what it was"
                said.setdefault(path.name.partition(".")[0], []).append(f"its file {path} is {what}")
        if said:
            with store.reading() as session:
                found += _named_by(session, said)
    return found


def _named_by(session: Session, said: Mapping[str, Sequence[str]]) -> list[Violation]:
    """What is said of contents, for each document of a case and each photo of none that has one of them."""
    papers = select(Document.sha256, Document.id, Case.number).join(Case, Case.id == Document.case_id)
    papers = papers.where(Document.sha256.between(min(said), max(said))).order_by(Document.sha256, Document.id)
    photos = select(Photo.sha256, Photo.id, literal(None, String)).order_by(Photo.sha256, Photo.id)
    photos = photos.where(Photo.sha256.between(min(said), max(said)))
    return [
        Violation("I10", number, f"{name} {id_}", what)
        for name, rows in (("document", papers), ("photo", photos))
        for sha256, id_, number in session.execute(rows)
        for what in said.get(sha256, ())
    ]


def _within_limits(session: Session, world: World, now: datetime) -> Iterator[Violation]:
    longest = timedelta(hours=world.config.server.session_absolute_hours)
    for row in session.execute(select(SignIn.person_id, SignIn.created_at, SignIn.seen_at, SignIn.ends_at)):
        where = f"sign-in of person {row.person_id}"
        if row.ends_at - row.created_at > longest:
            yield Violation("I8", None, where, f"it lasts longer than {longest}")
        if row.seen_at > row.ends_at:
            yield Violation("I8", None, where, "it was used after its end")
    outbox = table_of(OutboxEntry).c
    latest = now + LONGEST_WAIT + CLOCKS_APART
    for parcel in session.execute(
        select(outbox.id, outbox.next_at, outbox.attempts).where(
            outbox.sent_at.is_(None), outbox.next_at > latest, outbox.attempts < GIVE_UP_AFTER
        )
    ):
        yield Violation("I8", None, f"outbox {parcel.id}", f"nobody may send it before {parcel.next_at}")
    node = table("node", column("name", Text), column("beat_at", Instant()))
    for beat in session.execute(select(node).where(node.c.beat_at > type_coerce(now + CLOCKS_APART, Instant()))):
        yield Violation("I8", None, f"node {beat.name}", f"its last beat is said to be at {beat.beat_at}")
