"""Pages without sign-in: report from a place, follow a matter by its code, have a say in it.

No code ever stands in an address: it is sent in a form, and a short link carries it behind `#`, which browsers keep to
themselves. The browser then holds the number of the code's row in its signed cookie, for half an hour of rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from engine import citizen, documents, process
from engine.citizen import Report, Tracking
from engine.documents import Kept
from engine.errors import Invalid, NotFound
from engine.territory import children, line_of
from engine.web import attached
from engine.web.context import acting, address, looking, now, world
from engine.web.language import _
from engine.web.once import FIELD
from engine.web.policy import policy
from engine.web.public_words import tell_state, tell_step
from engine.web.qr import picture, public_base

pages = Blueprint("public", __name__)

HELD = "tracking"
RESTS = timedelta(minutes=30)
TRAP = "website"
"""A field that no person sees: whoever fills it in is a program."""
TRAPPED = {TRAP: {"zh": "请把这一栏清空。", "en": "Leave this field empty."}}
MOST_PHOTOS = 6
PHOTOS_ONLY = "照片 / photos"


@pages.after_request
def unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@pages.get("/q")
@policy("public")
def choose() -> str:
    """The way to a place without a code, step by step."""
    place_id = request.args.get("place", "")
    with looking() as db:
        line = line_of(db, place_id) if place_id else []
        below = [unit for unit in children(db, line[-1].id if line else None) if unit.valid_to is None]
        if not line and len(below) == 1:  # one district: there is nothing to choose yet
            line, below = below, [unit for unit in children(db, below[0].id) if unit.valid_to is None]
        return render_template("public/place.html", line=line, below=below)


@pages.get("/q/<code>")
@policy("public")
def ask(code: str) -> str:
    return _form(code)


@pages.post("/q/<code>")
@policy("public")
@attached.takes_files
def file(code: str) -> str | tuple[str, int]:
    with looking() as db:
        place = citizen.find_place(db, world(), code)
    with acting() as db:
        citizen.note_report(db, address(), place, now=now())
    kept, refused = attached.kept_before("photos")
    proofs = [(proof, each.name) for proof, each in kept]
    if request.form.get(TRAP):
        return _form(code, wrong=TRAPPED, kept=proofs), 422
    report = Report(
        what=request.form.get("what", ""),
        where=request.form.get("where", ""),
        phone=request.form.get("phone", ""),
        form_key=request.form.get(FIELD, ""),
    )
    if refused is not None:
        return _form(code, wrong={**citizen.faults_of(report), "photos": refused}, kept=proofs), 422
    try:
        with acting() as db:
            filed = citizen.file_report(db, world(), place, report, now=now())
            _attach(db, filed.case.id, kept)
            number, office = filed.case.number, line_of(db, filed.case.holder_id)
    except Invalid as refusal:
        return _form(code, wrong=refusal.facts["fields"], kept=proofs), 422
    _hold(filed.tracking_id)
    return receipt(filed.code, number, filed_with=office)


@pages.get("/t")
@policy("public")
def follow() -> str:
    with looking() as db:
        tracking = _held(db)
        if tracking is not None:
            return _progress(db, tracking)
    return render_template("public/code.html", refused=False, typed="")


@pages.post("/t")
@policy("public")
def find() -> BaseResponse | tuple[str, int]:
    with acting() as db:
        citizen.note_look(db, address(), now=now())
    with looking() as db:
        typed = request.form.get("code", "")[:80]
        tracking = citizen.find_tracking(db, typed)
        if tracking is None:
            return render_template("public/code.html", refused=True, typed=typed), 422
        tracking_id = tracking.id
    _hold(tracking_id)
    return redirect(url_for("public.follow"))


@pages.post("/t/end")
@policy("public")
def leave() -> BaseResponse:
    session.pop(HELD, None)
    return redirect(url_for("public.follow"))


@pages.post("/t/papers")
@policy("public")
@attached.takes_files
def add_papers() -> BaseResponse | tuple[str, int]:
    kept, refused = attached.kept_before("photos")

    def add(db: Session, tracking: Tracking) -> str:
        if refused is not None:
            raise Invalid("document.refused", refused["en"], fields={"photos": refused})
        note = request.form.get("note", "").strip() or (PHOTOS_ONLY if kept else "")
        citizen.add_note(db, world(), tracking, note, now=now())
        _attach(db, citizen.case_for_papers(db, tracking), kept)
        return _("It has arrived. If the office was waiting for it, its clock runs on.")

    return _act("papers", add)


@pages.post("/t/confirmation")
@policy("public")
def confirm() -> BaseResponse | tuple[str, int]:
    def say(db: Session, tracking: Tracking) -> str:
        citizen.confirm(db, tracking, now=now())
        return _("Thank you. The office has been told that it is solved.")

    return _act("confirmation", say)


@pages.post("/t/refusal")
@policy("public")
def refuse() -> BaseResponse | tuple[str, int]:
    def say(db: Session, tracking: Tracking) -> str:
        done = citizen.refuse(db, world(), tracking, request.form.get("reason", ""), now=now())
        if done == process.NotSolved.REOPENED:
            return _("It is open again. The same office handles it once more, with a new time limit.")
        return _("The office above now supervises it: this office must answer to it in writing.")

    return _act("refusal", say)


@pages.post("/t/rating")
@policy("public")
def rate() -> BaseResponse | tuple[str, int]:
    def say(db: Session, tracking: Tracking) -> str:
        stars = request.form.get("stars", "")
        citizen.rate(
            db,
            tracking,
            int(stars) if stars.isascii() and stars.isdigit() and len(stars) == 1 else 0,
            request.form.get("words", ""),
            now=now(),
        )
        return _("Thank you for your rating.")

    return _act("rating", say)


@pages.post("/t/review")
@policy("public")
def ask_review() -> BaseResponse | tuple[str, int]:
    def say(db: Session, tracking: Tracking) -> str:
        citizen.ask_review(db, world(), tracking, request.form.get("reason", ""), now=now())
        return _("A review is asked for. The office above tells you in writing what comes of it.")

    return _act("review", say)


@pages.post("/t/withdrawal")
@policy("public")
def withdraw() -> BaseResponse | tuple[str, int]:
    def say(db: Session, tracking: Tracking) -> str:
        if request.form.get("sure") != "on":
            sure = {"zh": "请先勾选确认。", "en": "Please tick that you are sure."}
            raise Invalid("withdrawal.unsure", sure["en"], fields={"sure": sure})
        citizen.withdraw(db, world(), tracking, request.form.get("reason", ""), now=now())
        return _("It is withdrawn. Nobody works on it any more.")

    return _act("withdrawal", say)


def receipt(code: str, number: str, **more: Any) -> str:
    """The only page that ever shows a code."""
    base = public_base()
    return render_template(
        "public/receipt.html",
        code=citizen.in_groups(code),
        number=number,
        link=f"{base.partition('://')[2]}/t",
        picture=picture(f"{base}/t#{code}"),
        **more,
    )


def _act(name: str, act: Callable[[Session, Tracking], str]) -> BaseResponse | tuple[str, int]:
    """Does one act with the code this browser holds, and shows where the matter stands then."""
    with looking() as db:
        tracking = _held(db)
    if tracking is None:
        flash(_("Please enter your code again."))
        return redirect(url_for("public.follow"))
    with acting() as db:
        citizen.note_act(db, tracking, now=now())
    try:
        with acting() as db:
            said = act(db, citizen.get_tracking(db, tracking.id))
    except Invalid as refusal:
        with looking() as db:
            return _progress(db, tracking, act=name, wrong=refusal.facts["fields"]), 422
    flash(said)
    return redirect(url_for("public.follow"))


def _attach(db: Session, case_id: int, kept: Sequence[tuple[str, Kept]]) -> None:
    """Protected: who wrote without a sign-in is shown to those who work on it only."""
    for _proof, each in kept[:MOST_PHOTOS]:
        documents.attach(db, case_id, each, limits=attached.limits(), actor_id=None, now=now(), protected=True)


def _hold(tracking_id: int) -> None:
    session[HELD] = [tracking_id, int(now().timestamp())]


def _held(db: Session) -> Tracking | None:
    """The code this browser was shown or has entered, unless it rested too long or was replaced."""
    tracking_id, at = session.get(HELD) or (0, 0)
    if now().timestamp() - at > RESTS.total_seconds():
        session.pop(HELD, None)
        return None
    try:
        tracking = citizen.get_tracking(db, tracking_id)
    except NotFound:
        session.pop(HELD, None)
        return None
    if request.method == "POST":
        _hold(tracking_id)
    return tracking


def _progress(
    db: Session, tracking: Tracking, *, act: str = "", wrong: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    progress = citizen.follow(db, world(), tracking, now=now())
    state, meaning = tell_state(progress)
    return render_template(
        "public/progress.html",
        progress=progress,
        state=state,
        meaning=meaning,
        hotline=world().config.citizens.hotline,
        steps=[(step, *tell_step(step, progress.units)) for step in progress.steps],
        act=act,
        wrong=wrong or {},
        typed=request.form,
        kept=[(proof, each.name) for proof, each in attached.kept_before("photos")[0]] if act == "papers" else [],
    )


def _form(
    code: str, *, wrong: Mapping[str, Mapping[str, str]] | None = None, kept: list[tuple[str, str]] | None = None
) -> str:
    with looking() as db:
        place = citizen.find_place(db, world(), code)
        return render_template(
            "public/report.html",
            code=code,
            place=place,
            typed=request.form,
            wrong=wrong or {},
            kept=kept or [],
            hotline=world().config.citizens.hotline,
        )
