"""What repeats, belongs together or grows suddenly: found by the engine, decided by people."""

from engine.detection.alike import Alike, like_case, looks_like, matter_of, matter_to_be
from engine.detection.decide import (
    ON_ITS_OWN,
    Gathered,
    accept_pair,
    answer_surge,
    dismiss,
    link_cluster,
    look_at_cause,
    may_decide,
)
from engine.detection.model import Finding, FindingCase, FindingKind, FindingState, Watermark
from engine.detection.rows import (
    Line,
    Linked,
    Queue,
    Seen,
    behind,
    facts_told,
    links_of,
    queue,
    see,
    waiting,
    what_stands_about,
)
from engine.detection.rules import PROPOSED_FROM, Likeness, Matter, area_of, likeness
from engine.detection.several import MOST_AT_ONCE, Chosen, Verdict, choose, decide_on
from engine.detection.stream import Looked, look_on
from engine.detection.surges import look_for_surges

__all__ = [
    "MOST_AT_ONCE",
    "ON_ITS_OWN",
    "PROPOSED_FROM",
    "Alike",
    "Chosen",
    "Finding",
    "FindingCase",
    "FindingKind",
    "FindingState",
    "Gathered",
    "Likeness",
    "Line",
    "Linked",
    "Looked",
    "Matter",
    "Queue",
    "Seen",
    "Verdict",
    "Watermark",
    "accept_pair",
    "answer_surge",
    "area_of",
    "behind",
    "choose",
    "decide_on",
    "dismiss",
    "facts_told",
    "like_case",
    "likeness",
    "link_cluster",
    "links_of",
    "look_at_cause",
    "look_for_surges",
    "look_on",
    "looks_like",
    "matter_of",
    "matter_to_be",
    "may_decide",
    "queue",
    "see",
    "waiting",
    "what_stands_about",
]
