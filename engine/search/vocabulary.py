"""The words of a unit: written with every case, asked when somebody types the beginning of one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Integer, bindparam, exists, insert, literal, select, union_all
from sqlalchemy.orm import Session

from engine.search.model import UnitWord
from engine.search.words import Phrase
from engine.store import Prepared, table_of

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
_words = table_of(UnitWord)
_add = insert(_words)
_ADD_UNLESS_KEPT = Prepared(
    insert(_words).from_select(
        ["unit_id", "word"],
        select(bindparam("unit_id", type_=_words.c.unit_id.type), bindparam("word", type_=_words.c.word.type)).where(
            ~exists().where(_words.c.unit_id == bindparam("unit_id"), _words.c.word == bindparam("word"))
        ),
    )
)


def shelf(unit_id: str) -> str:
    """The unit under which the words of a unit are kept: itself, or the lowest above it that has any."""
    return ".".join(unit_id.split(".", TIERS)[:TIERS])


def is_kept(word: str) -> bool:
    """Of numbers there are as many as cases, and what is protected is asked for separately."""
    return not word[0].isdigit() and word[0] not in MARKS


Remembered = dict[str, set[str]]
"""Words that are known to be kept, by unit, for whoever indexes many cases. To be forgotten with a transaction that is
not committed."""
MOST_REMEMBERED = 100_000


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
    if sum(map(len, remembered.values())) > MOST_REMEMBERED:
        remembered.clear()
    new = []
    for unit, theirs in words.items():
        known = remembered.setdefault(unit, set())
        unmet = [sys.intern(word) for word in sorted(theirs - known)]  # many units have the same words
        new += [{"unit_id": unit, "word": word} for word in unmet]
        known.update(unmet)
    _ADD_UNLESS_KEPT.run_many(session, new)


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
