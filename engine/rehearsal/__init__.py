"""Rehearsal: closed cases once more through other process files, on a clock of their own, beside what happened.

Nothing of a case is written, and what designers see of it is made in `trace.py`: figures, and courses without anything
that tells which case it is. What history cannot know is answered as most did, and counted as assumed.
"""

from engine.rehearsal.compare import Compared, Rehearsing, learn
from engine.rehearsal.figures import DAYS, OTHERS, Rehearsed, figures_of
from engine.rehearsal.habits import Habits, Learner
from engine.rehearsal.jobs import (
    areas,
    ask,
    cancel,
    differing,
    get,
    must_be_possible,
    must_run,
    neighbours,
    of,
    traced,
    tried,
)
from engine.rehearsal.model import Rehearsal, RehearsalState, RehearsedCase
from engine.rehearsal.past import Course, Past
from engine.rehearsal.reading import Sample, how_many, ids_of, read, read_each
from engine.rehearsal.replay import Replay
from engine.rehearsal.worker import Worker, hash_of, rehearsed

__all__ = [
    "DAYS",
    "OTHERS",
    "Compared",
    "Course",
    "Habits",
    "Learner",
    "Past",
    "Rehearsal",
    "RehearsalState",
    "Rehearsed",
    "RehearsedCase",
    "Rehearsing",
    "Replay",
    "Sample",
    "Worker",
    "areas",
    "ask",
    "cancel",
    "differing",
    "figures_of",
    "get",
    "hash_of",
    "how_many",
    "ids_of",
    "learn",
    "must_be_possible",
    "must_run",
    "neighbours",
    "of",
    "read",
    "read_each",
    "rehearsed",
    "traced",
    "tried",
]
