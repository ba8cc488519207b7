"""Files that come with a form: checked, kept, and added to the case they belong to.

A file is added before the form itself is looked at, so that a mistake elsewhere on the page loses no photo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from engine import documents, process
from engine.config import FILES_AT_ONCE, DocumentsConfig
from engine.documents import Document, Kept
from engine.errors import Invalid
from engine.tasks import Field, Form, Task
from engine.web.context import acting, maybe_viewer, now, world
from engine.web.policy import PUBLIC, policy_of

View = TypeVar("View", bound=Callable[..., Any])

MARK = "maplebridge_takes_files"
ROWS = "maplebridge_takes_rows"
KEPT = "kept"
"""Name of the hidden proofs of files that were kept before their case exists."""


def takes_files(view: View) -> View:
    """Lets this route take requests larger than a page of text."""
    setattr(view, MARK, True)
    return view


def takes_rows(view: View) -> View:
    """Lets this route take a file of matters, which is larger than any paper."""
    setattr(view, ROWS, True)
    return takes_files(view)


def is_for_files() -> bool:
    """Whether this request goes to a route that takes files."""
    return getattr(current_app.view_functions.get(request.endpoint or ""), MARK, False)


def make_room() -> None:
    """Before the form is read: only routes that take files take large requests, and only from those who may come."""
    if is_for_files() and (maybe_viewer() or policy_of(current_app, request.endpoint) == PUBLIC):
        view = current_app.view_functions.get(request.endpoint or "")
        largest = world().config.documents.max_bytes * FILES_AT_ONCE
        if getattr(view, ROWS, False):
            largest = world().config.imports.max_bytes
        request.max_content_length = largest + int(current_app.config["MAX_CONTENT_LENGTH"])


def limits() -> DocumentsConfig:
    return world().config.documents


def received(name: str) -> list[FileStorage]:
    """The files of a field; a field left empty sends one without a name."""
    return [file for file in request.files.getlist(name) if file.filename]


def keep(file: FileStorage) -> Kept:
    return documents.keep(limits(), file.filename or "", file.stream.read(limits().max_bytes + 1))


def add(case_id: int, kept: Kept, *, task_id: int | None = None, protected: bool = False) -> Document:
    with acting() as session:
        return attach(session, case_id, kept, task_id=task_id, protected=protected)


def attach(
    session: Session,
    case_id: int,
    kept: Kept,
    *,
    task_id: int | None = None,
    protected: bool = False,
    signs: str | None = None,
) -> Document:
    """`documents.attach` by whoever is asking; nobody signed in is the petitioner."""
    viewer = maybe_viewer()
    return documents.attach(
        session,
        case_id,
        kept,
        limits=limits(),
        actor_id=None if viewer is None else viewer.person_id,
        now=now(),
        task_id=task_id,
        protected=protected,
        signs=signs,
    )


def with_files(form: Form, task: Task, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Mapping[str, str]]]:
    """The answers with the files that came along, added to the case; and what was refused, by field."""
    answers, wrong = dict(raw), {}
    for field in form.fields.values():
        if field.type != "filepicker":
            continue
        for file in received(field.key):
            try:
                added = _sign(task, keep(file)) if field.drawn else add(task.case_id, keep(file), task_id=task.id)
            except Invalid as refusal:
                wrong[field.key] = refusal.facts["words"]
            else:
                answers[field.key] = _with(field, answers.get(field.key), str(added.id))
    return answers, wrong


def _with(field: Field, chosen: list[str] | None, added: str) -> list[str]:
    """A signature drawn anew takes the place of the one before; papers gather."""
    return [added] if field.drawn else [*(each for each in chosen or [] if each != added), added]


def _sign(task: Task, kept: Kept) -> Document:
    """A signature stands under the text that is agreed at this moment."""
    with acting() as session:
        text = process.agreement_of(session, task.case_id)
        return attach(session, task.case_id, kept, task_id=task.id, signs=text.sha256 if text else None)


def kept_before(name: str, *, proofs: str = KEPT) -> tuple[list[tuple[str, Kept]], Mapping[str, str] | None]:
    """Files for a case that does not exist yet: (proof, what was kept), and the sentence of one that was refused.

    The proof goes into the page and comes back with the next step, so nobody chooses a photo twice.
    """
    found = [(proof, kept) for proof in request.form.getlist(proofs) if (kept := proven(proof)) is not None]
    refused = None
    for file in received(name):
        try:
            kept = keep(file)
        except Invalid as refusal:
            refused = refusal.facts["words"]
        else:
            found.append((proof_of(kept), kept))
    once = {kept.sha256: (proof, kept) for proof, kept in found}
    return list(once.values())[: limits().per_case], refused


def proof_of(kept: Kept) -> str:
    """Says that this person sent it, so that it may come with the next request."""
    return str(_signer().dumps(asdict(kept)))


def proven(proof: str) -> Kept | None:
    """What a proof stands for; None for one that is not of this person's making."""
    try:
        return Kept(**_signer().loads(proof))
    except (BadData, TypeError):
        return None


def _signer() -> URLSafeSerializer:
    """Signed for this person: a proof shows nothing and is worth nothing to anybody else."""
    viewer = maybe_viewer()
    return URLSafeSerializer(
        world().config.server.secret_key.get_secret_value(),
        salt=f"kept before the case, {viewer.person_id if viewer else 'nobody'}",
    )
