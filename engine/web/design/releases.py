"""Releases: what each one changed, who published it and why, and the way back to it."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import deploy, design
from engine.design import What
from engine.errors import Conflict, Invalid, NotFound
from engine.web.context import looking, now, viewer
from engine.web.design.blueprint import may_miss, pages, people_of, text
from engine.web.design.change_words import told
from engine.web.language import _
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of


@pages.get("/releases")
@policy("process.publish")
def releases() -> str:
    with looking() as session:
        found = deploy.recent_releases(session)
        return render_template(
            "design/releases.html", releases=found, people=people_of(session, {each.published_by for each in found})
        )


@pages.get("/releases/<int:release_id>")
@policy("process.publish")
def release(release_id: int) -> str:
    return _page(release_id)


@pages.get("/releases/<int:release_id>/files/<path:path>")
@policy("process.publish")
def release_file(release_id: int, path: str) -> Response:
    with looking() as session:
        files = deploy.files_of(session, release_id)
    if path not in files:
        raise NotFound("file.unknown", "There is no such file in this release.")
    kind = "application/xml" if path.endswith((".bpmn", ".dmn")) else "text/plain"
    return Response(files[path], mimetype=kind, headers={"Content-Disposition": "attachment"})


@pages.get("/releases/<int:release_id>/difference/<path:path>")
@policy("process.publish")
def release_difference(release_id: int, path: str) -> str:
    """Both diagrams side by side: as the release before had it, and as this one has it."""
    with looking() as session:
        this, before = deploy.get_release(session, release_id), deploy.release_before(session, release_id)
        old = {} if before is None else deploy.files_of(session, before.id)
        new = deploy.files_of(session, release_id)
    sides = {}
    if before is not None and path in old:
        sides["old"] = url_for("design.release_file", release_id=before.id, path=path)
    if path in new:
        sides["new"] = url_for("design.release_file", release_id=release_id, path=path)
    here = (_("Release %(number)d", number=this.id), url_for("design.release", release_id=release_id))
    return both_sides(path, old, new, sides, here)


@pages.post("/releases/<int:release_id>/rollback")
@policy("process.publish")
def roll_back(release_id: int) -> BaseResponse | tuple[str, int]:
    with looking() as session:
        files = deploy.files_of(session, release_id)
    deploy.judge(files, limits_may_miss=may_miss())

    def act(session: Session) -> Done:
        made = design.roll_back(
            session,
            release_id,
            reason=text("reason"),
            actor_id=viewer().person_id,
            expected=number(request.form.get("expected")) or 0,
            now=now(),
            limits_may_miss=may_miss(),
        )
        said = _("Release %(number)d is in force: it says what release %(old)d said.", number=made.id, old=release_id)
        return Done(url_for("design.release", release_id=made.id), said)

    try:
        return once(act)
    except (Invalid, Conflict) as refusal:
        return _page(release_id, refused=refusal), refusal.status


def both_sides(
    path: str, old: dict[str, bytes], new: dict[str, bytes], sides: dict[str, str], here: tuple[str, str]
) -> str:
    """The page that `release_difference` and the one of proposals share."""
    if not sides or not path.endswith(".bpmn"):
        raise NotFound("file.unknown", "There is no such diagram.")
    changes = design.difference({path: old[path]} if path in old else {}, {path: new[path]} if path in new else {})
    return render_template(
        "design/difference.html",
        path=path,
        here=here,
        sides=sides,
        files=told(changes),
        marked={"old": design.marks(changes, path, What.ADDED), "new": design.marks(changes, path, What.REMOVED)},
    )


def _page(release_id: int, *, refused: Invalid | Conflict | None = None) -> str:
    with looking() as session:
        this, before = deploy.get_release(session, release_id), deploy.release_before(session, release_id)
        newest = deploy.recent_releases(session, most=1)[0]
        files = deploy.files_of(session, release_id)
        changes = () if before is None else design.difference(deploy.files_of(session, before.id), files)
        return render_template(
            "design/release.html",
            release=this,
            before=before,
            newest=newest,
            same=this.fingerprint == newest.fingerprint,
            count=len(files),
            files=told(changes),
            person=people_of(session, [this.published_by]).get(this.published_by),
            refused=refused,
            refused_words=sentence_of(refused) if refused else "",
            wrong=refused.facts.get("fields", {}) if refused else {},
            raw=request.form if refused else {},
        )
