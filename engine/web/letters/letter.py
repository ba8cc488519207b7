"""One letter: what it lacks while it is due, what it says, its file, its delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import documents, letters, people, process, tasks
from engine.cases import Case
from engine.documents import Document
from engine.errors import Invalid, NotFound
from engine.letters import Grid, Letter, LetterState, Line, Preview
from engine.territory import Unit
from engine.web import attached, handed_out
from engine.web.context import looking, now, stop_looking, viewer, world
from engine.web.documents import ALONE
from engine.web.language import _
from engine.web.letters.blueprint import kind_name, pages
from engine.web.once import Done, once
from engine.web.periods import typed_instant
from engine.web.policy import policy
from engine.web.show_case import keep_off_phones


@pages.get("/letters/<int:letter_id>")
@policy("letter.read")
def show(letter_id: int) -> str:
    return _page(letter_id)


@pages.get("/letters/<int:letter_id>/pdf")
@policy("letter.read")
def as_pdf(letter_id: int) -> Response:
    """Made when it is asked for, after the look at the database has ended: it may take a minute."""
    with looking() as session:
        letter, case = letters.see_letter(session, viewer(), letter_id)
        document = _paper(session, letter, named=_is_named(case, tasks.open_of_case(session, case.id)))
        if document is None:
            raise NotFound("letter.unknown", "There is no such letter.", letter=letter_id)
        name, word = f"{kind_name(letter.kind)} {letter.number}.pdf", documents.content(attached.limits(), document)
    stop_looking()
    answer = Response(letters.pdf_of(world().config.letters, word), mimetype="application/pdf")
    answer.headers["Content-Security-Policy"] = ALONE
    handed_out.under(answer.headers, documents.file_name(name, "pdf"))
    return answer


@pages.post("/cases/<int:case_id>/letters")
@policy("letter.issue")
def ask_for(case_id: int) -> BaseResponse:
    """A letter that no step called for; it is looked at before it is issued."""

    def act(session: Session) -> Done:
        tasks.see_case(session, viewer(), case_id)
        kind = request.form.get("kind", "")
        letter = letters.ask_for(session, case_id, kind, viewer=viewer(), now=now())
        return _to(letter, _("Look at the letter before you issue it."))

    return once(act)


@pages.post("/tasks/<int:task_id>/letters")
@policy("letter.issue")
def ask_for_step(task_id: int) -> BaseResponse:
    """The letter that an open step writes and delivers in one."""

    def act(session: Session) -> Done:
        task, _case = tasks.see_task(session, viewer(), task_id)
        release_id = process.runs_on(session, task.case_id)[task.instance_id]
        letter = letters.ask_for_step(session, world(), task, release_id, viewer=viewer(), now=now())
        return _to(letter, _("Look at the letter before you issue it."))

    return once(act)


@pages.post("/letters/<int:letter_id>/issue")
@policy("letter.issue")
def issue(letter_id: int) -> BaseResponse | tuple[str, int]:
    def act(session: Session, case: Case) -> Done:
        runs_on = process.runs_on(session, case.id)
        letter = letters.issue(session, world(), letter_id, runs_on, viewer=viewer(), now=now())
        return _to(letter, _("Issued: %(number)s. The history says so.", number=letter.number))

    return _once(letter_id, act)


@pages.post("/letters/<int:letter_id>/delivery")
@policy("letter.issue")
@attached.takes_files
def deliver(letter_id: int) -> BaseResponse | tuple[str, int]:
    with looking() as session:
        letters.see_letter(session, viewer(), letter_id)
    files = attached.received("receipt")
    try:
        receipt = attached.keep(files[0]) if files else None
    except Invalid as refusal:
        return _page(letter_id, wrong={"receipt": refusal.facts["words"]}), 422

    def act(session: Session, case: Case) -> Done:
        letter = letters.deliver(
            session,
            world(),
            letter_id,
            process.runs_on(session, case.id),
            method=request.form.get("method", ""),
            delivered_at=typed_instant(request.form.get("delivered_at")),
            receipt=receipt,
            viewer=viewer(),
            now=now(),
        )
        return _to(letter, _("The delivery is noted."))

    return _once(letter_id, act)


@pages.post("/letters/<int:letter_id>/voiding")
@policy("letter.void")
def void(letter_id: int) -> BaseResponse | tuple[str, int]:
    def act(session: Session, _case: Case) -> Done:
        fresh = letters.void(session, letter_id, request.form.get("reason", ""), viewer=viewer(), now=now())
        return _to(fresh, _("Voided; the number stays used. Here is the letter to be issued anew."))

    return _once(letter_id, act)


@pages.post("/letters/<int:letter_id>/waiver")
@policy("letter.issue")
def waive(letter_id: int) -> BaseResponse | tuple[str, int]:
    def act(session: Session, _case: Case) -> Done:
        letter = letters.waive(session, letter_id, request.form.get("reason", ""), viewer=viewer(), now=now())
        return _to(letter, _("Noted: this letter is not needed."))

    return _once(letter_id, act)


@pages.post("/letters/<int:letter_id>/receipt")
@policy("letter.issue")
def ask_for_receipt(letter_id: int) -> BaseResponse | tuple[str, int]:
    def act(session: Session, _case: Case) -> Done:
        letter = letters.ask_for_receipt(session, letter_id, viewer=viewer(), now=now())
        return _to(letter, _("Look at the letter before you issue it."))

    return _once(letter_id, act)


def _once(letter_id: int, act: Callable[[Session, Case], Done]) -> BaseResponse | tuple[str, int]:
    """One act on a letter the person may see; what is wrong comes back with the page."""

    def seen(session: Session) -> Done:
        _letter, case = letters.see_letter(session, viewer(), letter_id)
        return act(session, case)

    try:
        return once(seen)
    except Invalid as refusal:
        if not refusal.facts.get("fields") and not refusal.facts.get("missing"):
            raise
        return _page(letter_id, wrong=refusal.facts.get("fields")), 422


def _to(letter: Letter, said: str) -> Done:
    return Done(url_for("letters.show", letter_id=letter.id), said)


def _page(letter_id: int, *, wrong: Mapping[str, Any] | None = None) -> str:
    with looking() as session:
        letter, case = letters.see_letter(session, viewer(), letter_id)
        asked = tasks.open_of_case(session, case.id)
        named = _is_named(case, asked)
        runs_on = process.runs_on(session, case.id) if letter.state in (LetterState.DUE, LetterState.ISSUED) else {}
        seen = _preview(session, letter, case, runs_on) if letter.state == LetterState.DUE else None
        blocks = seen.blocks if seen else _content(session, letter, named=named)
        staff = people.names(session, {each for each in _people(letter) if each})
        return render_template(
            "letters/letter.html",
            letter=letter,
            case=case,
            blocks=blocks,
            seen=seen,
            named=named,
            step=letters.delivering_step(session, world(), letter, runs_on, asked) if seen is None else None,
            about=session.get(Letter, letter.about_id) if letter.about_id else None,
            may_issue=letters.may_issue(viewer(), letter, case, asked),
            may_void=viewer().may("letter.void", letter.unit_id),
            converter=letters.converter(world().config.letters),
            unit=session.get_one(Unit, letter.unit_id),
            methods=letters.METHODS,
            goes_out=letters.KINDS[letter.kind].goes_out,
            receipt_kind=letters.RECEIPT,
            people=staff,
            wrong=wrong or {},
            typed=request.form,
        )


def _preview(session: Session, letter: Letter, case: Case, runs_on: Mapping[int, int]) -> Preview:
    clear = bool(process.shown_now(session, case.id, viewer(), now=now()))
    if clear:
        keep_off_phones()
    return letters.preview(session, world(), letter, case, runs_on, viewer=viewer(), clear=clear, now=now())


def _content(session: Session, letter: Letter, *, named: bool) -> list[Line | Grid] | None:
    """What an issued letter says, read from its file; None where it may not be read."""
    document = _paper(session, letter, named=named)
    if document is None:
        return None
    keep_off_phones()
    return letters.blocks_of(letters.open_word(documents.content(attached.limits(), document)))


def _paper(session: Session, letter: Letter, *, named: bool) -> Document | None:
    """The file, as every paper with names on it: only for those to whom identities are shown, unless out of sight."""
    document = session.get(Document, letter.document_id) if letter.document_id and named else None
    return None if document is None or document.hidden_at is not None else document


def _is_named(case: Case, asked: Any) -> bool:
    return tasks.identity_shown(viewer(), case, asked)


def _people(letter: Letter) -> tuple[int | None, ...]:
    return letter.issued_by, letter.delivery_noted_by, letter.ended_by
