"""Pages of mediation: the directory, organisations, weeks of rooms, a mediator's own work, a case's mediation."""

from engine.web.mediation import cases, directory, importing, keeping, mine, rooms
from engine.web.mediation.blueprint import pages

__all__ = ["cases", "directory", "importing", "keeping", "mine", "pages", "rooms"]
