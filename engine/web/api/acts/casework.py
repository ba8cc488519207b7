"""What people do with a case beside its tasks, and letters: all that has no route of its own in `case_acts`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from engine import letters, process, tasks
from engine.cases import Card, Case
from engine.errors import NotFound
from engine.letters import Letter, LetterTemplate
from engine.people import ACTS
from engine.web import attached
from engine.web.api.acting import act, answer
from engine.web.api.asked import FileForm
from engine.web.api.blueprint import api
from engine.web.api.cases import see
from engine.web.api.document import ACT, refusals
from engine.web.api.operation import Acted, Room
from engine.web.api.shapes import Cursor, Moment, Whole, row, told
from engine.web.api.told import Told
from engine.web.areas import area_asked
from engine.web.context import looking, now, viewer, world
from engine.web.idempotency import Answer
from engine.web.policy import policy

MORE = Room("acts on a case", "What people do beside their tasks.", read="cases:read", write="cases:act")
Reason = Annotated[str, Field(max_length=4000)]
Number = Annotated[str, Field(max_length=32, description="A case's number.")]
STANDING = row("CaseStanding", Case, "number title state tier holder_id")
CASE = "/cases/<string(maxlength=32):number>"


@MORE.act(f"{CASE}/supervision", "superviseCase", "case.supervise", "Open supervision by hand", tells=STANDING)
def supervise(session: Session, number: str, *, reason: Reason) -> Case:
    case = see(session, number)
    process.supervise_by_hand(session, world(), case.id, reason, viewer=viewer(), now=now())
    return case


@MORE.act(f"{CASE}/reviews", "applyReview", "case.supply", "Ask for a review for the petitioner", tells=STANDING)
def apply_review(session: Session, number: str, *, reason: Reason) -> Case:
    case = see(session, number)
    process.apply_review(session, world(), case.id, reason, viewer=viewer(), now=now())
    return case


@MORE.act(
    f"{CASE}/merging",
    "mergeCase",
    "case.merge",
    "Merge a case into another",
    tells=STANDING,
    description="`master` goes on and is told; the case of the address ends with it.",
)
def merge(session: Session, number: str, *, master: Number, reason: Reason) -> Case:
    case, into = see(session, number), see(session, master.upper())
    merged = process.merge(session, world(), case.id, into.id, reason, viewer=viewer(), now=now())
    process.tell_joined(session, merged, viewer=viewer(), now=now())
    return merged


@MORE.act(f"{CASE}/splitting", "splitCase", "case.merge", "Take a merged case out again", tells=STANDING)
def split(session: Session, number: str, *, reason: Reason) -> Case:
    case = see(session, number)
    process.split(session, world(), case.id, reason, viewer=viewer(), now=now())
    return case


@MORE.act(
    f"{CASE}/sample",
    "giveSample",
    "process.sample",
    "Give a closed case to designers as a scenario",
    tells=Acted,
    description="Nothing in it says which case it was.",
)
def give_sample(session: Session, number: str) -> Any:
    process.give_sample(session, world(), see(session, number).id, viewer=viewer(), now=now())
    return Acted()


# --- cards -----------------------------------------------------------------------------------------------------------

CARD = row("Card", Card, "id case:case_id unit_id colour given_at voided_at void_reason voided_by")


@MORE.look("/cards", "listCards", "board.read", "List yellow and red cards, latest first", lists=CARD)
def list_cards(session: Session, *, cursor: Cursor = "") -> Any:
    page = max(int(cursor or 1), 1)
    found = process.cards_given(session, viewer(), page=min(page, 9999))
    return [card for card, _case in found.rows], page + 1 if found.more else None


@MORE.look("/cards/<int:card_id>", "readCard", "board.read", "Read a card", tells=CARD)
def read_card(session: Session, card_id: int) -> Card:
    return _card(session, card_id)


@MORE.act("/cards/<int:card_id>/voiding", "voidCard", "card.void", "Void a card", tells=CARD)
def void_card(session: Session, card_id: int, *, reason: Reason) -> Card:
    card = _card(session, card_id)
    process.void_card(session, card_id, reason, viewer=viewer(), now=now())
    return card


def _card(session: Session, card_id: int) -> Card:
    card = process.get_card(session, card_id)
    try:
        tasks.see_case(session, viewer(), card.case_id)
    except NotFound:
        raise NotFound("card.unknown", "There is no such card.") from None
    return card


# --- letters ---------------------------------------------------------------------------------------------------------

LETTERS = Room("letters", "What leaves the office on paper.", read="cases:read", write="cases:act")
LETTER = row(
    "Letter",
    Letter,
    "id case:case_id kind unit_id task_id about_id state called_at number issued_by issued_at document_id"
    " method delivered_at delivery_noted_at ended_at ended_reason",
    "Its paper is a document of the case once it is issued (`fetchDocument`).",
)


class Lacking(Told):
    """A field that a letter of its kind must have."""

    zh: str
    en: str


class LetterPreview(Told):
    """What a letter would say now, line by line; it is issued once `missing` is empty."""

    lines: list[str]
    missing: list[Lacking]


TEMPLATE = row("LetterTemplateTold", LetterTemplate, "id kind unit_id version name sha256 uploaded_by uploaded_at")


class KindPath(BaseModel):
    letter_kind: str


class TemplateForm(FileForm):
    unit: str = Field("", max_length=64, description="Whose template; without it, your highest unit's.")


@LETTERS.look("/letters", "listLetters", "letter.read", "List letters, latest first", lists=LETTER)
def list_letters(
    session: Session,
    *,
    kind: Annotated[str, Field(max_length=32)] = "",
    state: Literal["", "due", "issued", "delivered", "voided", "waived"] = "",
    cursor: Cursor = "",
) -> Any:
    wanted = letters.Wanted(kind=kind if kind in letters.KINDS else "", state=state)
    rows = letters.register(session, viewer(), wanted, before=int(cursor) if cursor else None)
    following = rows[letters.PAGE - 1][0].id if len(rows) > letters.PAGE else None
    return [letter for letter, _number in rows[: letters.PAGE]], following


@LETTERS.look("/letters/<int:letter_id>", "readLetter", "letter.read", "Read a letter", tells=LETTER)
def read_letter(session: Session, letter_id: int) -> Letter:
    letter, _case = letters.see_letter(session, viewer(), letter_id)
    return letter


@LETTERS.look(
    "/letters/<int:letter_id>/preview",
    "previewLetter",
    "letter.read",
    "Look at what a letter would say",
    tells=LetterPreview,
    description="For a letter that is due. Personal data are masked unless you have them shown (`unmaskParties`).",
)
def preview(session: Session, letter_id: int) -> LetterPreview:
    letter, case = letters.see_letter(session, viewer(), letter_id)
    if letter.state != letters.LetterState.DUE:
        raise NotFound("letter.not_due", "The letter is not due any more; its paper says what it says.")
    clear = bool(process.shown_now(session, case.id, viewer(), now=now()))
    runs_on = process.runs_on(session, case.id)
    seen = letters.preview(session, world(), letter, case, runs_on, viewer=viewer(), clear=clear, now=now())
    return LetterPreview(
        lines=[line for block in seen.blocks for line in _lines(block)],
        missing=[Lacking(zh=each.zh, en=each.en) for each in seen.missing],
    )


def _lines(block: letters.Line | letters.Grid) -> list[str]:
    if isinstance(block, letters.Line):
        return [block.words]
    return ["\t".join(" ".join(line.words for line in cell.lines) for cell in cells) for cells in block.rows]


@LETTERS.act(
    f"{CASE}/letters",
    "askForLetter",
    "letter.issue",
    "Ask for a letter that no step called for",
    tells=LETTER,
    status=201,
)
def ask_for(session: Session, number: str, *, kind: Annotated[str, Field(max_length=32)]) -> Letter:
    case = see(session, number)
    return letters.ask_for(session, case.id, kind, viewer=viewer(), now=now())


@LETTERS.act(
    "/tasks/<int:task_id>/letters",
    "askForLetterOfTask",
    "letter.issue",
    "Ask for the letter that an open step writes and delivers in one",
    tells=LETTER,
    status=201,
)
def ask_for_step(session: Session, task_id: int) -> Letter:
    task, _case = tasks.see_task(session, viewer(), task_id)
    release_id = process.runs_on(session, task.case_id)[task.instance_id]
    return letters.ask_for_step(session, world(), task, release_id, viewer=viewer(), now=now())


@LETTERS.act(
    "/letters/<int:letter_id>/issue",
    "issueLetter",
    "letter.issue",
    "Issue a letter under the next number",
    tells=LETTER,
)
def issue(session: Session, letter_id: int) -> Letter:
    _letter, case = letters.see_letter(session, viewer(), letter_id)
    runs_on = process.runs_on(session, case.id)
    return letters.issue(session, world(), letter_id, runs_on, viewer=viewer(), now=now())


@LETTERS.act(
    "/letters/<int:letter_id>/delivery",
    "deliverLetter",
    "letter.issue",
    "Note that a letter was delivered",
    tells=LETTER,
    description="A scanned receipt is a document of the case (`addDocument`).",
)
def deliver(
    session: Session, letter_id: int, *, method: Annotated[str, Field(max_length=16)], delivered_at: Moment
) -> Letter:
    _letter, case = letters.see_letter(session, viewer(), letter_id)
    return letters.deliver(
        session,
        world(),
        letter_id,
        process.runs_on(session, case.id),
        method=method,
        delivered_at=delivered_at,
        receipt=None,
        viewer=viewer(),
        now=now(),
    )


@LETTERS.act(
    "/letters/<int:letter_id>/voiding",
    "voidLetter",
    "letter.void",
    "Void a letter",
    tells=LETTER,
    description="Answers the letter to be issued anew; the number stays used.",
)
def void_letter(session: Session, letter_id: int, *, reason: Reason) -> Letter:
    letters.see_letter(session, viewer(), letter_id)
    return letters.void(session, letter_id, reason, viewer=viewer(), now=now())


@LETTERS.act(
    "/letters/<int:letter_id>/waiver", "waiveLetter", "letter.issue", "Say that a letter is not needed", tells=LETTER
)
def waive(session: Session, letter_id: int, *, reason: Reason) -> Letter:
    letters.see_letter(session, viewer(), letter_id)
    return letters.waive(session, letter_id, reason, viewer=viewer(), now=now())


@LETTERS.act(
    "/letters/<int:letter_id>/receipt", "askForReceipt", "letter.issue", "Ask for a receipt of delivery", tells=LETTER,
    status=201,
)  # fmt: skip
def ask_for_receipt(session: Session, letter_id: int) -> Letter:
    letters.see_letter(session, viewer(), letter_id)
    return letters.ask_for_receipt(session, letter_id, viewer=viewer(), now=now())


@api.post(
    "/letters/templates/<letter_kind>/versions",
    tags=[LETTERS.tag],
    operation_id="uploadTemplate",
    summary="Keep a further version of a template",
    description="A Word file as multipart/form-data, with names where the case's own words come. It is used once it is "
    "chosen (`chooseTemplate`).",
    responses={201: TEMPLATE, **refusals(ACT)},
)
@policy("letter.template", scope="registers:write")
@attached.takes_files
def upload_template(path: KindPath, form: TemplateForm) -> Response:
    kind, unit_id = letters.known_kind(path.letter_kind), area_asked(form.unit, ACTS["letter.template"])
    with looking() as session:
        forms = world().releases.current(session).forms
    data = form.file.stream.read(letters.LARGEST_FILE + 1)
    checked = letters.check_template(kind, form.file.filename or "", data, forms)

    def do(session: Session) -> Answer:
        made = letters.upload(session, unit_id, checked, viewer=viewer(), now=now())
        return answer(told(session, TEMPLATE, [made])[0], 201)

    return act(do)


@LETTERS.act(
    "/letters/templates/<letter_kind>/choice",
    "chooseTemplate",
    "letter.template",
    "Say which version of a template letters are made from",
    tells=Acted,
    description="Version 0 is the one that ships.",
    scope="registers:write",
)
def choose_template(
    session: Session,
    letter_kind: str,
    *,
    unit: Annotated[str, Field(max_length=64)] = "",
    version: Whole,
    reason: Reason,
) -> Any:
    kind = letters.known_kind(letter_kind)
    letters.choose(
        session, kind, area_asked(unit, ACTS["letter.template"]), version, reason, viewer=viewer(), now=now()
    )
    return Acted()
