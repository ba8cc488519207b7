"""Member units of the joint conference: the list with who lacks an officer, and one unit with who was when."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import staffing
from engine.people import ACTS
from engine.staffing import RANKS, Kind, PostingIn
from engine.territory import line_of
from engine.web.areas import own_units
from engine.web.context import looking, now, today, viewer, world
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.once import Done
from engine.web.policy import policy
from engine.web.staffing.blueprint import day, pages, text

READERS, KEEPERS = ACTS["staffing.read"], ACTS["staffing.keep"]


@pages.get("/members")
@policy("staffing.read")
def members() -> str:
    return _list({})


@pages.post("/members")
@policy("staffing.keep")
def add_unit() -> Response | tuple[str, int]:
    def act(session: Session) -> Done:
        made = staffing.add_member_unit(
            session,
            text("seat"),
            text("name_zh"),
            text("name_en"),
            phone=text("phone")[:40] or None,
            duty=text("duty") or None,
            viewer=viewer(),
            now=now(),
        )
        return Done(
            url_for("staffing.member", member_id=made.unit_id), _("The member unit is added. Name its officer.")
        )

    return act_or_page(act, _list)


@pages.get("/members/<member_id>")
@policy("staffing.read")
def member(member_id: str) -> str:
    return _page(member_id, {})


@pages.post("/members/<member_id>/postings")
@policy("staffing.keep")
def name_officer(member_id: str) -> Response | tuple[str, int]:
    """An officer, of which there is one at a time, or an instructor."""

    def act(session: Session) -> Done:
        said = PostingIn(
            kind=Kind.INSTRUCTOR if text("kind") == Kind.INSTRUCTOR else Kind.OFFICER,
            person_id=staffing.called(session, text("person")),
            unit_id=member_id,
            from_on=day("from_on") or today(),
            rank=text("rank") or None,
        )
        staffing.post_person(session, said, viewer=viewer(), now=now(), today=today())
        return Done(url_for("staffing.member", member_id=member_id), _("They stand for the unit from now on."))

    answer = act_or_page(act, lambda wrong: _page(member_id, wrong))
    world().forget_people()
    return answer


def _list(wrong: Wrong) -> str:
    lacking = request.args.get("officer") == "none"
    with looking() as session:
        every = staffing.member_units(session, own_units(READERS), on=today())
        return render_template(
            "staffing/members.html",
            found=[each for each in every if not (lacking and each.rank_is_enough)],
            total=len(every),
            without=sum(not each.rank_is_enough for each in every),
            lacking=lacking,
            seats=own_units(KEEPERS),
            wrong=wrong,
            typed=request.form,
        )


def _page(unit_id: str, wrong: Wrong) -> str:
    with looking() as session:
        row, unit = staffing.get_member(session, unit_id)
        posted, _following = staffing.postings(session, unit_id=unit_id, most=50)
        return render_template(
            "staffing/member.html",
            row=row,
            unit=unit,
            line=line_of(session, unit_id)[:-1],
            posted=posted,
            ranks=RANKS,
            is_enough=staffing.is_enough,
            may_keep=viewer().may("staffing.keep", unit_id),
            today=today(),
            wrong=wrong,
            typed=request.form,
        )
