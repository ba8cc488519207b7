"""What people do with a case beside their tasks, each as its own resource, and four of them as messages too."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from flask import Response
from sqlalchemy.orm import Session

from engine import process
from engine.cases import Case
from engine.web.api import telling
from engine.web.api.acting import act, answer
from engine.web.api.asked import (
    CasePath,
    CategoryBody,
    CommentBody,
    DowngradeBody,
    DowngradeMessage,
    ExtensionBody,
    InstructionBody,
    JumpMessage,
    MaterialBody,
    MaterialMessage,
    MessageBody,
    ReasonBody,
    ReviewMessage,
    RiskBody,
    UnmaskBody,
    WithdrawalMessage,
)
from engine.web.api.blueprint import NUMBER, api
from engine.web.api.cases import IN_FACTS, see
from engine.web.api.document import ACT, ACTS, Responses, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import Done, Shown
from engine.web.context import now, viewer, world
from engine.web.idempotency import Answer
from engine.web.policy import policy

DONE: Responses = {200: Done, **refusals(ACT)}
NOTED: Responses = {201: Done, **refusals(ACT)}
Act = Callable[[Session, Case], bool]
"""Gives whether the case moved by it."""


@api.post(
    f"/cases/{NUMBER}/messages",
    tags=[ACTS],
    operation_id="throwMessage",
    summary="Send a message to a case",
    description="Something arrived, the petitioner withdrew, the matter became graver, the reason of a rise is "
    "gone, or a review is asked for: the messages that come from outside a diagram. Each needs the right to what "
    "it does.",
    responses=DONE,
)
@policy("case.read", scope="cases:act")
def throw_message(path: CasePath, body: MessageBody) -> Response:
    message = body.root
    match message:
        case MaterialMessage():
            return _do(path, _material(message.payload), prefix="/payload/")
        case WithdrawalMessage():
            return _do(path, _withdrawal(message.payload), prefix="/payload/")
        case JumpMessage():
            return _do(path, _risk(message.payload), prefix="/payload/")
        case DowngradeMessage():
            return _do(path, _downgrade(message.payload), prefix="/payload/")
        case ReviewMessage():
            return _do(path, _review(message.payload), prefix="/payload/")
        case _:
            assert_never(message)


@api.post(
    f"/cases/{NUMBER}/supplies",
    tags=[ACTS],
    operation_id="supply",
    summary="Note that something arrived",
    description="A clock that waited for it runs on; `effect` says whether it did.",
    responses=NOTED,
)
@policy("case.supply", scope="cases:act")
def supply(path: CasePath, body: MaterialBody) -> Response:
    return _do(path, _material(body), 201)


@api.post(
    f"/cases/{NUMBER}/risks",
    tags=[ACTS],
    operation_id="reportRisk",
    summary="Report a risk",
    description="Adds facts and grades the case anew. `effect` says whether it was graded higher and jumped.",
    responses=NOTED,
)
@policy("case.report_risk", scope="cases:act")
def report_risk(path: CasePath, body: RiskBody) -> Response:
    return _do(path, _risk(body), 201)


@api.post(
    f"/cases/{NUMBER}/extensions",
    tags=[ACTS],
    operation_id="askExtension",
    summary="Ask for more time",
    description="Once per time limit, in good time before it ends, never more than it had. Decided above.",
    responses=NOTED,
)
@policy("clock.ask_extension", scope="cases:act")
def ask_extension(path: CasePath, body: ExtensionBody) -> Response:
    def do(session: Session, case: Case) -> bool:
        process.ask_extension(session, world(), case.id, body.length, body.reason, viewer=viewer(), now=now())
        return False

    return _do(path, do, 201)


@api.post(
    f"/cases/{NUMBER}/instructions",
    tags=[ACTS],
    operation_id="instruct",
    summary="Give an instruction",
    description="Becomes a task of the unit with a clock; its answer comes back to the leader's unit to be decided on.",
    responses=NOTED,
)
@policy("case.instruct", scope="cases:act")
def instruct(path: CasePath, body: InstructionBody) -> Response:
    def do(session: Session, case: Case) -> bool:
        process.instruct(
            session,
            world(),
            case.id,
            body.text,
            to_unit_id=body.unit,
            urgent=body.urgent,
            viewer=viewer(),
            now=now(),
        )
        return False

    return _do(path, do, 201)


@api.post(
    f"/cases/{NUMBER}/comments",
    tags=[ACTS],
    operation_id="comment",
    summary="Write a comment into the history",
    description="Whom it names gets a notice; only people and units that may see the case can be named.",
    responses=NOTED,
)
@policy("case.read", scope="cases:act")
def comment(path: CasePath, body: CommentBody) -> Response:
    def do(session: Session, case: Case) -> bool:
        process.comment(
            session, world(), case.id, body.text, viewer=viewer(), now=now(), people=body.people, units=body.units
        )
        return False

    return _do(path, do, 201)


@api.put(
    f"/cases/{NUMBER}/category",
    tags=[ACTS],
    operation_id="sortCase",
    summary="Put a case into another category",
    responses=DONE,
)
@policy("case.file", scope="cases:act")
def sort_case(path: CasePath, body: CategoryBody) -> Response:
    def do(session: Session, case: Case) -> bool:
        process.sort_case(session, case.id, body.category, viewer=viewer(), now=now())
        return False

    return _do(path, do)


@api.post(
    f"/cases/{NUMBER}/withdrawal",
    tags=[ACTS],
    operation_id="withdrawCase",
    summary="Withdraw a case for its petitioner",
    responses=DONE,
)
@policy("case.withdraw", scope="cases:act")
def withdraw(path: CasePath, body: ReasonBody) -> Response:
    return _do(path, _withdrawal(body))


@api.post(
    f"/cases/{NUMBER}/downgrade",
    tags=[ACTS],
    operation_id="downgradeCase",
    summary="Move a big case down",
    responses=DONE,
)
@policy("case.downgrade", scope="cases:act")
def downgrade(path: CasePath, body: DowngradeBody) -> Response:
    return _do(path, _downgrade(body))


@api.post(
    f"/cases/{NUMBER}/unmasking",
    tags=[ACTS],
    operation_id="unmaskParties",
    summary="See parties in the clear",
    description="Names of protected people, telephones, addresses and identity numbers, for whoever works on the case "
    "or speaks with its petitioners. Who, when and why goes into the history; for 15 minutes `readCase` shows it.",
    responses={200: Shown, **refusals(ACT)},
)
@policy("case.unmask", scope="cases:act")
def unmask(path: CasePath, body: UnmaskBody) -> Response:
    def once(session: Session) -> Answer:
        case = see(session, path.number)
        with pointing("/"):
            shown = process.unmask(session, case.id, body.reason, party_id=body.party, viewer=viewer(), now=now())
        return answer(Shown(parties=[telling.party(each, shown=True) for each in shown]), 200)

    return act(once)


@api.post(
    f"/cases/{NUMBER}/recusal",
    tags=[ACTS],
    operation_id="stepAside",
    summary="Step aside from a case",
    description="For a handler who is party or related: they see the case no more, and others go on.",
    responses=DONE,
)
@policy("case.step_aside", scope="cases:act")
def step_aside(path: CasePath, body: ReasonBody) -> Response:
    def do(session: Session, case: Case) -> bool:
        process.step_aside(session, world(), case.id, body.reason, viewer=viewer(), now=now())
        return False

    return _do(path, do)


def _material(body: MaterialBody) -> Act:
    return lambda session, case: process.supply(session, world(), case.id, body.note, viewer=viewer(), now=now())


def _risk(body: RiskBody) -> Act:
    return lambda session, case: process.report_risk(
        session, world(), case.id, body.facts.given(), body.reason, viewer=viewer(), now=now()
    )


def _withdrawal(body: ReasonBody) -> Act:
    def do(session: Session, case: Case) -> bool:
        process.withdraw(session, world(), case.id, body.reason, viewer=viewer(), now=now())
        return True

    return do


def _review(body: ReasonBody) -> Act:
    def do(session: Session, case: Case) -> bool:
        process.apply_review(session, world(), case.id, body.reason, viewer=viewer(), now=now())
        return True

    return do


def _downgrade(body: DowngradeBody) -> Act:
    def do(session: Session, case: Case) -> bool:
        process.downgrade(session, world(), case.id, body.tier, body.reason, viewer=viewer(), now=now())
        return True

    return do


def _do(path: CasePath, do: Act, status: int = 200, *, prefix: str = "/") -> Response:
    def once(session: Session) -> Answer:
        case = see(session, path.number)
        placed = {name: prefix + where.removeprefix("/") for name, where in IN_FACTS.items()}
        with pointing(prefix, placed):
            moved = do(session, case)
        return answer(
            Done(number=case.number, state=case.state, tier=case.tier, holder_id=case.holder_id, effect=moved), status
        )

    return act(once)
