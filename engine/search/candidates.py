"""Candidates: ids of cases from the index alone, newest first, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Integer, Select, TextClause, bindparam, func, select, text
from sqlalchemy.orm import Session

from engine.cases import Case
from engine.search.index import IS_CLOSED, IS_LATE, IS_OPEN, PROTECTED, block_mark
from engine.search.model import BLOCKS, CaseText
from engine.search.words import Phrase
from engine.store import Instant

NEWER_BLOCKS = 4
"""About so many blocks are named for what lies above most that fits: each of them costs time for every hit."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the index is asked for: every phrase, and of each list of marks one.

    `whole` says of phrases whose end may go on which words it may be. `protected`: at least one of the phrases stands
    among protected names, the others there or openly. `stretches` are the sizes, in bits, by which to go back; of none,
    everything is looked through at once. `by_row`: in so many of them ends that may be anything are looked for row by
    row, there being few rows. `most_below`: nearly all that fits lies below this id; with `received_by`, all that does,
    but for what is marked as late.
    """

    phrases: Sequence[Phrase]
    marks: Sequence[Sequence[str]]
    whole: Mapping[Phrase, Sequence[str]] = field(default_factory=dict)
    stretches: Sequence[int] = BLOCKS
    by_row: int = 1
    protected: bool = False
    most_below: int | None = None
    received_by: datetime | None = None

    def goes_on(self, phrase: Phrase) -> bool:
        return phrase.beginning and phrase not in self.whole


def candidates(session: Session, question: Question, *, before: int | None, most: int) -> Iterator[int]:
    """Ids below `before`, newest first."""
    if not all(question.whole.values()):
        return
    if session.get_bind().dialect.name == "sqlite":
        given = {"asked": _for_fts5(question), "before": before or 2**62, "most": most}
        yield from session.scalars(_SQLITE, given)
        return
    if before is None and question.stretches:
        before = (session.scalar(select(func.max(CaseText.case_id))) or 0) + 1
    high = before or 2**31 - 1
    by_row = question.by_row if any(map(question.goes_on, question.phrases)) else 0
    for number, (block, low) in enumerate(_stretches(high, question)):
        narrow = _narrow(question, block) if number < by_row else ""
        given = {"asked": _for_postgres(question, block), "narrow": narrow, "low": low, "high": high, "most": most}
        wanted = _POSTGRES[bool(narrow), question.received_by is not None]
        found = session.scalars(wanted, {**given, "received_by": question.received_by}).all()
        yield from found
        most -= len(found)
        high = low
        if most <= 0 or high <= 0:
            return


Block = Sequence[Sequence[str]]


def _stretches(before: int, question: Question) -> Iterator[tuple[Block, int]]:
    """Ever larger stretches of ids, going back: two blocks of each size, and at last whatever lies before.

    So a search costs what it takes to fill a page, not what there is: a common word is found many times in the newest
    block, a rare one has few hits in the largest.
    """
    end = question.most_below
    if end is not None and end < before:
        if question.received_by is not None:
            yield [[IS_LATE]], end
        else:
            bits = next((bits for bits in BLOCKS if (before - end) >> bits < NEWER_BLOCKS), BLOCKS[-1])
            end = end >> bits << bits
            yield [[block_mark(bits, number) for number in range(end >> bits, ((before - 1) >> bits) + 1)]], end
        before = end
    for bits in question.stretches:
        newest = (before - 1) >> bits
        low = max(0, newest - 1) << bits
        yield [[block_mark(bits, number) for number in range(max(0, newest - 1), newest + 1)]], low
        if low == 0:
            return
    yield (), 0


_SQLITE = text(
    "SELECT rowid FROM case_words WHERE case_words MATCH :asked AND rowid < :before ORDER BY rowid DESC LIMIT :most"
)
_BY_INDEX = text("words @@ CAST(:asked AS tsquery)")
_BY_ROW = text("words @@ CAST(:narrow AS tsquery) AND ts_match_vq(words, CAST(:asked AS tsquery))")
"""For the beginning of a word, of which GIN would first gather every case that there is: the function, unlike the
operator, uses no index, and looks at the rows of a stretch alone. What is not found there is rare enough."""


def _postgres(hits: TextClause, *, in_time: bool) -> Select[int]:
    hit = select(CaseText.case_id).where(hits).cte("hit").prefix_with("MATERIALIZED")
    found = select(hit.c.case_id).where(hit.c.case_id >= bindparam("low"), hit.c.case_id < bindparam("high"))
    if in_time:
        received_at = select(Case.received_at).where(Case.id == hit.c.case_id).scalar_subquery()
        found = found.where(received_at <= bindparam("received_by", type_=Instant))
    return found.order_by(hit.c.case_id.desc()).limit(bindparam("most", type_=Integer))


_POSTGRES = {
    (by_row, in_time): _postgres(_BY_ROW if by_row else _BY_INDEX, in_time=in_time)
    for by_row in (False, True)
    for in_time in (False, True)
}


def _for_fts5(question: Question) -> str:
    def written(words: Sequence[str], beginning: bool) -> str:
        return f'"{" ".join(words)}"' + (" *" if beginning else "")

    return _all_of(question, (), written, " AND ", " OR ")


def _for_postgres(question: Question, block: Block) -> str:
    return _all_of(question, block, _as_tsquery, " & ", " | ")


def _narrow(question: Question, block: Block) -> str:
    """What GIN answers quickly of a question with beginnings; empty when that is nothing."""
    clauses = [[_as_tsquery([each], False) for each in marked] for marked in (*question.marks, *block)]
    if question.protected:
        clauses.append([_as_tsquery(_hidden(phrase), phrase.beginning) for phrase in question.phrases])
    else:
        clauses += [_openly(question, each, _as_tsquery) for each in question.phrases if not question.goes_on(each)]
    return " & ".join(f"({' | '.join(choices)})" for choices in clauses)


def _as_tsquery(words: Sequence[str], beginning: bool) -> str:
    if [*words] == [IS_CLOSED]:  # of so many cases that to look into their list takes longer than all else
        return f"!'{IS_OPEN}'"
    return " <-> ".join(f"'{word}'" for word in words) + (":*" if beginning else "")


def _all_of(
    question: Question, block: Block, written: Callable[[Sequence[str], bool], str], both: str, either: str
) -> str:
    clauses = [[written([each], False) for each in marked] for marked in (*question.marks, *block)]
    openly = [_openly(question, phrase, written) for phrase in question.phrases]
    if question.protected:
        hidden = [written(_hidden(phrase), phrase.beginning) for phrase in question.phrases]
        clauses += [hidden, *([*mine, theirs] for mine, theirs in zip(openly, hidden, strict=True))]
    else:
        clauses += openly
    return both.join(f"({either.join(choices)})" for choices in clauses)


def _openly(question: Question, phrase: Phrase, written: Callable[[Sequence[str], bool], str]) -> list[str]:
    if phrase not in question.whole:
        return [written(phrase.words, phrase.beginning)]
    return [written((*phrase.words[:-1], word), False) for word in question.whole[phrase]]


def _hidden(phrase: Phrase) -> list[str]:
    return [PROTECTED + word for word in phrase.words]
