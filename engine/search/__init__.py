"""Finding cases by number, title, text, party and place, in Chinese and English, among those a person may see."""

from engine.search.candidates import Question, candidates
from engine.search.find import LONGEST, Asked, Hit, Hits, find, newest
from engine.search.index import (
    IS_OPEN,
    fill_index,
    index_case,
    index_cases,
    indexed_together,
    mark,
    marks_of,
    words_of_case,
)
from engine.search.model import CaseText, WordList, as_vector
from engine.search.words import Phrase, excerpt, found_in, marked, phrases_of, words_of

__all__ = [
    "IS_OPEN",
    "LONGEST",
    "Asked",
    "CaseText",
    "Hit",
    "Hits",
    "Phrase",
    "Question",
    "WordList",
    "as_vector",
    "candidates",
    "excerpt",
    "fill_index",
    "find",
    "found_in",
    "index_case",
    "index_cases",
    "indexed_together",
    "mark",
    "marked",
    "marks_of",
    "newest",
    "phrases_of",
    "words_of",
    "words_of_case",
]
