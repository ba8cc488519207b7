"""The words for organisations that mediate, their rooms, and what becomes of a mediation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

ORGANISATION_KINDS: Mapping[str, Any] = {
    "peoples": _("People's mediation committee"),
    "industry": _("Industry mediation committee"),
    "administrative": _("Administrative mediation"),
    "lawyer": _("Lawyer mediation"),
    "named": _("Named mediation room"),
}

ROOM_KINDS: Mapping[str, Any] = {
    "ordinary": _("Mediation room"),
    "named": _("Named room"),
    "neighbour": _("Neighbour room"),
}

MEDIATION_OUTCOMES: Mapping[str, Any] = {
    "agreement_oral": _("oral agreement"),
    "agreement_written": _("written agreement"),
    "no_consent": _("a party did not consent"),
    "failed": _("no agreement"),
    "withdrawn": _("a party left"),
    "unsigned": _("not signed"),
    "refused": _("the organisation refused"),
    "silent": _("no answer of the organisation"),
}

OFFER_ANSWERS: Mapping[str, Any] = {
    "accepted": _("They want mediation"),
    "declined": _("They do not want mediation"),
}

OFFER_REASONS: Mapping[str, Any] = {
    "settled": _("They agreed without it"),
    "one_refuses": _("A party refuses"),
    "court": _("It is before a court or an arbitrator"),
    "unreachable": _("A party cannot be reached"),
    "not_open": _("The law leaves nothing to agree on"),
    "other": _("Another reason"),
}

LANGUAGES: Mapping[str, Any] = {
    "mandarin": _("Mandarin"),
    "cantonese": _("Cantonese"),
    "hakka": _("Hakka"),
    "teochew": _("Teochew"),
    "english": _("English"),
    "sign": _("sign language"),
}

WEEKDAYS: Mapping[str, Any] = {
    "1": _("Mon"),
    "2": _("Tue"),
    "3": _("Wed"),
    "4": _("Thu"),
    "5": _("Fri"),
    "6": _("Sat"),
    "7": _("Sun"),
}

SUBJECTS: Mapping[str, Any] = {
    "*": _("every kind"),
    "neighbour": _("Neighbours"),
    "noise": _("Noise"),
    "property": _("Property management"),
    "labour": _("Labour"),
    "consumer": _("Consumers"),
    "contract": _("Contracts"),
    "marriage": _("Marriage and family"),
    "family": _("Family"),
    "medical": _("Medical harm"),
    "land": _("Land"),
    "housing": _("Housing"),
    "construction": _("Building sites"),
    "education": _("Education"),
    "environment": _("Environment"),
    "safety": _("Safety"),
    "road": _("Roads"),
    "consult": _("Questions"),
    "suggestion": _("Suggestions"),
}
"""What a matter is about, at its broadest."""

MEDIATION_TABLES: Mapping[str, Mapping[str, Any]] = {
    "language": LANGUAGES,
    "mediation_outcome": MEDIATION_OUTCOMES,
    "offer_answer": OFFER_ANSWERS,
    "offer_reason": OFFER_REASONS,
    "organisation_kind": ORGANISATION_KINDS,
    "room_kind": ROOM_KINDS,
    "subject": SUBJECTS,
    "weekday": WEEKDAYS,
}
