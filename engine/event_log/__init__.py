"""What happened to closed cases as an event log for process mining, XES or OCEL 2.0, without anything about a person.

A log tells which steps a case went through, when, at which tier and in which area. No name, no text, no document, no
number of a case and no handler is in it, and no place below the third tier; confidential cases are left out. It still
tells much about a small area: who takes one is written into the operators' log with their reason.
"""

from engine.event_log.gather import traces
from engine.event_log.model import Event, Scope, Trace
from engine.event_log.taking import MOST_AT_ONCE, Format, export, how_many, must_be_few, record

__all__ = [
    "MOST_AT_ONCE",
    "Event",
    "Format",
    "Scope",
    "Trace",
    "export",
    "how_many",
    "must_be_few",
    "record",
    "traces",
]
