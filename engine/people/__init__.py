"""Handlers, organisations, memberships and roles; who may do what."""

from engine.people.model import ApiToken, Attempts, Membership, Person, SignIn
from engine.people.rights import ACTS, BLIND, WORKING, Viewer
from engine.people.rows import members, names, nearest_staffed, viewer_of

__all__ = [
    "ACTS",
    "BLIND",
    "WORKING",
    "ApiToken",
    "Attempts",
    "Membership",
    "Person",
    "SignIn",
    "Viewer",
    "members",
    "names",
    "nearest_staffed",
    "viewer_of",
]
