"""Candidates: ids of cases from the index alone, newest first, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from engine.search.index import PROTECTED, block_mark
from engine.search.model import BLOCKS, CaseText
from engine.search.words import Phrase

EVERY_LEVEL = tuple(BLOCKS)


@dataclass(frozen=True, slots=True)
class Question:
    """What the index is asked for: every phrase, and of each list of marks one.

    `protected`: at least one of the phrases stands among protected names, the others there or openly. `levels` are the
    sizes of stretches to go back by.
    """

    phrases: Sequence[Phrase]
    marks: Sequence[Sequence[str]]
    levels: Sequence[str] = EVERY_LEVEL
    protected: bool = False


def candidates(session: Session, question: Question, *, before: int | None, most: int) -> Iterator[int]:
    """Ids below `before`, newest first."""
    if session.get_bind().dialect.name == "sqlite":
        given = {"asked": _for_fts5(question, ()), "before": before or 2**62, "most": most}
        yield from session.scalars(_SQLITE, given)
        return
    if before is None:
        before = (session.scalar(select(func.max(CaseText.case_id))) or 0) + 1
    high = before
    for block, low in _windows(before, question.levels):
        given = {"asked": _for_postgres(question, block), "low": low, "high": high, "most": most}
        found = list(session.scalars(_POSTGRES, given))
        yield from found
        most -= len(found)
        high = low
        if most <= 0 or high <= 0:
            return


Block = Sequence[Sequence[str]]


def _windows(before: int, levels: Sequence[str]) -> Iterator[tuple[Block, int]]:
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
    yield (), 0


_SQLITE = text(
    "SELECT rowid FROM case_words WHERE case_words MATCH :asked AND rowid < :before ORDER BY rowid DESC LIMIT :most"
)
_POSTGRES = text(
    "WITH hit AS MATERIALIZED (SELECT case_id FROM case_text WHERE words @@ CAST(:asked AS tsquery))"
    " SELECT case_id FROM hit WHERE case_id >= :low AND case_id < :high ORDER BY case_id DESC LIMIT :most"
)


def _for_fts5(question: Question, block: Block) -> str:
    def written(words: Sequence[str], beginning: bool) -> str:
        return f'"{" ".join(words)}"' + (" *" if beginning else "")

    return _all_of(question, block, written, " AND ", " OR ")


def _for_postgres(question: Question, block: Block) -> str:
    def written(words: Sequence[str], beginning: bool) -> str:
        return " <-> ".join(f"'{word}'" for word in words) + (":*" if beginning else "")

    return _all_of(question, block, written, " & ", " | ")


def _all_of(
    question: Question, block: Block, written: Callable[[Sequence[str], bool], str], both: str, either: str
) -> str:
    clauses = [[written([each], False) for each in marked] for marked in (*question.marks, *block)]
    openly = [written(phrase.words, phrase.beginning) for phrase in question.phrases]
    if question.protected:
        hidden = [written([PROTECTED + w for w in phrase.words], phrase.beginning) for phrase in question.phrases]
        clauses += [hidden, *([mine, theirs] for mine, theirs in zip(openly, hidden, strict=True))]
    else:
        clauses += [[each] for each in openly]
    return both.join(f"({either.join(choices)})" for choices in clauses)
