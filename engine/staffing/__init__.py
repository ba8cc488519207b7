"""Who stands for which unit and place: member units, instructors, task forces, people sent to grids, delegates."""

from engine.staffing.model import DUTIES, LEAST_RANK, RANKS, Kind, Posting
from engine.staffing.rows import leaders_of, linked_communities

__all__ = ["DUTIES", "LEAST_RANK", "RANKS", "Kind", "Posting", "leaders_of", "linked_communities"]
