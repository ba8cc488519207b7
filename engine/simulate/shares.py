"""How much of what happens in a simulated district: every share and weight in one place, all of them assumptions.

The shares follow the field's own estimates (channels, categories, severity, where a matter is settled); tune them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

CHANNELS: Mapping[str, float] = {
    "hotline_12345": 0.42,
    "qr": 0.27,
    "inspection": 0.10,
    "petition_online": 0.06,
    "petition_letter": 0.03,
    "petition_visit": 0.03,
    "secretary_mailbox": 0.03,
    "tea_talk": 0.03,
    "online_media": 0.02,
    "leader_reception": 0.005,
    "return_visit": 0.005,
}

CATEGORIES: Mapping[str, float] = {
    "labour.wages": 0.16,
    "property.fee": 0.09,
    "consumer.prepaid": 0.09,
    "contract.lease": 0.07,
    "noise.social": 0.06,
    "noise.construction": 0.06,
    "property.repair": 0.06,
    "neighbour.leak": 0.05,
    "neighbour.noise": 0.05,
    "consumer.refund": 0.05,
    "neighbour.parking": 0.04,
    "marriage.family": 0.04,
    "environment.fumes": 0.04,
    "safety.fire": 0.04,
    "education": 0.03,
    "road.facility": 0.03,
    "land.compensation": 0.02,
    "medical.harm": 0.01,
    "housing.delivery": 0.01,
}

KINDS: Mapping[str, float] = {"dispute": 0.55, "complaint": 0.30, "help": 0.15}

OWN_WAYS: Mapping[str, Mapping[str, float]] = {
    "hotline_12345": {"consult": 0.09, "suggestion": 0.02, "emergency": 0.004},
    "qr": {"consult": 0.03, "suggestion": 0.03, "emergency": 0.002},
    "secretary_mailbox": {"consult": 0.05, "suggestion": 0.12, "misconduct": 0.02},
    "tea_talk": {"suggestion": 0.35},
    "petition_online": {"petition": 0.45, "misconduct": 0.01},
    "petition_letter": {"petition": 0.55, "misconduct": 0.03},
    "petition_visit": {"petition": 0.50, "misconduct": 0.01},
}
"""By channel: so many of its matters go a way of their own; all others are disputes, complaints and calls for help."""

SIMPLE_PETITIONS = 0.5
LEGAL_REFERRALS = 0.08
"""Of the petitions: a first one with clear facts; one that a court has already."""

CHOICES: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "consult_answer": {"answered_from": {"knowledge": 0.7, "unit": 0.2, "asked": 0.1}},
    "suggestion_decision": {"decision": {"adopted": 0.3, "partly_adopted": 0.3, "not_adopted": 0.4}},
    "petition_register": {
        "petition_class": {"own": 0.95, "legal": 0.05},
        "routing": {"forward": 0.65, "assign": 0.35},
        "responsible": {"district": 0.3, "street": 0.55, "community": 0.15},
    },
    "petition_accept": {"decision": {"accept": 0.94, "refuse": 0.06}},
    "reception_reply": {"reply_state": {"done": 0.7, "underway": 0.2, "cannot": 0.1}},
    "reception_feedback": {"solved": {"solved": 0.7, "explained": 0.2, "unsolved": 0.1}},
    "reception_close": {"verdict": {"accept": 0.9, "again": 0.1}},
    "petition_accept_simple": {"decision": {"accept": 0.93, "full": 0.07}},
    "petition_answer_simple": {
        "conclusion": {"support": 0.5, "part": 0.2, "explain": 0.2, "not_support": 0.1},
    },
    "petition_investigation": {"heard_petitioner": {"yes": 1.0}, "next_step": {"opinion": 0.93, "hearing": 0.07}},
    "petition_opinion": {"conclusion": {"support": 0.35, "part": 0.25, "explain": 0.2, "not_support": 0.2}},
    "petition_approval": {"decision": {"approve": 0.93, "back": 0.07}},
    "petition_review": {"result": {"uphold": 0.8, "change": 0.15, "redo": 0.05}},
    "mediation_acceptance": {"decision": {"accept": 0.92, "refuse": 0.08}},
    "mediation_consent": {"consent": {"yes": 0.93, "no": 0.07}},
    "mediation_session": {"session_result": {"agreed": 0.55, "again": 0.3, "failed": 0.12, "withdrawn": 0.03}},
    "mediation_continue": {"go_on": {"yes": 0.6, "no": 0.4}},
    "confirmation_application": {"applied": {"yes": 0.25, "no": 0.75}},
    "confirmation_result": {"court_result": {"confirmed": 0.95, "rejected": 0.03, "withdrawn": 0.02}},
    "performance_check": {"performed": {"yes": 0.9, "partly": 0.06, "no": 0.04}},
    "backlog_review": {"agree": {"yes": 0.87, "no": 0.13}},
    "backlog_progress": {"progress": {"settled": 0.5, "underway": 0.4, "stuck": 0.1}},
    "backlog_settle": {"settled_as": {"substantively_resolved": 0.84, "procedurally_closed": 0.16}},
    "backlog_acceptance": {
        "documents": {"yes": 0.96, "no": 0.04},
        "return_visit": {"yes": 0.93, "no": 0.07},
        "petitioner_view": {"yes": 0.93, "no": 0.07},
    },
    "competence_statement": {"position": {"ours": 0.1, "shared": 0.2, "not_ours": 0.7}},
}
"""By form and field: what people decide, where nothing else tells."""

HOLDER_WORKS_IT_OFF = 0.7
"""Of the items of a campaign: the unit that has the case; of the others the campaign's own unit."""
MEDIATED = 0.05
"""Of the matters that a community or a tier above settles: an organisation mediates."""
AS_PROPOSED = 0.8
"""Of those: the organisation that is proposed first."""
DISPUTED = 0.012
"""Of all matters: the first unit that may says that it is another's."""
ASKED_BACK = 0.25
"""Of the disputes: it asks to return the matter instead of signing for it."""
NOT_DECIDED = 0.04
GOES_OVER = 0.45
JOINS_IN = 0.35
"""Of the arbitrations: never decided; given to another unit than the one that has it; others join."""
REACHED = 0.82
SATISFIED: Mapping[str, float] = {"5": 0.58, "4": 0.30, "3": 0.06, "2": 0.04, "1": 0.02}
"""Of the petitioners who are asked after the answer."""
REVIEW_ASKED = 0.18
"""Of the petitions whose opinion does not support them: the petitioner asks for a review."""
LATE_BY_LAW = 0.01
"""Of the statutory steps: done after their time."""

SEVERITY: Mapping[int, float] = {1: 0.86, 2: 0.11, 3: 0.027, 4: 0.003}

SETTLED_AT: Mapping[int, Mapping[int, float]] = {
    1: {0: 0.2093, 1: 0.4884, 2: 0.1628, 3: 0.0960, 4: 0.0335, 5: 0.0100},
    2: {3: 0.80, 4: 0.16, 5: 0.04},
    3: {4: 0.85, 5: 0.15},
    4: {5: 1.0},
}
"""By severity: the tier (0 the lowest) at which a matter is settled. Weighted with SEVERITY: 18/42/14/17/7/2 %."""

BEGINS_BELOW = 0.25
"""So many of the matters that no building settles are known to the building all the same, and begin there."""

HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 9, 6, 7, 10, 11, 10, 8, 6, 6, 7, 6, 4, 2)
REST_DAY = 0.45
"""Fewer people report anything on a rest day."""

SPRING_FESTIVAL = 0.25
WAGES_BEFORE_FESTIVAL = 3.0
NEW_YEARS = (
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
)
"""The first day of the lunar year: the festival runs from its eve, seven days on."""

COMMUNITY_SPREAD = 0.6
"""Sigma of the lognormal weight of a community."""

BUSY_GRIDS = 0.20
BUSY_GRID_WEIGHT = 4.89
"""A fifth of the grids carries about 55 % of the matters."""

REPEAT = 0.06
ANONYMOUS = 0.08

LET_PASS = 0.025
"""Of the visits that do not settle a matter: nobody acts, and it rises by overdue. With what goes wrong otherwise
(silence above, absent units, late answers) about 3 % of all matters are overdue once."""
PAUSED = 0.155
"""Of all matters: buildings do not wait, so about 12 % stand still once."""
EXTENDED = 0.06
"""Of all matters: asked for where it can be granted, about 4 %."""
JOINT = 0.15
JUMPED = 0.008
WITHDRAWN = 0.01
RETURNED = 0.06
"""Of the matters that rise on request: signed back down at once by the tier above."""
DOWNGRADED = 0.35
"""Of the matters that jumped: the reason is gone after some days."""
LATE_SIGN_IN = 0.02
AT_CEILING = 0.25
"""Of the matters the district gets: not settled in time there either."""
NEVER_SUPPLIED = 0.15
"""Of the paused matters: the petitioner never answers."""
GUIDED = 0.06
REFUSED = 0.03
SILENT = 0.05
"""Of the requests from below: answered with guidance, refused, never answered."""
INSTRUCTED = 0.4
"""Of the matters that come as high as a leader."""
CONTINUED = 0.10
"""Of the handlings: a step is noted, and the work goes on."""
ABSENT = 0.06
DISAGREED = 0.12
REWORK = 0.08
REGRADED = 0.03
CLAIMED = 0.06
"""Of the tasks: taken first, done later."""
EXTENSION_REFUSED = 0.12
