"""The words a diagram may use: functions, services, messages, roles and task properties.

Nothing else runs from a diagram, a table or a form. The checker refuses a word that is not here, `engine.process`
binds every word to code (a test keeps both equal), and the designer's element templates are generated from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """A pure function for expressions. `least` and `most` bound the number of arguments.

    `does` is the code behind it; None only for `due`, which the runtime itself answers.
    """

    name: str
    least: int
    most: int
    says: str
    does: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What a service task may ask for: `camunda:type="external"`, `camunda:topic` = name.

    `params` maps a parameter to True when it is required; `gives` names the variables it sets.
    """

    name: str
    says: str
    params: Mapping[str, bool] = field(default_factory=dict)
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One closed set of words; the product has one (`WORDS`), conformance tests bring their own."""

    functions: Mapping[str, Function]
    services: Mapping[str, Service]
    messages: Mapping[str, str]
    roles: Mapping[str, str]
    task_properties: Mapping[str, str]
    letters: Mapping[str, str] = field(default_factory=dict)

    def bound_functions(self) -> dict[str, Callable[..., Any]]:
        """The functions that have code, by name, as a host wants them."""
        return {name: word.does for name, word in self.functions.items() if word.does is not None}


def _largest(*values: Any) -> Any:
    return max(_flat(values), default=0)


def _smallest(*values: Any) -> Any:
    return min(_flat(values), default=0)


def _contains(items: Any, item: Any) -> bool:
    return item in items if isinstance(items, list | tuple | str) else False


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]


TASK_REASONS: Mapping[str, str] = {
    "decide": "a decision is asked for; it stands on the page of decisions",
    "instructed": "a leader gave an instruction",
    "mediate": "a mediation session with the parties",
    "campaign": "an item of a backlog campaign",
}
"""What a task's `why` may say, beside the reason of the visit."""

LETTERS: Mapping[str, str] = {
    "registration": "the registration sheet of a petition",
    "forwarding": "passes a matter on to the unit it belongs to",
    "assignment": "gives a matter to a unit, with a day by which it reports the result",
    "acceptance": "tells the petitioner that the matter is accepted",
    "refusal": "tells the petitioner that it is not, why, and which way is open",
    "extension": "tells the petitioner that the limit was extended, and why",
    "opinion": "the opinion on a petition",
    "review_opinion": "the opinion after a review",
    "rereview_opinion": "the opinion after a re-review",
    "mediation_agreement": "what the parties of a mediation agreed",
    "supervision": "the supervision notice to a unit",
    "delivery_receipt": "the receipt that the addressee of another letter signs",
}
"""The kinds of letters that leave the office, which a step may call for."""

WORDS = Vocabulary(
    functions={
        word.name: word
        for word in (
            Function("due", 1, 2, 'due("handle", tier): when a step at a tier ends, from limits.yaml'),
            Function("max", 1, 32, "the largest of a list or of several numbers; 0 for an empty list", _largest),
            Function("min", 1, 32, "the smallest of a list or of several numbers; 0 for an empty list", _smallest),
            Function("len", 1, 1, "how many items a list or how many characters a text has", len),
            Function("contains", 2, 2, "contains(list, item): whether the item is in the list", _contains),
        )
    },
    services={
        word.name: word
        for word in (
            Service(
                "triage",
                "grade the case anew by the decision tables",
                gives=("severity", "size", "track", "urgent", "target_tier"),
            ),
            Service(
                "raise_tier",
                "move the case up one tier, or straight up to the tier `to`",
                {"reason": True, "to": False},
                gives=("tier", "top", "signed_in"),
            ),
            Service(
                "return_down",
                "send the case back to the unit it came from; refused outside the sign-in window",
                gives=("tier", "top", "signed_in"),
            ),
            Service(
                "downgrade",
                "move the case down to the tier that was decided",
                gives=("tier", "top", "signed_in"),
            ),
            Service("pause_clock", "stop the tier clock", {"reason": True}),
            Service("resume_clock", "let the tier clock run on"),
            Service("extend_clock", "grant the extension that was asked for"),
            Service("refuse_extension", "refuse the extension that was asked for", {"silent": False}),
            Service("tell", "tell units or roles something", {"what": True, "whom": False}),
            Service("card", "record a yellow or red card against the holding unit", {"colour": True}),
            Service("mark_absent", "record the invited units that gave no opinion in time"),
            Service("begin", "start a process of its own beside the case", {"process": True}),
            Service("supervise", "open a supervision notice beside the case", {"reason": True}),
            Service("sampled", "whether this case is drawn for the quality check", gives=("sampled",)),
            Service("close_case", "close the case with the result that was recorded", {"result": False}),
            Service("note", "write a line into the history of the case", {"what": True}),
            Service("arbitrate", "open an arbitration about who handles the case; the holder goes on meanwhile"),
            Service(
                "carry_out",
                "carry out what an arbitration decided, or note that nobody decided in time",
                {"outcome": True},
                gives=("co_units", "lead_unit"),
            ),
            Service(
                "change_hands",
                "move the case to the unit that was decided on",
                gives=("tier", "top", "signed_in"),
            ),
            Service("return_visit", "begin a return visit beside the closed case, where it is drawn for one"),
            Service(
                "not_solved",
                "the answer did not hold: the same unit does it again, the second time it is supervised",
                {"reason": True},
            ),
            Service(
                "majority",
                "whether most of the answers to a task of several people say yes to each of the `keys`",
                {"form": True, "keys": True},
                gives=("agreed",),
            ),
            Service("conclude", "write down what came of this process", {"outcome": True}),
            Service("take_up", "the process of the case waits from now on while this one handles the matter"),
            Service(
                "hand_back",
                "the process of the case goes on: closed where the outcome is an answer, else anew where it was",
                {"outcome": True},
            ),
            Service("stand_by", "the clocks of the whole case stand still while another process handles it"),
            Service(
                "stay_anew",
                "the case stays where it is, with a visit and a clock of its own, and its own clocks run on",
                gives=("tier", "top", "signed_in"),
            ),
        )
    },
    messages={
        "m_severity_jump": "the facts changed and the case was graded higher",
        "m_withdraw": "the petitioner withdrew the matter",
        "m_merge": "the case was merged into another",
        "m_material": "something the case waited for has arrived",
        "m_downgrade": "the reason for a jump is gone",
        "m_arbitrated": "it was decided that another unit handles the case",
        "m_apply_review": "the petitioner asks for a review or re-review of the opinion",
        "m_taken_up": "a process beside the case handles the matter from now on",
        "m_answered": "the process beside the case has answered the matter",
        "m_handed_back": "the process beside the case has ended without an answer",
    },
    roles={
        "lead": "the accountable lead of a unit (building, grid or zone lead, community secretary …)",
        "deputy": "stands in for the lead",
        "handler": "works on matters of a unit",
        "mediator": "mediates for a unit or an organisation",
        "dispatcher": "sends matters to where they belong",
        "leader": "decides: approvals, instructions, lead official",
        "clerk": "registers and triages what comes in (hotline agent, intake clerk)",
        "petition_officer": "runs the statutory tracks and supervision",
        "liaison": "answers for a department",
        "quality": "checks closed work, never one's own",
        "instructor": "guides petition work by comment and template, decides nothing",
        "delegate": "a delegate of the people's congress: raises matters of their grids, reads no case",
        "designer": "publishes processes, reads no case",
        "operator": "runs the system, reads no case",
        "confidential_clerk": "the only reader of confidential transfers",
    },
    task_properties={
        "unit": "which unit is asked: holder (default), above (one tier up), top, deciding (the nearest unit at or "
        "above the holder that has a leader), mediating (the organisation that mediates the case, else the holder), "
        "a tier's name, or ${variable} holding a unit's id",
        "why": f"why it is theirs, as the work list says it: {', '.join(TASK_REASONS)}; else the reason of the visit",
        "step": "the word of limits.yaml that sets this task's own time limit, for display",
        "title_en": "the task's name in English (the diagram's own name is Chinese)",
        "letter": "which letters are to be issued once it is done, with ; between them, each with a condition on its "
        'answers where it needs one: `acceptance if decision == "accept"`. Letters: ' + ", ".join(LETTERS),
        "delivers": "the letter that is delivered by this step, which is issued before; the answer `delivered_at` is "
        "the delivery, and limits without a tier that begin with the step are counted from it",
    },
    letters=LETTERS,
)

FORM_READS: Mapping[str, tuple[str, ...]] = {
    "sign_in": ("action", "reason_code"),
    "first_contact": ("mediation_offer", "mediation_reason"),
    "mediation_organisation": ("organisation", "chosen_by"),
    "mediation_acceptance": ("decision", "mediator"),
    "mediation_termination": ("why",),
    "agreement": ("agreement_form", "performance_due"),
    "handle": ("outcome",),
    "resolve": ("result_code", "substantive"),
    "ceiling": ("lead_official",),
    "confirm_triage": ("verdict", "severity", "size"),
    "decide_extension": ("decision", "reason"),
    "decide_upgrade": ("decision",),
    "quality_check": ("verdict",),
    "suggestion_decision": ("decision",),
    "petition_accept": ("decision",),
    "petition_answer_simple": ("conclusion", "disputed"),
    "petition_opinion": ("conclusion",),
    "backlog_review": ("agree",),
    "backlog_acceptance": ("documents", "return_visit", "petitioner_view"),
    "arbitration": ("lead_unit", "co_units", "reason"),
    "return_visit": ("reached", "satisfied", "really_solved"),
}
"""What the engine itself reads from a form of that name, beside what the diagram does with it."""
