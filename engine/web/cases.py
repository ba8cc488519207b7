"""Cases: the list, one case's story, and what people do beside their tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import process, tasks
from engine.cases import Case
from engine.deadlines import DeadlineState
from engine.errors import Invalid, NotFound
from engine.process import Story, Wanted
from engine.web import once
from engine.web.context import looking, now, viewer, world
from engine.web.language import _
from engine.web.once import Done
from engine.web.policy import policy

pages = Blueprint("cases", __name__)


@pages.get("/cases")
@policy("case.read")
def show_list() -> str:
    wanted = Wanted.of(request.args)
    with looking() as session:
        found = process.find_cases(session, viewer(), wanted, now=now())
        return render_template("cases/list.html", found=found, wanted=wanted, tiers=world().tiers.names)


@pages.get("/cases/<int:case_id>")
@policy("case.read")
def show(case_id: int) -> str:
    return _page(case_id)


@pages.get("/cases/<int:case_id>/diagrams/<process_id>.bpmn")
@policy("case.read")
def diagram(case_id: int, process_id: str) -> Response:
    """The diagram the case runs on, which need not be the one in force."""
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        story = process.tell(session, world(), case, viewer=viewer(), now=now())
        if story.diagram is None or story.diagram.process_id != process_id:
            raise NotFound("diagram.unknown", "This case has no such diagram.")
        data = world().releases.get(session, story.diagram.release_id).process_file(process_id)
    return Response(data, mimetype="application/xml")


@pages.post("/cases/<int:case_id>/comments")
@policy("case.read")
def comment(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.comment(db, world(), case_id, _text("text"), viewer=viewer(), now=now()),
        _("Your comment is in the history."),
    )


@pages.post("/cases/<int:case_id>/supplies")
@policy("case.supply")
def supply(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.supply(db, world(), case_id, _text("note"), viewer=viewer(), now=now()),
        _("Noted. If the case was waiting, its clock runs on."),
    )


@pages.post("/cases/<int:case_id>/risk-reports")
@policy("case.report_risk")
def report_risk(case_id: int) -> BaseResponse | tuple[str, int]:
    facts: dict[str, Any] = {key: _text(key) for key in ("risk", "injury", "opinion_level") if _text(key)}
    if _text("people_count"):
        facts["people_count"] = _whole_number("people_count")
    return _act(
        case_id,
        lambda db: process.report_risk(db, world(), case_id, facts, _text("reason"), viewer=viewer(), now=now()),
        _("The risk is recorded and the case was graded anew."),
    )


@pages.post("/cases/<int:case_id>/extensions")
@policy("clock.ask_extension")
def ask_extension(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.ask_extension(
            db, world(), case_id, f"{_whole_number('length')}wd", _text("reason"), viewer=viewer(), now=now()
        ),
        _("Your request for more time waits for a decision."),
    )


@pages.post("/cases/<int:case_id>/withdrawal")
@policy("case.withdraw")
def withdraw(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.withdraw(db, world(), case_id, _text("reason"), viewer=viewer(), now=now()),
        _("The case is withdrawn."),
    )


@pages.post("/cases/<int:case_id>/downgrade")
@policy("case.downgrade")
def downgrade(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.downgrade(db, world(), case_id, _text("tier"), _text("reason"), viewer=viewer(), now=now()),
        _("The case was moved down."),
    )


def _act(case_id: int, act: Callable[[Session], Any], said: str) -> BaseResponse | tuple[str, int]:
    """Does one act on a case the person may see; wrong fields come back with the page and what was typed."""
    try:
        return once.once(lambda session: _done(session, case_id, act, said))
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(case_id, act=request.endpoint, wrong=refusal.facts["fields"]), 422


def _done(session: Session, case_id: int, act: Callable[[Session], Any], said: str) -> Done:
    tasks.see_case(session, viewer(), case_id)
    act(session)
    return Done(url_for("cases.show", case_id=case_id), said)


def _page(case_id: int, *, act: str | None = None, wrong: Any = None) -> str:
    who = viewer()
    with looking() as session:
        case = tasks.see_case(session, who, case_id)
        story = process.tell(
            session, world(), case, viewer=who, now=now(), all_entries=request.args.get("history") == "all"
        )
        return render_template(
            "cases/case.html",
            story=story,
            case=case,
            may=_may(story, case),
            lower_tiers=world().tiers.names[: world().tiers.index(case.tier)],
            act=act,
            wrong=wrong or {},
            typed=request.form,
        )


def _may(story: Story, case: Case) -> dict[str, bool]:
    """Which acts the page offers. Whether one is possible is decided again when it is done."""
    who, clock = viewer(), story.tier_clock
    running = not case.ended
    return {
        "comment": True,
        "supply": running and who.may("case.supply", case.place_id),
        "report_risk": running and who.may("case.report_risk", case.place_id),
        "withdraw": running and who.may("case.withdraw", case.place_id),
        "downgrade": running
        and case.size == "big"
        and world().tiers.index(case.tier) > 0
        and who.may("case.downgrade", case.holder_id),
        "ask_extension": running
        and clock is not None
        and clock.state == DeadlineState.ARMED
        and clock.due_at > now()
        and clock.extended_by is None
        and story.extension is None
        and who.may("clock.ask_extension", case.holder_id),
    }


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:4000]


def _whole_number(name: str) -> int:
    written = _text(name)
    if not (written.isascii() and written.isdigit() and 0 < len(written) < 8):
        raise Invalid(
            "field.number",
            f"{name} must be a whole number.",
            fields={name: {"zh": "请填写整数。", "en": "Write a whole number."}},
        )
    return int(written)
