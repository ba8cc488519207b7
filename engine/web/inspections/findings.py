"""One finding: what was seen, the photos, who looked again; and looking again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from engine import documents, inspections
from engine.documents import Photo
from engine.errors import Invalid, NotFound
from engine.people import names
from engine.territory import line_of
from engine.web import attached, offline
from engine.web.context import looking, now, viewer, world
from engine.web.inspections.blueprint import pages, written_day
from engine.web.language import _
from engine.web.once import Done, once
from engine.web.policy import policy

ALONE = "default-src 'none'; sandbox"


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
            again_on=written_day("again_on"),
            done_at=inspections.believed(offline.sent_at(), now=now()),
            viewer=viewer(),
            now=now(),
        )
        told = (
            _("It is in order now; the finding is settled.") if row.passed else _("Noted; it will be looked at again.")
        )
        return Done(url_for("inspections.show"), told)

    try:
        if refused is not None:
            raise Invalid("document.refused", refused["en"], fields={"photo": refused})
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(finding_id, wrong=refusal.facts["fields"], papers=papers), 422


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
        headers = Headers({"Content-Type": "image/jpeg", "Content-Security-Policy": ALONE})
        return Response(documents.preview(attached.limits(), row), headers=headers)


def _page(finding_id: int, *, wrong: Mapping[str, Any] | None = None, papers: Any = ()) -> str:
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
            cases=inspections.seen_cases(session, viewer(), [found.case_id, *(each.case_id for each in again)]),
            may_look=viewer().may("inspection.do", found.unit_id),
            wrong=wrong or {},
            papers=papers,
            typed=request.form,
        )
