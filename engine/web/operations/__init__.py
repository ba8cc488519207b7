"""The operator's pages: is it running, who may come in, how the units lie, which days are worked. No case's content."""

from engine.web.operations import calendar, capacity, messages, overview, people, services, token_moves, units
from engine.web.operations.blueprint import pages

__all__ = ["calendar", "capacity", "messages", "overview", "pages", "people", "services", "token_moves", "units"]
