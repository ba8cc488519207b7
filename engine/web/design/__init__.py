"""The designer's workshop as pages: what is in force, and proposals to change it. No case is read here."""

from engine.web.design import (
    diagrams,
    files,
    forms,
    library,
    limits,
    migrations,
    player,
    proposals,
    rehearsals,
    releases,
    scenarios,
    tables,
)
from engine.web.design.blueprint import pages

__all__ = [
    "diagrams",
    "files",
    "forms",
    "library",
    "limits",
    "migrations",
    "pages",
    "player",
    "proposals",
    "rehearsals",
    "releases",
    "scenarios",
    "tables",
]
