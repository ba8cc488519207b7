"""Processes for those who design them: what is in force, and its diagrams. No case is read here."""

from __future__ import annotations

from flask import Response, render_template
from sqlalchemy import func, select

from engine.deploy import Release
from engine.process import Instance
from engine.web.context import looking, world
from engine.web.design.blueprint import pages
from engine.web.policy import policy


@pages.get("/processes")
@policy("process.publish")
def library() -> str:
    with looking() as session:
        release = world().releases.current(session)
        published = session.get(Release, release.id)
        running = dict(
            session.execute(
                select(Instance.process_id, func.count())
                .where(Instance.ended_at.is_(None))
                .group_by(Instance.process_id)
            ).all()
        )
        return render_template("design/library.html", release=release, published=published, running=running)


@pages.get("/processes/<process_id>")
@policy("process.publish")
def process(process_id: str) -> str:
    with looking() as session:
        release = world().releases.current(session)
        release.process_file(process_id)
        return render_template("design/process.html", release=release, process=release.package.processes[process_id])


@pages.get("/processes/<process_id>/diagram.bpmn")
@policy("process.publish")
def diagram(process_id: str) -> Response:
    with looking() as session:
        data = world().releases.current(session).process_file(process_id)
    return Response(data, mimetype="application/xml")
