"""What a process asks of whom, until when and what follows, from its files: to read, to print, as a Word file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from engine import deploy
from engine.design import manual, picture, word_file
from engine.errors import NotFound
from engine.web.context import locale, looking, world
from engine.web.language import OFFERED, _, bilingual, speaking
from engine.web.manual_words import tell
from engine.web.policy import SIGNED_IN, policy
from engine.web.show import local

pages = Blueprint("manual", __name__)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pages.get("/processes/<process_id>/manual")
@policy(SIGNED_IN)
def show(process_id: str) -> str:
    with looking() as session:
        told = _told(session, process_id, locale())
        return render_template("manual/manual.html", process_id=process_id, as_svg=picture.as_svg, **told)


@pages.get("/processes/<process_id>/manual.docx")
@policy(SIGNED_IN)
def as_word(process_id: str) -> Response:
    """In the reader's language, or the one asked for."""
    asked = request.args.get("language")
    with looking() as session, speaking(asked if asked in OFFERED else locale()):
        told = _told(session, process_id, locale())
        data = word_file.write_word(told["name"], told["subject"], told["blocks"], locale=locale())
    answer = Response(data, mimetype=WORD)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{process_id}-{locale()}.docx")
    return answer


@pages.get("/processes/<process_id>/picture.svg")
@policy(SIGNED_IN)
def drawn(process_id: str) -> Response:
    with looking() as session:
        release = world().releases.current(session)
        data, facts = release.process_file(process_id), release.package.processes[process_id]
    drawing = picture.draw(facts.path, data, locale())
    if drawing is None:
        raise NotFound("diagram.unknown", "This process draws nothing.")
    return Response(picture.as_svg(drawing, bilingual(facts.name)), mimetype="image/svg+xml")


def _told(session: Session, process_id: str, language: str) -> dict[str, Any]:
    release, tiers = world().releases.current(session), world().tiers.names
    found = manual.describe(release, process_id, tiers)
    published = local(deploy.get_release(session, release.id).published_at).date().isoformat()
    drawing = picture.draw(found.path, release.process_file(process_id), language)
    return {
        "name": bilingual(found.name),
        "subject": _("Release %(number)d of %(day)s", number=release.id, day=published),
        "blocks": tell(found, tiers, drawing),
    }
