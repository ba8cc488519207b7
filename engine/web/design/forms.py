"""The editor of forms: a list of parts, the fields of the chosen one, and the form as handlers will see it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import lazy_gettext as N_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine import deploy, design
from engine.design import FormPart, Place
from engine.errors import Conflict, Invalid, NotFound, Refusal
from engine.tasks import SOURCES, Choice, Form, Words, read_form
from engine.web.context import locale, looking, now, viewer
from engine.web.design.blueprint import may_miss, pages, seen, text
from engine.web.design.files import by_whom, file_of
from engine.web.design.proposals import acted
from engine.web.language import _, speaking
from engine.web.once import Done, once
from engine.web.policy import policy
from engine.web.refusals import sentence_of

KINDS: Mapping[str, Any] = {
    "textfield": N_("One line of text"),
    "textarea": N_("Several lines of text"),
    "number": N_("Number"),
    "datetime": N_("Day or time"),
    "radio": N_("One of several, all shown"),
    "select": N_("One of several, in a list"),
    "checklist": N_("Several of several"),
    "taglist": N_("Units or parties"),
    "checkbox": N_("Tick"),
    "filepicker": N_("Photos, papers or a signature"),
    "text": N_("Words between the questions"),
    "group": N_("Group of questions"),
}
SETTINGS: Mapping[str, Any] = {
    "label": N_("Label, Chinese"),
    "label_en": N_("Label, English"),
    "text": N_("Words, Chinese"),
    "text_en": N_("Words, English"),
    "description": N_("Hint, Chinese"),
    "description_en": N_("Hint, English"),
    "key": N_("Name in the process"),
    "required": N_("Must be answered"),
    "minLength": N_("At least so many characters"),
    "maxLength": N_("At most so many characters"),
    "pattern": N_("Must fit the pattern"),
    "validationType": N_("Is an address of"),
    "min": N_("Smallest"),
    "max": N_("Largest"),
    "decimalDigits": N_("Digits behind the point"),
    "subtype": N_("Asks for"),
    "drawn": N_("A signature, drawn by finger"),
    "valuesKey": N_("Choices come from"),
    "defaultValue": N_("Chosen from the start"),
    "columns": N_("Width"),
    "hide": N_("Hidden when"),
}
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "validationType": {"": "", "phone": N_("telephone"), "email": N_("e-mail")},
    "subtype": {"date": N_("a day"), "time": N_("a time"), "datetime": N_("a day and a time")},
    "valuesKey": {
        "": N_("the list below"),
        "community_units": N_("units of the community"),
        "parties": N_("the parties of the case"),
        "mediation_organisations": N_("organisations that mediate"),
        "mediators": N_("mediators of the organisation"),
    },
    "columns": {"16": N_("whole line"), "8": N_("half a line"), "5": N_("a third"), "4": N_("a quarter")},
}
TICKS = frozenset({"required", "drawn"})
LONG = frozenset({"text", "text_en"})
MOST_OPTIONS = 100


@pages.post("/proposals/<int:proposal_id>/forms")
@policy("process.publish")
def add_form(proposal_id: int) -> Response | tuple[str, int]:
    """One with a single question, in the folder of a process or in the one that all share."""

    def act(session: Session) -> Done:
        path = f"{text('folder')}/{text('file')}.form"
        content = design.blank_form(text("file"), fresh=_fresh())
        design.add_file(session, proposal_id, path, content, actor_id=viewer().person_id, now=now())
        where = url_for("design.edit_form", proposal_id=proposal_id, path=path, part="0")
        return Done(where, _("Saved in the proposal."))

    return acted(proposal_id, act)


@pages.get("/proposals/<int:proposal_id>/forms/<path:path>")
@policy("process.publish")
def edit_form(proposal_id: int, path: str) -> str:
    return _page(proposal_id, path)


@pages.post("/proposals/<int:proposal_id>/forms/<path:path>")
@policy("process.publish")
def save_form(proposal_id: int, path: str) -> Response | tuple[str, int]:
    """`change` says what happens to the part at `part`: add (of type `kind`, behind it), up, down, remove or set.

    Or to the whole form: drop.
    """
    _must_be_form(path)
    with looking() as session:
        kept, _revision = file_of(session, design.get_proposal(session, proposal_id), path)
    try:
        content, place = _changed(path, kept)

        def act(session: Session) -> Done:
            common: dict[str, Any] = {"seen": seen(), "actor_id": viewer().person_id, "now": now()}
            if content is None:
                design.remove_file(session, proposal_id, path, **common)
                return Done(url_for("design.proposal", proposal_id=proposal_id), _("Taken out of the proposal."))
            if content != kept:
                design.save_file(session, proposal_id, path, content, **common)
            part = shown(place) if place else None
            where = url_for("design.edit_form", proposal_id=proposal_id, path=path, part=part, _anchor="part")
            return Done(where, _("Saved in the proposal."))

        return once(act)
    except (Invalid, Conflict, NotFound) as refusal:
        return _page(proposal_id, path, refused=refusal), refusal.status


def _changed(path: str, kept: bytes) -> tuple[bytes | None, Place | None]:
    """The file as it is wanted, None for no file, and the part to go on with."""
    if text("change") == "drop":
        return None, None
    document, place = design.read_form_parts(path, kept), _place(text("part"))
    match text("change"):
        case "add":
            changed, at = design.add_part(document, text("kind"), after=place, fresh=_fresh())
            return design.write_form_parts(changed), at
        case "up" | "down" as way:
            changed, at = design.move_part(document, place, -1 if way == "up" else 1)
            return design.write_form_parts(changed), at
        case "remove":
            return design.write_form_parts(design.remove_part(document, place)), None
        case "set":
            changed = design.change_part(document, place, _said(), _options())
            return design.write_form_parts(changed), place
        case _:
            abort(400)


def _fresh() -> str:
    return secrets.token_hex(4)[:7]


def _said() -> dict[str, str]:
    """A box that is not ticked is not sent, so it is named beside."""
    said = {name: request.form[name].replace("\r\n", "\n") for name in SETTINGS if name in request.form}
    return {**{name: "" for name in request.form.getlist("ticks") if name in TICKS}, **said}


def _options() -> list[design.Option]:
    columns = [[each.strip() for each in request.form.getlist(f"option_{name}")] for name in ("value", "zh", "en")]
    return [(value, zh, en) for value, zh, en in list(zip(*columns, strict=False))[:MOST_OPTIONS]]


def _page(proposal_id: int, path: str, *, refused: Invalid | Conflict | NotFound | None = None) -> str:
    _must_be_form(path)
    with looking() as session:
        proposal = design.get_proposal(session, proposal_id)
        content, revision = file_of(session, proposal, path)
        files = design.files_of(session, proposal)
        whom = by_whom(refused) if refused else {}
    try:
        parts: Sequence[FormPart] = design.parts_in(design.read_form_parts(path, content))
    except Invalid:
        parts = []
    place = _place(text("part") if request.method == "POST" else request.args.get("part", ""))
    chosen = next((part for part in parts if part.place == place), None)
    typed = request.method == "POST" and text("change") == "set" and chosen is not None
    findings = [each for each in deploy.check_release(files, limits_may_miss=may_miss()) if each.file == path]
    return render_template(
        "design/form.html",
        proposal=proposal,
        open=proposal.state == design.ProposalState.OPEN,
        path=path,
        name=PurePosixPath(path).name,
        revision=revision,
        parts=parts,
        shown=shown,
        chosen=chosen,
        said=_said() if typed else design.said_of(chosen) if chosen else {},
        options=_options() if typed else design.options_of(chosen) if chosen else [],
        kinds=KINDS,
        settings=SETTINGS,
        choices=CHOICES,
        ticks=TICKS,
        long=LONG,
        wrong_parts={each.element for each in findings},
        findings=findings,
        preview=_readable(path, content),
        samples={source: tuple(_sample(number) for number in (1, 2, 3)) for source in SOURCES},
        in_language=in_language,
        preview_language=_preview_language(),
        refused=refused,
        refused_words=sentence_of(refused) if refused else "",
        whom=whom,
    )


def _readable(path: str, content: bytes) -> Form | None:
    try:
        return read_form(path, content)
    except Refusal:
        return None


def in_language(language: str, *, caller: Callable[[], str]) -> str:
    """What stands inside this call of a template, said in another language than the page."""
    with speaking(language):
        return caller()


def _sample(number: int) -> Choice:
    return Choice(f"sample_{number}", Words(f"示例 {number}", f"Example {number}"))


def _preview_language() -> str:
    wanted = request.args.get("preview", "")
    return wanted if wanted in ("zh_CN", "en") else "zh_CN" if locale().startswith("zh") else "en"


def shown(place: Place) -> str:
    """A place as it stands in an address: `2.0`."""
    return ".".join(str(number) for number in place)


def _place(written: str) -> Place:
    numbers = written.split(".") if written else []
    if len(numbers) > 2 * design.DEEPEST or not all(each.isdecimal() and len(each) < 5 for each in numbers):
        return ()
    return tuple(int(each) for each in numbers)


def _must_be_form(path: str) -> None:
    if not path.endswith(".form"):
        abort(404)
