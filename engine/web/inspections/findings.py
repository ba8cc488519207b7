"""One finding: what was seen, the photos, who looked again; and looking again."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import inspections, tasks
from engine.documents import Photo
from engine.errors import NotFound
from engine.people import names
from engine.territory import line_of
from engine.web import attached, offline
from engine.web.context import looking, now, viewer, world
from engine.web.documents import as_picture
from engine.web.inspections.blueprint import pages
from engine.web.kept import Wrong, act_or_page
from engine.web.language import _
from engine.web.once import Done
from engine.web.periods import typed_day
from engine.web.policy import policy


@pages.get("/inspections/findings/<int:finding_id>")
@policy("inspection.read")
def finding(finding_id: int) -> str:
    return _page(finding_id)


@pages.post("/inspections/findings/<int:finding_id>/rechecks")
@policy("inspection.do")
@attached.takes_files
def recheck(finding_id: int) -> Response | tuple[str, int]:
    with looking() as session:
        inspections.see_finding(session, finding_id, viewer=viewer(), act="inspection.do")
    papers, refused = attached.kept_before("photo")
    passed = {"yes": True, "no": False}.get(request.form.get("passed", ""))

    def act(session: Session) -> Done:
        row = inspections.recheck(
            session,
            world(),
            finding_id,
            passed=passed,
            note=request.form.get("note", ""),
            photos=[kept for _proof, kept in papers],
            again_on=typed_day(request.form.get("again_on")),
            done_at=inspections.believed(offline.sent_at(), now=now()),
            viewer=viewer(),
            now=now(),
        )
        told = (
            _("It is in order now; the finding is settled.") if row.passed else _("Noted; it will be looked at again.")
        )
        return Done(url_for("inspections.show"), told)

    def page(wrong: Wrong) -> str:
        return _page(finding_id, wrong=wrong, papers=papers)

    return act_or_page(act, page) if refused is None else (page({"photo": refused}), 422)


@pages.get("/inspections/photos/<int:finding_id>/<int:photo_id>")
@policy("inspection.read")
def photo(finding_id: int, photo_id: int) -> Response:
    """The small JPEG that was made here, of a photo of this finding or of one of its rechecks."""
    with looking() as session:
        found = inspections.see_finding(session, finding_id, viewer=viewer())
        again = inspections.rechecks_of(session, [found.id])
        row = (
            session.get(Photo, photo_id)
            if photo_id in {*found.photos, *(id for r in again for id in r.photos)}
            else None
        )
        if row is None:
            raise NotFound("document.unknown", "There is no such document.")
        return as_picture(row)


def _page(finding_id: int, *, wrong: Wrong | None = None, papers: Any = ()) -> str:
    with looking() as session:
        found = inspections.see_finding(session, finding_id, viewer=viewer())
        again = inspections.rechecks_of(session, [found.id])
        check = inspections.see_check(session, found.check_id, viewer=viewer())
        return render_template(
            "inspections/finding.html",
            finding=found,
            check=check,
            rechecks=again,
            line=line_of(session, found.unit_id),
            who=names(session, [check.by_id, *(each.by_id for each in again)]),
            cases=tasks.seen_cases(session, viewer(), [found.case_id, *(each.case_id for each in again)]),
            may_look=viewer().may("inspection.do", found.unit_id),
            wrong=wrong or {},
            papers=papers,
            typed=request.form,
        )
