"""The one way out: HTTP to addresses that other people wrote down.

An address is checked when it is saved (`check`) and again whenever it is called (`send`): the name is resolved, every
address it has is judged, and exactly those are dialled, so that a name that changes in between leads nowhere else.
Nobody else talks HTTP; `make contracts` keeps it so.
"""

from engine.outward.addresses import Inside, is_open
from engine.outward.client import Answer, Line, Outward
from engine.outward.network import Resolver, look_up
from engine.outward.refusals import Refused, Unreached, words_of
from engine.outward.targets import Target, read_target

__all__ = [
    "Answer",
    "Inside",
    "Line",
    "Outward",
    "Refused",
    "Resolver",
    "Target",
    "Unreached",
    "is_open",
    "look_up",
    "read_target",
    "words_of",
]
