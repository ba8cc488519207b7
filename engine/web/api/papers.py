"""Documents of a case: list, add as a file, fetch, take out of sight. The rules are those of the pages."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as File

from engine import documents, process, tasks
from engine.documents import KINDS, Document
from engine.errors import Conflict, NotFound
from engine.people import names
from engine.web import attached
from engine.web.api import telling
from engine.web.api.acting import act, answer, show
from engine.web.api.asked import CasePath, DocumentForm, DocumentPath, DocumentsQuery, ReasonBody, TaskPath
from engine.web.api.blueprint import DOCUMENT, NUMBER, TASK, api
from engine.web.api.cases import see
from engine.web.api.document import ACT, LOOK, PAPERS, refusals
from engine.web.api.problems import pointing
from engine.web.api.told import Documents, DocumentTold
from engine.web.context import looking, now, viewer
from engine.web.documents import as_file, must_be_theirs, see_document
from engine.web.idempotency import Answer
from engine.web.policy import policy

ANY_KIND = {kind.media_type: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS.values()}


@api.get(
    f"/cases/{NUMBER}/documents",
    tags=[PAPERS],
    operation_id="listDocuments",
    summary="List the documents of a case, oldest first",
    description="Protected ones only for those who work on the case or speak with its petitioners.",
    responses={200: Documents, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
def list_documents(path: CasePath, query: DocumentsQuery) -> Response:
    with looking() as session:
        case, after = see(session, path.number), int(query.cursor or 0)
        shown = tasks.identity_shown(viewer(), case, tasks.open_of_case(session, case.id))
        every = [each for each in documents.of_case(session, case.id, identity_shown=shown) if each.id > after]
        rows = every[: query.limit]
        people = names(session, {who for row in rows for who in (row.added_by, row.hidden_by) if who is not None})
        following = str(rows[-1].id) if len(every) > len(rows) else None
        return show(Documents(items=[telling.document(row, people) for row in rows], next=following))


@api.post(
    f"/cases/{NUMBER}/documents",
    tags=[PAPERS],
    operation_id="addDocument",
    summary="Add a document to a case",
    description="One file, as multipart/form-data; what it is, is told by its bytes. The same content a second time "
    "gives the document that is there.",
    responses={201: DocumentTold, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
@attached.takes_files
def add(path: CasePath, form: DocumentForm) -> Response:
    with looking() as session:
        see(session, path.number)

    def do(session: Session) -> Answer:
        return _told(session, attached.attach(session, see(session, path.number).id, kept, protected=form.protected))

    kept = attached.keep(form.file)
    return act(do)


@api.post(
    f"/tasks/{TASK}/documents",
    tags=[PAPERS],
    operation_id="addDocumentToTask",
    summary="Add a document to a task",
    description="Its id is then an answer to a field of the task's form that asks for files. With `signature` it "
    "stands under the text that is agreed at this moment.",
    responses={201: DocumentTold, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
@attached.takes_files
def add_to_task(path: TaskPath, form: DocumentForm) -> Response:
    with looking() as session:
        tasks.see_task(session, viewer(), path.task_id)

    def do(session: Session) -> Answer:
        task, case = tasks.see_task(session, viewer(), path.task_id)
        text = process.agreement_of(session, case.id) if form.signature else None
        if form.signature and text is None:
            raise Conflict("agreement.unknown", "Nothing was agreed in this case yet.", case=case.number)
        signs = None if text is None else text.sha256
        return _told(
            session, attached.attach(session, case.id, kept, task_id=task.id, protected=form.protected, signs=signs)
        )

    kept = attached.keep(form.file)
    return act(do)


@api.get(
    f"/cases/{NUMBER}/documents/{DOCUMENT}/content",
    tags=[PAPERS],
    operation_id="fetchDocument",
    summary="Fetch the content of a document",
    responses={200: {"description": "The file.", "content": ANY_KIND}, **refusals(LOOK)},
)
@policy("case.read", scope="cases:read")
def fetch(path: DocumentPath) -> File:
    with looking() as session:
        document = _see(session, path)
    return as_file(document)


@api.post(
    f"/cases/{NUMBER}/documents/{DOCUMENT}/removal",
    tags=[PAPERS],
    operation_id="hideDocument",
    summary="Take a document out of sight",
    description="For who added it, and those who answer for the case. Row, content and history stay.",
    responses={200: DocumentTold, **refusals(ACT)},
)
@policy("case.read", scope="cases:act")
def hide(path: DocumentPath, body: ReasonBody) -> Response:
    def do(session: Session) -> Answer:
        document = _see(session, path)
        must_be_theirs(see(session, path.number), document)
        with pointing("/"):
            hidden = documents.hide(
                session, document.case_id, document.id, body.reason, actor_id=viewer().person_id, now=now()
            )
        return _told(session, hidden, 200)

    return act(do)


def _see(session: Session, path: DocumentPath) -> Document:
    """Raises NotFound alike for a document of another case, a hidden one and a protected one."""
    case, document = see(session, path.number), see_document(session, path.document_id)
    if document.case_id != case.id:
        raise NotFound("document.unknown", "There is no such document.", document=path.document_id)
    return document


def _told(session: Session, document: Document, status: int = 201) -> Answer:
    people = names(session, {who for who in (document.added_by, document.hidden_by) if who is not None})
    return answer(telling.document(document, people), status)
