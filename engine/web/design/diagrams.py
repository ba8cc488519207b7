"""The BPMN editor of a proposal, and the element templates it works with."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Response, abort, jsonify, make_response, render_template, request, url_for

from engine import design
from engine.vocabulary import WORDS
from engine.web.context import locale, looking, world
from engine.web.design.blueprint import pages
from engine.web.design.files import file_of
from engine.web.policy import policy

EDITOR_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the modeler places its menus by style attributes
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)


@pages.get("/proposals/<int:proposal_id>/diagrams/<path:path>")
@policy("process.publish")
def edit_diagram(proposal_id: int, path: str) -> Response:
    if not path.endswith(".bpmn"):
        abort(404)
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        _content, revision = file_of(session, proposal, path)
        page = render_template(
            "design/diagram.html",
            proposal=proposal,
            path=path,
            name=PurePosixPath(path).name,
            revision=revision,
            steps=design.steps_at_hand(design.files_of(session, proposal), path),
            messages=design.message_words(locale()),
        )
    return with_editor(page)


@pages.get("/proposals/<int:proposal_id>/simulations/<path:path>")
@policy("process.publish")
def simulate_tokens(proposal_id: int, path: str) -> Response:
    """Tokens for play: they know no conditions and no time."""
    if not path.endswith(".bpmn"):
        abort(404)
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        file_of(session, proposal, path)
    source = url_for("design.file", proposal_id=proposal_id, path=path)
    return with_editor(render_template("design/simulation.html", proposal=proposal, path=path, source=source))


@pages.get("/proposals/<int:proposal_id>/templates.json")
@policy("process.publish")
def proposal_templates(proposal_id: int) -> Response:
    """For the diagram `path` of this proposal: with the forms, steps and processes that are at hand there."""
    with looking() as session:
        files = design.files_of(session, design.get_proposal(session, proposal_id))
    return jsonify(design.templates_for(files, request.args.get("path", ""), tiers=_tiers(), locale=locale()))


@pages.get("/proposals/templates.json")
@policy("process.publish")
def templates() -> Response:
    """For Camunda Modeler 7: a file for its folder of element templates."""
    answer = jsonify(design.element_templates(WORDS, tiers=_tiers(), locale=locale()))
    answer.headers["Content-Disposition"] = 'attachment; filename="maplebridge-templates.json"'
    return answer


def with_editor(page: str) -> Response:
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = EDITOR_POLICY
    return answer


def _tiers() -> dict[str, tuple[str, str]]:
    return {tier.id: (tier.name_zh, tier.name_en) for tier in world().config.tiers}
