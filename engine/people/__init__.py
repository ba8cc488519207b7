"""Handlers, organisations, memberships and roles; who may do what."""

from engine.people import tokens
from engine.people.model import ApiToken, Attempts, Membership, Person, SignIn
from engine.people.passwords import check_password, hash_password
from engine.people.rights import ACTS, BLIND, WORKING, Viewer
from engine.people.rows import members, names, nearest_staffed, viewer_of
from engine.people.sign_ins import demo_people, note_attempt, person_by_password, sign_in, sign_out, touch, who_is

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
    "check_password",
    "demo_people",
    "hash_password",
    "members",
    "names",
    "nearest_staffed",
    "note_attempt",
    "person_by_password",
    "sign_in",
    "sign_out",
    "tokens",
    "touch",
    "viewer_of",
    "who_is",
]
