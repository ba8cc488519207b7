"""Templates of letters: looked at, downloaded, edited in Word, uploaded as a new version, used with a reason."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import letters, people
from engine.documents import KINDS as FILE_KINDS
from engine.documents import file_name
from engine.errors import Invalid, NotFound
from engine.letters import Template
from engine.people import ACTS
from engine.territory import units_by_id
from engine.web import attached, handed_out
from engine.web.areas import area_asked, line_down_to, right_below
from engine.web.context import looking, now, viewer, world
from engine.web.documents import ALONE
from engine.web.language import _
from engine.web.letters.blueprint import kind_name, pages
from engine.web.numbers import number
from engine.web.once import Done, once
from engine.web.policy import policy

ROLES = ACTS["letter.template"]


@pages.get("/letters/templates")
@policy("letter.template")
def show_templates() -> str:
    unit_id = _unit(request.args.get("unit"))
    with looking() as session:
        used = letters.in_use(session, unit_id)
        return render_template(
            "letters/templates.html",
            kinds=tuple(letters.KINDS),
            used=used,
            units=units_by_id(session, {unit_id, *(where for where, _version in used.values())}),
            unit_id=unit_id,
            line=line_down_to(session, unit_id, ROLES),
            below=right_below(session, unit_id),
        )


@pages.get("/letters/templates/<letter_kind>")
@policy("letter.template")
def show_template(letter_kind: str) -> str:
    return _page(letter_kind, _unit(request.args.get("unit")))


@pages.get("/letters/templates/<letter_kind>/<int:version>")
@policy("letter.template")
def look_at(letter_kind: str, version: int) -> str:
    """A version with a made-up case, before it is used."""
    unit_id = _unit(request.args.get("unit"))
    with looking() as session:
        template = letters.template_of(session, letters.known_kind(letter_kind), unit_id, version)
        blocks = letters.sample_of(template.content, world().releases.current(session).forms)
        return render_template(
            "letters/sample.html", kind=letter_kind, template=template, blocks=blocks, unit_id=unit_id
        )


@pages.get("/letters/templates/<letter_kind>/<int:version>/file")
@policy("letter.template")
def download(letter_kind: str, version: int) -> Response:
    unit_id = _unit(request.args.get("unit"))
    with looking() as session:
        template = letters.template_of(session, letters.known_kind(letter_kind), unit_id, version)
    name = f"{kind_name(letter_kind)} {version or ''}".strip()
    answer = Response(template.content, mimetype=FILE_KINDS["docx"].media_type)
    answer.headers["Content-Security-Policy"] = ALONE
    handed_out.under(answer.headers, file_name(f"{name}.docx", "docx"))
    return answer


@pages.post("/letters/templates/<letter_kind>/versions")
@policy("letter.template")
@attached.takes_files
def upload(letter_kind: str) -> BaseResponse | tuple[str, int]:
    unit_id = _unit(request.form.get("unit"))
    letters.known_kind(letter_kind)
    files = attached.received("file")
    if not files:
        return _page(letter_kind, unit_id, wrong={"file": {"zh": "请选择文件。", "en": "Choose a file."}}), 422
    data = files[0].stream.read(letters.LARGEST_FILE + 1)
    with looking() as session:
        forms = world().releases.current(session).forms
    try:
        checked = letters.check_template(letter_kind, files[0].filename or "", data, forms)
    except Invalid as refusal:
        faults = refusal.facts.get("faults")
        return _page(letter_kind, unit_id, wrong=refusal.facts.get("fields"), faults=faults), 422

    def act(session: Session) -> Done:
        made = letters.upload(session, unit_id, checked, viewer=viewer(), now=now())
        where = url_for("letters.look_at", letter_kind=letter_kind, version=made.version, unit=unit_id)
        return Done(where, _("Version %(number)d is kept. Look at it, then use it.", number=made.version))

    return once(act)


@pages.post("/letters/templates/<letter_kind>/choice")
@policy("letter.template")
def choose(letter_kind: str) -> BaseResponse | tuple[str, int]:
    unit_id = _unit(request.form.get("unit"))
    version, reason = number(request.form.get("version")) or letters.SHIPPED, request.form.get("reason", "")

    def act(session: Session) -> Done:
        kind = letters.known_kind(letter_kind)
        letters.choose(session, kind, unit_id, version, reason, viewer=viewer(), now=now())
        said = _("From now on letters are made from it. Those that were issued stay as they are.")
        return Done(url_for("letters.show_template", letter_kind=letter_kind, unit=unit_id), said)

    try:
        return once(act)
    except Invalid as refusal:
        if not refusal.facts.get("fields"):
            raise
        return _page(letter_kind, unit_id, wrong=refusal.facts["fields"]), 422


def _unit(asked: str | None) -> str:
    """The unit whose templates are meant: the highest of the person's own where none is named."""
    return area_asked(asked, ROLES)


def _page(letter_kind: str, unit_id: str, *, wrong: Any = None, faults: Any = None) -> str:
    letters.known_kind(letter_kind)
    with looking() as session:
        if unit_id not in (units := units_by_id(session, {unit_id})):
            raise NotFound("unit.unknown", "There is no such place.")
        forms = world().releases.current(session).forms
        versions = letters.versions(session, letter_kind, unit_id)
        chosen = letters.choices(session, letter_kind, unit_id)
        staff = {*(each.uploaded_by for each in versions), *(each.chosen_by for each in chosen)}
        force: Template = letters.in_force(session, letter_kind, unit_id)
        return render_template(
            "letters/template.html",
            kind=letter_kind,
            needs=letters.KINDS[letter_kind].needs,
            unit_id=unit_id,
            unit=units[unit_id],
            versions=versions,
            numbers={each.id: each.version for each in versions},
            chosen=chosen,
            force=force,
            people=people.names(session, staff),
            fields={**letters.FIELDS, **letters.PARTY_FIELDS},
            forms={key: form for key, form in sorted(forms.items()) if form.fields},
            wrong=wrong or {},
            faults=faults or [],
            typed=request.form,
        )
