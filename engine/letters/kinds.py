"""The kinds of letters: what they are called, how their numbers read, what each must say. Also how one is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`word` stands in the number. `needs` are fields that a template of the kind must have, each with something in it
    when a letter is issued."""

    zh: str
    en: str
    word: str
    needs: tuple[str, ...]
    goes_out: bool = True
    """Whether it is delivered to somebody; else it stays in the file."""

    def name(self, locale: str) -> str:
        return self.zh if locale.startswith("zh") else self.en


EVERY = ("number", "unit", "issued_on")
"""What every letter must say: its number, whose it is, and of which day."""

KINDS: Mapping[str, Kind] = {
    "registration": Kind(
        "信访事项登记表", "Registration sheet", "登", (*EVERY, "case_number", "applicant", "description"), False
    ),
    "forwarding": Kind(
        "信访事项转送函", "Forwarding letter", "转", (*EVERY, "case_number", "responsible_unit", "description")
    ),
    "assignment": Kind(
        "信访事项交办函",
        "Assignment letter",
        "交",
        (*EVERY, "case_number", "responsible_unit", "description", "petition_register.report_by"),
    ),
    "acceptance": Kind("信访事项受理告知书", "Notice of acceptance", "受", (*EVERY, "applicant", "received_on")),
    "refusal": Kind(
        "信访事项不予受理告知书",
        "Notice of refusal",
        "不受",
        (
            *EVERY,
            "applicant",
            "petition_refusal.reason",
            "petition_refusal.legal_basis",
            "petition_refusal.right_route",
        ),
    ),
    "extension": Kind(
        "延期办理告知书",
        "Notice of extension",
        "延",
        (*EVERY, "applicant", "extension_reason", "extended_until"),
    ),
    "opinion": Kind(
        "信访处理意见书",
        "Opinion letter",
        "意见",
        (
            *EVERY,
            "applicant",
            "petition_opinion.claims",
            "petition_opinion.facts_found",
            "petition_opinion.evidence",
            "petition_opinion.law_basis",
            "petition_opinion.conclusion",
            "petition_opinion.remedy_notice",
        ),
    ),
    "review_opinion": Kind(
        "信访事项复查意见书",
        "Review opinion",
        "复查",
        (*EVERY, "applicant", "petition_review.body", "petition_review.result", "petition_review.opinion"),
    ),
    "rereview_opinion": Kind(
        "信访事项复核意见书",
        "Re-review opinion",
        "复核",
        (*EVERY, "applicant", "petition_review.body", "petition_review.result", "petition_review.opinion"),
    ),
    "mediation_agreement": Kind(
        "调解协议书",
        "Mediation agreement",
        "调",
        (*EVERY, "party_name", "agreement.facts", "agreement.disputed", "agreement.duties", "agreement.terms"),
    ),
    "supervision": Kind(
        "督办函",
        "Supervision notice",
        "督",
        (*EVERY, "case_number", "holder", "supervision_notice.issue_reason", "supervision_notice.demand"),
    ),
    "delivery_receipt": Kind(
        "送达回证", "Receipt of delivery", "回", (*EVERY, "about_name", "about_number", "addressee"), False
    ),
}

TO_PETITIONER = frozenset(
    {"acceptance", "refusal", "extension", "opinion", "review_opinion", "rereview_opinion", "mediation_agreement"}
)
"""Kinds that the petitioner gets; the others go from office to office or stay in the file."""

METHODS = ("in_person", "post", "online", "left", "notice")
"""How a letter is delivered: the same words as in the form of the step that delivers one."""
