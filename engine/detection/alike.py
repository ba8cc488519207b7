"""What a matter looks like: a few candidates from indexes, weighed one by one, however many cases there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import search
from engine.cases import RESPONDENT, Case, Party, PartyIn, Who, masked_text, parties_by_case, parties_of
from engine.detection.rules import SHOWN_FROM, Likeness, Matter, area_of, likeness
from engine.people import Viewer
from engine.process import World
from engine.tasks import visible_cases

MOST_WORDS = 24
"""So many words of a title and text are looked for."""
MOST_READ = 40
MOST = 5


@dataclass(frozen=True, slots=True)
class Alike:
    case: Case
    likeness: Likeness


def matter_of(case: Case, parties: Iterable[Party]) -> Matter:
    return matter_to_be(case.title, case.description, case.place_id, case.category, case.received_at, parties)


def matter_to_be(
    title: str,
    description: str,
    place_id: str,
    category: str,
    received_at: datetime,
    parties: Iterable[Party | PartyIn],
) -> Matter:
    """What somebody is about to file."""
    who = Who.of(parties)
    return Matter(place_id, category, received_at, words_in(title, description), who.phones | who.id_numbers)


def looks_like(
    session: Session, world: World, matter: Matter, *, viewer: Viewer | None, but: Collection[int] = ()
) -> list[Alike]:
    """The open cases that a matter is most like, the closest first, received within the days of a duplicate.

    Only cases that `viewer` may see; None is the engine itself. Confidential ones are never among them.
    """
    ids = [each for each in _candidates(session, world, matter) if each not in but]
    if not ids:
        return []
    apart = timedelta(days=world.config.detection.duplicate_days)
    shown = select(Case).where(
        Case.id.in_(ids),
        Case.closed_at.is_(None),
        Case.confidential.is_(False),
        Case.received_at.between(matter.received_at - apart, matter.received_at + apart),
    )
    if viewer is not None:
        shown = shown.where(visible_cases(viewer, one=ids))
    cases = session.scalars(shown).all()
    parties = parties_by_case(session, [case.id for case in cases])
    found = [Alike(case, likeness(matter, matter_of(case, parties.get(case.id, ())), world.tiers)) for case in cases]
    found = [each for each in found if each.likeness.score >= SHOWN_FROM]
    return sorted(found, key=lambda each: (-each.likeness.score, each.case.id))[:MOST]


def like_case(session: Session, world: World, case: Case, *, viewer: Viewer | None) -> list[Alike]:
    """`looks_like` of a case that is filed already; nothing for one that has ended or is confidential."""
    if case.ended or case.confidential:
        return []
    matter = matter_of(case, parties_of(session, case.id))
    return looks_like(session, world, matter, viewer=viewer, but=(case.id,))


@lru_cache(maxsize=1000)
def words_in(*texts: str) -> frozenset[str]:
    """Kept for a while: what comes in together is weighed against the same few cases."""
    return frozenset(word for text in texts for word in search.words_of(masked_text(text)) if len(word) > 1)


def _candidates(session: Session, world: World, matter: Matter) -> list[int]:
    """Those with the same telephone or identity number, and the newest nearby that share a word of the text."""
    ids: list[int] = []
    if matter.people:
        known = sorted(matter.people)
        for column in (Party.phone, Party.id_number):
            named = select(Party.case_id).where(column.in_(known), Party.role != RESPONDENT)
            ids += session.scalars(named.order_by(Party.case_id.desc()).limit(MOST_READ))
    area = area_of(matter.place_id, world.tiers)
    if area is not None and matter.words:
        question = search.Question((), [[search.mark("", area)], [search.IS_OPEN], sorted(matter.words)[:MOST_WORDS]])
        ids += islice(search.candidates(session, question, before=None, most=MOST_READ), MOST_READ)
    return list(dict.fromkeys(ids))
