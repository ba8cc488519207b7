"""Where a case stands on its diagrams, and how an operator puts it somewhere else: no word of the case itself."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import process
from engine.errors import Conflict, Invalid, NotFound, Refusal
from engine.process import CaseStanding, Moved
from engine.territory import units_by_id
from engine.web.context import acting, looking, now, viewer, world
from engine.web.design.migration_words import REASONS
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.operations.blueprint import pages, text
from engine.web.policy import policy
from engine.web.refusals import sentence_of


@pages.get("/operations/standing")
@policy("case.move_token")
def standing() -> str | tuple[str, int]:
    asked = request.args.get("number", "").strip()[:32]
    if not asked:
        return _page(None, "")
    try:
        return _page(_of(asked), asked)
    except NotFound as refusal:
        return _page(None, asked, refused=refusal), 404


@pages.post("/operations/moves/preview")
@policy("case.move_token")
def preview_move() -> str | tuple[str, int]:
    """What the move would do: done, and taken back at once."""
    try:
        with acting() as session:
            instance_id, token, target, seen = _chosen()
            found = process.preview_move(
                session, world(), instance_id, token, target, seen=seen, viewer=viewer(), now=now()
            )
        return _confirm(found)
    except (Invalid, Conflict) as refusal:
        return _page(_of(text("number")), text("number"), refused=refusal), refusal.status


@pages.post("/operations/moves")
@policy("case.move_token")
def move_token() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        instance_id, token, target, seen = _chosen()
        process.move_token(
            session, world(), instance_id, token, target, seen=seen, reason=text("reason"), viewer=viewer(), now=now()
        )
        return Done(url_for("operations.standing", number=text("number")), _("Moved. The holder has been told."))

    try:
        return once(act)
    except (Invalid, Conflict) as refusal:
        return _page(_of(text("number")), text("number"), refused=refusal), refusal.status


def _of(asked: str) -> CaseStanding:
    with looking() as session:
        return process.case_standing(session, world(), asked, viewer=viewer())


def _chosen() -> tuple[int, str, str, int]:
    """Instance, token, target, and the revision that was looked at."""
    return number(text("instance")) or 0, text("token"), text("target"), number(text("seen")) or 0


def _page(found: CaseStanding | None, asked: str, *, refused: Refusal | None = None) -> str:
    names = {}
    with looking() as session:
        for run in found.processes if found else ():
            package = world().releases.get(session, run.release_id).package
            names[run.instance_id] = package.processes[run.process_id].name
    return render_template(
        "operations/standing.html",
        case=found,
        asked=asked,
        names=names,
        reasons=REASONS,
        refused_words=sentence_of(refused) if refused else "",
        obstacle=REASONS.get(str(refused.facts.get("obstacle"))) if refused else None,
    )


def _confirm(found: Moved) -> str:
    """Raises Conflict when the case has gone on since, or its number is another one's."""
    case = _of(text("number"))
    try:
        run = next(each for each in case.processes if each.instance_id == number(text("instance")))
        token = next(each for each in run.tokens if each.token == text("token"))
        target = next(each for each in token.targets if each.element == text("target"))
    except StopIteration:
        raise Conflict("move.moved_on", "The case has gone on since you looked at it.") from None
    with looking() as session:
        units = units_by_id(session, {unit for _zh, _en, unit in found.new_tasks})
    return render_template(
        "operations/move.html",
        case=case,
        run=run,
        token=token,
        target=target,
        found=found,
        units=units,
    )
