"""The words of a unit: written with every case, asked when somebody types the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Integer, bindparam, insert, literal, select, union_all
from sqlalchemy.orm import Session

from engine.search.model import UnitWord
from engine.search.words import Phrase
from engine.store import table_of

TIERS = 3
"""Words are kept for units of so many tiers from the top; whoever is further down is asked by the one above them."""
MOST = 100
"""With more words than that, a beginning stays one: it is then found often enough among the newest."""
AT_ONCE = 5_000
LAST = "\U0010ffff"
MARKS = "§¤"

_known = select(UnitWord.unit_id, UnitWord.word).where(
    UnitWord.unit_id.in_(bindparam("units", expanding=True)), UnitWord.word.in_(bindparam("words", expanding=True))
)
_all = select(UnitWord.unit_id, UnitWord.word).where(UnitWord.unit_id.in_(bindparam("units", expanding=True)))
_add = insert(table_of(UnitWord))


def shelf(unit_id: str) -> str:
    """The unit under which the words of a unit are kept: itself, or the lowest above it that has any."""
    return ".".join(unit_id.split(".", TIERS)[:TIERS])


def is_kept(word: str) -> bool:
    """Of numbers there are as many as cases, and what is protected is asked for separately."""
    return not word[0].isdigit() and word[0] not in MARKS


Remembered = dict[str, set[str]]
"""The words of units as they stand in the table, for whoever indexes many cases. To be forgotten with a transaction
that is not committed."""
MOST_REMEMBERED = 250_000


def keep_words(session: Session, words: Mapping[str, set[str]], remembered: Remembered | None = None) -> None:
    """Adds what is new, by unit of the upper tiers; two statements for an ordinary case. May be repeated."""
    if remembered is not None:
        _keep_unremembered(session, words, remembered)
        return
    every = sorted(set[str]().union(*words.values()))
    for start in range(0, len(every), AT_ONCE):
        some = every[start : start + AT_ONCE]
        known = {(unit, word) for unit, word in session.execute(_known, {"units": sorted(words), "words": some})}
        new = [
            {"unit_id": unit, "word": word}
            for unit, theirs in sorted(words.items())
            for word in some
            if word in theirs and (unit, word) not in known
        ]
        if new:
            session.execute(_add, new)


def _keep_unremembered(session: Session, words: Mapping[str, set[str]], remembered: Remembered) -> None:
    """A unit that is met for the first time is read whole; from then on nothing is asked about it."""
    if sum(map(len, remembered.values())) > MOST_REMEMBERED:
        remembered.clear()
    unmet = sorted(words.keys() - remembered.keys())
    remembered.update({unit: set() for unit in unmet})
    for unit, word in session.execute(_all, {"units": unmet}) if unmet else ():
        remembered[unit].add(word)
    new = []
    for unit, theirs in words.items():
        new += [{"unit_id": unit, "word": word} for word in sorted(theirs - remembered[unit])]
        remembered[unit] |= theirs
    if new:
        session.execute(_add, new)


def whole_words(session: Session, units: Iterable[str], phrases: Sequence[Phrase]) -> dict[Phrase, tuple[str, ...]]:
    """For each phrase whose end may go on, every word of these units that it may be, one statement for all of them.

    Of none, no case of theirs holds it. Phrases that are left out stay a beginning: a figure, or too many words.
    """
    asked = [phrase for phrase in phrases if phrase.beginning and is_kept(phrase.words[-1])]
    if not asked:
        return {}
    shelves = sorted({shelf(unit) for unit in units})
    parts = []
    for number, phrase in enumerate(asked):
        start = phrase.words[-1]
        fits = (UnitWord.unit_id.in_(shelves), UnitWord.word >= start, UnitWord.word < start + LAST)
        words = select(UnitWord.word).where(*fits).distinct().order_by(UnitWord.word).limit(MOST + 1).subquery()
        parts.append(select(literal(number, Integer), words.c.word))
    found: dict[Phrase, list[str]] = {phrase: [] for phrase in asked}
    for number, word in session.execute(union_all(*parts)):
        found[asked[number]].append(word)
    return {phrase: tuple(words) for phrase, words in found.items() if len(words) <= MOST}
