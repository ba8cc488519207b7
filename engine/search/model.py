"""The index: one row of words for each case, kept by the database itself in a form that finds them fast.

On PostgreSQL the words are a `tsvector` under a GIN index. On SQLite they are text, and triggers keep an FTS5 index of
it; its tokenizer is the plainest there is, since the words are made here (`words.py`), alike for both databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DDL, Dialect, ForeignKey, Index, Integer, String, Text, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.search.words import LONGEST_WORD
from engine.store import Base, UnitId, table_of

LAST_POSITION = 16383
MOST_POSITIONS = 255
"""Limits of a `tsvector`: what stands further back in a text is found as a word, no longer as a phrase."""


class WordList(TypeDecorator[Sequence[str]]):
    """Words in their order. They hold no space, no quote and no backslash."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return as_vector(value) if dialect.name == "postgresql" else " ".join(value)


def as_vector(words: Sequence[str]) -> str:
    """How PostgreSQL writes a `tsvector`."""
    positions: dict[str, list[int]] = {}
    for at, word in enumerate(words, start=1):
        positions.setdefault(word, []).append(min(at, LAST_POSITION))
    return " ".join(f"'{word}':{','.join(map(str, at[:MOST_POSITIONS]))}" for word, at in positions.items())


class CaseText(Base):
    """What a case is found by. A confidential case has no row: what is not here cannot be found."""

    __tablename__ = "case_text"
    __table_args__ = (
        Index(
            "ix_case_text_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},  # a list of late entries would be read whole by every search
        ).ddl_if(dialect="postgresql"),
        {"info": {"derived": True}},
    )

    case_id: Mapped[int] = mapped_column(Integer, ForeignKey("case.id"), primary_key=True, autoincrement=False)
    words: Mapped[Sequence[str]] = mapped_column(WordList)


class UnitWord(Base):
    """A word that stands in some case of a unit, of the upper tiers; perhaps no more. Perhaps twice: nobody waits for
    somebody else who writes the same. Figures and protected names are not among them.

    So the beginning of a word becomes the few words of one's own that begin with it, or is known to be none of them.
    """

    __tablename__ = "unit_word"
    __table_args__ = (Index("ix_unit_word_unit_id_word", "unit_id", "word"), {"info": {"derived": True}})

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(UnitId)
    word: Mapped[str] = mapped_column(
        String(LONGEST_WORD).with_variant(String(LONGEST_WORD, collation="C"), "postgresql")
    )


SQLITE_INDEX: Sequence[str] = (
    "CREATE VIRTUAL TABLE case_words USING fts5"
    "(words, content='case_text', content_rowid='case_id', tokenize='ascii', columnsize=0)",
    "CREATE TRIGGER case_text_added AFTER INSERT ON case_text BEGIN"
    " INSERT INTO case_words(rowid, words) VALUES (new.case_id, new.words); END",
    "CREATE TRIGGER case_text_removed AFTER DELETE ON case_text BEGIN"
    " INSERT INTO case_words(case_words, rowid, words) VALUES ('delete', old.case_id, old.words); END",
    "CREATE TRIGGER case_text_changed AFTER UPDATE ON case_text BEGIN"
    " INSERT INTO case_words(case_words, rowid, words) VALUES ('delete', old.case_id, old.words);"
    " INSERT INTO case_words(rowid, words) VALUES (new.case_id, new.words); END",
)
"""The migrations say the same."""

for _statement in SQLITE_INDEX:
    event.listen(table_of(CaseText), "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]

BLOCKS = (11, 15, 20)
"""Sizes of blocks of ids, in bits: 2,048, 32,768 and 1,048,576 cases."""
