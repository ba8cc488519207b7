"""A check on the phone: choose the place, go through the list, hand it in; and what checks have found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import inspections, tasks
from engine.documents import Kept
from engine.inspections import Answer, Answered, Checklist, Item, Then
from engine.people import names
from engine.territory import Unit, line_of
from engine.web import attached, offline
from engine.web.areas import right_below
from engine.web.context import looking, now, viewer, world
from engine.web.inspections.blueprint import cut, known, lines, own_places, pages
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _, ngettext
from engine.web.numbers import page_number
from engine.web.once import Done
from engine.web.periods import typed_day
from engine.web.policy import policy

Papers = Mapping[str, Sequence[tuple[str, Kept]]]
"""Of each item: (proof, photo)."""


@pages.get("/inspections/checks")
@policy("inspection.read")
def checks() -> str:
    page, failed = page_number(request.args.get("page")), request.args.get("found") == "some"
    with looking() as session:
        rows, more = cut(inspections.checks(session, viewer(), page=page, failed=failed), page)
        places = lines(session, [each.unit_id for each in rows])
        who = names(session, [each.by_id for each in rows])
        lists = known().checklists
        return render_template(
            "inspections/checks.html",
            rows=rows,
            more=more,
            page=page,
            places=places,
            who=who,
            lists=lists,
            failed=failed,
        )


@pages.get("/inspections/checks/new")
@policy("inspection.do")
def new_check() -> str | Response:
    """Without a place: the places that are theirs. With one: its list, or the choice where several are for it."""
    unit_id, wanted = request.args.get("place", ""), request.args.get("checklist", "")
    with looking() as session:
        if not unit_id:
            return _choose_place(session)
        place = inspections.place_to_check(session, unit_id, viewer=viewer())
        lists = known().for_tier(place.tier)
        if wanted or len(lists) == 1:
            chosen = inspections.checklist_for(world(), place, wanted or lists[0].id)
            return _page(session, place, chosen)
        line, below = line_of(session, place.id), right_below(session, place.id)
        return render_template("inspections/choose.html", line=line, place=place, lists=lists, below=below)


@pages.post("/inspections/checks")
@policy("inspection.do")
@attached.takes_files
def file_check() -> Response | tuple[str, int]:
    unit_id = request.form.get("place", "")
    with looking() as session:
        place = inspections.place_to_check(session, unit_id, viewer=viewer())
        checklist = inspections.checklist_for(world(), place, request.form.get("checklist", ""))
    papers, refused = _papers(checklist)
    answers = {item.id: _answered(item, papers) for item in checklist.items}

    def act(session: Session) -> Done:
        check = inspections.file_check(
            session,
            world(),
            unit_id,
            checklist.id,
            answers,
            note=request.form.get("note", ""),
            done_at=inspections.believed(offline.sent_at(), now=now()),
            viewer=viewer(),
            now=now(),
        )
        return Done(url_for("inspections.check", check_id=check.id), _told(check.failed))

    def page(wrong: Wrong) -> str:
        with looking() as session:
            return _page(session, place, checklist, wrong=wrong, papers=papers)

    return (page(refused), 422) if refused else act_or_page(act, page)


@pages.get("/inspections/checks/<int:check_id>")
@policy("inspection.read")
def check(check_id: int) -> str:
    with looking() as session:
        row = inspections.see_check(session, check_id, viewer=viewer())
        found, checklist = inspections.findings_of(session, row.id), known().checklists.get(row.checklist)
        listed = [item.id for item in checklist.items if item.id in row.answers] if checklist else []
        return render_template(
            "inspections/check.html",
            check=row,
            checklist=checklist,
            order=list(dict.fromkeys([*listed, *row.answers])),
            line=line_of(session, row.unit_id),
            who=names(session, [row.by_id]),
            findings={each.item: each for each in found},
            cases=tasks.seen_cases(session, viewer(), [each.case_id for each in found]),
        )


def _choose_place(session: Session) -> str | Response:
    places = sorted(own_places(session).values(), key=lambda each: each.id)
    if len(places) == 1:
        return redirect(url_for("inspections.new_check", place=places[0].id))
    return render_template("inspections/places.html", places=[each for each in places if known().for_tier(each.tier)])


def _page(
    session: Session,
    place: Unit,
    checklist: Checklist,
    *,
    wrong: Wrong | None = None,
    papers: Papers | None = None,
) -> str:
    return render_template(
        "inspections/new_check.html",
        place=place,
        line=line_of(session, place.id),
        checklist=checklist,
        others=[each for each in known().for_tier(place.tier) if each.id != checklist.id],
        wrong=wrong or {},
        papers=papers or {},
        typed=request.form,
        names=_names(checklist),
    )


def _papers(checklist: Checklist) -> tuple[Papers, dict[str, Mapping[str, str]]]:
    """The photos of each item, those that came with an earlier try too; and what was refused, by field."""
    papers, refused = {}, {}
    for item in checklist.items:
        papers[item.id], fault = attached.kept_before(f"photo-{item.id}", proofs=f"kept-{item.id}")
        if fault is not None:
            refused[f"photo-{item.id}"] = fault
    return papers, refused


def _answered(item: Item, papers: Papers) -> Answered:
    form = request.form
    answer, then = form.get(f"answer-{item.id}", ""), form.get(f"then-{item.id}", "")
    return Answered(
        answer=Answer(answer) if answer in tuple(Answer) else None,
        note=form.get(f"note-{item.id}", ""),
        then=Then(then) if then in tuple(Then) else None,
        photos=[kept for _proof, kept in papers[item.id]],
        who=form.get(f"who-{item.id}", ""),
        recheck_on=typed_day(form.get(f"recheck-{item.id}")),
    )


def _names(checklist: Checklist) -> list[str]:
    """All that may be wrong on the page, in its order."""
    fields = ("answer", "photo", "then", "note", "who", "recheck")
    return [f"{field}-{item.id}" for item in checklist.items for field in fields] + ["note"]


def _told(failed: int) -> str:
    if not failed:
        return _("Everything is in order. The check is kept.")
    return ngettext("The check is kept; %(num)d item failed.", "The check is kept; %(num)d items failed.", failed)
