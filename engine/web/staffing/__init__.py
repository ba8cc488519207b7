"""Pages of who stands for what: member units, assignments, task forces, instructors' templates, delegates' matters."""

from engine.web.staffing import assignments, forces, guidance, matters, members
from engine.web.staffing.blueprint import pages

__all__ = ["assignments", "forces", "guidance", "matters", "members", "pages"]
