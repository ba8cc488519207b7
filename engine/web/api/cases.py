"""Cases: file, find, read."""

from __future__ import annotations

from datetime import timedelta

from flask import Response
from sqlalchemy.orm import Session

from engine import cases, intake, process, tasks
from engine.cases import Case
from engine.errors import Invalid, NotFound
from engine.intake import Filing, Override, PartyIn
from engine.process import Wanted
from engine.web.api import telling
from engine.web.api.acting import act, answer, show
from engine.web.api.asked import CasePath, CasesQuery, Facts, FilingBody
from engine.web.api.blueprint import NUMBER, api
from engine.web.api.document import ACT, CASES, LOOK, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import CaseFull, CaseLine, Cases, Receipt
from engine.web.context import looking, now, viewer, world
from engine.web.idempotency import Answer
from engine.web.policy import policy

OLDEST = timedelta(days=3660)
IN_FACTS = {name: f"/facts/{name}" for name in Facts.model_fields}
ELSEWHERE = {**IN_FACTS, "severity": "/override/severity", "override_reason": "/override/reason"}


@api.post(
    "/cases",
    tags=[CASES],
    operation_id="fileCase",
    summary="File a case",
    description="Grades it by the decision tables and starts its process. The same `external_no` of a channel a second "
    "time gives the first case, with status 200.",
    responses={201: Receipt, 200: Receipt, **refusals(ACT)},
)
@policy("case.file", scope="cases:file")
def file_case(body: FilingBody) -> Response:
    def do(session: Session) -> Answer:
        with pointing("/", ELSEWHERE):
            case = intake.file_case(session, world(), _filing(body), viewer=viewer(), now=now())
        repeated = case.filed_at != now()
        told = Receipt(number=case.number, repeated=repeated, case=_line_if_seen(session, case))
        return answer(told, 200 if repeated else 201, location=f"/api/v1/cases/{case.number}")

    return act(do)


@api.get(
    "/cases",
    tags=[CASES],
    operation_id="listCases",
    summary="List the cases you may see, latest first",
    responses={200: Cases, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
def list_cases(query: CasesQuery) -> Response:
    wanted = Wanted(
        state=query.state,
        tier=query.tier,
        light=query.light,
        text=query.q.strip(),
        complex=query.complex,
        before=int(query.cursor) if query.cursor else None,
    )
    with looking() as session:
        found = process.find_cases(session, viewer(), wanted, now=now(), most=query.limit)
        items = [
            telling.case_line(case, running, line, found.holders.get(case.holder_id))
            for case, running, line in found.rows
        ]
    return show(Cases(items=items, next=None if found.next is None else str(found.next)))


@api.get(
    f"/cases/{NUMBER}",
    tags=[CASES],
    operation_id="readCase",
    summary="Read a case",
    description="Facts, parties, every stay at a tier, both clocks, open tasks, and what happens if nobody acts.",
    responses={200: CaseFull, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
def read_case(path: CasePath) -> Response:
    with looking() as session:
        case = see(session, path.number)
        return show(telling.case_full(process.tell(session, world(), case, viewer=viewer(), now=now())))


def see(session: Session, number: str) -> Case:
    """Raises NotFound, in the same words whether the case does not exist or may not be seen."""
    case_id = cases.id_of_number(session, number)
    try:
        if case_id is not None:
            return tasks.see_case(session, viewer(), case_id)
    except NotFound:
        pass
    raise NotFound("case.unknown", "There is no such case.", case=number)


def _line_if_seen(session: Session, case: Case) -> CaseLine | None:
    session.flush()
    try:
        tasks.see_case(session, viewer(), case.id)
    except NotFound:
        return None
    story = process.tell(session, world(), case, viewer=viewer(), now=now())
    return telling.case_line(case, story.tier_clock, story.place, story.units.get(case.holder_id))


def _filing(body: FilingBody) -> Filing:
    received_at = body.received_at or now()
    if now() - received_at > OLDEST:
        said = {"zh": "接收时间不能早于十年前。", "en": "It cannot have been received more than ten years ago."}
        raise Invalid("filing.invalid", "The report cannot be taken: see received_at.", fields={"received_at": said})
    return Filing(
        channel=body.channel,
        kind=body.kind,
        category=body.category,
        title=body.title,
        description=body.description,
        place_id=body.place_id,
        received_at=received_at,
        demand=body.demand,
        address_text=body.address_text,
        external_no=body.external_no,
        facts=body.facts.given(),
        parties=tuple(PartyIn(**dict(each)) for each in body.parties),
        anonymous=body.anonymous,
        confidential=body.confidential,
        override=None if body.override is None else Override(body.override.severity, body.override.reason),
    )
