"""Pages of the proactive work of a grid: checks, rechecks, plans and sweeps, duties, weekly contacts, promises."""

from engine.web.inspections import checks, duties, findings, home, plans, promises, weeks
from engine.web.inspections.blueprint import pages

__all__ = ["checks", "duties", "findings", "home", "pages", "plans", "promises", "weeks"]
