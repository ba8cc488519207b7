"""APScheduler as the metronome: a few ticks over indexed tables. It keeps no job store; the tables are the truth.

Any number of nodes may run it. Each firing is one transaction: pick under the case's lock, act, commit. A node that
dies leaves an armed row behind, which the next tick of any node picks up.
"""

from engine.scheduler.background import Job
from engine.scheduler.model import Node, latest_beat
from engine.scheduler.ticks import OUTBOX_BATCH, Poster, Scheduler, Tick

__all__ = ["OUTBOX_BATCH", "Job", "Node", "Poster", "Scheduler", "Tick", "latest_beat"]
