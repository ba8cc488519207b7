"""The words of matters: their states, grades, people and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.web.language import later as _

STATES: Mapping[str, Any] = {
    "registered": _("registered"),
    "assigned": _("waiting to be signed in"),
    "signed_in": _("signed in"),
    "handling": _("being handled"),
    "joint": _("in joint handling"),
    "waiting_petitioner": _("waiting for the petitioner"),
    "mediating": _("in mediation"),
    "suspended": _("clock stopped"),
    "upgrade_pending": _("a rise is being decided"),
    "supervised": _("under district supervision"),
    "reply_pending": _("solved, being checked"),
    "reopened": _("reopened by the petitioner"),
    "closed": _("closed"),
    "withdrawn": _("withdrawn"),
    "merged": _("merged into another case"),
}

CHANNELS: Mapping[str, Any] = {
    "hotline_12345": _("12345 hotline"),
    "petition_visit": _("Visit in person"),
    "petition_letter": _("Letter"),
    "petition_online": _("Online petition"),
    "qr": _("QR code"),
    "secretary_mailbox": _("Secretary's mailbox"),
    "inspection": _("Inspection"),
    "tea_talk": _("Tea-talk"),
    "leader_reception": _("Leader's reception"),
    "return_visit": _("Return visit"),
    "online_media": _("Online media"),
    "backlog_import": _("Backlog"),
    "delegate": _("People's congress delegate"),
    "webhook": _("Connected system"),
    "open311": _("Civic app"),
}

KINDS: Mapping[str, Any] = {
    "dispute": _("Dispute"),
    "complaint": _("Complaint"),
    "help": _("Request for help"),
    "suggestion": _("Suggestion"),
    "consult": _("Question"),
    "petition": _("Petition"),
    "petition_simple": _("Petition, simple procedure"),
    "emergency": _("Emergency"),
    "misconduct": _("Report of misconduct"),
}

SIZES: Mapping[str, Any] = {"small": _("small matter"), "big": _("big matter")}

SEVERITIES: Mapping[int, Any] = {1: _("1 · ordinary"), 2: _("2 · notable"), 3: _("3 · serious"), 4: _("4 · grave")}

ROLES: Mapping[str, Any] = {
    "lead": _("Lead"),
    "deputy": _("Deputy"),
    "handler": _("Handler"),
    "mediator": _("Mediator"),
    "dispatcher": _("Dispatcher"),
    "leader": _("Leader"),
    "clerk": _("Clerk"),
    "petition_officer": _("Petition officer"),
    "liaison": _("Liaison"),
    "quality": _("Quality"),
    "designer": _("Process designer"),
    "operator": _("Operator"),
    "confidential_clerk": _("Confidential clerk"),
    "instructor": _("Petition instructor"),
    "delegate": _("People's congress delegate"),
}

WHY: Mapping[str, Any] = {
    "filed": _("it was filed here"),
    "overdue": _("the tier below was overdue"),
    "request": _("the tier below asked for it"),
    "severity_jump": _("it became more serious"),
    "supervision": _("it is supervised"),
    "leader_order": _("a leader ordered it"),
    "dispute_unresolved": _("the dispute was not settled below"),
    "petitioner_request": _("the petitioner asked for it"),
    "return_down": _("it was sent back"),
    "downgrade": _("it was moved down"),
    "assign_down": _("it was assigned from above"),
    "redo": _("the petitioner was not satisfied"),
    "arbitration": _("it was decided that your unit handles it"),
    "handed_back": _("a reception or a campaign gave it back unanswered"),
    "invited": _("your unit is asked to join"),
    "decide": _("a decision is needed"),
    "instructed": _("a leader gave an instruction"),
    "mediate": _("a mediation session"),
    "campaign": _("an item of a backlog campaign"),
}

LEFT: Mapping[str, Any] = {
    **WHY,
    "overdue": _("risen: overdue"),
    "request": _("risen: on request"),
    "severity_jump": _("risen: more serious"),
    "return_down": _("sent back"),
    "downgrade": _("moved down"),
    "arbitration": _("moved to another unit"),
    "handed_back": _("given back by a reception or a campaign"),
    "closed": _("closed here"),
    "withdrawn": _("withdrawn"),
    "merged": _("merged"),
    "answered": _("answered"),
    "adopted": _("suggestion adopted"),
    "partly_adopted": _("suggestion adopted in part"),
    "not_adopted": _("suggestion not adopted"),
    "referred": _("refused and shown the lawful way"),
    "terminated": _("ended after the re-review"),
    "transferred": _("transferred"),
}

PARTY_ROLES: Mapping[str, Any] = {
    "applicant": _("Petitioner"),
    "respondent": _("Respondent"),
    "third_party": _("Third party"),
    "representative": _("Representative"),
    "witness": _("Witness"),
}

PARTY_TYPES: Mapping[str, Any] = {
    "person": _("Person"),
    "group": _("Group"),
    "org": _("Organisation"),
    "agency": _("Authority"),
}

LETTER_STATES: Mapping[str, Any] = {
    "due": _("to be issued"),
    "issued": _("issued"),
    "delivered": _("delivered"),
    "voided": _("voided"),
    "waived": _("not needed"),
}

DELIVERIES: Mapping[str, Any] = {
    "in_person": _("In person"),
    "post": _("By post"),
    "online": _("Petition platform"),
    "left": _("Left at the place"),
    "notice": _("By public notice"),
}

RESULTS: Mapping[str, Any] = {
    "resolved": _("resolved"),
    "agreement_oral": _("oral agreement"),
    "agreement_written": _("written agreement"),
    "fulfilled": _("fulfilled"),
    "partly_fulfilled": _("partly fulfilled"),
    "explained": _("explained"),
    "not_supported": _("not supported"),
    "guided": _("shown another way"),
    "no_response": _("no response"),
    "substantively_resolved": _("resolved in substance"),
    "procedurally_closed": _("closed by procedure"),
    "answered": _("answered"),
    "adopted": _("suggestion adopted"),
    "partly_adopted": _("suggestion adopted in part"),
    "not_adopted": _("suggestion not adopted"),
    "withdrawn": _("withdrawn"),
    "merged": _("merged"),
}

LIGHTS: Mapping[str, Any] = {
    "green": _("in time"),
    "yellow": _("due soon"),
    "red": _("overdue"),
    "still": _("clock stopped"),
    "none": _("no time limit"),
}

STEPS: Mapping[str, Any] = {
    "handle": _("Time at this tier"),
    "ack": _("Sign-in"),
    "contact": _("First contact"),
    "case_outer": _("Time for the whole case"),
    "urgent_contact": _("Urgent contact"),
    "co_opinion": _("Opinion"),
    "sign": _("Signature"),
    "upgrade_decision": _("Decision on the rise"),
    "extension_decision": _("Decision on more time"),
    "confirm_triage": _("Confirmation of the grading"),
    "waiting_petitioner": _("Wait for the petitioner"),
    "quality_check": _("Check"),
    "supervision_reply": _("Reply to the supervision"),
    "instruction": _("Answer to the instruction"),
    "instruction_urgent": _("Answer to the urgent instruction"),
    "return_visit": _("Return visit"),
    "petition_route": _("Registration and routing"),
    "petition_accept": _("Notice of acceptance"),
    "petition_review_apply": _("Time to ask for a review"),
    "petition_review": _("Review"),
    "petition_rereview": _("Re-review"),
    "simple_accept": _("Acceptance, simple procedure"),
    "emergency_transfer": _("Emergency transfer"),
    "discipline_transfer": _("Confidential transfer"),
    "mediation_acceptance": _("Acceptance of the mediation"),
    "mediation": _("Mediation"),
    "performance": _("Performance of the agreement"),
    "performance_check": _("Check of the performance"),
    "judicial_confirmation": _("Judicial confirmation"),
    "arbitration_statement": _("Statement on who should handle it"),
    "arbitration": _("Arbitration"),
    "return_visit_pause": _("Pause before the next try"),
    "return_visit_again": _("Return visit, next try"),
    "confirmation_reminder": _("Reminder of the judicial confirmation"),
    "reception_reply": _("Reply to the leader who received"),
    "backlog_ownership": _("Taking charge of the item"),
    "backlog_plan": _("Plan for the item"),
    "backlog_review": _("Review of the plan"),
    "backlog_revision": _("Revision of the plan"),
    "backlog_progress": _("Report of progress"),
    "backlog_settle": _("Settlement of the item"),
    "backlog_acceptance": _("Acceptance checks"),
    "backlog_rework": _("Rework after the checks"),
}

INJURIES: Mapping[str, Any] = {
    "none": _("None"),
    "minor": _("Minor"),
    "serious": _("Serious"),
    "fatal": _("Fatal"),
}

RISKS: Mapping[str, Any] = {
    "none": _("None"),
    "vulnerable": _("Vulnerable people"),
    "legacy_issue": _("Old grievance"),
    "mass_gathering": _("Gathering of many"),
    "extreme_act": _("Extreme act"),
}

OPINIONS: Mapping[str, Any] = {
    "none": _("None"),
    "local": _("Local talk"),
    "hot": _("Widely discussed"),
    "national": _("Nationwide"),
}

PAUSES: Mapping[str, Any] = {
    "waiting_petitioner": _("waiting for the petitioner"),
    "in_mediation": _("in mediation"),
    "hearing": _("hearing"),
    "appraisal": _("expert appraisal"),
    "court_or_arbitration": _("before a court"),
    "emergency_order": _("emergency order"),
    "with_register": _("handled by a reception or a campaign"),
}

PERIODS: Mapping[str, Any] = {
    "week": _("in the last 7 days"),
    "month": _("in the last 30 days"),
    "quarter": _("in the last 90 days"),
    "year": _("in the last year"),
    "before": _("longer ago than a year"),
}

STOPS: Mapping[str, Any] = {
    "done": _("done"),
    "active": _("at work"),
    "overdue": _("overdue"),
    "waiting": _("the clock runs"),
}

FIELDS: Mapping[str, Any] = {
    "name": _("Name"),
    "phone": _("Telephone"),
    "address": _("Address"),
    "id_number": _("identity number"),
    "role": _("Role"),
    "type": _("Kind"),
    "protected": _("protection"),
    "unit_id": _("unit that is meant"),
    "person_id": _("handler who is meant"),
    "title": _("Title"),
    "description": _("What happened"),
    "demand": _("Demand"),
    "address_text": _("Address"),
    "parties": _("Parties"),
}

RELATED: Mapping[str, Any] = {
    "phone": _("same telephone"),
    "name": _("same petitioner"),
    "place": _("same place and category"),
    "respondent": _("same respondent"),
}

SORTS: Mapping[str, Any] = {
    "moves": _("moves"),
    "steps": _("steps"),
    "clocks": _("clocks"),
    "words": _("words and papers"),
    "looks": _("looks at personal data"),
}

CARDS: Mapping[str, Any] = {"yellow": _("yellow card"), "red": _("red card")}
