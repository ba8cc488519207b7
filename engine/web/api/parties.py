"""Parties of a case, named and corrected while it goes on."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine import process
from engine.cases import PartyIn
from engine.web.api import telling
from engine.web.api.acting import act, answer
from engine.web.api.asked import CasePath, PartyChangeBody, PartyNamedBody, PartyPath
from engine.web.api.blueprint import NUMBER, PARTY, api
from engine.web.api.cases import see
from engine.web.api.document import ACT, CASES, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import Party
from engine.web.context import now, viewer, world
from engine.web.idempotency import Answer
from engine.web.policy import policy


@api.post(
    f"/cases/{NUMBER}/parties",
    tags=[CASES],
    operation_id="nameParty",
    summary="Name a party of a case",
    description="A unit or handler of the district named as respondent sees the case no more from this moment on, and "
    "what they had to do in it goes to the next unit up. The history says who named whom and why, no personal data.",
    responses={201: Party, **refusals(ACT)},
)
@policy("case.name_parties", scope="cases:act")
def name_party(path: CasePath, body: PartyNamedBody) -> Response:
    def do(session: Session) -> Answer:
        case = see(session, path.number)
        party = PartyIn(**{name: value for name, value in body if name != "reason"})
        with pointing("/"):
            row = process.name_party(session, world(), case.id, party, body.reason, viewer=viewer(), now=now())
        return answer(telling.party(row, shown=False), 201)

    return act(do)


@api.patch(
    f"/cases/{NUMBER}/parties/{PARTY}",
    tags=[CASES],
    operation_id="correctParty",
    summary="Correct a party of a case",
    description="What is left out stays; null removes a telephone, address or identity number, or whom they stand for.",
    responses={200: Party, **refusals(ACT)},
)
@policy("case.name_parties", scope="cases:act")
def correct_party(path: PartyPath, body: PartyChangeBody) -> Response:
    def do(session: Session) -> Answer:
        case = see(session, path.number)
        changes = body.model_dump(exclude_unset=True, exclude={"reason"})
        with pointing("/"):
            row = process.correct_party(
                session, world(), case.id, path.party_id, changes, body.reason, viewer=viewer(), now=now()
            )
        return answer(telling.party(row, shown=False), 200)

    return act(do)
