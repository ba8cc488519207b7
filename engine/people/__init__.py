"""Handlers, organisations, memberships and roles; who may do what."""

from engine.people import accounts, operator_log, tokens
from engine.people.absences import absences_of, away, end_absence, fitting_deputies, fitting_deputy, note_absence
from engine.people.accounts import Account
from engine.people.model import Absence, ApiToken, Attempts, Membership, OperatorEntry, Person, SignIn
from engine.people.passwords import check_password, hash_password
from engine.people.preferences import THEMES, choose_language, choose_theme, mute
from engine.people.rights import ACTS, BLIND, WORKING, StandIn, Viewer
from engine.people.rows import members, names, nearest_staffed, staffed_of, viewer_of
from engine.people.sign_ins import (
    change_password,
    demo_people,
    end_other_sign_ins,
    end_sign_in,
    is_secret_of,
    limit_tries,
    living_sign_ins,
    note_attempt,
    person_by_password,
    sign_in,
    sign_out,
    touch,
    who_is,
)

__all__ = [
    "ACTS",
    "BLIND",
    "THEMES",
    "WORKING",
    "Absence",
    "Account",
    "ApiToken",
    "Attempts",
    "Membership",
    "OperatorEntry",
    "Person",
    "SignIn",
    "StandIn",
    "Viewer",
    "absences_of",
    "accounts",
    "away",
    "change_password",
    "check_password",
    "choose_language",
    "choose_theme",
    "demo_people",
    "end_absence",
    "end_other_sign_ins",
    "end_sign_in",
    "fitting_deputies",
    "fitting_deputy",
    "hash_password",
    "is_secret_of",
    "limit_tries",
    "living_sign_ins",
    "members",
    "mute",
    "names",
    "nearest_staffed",
    "note_absence",
    "note_attempt",
    "operator_log",
    "person_by_password",
    "sign_in",
    "sign_out",
    "staffed_of",
    "tokens",
    "touch",
    "viewer_of",
    "who_is",
]
