"""The editor of the decision tables of a proposal, and the tables to look at without it."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Response, abort, render_template

from engine import design
from engine.web.context import looking
from engine.web.design.blueprint import pages
from engine.web.design.diagrams import with_editor
from engine.web.design.files import file_of
from engine.web.policy import policy


@pages.get("/proposals/<int:proposal_id>/tables/<path:path>")
@policy("process.publish")
def edit_tables(proposal_id: int, path: str) -> Response:
    if not path.endswith(".dmn"):
        abort(404)
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        content, revision = file_of(session, proposal, path)
        page = render_template(
            "design/tables.html",
            proposal=proposal,
            path=path,
            name=PurePosixPath(path).name,
            revision=revision,
            tables=design.printed_tables(path, content),
        )
    return with_editor(page)
