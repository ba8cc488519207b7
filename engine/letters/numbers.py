"""Numbers of letters: one row of a table for each kind, unit and year, moved in the transaction that issues the letter.

So there is no gap: a letter that is not issued after all takes its number back with everything else. And none comes
twice: the row is locked until that transaction ends.
"""

from __future__ import annotations

from sqlalchemy import Integer, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.letters.kinds import KINDS
from engine.letters.model import LetterNumbering
from engine.store import Prepared, table_of


def next_number(session: Session, kind: str, unit_id: str, year: int) -> int:
    given = {"kind": kind, "unit_id": unit_id, "year": year, "last": 1}
    ((number,),) = _NEXT[session.get_bind().dialect.name].rows(session, given)
    return int(number)


def number_words(pattern: str, kind: str, unit_name: str, year: int, number: int) -> str:
    """As it reads on the paper: `民治街道受字〔2026〕第12号`."""
    return pattern.format(unit=unit_name, word=KINDS[kind].word, year=year, number=number)


_NEXT = {
    dialect: Prepared(
        insert(table_of(LetterNumbering))
        .on_conflict_do_update(
            index_elements=["kind", "unit_id", "year"],
            set_={"last": table_of(LetterNumbering).c.last + text("1")},
        )
        .returning(table_of(LetterNumbering).c.last),
        columns=("kind", "unit_id", "year", "last"),
        gives=[Integer()],
    )
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
