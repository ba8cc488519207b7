"""Acts of the pages as operations, one file for each group of pages: what each takes, does and tells, and no more."""

from engine.web.api.acts import (
    accounts,
    casework,
    channels,
    counting,
    designing,
    duties,
    findings,
    importing,
    mediating,
    meetings,
    operating,
    own,
    releasing,
    services,
    staffing,
)

__all__ = [
    "accounts",
    "casework",
    "channels",
    "counting",
    "designing",
    "duties",
    "findings",
    "importing",
    "mediating",
    "meetings",
    "operating",
    "own",
    "releasing",
    "services",
    "staffing",
]
