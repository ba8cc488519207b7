"""Cases: the list, one case's story, and what people do beside their tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import detection, letters, process, tasks
from engine.cases import Case, CaseState, parties_of
from engine.deadlines import DeadlineState
from engine.errors import Invalid, NotFound
from engine.process import Story, Wanted
from engine.web.context import acting, for_paper, looking, now, viewer, world
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done
from engine.web.policy import policy
from engine.web.qr import picture
from engine.web.show_case import sorted_out, told
from engine.web.words.categories import CATEGORIES

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
    return page_of(case_id)


@pages.get("/cases/<int:case_id>/diagrams/<process_id>.bpmn")
@policy("case.read")
def diagram(case_id: int, process_id: str) -> Response:
    """The diagram the case runs on, which need not be the one in force."""
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        story = told(session, case)
        chart = process.chart_of(session, world(), story, process_id, now=now())
        if chart is None:
            raise NotFound("diagram.unknown", "This case has no such diagram.")
        data = world().releases.get(session, chart.release_id).process_file(process_id)
    return Response(data, mimetype="application/xml")


@pages.get("/cases/<int:case_id>/time")
@policy("case.read")
def time_spent(case_id: int) -> str:
    """Why is it late: where the time went, longest first."""
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        story = told(session, case)
        spent = process.time_spent(story, world(), now=now())
        return render_template("cases/time.html", story=story, case=case, spent=spent)


@pages.get("/cases/<int:case_id>/related")
@policy("case.read")
def related(case_id: int) -> str:
    """What may belong to the same trouble; asked for from the page of the case when somebody wants to know."""
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        linked = detection.links_of(session, viewer(), case)
        found = process.related(session, viewer(), case, parties_of(session, case_id))
        return render_template(
            "cases/related.html", case=case, related=[each for each in found if each.case.id not in linked.ids]
        )


@pages.get("/cases/<int:case_id>/print")
@policy("case.read")
def sheet(case_id: int) -> str:
    """The whole story on paper, with personal data as it is shown on the page."""
    for_paper()
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        story = told(session, case)
        address = url_for("cases.show", case_id=case_id, _external=True)
        return render_template(
            "cases/sheet.html",
            story=story,
            case=case,
            linked=detection.links_of(session, viewer(), case),
            address=address,
            code=picture(address),
            case_letters=letters.of_case(session, case_id),
        )


@pages.post("/cases/<int:case_id>/unmasking")
@policy("case.unmask")
def unmask(case_id: int) -> BaseResponse | tuple[str, int]:
    """Shows personal data in the clear for a while, on the record. A script asks for the number alone, to dial it."""
    party = (number(_text("party")) or 0) if _text("party") else None
    task = number(_text("task"))
    numbers: list[str] = []

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        shown = process.unmask(session, case_id, _text("reason"), party_id=party, viewer=viewer(), now=now())
        numbers.extend(each.phone for each in shown if each.phone)
        where = url_for("tasks.show", task_id=task) if task else url_for("cases.show", case_id=case_id)
        return Done(f"{where}#parties", _("Shown in the clear for 15 minutes; the history says so."))

    if request.accept_mimetypes.best == "application/json":
        with acting() as session:
            act(session)
        return jsonify(phone=numbers[0] if numbers else None)
    return _once(case_id, act)


@pages.post("/cases/<int:case_id>/recusal")
@policy("case.step_aside")
def step_aside(case_id: int) -> BaseResponse | tuple[str, int]:
    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.step_aside(session, world(), case_id, _text("reason"), viewer=viewer(), now=now())
        return Done(url_for("worklist.show"), _("You have stepped aside; others go on with the case."))

    return _once(case_id, act)


@pages.post("/cases/<int:case_id>/comments")
@policy("case.read")
def comment(case_id: int) -> BaseResponse | tuple[str, int]:
    """`person` and `unit` are whom it tells; `back` is the task whose page it was written on."""
    people = [person for each in request.form.getlist("person") if (person := number(each)) is not None]
    units, back = request.form.getlist("unit"), number(_text("back"))

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        process.comment(
            session, world(), case_id, _text("text"), viewer=viewer(), now=now(), people=people, units=units
        )
        where = url_for("tasks.show", task_id=back) if back else url_for("cases.show", case_id=case_id)
        return Done(where, _("Your comment is in the history."))

    return _once(case_id, act)


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
    if _text("complex"):
        facts["complex"] = True
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
            db,
            world(),
            case_id,
            str(_whole_number("length")),
            _text("reason"),
            viewer=viewer(),
            now=now(),
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


@pages.post("/cases/<int:case_id>/reviews")
@policy("case.supply")
def apply_review(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.apply_review(db, world(), case_id, _text("reason"), viewer=viewer(), now=now()),
        _("The review is asked for."),
    )


@pages.post("/cases/<int:case_id>/category")
@policy("case.file")
def sort_out(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.sort_case(db, case_id, _text("category"), viewer=viewer(), now=now()),
        _("The case is sorted."),
    )


@pages.post("/cases/<int:case_id>/downgrade")
@policy("case.downgrade")
def downgrade(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.downgrade(db, world(), case_id, _text("tier"), _text("reason"), viewer=viewer(), now=now()),
        _("The case was moved down."),
    )


@pages.post("/cases/<int:case_id>/supervision")
@policy("case.supervise")
def supervise(case_id: int) -> BaseResponse | tuple[str, int]:
    return _act(
        case_id,
        lambda db: process.supervise_by_hand(db, world(), case_id, _text("reason"), viewer=viewer(), now=now()),
        _("Supervision is opened; the notice waits to be issued."),
    )


def _act(case_id: int, act: Callable[[Session], Any], said: str) -> BaseResponse | tuple[str, int]:
    """Does one act on a case the person may see; wrong fields come back with the page and what was typed."""
    return _once(case_id, lambda session: _done(session, case_id, act, said))


def _once(case_id: int, act: Callable[[Session], Done]) -> BaseResponse | tuple[str, int]:
    return act_or_page(act, lambda wrong: page_of(case_id, wrong))


def _done(session: Session, case_id: int, act: Callable[[Session], Any], said: str) -> Done:
    tasks.see_case(session, viewer(), case_id)
    act(session)
    return Done(url_for("cases.show", case_id=case_id), said)


def page_of(case_id: int, wrong: Wrong | None = None) -> str:
    """The page of a case, or what it says when fields of an act of it are wrong."""
    who = viewer()
    with looking() as session:
        case = tasks.see_case(session, who, case_id)
        story = told(session, case)
        entries, older = sorted_out(
            story.entries, request.args.get("sort", ""), older=number(request.args.get("older"))
        )
        found, looked_back = detection.what_stands_about(session, who, case)
        return render_template(
            "cases/case.html",
            story=story,
            case=case,
            chart=process.chart_of(session, world(), story, request.args.get("process"), now=now()),
            case_letters=letters.of_case(session, case.id),
            linked=detection.links_of(session, who, case),
            found=found,
            looked_back=looked_back,
            entries=entries,
            older=older,
            sort=request.args.get("sort", ""),
            may=_may(story, case),
            categories=tuple(CATEGORIES),
            lower_tiers=world().tiers.names[: world().tiers.index(case.tier)],
            act=request.endpoint,
            mentionable=process.mentionable_in(session, story, who),
            wrong=wrong or {},
            typed=request.form,
        )


def _may(story: Story, case: Case) -> dict[str, bool]:
    """Which acts the page offers. Whether one is possible is decided again when it is done."""
    who, clock = viewer(), story.tier_clock
    running = not case.ended
    return {
        "comment": True,
        "step_aside": running and who.may("case.step_aside"),
        "sort_out": running and who.may("case.file", case.place_id, case.holder_id),
        "give_code": who.may("case.supply", case.place_id, case.holder_id),
        "supply": running and who.may("case.supply", case.place_id, case.holder_id),
        "report_risk": running and who.may("case.report_risk", case.place_id, case.holder_id),
        "apply_review": story.review_until is not None and who.may("case.supply", case.place_id, case.holder_id),
        "merge": running and not case.confidential and process.may_merge(who, case.place_id, world().tiers),
        "split": case.state == CaseState.MERGED and process.may_merge(who, case.place_id, world().tiers),
        "look_back": not case.confidential and who.may("postmortem.write", case.holder_id),
        "withdraw": running and who.may("case.withdraw", case.place_id, case.holder_id),
        "supervise": not any(run.process_id == "p_supervision" and not run.ended for run in story.runs)
        and who.may("case.supervise", case.place_id),
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
