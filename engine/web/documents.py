"""Documents of a case: added from its page or from a task, handed out as files, shown small, taken out of sight."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from engine import documents, tasks
from engine.cases import Case
from engine.documents import ACCEPTED, KINDS, Document, Photo
from engine.errors import Invalid, NotAllowed, NotFound
from engine.web import attached, handed_out, offline
from engine.web.context import acting, for_paper, looking, now, viewer
from engine.web.language import _
from engine.web.policy import policy
from engine.web.show import say
from engine.web.show_case import told

pages = Blueprint("documents", __name__)

ALONE = "default-src 'none'; sandbox"
"""What is handed out runs nothing, whatever it turns out to be."""


@pages.post("/cases/<int:case_id>/documents")
@policy("case.read")
@attached.takes_files
def add(case_id: int) -> Response | tuple[Response | str, int]:
    with looking() as session:
        tasks.see_case(session, viewer(), case_id)
    return _add(case_id, None)


@pages.post("/tasks/<int:task_id>/documents")
@policy("case.read")
@attached.takes_files
def add_to_task(task_id: int) -> Response | tuple[Response | str, int]:
    with looking() as session:
        task, _case = tasks.see_task(session, viewer(), task_id)
    return _add(task.case_id, task_id)


def _add(case_id: int, task_id: int | None) -> Response | tuple[Response | str, int]:
    """The script asks for JSON and sends one file after the other; a plain form sends them together."""
    plain = request.accept_mimetypes.best != "application/json"
    added: list[Document] = []
    refused: list[str] = []
    for file in attached.received("files"):
        try:
            kept = attached.keep(file)
        except Invalid as refusal:
            refused.append(say(refusal.facts["words"]))
        else:
            protected = request.form.get("protected") == "on"
            added.append(attached.add(case_id, kept, task_id=task_id, protected=protected))
    if refused and offline.is_sent_later():  # nobody looks at the page: the form stays on the phone and says why
        raise Invalid("document.refused", _("; ").join(refused))
    if not added and not refused:
        raise Invalid("document.none", "Choose a photo or a file first.")
    if not plain:
        return jsonify(added=[_told(each) for each in added], refused=refused), 201 if added else 200
    for sentence in refused:
        flash(_("Not taken: %(why)s", why=sentence))
    if added:
        flash(_("Added to the case: %(names)s.", names=_("; ").join(each.name for each in added)))
    if task_id is not None:
        return redirect(url_for("tasks.show", task_id=task_id))
    return redirect(url_for("cases.show", case_id=case_id, _anchor="documents"))


@pages.get("/cases/<int:case_id>/agreement")
@policy("case.read")
def agreement(case_id: int) -> str:
    """The latest agreement with its signatures, to be read aloud, printed and signed on paper."""
    for_paper()
    with looking() as session:
        case = tasks.see_case(session, viewer(), case_id)
        story = told(session, case)
        if story.agreement is None:
            raise NotFound("agreement.unknown", "Nothing was agreed in this case yet.", case=case_id)
        return render_template("documents/agreement.html", case=case, story=story)


@pages.get("/documents/<int:document_id>")
@policy("case.read")
def hand_out(document_id: int) -> Response:
    return as_file(_seen(document_id))


def as_file(document: Document) -> Response:
    """Always as a file to keep, never as a page."""
    headers = Headers({"Content-Type": KINDS[document.kind].media_type, "Content-Security-Policy": ALONE})
    handed_out.under(headers, documents.file_name(document.name, document.kind))
    return Response(documents.content(attached.limits(), document), headers=headers)


@pages.get("/documents/<int:document_id>/preview")
@policy("case.read")
def show_small(document_id: int) -> Response:
    """The small JPEG that was made here: the only picture of anybody's that a page shows."""
    document = _seen(document_id)
    if not document.is_image:
        raise NotFound("document.unknown", "There is no such document.", document=document_id)
    return as_picture(document)


def as_picture(document: Document | Photo) -> Response:
    headers = {"Content-Type": "image/jpeg", "Content-Security-Policy": ALONE}
    return Response(documents.preview(attached.limits(), document), headers=headers)


@pages.route("/documents/<int:document_id>/removal", methods=["GET", "POST"])
@policy("case.read")
def remove(document_id: int) -> Response | str | tuple[str, int]:
    document = _seen(document_id)
    with looking() as session:
        case = tasks.see_case(session, viewer(), document.case_id)
        must_be_theirs(case, document)
    if request.method == "GET":
        return render_template("documents/removal.html", document=document, case=case, wrong={})
    try:
        with acting() as session:
            documents.hide(
                session,
                document.case_id,
                document.id,
                request.form.get("reason", "")[:1000],
                actor_id=viewer().person_id,
                now=now(),
            )
    except Invalid as refusal:
        wrong = refusal.facts["fields"]
        return render_template("documents/removal.html", document=document, case=case, wrong=wrong), 422
    flash(_("Taken out of sight. The history keeps that it was there."))
    return redirect(url_for("cases.show", case_id=document.case_id, _anchor="documents"))


def may_remove(case: Case, document: Document) -> bool:
    """Who added it, and those who answer for the case. A signature stays with what was signed."""
    if document.hidden_at is not None or document.signs is not None:
        return False
    return document.added_by == viewer().person_id or viewer().may("document.hide", case.holder_id)


def largest_file() -> int:
    return attached.limits().max_bytes


def too_large(name: str) -> str:
    return _("%(file)s: it is larger than %(most)d MB.", file=name, most=documents.whole_mb(attached.limits()))


def upload_address() -> str:
    """Where the script of this page sends files one by one; empty where they go with the form."""
    task_id = (request.view_args or {}).get("task_id")
    return url_for("documents.add_to_task", task_id=task_id) if task_id else ""


def _for_pages(state: BlueprintSetupState) -> None:
    pages_know = state.app.jinja_env
    pages_know.globals.update(accepted_files=ACCEPTED, may_remove_document=may_remove, upload_address=upload_address)
    pages_know.globals.update(largest_file=largest_file, too_large=too_large)


pages.record(_for_pages)


def must_be_theirs(case: Case, document: Document) -> None:
    """Raises NotAllowed for whoever neither added it nor answers for the case."""
    if not may_remove(case, document):
        raise NotAllowed("document.not_yours", "Only who added it, or the lead of the unit, may do this.")


def _seen(document_id: int) -> Document:
    with looking() as session:
        return see_document(session, document_id)


def see_document(session: Session, document_id: int) -> Document:
    """Raises NotFound alike for an unknown document and one that this person may not see."""
    found = session.get(Document, document_id)
    unknown = NotFound("document.unknown", "There is no such document.", document=document_id)
    if found is None:
        raise unknown
    try:
        case = tasks.see_case(session, viewer(), found.case_id)
    except NotFound:
        raise unknown from None
    shown = tasks.identity_shown(viewer(), case, tasks.open_of_case(session, case.id)) if found.protected else True
    return documents.see(session, case.id, document_id, identity_shown=shown)


def _told(document: Document) -> dict[str, object]:
    return {
        "id": document.id,
        "name": document.name,
        "picture": url_for("documents.show_small", document_id=document.id) if document.is_image else None,
    }
